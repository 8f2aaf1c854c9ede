/*
 * Between a source's outputs and the zone: what is wanted of them, and how they
 * are.  See ngx_rtmp_restream_wanted.h.
 */

#include "ngx_rtmp_restream_wanted.h"
#include "ngx_rtmp_restream_control.h"
#include "ngx_rtmp_restream_output.h"
#include "ngx_rtmp_restream_target.h"

#include "../model/restream_plan.h"


#define NGX_RTMP_RESTREAM_REPORTS  64       /* copied under one lock */


static ngx_int_t ngx_rtmp_restream_wanted_plan(
    ngx_rtmp_restream_source_t *src, ngx_pool_t *pool,
    ngx_rtmp_restream_record_t *records, ngx_uint_t n);
static uint32_t ngx_rtmp_restream_wanted_have(ngx_rtmp_restream_source_t *src,
    ngx_rtmp_restream_output_t **outs, restream_plan_item_t *have);
static ngx_int_t ngx_rtmp_restream_wanted_step(
    ngx_rtmp_restream_source_t *src,
    restream_plan_step_t *st, ngx_rtmp_restream_record_t *records,
    ngx_rtmp_restream_output_t **outs);


ngx_int_t
ngx_rtmp_restream_wanted_claim(ngx_rtmp_restream_source_t *src)
{
    ngx_int_t  rc;

    rc = ngx_rtmp_restream_zone_claim(src->zone, &src->key, &src->zs);

    if (rc == NGX_OK) {

        if (!src->publishing) {
            ngx_rtmp_restream_zone_set_live(src->zone, src->zs, 0);
        }

        rc = ngx_rtmp_restream_wanted_put(src);
    }

    if (rc == NGX_ERROR && !src->full) {
        src->full = 1;

        ngx_log_error(NGX_LOG_CRIT, src->log, 0,
                      "no room in \"restream_zone\" for all of stream "
                      "\"%V\", increase its size",
                      &src->key.label);
    }

    return rc;
}


ngx_int_t
ngx_rtmp_restream_wanted_put(ngx_rtmp_restream_source_t *src)
{
    ngx_int_t  rc, args;

    args = ngx_rtmp_restream_zone_set_args(src->zone, src->zs,
                                           &src->key.args);
    rc = ngx_rtmp_restream_control_publish(src->zone, src->zs, src->conf,
                                           &src->key);

    if (args != NGX_OK) {
        rc = NGX_ERROR;
    }

    src->partly = (rc == NGX_ERROR);
    src->put = ngx_current_msec;

    ngx_rtmp_restream_wanted_apply(src);

    return rc;
}


void
ngx_rtmp_restream_wanted_apply(ngx_rtmp_restream_source_t *src)
{
    ngx_uint_t                   i, n, generation;
    ngx_pool_t                  *pool;
    ngx_rtmp_restream_record_t  *records;

    pool = ngx_create_pool(4096, src->log);
    if (pool == NULL) {
        return;
    }

    /* read before the records: a change in between is applied next time, and
     * so is what there was no memory for */

    generation = ngx_rtmp_restream_zone_generation(src->zone);

    if (ngx_rtmp_restream_zone_get(src->zone, src->zs, pool, &records, &n)
        == NGX_OK)
    {
        if (ngx_rtmp_restream_wanted_plan(src, pool, records, n) == NGX_OK) {
            src->generation = generation;
        }

        for (i = 0; i < n; i++) {
            ngx_rtmp_restream_target_wipe(&records[i].target);
        }
    }

    ngx_destroy_pool(pool);
}


/* NGX_OK, or NGX_ERROR: no memory for all of it */

static ngx_int_t
ngx_rtmp_restream_wanted_plan(ngx_rtmp_restream_source_t *src,
    ngx_pool_t *pool, ngx_rtmp_restream_record_t *records, ngx_uint_t n)
{
    ngx_int_t                     rc;
    uint32_t                      i, nhave, nsteps;
    restream_plan_item_t         *wanted, *have;
    restream_plan_step_t         *steps;
    ngx_rtmp_restream_output_t  **outs;

    nhave = ngx_rtmp_restream_wanted_have(src, NULL, NULL);

    wanted = ngx_palloc(pool, n * sizeof(restream_plan_item_t) + 1);
    have = ngx_palloc(pool, nhave * sizeof(restream_plan_item_t) + 1);
    outs = ngx_palloc(pool, nhave * sizeof(void *) + 1);
    steps = ngx_palloc(pool, (n + nhave) * sizeof(restream_plan_step_t) + 1);

    if (wanted == NULL || have == NULL || outs == NULL || steps == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        wanted[i].id = records[i].id;
        wanted[i].revision = records[i].revision;
        wanted[i].target = records[i].target_hash;
    }

    (void) ngx_rtmp_restream_wanted_have(src, outs, have);

    nsteps = restream_plan(wanted, (uint32_t) n, have, nhave, steps);

    rc = NGX_OK;

    for (i = 0; i < nsteps && rc == NGX_OK; i++) {
        rc = ngx_rtmp_restream_wanted_step(src, &steps[i], records, outs);
    }

    ngx_rtmp_restream_wanted_report(src, 1);

    return rc;
}


/* the outputs that are not about to go: how many; outs, have NULL: only that */

static uint32_t
ngx_rtmp_restream_wanted_have(ngx_rtmp_restream_source_t *src,
    ngx_rtmp_restream_output_t **outs, restream_plan_item_t *have)
{
    uint32_t                     n;
    ngx_queue_t                 *q;
    ngx_rtmp_restream_output_t  *out;

    n = 0;

    for (q = ngx_queue_head(&src->outputs);
         q != ngx_queue_sentinel(&src->outputs);
         q = ngx_queue_next(q))
    {
        out = ngx_queue_data(q, ngx_rtmp_restream_output_t, queue);

        if (out->removed) {
            continue;
        }

        if (have) {
            outs[n] = out;
            have[n].id = out->record.id;
            have[n].revision = out->record.revision;
            have[n].target = out->record.target_hash;
        }

        n++;
    }

    return n;
}


static ngx_int_t
ngx_rtmp_restream_wanted_step(ngx_rtmp_restream_source_t *src,
    restream_plan_step_t *st, ngx_rtmp_restream_record_t *records,
    ngx_rtmp_restream_output_t **outs)
{
    ngx_rtmp_restream_output_t  *out;

    switch (st->step) {

    case RESTREAM_PLAN_REMOVE:
        ngx_rtmp_restream_output_stop(outs[st->have], RESTREAM_REASON_DISABLED,
                                      1);
        break;

    case RESTREAM_PLAN_ADD:
        out = ngx_rtmp_restream_output_create(src, &records[st->wanted]);

        if (out == NULL) {
            return NGX_ERROR;
        }

        ngx_rtmp_restream_output_start(out);
        break;

    default:
        return ngx_rtmp_restream_output_update(outs[st->have],
                                        &records[st->wanted],
                                        st->step == RESTREAM_PLAN_RESTART);
    }

    return NGX_OK;
}


void
ngx_rtmp_restream_wanted_report(ngx_rtmp_restream_source_t *src,
    ngx_uint_t all)
{
    ngx_uint_t                        n;
    ngx_queue_t                      *q;
    ngx_rtmp_restream_output_t       *out;
    ngx_rtmp_restream_zone_report_t   reports[NGX_RTMP_RESTREAM_REPORTS];

    if (src->zs == NULL) {
        return;
    }

    n = 0;

    for (q = ngx_queue_head(&src->outputs);
         q != ngx_queue_sentinel(&src->outputs);
         q = ngx_queue_next(q))
    {
        out = ngx_queue_data(q, ngx_rtmp_restream_output_t, queue);

        if (out->removed || !(out->changed || all)) {
            continue;
        }

        out->changed = 0;

        reports[n].id = out->record.id;
        reports[n].report = &out->report;

        if (++n == NGX_RTMP_RESTREAM_REPORTS) {
            ngx_rtmp_restream_zone_report(src->zone, src->zs, reports, n);
            n = 0;
        }
    }

    if (n) {
        ngx_rtmp_restream_zone_report(src->zone, src->zs, reports, n);
    }
}
