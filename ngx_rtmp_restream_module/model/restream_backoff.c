/*
 * When to try again.
 */

#include "restream_backoff.h"

#include <string.h>


static uint64_t restream_backoff_double(uint64_t ms, unsigned times,
    uint64_t max_ms);


void
restream_backoff_init(restream_backoff_t *bo, uint64_t min_ms, uint64_t max_ms)
{
    memset(bo, 0, sizeof(restream_backoff_t));

    bo->min_ms = min_ms ? min_ms : 1;
    bo->max_ms = max_ms > bo->min_ms ? max_ms : bo->min_ms;
    bo->last = RESTREAM_REASON_NONE;
}


uint64_t
restream_backoff_next(restream_backoff_t *bo, restream_reason_e reason,
    uint64_t live_ms, uint32_t random)
{
    unsigned  first;

    if (live_ms >= RESTREAM_BACKOFF_STABLE_MS) {
        bo->failures = 0;
        bo->retries = 0;
        bo->attentions = 0;
        bo->run = 0;
    }

    if (reason != bo->last) {
        bo->last = reason;
        bo->run = 0;
    }

    first = (bo->failures == 0);

    bo->failures++;
    bo->run++;

    if (restream_backoff_class(bo) == RESTREAM_CLASS_NEEDS_ATTENTION) {
        return restream_backoff_double(RESTREAM_BACKOFF_ATTENTION_MS,
                                       bo->attentions++,
                                       RESTREAM_BACKOFF_ATTENTION_MAX_MS);
    }

    if (live_ms >= RESTREAM_BACKOFF_SETTLED_MS || (first && live_ms > 0)) {
        return random % (RESTREAM_BACKOFF_IMMEDIATE_MS + 1);
    }

    return random % restream_backoff_double(bo->min_ms, bo->retries++,
                                            bo->max_ms);
}


static uint64_t
restream_backoff_double(uint64_t ms, unsigned times, uint64_t max_ms)
{
    for ( /* void */ ; times > 0; times--) {

        if (ms > max_ms / 2) {
            return max_ms;
        }

        ms *= 2;
    }

    return ms;
}


restream_class_e
restream_backoff_class(const restream_backoff_t *bo)
{
    return restream_reason_class(bo->last, bo->run);
}
