/*
 * What a chain tells its sink: formats, frames, errors, figures.
 *
 * Part of restream_filter_chain; all of these return ERROR where the sink
 * does.
 */

#ifndef _RESTREAM_FILTER_REPORT_H_INCLUDED_
#define _RESTREAM_FILTER_REPORT_H_INCLUDED_


#include "restream_filter_chain.h"


/* of the encoder, which is open */
int restream_filter_report_output(restream_filter_chain_t *c, uint64_t dts);

/* of the decoder, which gave frm: when it has changed */
int restream_filter_report_input(restream_filter_chain_t *c, uint64_t dts,
    const AVFrame *frm);

/* a restream_filter_frame_pt: ctx is the chain; with figures once a second */
int restream_filter_report_frame(void *ctx, uint64_t dts, const uint8_t *data,
    size_t size);

/* the same text at most once a second */
int restream_filter_report_error(restream_filter_chain_t *c, uint64_t dts,
    restream_pipe_error_e code, const char *text);

/* the decoder has failed: counted, and told as above */
int restream_filter_report_decoder(restream_filter_chain_t *c, uint64_t dts);

/* Tells why where rc is the encoder's ERROR.  Returns rc. */
int restream_filter_report_result(restream_filter_chain_t *c, int rc);


#endif /* _RESTREAM_FILTER_REPORT_H_INCLUDED_ */
