/*
 * Where decoded audio goes on the time line, and how fast it has to run to
 * stay there.
 *
 * The source's timestamps tell where a message should begin, the counter of
 * samples where it would.  While the two are near each other the difference
 * is jitter or drift: smoothed, it steers the speed of the resampler, by 1 %
 * at most.  Farther apart it is a real gap, or audio for a time that is over.
 *
 * All positions are samples of the output, counted from 0 of the time line.
 * Pure: no clock, no I/O, no FFmpeg.
 */

#ifndef _RESTREAM_FILTER_CLOCK_H_INCLUDED_
#define _RESTREAM_FILTER_CLOCK_H_INCLUDED_


#include "../lib/restream.h"


#define RESTREAM_FILTER_CLOCK_JITTER_MS  100    /* more is no jitter */
#define RESTREAM_FILTER_CLOCK_GAP_MS     10000  /* more is not filled */
#define RESTREAM_FILTER_CLOCK_SPEED      0.01   /* most, either way */


typedef struct {
    uint32_t   rate;            /* of the output, Hz */
    uint64_t   last;            /* position at the last step */
    double     error;           /* smoothed, s; > 0: output is too early */
    double     offset;          /* of the source's rate, learned; 0.005: its
                                   samples last 0.5 % longer than they say */
    unsigned   started:1;       /* last is set */
    unsigned   skipping:1;      /* what is too late is left out until it no
                                   longer is */
} restream_filter_clock_t;


typedef enum {
    RESTREAM_FILTER_CLOCK_GO = 0,       /* as it comes */
    RESTREAM_FILTER_CLOCK_FILL,         /* n samples of silence first */
    RESTREAM_FILTER_CLOCK_SKIP,         /* n samples less */
    RESTREAM_FILTER_CLOCK_JUMP          /* goes on at position n, which is
                                           ahead */
} restream_filter_clock_do_e;


typedef struct {
    restream_filter_clock_do_e  action;
    uint64_t                    n;
    double                      speed;  /* output samples more per sample:
                                           0.005 is 0.5 % slower than the
                                           source says */
} restream_filter_clock_step_t;


void restream_filter_clock_init(restream_filter_clock_t *c, uint32_t rate);

/*
 * A message.  The first one goes where its timestamp says, however far ahead
 * that is.
 *
 * in    dts       of it, ms
 *       position  where its first sample would be
 * out   *step     what to do with it
 */
void restream_filter_clock_step(restream_filter_clock_t *c, uint64_t dts,
    uint64_t position, restream_filter_clock_step_t *step);

/*
 * Time passes without audio: FILL, JUMP, or GO when there is nothing to do.
 * The arguments are those of restream_filter_clock_step().
 */
void restream_filter_clock_pass(restream_filter_clock_t *c, uint64_t dts,
    uint64_t position, restream_filter_clock_step_t *step);

/* What comes next is no continuation of what there was: all of it that is too
 * late is left out, however little that is. */
void restream_filter_clock_cut(restream_filter_clock_t *c);

int32_t restream_filter_clock_drift_ms(const restream_filter_clock_t *c);
int32_t restream_filter_clock_ppm(const restream_filter_clock_t *c);


#endif /* _RESTREAM_FILTER_CLOCK_H_INCLUDED_ */
