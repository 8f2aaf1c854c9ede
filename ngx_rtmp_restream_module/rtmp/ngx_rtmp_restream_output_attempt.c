/*
 * An output's attempts: see ngx_rtmp_restream_output_attempt.h.
 */

#include "ngx_rtmp_restream_output_attempt.h"
#include "ngx_rtmp_restream_output_hop.h"
#include "ngx_rtmp_restream_source.h"
#include "ngx_rtmp_restream_state.h"
#include "ngx_rtmp_restream_reason.h"
#include "ngx_rtmp_restream_feed.h"


#define NGX_RTMP_RESTREAM_OCCUPIED  100    /* ms to look at one again */


static ngx_uint_t ngx_rtmp_restream_output_attempt_postpone(
    ngx_rtmp_restream_output_t *out);
static ngx_uint_t ngx_rtmp_restream_output_attempt_occupied(
    ngx_rtmp_restream_output_t *out);
static void ngx_rtmp_restream_output_attempt_progress(void *data,
    ngx_rtmp_restream_state_e state);
static void ngx_rtmp_restream_output_attempt_published(void *data);
static void ngx_rtmp_restream_output_attempt_writable(void *data);
static void ngx_rtmp_restream_output_attempt_shutdown(void *data);
static void ngx_rtmp_restream_output_attempt_ended(void *data);


static const ngx_rtmp_restream_peer_handlers_t
    ngx_rtmp_restream_output_attempt_handlers =
{
    ngx_rtmp_restream_output_attempt_progress,
    ngx_rtmp_restream_output_attempt_published,
    ngx_rtmp_restream_output_attempt_writable,
    ngx_rtmp_restream_output_hop_asked,
    ngx_rtmp_restream_output_attempt_shutdown,
    ngx_rtmp_restream_output_attempt_ended
};


void
ngx_rtmp_restream_output_attempt(ngx_rtmp_restream_output_t *out)
{
    if (ngx_rtmp_restream_output_attempt_postpone(out)) {
        return;
    }

    out->report.attempts++;
    out->dialled = out->record.target_hash;
    out->hops = 0;
    out->authentications = 0;
    out->live_since = 0;

    if (!out->follow) {
        ngx_rtmp_restream_output_hop_forget(out);
    }

    out->follow = 0;

    ngx_add_timer(&out->timer, out->source->conf->connect_timeout);

    ngx_rtmp_restream_output_attempt_dial(out, NULL);
}


/* 1: nothing is dialled now */

static ngx_uint_t
ngx_rtmp_restream_output_attempt_postpone(ngx_rtmp_restream_output_t *out)
{
    ngx_rtmp_restream_reason_t  reason;

    if (out->record.target.key.len == 0) {
        ngx_rtmp_restream_reason_set(&reason, RESTREAM_REASON_KEY_REJECTED,
                                     "not dialled: with this publish the key "
                                     "is empty", NULL, NULL);

    } else if (out->record.target.app.len == 0) {
        ngx_rtmp_restream_reason_set(&reason, RESTREAM_REASON_APP_REJECTED,
                                     "not dialled: with this publish the "
                                     "application is empty", NULL, NULL);

    } else if (ngx_rtmp_restream_output_attempt_occupied(out)) {
        out->report.next_attempt_at = ngx_rtmp_restream_now()
                                      + NGX_RTMP_RESTREAM_OCCUPIED;

        ngx_rtmp_restream_state_set(out, NGX_RTMP_RESTREAM_WAITING, NULL);

        ngx_add_timer(&out->timer, NGX_RTMP_RESTREAM_OCCUPIED);
        return 1;

    } else {
        return 0;
    }

    ngx_rtmp_restream_output_attempt_failed(out, &reason);

    return 1;
}


/*
 * 1: another output, one that is removed or has got another target, still says
 * goodbye where this one would publish.
 */

static ngx_uint_t
ngx_rtmp_restream_output_attempt_occupied(ngx_rtmp_restream_output_t *out)
{
    ngx_queue_t                 *q, *outputs;
    ngx_rtmp_restream_output_t  *other;

    outputs = &out->source->outputs;

    for (q = ngx_queue_head(outputs);
         q != ngx_queue_sentinel(outputs);
         q = ngx_queue_next(q))
    {
        other = ngx_queue_data(q, ngx_rtmp_restream_output_t, queue);

        if (other != out && other->draining
            && other->dialled == out->record.target_hash)
        {
            return 1;
        }
    }

    return 0;
}


void
ngx_rtmp_restream_output_attempt_dial(ngx_rtmp_restream_output_t *out,
    ngx_str_t *query)
{
    ngx_rtmp_restream_reason_t   reason;
    ngx_rtmp_restream_target_t  *target;

    target = ngx_rtmp_restream_output_hop_target(out);

    ngx_rtmp_restream_state_set(out, NGX_RTMP_RESTREAM_RESOLVING, NULL);

    out->peer = ngx_rtmp_restream_peer_create(out->source->conf, target, query,
                                  out->address,
                                  &ngx_rtmp_restream_output_attempt_handlers,
                                  out, &out->log);
    if (out->peer) {
        return;
    }

    ngx_rtmp_restream_reason_set(&reason, RESTREAM_REASON_CONNECTIONS_EXHAUSTED,
                                 "no memory, or the thread pool is full", NULL,
                                 NULL);
    ngx_rtmp_restream_output_attempt_failed(out, &reason);
}


void
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
ngx_rtmp_restream_output_attempt_progress(void *data,
    ngx_rtmp_restream_state_e state)
{
    ngx_rtmp_restream_state_set(data, state, NULL);
}


static void
ngx_rtmp_restream_output_attempt_published(void *data)
{
    ngx_rtmp_restream_output_t  *out = data;

    if (out->draining) {
        return;
    }

    if (out->timer.timer_set) {
        ngx_del_timer(&out->timer);
    }

    ngx_rtmp_restream_feed_start(out);
}


static void
ngx_rtmp_restream_output_attempt_writable(void *data)
{
    ngx_rtmp_restream_feed(data);
}


static void
ngx_rtmp_restream_output_attempt_shutdown(void *data)
{
    ngx_rtmp_restream_output_t  *out = data;

    ngx_rtmp_restream_source_shutdown(out->source);
}


static void
ngx_rtmp_restream_output_attempt_ended(void *data)
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
    ngx_rtmp_restream_output_attempt_failed(out, &reason);
}


void
ngx_rtmp_restream_output_attempt_failed(ngx_rtmp_restream_output_t *out,
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

    ngx_rtmp_restream_output_attempt_disconnect(out, 0);

    out->live_since = 0;

    delay = restream_backoff_next(&out->backoff, reason->code, live,
                                  (uint32_t) ngx_random());

    reason->class = restream_backoff_class(&out->backoff);

    out->report.last_error = *reason;
    out->report.next_attempt_at = ngx_rtmp_restream_now() + delay;

    ngx_rtmp_restream_state_set(out, NGX_RTMP_RESTREAM_WAITING, reason);

    ngx_add_timer(&out->timer, (ngx_msec_t) delay);
}


void
ngx_rtmp_restream_output_attempt_disconnect(ngx_rtmp_restream_output_t *out,
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
