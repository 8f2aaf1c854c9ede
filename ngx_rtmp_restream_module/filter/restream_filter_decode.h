/*
 * Published audio into samples: the codecs of FLV and Enhanced RTMP, each with
 * libavcodec's decoder.
 *
 * Owns the decoder, the frame that is lent, and a copy of the sequence header.
 * Anything that arrives is taken; what cannot be decoded is an error of that
 * message alone.
 */

#ifndef _RESTREAM_FILTER_DECODE_H_INCLUDED_
#define _RESTREAM_FILTER_DECODE_H_INCLUDED_


#include "../lib/restream_flv_body.h"
#include "../lib/restream_pipe.h"

#include <libavcodec/avcodec.h>


#define RESTREAM_FILTER_DECODE_HEADER_MAX  8192


typedef struct {
    AVCodecContext  *codec;     /* NULL: none is open */
    AVPacket        *packet;
    AVFrame         *frame;     /* what is lent */
    uint32_t         fourcc;    /* of the decoder */
    uint8_t          tag;       /* as restream_flv_body_t */
    uint8_t          endian;    /* PCM: 1 big-endian */
    unsigned         open:1;    /* codec is that of fourcc and tag; else it
                                   cannot be opened, err and text say why */
    uint32_t         header_codec;
    size_t           header_size;
    uint8_t          header[RESTREAM_FILTER_DECODE_HEADER_MAX];

    restream_pipe_error_e   err;        /* set with ERROR and DECLINED */
    char                    text[RESTREAM_PIPE_TEXT_MAX + 1];
} restream_filter_decode_t;


/* ERROR: no memory */
int restream_filter_decode_init(restream_filter_decode_t *d);
void restream_filter_decode_cleanup(restream_filter_decode_t *d);

/* another publisher: decoder and sequence header are forgotten */
void restream_filter_decode_reset(restream_filter_decode_t *d);

/*
 * Takes a message.
 *
 * in    body      a configuration or frames, borrowed for the call
 * ret   OK        frames: ask restream_filter_decode_frame() for samples
 *       DONE      a configuration, kept
 *       ERROR     it cannot be decoded
 *       DECLINED  nothing of this kind can, until another codec or another
 *                 sequence header comes
 */
int restream_filter_decode_put(restream_filter_decode_t *d,
    const restream_flv_body_t *body);

/*
 * ret   OK        d->frame: samples, until the next call
 *       AGAIN     no more of this message
 *       ERROR     the rest of the message cannot be decoded
 */
int restream_filter_decode_frame(restream_filter_decode_t *d);


#endif /* _RESTREAM_FILTER_DECODE_H_INCLUDED_ */
