/*
 * restream_cursor: where a reader of the ring begins, what it writes, in which
 * pieces, and where it ends.
 */

#include "cursor.h"


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


/* what a sender needs that has whole messages elsewhere */

static void
test_messages(void)
{
    uint32_t           size;
    restream_cursor_t  cur;

    reset(1 << 22, 128);

    push(RESTREAM_MSG_VIDEO, RESTREAM_FLV_KEY, 0, 300);
    push(RESTREAM_MSG_AUDIO, 0, 0, 100);
    push(RESTREAM_MSG_VIDEO, 0, 40, 32000);

    memset(&cur, 0, sizeof(cur));
    restream_cursor_start(&cur, ring, RESTREAM_RING_NONE, 128, 1);

    (void) restream_cursor_fill(&cur, &scratch, 0);

    is_uint(scratch.nmsgs, 3, "three messages");
    is_uint(scratch.skip, 0, "none of them begun");
    is_uint(scratch.msgs[0].iov, 0, "the first begins with the slices");
    is_uint(scratch.msgs[1].iov, 6, "the second behind three chunks");
    is_uint(scratch.msgs[2].iov, 8, "the third behind that");

    size = scratch.msgs[0].wire_size + scratch.msgs[1].wire_size;

    restream_cursor_sent(&cur, &scratch, size + 5);
    (void) restream_cursor_fill(&cur, &scratch, 0);

    is_uint(scratch.nmsgs, 1, "one is left");
    is_uint(scratch.skip, 5, "five bytes of it are gone");
    is_uint(scratch.msgs[0].iov, 0, "it begins with the slices");
    ok(scratch.size < scratch.msgs[0].wire_size - 5, "which are not all of it");

    restream_cursor_sent(&cur, &scratch, scratch.msgs[0].wire_size - 5);

    is_uint(restream_cursor_pending(&cur), 0,
            "more may have been sent than was laid out");
    is_uint(cur.sent.video, 2, "the message then counts");

    restream_cursor_stop(&cur);
}


int
main(void)
{
    test_any_split();
    test_start();
    test_waits_for_key();
    test_begun_only();
    test_until();
    test_long_time();
    test_resume();
    test_large();
    test_messages();

    clean_up();

    return done_testing();
}
