/*
 * Published audio in, AAC-LC frames out: decode, resample, encode, on the
 * clock of the source's timestamps.
 *
 * Owns the three and the clock between them.  What comes out goes to the sink,
 * at once; the sink outlives the chain.  No I/O.  How it answers to what it is
 * given is told in restream_pipe.h: each function here is a message there.
 */

#ifndef _RESTREAM_FILTER_CHAIN_H_INCLUDED_
#define _RESTREAM_FILTER_CHAIN_H_INCLUDED_


#include "restream_filter_clock.h"
#include "restream_filter_decode.h"
#include "restream_filter_encode.h"
#include "restream_filter_resample.h"


/* each returns ERROR to end the chain; what is pointed to is borrowed */

typedef struct {
    int   (*output)(void *ctx, uint64_t dts,
              const restream_pipe_output_t *output);
    int   (*input)(void *ctx, uint64_t dts,
              const restream_pipe_input_t *input);
    int   (*frame)(void *ctx, uint64_t dts, const uint8_t *data, size_t size);
    int   (*error)(void *ctx, uint64_t dts, restream_pipe_error_e code,
              const char *text);
    int   (*stats)(void *ctx, uint64_t dts,
              const restream_pipe_stats_t *stats);
} restream_filter_sink_t;


typedef struct {
    restream_pipe_config_t          asked;
    uint64_t                        start;      /* no frame before, ms */
    const restream_filter_sink_t   *sink;
    void                           *ctx;        /* of the sink */

    restream_filter_decode_t        decode;
    restream_filter_resample_t      resample;
    restream_filter_encode_t        encode;
    restream_filter_clock_t         clock;

    restream_pipe_input_t           input;      /* as last told */
    restream_pipe_stats_t           stats;
    uint64_t                        stats_at;   /* dts of the next report */

    uint64_t                        dts;        /* newest of the audio, ms */
    unsigned                        last;       /* samples of the last message
                                                   that was decoded, of its
                                                   own rate */
    unsigned                        last_rate;  /* Hz; 0: none yet */
    unsigned                        open:1;     /* the output's rate and
                                                   channels are settled */
    uint64_t                        said_at;    /* dts of the last error */
    char                            said[RESTREAM_PIPE_TEXT_MAX + 1];
} restream_filter_chain_t;


/* all of these: OK, or ERROR: it cannot go on, the sink was told why unless it
 * was the sink itself that failed */

int restream_filter_chain_init(restream_filter_chain_t *c, uint64_t dts,
    const restream_pipe_config_t *config, const restream_filter_sink_t *sink,
    void *ctx);
void restream_filter_chain_cleanup(restream_filter_chain_t *c);

int restream_filter_chain_audio(restream_filter_chain_t *c, uint64_t dts,
    const uint8_t *data, size_t size);
int restream_filter_chain_clock(restream_filter_chain_t *c, uint64_t dts);
int restream_filter_chain_discontinuity(restream_filter_chain_t *c,
    uint64_t dts);
int restream_filter_chain_reset(restream_filter_chain_t *c);
int restream_filter_chain_flush(restream_filter_chain_t *c);


#endif /* _RESTREAM_FILTER_CHAIN_H_INCLUDED_ */
