/*
 * The time line of a source.
 *
 * A clock is a pair of equal moments: a timestamp of the publisher and its
 * value on the line.  Where the publisher's clock jumps, a new pair is set and
 * the pair before is kept, since the kinds do not jump in the same message.
 */

#include "restream_timeline.h"

#include <string.h>


static uint64_t restream_timeline_follow(const restream_timeline_t *tl,
    uint32_t timestamp);
static void restream_timeline_choose(restream_timeline_t *tl,
    restream_flv_kind_e kind, uint32_t timestamp, uint64_t now);
static int restream_timeline_fits(const restream_timeline_t *tl,
    const restream_timeline_clock_t *clock, restream_flv_kind_e kind,
    uint32_t timestamp);
static void restream_timeline_anchor(restream_timeline_t *tl,
    uint32_t timestamp, uint64_t now);


/* from the newest timestamp of a clock: the nearer way around 2^32 */

#define restream_timeline_step(clock, ts)                                     \
    ((int32_t) ((ts) - (clock)->timestamp))

/* negative where a clock does not fit by far */

#define restream_timeline_value(clock, ts)                                    \
    ((int64_t) (clock)->value + restream_timeline_step(clock, ts))


void
restream_timeline_init(restream_timeline_t *tl)
{
    memset(tl, 0, sizeof(restream_timeline_t));

    tl->last = RESTREAM_TIMELINE_LAG_MS;
}


void
restream_timeline_resync(restream_timeline_t *tl)
{
    tl->resync = 1;
}


uint64_t
restream_timeline_next(restream_timeline_t *tl, restream_flv_kind_e kind,
    uint32_t timestamp, uint64_t now)
{
    int64_t  value;

    if (kind == RESTREAM_FLV_KIND_DATA) {
        return tl->newest[kind] = restream_timeline_follow(tl, timestamp);
    }

    restream_timeline_choose(tl, kind, timestamp, now);

    value = restream_timeline_value(&tl->clock, timestamp);

    if (restream_timeline_step(&tl->clock, timestamp) > 0) {
        tl->clock.timestamp = timestamp;
        tl->clock.value = value;
    }

    if (value > (int64_t) tl->newest[kind]) {
        tl->newest[kind] = value;
    }

    if (value > (int64_t) tl->last) {
        tl->last = value;
        tl->last_at = now;
    }

    return tl->newest[kind];
}


static uint64_t
restream_timeline_follow(const restream_timeline_t *tl, uint32_t timestamp)
{
    int64_t  value;

    if (!tl->started || tl->resync
        || !restream_timeline_fits(tl, &tl->clock, RESTREAM_FLV_KIND_DATA,
                                   timestamp))
    {
        return tl->last;
    }

    value = restream_timeline_value(&tl->clock, timestamp);

    if (value > (int64_t) tl->last) {
        return tl->last;
    }

    if (value < (int64_t) tl->newest[RESTREAM_FLV_KIND_DATA]) {
        return tl->newest[RESTREAM_FLV_KIND_DATA];
    }

    return value;
}


/* makes tl->clock the one that the timestamp belongs to */

static void
restream_timeline_choose(restream_timeline_t *tl, restream_flv_kind_e kind,
    uint32_t timestamp, uint64_t now)
{
    restream_timeline_clock_t  clock;

    if (!tl->started || tl->resync) {
        restream_timeline_anchor(tl, timestamp, now);
        tl->other = tl->clock;
        return;
    }

    if (restream_timeline_fits(tl, &tl->clock, kind, timestamp)) {
        return;
    }

    clock = tl->clock;

    if (restream_timeline_fits(tl, &tl->other, kind, timestamp)) {
        tl->clock = tl->other;
        tl->other = clock;
        return;
    }

    tl->other = clock;

    /* a gap goes on with the same clock, unless the line of this kind is far
     * ahead of it: then a single wrong timestamp had led it there */

    if (restream_timeline_step(&clock, timestamp) < 0
        || restream_timeline_value(&clock, timestamp)
           + RESTREAM_TIMELINE_SKEW_MS < (int64_t) tl->newest[kind])
    {
        restream_timeline_anchor(tl, timestamp, now);
    }
}


static int
restream_timeline_fits(const restream_timeline_t *tl,
    const restream_timeline_clock_t *clock, restream_flv_kind_e kind,
    uint32_t timestamp)
{
    int32_t  step;

    step = restream_timeline_step(clock, timestamp);

    return step <= RESTREAM_TIMELINE_SKEW_MS
           && step >= -RESTREAM_TIMELINE_LAG_MS
           && restream_timeline_value(clock, timestamp)
              + RESTREAM_TIMELINE_SKEW_MS >= (int64_t) tl->newest[kind];
}


static void
restream_timeline_anchor(restream_timeline_t *tl, uint32_t timestamp,
    uint64_t now)
{
    tl->clock.timestamp = timestamp;
    tl->clock.value = tl->last;

    if (tl->started) {
        tl->clock.value += now > tl->last_at ? now - tl->last_at : 1;

    } else {
        tl->last_at = now;
    }

    tl->started = 1;
    tl->resync = 0;
}
