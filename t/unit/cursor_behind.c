/*
 * restream_cursor: a reader for which the ring does not keep, or does not have,
 * all that it is to write.
 */

#include "cursor.h"


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
    test_falls_off();
    test_headers_change();
    test_lent();
    test_lost();

    clean_up();

    return done_testing();
}
