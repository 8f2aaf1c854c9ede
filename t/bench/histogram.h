/*
 * A histogram of durations: 128 buckets to each doubling, so that a quantile
 * is right within one hundredth, from 1 us to over an hour.
 */

#ifndef _BENCH_HISTOGRAM_H_INCLUDED_
#define _BENCH_HISTOGRAM_H_INCLUDED_


#include <stdint.h>


#define HISTOGRAM_BUCKETS  (128 * 26)


typedef struct {
    uint64_t   count;                       /* of all values */
    uint64_t   buckets[HISTOGRAM_BUCKETS];
} histogram_t;


void histogram_add(histogram_t *h, uint64_t us);

/* the value that a share q (0..1) of all does not exceed, us; 0: no values */
uint64_t histogram_quantile(const histogram_t *h, double q);


#endif /* _BENCH_HISTOGRAM_H_INCLUDED_ */
