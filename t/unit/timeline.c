/*
 * One time line out of whatever timestamps a publisher sends: wraps, restarts,
 * reordering and gaps, and it never runs backwards in a kind.
 */

#include "test.h"

#include "model/restream_timeline.h"


#define AUDIO  RESTREAM_FLV_KIND_AUDIO
#define VIDEO  RESTREAM_FLV_KIND_VIDEO
#define DATA   RESTREAM_FLV_KIND_DATA

#define HOUR   3600000


typedef struct {
    unsigned   kind;
    uint32_t   timestamp;
    uint64_t   now;
    uint64_t   value;           /* expected, were the first value equal to the
                                   first timestamp */
} step_t;


static void
run(restream_timeline_t *tl, uint64_t first, const step_t *steps, unsigned n,
    const char *name)
{
    unsigned  i, good;
    uint64_t  value;

    good = 1;

    for (i = 0; i < n && good; i++) {
        value = restream_timeline_next(tl, steps[i].kind, steps[i].timestamp,
                                       steps[i].now);
        good = is_uint(value - RESTREAM_TIMELINE_LAG_MS + first,
                       steps[i].value, "%s: message %u", name, i);
    }
}


#define play(name, ...)                                                       \
    do {                                                                      \
        step_t               steps[] = { __VA_ARGS__ };                       \
        restream_timeline_t  tl;                                              \
                                                                              \
        restream_timeline_init(&tl);                                          \
        run(&tl, steps[0].timestamp, steps, sizeof(steps) / sizeof(steps[0]), \
            name);                                                            \
    } while (0)


static void
test_plain(void)
{
    play("in order",
         { VIDEO, 0, 100, 0 },
         { AUDIO, 0, 100, 0 },
         { AUDIO, 21, 121, 21 },
         { VIDEO, 33, 133, 33 },
         { AUDIO, 43, 143, 43 });

    play("reordered between kinds",
         { VIDEO, 0, 100, 0 },
         { VIDEO, 33, 133, 33 },
         { AUDIO, 20, 133, 20 },
         { AUDIO, 41, 141, 41 });

    play("equal timestamps",
         { VIDEO, 40, 100, 40 },
         { VIDEO, 40, 101, 40 },
         { AUDIO, 40, 102, 40 },
         { VIDEO, 40, 500, 40 });

    play("reordered in one kind",
         { VIDEO, 5000, 100, 5000 },
         { VIDEO, 4000, 100, 5000 },
         { VIDEO, 4967, 133, 5000 },
         { VIDEO, 5033, 166, 5033 });

    play("a large first timestamp",
         { VIDEO, 4000000000u, 100, 4000000000u },
         { AUDIO, 3999999980u, 100, 3999999980u },
         { VIDEO, 4000000033u, 133, 4000000033u });

    play("before the first one",
         { VIDEO, 0, 100, 0 },
         { AUDIO, 0xffffffecu, 100, (uint64_t) -20 },
         { AUDIO, 1, 121, 1 });

    play("long before the first one",
         { VIDEO, 3000, 100, 3000 },
         { AUDIO, 0, 100, 0 },
         { AUDIO, 21, 121, 21 });
}


static void
test_gap(void)
{
    play("a gap of seconds",
         { VIDEO, 1000, 1000, 1000 },
         { AUDIO, 1000, 1000, 1000 },
         { VIDEO, 6000, 1000, 6000 },
         { AUDIO, 1021, 1000, 1021 },
         { AUDIO, 6001, 6001, 6001 });

    play("a gap of hours",
         { VIDEO, 1000, 1000, 1000 },
         { AUDIO, 1000, 1000, 1000 },
         { VIDEO, 9 * HOUR, 1033, 9 * HOUR },
         { AUDIO, 1021, 1033, 1021 },
         { VIDEO, 9 * HOUR + 33, 1066, 9 * HOUR + 33 },
         { AUDIO, 9 * HOUR + 5, 1066, 9 * HOUR + 5 },
         { VIDEO, 9 * HOUR + 66, 1100, 9 * HOUR + 66 });

    play("a gap of 2^31 - 1 ms",
         { VIDEO, 5, 10, 5 },
         { VIDEO, 5 + 0x7fffffffu, 20, 5 + 0x7fffffffu });

    play("a jump of 2^31 ms",
         { VIDEO, 5, 10, 5 },
         { VIDEO, 5 + 0x80000000u, 30, 25 },
         { VIDEO, 5 + 0x80000021u, 63, 58 });

    play("a kind that trails by seconds",
         { VIDEO, 0, 100, 0 },
         { VIDEO, 1500, 100, 1500 },
         { VIDEO, 3000, 100, 3000 },
         { AUDIO, 0, 100, 0 },
         { AUDIO, 21, 100, 21 },
         { VIDEO, 3033, 133, 3033 });

    play("kinds whose clocks differ by a minute",
         { VIDEO, 0, 100, 0 },
         { AUDIO, 60000, 100, 60000 },
         { VIDEO, 33, 133, 33 },
         { AUDIO, 60021, 133, 60021 },
         { AUDIO, 60043, 143, 60043 },
         { VIDEO, 66, 166, 66 });
}


static void
test_wrap(void)
{
    uint64_t             i, value;
    unsigned             good;
    restream_timeline_t  tl;

    play("32 bits wrap",
         { VIDEO, 0xfffffff0u, 100, 0xfffffff0u },
         { AUDIO, 0xfffffff8u, 100, 0xfffffff8u },
         { VIDEO, 0x11, 133, 0x100000011 },
         { AUDIO, 0xfffffffeu, 133, 0xfffffffe },
         { AUDIO, 0x20, 150, 0x100000020 });

    play("24 bits wrap",
         { VIDEO, 0xfffff0, 1000, 0xfffff0 },
         { AUDIO, 0xfffff0, 1000, 0xfffff0 },
         { VIDEO, 0x11, 1033, 0xfffff0 + 33 },
         { AUDIO, 0xfffffe, 1033, 0xfffffe },
         { AUDIO, 0x13, 1035, 0xfffff0 + 35 },
         { VIDEO, 0x32, 1066, 0xfffff0 + 66 });

    /* a message every 10 h for 5 years */

    restream_timeline_init(&tl);
    good = 1;

    for (i = 0; i < 5 * 365 * 24 / 10; i++) {
        value = restream_timeline_next(&tl, VIDEO,
                                       (uint32_t) (i * 10 * HOUR),
                                       i * 10 * HOUR);
        good &= value == i * 10 * HOUR + RESTREAM_TIMELINE_LAG_MS;
    }

    ok(good, "32 bits wrap again and again");
}


static void
test_restart(void)
{
    restream_timeline_t  tl;

    play("a clock that restarts",
         { VIDEO, HOUR, 1000, HOUR },
         { AUDIO, HOUR, 1000, HOUR },
         { VIDEO, 0, 3000, HOUR + 2000 },
         { AUDIO, HOUR + 21, 3000, HOUR + 21 },
         { AUDIO, HOUR + 43, 3000, HOUR + 43 },
         { VIDEO, 33, 3033, HOUR + 2033 },
         { AUDIO, 5, 3033, HOUR + 2005 },
         { AUDIO, 26, 3033, HOUR + 2026 });

    play("a clock that restarts at once",
         { VIDEO, 5000, 1000, 5000 },
         { VIDEO, 0, 1000, 5001 },
         { VIDEO, 33, 1033, 5034 });

    play("a clock that steps back twice",
         { VIDEO, 90000, 1000, 90000 },
         { VIDEO, 50000, 1010, 90010 },
         { VIDEO, 10000, 1020, 90020 },
         { VIDEO, 10033, 1053, 90053 });

    play("one wrong timestamp far behind",
         { VIDEO, HOUR, 1000, HOUR },
         { VIDEO, 0, 1010, HOUR + 10 },
         { VIDEO, HOUR + 33, 1033, HOUR + 33 },
         { AUDIO, HOUR + 40, 1040, HOUR + 40 },
         { VIDEO, HOUR + 5000, 6000, HOUR + 5000 });

    play("one wrong timestamp far ahead",
         { VIDEO, 1000, 1000, 1000 },
         { AUDIO, 1000, 1000, 1000 },
         { VIDEO, 9 * HOUR, 1033, 9 * HOUR },
         { AUDIO, 1021, 1040, 1021 },
         { VIDEO, 1066, 1066, 9 * HOUR + 33 },
         { AUDIO, 1070, 1070, 9 * HOUR + 37 });

    play("a clock of the host that runs backwards",
         { VIDEO, 5000, 1000, 5000 },
         { VIDEO, 0, 500, 5001 });

    restream_timeline_init(&tl);

    run(&tl, 100000, (step_t[]) {
        { VIDEO, 100000, 1000, 100000 },
        { AUDIO, 100010, 1010, 100010 },
        { DATA, 100010, 1010, 100010 } }, 3, "a first publisher");

    restream_timeline_resync(&tl);

    run(&tl, 100000, (step_t[]) {
        { DATA, 0, 4000, 100010 },
        { AUDIO, 0, 4010, 103010 },
        { VIDEO, 0, 4010, 103010 },
        { VIDEO, 33, 4043, 103043 } }, 4, "its successor");

    restream_timeline_resync(&tl);

    run(&tl, 100000, (step_t[]) {
        { VIDEO, 5 * HOUR, 4043, 103044 },
        { AUDIO, 5 * HOUR + 5, 4048, 103049 } }, 2, "a third, at once");

    /* what fits the clock of the one before may still be a new clock */

    restream_timeline_resync(&tl);

    run(&tl, 100000, (step_t[]) {
        { VIDEO, 5 * HOUR + 100, 14048, 113049 },
        { AUDIO, 5 * HOUR + 100, 14048, 113049 } }, 2, "a fourth");
}


static void
test_data(void)
{
    restream_timeline_t  tl;

    restream_timeline_init(&tl);

    run(&tl, HOUR, (step_t[]) {
        { DATA, 0, 100, HOUR },
        { VIDEO, HOUR, 100, HOUR } }, 2, "data before the first frame");

    play("data",
         { VIDEO, HOUR, 100, HOUR },
         { DATA, 0, 100, HOUR },
         { DATA, HOUR + 20, 120, HOUR },
         { VIDEO, HOUR + 33, 133, HOUR + 33 },
         { DATA, HOUR + 20, 133, HOUR + 20 },
         { DATA, HOUR + 10, 133, HOUR + 20 },
         { DATA, 0, 133, HOUR + 33 },
         { DATA, HOUR + 30, 133, HOUR + 33 },
         { DATA, 9 * HOUR, 140, HOUR + 33 },
         { AUDIO, HOUR + 40, 140, HOUR + 40 });
}


/* rules that hold for any input */

static void
test_random(void)
{
    uint64_t             now, value, before[RESTREAM_FLV_KINDS];
    unsigned             i, n, kind, monotonic, bounded;
    uint32_t             x, ts;
    restream_timeline_t  tl;

    monotonic = 1;
    bounded = 1;
    x = 1;

    for (n = 0; n < 200; n++) {
        restream_timeline_init(&tl);
        now = 0;
        ts = 0;
        before[0] = before[1] = before[2] = 0;

        for (i = 0; i < 500; i++) {
            x = x * 1664525 + 1013904223;
            kind = (x >> 8) % 3;
            now += (x >> 12) % 40;

            switch ((x >> 20) % 16) {

            case 0:
                ts = x * 22695477;
                break;

            case 1:
                ts -= (x >> 10) % 20000;
                break;

            case 2:
                restream_timeline_resync(&tl);
                break;

            default:
                ts += (x >> 13) % 40;
            }

            value = restream_timeline_next(&tl, kind, ts, now);
            monotonic &= value >= before[kind];
            bounded &= value <= tl.last && tl.last <= ((uint64_t) i + 2) << 32;
            before[kind] = value;
        }
    }

    ok(monotonic, "no kind ever runs backwards");
    ok(bounded, "no value is ahead of the line");
}


int
main(void)
{
    test_plain();
    test_gap();
    test_wrap();
    test_restart();
    test_data();
    test_random();

    return done_testing();
}
