/*
 * Between a source's outputs and the zone: what is wanted of them, and how they
 * are.  See ngx_rtmp_restream_wanted.h.
 */

#include "ngx_rtmp_restream_wanted.h"
#include "ngx_rtmp_restream_output.h"

#include "../model/restream_plan.h"


#define NGX_RTMP_RESTREAM_REPORTS  64       /* copied under one lock */


static void ngx_rtmp_restream_wanted_plan(ngx_rtmp_restream_source_t *src,
    ngx_pool_t *pool, ngx_rtmp_restream_record_t *records, ngx_uint_t n);


/* what is wanted, out of the zone */

void
ngx_rtmp_restream_wanted_apply(ngx_rtmp_restream_source_t *src)
{
    ngx_uint_t                   n, generation;
    ngx_pool_t                  *pool;
    ngx_rtmp_restream_record_t  *records;

    pool = ngx_create_pool(4096, src->log);
    if (pool == NULL) {
        return;
    }

    /* read before the records: a change in between is applied next time */

    generation = ngx_rtmp_restream_zone_generation(src->zone);

    if (ngx_rtmp_restream_zone_get(src->zone, src->zs, pool, &records, &n)
        == NGX_OK)
    {
        ngx_rtmp_restream_wanted_plan(src, pool, records, n);
        src->generation = generation;
    }

    ngx_destroy_pool(pool);
}


static void
ngx_rtmp_restream_wanted_plan(ngx_rtmp_restream_source_t *src,
    ngx_pool_t *pool, ngx_rtmp_restream_record_t *records, ngx_uint_t n)
{
    uint32_t                      i, nhave, nsteps;
    ngx_queue_t                  *q;
    restream_plan_item_t         *wanted, *have;
    restream_plan_step_t         *steps, *st;
    ngx_rtmp_restream_output_t  **outs, *out;

    nhave = 0;

    for (q = ngx_queue_head(&src->outputs);
         q != ngx_queue_sentinel(&src->outputs);
         q = ngx_queue_next(q))
    {
        nhave++;
    }

    wanted = ngx_palloc(pool, n * sizeof(restream_plan_item_t) + 1);
    have = ngx_palloc(pool, nhave * sizeof(restream_plan_item_t) + 1);
    outs = ngx_palloc(pool, nhave * sizeof(void *) + 1);
    steps = ngx_palloc(pool, (n + nhave) * sizeof(restream_plan_step_t) + 1);

    if (wanted == NULL || have == NULL || outs == NULL || steps == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        wanted[i].id = records[i].id;
        wanted[i].revision = records[i].revision;
        wanted[i].target = records[i].dial;
    }

    nhave = 0;

    for (q = ngx_queue_head(&src->outputs);
         q != ngx_queue_sentinel(&src->outputs);
         q = ngx_queue_next(q))
    {
        out = ngx_queue_data(q, ngx_rtmp_restream_output_t, queue);

        if (out->removed) {
            continue;
        }

        have[nhave].id = out->record.id;
        have[nhave].revision = out->record.revision;
        have[nhave].target = out->record.dial;
        outs[nhave++] = out;
    }

    nsteps = restream_plan(wanted, (uint32_t) n, have, nhave, steps);

    for (i = 0; i < nsteps; i++) {
        st = &steps[i];

        switch (st->step) {

        case RESTREAM_PLAN_REMOVE:
            ngx_rtmp_restream_output_stop(outs[st->have],
                                          RESTREAM_REASON_DISABLED, 1);
            break;

        case RESTREAM_PLAN_ADD:
            out = ngx_rtmp_restream_output_create(src, &records[st->wanted]);

            if (out) {
                ngx_rtmp_restream_output_start(out);
            }

            break;

        default:
            ngx_rtmp_restream_output_update(outs[st->have],
                                            &records[st->wanted],
                                            st->step == RESTREAM_PLAN_RESTART);
            break;
        }
    }

    ngx_rtmp_restream_wanted_report(src, 1);
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
