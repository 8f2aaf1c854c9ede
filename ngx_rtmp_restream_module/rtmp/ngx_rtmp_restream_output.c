/*
 * One destination being fed: see ngx_rtmp_restream_output.h.
 *
 *     off -> resolving -> connecting -> publishing -> live
 *             ^   \___________|____________|___________|
 *             `-- timer --- waiting
 *
 * Its life is here; its attempts are in ngx_rtmp_restream_output_attempt.c,
 * where a server sends them on to in ngx_rtmp_restream_output_hop.c, what flows
 * while a connection is up in ngx_rtmp_restream_feed.c, and what is said of a
 * state in ngx_rtmp_restream_state.c.
 */

#include "ngx_rtmp_restream_output.h"
#include "ngx_rtmp_restream_output_attempt.h"
#include "ngx_rtmp_restream_output_hop.h"
#include "ngx_rtmp_restream_control.h"
#include "ngx_rtmp_restream_source.h"
#include "ngx_rtmp_restream_state.h"
#include "ngx_rtmp_restream_reason.h"
#include "ngx_rtmp_restream_target.h"
#include "ngx_rtmp_restream_feed.h"


#define NGX_RTMP_RESTREAM_DRAIN_TIMEOUT  2000   /* ms for a goodbye */


static ngx_int_t ngx_rtmp_restream_output_copy_record(
    ngx_rtmp_restream_output_t *out, ngx_rtmp_restream_record_t *record);
static void ngx_rtmp_restream_output_timer_handler(ngx_event_t *ev);


ngx_rtmp_restream_output_t *
ngx_rtmp_restream_output_create(ngx_rtmp_restream_source_t *src,
    ngx_rtmp_restream_record_t *record)
{
    ngx_rtmp_restream_output_t  *out;

    out = ngx_calloc(sizeof(ngx_rtmp_restream_output_t), src->log);
    if (out == NULL) {
        return NULL;
    }

    out->source = src;
    out->log = *src->log;
    out->log.handler = ngx_rtmp_restream_state_log;
    out->log.data = out;
    out->log.action = NULL;

    if (ngx_rtmp_restream_output_copy_record(out, record) != NGX_OK) {
        ngx_free(out);
        return NULL;
    }

    out->resume = RESTREAM_RING_NONE;
    out->report.since = ngx_rtmp_restream_now();
    out->changed = 1;

    restream_backoff_init(&out->backoff, src->conf->reconnect_min,
                          src->conf->reconnect_max);

    out->timer.handler = ngx_rtmp_restream_output_timer_handler;
    out->timer.data = out;
    out->timer.log = &out->log;

    ngx_queue_insert_tail(&src->outputs, &out->queue);

    return out;
}


void
ngx_rtmp_restream_output_destroy(ngx_rtmp_restream_output_t **outp)
{
    ngx_rtmp_restream_output_t  *out;

    out = *outp;
    *outp = NULL;

    if (out->timer.timer_set) {
        ngx_del_timer(&out->timer);
    }

    ngx_rtmp_restream_output_attempt_disconnect(out, 1);
    ngx_queue_remove(&out->queue);

    ngx_rtmp_restream_output_hop_forget(out);
    ngx_rtmp_restream_target_wipe(&out->record.target);
    ngx_destroy_pool(out->pool);
    ngx_free(out);
}


void
ngx_rtmp_restream_output_start(ngx_rtmp_restream_output_t *out)
{
    ngx_rtmp_restream_reason_t  reason;

    if (out->record.enabled) {
        ngx_rtmp_restream_output_attempt(out);
        return;
    }

    ngx_rtmp_restream_reason_set(&reason, RESTREAM_REASON_DISABLED, NULL, NULL,
                                 NULL);
    ngx_rtmp_restream_state_set(out, NGX_RTMP_RESTREAM_OFF, &reason);
}


void
ngx_rtmp_restream_output_stop(ngx_rtmp_restream_output_t *out,
    restream_reason_e code, ngx_uint_t remove)
{
    out->removed |= remove ? 1 : 0;
    out->stop_reason = code;

    if (out->draining) {
        return;
    }

    if (out->timer.timer_set) {
        ngx_del_timer(&out->timer);
    }

    if (out->peer && !out->peer->closing
        && out->peer->client.stage >= RESTREAM_CLIENT_CREATE_STREAM)
    {
        out->draining = 1;
        out->drained = 0;
        ngx_add_timer(&out->timer, NGX_RTMP_RESTREAM_DRAIN_TIMEOUT);

        restream_client_unpublish(&out->peer->client);
        ngx_rtmp_restream_feed(out);
        return;
    }

    ngx_rtmp_restream_output_stopped(out);
}


void
ngx_rtmp_restream_output_limit(ngx_rtmp_restream_output_t *out)
{
    ngx_msec_t                   limit;
    ngx_rtmp_restream_source_t  *src;

    src = out->source;
    limit = src->conf->duration_limit;

    if (limit == 0 || out->first_live == 0 || out->limited
        || ngx_current_msec - out->first_live < limit)
    {
        return;
    }

    /* the switch is what ends it: it stays off when it could be set */

    out->limited = 1;

    ngx_rtmp_restream_control_limit(src->zone, src->conf, &src->key,
                                    &out->record);
}


ngx_int_t
ngx_rtmp_restream_output_update(ngx_rtmp_restream_output_t *out,
    ngx_rtmp_restream_record_t *record, ngx_uint_t restart)
{
    ngx_uint_t  enabled;

    enabled = out->record.enabled;

    if (ngx_rtmp_restream_output_copy_record(out, record) != NGX_OK) {
        return NGX_ERROR;
    }

    out->changed = 1;

    if (!out->record.enabled) {

        if (enabled) {
            out->restart = 0;
            ngx_rtmp_restream_output_stop(out,
                                          out->limited
                                          ? RESTREAM_REASON_LIMIT
                                          : RESTREAM_REASON_DISABLED, 0);
        }

        return NGX_OK;
    }

    if (!enabled) {
        out->limited = 0;
        out->first_live = 0;
    }

    if (!enabled || restart) {

        /* dialled when the old connection has said goodbye: no server sees
         * the same key twice */

        out->restart = 1;
        ngx_rtmp_restream_output_stop(out, RESTREAM_REASON_NONE, 0);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rtmp_restream_output_copy_record(ngx_rtmp_restream_output_t *out,
    ngx_rtmp_restream_record_t *record)
{
    u_char                      *p;
    ngx_pool_t                  *pool;
    ngx_rtmp_restream_record_t   copy;

    pool = ngx_create_pool(512, &out->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    copy = *record;

    p = ngx_pstrdup(pool, &record->name);
    if (p == NULL) {
        goto failed;
    }

    copy.name.data = p;

    if (ngx_rtmp_restream_target_copy(pool, &copy.target, &record->target)
        != NGX_OK)
    {
        goto failed;
    }

    if (out->pool) {
        ngx_rtmp_restream_target_wipe(&out->record.target);
        ngx_destroy_pool(out->pool);
    }

    out->pool = pool;
    out->record = copy;

    return NGX_OK;

failed:

    ngx_destroy_pool(pool);

    return NGX_ERROR;
}


static void
ngx_rtmp_restream_output_timer_handler(ngx_event_t *ev)
{
    ngx_rtmp_restream_output_t  *out = ev->data;

    if (out->draining) {
        ngx_rtmp_restream_output_stopped(out);
        return;
    }

    if (out->report.state == NGX_RTMP_RESTREAM_WAITING) {
        ngx_rtmp_restream_output_attempt(out);
        return;
    }

    if (out->peer && !out->peer->published) {
        ngx_rtmp_restream_output_attempt_timeout(out);
    }
}


void
ngx_rtmp_restream_output_stopped(ngx_rtmp_restream_output_t *out)
{
    ngx_rtmp_restream_reason_t  reason;

    if (out->timer.timer_set) {
        ngx_del_timer(&out->timer);
    }

    ngx_rtmp_restream_output_attempt_disconnect(out, 1);

    out->draining = 0;
    out->live_since = 0;
    out->follow = 0;
    ngx_rtmp_restream_output_hop_forget(out);

    if (out->removed) {
        ngx_rtmp_restream_source_output_ended(out->source, out);
        return;
    }

    if (out->restart) {

        /* another target: nothing of what was sent counts for it */

        out->restart = 0;
        out->resume = RESTREAM_RING_NONE;

        restream_backoff_init(&out->backoff, out->source->conf->reconnect_min,
                              out->source->conf->reconnect_max);
        ngx_rtmp_restream_output_attempt(out);
        return;
    }

    ngx_rtmp_restream_reason_set(&reason, out->stop_reason, NULL, NULL, NULL);
    ngx_rtmp_restream_state_set(out, NGX_RTMP_RESTREAM_OFF, &reason);
}
