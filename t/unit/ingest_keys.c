/* The interval of key frames, and when it is known. */

#include "ingest.h"


static void
key(uint32_t timestamp)
{
    feed_frame(V, timestamp, bytes("\x17\1"), 100);
}


static void
frame(uint32_t timestamp)
{
    feed_frame(V, timestamp, bytes("\x27\1"), 100);
}


static void
test_keys(void)
{
    restream_ingest_init(&in);

    frame(0);
    frame(20000);
    report(0);
    is_uint(got.video.key_interval, UNKNOWN, "no key frame");

    key(21000);
    frame(22000);
    report(0);
    is_uint(got.video.key_interval, UNKNOWN, "one key frame");

    frame(30999);
    report(0);
    is_uint(got.video.key_interval, UNKNOWN, "almost ten seconds later");

    frame(31000);
    report(0);
    is_uint(got.video.key_interval, 10000, "ten seconds later");

    restream_ingest_init(&in);

    key(1000);
    key(3000);
    report(0);
    is_uint(got.video.key_interval, 2000, "two key frames");

    key(3500);
    key(5000);
    frame(6900);
    report(0);
    is_uint(got.video.key_interval, 2000, "a cut in between");

    frame(7100);
    report(0);
    is_uint(got.video.key_interval, 2100, "one that is due");

    key(7200);
    report(0);
    is_uint(got.video.key_interval, 2200, "has come");

    key(7700);
    key(8200);
    key(8700);
    report(0);
    is_uint(got.video.key_interval, 2200, "is still of the last four");

    key(9200);
    report(0);
    is_uint(got.video.key_interval, 500, "is not any more");

    key(100);
    report(0);
    is_uint(got.video.key_interval, 500, "a clock set back");

    key(1100);
    report(0);
    is_uint(got.video.key_interval, 1000, "goes on from there");

    restream_ingest_init(&in);
    report(0);
    is_uint(got.video.key_interval, 0, "another publish");
}


int
main(void)
{
    test_keys();

    return done_testing();
}
