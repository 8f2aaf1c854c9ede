/*
 * When to try again: exponential with full jitter, per destination.
 *
 * Pure: the clock and the randomness are arguments.
 */

#ifndef _RESTREAM_BACKOFF_H_INCLUDED_
#define _RESTREAM_BACKOFF_H_INCLUDED_


#include "restream_reason.h"


#define RESTREAM_BACKOFF_STABLE_MS      60000   /* live this long: start over */
#define RESTREAM_BACKOFF_SETTLED_MS     5000    /* this long: at once again */
#define RESTREAM_BACKOFF_IMMEDIATE_MS   500     /* jitter of the first retry */
#define RESTREAM_BACKOFF_ATTENTION_MS   30000   /* first, doubles */
#define RESTREAM_BACKOFF_ATTENTION_MAX_MS  300000


typedef struct {
    uint64_t            min_ms;
    uint64_t            max_ms;
    unsigned            failures;       /* since the last stable connection */
    unsigned            retries;        /* delays of them that doubled from
                                           min_ms */
    unsigned            attentions;     /* and from RESTREAM_BACKOFF_
                                           ATTENTION_MS */
    restream_reason_e   last;           /* reason of the last failure */
    unsigned            run;            /* how often in a row */
} restream_backoff_t;


/* a min_ms of 0 counts as 1 */
void restream_backoff_init(restream_backoff_t *bo, uint64_t min_ms,
    uint64_t max_ms);

/*
 * The delay after a failed or lost connection, in ms.
 *
 * in    live_ms   how long it had been live; 0: never was
 *       random    any 32 random bits
 *
 * A connection that had been live for RESTREAM_BACKOFF_SETTLED_MS, or at all
 * with no failure before it since the last stable one, is retried after
 * 0..500 ms.  Further retryable failures: random below min(max, min * 2^n).
 * Needs attention: 30 s doubling to 300 s, no jitter.  Once live for
 * RESTREAM_BACKOFF_STABLE_MS, all failures before are forgotten.
 */
uint64_t restream_backoff_next(restream_backoff_t *bo,
    restream_reason_e reason, uint64_t live_ms, uint32_t random);

/* class of the last failure, its run considered */
restream_class_e restream_backoff_class(const restream_backoff_t *bo);


#endif /* _RESTREAM_BACKOFF_H_INCLUDED_ */
