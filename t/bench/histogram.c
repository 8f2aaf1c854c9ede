/*
 * Values below 128 have a bucket each; above, a bucket is the position of the
 * highest bit and the seven bits below it.
 */

#include "histogram.h"


static unsigned histogram_bucket(uint64_t us);
static uint64_t histogram_value(unsigned bucket);


void
histogram_add(histogram_t *h, uint64_t us)
{
    unsigned  i;

    i = histogram_bucket(us);

    h->buckets[i < HISTOGRAM_BUCKETS ? i : HISTOGRAM_BUCKETS - 1]++;
    h->count++;
}


uint64_t
histogram_quantile(const histogram_t *h, double q)
{
    unsigned  i;
    uint64_t  seen;

    seen = 0;

    for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->buckets[i];

        if (seen && seen >= q * h->count) {
            return histogram_value(i);
        }
    }

    return 0;
}


static unsigned
histogram_bucket(uint64_t us)
{
    unsigned  shift;

    for (shift = 0; us >> shift >= 256; shift++) { /* void */ }

    return shift * 128 + (us >> shift);
}


/* the upper end of a bucket */

static uint64_t
histogram_value(unsigned bucket)
{
    unsigned  shift;

    if (bucket < 256) {
        return bucket;
    }

    shift = bucket / 128 - 1;

    return ((uint64_t) (bucket - shift * 128 + 1) << shift) - 1;
}
