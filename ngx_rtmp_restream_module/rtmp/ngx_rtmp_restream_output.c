/*
 * One destination being fed: see ngx_rtmp_restream_output.h.
 *
 *     off -> resolving -> connecting -> publishing -> live
 *             ^   \___________|____________|___________|
 *             `-- timer --- waiting
 *
 * Attempts and their ends are here; what flows while a connection is up is in
 * ngx_rtmp_restream_feed.c, how a server sends us on in
 * ngx_rtmp_restream_output_hop.c, what is said of a state in
 * ngx_rtmp_restream_state.c.
 */

#include "ngx_rtmp_restream_output.h"
#include "ngx_rtmp_restream_output_hop.h"
#include "ngx_rtmp_restream_source.h"
#include "ngx_rtmp_restream_reason.h"
#include "ngx_rtmp_restream_target.h"
#include "ngx_rtmp_restream_feed.h"


#define NGX_RTMP_RESTREAM_DRAIN_TIMEOUT  2000   /* ms for a goodbye */


static ngx_int_t ngx_rtmp_restream_output_copy_record(
    ngx_rtmp_restream_output_t *out, ngx_rtmp_restream_record_t *record);
static void ngx_rtmp_restream_output_timer_handler(ngx_event_t *ev);
static void ngx_rtmp_restream_output_attempt_timeout(
    ngx_rtmp_restream_output_t *out);
static void ngx_rtmp_restream_output_progress(void *data,
    ngx_rtmp_restream_state_e state);
static void ngx_rtmp_restream_output_published(void *data);
static void ngx_rtmp_restream_output_writable(void *data);
static void ngx_rtmp_restream_output_shutdown(void *data);
static void ngx_rtmp_restream_output_ended(void *data);
static void ngx_rtmp_restream_output_stopped(ngx_rtmp_restream_output_t *out);


static const ngx_rtmp_restream_peer_handlers_t
    ngx_rtmp_restream_output_handlers =
{
    ngx_rtmp_restream_output_progress,
    ngx_rtmp_restream_output_published,
    ngx_rtmp_restream_output_writable,
    ngx_rtmp_restream_output_hop_asked,
    ngx_rtmp_restream_output_shutdown,
    ngx_rtmp_restream_output_ended
};


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
    out->log.handler = ngx_rtmp_restream_output_log;
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

    ngx_rtmp_restream_output_disconnect(out, 1);
    ngx_queue_remove(&out->queue);

    if (out->hop_pool) {
        ngx_destroy_pool(out->hop_pool);
    }

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
    ngx_rtmp_restream_output_set_state(out, NGX_RTMP_RESTREAM_OFF, &reason);
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

    if (out->peer && out->peer->published && !out->peer->closing) {
        out->draining = 1;
        ngx_add_timer(&out->timer, NGX_RTMP_RESTREAM_DRAIN_TIMEOUT);

        restream_client_unpublish(&out->peer->client);
        ngx_rtmp_restream_feed(out);
        return;
    }

    ngx_rtmp_restream_output_stopped(out);
}


void
ngx_rtmp_restream_output_update(ngx_rtmp_restream_output_t *out,
    ngx_rtmp_restream_record_t *record, ngx_uint_t restart)
{
    ngx_uint_t  enabled;

    enabled = out->record.enabled;

    if (ngx_rtmp_restream_output_copy_record(out, record) != NGX_OK) {
        return;
    }

    out->changed = 1;

    if (!out->record.enabled) {

        if (enabled) {
            out->restart = 0;
            ngx_rtmp_restream_output_stop(out, RESTREAM_REASON_DISABLED, 0);
        }

        return;
    }

    if (!enabled || restart) {

        /* dialled when the old connection has said goodbye: no server sees
         * the same key twice */

        out->restart = 1;
        ngx_rtmp_restream_output_stop(out, RESTREAM_REASON_NONE, 0);
    }
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


void
ngx_rtmp_restream_output_attempt(ngx_rtmp_restream_output_t *out)
{
    out->report.attempts++;
    out->hops = 0;
    out->authentications = 0;
    out->live_since = 0;

    if (!out->follow) {
        out->hop = NULL;
    }

    out->follow = 0;

    ngx_add_timer(&out->timer, out->source->conf->connect_timeout);

    ngx_rtmp_restream_output_dial(out, NULL);
}


void
ngx_rtmp_restream_output_dial(ngx_rtmp_restream_output_t *out,
    ngx_str_t *query)
{
    ngx_rtmp_restream_reason_t  reason;

    ngx_rtmp_restream_output_set_state(out, NGX_RTMP_RESTREAM_RESOLVING, NULL);

    out->peer = ngx_rtmp_restream_peer_create(out->source->conf,
                                          ngx_rtmp_restream_output_hop_target(
                                              out),
                                          query, out->address,
                                          &ngx_rtmp_restream_output_handlers,
                                          out, &out->log);
    if (out->peer) {
        return;
    }

    ngx_rtmp_restream_reason_set(&reason, RESTREAM_REASON_CONNECTIONS_EXHAUSTED,
                                 "no memory, or the thread pool is full", NULL,
                                 NULL);
    ngx_rtmp_restream_output_failed(out, &reason);
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


static void
ngx_rtmp_restream_output_attempt_timeout(ngx_rtmp_restream_output_t *out)
{
    char               *detail;
    restream_reason_e   code;

    code = RESTREAM_REASON_TIMEOUT;

    switch (out->report.state) {

    case NGX_RTMP_RESTREAM_RESOLVING:
        code = RESTREAM_REASON_DNS;
        detail = "the name server did not answer in time";
        break;

    case NGX_RTMP_RESTREAM_CONNECTING:
        detail = out->peer->tls.ssl ? "in the TLS handshake"
                                    : "while connecting";
        break;

    default:
        switch (out->peer->client.stage) {

        case RESTREAM_CLIENT_HANDSHAKE:
            detail = "in the RTMP handshake";
            break;

        case RESTREAM_CLIENT_CONNECT:
            detail = "connect was not answered";
            break;

        case RESTREAM_CLIENT_CREATE_STREAM:
            detail = "createStream was not answered";
            break;

        default:
            detail = "publish was not answered";
            break;
        }
    }

    ngx_rtmp_restream_peer_fail(out->peer, code, detail);
}


static void
ngx_rtmp_restream_output_progress(void *data, ngx_rtmp_restream_state_e state)
{
    ngx_rtmp_restream_output_set_state(data, state, NULL);
}


static void
ngx_rtmp_restream_output_published(void *data)
{
    ngx_rtmp_restream_output_t  *out = data;

    if (out->timer.timer_set) {
        ngx_del_timer(&out->timer);
    }

    ngx_rtmp_restream_feed_start(out);
}


static void
ngx_rtmp_restream_output_writable(void *data)
{
    ngx_rtmp_restream_feed(data);
}


static void
ngx_rtmp_restream_output_shutdown(void *data)
{
    ngx_rtmp_restream_output_t  *out = data;

    ngx_rtmp_restream_source_shutdown(out->source);
}


static void
ngx_rtmp_restream_output_ended(void *data)
{
    ngx_rtmp_restream_reason_t   reason;
    ngx_rtmp_restream_output_t  *out = data;

    if (out->draining) {
        ngx_rtmp_restream_output_stopped(out);
        return;
    }

    switch (out->peer->end) {

    case NGX_RTMP_RESTREAM_PEER_AUTHENTICATE:
        ngx_rtmp_restream_output_hop_authenticate(out);
        return;

    case NGX_RTMP_RESTREAM_PEER_REDIRECT:
        ngx_rtmp_restream_output_hop_redirect(out);
        return;

    case NGX_RTMP_RESTREAM_PEER_FAILED:
        break;
    }

    if (out->reconnect_now) {
        ngx_rtmp_restream_output_hop_reconnect(out);
        return;
    }

    reason = out->peer->reason;
    ngx_rtmp_restream_output_failed(out, &reason);
}


void
ngx_rtmp_restream_output_failed(ngx_rtmp_restream_output_t *out,
    ngx_rtmp_restream_reason_t *reason)
{
    uint64_t  delay, live;

    live = out->live_since ? ngx_current_msec - out->live_since + 1 : 0;

    if (out->live_since) {
        out->report.reconnects++;
    }

    /* the address that worked is tried again, one that did not is the last */

    if (out->peer && out->peer->addr) {
        out->address = out->peer->first + out->peer->addr
                       - (out->live_since ? 1 : 0);
    }

    ngx_rtmp_restream_output_disconnect(out, 0);

    out->live_since = 0;

    delay = restream_backoff_next(&out->backoff, reason->code, live,
                                  (uint32_t) ngx_random());

    reason->class = restream_backoff_class(&out->backoff);

    out->report.last_error = *reason;
    out->report.next_attempt_at = ngx_rtmp_restream_now() + delay;

    ngx_rtmp_restream_output_set_state(out, NGX_RTMP_RESTREAM_WAITING, reason);

    ngx_add_timer(&out->timer, (ngx_msec_t) delay);
}


void
ngx_rtmp_restream_output_disconnect(ngx_rtmp_restream_output_t *out,
    ngx_uint_t notify)
{
    ngx_rtmp_restream_feed_stop(out);

    out->reconnect_asked = 0;
    out->reconnect_now = 0;

    if (out->peer == NULL) {
        return;
    }

    out->given_before += out->peer->given;
    ngx_rtmp_restream_peer_destroy(&out->peer, notify);

    out->report.tls_version[0] = '\0';
    out->report.tls_cipher[0] = '\0';
}


static void
ngx_rtmp_restream_output_stopped(ngx_rtmp_restream_output_t *out)
{
    ngx_rtmp_restream_reason_t  reason;

    if (out->timer.timer_set) {
        ngx_del_timer(&out->timer);
    }

    ngx_rtmp_restream_output_disconnect(out, 1);

    out->draining = 0;
    out->live_since = 0;
    out->follow = 0;
    out->hop = NULL;

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
    ngx_rtmp_restream_output_set_state(out, NGX_RTMP_RESTREAM_OFF, &reason);
}
