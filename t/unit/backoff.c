/* How long an output waits before it tries again. */

#include "test.h"

#include "model/restream_backoff.h"


#define RANDOM  0xffffffffu

#define CLOSED  RESTREAM_REASON_CLOSED
#define DNS     RESTREAM_REASON_DNS
#define KEY     RESTREAM_REASON_KEY_REJECTED
#define APP     RESTREAM_REASON_APP_REJECTED
#define EARLY   RESTREAM_REASON_CLOSED_BEFORE_START


/* the longest delay that a copy of *bo would give now; *bo goes on by one */

static uint64_t
longest(restream_backoff_t *bo, restream_reason_e reason, uint64_t live_ms)
{
    uint32_t            i;
    uint64_t            ms, max;
    restream_backoff_t  copy;

    max = 0;

    for (i = 0; i < 200000; i++) {
        copy = *bo;
        ms = restream_backoff_next(&copy, reason, live_ms, i);
        max = ms > max ? ms : max;
    }

    restream_backoff_next(bo, reason, live_ms, 0);

    return max;
}


static void
test_retryable(void)
{
    unsigned            i;
    restream_backoff_t  bo;

    restream_backoff_init(&bo, 1000, 60000);
    ok(restream_backoff_class(&bo) == RESTREAM_CLASS_NONE,
       "no failure has no class");

    for (i = 0; i < 6; i++) {
        is_uint(longest(&bo, DNS, 0), (1000u << i) - 1,
                "failure %u is retried below min doubled", i + 1);
    }

    is_uint(longest(&bo, CLOSED, 0), 59999, "another reason goes on");
    is_uint(longest(&bo, DNS, 4999), 59999, "a short success too");
    is_uint(longest(&bo, CLOSED, 5000), 500,
            "one that settled is retried at once");
    is_uint(longest(&bo, CLOSED, 0), 59999, "and forgets nothing");
    ok(restream_backoff_class(&bo) == RESTREAM_CLASS_RETRYABLE,
       "the class is retryable");

    is_uint(longest(&bo, CLOSED, 60000), 500,
            "a stable connection is retried at once");
    is_uint(longest(&bo, CLOSED, 0), 999, "then from min");
    is_uint(longest(&bo, CLOSED, 4999), 1999, "a short one is not");
    is_uint(restream_backoff_next(&bo, CLOSED, 0, 0), 0,
            "jitter may be nothing");

    restream_backoff_init(&bo, 1000, 60000);
    is_uint(longest(&bo, CLOSED, 1), 500,
            "the first loss of a new destination is retried at once");
    is_uint(longest(&bo, CLOSED, 1), 999, "the second is not");
}


static void
test_attention(void)
{
    unsigned            i;
    restream_backoff_t  bo;
    static const uint64_t  delays[] = {
        30000, 60000, 120000, 240000, 300000, 300000
    };

    restream_backoff_init(&bo, 1000, 60000);

    for (i = 0; i < 6; i++) {
        is_uint(restream_backoff_next(&bo, i & 1 ? KEY : APP, 0, i * 7919),
                delays[i], "need of attention, attempt %u", i + 1);
    }

    ok(restream_backoff_class(&bo) == RESTREAM_CLASS_NEEDS_ATTENTION,
       "the class is needs-attention");

    is_uint(longest(&bo, DNS, 0), 999, "a retryable failure has its own count");
    is_uint(restream_backoff_next(&bo, KEY, 0, 1), 300000,
            "and does not shorten the wait for attention");
    is_uint(restream_backoff_next(&bo, KEY, 60000, 1), 30000,
            "a stable connection does");
}


static void
test_early(void)
{
    restream_backoff_t  bo;

    restream_backoff_init(&bo, 1000, 60000);

    is_uint(longest(&bo, EARLY, 0), 999, "closed before the start once");
    is_uint(longest(&bo, EARLY, 0), 1999, "twice");
    ok(restream_backoff_class(&bo) == RESTREAM_CLASS_RETRYABLE,
       "is retryable");
    is_uint(restream_backoff_next(&bo, EARLY, 0, 5), 30000, "the third time");
    ok(restream_backoff_class(&bo) == RESTREAM_CLASS_NEEDS_ATTENTION,
       "needs attention");
    is_uint(restream_backoff_next(&bo, EARLY, 0, 5), 60000, "the fourth");
    is_uint(longest(&bo, DNS, 0), 3999, "another reason ends the run");
    is_uint(longest(&bo, EARLY, 0), 7999, "a new one begins at one");
    ok(restream_backoff_class(&bo) == RESTREAM_CLASS_RETRYABLE,
       "and is retryable again");
}


static void
test_bounds(void)
{
    unsigned            i, good;
    restream_backoff_t  bo;

    restream_backoff_init(&bo, 0, 0);
    good = 1;

    for (i = 0; i < 100; i++) {
        good &= restream_backoff_next(&bo, DNS, 0, RANDOM) == 0;
    }

    ok(good, "no time at all is a time");

    restream_backoff_init(&bo, 1500, 4000);
    is_uint(longest(&bo, DNS, 0), 1499, "from a min of any size");
    is_uint(longest(&bo, DNS, 0), 2999, "doubled");
    is_uint(longest(&bo, DNS, 0), 3999, "never past max");
    is_uint(longest(&bo, DNS, 0), 3999, "again");

    restream_backoff_init(&bo, 5000, 1000);
    is_uint(longest(&bo, DNS, 0), 4999, "a max below min is min");
    is_uint(longest(&bo, DNS, 0), 4999, "and stays");

    restream_backoff_init(&bo, 1, UINT64_MAX);
    good = 1;

    for (i = 0; i < 200; i++) {
        good &= restream_backoff_next(&bo, DNS, 0, RANDOM) <= RANDOM;
    }

    ok(good, "doubling never overflows");
}


int
main(void)
{
    test_retryable();
    test_attention();
    test_early();
    test_bounds();

    return done_testing();
}
