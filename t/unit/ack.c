/*
 * restream_ack: how far a peer has acknowledged, told in frames.
 */

#include "test.h"

#include "lib/restream_ack.h"


static void
test_moves_with_samples(void)
{
    restream_ack_t  ack;

    restream_ack_start(&ack, 10, 0);
    is_uint(restream_ack_resume(&ack), 10, "resumes at its start at first");

    restream_ack_mark(&ack, 100, 11);
    restream_ack_mark(&ack, 200, 12);
    restream_ack_mark(&ack, 300, 13);

    ok(restream_ack_sample(&ack, 250, 100), "more bytes are progress");
    is_uint(ack.seq, 12, "frames wholly acknowledged count");
    ok(!restream_ack_sample(&ack, 250, 200), "the same bytes are none");
    ok(!restream_ack_sample(&ack, 0, 300), "fewer bytes are none");
    is_uint(ack.seq, 12, "and nothing is taken back");

    ok(restream_ack_sample(&ack, 300, 400), "the last mark is reached");
    is_uint(ack.seq, 13, "with its frame");
}


static void
test_margin(void)
{
    restream_ack_t  ack;

    restream_ack_start(&ack, 1, 1000);
    restream_ack_mark(&ack, 10, 2);
    restream_ack_sample(&ack, 10, 1100);

    is_uint(restream_ack_resume(&ack), 1,
            "what was acknowledged just now is not relied on");

    restream_ack_sample(&ack, 10, 1000 + RESTREAM_ACK_MARGIN);
    is_uint(restream_ack_resume(&ack), 1, "nor at the end of one margin");

    restream_ack_sample(&ack, 10, 1000 + 2 * RESTREAM_ACK_MARGIN);
    is_uint(restream_ack_resume(&ack), 2, "but after a second one");
}


static void
test_many_marks(void)
{
    uint64_t        i;
    unsigned        late;
    restream_ack_t  ack;

    restream_ack_start(&ack, 0, 0);
    late = 0;

    for (i = 1; i <= 10000; i++) {
        restream_ack_mark(&ack, i * 100, i);

        if (i % 777 == 0) {
            restream_ack_sample(&ack, (i - 500) * 100, i);
            late += ack.seq > i - 500;
        }
    }

    is_uint(late, 0, "merged marks never promise a later frame");

    restream_ack_sample(&ack, 10000 * 100, 1);
    is_uint(ack.seq, 10000, "the newest mark is never merged away");
}


static void
test_repeated_mark(void)
{
    restream_ack_t  ack;

    restream_ack_start(&ack, 5, 0);
    restream_ack_mark(&ack, 100, 6);
    restream_ack_mark(&ack, 150, 6);

    is_uint(ack.n, 1, "a frame is marked once");

    restream_ack_sample(&ack, 100, 1);
    is_uint(ack.seq, 6, "where it was complete first");
}


int
main(void)
{
    test_moves_with_samples();
    test_margin();
    test_many_marks();
    test_repeated_mark();

    return done_testing();
}
