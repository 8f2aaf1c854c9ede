/*
 * The filter as the child of a worker.
 */

#include "restream_filter_pipe.h"
#include "restream_filter_chain.h"
#include "restream_filter_io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    restream_filter_io_t      io;
    restream_filter_chain_t   chain;
    restream_pipe_reader_t    reader;
    const char               *err;
    unsigned                  configured:1;     /* chain is there */
    unsigned                  gone:1;           /* the worker has left */
} restream_filter_pipe_t;


static int restream_filter_pipe_run(restream_filter_pipe_t *p);
static int restream_filter_pipe_feed(restream_filter_pipe_t *p,
    const uint8_t *data, size_t size);
static int restream_filter_pipe_message(restream_filter_pipe_t *p,
    const restream_pipe_msg_t *msg);
static int restream_filter_pipe_config(restream_filter_pipe_t *p,
    const restream_pipe_msg_t *msg);
static int restream_filter_pipe_finish(restream_filter_pipe_t *p);
static int restream_filter_pipe_output(void *ctx, uint64_t dts,
    const restream_pipe_output_t *output);
static int restream_filter_pipe_input(void *ctx, uint64_t dts,
    const restream_pipe_input_t *input);
static int restream_filter_pipe_frame(void *ctx, uint64_t dts,
    const uint8_t *data, size_t size);
static int restream_filter_pipe_error(void *ctx, uint64_t dts,
    restream_pipe_error_e code, const char *text);
static int restream_filter_pipe_stats(void *ctx, uint64_t dts,
    const restream_pipe_stats_t *stats);
static int restream_filter_pipe_put(restream_filter_pipe_t *p,
    const restream_buf_t *b);
static int restream_filter_pipe_failed(restream_filter_pipe_t *p);
static int restream_filter_pipe_fail(restream_filter_pipe_t *p,
    const char *err);


static const restream_filter_sink_t  restream_filter_pipe_sink = {
    restream_filter_pipe_output,
    restream_filter_pipe_input,
    restream_filter_pipe_frame,
    restream_filter_pipe_error,
    restream_filter_pipe_stats
};


int
restream_filter_pipe(const char **err)
{
    int                      rc;
    restream_filter_pipe_t  *p;

    p = calloc(1, sizeof(restream_filter_pipe_t));
    if (p == NULL) {
        *err = "no memory";
        return RESTREAM_ERROR;
    }

    restream_filter_io_init(&p->io);
    restream_pipe_reader_init(&p->reader, RESTREAM_PIPE_TO_FILTER);

    rc = restream_filter_pipe_run(p);

    /* what was said last may be why */

    if (restream_filter_io_flush(&p->io) != RESTREAM_OK && rc == RESTREAM_OK) {
        rc = restream_filter_pipe_failed(p);
    }

    if (p->gone) {
        rc = RESTREAM_OK;
    }

    *err = p->err;

    restream_pipe_reader_cleanup(&p->reader);

    if (p->configured) {
        restream_filter_chain_cleanup(&p->chain);
    }

    free(p);

    return rc;
}


static int
restream_filter_pipe_run(restream_filter_pipe_t *p)
{
    ssize_t  n;

    for ( ;; ) {

        if (restream_filter_io_flush(&p->io) != RESTREAM_OK) {
            return restream_filter_pipe_failed(p);
        }

        n = restream_filter_io_read(&p->io);

        if (n == -1) {
            return restream_filter_pipe_failed(p);
        }

        if (n == 0) {
            return restream_filter_pipe_finish(p);
        }

        if (restream_filter_pipe_feed(p, p->io.in, (size_t) n)
            != RESTREAM_OK)
        {
            return restream_filter_pipe_fail(p, "the chain has failed");
        }
    }
}


static int
restream_filter_pipe_feed(restream_filter_pipe_t *p, const uint8_t *data,
    size_t size)
{
    int                   rc;
    const uint8_t        *last;
    restream_pipe_msg_t   msg;

    last = data + size;

    while ((rc = restream_pipe_read(&p->reader, &data, last, &msg))
           == RESTREAM_DONE)
    {
        if (restream_filter_pipe_message(p, &msg) != RESTREAM_OK) {
            return RESTREAM_ERROR;
        }
    }

    return rc == RESTREAM_AGAIN
           ? RESTREAM_OK : restream_filter_pipe_fail(p, p->reader.err);
}


static int
restream_filter_pipe_message(restream_filter_pipe_t *p,
    const restream_pipe_msg_t *msg)
{
    uint8_t         data[RESTREAM_PIPE_HEADER];
    restream_buf_t  b;

    if ((msg->type == RESTREAM_PIPE_CONFIG) == p->configured) {
        return restream_filter_pipe_fail(p, "CONFIG is the first message");
    }

    switch (msg->type) {

    case RESTREAM_PIPE_CONFIG:
        return restream_filter_pipe_config(p, msg);

    case RESTREAM_PIPE_AUDIO:
        return restream_filter_chain_audio(&p->chain, msg->dts, msg->data,
                                           msg->size);

    case RESTREAM_PIPE_CLOCK:
        return restream_filter_chain_clock(&p->chain, msg->dts);

    case RESTREAM_PIPE_DISCONTINUITY:
        return restream_filter_chain_discontinuity(&p->chain, msg->dts);

    case RESTREAM_PIPE_RESET:
        return restream_filter_chain_reset(&p->chain);

    default: /* RESTREAM_PIPE_FLUSH */
        if (restream_filter_chain_flush(&p->chain) != RESTREAM_OK) {
            return RESTREAM_ERROR;
        }

        restream_buf_init(&b, data, sizeof(data));
        restream_pipe_put_header(&b, RESTREAM_PIPE_FLUSHED, msg->dts, 0);

        return restream_filter_pipe_put(p, &b);
    }
}


static int
restream_filter_pipe_config(restream_filter_pipe_t *p,
    const restream_pipe_msg_t *msg)
{
    restream_pipe_config_t  config;

    if (restream_pipe_get_config(msg, &config) != RESTREAM_OK) {
        return restream_filter_pipe_fail(p, "invalid CONFIG");
    }

    p->configured = 1;

    return restream_filter_chain_init(&p->chain, msg->dts, &config,
                                      &restream_filter_pipe_sink, p);
}


/* the end of file */

static int
restream_filter_pipe_finish(restream_filter_pipe_t *p)
{
    if (!restream_pipe_at_end(&p->reader)) {
        return restream_filter_pipe_fail(p, "the input ends inside a message");
    }

    if (!p->configured) {
        return RESTREAM_OK;
    }

    return restream_filter_chain_flush(&p->chain);
}


static int
restream_filter_pipe_output(void *ctx, uint64_t dts,
    const restream_pipe_output_t *output)
{
    uint8_t         data[RESTREAM_PIPE_CONTROL_MAX];
    restream_buf_t  b;

    restream_buf_init(&b, data, sizeof(data));
    restream_pipe_put_output(&b, dts, output);

    return restream_filter_pipe_put(ctx, &b);
}


static int
restream_filter_pipe_input(void *ctx, uint64_t dts,
    const restream_pipe_input_t *input)
{
    uint8_t         data[RESTREAM_PIPE_CONTROL_MAX];
    restream_buf_t  b;

    restream_buf_init(&b, data, sizeof(data));
    restream_pipe_put_input(&b, dts, input);

    return restream_filter_pipe_put(ctx, &b);
}


static int
restream_filter_pipe_frame(void *ctx, uint64_t dts, const uint8_t *data,
    size_t size)
{
    uint8_t                  header[RESTREAM_PIPE_HEADER];
    restream_buf_t           b;
    restream_filter_pipe_t  *p = ctx;

    if (size > RESTREAM_PIPE_ANSWER_MAX) {
        return restream_filter_pipe_fail(p, "a frame is too large");
    }

    restream_buf_init(&b, header, sizeof(header));
    restream_pipe_put_header(&b, RESTREAM_PIPE_FRAME, dts, (uint32_t) size);

    if (restream_filter_pipe_put(p, &b) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    if (restream_filter_io_write(&p->io, data, size) != RESTREAM_OK) {
        return restream_filter_pipe_failed(p);
    }

    return RESTREAM_OK;
}


static int
restream_filter_pipe_error(void *ctx, uint64_t dts,
    restream_pipe_error_e code, const char *text)
{
    uint8_t         data[RESTREAM_PIPE_CONTROL_MAX + RESTREAM_PIPE_TEXT_MAX];
    restream_buf_t  b;

    restream_buf_init(&b, data, sizeof(data));
    restream_pipe_put_error(&b, dts, code, text);

    return restream_filter_pipe_put(ctx, &b);
}


static int
restream_filter_pipe_stats(void *ctx, uint64_t dts,
    const restream_pipe_stats_t *stats)
{
    uint8_t         data[RESTREAM_PIPE_CONTROL_MAX];
    restream_buf_t  b;

    restream_buf_init(&b, data, sizeof(data));
    restream_pipe_put_stats(&b, dts, stats);

    return restream_filter_pipe_put(ctx, &b);
}


static int
restream_filter_pipe_put(restream_filter_pipe_t *p, const restream_buf_t *b)
{
    if (restream_filter_io_write(&p->io, b->start,
                                 (size_t) (b->last - b->start))
        != RESTREAM_OK)
    {
        return restream_filter_pipe_failed(p);
    }

    return RESTREAM_OK;
}


/* Reading or writing has failed.  A worker that closes the socket, whatever was
 * on its way, has ended the input. */

static int
restream_filter_pipe_failed(restream_filter_pipe_t *p)
{
    if (errno == EPIPE || errno == ECONNRESET) {
        p->gone = 1;
    }

    return restream_filter_pipe_fail(p, strerror(errno));
}


/* the first reason is the true one */

static int
restream_filter_pipe_fail(restream_filter_pipe_t *p, const char *err)
{
    if (p->err == NULL) {
        p->err = err;
    }

    return RESTREAM_ERROR;
}
