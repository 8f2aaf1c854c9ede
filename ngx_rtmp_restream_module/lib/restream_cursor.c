/*
 * One reader of a ring: see restream_cursor.h.
 */

#include "restream_cursor.h"

#include <string.h>


static void restream_cursor_lay(restream_cursor_t *view,
    restream_cursor_scratch_t *sc);
static int restream_cursor_settle(restream_cursor_t *cur);
static void restream_cursor_seek(restream_cursor_t *cur, uint64_t seq);
static int restream_cursor_next(restream_cursor_t *view,
    restream_cursor_msg_t *msg);
static void restream_cursor_build(const restream_cursor_t *view,
    restream_cursor_msg_t *msg, uint64_t dts);
static void restream_cursor_pass(restream_cursor_t *view,
    const restream_cursor_msg_t *msg);
static int restream_cursor_slice(restream_cursor_scratch_t *sc,
    const restream_cursor_msg_t *msg, uint32_t chunk_size, uint32_t sent);
static void restream_cursor_add(restream_cursor_scratch_t *sc,
    const uint8_t *data, uint32_t size);


static const uint8_t  restream_cursor_csid[RESTREAM_FLV_KINDS] = {
    RESTREAM_CSID_AUDIO,
    RESTREAM_CSID_VIDEO,
    RESTREAM_CSID_DATA
};


void
restream_cursor_start(restream_cursor_t *cur, restream_ring_t *ring,
    uint64_t seq, uint32_t chunk_size, uint32_t msid)
{
    restream_cursor_stop(cur);

    cur->ring = ring;
    cur->until = RESTREAM_RING_NONE;
    cur->chunk_size = chunk_size;
    cur->msid = msid;
    cur->epoch = 0;
    cur->open = 0;
    cur->started = 0;
    memset(cur->last, 0, sizeof(cur->last));

    if (seq == RESTREAM_RING_NONE || restream_ring_get(ring, seq) == NULL) {
        seq = restream_ring_last_key(ring);
    }

    if (seq == RESTREAM_RING_NONE) {
        cur->seq = restream_ring_head(ring);
        cur->passed = restream_ring_count(ring, cur->seq);
        cur->waiting_key = 1;
        return;
    }

    restream_cursor_seek(cur, seq);
}


void
restream_cursor_stop(restream_cursor_t *cur)
{
    restream_ring_release(cur->ring, &cur->begun.frame);
    restream_headers_unref(&cur->headers);

    cur->begun_sent = 0;
    cur->ring = NULL;
}


int
restream_cursor_fill(restream_cursor_t *cur, restream_cursor_scratch_t *sc,
    int begun_only)
{
    restream_cursor_t  view;

    sc->niov = 0;
    sc->nmsgs = 0;
    sc->size = 0;
    sc->skip = 0;

    if (cur->begun.frame) {
        sc->msgs[0] = cur->begun;
        sc->msgs[0].iov = 0;
        sc->nmsgs = 1;
        sc->skip = cur->begun_sent;

        if (restream_cursor_slice(sc, &sc->msgs[0], cur->chunk_size,
                                  cur->begun_sent)
            != RESTREAM_OK)
        {
            return RESTREAM_OK;
        }
    }

    if (begun_only) {
        return sc->size ? RESTREAM_OK : RESTREAM_AGAIN;
    }

    /* what is begun is finished before the cursor may jump */

    if (sc->nmsgs == 0 && restream_cursor_settle(cur) != RESTREAM_OK) {
        return RESTREAM_AGAIN;
    }

    view = *cur;

    if (sc->nmsgs) {
        restream_cursor_pass(&view, &sc->msgs[0]);
    }

    restream_cursor_lay(&view, sc);

    sc->base = view.base;

    return sc->size ? RESTREAM_OK : RESTREAM_AGAIN;
}


void
restream_cursor_sent(restream_cursor_t *cur,
    const restream_cursor_scratch_t *sc, size_t n)
{
    uint32_t                      i, left;
    const restream_cursor_msg_t  *msg;

    if (n && !cur->started) {
        cur->base = sc->base;
        cur->started = 1;
    }

    for (i = 0; i < sc->nmsgs && n; i++) {
        msg = &sc->msgs[i];

        left = msg->wire_size - cur->begun_sent;

        if (n < left) {
            if (cur->begun.frame == NULL) {
                cur->begun = *msg;
                restream_frame_ref(msg->frame);
            }

            cur->begun_sent += (uint32_t) n;
            return;
        }

        n -= left;

        if (!(msg->frame->flags & RESTREAM_FLV_HEADER)) {
            cur->sent.audio += (msg->kind == RESTREAM_FLV_KIND_AUDIO);
            cur->sent.video += (msg->kind == RESTREAM_FLV_KIND_VIDEO);
        }

        restream_cursor_pass(cur, msg);

        restream_ring_release(cur->ring, &cur->begun.frame);
        cur->begun_sent = 0;

        if (cur->headers && cur->header_i == cur->headers->n) {
            restream_headers_unref(&cur->headers);
        }
    }
}


int
restream_cursor_pending(const restream_cursor_t *cur)
{
    if (cur->ring == NULL) {
        return 0;
    }

    return cur->begun.frame != NULL
           || (!cur->waiting_key && cur->seq < restream_ring_head(cur->ring));
}


uint64_t
restream_cursor_lag(const restream_cursor_t *cur)
{
    uint64_t           head;
    restream_frame_t  *newest, *frm;

    if (cur->ring == NULL || !cur->started) {
        return 0;
    }

    head = restream_ring_head(cur->ring);

    if (head == 0 || cur->seq >= head) {
        return 0;
    }

    newest = restream_ring_get(cur->ring, head - 1);
    frm = cur->begun.frame;

    if (frm == NULL) {
        frm = restream_ring_get(cur->ring,
                  cur->seq > restream_ring_tail(cur->ring)
                  ? cur->seq : restream_ring_tail(cur->ring));
    }

    if (newest == NULL || frm == NULL || newest->dts < frm->dts) {
        return 0;
    }

    return newest->dts - frm->dts;
}


/* adds whole messages from view on, which moves, as far as there is room */

static void
restream_cursor_lay(restream_cursor_t *view, restream_cursor_scratch_t *sc)
{
    restream_cursor_msg_t  *msg;

    while (sc->nmsgs < RESTREAM_CURSOR_MESSAGES) {
        msg = &sc->msgs[sc->nmsgs];

        if (restream_cursor_next(view, msg) != RESTREAM_OK) {
            break;
        }

        msg->iov = sc->niov;
        sc->nmsgs++;

        if (restream_cursor_slice(sc, msg, view->chunk_size, 0)
            != RESTREAM_OK)
        {
            break;
        }

        restream_cursor_pass(view, msg);
    }
}


/* puts the cursor on a frame that can be sent: OK, or AGAIN for none */

static int
restream_cursor_settle(restream_cursor_t *cur)
{
    uint64_t  key;

    if (!cur->waiting_key && cur->seq >= restream_ring_tail(cur->ring)) {
        return RESTREAM_OK;
    }

    key = restream_ring_last_key(cur->ring);

    if (key == RESTREAM_RING_NONE || key < cur->seq) {

        /* nothing to start at: what lies between is not waited for */

        cur->waiting_key = 1;
        return RESTREAM_AGAIN;
    }

    restream_cursor_seek(cur, key);

    return RESTREAM_OK;
}


/* moves to a key frame, forwards or (at a start) back */

static void
restream_cursor_seek(restream_cursor_t *cur, uint64_t seq)
{
    restream_frame_t       *frm;
    restream_ring_count_t   count;

    frm = restream_ring_get(cur->ring, seq);
    count = restream_ring_count(cur->ring, seq);

    if (cur->started) {
        cur->dropped.audio += count.audio - cur->passed.audio;
        cur->dropped.video += count.video - cur->passed.video;
    }

    cur->seq = seq;
    cur->passed = count;
    cur->waiting_key = 0;

    restream_headers_unref(&cur->headers);

    if (frm->headers && frm->headers->epoch != cur->epoch) {
        cur->headers = restream_headers_ref(frm->headers);
        cur->header_i = 0;
    }
}


/* the message at view, not moving it: OK, or AGAIN when the ring has no more */

static int
restream_cursor_next(restream_cursor_t *view, restream_cursor_msg_t *msg)
{
    restream_frame_t  *frm;

    if (view->seq >= view->until) {
        return RESTREAM_AGAIN;
    }

    frm = restream_ring_get(view->ring, view->seq);

    if (frm == NULL) {
        return RESTREAM_AGAIN;
    }

    if (!view->started) {
        view->base = frm->dts;
        view->started = 1;
    }

    if (view->headers && view->header_i < view->headers->n) {
        msg->frame = view->headers->frames[view->header_i];
        msg->from_headers = 1;

    } else {
        msg->frame = frm;
        msg->from_headers = 0;
    }

    /* repeated headers carry the time of the frame that they lead in */

    restream_cursor_build(view, msg, frm->dts);

    return RESTREAM_OK;
}


static void
restream_cursor_build(const restream_cursor_t *view,
    restream_cursor_msg_t *msg, uint64_t dts)
{
    unsigned           fmt, csid;
    uint32_t           chunks, field;
    restream_frame_t  *frm;

    frm = msg->frame;

    msg->kind = (uint8_t) restream_flv_kind(frm->type);
    msg->ts = dts > view->base ? dts - view->base : 0;

    if (msg->ts < view->last[msg->kind]) {
        msg->ts = view->last[msg->kind];
    }

    csid = restream_cursor_csid[msg->kind];

    /*
     * Deltas keep the extended timestamp, which servers read differently, off
     * the wire for as long as the source has no gap of 4.66 hours.
     */

    fmt = 0;
    field = (uint32_t) msg->ts;

    if ((view->open & (1 << msg->kind))
        && msg->ts - view->last[msg->kind] < 0xffffff)
    {
        fmt = 1;
        field = (uint32_t) (msg->ts - view->last[msg->kind]);
    }

    msg->header_len = (uint8_t) restream_chunk_put_header(msg->header, fmt,
                                                          csid, field,
                                                          frm->size, frm->type,
                                                          view->msid);
    msg->next_len = (uint8_t) restream_chunk_put_continuation(msg->next, csid,
                                                              field);

    chunks = frm->size ? (frm->size - 1) / view->chunk_size : 0;

    msg->wire_size = msg->header_len + frm->size + chunks * msg->next_len;
}


/* moves view behind a message */

static void
restream_cursor_pass(restream_cursor_t *view, const restream_cursor_msg_t *msg)
{
    restream_frame_t  *frm;

    frm = msg->frame;

    view->last[msg->kind] = msg->ts;
    view->open |= (uint8_t) (1 << msg->kind);

    if (msg->from_headers) {
        view->header_i++;

        if (view->headers && view->header_i == view->headers->n) {
            view->epoch = view->headers->epoch;
        }

        return;
    }

    view->seq++;

    if (frm->flags & RESTREAM_FLV_HEADER) {
        if (frm->headers) {
            view->epoch = frm->headers->epoch;
        }

        return;
    }

    view->passed.audio += (msg->kind == RESTREAM_FLV_KIND_AUDIO);
    view->passed.video += (msg->kind == RESTREAM_FLV_KIND_VIDEO);
}


/*
 * Adds the slices of a message behind its first sent bytes.  OK, or AGAIN when
 * the scratch is full.
 */

static int
restream_cursor_slice(restream_cursor_scratch_t *sc,
    const restream_cursor_msg_t *msg, uint32_t chunk_size, uint32_t sent)
{
    uint32_t       pos, n, skip, header_len;
    const uint8_t *header;

    pos = 0;
    header = msg->header;
    header_len = msg->header_len;

    do {
        n = msg->frame->size - pos;

        if (n > chunk_size) {
            n = chunk_size;
        }

        if (sent < header_len + n) {

            if (sc->niov + 2 > RESTREAM_CURSOR_IOVS) {
                return RESTREAM_AGAIN;
            }

            skip = 0;

            if (sent < header_len) {
                restream_cursor_add(sc, header + sent, header_len - sent);

            } else {
                skip = sent - header_len;
            }

            if (n > skip) {
                restream_cursor_add(sc, msg->frame->data + pos + skip,
                                    n - skip);
            }

            sent = 0;

        } else {
            sent -= header_len + n;
        }

        pos += n;
        header = msg->next;
        header_len = msg->next_len;

    } while (pos < msg->frame->size);

    return RESTREAM_OK;
}


static void
restream_cursor_add(restream_cursor_scratch_t *sc, const uint8_t *data,
    uint32_t size)
{
    sc->iov[sc->niov].iov_base = (void *) data;
    sc->iov[sc->niov].iov_len = size;

    sc->niov++;
    sc->size += size;
}
