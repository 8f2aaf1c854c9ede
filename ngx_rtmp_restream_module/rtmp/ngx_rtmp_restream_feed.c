/*
 * What flows while an output's connection is up: see ngx_rtmp_restream_feed.h.
 */

#include "ngx_rtmp_restream_feed.h"
#include "ngx_rtmp_restream_source.h"
#include "ngx_rtmp_restream_state.h"


#define NGX_RTMP_RESTREAM_FEED_WRITES    32     /* at most, per event */
#define NGX_RTMP_RESTREAM_SAMPLE         250    /* ms, while live */
#define NGX_RTMP_RESTREAM_SLEPT          500    /* ms, counts at most */
#define NGX_RTMP_RESTREAM_RATE           1000   /* ms, bitrate window */
#define NGX_RTMP_RESTREAM_DROPS          10000  /* ms between warnings */


/* a hint, nothing is read */
#if (__GNUC__)
#define ngx_rtmp_restream_feed_hint(p)  __builtin_prefetch(p)
#else
#define ngx_rtmp_restream_feed_hint(p)
#endif


static void ngx_rtmp_restream_feed_begin(ngx_rtmp_restream_output_t *out);
static ngx_int_t ngx_rtmp_restream_feed_control(
    ngx_rtmp_restream_output_t *out);
static ngx_uint_t ngx_rtmp_restream_feed_at_key(
    ngx_rtmp_restream_output_t *out);
static uint64_t ngx_rtmp_restream_feed_sample(ngx_rtmp_restream_output_t *out,
    ngx_msec_t before, ngx_msec_t now);
static ngx_uint_t ngx_rtmp_restream_feed_pending(
    ngx_rtmp_restream_output_t *out, uint64_t acknowledged);
static void ngx_rtmp_restream_feed_live(ngx_rtmp_restream_output_t *out);
static void ngx_rtmp_restream_feed_count(ngx_rtmp_restream_output_t *out);
static void ngx_rtmp_restream_feed_warn(ngx_rtmp_restream_output_t *out);


/* of this worker */

static restream_cursor_scratch_t  ngx_rtmp_restream_feed_scratch;


void
ngx_rtmp_restream_feed_start(ngx_rtmp_restream_output_t *out)
{
    uint64_t          key, head;
    restream_ring_t  *ring;

    ring = out->source->rendition->ring;
    head = restream_ring_head(ring);
    key = RESTREAM_RING_NONE;

    if (out->resume != RESTREAM_RING_NONE && head) {
        key = restream_ring_key_before(ring, ngx_min(out->resume, head - 1));
    }

    restream_cursor_start(&out->cursor, ring, key,
                          out->source->conf->chunk_size,
                          out->peer->client.msid);

    restream_ack_start(&out->ack, out->cursor.seq, ngx_current_msec);

    out->drained = 0;
    out->rate_at = 0;
    out->progress = ngx_current_msec;
    out->sampled = ngx_current_msec;

    ngx_rtmp_restream_feed(out);
}


void
ngx_rtmp_restream_feed_stop(ngx_rtmp_restream_output_t *out)
{
    uint64_t          seq;
    restream_ring_t  *ring;

    if (out->cursor.ring == NULL) {
        return;
    }

    ring = out->cursor.ring;

    ngx_rtmp_restream_feed_count(out);

    if (out->cursor.started) {
        out->resume = restream_ack_resume(&out->ack);

        if (out->cursor.seq < restream_ring_tail(ring)) {
            out->resumed = out->cursor.passed;

        } else {
            seq = ngx_max(out->resume, restream_ring_tail(ring));
            out->resumed = restream_ring_count(ring, seq);
        }
    }

    restream_cursor_stop(&out->cursor);

    out->report.bitrate = 0;
    out->report.lag = 0;
}


void
ngx_rtmp_restream_feed_give_up(ngx_rtmp_restream_output_t *out)
{
    /* at once: that the connection has ended is told later */

    ngx_rtmp_restream_feed_stop(out);

    ngx_rtmp_restream_peer_fail(out->peer, RESTREAM_REASON_STALLED,
                                "one frame took it longer than "
                                "restream_buffer lasts");
}


void
ngx_rtmp_restream_feed(ngx_rtmp_restream_output_t *out)
{
    ssize_t                     n;
    ngx_uint_t                  i;
    ngx_rtmp_restream_peer_t   *peer;
    restream_cursor_scratch_t  *sc;

    peer = out->peer;
    sc = &ngx_rtmp_restream_feed_scratch;

    if (peer == NULL || peer->closing
        || !(peer->published || out->draining))
    {
        return;
    }

    for (i = 0; i < NGX_RTMP_RESTREAM_FEED_WRITES; i++) {

        if (peer->blocked || ngx_rtmp_restream_feed_control(out) != NGX_OK) {
            return;
        }

        if (restream_cursor_fill(&out->cursor, sc,
                                 out->draining
                                 || ngx_rtmp_restream_peer_talking(peer))
            != RESTREAM_OK)
        {
            return;
        }

        if (!out->cursor.started) {
            ngx_rtmp_restream_feed_begin(out);
        }

        n = ngx_rtmp_restream_peer_send(peer, sc,
                                        out->source->rendition->pages);

        if (n == NGX_ERROR) {
            return;
        }

        restream_cursor_sent(&out->cursor, sc, n);

        restream_ack_mark(&out->ack,
                          peer->given + ngx_rtmp_restream_tls_held(&peer->tls),
                          out->cursor.seq);

        if (!peer->blocked
            && !restream_cursor_pending(&out->cursor)
            && !ngx_rtmp_restream_peer_talking(peer)
            && !out->draining)
        {
            return;
        }
    }

    /* others have their turn, and the sockets theirs */

    ngx_post_event(peer->connection->write, &ngx_posted_next_events);
}


ngx_uint_t
ngx_rtmp_restream_feed_shares(ngx_rtmp_restream_output_t *out)
{
    return out->peer && out->peer->published && out->peer->tls.ssl == NULL;
}


void
ngx_rtmp_restream_feed_prefetch(ngx_rtmp_restream_output_t *out)
{
    u_char                      *p;
    ngx_rtmp_restream_output_t  *next;

    next = ngx_queue_data(ngx_queue_next(&out->queue),
                          ngx_rtmp_restream_output_t, queue);

    for (p = (u_char *) next;
         p < (u_char *) &next->ack.marks[1];
         p += NGX_CPU_CACHE_LINE)
    {
        ngx_rtmp_restream_feed_hint(p);
    }

    if (out->peer) {
        ngx_rtmp_restream_feed_hint(out->peer);
        ngx_rtmp_restream_feed_hint(&out->peer->client.out);
    }
}


void
ngx_rtmp_restream_feed_tick(ngx_rtmp_restream_output_t *out)
{
    uint64_t                   acknowledged;
    ngx_msec_t                 now, before, interval, timeout;
    ngx_rtmp_restream_peer_t  *peer;

    peer = out->peer;
    now = ngx_current_msec;

    if (peer == NULL || !peer->published || peer->closing) {
        return;
    }

    timeout = out->source->conf->send_timeout;
    interval = out->live_since ? ngx_min(NGX_RTMP_RESTREAM_SAMPLE, timeout / 4)
                               : 0;

    if (now - out->sampled < interval) {
        return;
    }

    before = out->sampled;
    out->sampled = now;

    /* what a worker sleeps through is not the server's silence */

    if (now - before > NGX_RTMP_RESTREAM_SLEPT) {
        out->progress += now - before - NGX_RTMP_RESTREAM_SLEPT;
        before = now - NGX_RTMP_RESTREAM_SLEPT;
    }

    acknowledged = ngx_rtmp_restream_feed_sample(out, before, now);

    if (!out->live_since && acknowledged > out->media_start
        && out->cursor.started)
    {
        ngx_rtmp_restream_feed_live(out);
    }

    if (!out->draining && now + interval - out->progress >= timeout) {
        ngx_rtmp_restream_peer_fail(peer, RESTREAM_REASON_STALLED, NULL);
        return;
    }

    ngx_rtmp_restream_feed_count(out);
    ngx_rtmp_restream_feed_warn(out);
}


/*
 * The first media of a connection is about to leave.  Called again until the
 * socket takes some of it.
 */

static void
ngx_rtmp_restream_feed_begin(ngx_rtmp_restream_output_t *out)
{
    restream_ring_count_t  count;

    restream_ack_start(&out->ack, out->cursor.seq, ngx_current_msec);

    out->media_start = out->peer->given;

    if (out->resume == RESTREAM_RING_NONE || out->cursor.seq <= out->resume) {
        return;
    }

    /* the outage was longer than the ring */

    count = out->cursor.passed;
    out->cursor.dropped.audio += count.audio - out->resumed.audio;
    out->cursor.dropped.video += count.video - out->resumed.video;

    out->resumed = count;
}


/*
 * What goes out between two messages, and what happens there.  NGX_OK: on with
 * the media.
 */

static ngx_int_t
ngx_rtmp_restream_feed_control(ngx_rtmp_restream_output_t *out)
{
    if (out->cursor.begun.frame) {
        return NGX_OK;
    }

    if (ngx_rtmp_restream_peer_flush(out->peer) != NGX_OK) {
        return NGX_AGAIN;
    }

    if (out->draining) {

        if (!out->drained) {
            out->drained = 1;
            ngx_rtmp_restream_peer_finish(out->peer);
        }

        return NGX_AGAIN;
    }

    if (out->reconnect_asked && ngx_rtmp_restream_feed_at_key(out)) {
        out->reconnect_now = 1;
        ngx_rtmp_restream_peer_fail(out->peer, RESTREAM_REASON_CLOSED,
                                    "the server asked to reconnect");
        return NGX_AGAIN;
    }

    return NGX_OK;
}


/* this connection has what comes before the next key frame, and no more */

static ngx_uint_t
ngx_rtmp_restream_feed_at_key(ngx_rtmp_restream_output_t *out)
{
    restream_cursor_t  *cur;

    cur = &out->cursor;
    cur->until = restream_ring_key_after(cur->ring, cur->seq);

    return cur->until == cur->seq;
}


/* bytes acknowledged; before: the last sample */

static uint64_t
ngx_rtmp_restream_feed_sample(ngx_rtmp_restream_output_t *out,
    ngx_msec_t before, ngx_msec_t now)
{
    uint64_t  acknowledged;

    acknowledged = ngx_rtmp_restream_peer_acknowledged(out->peer);

    /*
     * The acknowledgement came somewhere between the two samples: the earlier
     * one counts, so that a stall is never found later than promised.
     */

    if (restream_ack_sample(&out->ack, acknowledged, now)) {
        out->progress = before;
    }

    if (!ngx_rtmp_restream_feed_pending(out, acknowledged)) {
        out->progress = now;
    }

    return acknowledged;
}


static ngx_uint_t
ngx_rtmp_restream_feed_pending(ngx_rtmp_restream_output_t *out,
    uint64_t acknowledged)
{
    return acknowledged < out->peer->given
           || out->peer->tls.held
           || restream_cursor_pending(&out->cursor)
           || ngx_rtmp_restream_peer_talking(out->peer);
}


static void
ngx_rtmp_restream_feed_live(ngx_rtmp_restream_output_t *out)
{
    out->live_since = ngx_current_msec;

    if (out->first_live == 0) {
        out->first_live = ngx_max(ngx_current_msec, 1);
    }

    if (out->peer->tls.ssl) {
        ngx_cpystrn(out->report.tls_version,
                    (u_char *) SSL_get_version(out->peer->tls.ssl),
                    NGX_RTMP_RESTREAM_TLS_NAME_LEN);
        ngx_cpystrn(out->report.tls_cipher,
                    (u_char *) SSL_get_cipher_name(out->peer->tls.ssl),
                    NGX_RTMP_RESTREAM_TLS_NAME_LEN);
    }

    ngx_rtmp_restream_state_set(out, NGX_RTMP_RESTREAM_LIVE, NULL);

    if (!out->source->publishing) {
        ngx_rtmp_restream_state_publisher(out, 0);
    }
}


static void
ngx_rtmp_restream_feed_count(ngx_rtmp_restream_output_t *out)
{
    ngx_msec_t                   elapsed;
    ngx_rtmp_restream_report_t  *report;

    report = &out->report;

    report->bytes_sent = out->given_before + out->peer->given;
    report->frames_sent = out->cursor.sent.audio + out->cursor.sent.video;
    report->video_dropped = out->cursor.dropped.video;
    report->audio_dropped = out->cursor.dropped.audio;
    report->lag = restream_cursor_lag(&out->cursor);

    elapsed = ngx_current_msec - out->rate_at;

    if (elapsed >= NGX_RTMP_RESTREAM_RATE) {

        if (out->rate_at) {
            report->bitrate = (report->bytes_sent - out->rate_bytes) * 8000
                              / elapsed;
        }

        out->rate_bytes = report->bytes_sent;
        out->rate_at = ngx_current_msec;
    }

    out->changed = 1;
}


static void
ngx_rtmp_restream_feed_warn(ngx_rtmp_restream_output_t *out)
{
    uint64_t  drops;

    drops = out->cursor.dropped.audio + out->cursor.dropped.video;

    if (drops == out->drops
        || (out->drops_told
            && ngx_current_msec - out->drops_told < NGX_RTMP_RESTREAM_DROPS))
    {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, &out->log, 0,
                  "destination takes less than the stream has: %uL frames "
                  "dropped up to the next key frame", drops - out->drops);

    out->drops = drops;
    out->drops_told = ngx_current_msec;
}
