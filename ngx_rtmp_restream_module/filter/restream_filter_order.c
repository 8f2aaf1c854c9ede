/*
 * The byte order of linear PCM.
 *
 * Sound is smooth: the differences from sample to sample are small in its own
 * order, and about as large as can be in the other one, where the low byte
 * stands first.
 */

#include "restream_filter_order.h"

#include <stdlib.h>


/* how much rougher the other order has to be: noise is as rough in both, but
 * for chance, which is a tenth with so few samples */
#define RESTREAM_FILTER_ORDER_ROUGHER  2
#define RESTREAM_FILTER_ORDER_SAMPLES  64


#define restream_filter_order_big(p)                                          \
    ((int16_t) ((uint16_t) (p)[0] << 8 | (p)[1]))

#define restream_filter_order_little(p)                                       \
    ((int16_t) ((uint16_t) (p)[1] << 8 | (p)[0]))


int
restream_filter_order(const uint8_t *data, size_t size, unsigned channels)
{
    size_t          i, step;
    uint64_t        big, little;
    const uint8_t  *p;

    step = 2 * channels;
    big = 0;
    little = 0;

    if (size < RESTREAM_FILTER_ORDER_SAMPLES * step) {
        return -1;
    }

    for (i = 0; i + step + 2 <= size; i += step) {
        p = data + i;

        big += (uint64_t) abs(restream_filter_order_big(p + step)
                              - restream_filter_order_big(p));

        little += (uint64_t) abs(restream_filter_order_little(p + step)
                                 - restream_filter_order_little(p));
    }

    if (big * RESTREAM_FILTER_ORDER_ROUGHER < little) {
        return 1;
    }

    return little * RESTREAM_FILTER_ORDER_ROUGHER < big ? 0 : -1;
}
