/*
 * Samples of any rate, layout and format into what the encoder takes: planar
 * float of one rate, one or two channels, at a speed that can be steered.
 *
 * Owns libswresample's context and the samples that are lent.
 */

#ifndef _RESTREAM_FILTER_RESAMPLE_H_INCLUDED_
#define _RESTREAM_FILTER_RESAMPLE_H_INCLUDED_


#include "../lib/restream.h"

#include <libavutil/frame.h>
#include <libswresample/swresample.h>


#define RESTREAM_FILTER_RATE_MIN       4000     /* Hz, of what is taken */
#define RESTREAM_FILTER_RATE_MAX       192000
#define RESTREAM_FILTER_CHANNELS_MAX   64       /* of what is taken; all that
                                                   libswresample can */

#define RESTREAM_FILTER_RESAMPLE_PART  1024     /* samples lent at once */


typedef struct {
    SwrContext           *swr;          /* NULL: none is open */
    uint32_t              rate;         /* of the output, Hz */
    unsigned              channels;     /* of the output, 1 or 2 */
    uint32_t              in_rate;      /* Hz */
    int                   in_format;    /* enum AVSampleFormat */
    AVChannelLayout       in_layout;
    int                   delta;        /* as last steered */
    float                 data[2][RESTREAM_FILTER_RESAMPLE_PART];
} restream_filter_resample_t;


/* Takes n samples of each channel, borrowed for the call.  ERROR ends it. */
typedef int (*restream_filter_samples_pt)(void *ctx, float *planes[2],
    unsigned n);


void restream_filter_resample_init(restream_filter_resample_t *r,
    uint32_t rate, unsigned channels);
void restream_filter_resample_cleanup(restream_filter_resample_t *r);

/* 1: frm has the rate, layout and format that it is open for */
int restream_filter_resample_fits(const restream_filter_resample_t *r,
    const AVFrame *frm);

/* For the rate, layout and format of frm; drops what was held before.
 * ERROR: there is no way from there. */
int restream_filter_resample_open(restream_filter_resample_t *r,
    const AVFrame *frm);

/* what is held, in samples of the output */
uint64_t restream_filter_resample_pending(const restream_filter_resample_t *r);

/* speed as restream_filter_clock_step_t; holds until it is set anew */
void restream_filter_resample_steer(restream_filter_resample_t *r,
    double speed);

/*
 * Resamples what is in frm, but for its first skip samples, and gives what
 * comes of it to handler.
 *
 * ret   OK
 *       ERROR     no memory, or of the handler
 */
int restream_filter_resample_write(restream_filter_resample_t *r,
    const AVFrame *frm, unsigned skip, restream_filter_samples_pt handler,
    void *ctx);

/* The end: gives away what is held, and closes.  May be called when closed. */
int restream_filter_resample_drain(restream_filter_resample_t *r,
    restream_filter_samples_pt handler, void *ctx);


#endif /* _RESTREAM_FILTER_RESAMPLE_H_INCLUDED_ */
