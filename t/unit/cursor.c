/*
 * restream_cursor: what a reader of the ring writes, read back by the chunk
 * reader.
 */

#include "test.h"

#include "lib/restream_client.h"
#include "lib/restream_cursor.h"

#include <stdlib.h>
#include <string.h>


#define MESSAGES  4096


typedef struct {
    uint8_t    type;
    uint32_t   timestamp;
    uint32_t   csid;
    uint32_t   size;
    uint32_t   number;          /* what the payload says it is */
    int        intact;
} received_t;


static received_t  received[MESSAGES];
static unsigned    nreceived;
static unsigned    broken;      /* protocol errors seen by the reader */

static restream_chunk_reader_t    reader;
static restream_cursor_scratch_t  scratch;

static restream_ring_t     *ring;
static restream_headers_t  *headers;
static uint32_t             epoch;
static uint32_t             number;


static void
reset(size_t limit, uint32_t chunk_size)
{
    restream_chunk_reader_cleanup(&reader);
    restream_chunk_reader_init(&reader);
    reader.chunk_size = chunk_size;

    if (ring) {
        restream_ring_destroy(&ring);
    }

    restream_headers_unref(&headers);
    ring = restream_ring_create(limit);

    nreceived = 0;
    broken = 0;
    number = 0;
    epoch = 0;
}


static restream_frame_t *
frame(uint8_t type, unsigned flags, uint64_t dts, uint32_t size)
{
    uint32_t              i;
    restream_frame_t     *frm;
    restream_flv_info_t   info;

    memset(&info, 0, sizeof(info));
    info.flags = (uint8_t) flags;
    info.track = RESTREAM_FLV_NO_TRACK;
    info.header = (flags & RESTREAM_FLV_HEADER) ? RESTREAM_FLV_HEADER_SEQUENCE
                                                : RESTREAM_FLV_HEADER_NONE;

    frm = restream_frame_create(type, dts, &info, size);

    for (i = 0; i < size; i++) {
        frm->data[i] = (uint8_t) (number * 31 + i);
    }

    if (size >= 4) {
        frm->data[0] = (uint8_t) (number >> 24);
        frm->data[1] = (uint8_t) (number >> 16);
        frm->data[2] = (uint8_t) (number >> 8);
        frm->data[3] = (uint8_t) number;
    }

    number++;

    return frm;
}


static void
push(uint8_t type, unsigned flags, uint64_t dts, uint32_t size)
{
    restream_frame_t    *frm;
    restream_headers_t  *next;

    frm = frame(type, flags, dts, size);

    if (flags & RESTREAM_FLV_HEADER) {
        next = restream_headers_with(headers, frm, ++epoch);
        restream_headers_unref(&headers);
        headers = next;
    }

    if ((flags & (RESTREAM_FLV_KEY|RESTREAM_FLV_HEADER)) && headers) {
        frm->headers = restream_headers_ref(headers);
    }

    restream_ring_push(ring, frm);
}


static void
push_gop(uint64_t dts, unsigned frames)
{
    unsigned  i;

    for (i = 0; i < frames; i++) {
        push(RESTREAM_MSG_VIDEO, i ? 0 : RESTREAM_FLV_KEY, dts + i * 40,
             i ? 700 : 3000);
        push(RESTREAM_MSG_AUDIO, 0, dts + i * 40 + 10, 200);
    }
}


static void
take(const uint8_t *data, size_t size)
{
    int                    rc;
    uint32_t               i, n;
    received_t            *r;
    const uint8_t         *p;
    restream_chunk_msg_t   msg;

    p = data;

    for ( ;; ) {
        rc = restream_chunk_read(&reader, &p, data + size, &msg);

        if (rc == RESTREAM_ERROR) {
            broken++;
            return;
        }

        if (rc == RESTREAM_AGAIN || nreceived == MESSAGES) {
            return;
        }

        r = &received[nreceived++];
        n = msg.size >= 4 ? restream_get32(msg.data) : 0;

        r->type = msg.type;
        r->timestamp = msg.timestamp;
        r->csid = msg.csid;
        r->size = msg.size;
        r->number = n;
        r->intact = 1;

        for (i = 4; i < msg.size; i++) {
            if (msg.data[i] != (uint8_t) (n * 31 + i)) {
                r->intact = 0;
            }
        }
    }
}


/* sends up to max bytes of what fill lays out */

static int
step(restream_cursor_t *cur, size_t max, int begun_only)
{
    size_t    sent, n;
    uint32_t  i;

    if (restream_cursor_fill(cur, &scratch, begun_only) != RESTREAM_OK) {
        return RESTREAM_AGAIN;
    }

    sent = 0;

    for (i = 0; i < scratch.niov && sent < max; i++) {
        n = scratch.iov[i].iov_len;

        if (n > max - sent) {
            n = max - sent;
        }

        take(scratch.iov[i].iov_base, n);
        sent += n;
    }

    restream_cursor_sent(cur, &scratch, sent);

    return RESTREAM_OK;
}


static void
drain(restream_cursor_t *cur)
{
    while (step(cur, SIZE_MAX, 0) == RESTREAM_OK) { /* void */ }
}


static unsigned
damaged(void)
{
    unsigned  i, n;

    for (i = 0, n = 0; i < nreceived; i++) {
        n += !received[i].intact;
    }

    return n + broken;
}


static void
test_any_split(void)
{
    size_t              max, limits[] = { 1, 2, 3, 7, 100, 129, 4096 };
    unsigned            i, l, wrong;
    received_t          whole[MESSAGES];
    unsigned            nwhole;
    restream_cursor_t   cur;

    nwhole = 0;

    for (l = 0; l <= sizeof(limits) / sizeof(limits[0]); l++) {
        max = l ? limits[l - 1] : SIZE_MAX;

        reset(1 << 20, 128);
        push(RESTREAM_MSG_VIDEO, RESTREAM_FLV_HEADER, 0, 40);
        push(RESTREAM_MSG_AUDIO, RESTREAM_FLV_HEADER, 0, 7);
        push_gop(5000, 5);

        memset(&cur, 0, sizeof(cur));
        restream_cursor_start(&cur, ring, RESTREAM_RING_NONE, 128, 1);

        while (step(&cur, max, 0) == RESTREAM_OK) { /* void */ }

        restream_cursor_stop(&cur);

        if (l == 0) {
            nwhole = nreceived;
            memcpy(whole, received, sizeof(whole));
            is_uint(nreceived, 12, "two headers and ten frames");
            is_uint(damaged(), 0, "all of them intact");
            continue;
        }

        for (i = 0, wrong = 0; i < nwhole; i++) {
            wrong += memcmp(&whole[i], &received[i], sizeof(received_t)) != 0;
        }

        ok(nreceived == nwhole && wrong == 0 && broken == 0,
           "the same messages in writes of %u bytes", (unsigned) max);
    }
}


static void
test_start(void)
{
    unsigned           i, backwards;
    restream_cursor_t  cur;

    reset(1 << 20, 65536);
    push(RESTREAM_MSG_VIDEO, RESTREAM_FLV_HEADER, 0, 40);
    push_gop(1000, 3);
    push_gop(2000, 3);

    memset(&cur, 0, sizeof(cur));
    restream_cursor_start(&cur, ring, RESTREAM_RING_NONE, 65536, 1);
    drain(&cur);

    is_uint(received[0].number, 0, "the header comes first");
    is_uint(received[1].number, 7, "then the newest key frame");
    is_uint(received[0].timestamp, 0, "the header is at 0");
    is_uint(received[1].timestamp, 0, "and the key frame too");
    is_uint(received[2].timestamp, 10, "the rest keeps its distance");

    for (i = 1, backwards = 0; i < nreceived; i++) {
        backwards += received[i].timestamp < received[i - 1].timestamp;
    }

    is_uint(backwards, 0, "time never runs backwards");
    ok(!restream_cursor_pending(&cur), "nothing is left");
    is_uint(cur.sent.video, 3, "video frames are counted, headers are not");
    is_uint(cur.sent.audio, 3, "audio frames are counted");

    restream_cursor_stop(&cur);
}


static void
test_waits_for_key(void)
{
    restream_cursor_t  cur;

    reset(1 << 20, 65536);

    memset(&cur, 0, sizeof(cur));
    restream_cursor_start(&cur, ring, RESTREAM_RING_NONE, 65536, 1);

    push(RESTREAM_MSG_VIDEO, 0, 0, 100);
    push(RESTREAM_MSG_AUDIO, 0, 0, 100);
    drain(&cur);
    is_uint(nreceived, 0, "nothing before a key frame");

    push_gop(100, 2);
    drain(&cur);
    is_uint(nreceived, 4, "all from the key frame on");
    is_uint(cur.dropped.video + cur.dropped.audio, 0,
            "what came before the start is not called dropped");

    restream_cursor_stop(&cur);
}


static void
test_falls_off(void)
{
    unsigned           i, key, before;
    restream_cursor_t  cur;

    reset(20000, 65536);
    push(RESTREAM_MSG_VIDEO, RESTREAM_FLV_HEADER, 0, 40);
    push_gop(0, 3);

    memset(&cur, 0, sizeof(cur));
    restream_cursor_start(&cur, ring, RESTREAM_RING_NONE, 65536, 1);

    /* into the middle of the first inter frame */
    step(&cur, 40 + 12 + 3000 + 12 + 200 + 12 + 300, 0);
    before = nreceived;

    for (i = 1; i < 20; i++) {
        push_gop(i * 1000, 5);
    }

    ok(restream_ring_tail(ring) > cur.seq, "the ring has gone past it");

    drain(&cur);

    is_uint(damaged(), 0, "what was begun is finished");
    is_uint(received[before].number, 3, "and it is the one that was begun");

    key = received[before + 1].number;
    is_uint(key, 1 + 6 + 18 * 10, "then comes the newest key frame");
    is_uint(cur.dropped.video + cur.sent.video, 3 + 19 * 5,
            "video is sent or counted as dropped");
    is_uint(cur.dropped.audio + cur.sent.audio, 3 + 19 * 5,
            "audio is sent or counted as dropped");
    is_uint(received[before + 1].timestamp, 19000,
            "its time is that of the stream");

    restream_cursor_stop(&cur);
}


static void
test_headers_change(void)
{
    restream_cursor_t  cur;

    reset(20000, 65536);
    push(RESTREAM_MSG_VIDEO, RESTREAM_FLV_HEADER, 0, 40);
    push_gop(0, 1);

    memset(&cur, 0, sizeof(cur));
    restream_cursor_start(&cur, ring, RESTREAM_RING_NONE, 65536, 1);
    drain(&cur);
    is_uint(nreceived, 3, "header and two frames");

    push(RESTREAM_MSG_VIDEO, RESTREAM_FLV_HEADER, 100, 41);
    push_gop(100, 1);
    drain(&cur);
    is_uint(nreceived, 6, "a changed header passes in its place, once");
    is_uint(received[3].size, 41, "before the frames that need it");

    push(RESTREAM_MSG_VIDEO, RESTREAM_FLV_HEADER, 200, 42);
    push_gop(200, 40);
    push_gop(4000, 1);
    ok(restream_ring_tail(ring) > 6, "it falls off, over a changed header");
    drain(&cur);
    is_uint(received[6].size, 42, "the header goes out before the key frame");
    is_uint(nreceived, 9, "with that key frame and its audio");

    restream_cursor_stop(&cur);
}


static void
test_begun_only(void)
{
    restream_cursor_t  cur;

    reset(1 << 20, 65536);
    push_gop(0, 4);

    memset(&cur, 0, sizeof(cur));
    restream_cursor_start(&cur, ring, RESTREAM_RING_NONE, 65536, 1);

    is_uint(step(&cur, SIZE_MAX, 1), RESTREAM_AGAIN, "nothing is begun");

    step(&cur, 500, 0);
    is_uint(nreceived, 0, "a part of the key frame");
    step(&cur, SIZE_MAX, 1);
    is_uint(nreceived, 1, "the rest of it, and no more");
    is_uint(step(&cur, SIZE_MAX, 1), RESTREAM_AGAIN, "between two messages");

    drain(&cur);
    is_uint(nreceived, 8, "then all");
    is_uint(damaged(), 0, "intact");

    restream_cursor_stop(&cur);
}


static void
test_until(void)
{
    restream_cursor_t  cur;

    reset(1 << 20, 65536);
    push_gop(0, 4);
    push_gop(160, 4);

    memset(&cur, 0, sizeof(cur));
    restream_cursor_start(&cur, ring, 0, 65536, 1);

    cur.until = 8;
    drain(&cur);
    is_uint(nreceived, 8, "up to the second key frame");
    is_uint(cur.seq, 8, "which is the next");

    push_gop(320, 4);
    is_uint(step(&cur, SIZE_MAX, 0), RESTREAM_AGAIN, "whatever comes behind");

    cur.until = 16;
    step(&cur, 500, 0);
    cur.until = 8;
    drain(&cur);
    is_uint(nreceived, 9, "what is begun is finished");

    restream_cursor_start(&cur, ring, 8, 65536, 1);
    is_uint(cur.until, RESTREAM_RING_NONE, "another connection has no end");

    restream_cursor_stop(&cur);
}


static void
test_long_time(void)
{
    restream_cursor_t  cur;

    reset(1 << 20, 128);
    push(RESTREAM_MSG_VIDEO, RESTREAM_FLV_KEY, 7, 400);

    memset(&cur, 0, sizeof(cur));
    restream_cursor_start(&cur, ring, RESTREAM_RING_NONE, 128, 1);

    push(RESTREAM_MSG_VIDEO, 0, 7 + 0xfffffe, 400);
    push(RESTREAM_MSG_VIDEO, 0, 7 + 2 * 0xfffffeULL, 400);
    push(RESTREAM_MSG_VIDEO, 0, 7 + 2 * 0xfffffeULL + 0xffffff, 400);
    push(RESTREAM_MSG_AUDIO, 0, 7 + 0x100000010ULL, 400);
    push(RESTREAM_MSG_VIDEO, 0, 7 + 0x100000020ULL, 400);
    drain(&cur);

    is_uint(damaged(), 0, "extended timestamps are repeated where they are");
    is_uint(received[1].timestamp, 0xfffffe, "a delta of 24 bits");
    is_uint(received[2].timestamp, 2 * 0xfffffe, "past 4.66 hours");
    is_uint(received[3].timestamp, 2 * 0xfffffeULL + 0xffffff,
            "a step that needs an absolute time");
    is_uint(received[4].timestamp, 0x10, "past 2^32 ms");
    is_uint(received[5].timestamp, 0x20, "in every track");

    restream_cursor_stop(&cur);
}


static void
test_resume(void)
{
    uint64_t           key;
    restream_cursor_t  cur;

    reset(1 << 20, 65536);
    push(RESTREAM_MSG_VIDEO, RESTREAM_FLV_HEADER, 0, 40);
    push_gop(0, 3);
    push_gop(1000, 3);
    push_gop(2000, 3);

    memset(&cur, 0, sizeof(cur));
    key = restream_ring_key_before(ring, 9);
    restream_cursor_start(&cur, ring, key, 65536, 1);
    drain(&cur);

    is_uint(nreceived, 1 + 12, "from the key frame before, with headers");
    is_uint(received[1].number, 7, "that key frame first");
    is_uint(received[1].timestamp, 0, "at 0");
    is_uint(restream_cursor_lag(&cur), 0, "and it catches up");

    restream_cursor_start(&cur, ring, 1000000, 65536, 1);
    is_uint(cur.seq, 1 + 12, "a place that is not there is the newest key");

    restream_cursor_stop(&cur);
}


static void
test_large(void)
{
    restream_cursor_t  cur;

    reset(1 << 22, 128);

    /* the reader takes no more than this */
    push(RESTREAM_MSG_VIDEO, RESTREAM_FLV_KEY, 0, 32000);
    push(RESTREAM_MSG_AUDIO, 0, 0, 0);
    push(RESTREAM_MSG_AUDIO, 0, 0, 128);
    push(RESTREAM_MSG_AUDIO, 0, 0, 129);

    memset(&cur, 0, sizeof(cur));
    restream_cursor_start(&cur, ring, RESTREAM_RING_NONE, 128, 1);
    drain(&cur);

    is_uint(nreceived, 4, "more chunks than slices");
    is_uint(damaged(), 0, "intact");
    is_uint(received[1].size, 0, "an empty message");
    is_uint(received[3].size, 129, "a chunk and a byte");

    restream_cursor_stop(&cur);
}


/* a large frame that is begun is finished, at the expense of the ring; larger
 * than the chunk reader takes */

static void
test_lent(void)
{
    size_t             full;
    unsigned           i;
    restream_cursor_t  cur[2];

    reset(400000, 65536);
    push(RESTREAM_MSG_VIDEO, RESTREAM_FLV_KEY, 0, 120000);

    memset(cur, 0, sizeof(cur));
    restream_cursor_start(&cur[0], ring, RESTREAM_RING_NONE, 65536, 1);
    restream_cursor_start(&cur[1], ring, RESTREAM_RING_NONE, 65536, 1);

    step(&cur[0], 1000, 0);
    ok(!restream_cursor_lent(&cur[0]), "in the ring it is not lent");

    for (i = 1; i < 40; i++) {
        push(RESTREAM_MSG_VIDEO, i % 10 ? 0 : RESTREAM_FLV_KEY, i * 40, 20000);
    }

    ok(restream_cursor_lent(&cur[0]), "what has left the ring is");
    ok(!restream_cursor_lent(&cur[1]), "to who has begun it");

    full = restream_ring_size(ring);
    drain(&cur[0]);
    ok(cur[0].sent.video == 11 && cur[0].dropped.video == 29,
       "it is finished before the jump");
    ok(full - restream_ring_size(ring) > 120000, "and then charged no more");

    push(RESTREAM_MSG_VIDEO, RESTREAM_FLV_KEY, 2000, 120000);
    step(&cur[0], 1000, 0);

    for (i = 1; i < 40; i++) {
        push(RESTREAM_MSG_VIDEO, 0, 2000 + i * 40, 20000);
    }

    full = restream_ring_size(ring);
    ok(restream_cursor_lent(&cur[0]), "the next large frame is lent too");
    restream_cursor_stop(&cur[0]);
    ok(full - restream_ring_size(ring) > 120000,
       "a connection that ends gives it back");

    restream_cursor_stop(&cur[1]);
}


/* a frame is missing in the ring: nothing that refers to it is sent */

static void
test_lost(void)
{
    restream_cursor_t  cur;

    reset(1 << 20, 65536);
    push_gop(0, 3);

    memset(&cur, 0, sizeof(cur));
    restream_cursor_start(&cur, ring, RESTREAM_RING_NONE, 65536, 1);
    drain(&cur);
    is_uint(nreceived, 6, "it has caught up");

    restream_ring_lose(ring, RESTREAM_MSG_VIDEO);
    drain(&cur);
    ok(nreceived == 6 && restream_cursor_lag(&cur) == 0,
       "behind a lost frame there is nothing");

    push(RESTREAM_MSG_VIDEO, 0, 200, 700);
    push(RESTREAM_MSG_AUDIO, 0, 210, 200);
    drain(&cur);
    is_uint(nreceived, 6, "nor anything that refers to it");

    push_gop(1000, 2);
    drain(&cur);
    is_uint(nreceived, 10, "it goes on at the next key frame");
    ok(cur.dropped.video == 2 && cur.dropped.audio == 1,
       "what was lost and jumped over is counted");

    restream_cursor_stop(&cur);
}


int
main(void)
{
    test_any_split();
    test_start();
    test_waits_for_key();
    test_falls_off();
    test_headers_change();
    test_begun_only();
    test_until();
    test_long_time();
    test_resume();
    test_large();
    test_lent();
    test_lost();

    restream_headers_unref(&headers);
    restream_ring_destroy(&ring);
    restream_chunk_reader_cleanup(&reader);

    return done_testing();
}
