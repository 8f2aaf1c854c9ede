/*
 * Samples into AAC-LC frames, on the grid of restream_aac_dts().
 *
 * Owns the encoder and the frame that is being filled.  The encoder comes to
 * life with the first samples and takes them at the next place of the grid.
 * Its delay of one frame is taken off: a frame is stamped with the time of the
 * samples that it decodes to.
 */

#ifndef _RESTREAM_FILTER_ENCODE_H_INCLUDED_
#define _RESTREAM_FILTER_ENCODE_H_INCLUDED_


#include "../lib/restream_aac.h"

#include <libavcodec/avcodec.h>


typedef struct {
    uint32_t    rate;           /* Hz */
    uint32_t    bitrate;        /* bit/s */
    unsigned    channels;       /* 1 or 2 */
    uint64_t    earliest;       /* first frame of the grid that may be made */
} restream_filter_encode_conf_t;


/* data, size: a raw frame, borrowed for the call.  ERROR ends it. */
typedef int (*restream_filter_frame_pt)(void *ctx, uint64_t dts,
    const uint8_t *data, size_t size);


typedef struct {
    restream_filter_encode_conf_t   conf;
    AVCodecContext                 *codec;      /* NULL: none is open */
    AVPacket                       *packet;
    AVFrame                        *frame;      /* of RESTREAM_AAC_SAMPLES */
    uint64_t                        position;   /* of the next sample that is
                                                   written, from 0 */
    unsigned                        filled;     /* samples in frame */
    uint64_t                        next;       /* frame of the grid that may
                                                   leave next */
    restream_filter_frame_pt        handler;
    void                           *ctx;
    const char                     *err;        /* set with ERROR */
} restream_filter_encode_t;


/* 1: there is an encoder */
int restream_filter_encode_exists(void);

/*
 * The next sample is the first of frame conf->earliest.
 *
 * ret   OK
 *       ERROR     no encoder, or none for that; e->err says which
 */
int restream_filter_encode_init(restream_filter_encode_t *e,
    const restream_filter_encode_conf_t *conf,
    restream_filter_frame_pt handler, void *ctx);
void restream_filter_encode_cleanup(restream_filter_encode_t *e);

/* these are ERROR when the encoder is, or the handler */

/* n samples of each channel */
int restream_filter_encode_write(restream_filter_encode_t *e,
    float *planes[2], unsigned n);
int restream_filter_encode_silence(restream_filter_encode_t *e, uint64_t n);

/* Goes on at a position: the frame that was begun is filled up with silence,
 * and that in which it goes on, up to there.  Never back: at least the next
 * frame. */
int restream_filter_encode_seek(restream_filter_encode_t *e,
    uint64_t position);

/* Others have made the frames before this one: none of them leaves any more,
 * and what is written goes on there. */
int restream_filter_encode_skip(restream_filter_encode_t *e, uint64_t frame);

/* The frame that was begun is filled up, all frames leave; what is written
 * then goes into a new encoder. */
int restream_filter_encode_drain(restream_filter_encode_t *e);


#endif /* _RESTREAM_FILTER_ENCODE_H_INCLUDED_ */
