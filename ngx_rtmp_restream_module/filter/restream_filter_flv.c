/*
 * The filter by itself: FLV in, FLV out.  Where video has run ahead and there
 * is no audio, there is silence.
 *
 * src: Adobe FLV 10.1, E.2-E.4
 */

#include "restream_filter_flv.h"
#include "restream_filter_chain.h"
#include "restream_filter_flv_out.h"

#include "../lib/restream_chunk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    restream_filter_io_t            io;
    restream_filter_chain_t         chain;
    restream_filter_flv_out_t       out;
    const restream_pipe_config_t   *config;

    uint8_t                        *data;       /* malloc: not yet read */
    size_t                          size;       /* bytes in data */
    size_t                          room;       /* bytes that data can hold */

    uint64_t                        dts;        /* of the last tag */
    uint64_t                        audio_dts;  /* newest that came */
    uint32_t                        timestamp;  /* of the last tag, as read */
    unsigned                        header:1;   /* the file's has been read */
    unsigned                        begun:1;    /* chain is there */
    const char                     *err;
} restream_filter_flv_t;


static int restream_filter_flv_run(restream_filter_flv_t *f);
static int restream_filter_flv_append(restream_filter_flv_t *f, size_t n);
static int restream_filter_flv_parse(restream_filter_flv_t *f);
static int restream_filter_flv_header(restream_filter_flv_t *f);
static int restream_filter_flv_tag(restream_filter_flv_t *f,
    const uint8_t *tag, size_t size);
static int restream_filter_flv_begin(restream_filter_flv_t *f,
    uint32_t timestamp);
static uint64_t restream_filter_flv_dts(restream_filter_flv_t *f,
    uint32_t timestamp);
static int restream_filter_flv_finish(restream_filter_flv_t *f);
static void restream_filter_flv_cleanup(restream_filter_flv_t *f);
static int restream_filter_flv_output(void *ctx, uint64_t dts,
    const restream_pipe_output_t *output);
static int restream_filter_flv_input(void *ctx, uint64_t dts,
    const restream_pipe_input_t *input);
static int restream_filter_flv_frame(void *ctx, uint64_t dts,
    const uint8_t *data, size_t size);
static int restream_filter_flv_error(void *ctx, uint64_t dts,
    restream_pipe_error_e code, const char *text);
static int restream_filter_flv_stats(void *ctx, uint64_t dts,
    const restream_pipe_stats_t *stats);
static int restream_filter_flv_fail(restream_filter_flv_t *f,
    const char *err);


static const restream_filter_sink_t  restream_filter_flv_sink = {
    restream_filter_flv_output,
    restream_filter_flv_input,
    restream_filter_flv_frame,
    restream_filter_flv_error,
    restream_filter_flv_stats
};


int
restream_filter_flv(const restream_pipe_config_t *config, const char **err)
{
    int                     rc;
    restream_filter_flv_t  *f;

    f = calloc(1, sizeof(restream_filter_flv_t));
    if (f == NULL) {
        *err = "no memory";
        return RESTREAM_ERROR;
    }

    f->config = config;

    restream_filter_io_init(&f->io);
    restream_filter_flv_out_init(&f->out, &f->io);

    rc = restream_filter_flv_run(f);

    if (restream_filter_io_flush(&f->io) != RESTREAM_OK && rc == RESTREAM_OK) {
        rc = restream_filter_flv_fail(f, strerror(errno));
    }

    *err = f->err;

    restream_filter_flv_cleanup(f);

    return rc;
}


static int
restream_filter_flv_run(restream_filter_flv_t *f)
{
    ssize_t  n;

    for ( ;; ) {

        if (restream_filter_io_flush(&f->io) != RESTREAM_OK) {
            return restream_filter_flv_fail(f, strerror(errno));
        }

        n = restream_filter_io_read(&f->io);

        if (n == -1) {
            return restream_filter_flv_fail(f, strerror(errno));
        }

        if (n == 0) {
            return restream_filter_flv_finish(f);
        }

        if (restream_filter_flv_append(f, (size_t) n) != RESTREAM_OK
            || restream_filter_flv_parse(f) != RESTREAM_OK)
        {
            return restream_filter_flv_fail(f, "the chain has failed");
        }
    }
}


static int
restream_filter_flv_append(restream_filter_flv_t *f, size_t n)
{
    size_t    room;
    uint8_t  *data;

    if (n > f->room - f->size) {
        room = 2 * f->room + n;

        data = realloc(f->data, room);
        if (data == NULL) {
            return restream_filter_flv_fail(f, "no memory");
        }

        f->data = data;
        f->room = room;
    }

    memcpy(f->data + f->size, f->io.in, n);
    f->size += n;

    return RESTREAM_OK;
}


/* All tags that are whole; the rest stays. */

static int
restream_filter_flv_parse(restream_filter_flv_t *f)
{
    size_t          size;
    const uint8_t  *p, *last;

    if (!f->header) {
        if (f->size < RESTREAM_FILTER_FLV_HEADER + RESTREAM_FILTER_FLV_BACK) {
            return RESTREAM_OK;
        }

        if (restream_filter_flv_header(f) != RESTREAM_OK) {
            return RESTREAM_ERROR;
        }
    }

    p = f->data;
    last = p + f->size;

    while (last - p >= RESTREAM_FILTER_FLV_TAG) {
        size = RESTREAM_FILTER_FLV_TAG + restream_get24(p + 1);

        if ((size_t) (last - p) < size + RESTREAM_FILTER_FLV_BACK) {
            break;
        }

        if (restream_filter_flv_tag(f, p, size) != RESTREAM_OK) {
            return RESTREAM_ERROR;
        }

        p += size + RESTREAM_FILTER_FLV_BACK;
    }

    if (p != f->data) {
        f->size = (size_t) (last - p);
        memmove(f->data, p, f->size);
    }

    return RESTREAM_OK;
}


static int
restream_filter_flv_header(restream_filter_flv_t *f)
{
    size_t  skip;

    skip = RESTREAM_FILTER_FLV_HEADER + RESTREAM_FILTER_FLV_BACK;

    if (memcmp(f->data, "FLV\x01", 4) != 0
        || restream_get32(f->data + 5) != RESTREAM_FILTER_FLV_HEADER)
    {
        return restream_filter_flv_fail(f, "the input is no FLV");
    }

    if (restream_filter_flv_out_header(&f->out, f->data) != RESTREAM_OK) {
        return restream_filter_flv_fail(f, strerror(errno));
    }

    f->header = 1;
    f->size -= skip;
    memmove(f->data, f->data + skip, f->size);

    return RESTREAM_OK;
}


static int
restream_filter_flv_tag(restream_filter_flv_t *f, const uint8_t *tag,
    size_t size)
{
    uint64_t  until;
    uint32_t  timestamp;

    timestamp = restream_get24(tag + 4) | (uint32_t) tag[7] << 24;

    if (!f->begun && restream_filter_flv_begin(f, timestamp) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    f->dts = restream_filter_flv_dts(f, timestamp);

    if (tag[0] == RESTREAM_MSG_AUDIO) {
        f->audio_dts = f->dts;

        return restream_filter_chain_audio(&f->chain, f->dts,
                                           tag + RESTREAM_FILTER_FLV_TAG,
                                           size - RESTREAM_FILTER_FLV_TAG);
    }

    if (restream_filter_flv_out_wait(&f->out, f->dts, tag, size)
        != RESTREAM_OK)
    {
        return restream_filter_flv_fail(f, strerror(errno));
    }

    until = f->dts > RESTREAM_FILTER_FLV_HOLD_MS
            ? f->dts - RESTREAM_FILTER_FLV_HOLD_MS : 0;

    if (tag[0] != RESTREAM_MSG_VIDEO || until <= f->audio_dts) {
        return RESTREAM_OK;
    }

    return restream_filter_chain_clock(&f->chain, until);
}


static int
restream_filter_flv_begin(restream_filter_flv_t *f, uint32_t timestamp)
{
    f->begun = 1;
    f->dts = timestamp;
    f->audio_dts = timestamp;
    f->timestamp = timestamp;

    return restream_filter_chain_init(&f->chain, timestamp, f->config,
                                      &restream_filter_flv_sink, f);
}


/* across the wrap of 32 bits; audio and video are not in order */

static uint64_t
restream_filter_flv_dts(restream_filter_flv_t *f, uint32_t timestamp)
{
    int64_t  dts;

    dts = (int64_t) f->dts + (int32_t) (timestamp - f->timestamp);
    f->timestamp = timestamp;

    return dts > 0 ? (uint64_t) dts : 0;
}


/* the end of file: the audio ends with what there is of the video */

static int
restream_filter_flv_finish(restream_filter_flv_t *f)
{
    if (f->begun
        && ((f->dts > f->audio_dts + RESTREAM_FILTER_FLV_HOLD_MS
             && restream_filter_chain_clock(&f->chain, f->dts) != RESTREAM_OK)
            || restream_filter_chain_flush(&f->chain) != RESTREAM_OK
            || restream_filter_flv_out_release(&f->out, UINT64_MAX)
               != RESTREAM_OK))
    {
        return restream_filter_flv_fail(f, "the chain has failed");
    }

    if (f->size || !f->header) {
        return restream_filter_flv_fail(f, f->header
                                           ? "the input ends inside a tag"
                                           : "the input is no FLV");
    }

    return RESTREAM_OK;
}


static void
restream_filter_flv_cleanup(restream_filter_flv_t *f)
{
    restream_filter_flv_out_cleanup(&f->out);

    if (f->begun) {
        restream_filter_chain_cleanup(&f->chain);
    }

    free(f->data);
    free(f);
}


static int
restream_filter_flv_output(void *ctx, uint64_t dts,
    const restream_pipe_output_t *output)
{
    restream_filter_flv_t  *f = ctx;

    (void) dts;

    f->out.output = *output;

    return RESTREAM_OK;
}


static int
restream_filter_flv_input(void *ctx, uint64_t dts,
    const restream_pipe_input_t *input)
{
    (void) ctx;
    (void) dts;
    (void) input;

    return RESTREAM_OK;
}


static int
restream_filter_flv_frame(void *ctx, uint64_t dts, const uint8_t *data,
    size_t size)
{
    restream_filter_flv_t  *f = ctx;

    if (restream_filter_flv_out_frame(&f->out, dts, data, size)
        != RESTREAM_OK)
    {
        return restream_filter_flv_fail(f, strerror(errno));
    }

    return RESTREAM_OK;
}


static int
restream_filter_flv_error(void *ctx, uint64_t dts, restream_pipe_error_e code,
    const char *text)
{
    (void) ctx;
    (void) code;

    restream_filter_io_say("%s, at %llu ms", text, (unsigned long long) dts);

    return RESTREAM_OK;
}


static int
restream_filter_flv_stats(void *ctx, uint64_t dts,
    const restream_pipe_stats_t *stats)
{
    (void) ctx;
    (void) dts;
    (void) stats;

    return RESTREAM_OK;
}


/* the first reason is the true one */

static int
restream_filter_flv_fail(restream_filter_flv_t *f, const char *err)
{
    if (f->err == NULL) {
        f->err = err;
    }

    return RESTREAM_ERROR;
}
