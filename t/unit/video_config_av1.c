/*
 * Resolution out of sequence headers of AV1 that are made bit by bit: timing,
 * decoder models and operating points.
 */

#include "video_config.h"


static void
av1_points(bits_t *b, unsigned model, unsigned n)
{
    unsigned  i;

    put(b, 1, 1);                       /* initial_display_delay_present */
    put(b, 5, n - 1);

    for (i = 0; i < n; i++) {
        put(b, 12, 0x101);
        put(b, 5, i % 2 ? 8 : 7);
        put(b, i % 2, 1);

        if (model) {
            put(b, 1, i % 2);

            if (i % 2) {
                put(b, 32, 0xffffffff);
                put(b, 32, 0);
                put(b, 1, 1);
            }
        }

        put(b, 1, i % 2);

        if (i % 2) {
            put(b, 4, 9);
        }
    }
}


/* ticks: zeros of a uvlc() code; -1: no timing; -2: without it */

static void
check_av1(int ticks, unsigned model, unsigned points, const char *name)
{
    int                       i;
    bits_t                    b;
    size_t                    n;
    uint8_t                   record[4096];
    restream_video_config_t   config;

    b.n = 0;

    put(&b, 3, 0);
    put(&b, 1, 0);
    put(&b, 1, points == 0);

    if (points == 0) {
        put(&b, 5, 31);

    } else {
        put(&b, 1, ticks != -1);

        if (ticks != -1) {
            put(&b, 32, 0xdeadbeef);
            put(&b, 32, 0xdeadbeef);
            put(&b, 1, ticks >= 0);

            for (i = 0; i < ticks; i++) {
                put(&b, 1, 0);
            }

            if (ticks >= 0) {
                put(&b, 1, 1);
                put(&b, ticks < 32 ? ticks : 0, 0xffffffff);
            }

            put(&b, 1, model);

            if (model) {
                put(&b, 5, 31);
                put(&b, 32, 1);
                put(&b, 10, 0x3ff);
            }
        }

        av1_points(&b, model, points);
    }

    put(&b, 4, 15);
    put(&b, 4, 12);
    put(&b, 16, 65535);
    put(&b, 13, 8190);
    put(&b, 1, 0);

    n = put_size(&b);

    memcpy(record, "\x81\5\xc\0\xa", 5);
    record[5] = (uint8_t) (n & 0x7f) | 0x80;
    record[6] = (uint8_t) (n >> 7);
    memcpy(record + 7, b.data, n);

    configure(AV1, record, 7 + n, &config);
    check_size(&config, 65536, 8191, name);
}


static void
test_av1(void)
{
    check_av1(-1, 0, 0, "a still picture");
    check_av1(-1, 0, 1, "no timing");
    check_av1(-2, 0, 1, "timing, no ticks");
    check_av1(0, 0, 2, "ticks of one bit");
    check_av1(31, 1, 2, "ticks of 63 bits, a decoder model");
    check_av1(32, 1, 32, "ticks of 33 bits, 32 operating points");
    check_av1(40, 1, 3, "ticks of 41 bits");
}


int
main(void)
{
    test_av1();

    return done_testing();
}
