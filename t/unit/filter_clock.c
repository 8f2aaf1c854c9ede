/*
 * Where decoded audio goes: what is jitter, what is a gap, what is too late;
 * and that a source whose rate is off is followed for an hour.
 */

#include "test.h"

#include "filter/restream_filter_clock.h"
#include "lib/restream_aac.h"

#include <math.h>
#include <stdlib.h>


#define RATE   48000
#define FRAME  1024
#define START  10000            /* ms */
#define HOUR   3600

#define GO     RESTREAM_FILTER_CLOCK_GO
#define FILL   RESTREAM_FILTER_CLOCK_FILL
#define SKIP   RESTREAM_FILTER_CLOCK_SKIP
#define JUMP   RESTREAM_FILTER_CLOCK_JUMP


/* what an hour was like */

typedef struct {
    double    worst;            /* s, farthest from where the source is */
    double    late;             /* s, after the first minute */
    double    fastest;          /* speed, either way */
    unsigned  others;           /* steps that were no GO */
} hour_t;


static uint64_t
samples(uint64_t ms)
{
    return restream_aac_position(ms, RATE);
}


static void
test_steps(void)
{
    restream_filter_clock_t       c;
    restream_filter_clock_step_t  step;

    restream_filter_clock_init(&c, RATE);

    restream_filter_clock_step(&c, START, 0, &step);
    is_uint(step.action, JUMP, "the first goes where its timestamp says");
    is_uint(step.n, samples(START), "there");

    restream_filter_clock_step(&c, START + 20, samples(START + 20), &step);
    is_uint(step.action, GO, "in time");
    ok(step.speed == 0, "at its own speed");

    restream_filter_clock_step(&c, START + 140, samples(START + 40), &step);
    is_uint(step.action, GO, "100 ms are jitter");

    restream_filter_clock_step(&c, START + 161, samples(START + 60), &step);
    is_uint(step.action, FILL, "101 ms are a gap");
    is_uint(step.n, samples(101), "as much silence");

    restream_filter_clock_step(&c, START + 10160, samples(START + 160), &step);
    is_uint(step.action, FILL, "10 s are filled");
    is_uint(step.n, samples(10000), "all of them");

    restream_filter_clock_step(&c, START + 20161, samples(START + 10160),
                               &step);
    is_uint(step.action, JUMP, "more are not");
    is_uint(step.n, samples(START + 20161), "it goes on behind them");
}


static void
test_late(void)
{
    restream_filter_clock_t       c;
    restream_filter_clock_step_t  step;

    restream_filter_clock_init(&c, RATE);
    restream_filter_clock_step(&c, START, samples(START), &step);
    is_uint(step.action, GO, "begins in its place");

    restream_filter_clock_step(&c, START, samples(START + 100), &step);
    is_uint(step.action, GO, "100 ms late is jitter");

    restream_filter_clock_step(&c, START, samples(START + 150), &step);
    is_uint(step.action, SKIP, "150 ms are not");
    is_uint(step.n, samples(150), "all of it is left out");

    restream_filter_clock_step(&c, START + 100, samples(START + 150), &step);
    is_uint(step.action, SKIP, "and so is the rest");
    is_uint(step.n, samples(50), "to the last sample");

    restream_filter_clock_step(&c, START + 150, samples(START + 150), &step);
    is_uint(step.action, GO, "then it is in time");

    restream_filter_clock_step(&c, START + 150, samples(START + 200), &step);
    is_uint(step.action, GO, "and 50 ms are jitter again");
}


static void
test_pass(void)
{
    restream_filter_clock_t       c;
    restream_filter_clock_step_t  step;

    restream_filter_clock_init(&c, RATE);

    restream_filter_clock_pass(&c, START, samples(START - 40), &step);
    is_uint(step.action, FILL, "time passes: silence");
    is_uint(step.n, samples(40), "40 ms of it");

    restream_filter_clock_pass(&c, START, samples(START), &step);
    is_uint(step.action, GO, "it does not: nothing");

    restream_filter_clock_pass(&c, START, samples(START + 1000), &step);
    is_uint(step.action, GO, "nor where the audio is ahead");

    restream_filter_clock_pass(&c, START + 20000, samples(START), &step);
    is_uint(step.action, JUMP, "20 s at once are not filled");

    restream_filter_clock_step(&c, START + 20000, samples(START + 20000),
                               &step);
    is_uint(step.action, GO, "audio goes on behind it");

    restream_filter_clock_pass(&c, START + 20040, samples(START + 20000),
                               &step);
    restream_filter_clock_step(&c, START + 20030, samples(START + 20040),
                               &step);
    is_uint(step.action, SKIP, "for a time that is filled it is too late");
    is_uint(step.n, samples(10), "by 10 ms");
}


/* the first place on the grid may be behind the first timestamp */

static void
test_first(void)
{
    restream_filter_clock_t       c;
    restream_filter_clock_step_t  step;

    restream_filter_clock_init(&c, RATE);

    restream_filter_clock_step(&c, START, samples(START + 8), &step);
    is_uint(step.action, SKIP, "what is before the beginning is left out");
    is_uint(step.n, samples(8), "and no more");
}


/* burst: messages that are stamped at once; off: as of the source's rate */

static void
run_hour(double off, unsigned burst, hour_t *h)
{
    double                        at, here, error;
    uint64_t                      i;
    restream_filter_clock_t       c;
    restream_filter_clock_step_t  step;

    h->worst = 0;
    h->late = 0;
    h->fastest = 0;
    h->others = 0;

    here = samples(START);
    restream_filter_clock_init(&c, RATE);

    for (i = 0; i < (uint64_t) HOUR * RATE / FRAME; i++) {
        at = START / 1000.0
             + (double) (i - i % burst) * FRAME / RATE * (1 + off);

        restream_filter_clock_step(&c, (uint64_t) (at * 1000),
                                   (uint64_t) here, &step);

        h->others += step.action != GO;

        if (step.action == FILL) {
            here += step.n;
        }

        error = fabs(START / 1000.0 + (double) i * FRAME / RATE * (1 + off)
                     - here / RATE);

        if (error > h->worst) {
            h->worst = error;
        }

        if (i > 60 * RATE / FRAME) {

            if (error > h->late) {
                h->late = error;
            }

            if (fabs(step.speed) > h->fastest) {
                h->fastest = fabs(step.speed);
            }
        }

        here += FRAME * (1 + step.speed);
    }
}


static void
test_hours(void)
{
    size_t  i;
    hour_t  h;

    static const double  offs[] = {
        0.005, -0.005, 0.001, -0.0001, 0.00002, 0.009
    };

    run_hour(0, 1, &h);
    ok(h.fastest == 0 && h.others == 0 && h.worst < 0.001,
       "what is in time is never touched: %.4f s", h.worst);

    for (i = 0; i < sizeof(offs) / sizeof(offs[0]); i++) {
        run_hour(offs[i], 1, &h);

        is_uint(h.others, 0, "%+.3f %% off: no gap for an hour",
                offs[i] * 100);
        ok(h.worst < 0.035, "never farther than 35 ms: %.4f s", h.worst);
        ok(h.late < 0.005, "after a minute 5 ms: %.4f s", h.late);
        ok(h.fastest < fabs(offs[i]) + 0.0003,
           "at a steady speed: %.5f", h.fastest);
    }

    run_hour(0, 5, &h);
    is_uint(h.others, 0, "five at once: no gap");
    ok(h.fastest < 0.0002, "hardly any change of speed: %.5f", h.fastest);

    run_hour(0.02, 1, &h);
    ok(h.others > 0 && h.late < 0.102, "2 %% off is more than it follows, "
       "but it stays within the jitter: %u gaps, %.4f s", h.others, h.late);
    ok(h.fastest <= RESTREAM_FILTER_CLOCK_SPEED, "and is never faster");
}


static void
test_told(void)
{
    double                        here;
    unsigned                      i;
    restream_filter_clock_t       c;
    restream_filter_clock_step_t  step;

    here = samples(START);
    restream_filter_clock_init(&c, RATE);

    for (i = 0; i < 60 * RATE / FRAME; i++) {
        restream_filter_clock_step(&c,
            (uint64_t) (START + i * FRAME * 1005.0 / RATE), (uint64_t) here,
            &step);
        here += FRAME * (1 + step.speed);
    }

    ok(abs(restream_filter_clock_ppm(&c) + 5000) < 100,
       "how far the rate is off is known: %d ppm",
       (int) restream_filter_clock_ppm(&c));
    ok(abs(restream_filter_clock_drift_ms(&c)) < 5, "and the drift: %d ms",
       (int) restream_filter_clock_drift_ms(&c));
}


int
main(void)
{
    test_steps();
    test_late();
    test_pass();
    test_first();
    test_hours();
    test_told();

    return done_testing();
}
