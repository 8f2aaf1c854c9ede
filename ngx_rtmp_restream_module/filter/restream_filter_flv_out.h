/*
 * The FLV that the filter writes: its own audio, and what came beside it, in
 * order.
 *
 * Video and data wait in a queue, which is owned here, until the audio has got
 * as far.
 */

#ifndef _RESTREAM_FILTER_FLV_OUT_H_INCLUDED_
#define _RESTREAM_FILTER_FLV_OUT_H_INCLUDED_


#include "restream_filter_io.h"

#include "../lib/restream_pipe.h"


#define RESTREAM_FILTER_FLV_HEADER  9           /* bytes, of the file */
#define RESTREAM_FILTER_FLV_TAG     11          /* bytes, in front of a tag */
#define RESTREAM_FILTER_FLV_BACK    4           /* behind it: its size */


typedef struct restream_filter_tag_s  restream_filter_tag_t;


typedef struct {
    restream_filter_io_t     *io;
    restream_filter_tag_t    *first;            /* malloc: waiting */
    restream_filter_tag_t   **last;
    size_t                    waiting;          /* bytes of them */
    restream_pipe_output_t    output;           /* rate 0: not known yet */
    unsigned                  configured:1;     /* sequence header left */
} restream_filter_flv_out_t;


void restream_filter_flv_out_init(restream_filter_flv_out_t *out,
    restream_filter_io_t *io);
void restream_filter_flv_out_cleanup(restream_filter_flv_out_t *out);

/* these are OK, or ERROR: errno says why */

/* data: the header of a file and the size behind it; ours has audio, too */
int restream_filter_flv_out_header(restream_filter_flv_out_t *out,
    const uint8_t *data);

/* a tag without the size behind it, copied: it leaves unchanged, unless it is
 * metadata that tells of the audio */
int restream_filter_flv_out_wait(restream_filter_flv_out_t *out, uint64_t dts,
    const uint8_t *tag, size_t size);

/* what waits and is not later than dts leaves */
int restream_filter_flv_out_release(restream_filter_flv_out_t *out,
    uint64_t dts);

/* An AAC frame, and what waits for it; the sequence header, of out->output, in
 * front of the first one. */
int restream_filter_flv_out_frame(restream_filter_flv_out_t *out,
    uint64_t dts, const uint8_t *data, size_t size);


#endif /* _RESTREAM_FILTER_FLV_OUT_H_INCLUDED_ */
