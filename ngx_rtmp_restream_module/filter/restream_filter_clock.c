/*
 * Where decoded audio goes on the time line.
 *
 * A control loop: the smoothed error sets the speed at once (P) and, over
 * time, what the source's rate is taken to be (I).  In a band around 0 nothing
 * is done, so that the rounding of timestamps to ms never changes the speed.
 * With these figures a source whose rate is 0.5 % off is less than 20 ms away
 * at most, for a few seconds, then in the band; steps are well damped.
 */

#include "restream_filter_clock.h"
#include "../lib/restream_aac.h"

#include <string.h>


#define RESTREAM_FILTER_CLOCK_SMOOTH  0.5       /* time constant, s */
#define RESTREAM_FILTER_CLOCK_BAND    0.003     /* s */
#define RESTREAM_FILTER_CLOCK_P       0.25      /* 1/s */
#define RESTREAM_FILTER_CLOCK_I       0.02      /* 1/s^2 */


static void restream_filter_clock_follow(restream_filter_clock_t *c,
    double error, uint64_t position);
static double restream_filter_clock_speed(const restream_filter_clock_t *c);
static double restream_filter_clock_outside(double error);
static double restream_filter_clock_limit(double value);
static int restream_filter_clock_far(const restream_filter_clock_t *c,
    int64_t ahead, uint64_t target, uint64_t limit_ms,
    restream_filter_clock_step_t *step);


void
restream_filter_clock_init(restream_filter_clock_t *c, uint32_t rate)
{
    memset(c, 0, sizeof(restream_filter_clock_t));

    c->rate = rate;
    c->skipping = 1;
}


void
restream_filter_clock_step(restream_filter_clock_t *c, uint64_t dts,
    uint64_t position, restream_filter_clock_step_t *step)
{
    int64_t   ahead, jitter;
    uint64_t  target, gap_ms;

    target = restream_aac_position(dts, c->rate);
    ahead = (int64_t) (target - position);
    jitter = (int64_t) restream_aac_position(RESTREAM_FILTER_CLOCK_JITTER_MS,
                                             c->rate);
    gap_ms = c->started ? RESTREAM_FILTER_CLOCK_GAP_MS : 0;

    step->action = RESTREAM_FILTER_CLOCK_GO;
    step->n = 0;

    if (ahead >= 0) {
        c->skipping = 0;
    }

    if (restream_filter_clock_far(c, ahead, target, gap_ms, step)) {
        c->error = 0;

    } else if (ahead > jitter) {
        step->action = RESTREAM_FILTER_CLOCK_FILL;
        step->n = (uint64_t) ahead;
        c->error = 0;

    } else if (ahead < (c->skipping ? 0 : -jitter)) {
        c->skipping = 1;
        step->action = RESTREAM_FILTER_CLOCK_SKIP;
        step->n = (uint64_t) -ahead;
        c->error = 0;

    } else {
        restream_filter_clock_follow(c, (double) ahead / c->rate, position);
    }

    step->speed = restream_filter_clock_speed(c);

    c->last = step->action == RESTREAM_FILTER_CLOCK_GO ? position : target;
    c->started = 1;
}


void
restream_filter_clock_pass(restream_filter_clock_t *c, uint64_t dts,
    uint64_t position, restream_filter_clock_step_t *step)
{
    int64_t   ahead;
    uint64_t  target;

    target = restream_aac_position(dts, c->rate);
    ahead = (int64_t) (target - position);

    step->action = RESTREAM_FILTER_CLOCK_GO;
    step->n = 0;
    step->speed = 0;

    if (!restream_filter_clock_far(c, ahead, target,
                                   RESTREAM_FILTER_CLOCK_GAP_MS, step)
        && ahead > 0)
    {
        step->action = RESTREAM_FILTER_CLOCK_FILL;
        step->n = (uint64_t) ahead;
    }

    if (step->action != RESTREAM_FILTER_CLOCK_GO) {
        c->last = target;
        c->started = 1;
        restream_filter_clock_cut(c);
    }
}


void
restream_filter_clock_cut(restream_filter_clock_t *c)
{
    c->error = 0;
    c->skipping = 1;
}


/* 1: more than limit_ms ahead, so that it is not filled */

static int
restream_filter_clock_far(const restream_filter_clock_t *c, int64_t ahead,
    uint64_t target, uint64_t limit_ms, restream_filter_clock_step_t *step)
{
    if (ahead <= (int64_t) restream_aac_position(limit_ms, c->rate)) {
        return 0;
    }

    step->action = RESTREAM_FILTER_CLOCK_JUMP;
    step->n = target;

    return 1;
}


static void
restream_filter_clock_follow(restream_filter_clock_t *c, double error,
    uint64_t position)
{
    double  dt, share, outside;

    dt = c->started && position > c->last
         ? (double) (position - c->last) / c->rate : 0;

    share = dt / RESTREAM_FILTER_CLOCK_SMOOTH;

    c->error += (error - c->error) * (share < 1 ? share : 1);

    outside = restream_filter_clock_outside(c->error);

    c->offset = restream_filter_clock_limit(
                    c->offset + RESTREAM_FILTER_CLOCK_I * outside * dt);
}


static double
restream_filter_clock_speed(const restream_filter_clock_t *c)
{
    return restream_filter_clock_limit(
               c->offset + RESTREAM_FILTER_CLOCK_P
                           * restream_filter_clock_outside(c->error));
}


/* how far outside of the band */

static double
restream_filter_clock_outside(double error)
{
    if (error > RESTREAM_FILTER_CLOCK_BAND) {
        return error - RESTREAM_FILTER_CLOCK_BAND;
    }

    if (error < -RESTREAM_FILTER_CLOCK_BAND) {
        return error + RESTREAM_FILTER_CLOCK_BAND;
    }

    return 0;
}


static double
restream_filter_clock_limit(double value)
{
    if (value > RESTREAM_FILTER_CLOCK_SPEED) {
        return RESTREAM_FILTER_CLOCK_SPEED;
    }

    if (value < -RESTREAM_FILTER_CLOCK_SPEED) {
        return -RESTREAM_FILTER_CLOCK_SPEED;
    }

    return value;
}


int32_t
restream_filter_clock_drift_ms(const restream_filter_clock_t *c)
{
    return (int32_t) (c->error * 1000);
}


int32_t
restream_filter_clock_ppm(const restream_filter_clock_t *c)
{
    return (int32_t) (-c->offset * 1000000);
}
