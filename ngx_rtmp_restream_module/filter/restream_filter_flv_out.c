/*
 * The FLV that the filter writes.
 *
 * src: Adobe FLV 10.1, E.2-E.4
 */

#include "restream_filter_flv_out.h"

#include "../lib/restream_chunk.h"
#include "../lib/restream_flv.h"
#include "../lib/restream_flv_meta.h"

#include <stdlib.h>
#include <string.h>


#define RESTREAM_FILTER_FLV_FLAGS   4           /* where they stand */
#define RESTREAM_FILTER_FLV_AUDIO   0x04        /* flag: there is audio */
#define RESTREAM_FILTER_FLV_AAC     0xaf

#define RESTREAM_FILTER_FLV_CONFIG  0           /* packets of AAC */
#define RESTREAM_FILTER_FLV_FRAME   1

/* bytes: where audio lags behind by more, its timestamps are not true */
#define RESTREAM_FILTER_FLV_WAITING (64 * 1024 * 1024)


struct restream_filter_tag_s {
    restream_filter_tag_t  *next;
    uint64_t                dts;
    size_t                  size;       /* bytes in data */
    uint8_t                 data[];
};


static void restream_filter_flv_out_correct(restream_filter_flv_out_t *out,
    restream_filter_tag_t *tag);
static int restream_filter_flv_out_aac(restream_filter_flv_out_t *out,
    uint64_t dts, unsigned packet, const uint8_t *data, size_t size);
static int restream_filter_flv_out_back(restream_filter_flv_out_t *out,
    size_t size);
static restream_filter_tag_t *restream_filter_flv_out_take(
    restream_filter_flv_out_t *out);


void
restream_filter_flv_out_init(restream_filter_flv_out_t *out,
    restream_filter_io_t *io)
{
    memset(out, 0, sizeof(restream_filter_flv_out_t));

    out->io = io;
    out->last = &out->first;
}


void
restream_filter_flv_out_cleanup(restream_filter_flv_out_t *out)
{
    while (out->first) {
        free(restream_filter_flv_out_take(out));
    }
}


int
restream_filter_flv_out_header(restream_filter_flv_out_t *out,
    const uint8_t *data)
{
    uint8_t  header[RESTREAM_FILTER_FLV_HEADER + RESTREAM_FILTER_FLV_BACK];

    memcpy(header, data, sizeof(header));
    header[RESTREAM_FILTER_FLV_FLAGS] |= RESTREAM_FILTER_FLV_AUDIO;

    return restream_filter_io_write(out->io, header, sizeof(header));
}


int
restream_filter_flv_out_wait(restream_filter_flv_out_t *out, uint64_t dts,
    const uint8_t *tag, size_t size)
{
    restream_filter_tag_t  *waiting;

    waiting = malloc(sizeof(restream_filter_tag_t) + size);
    if (waiting == NULL) {
        return RESTREAM_ERROR;
    }

    waiting->next = NULL;
    waiting->dts = dts;
    waiting->size = size;
    memcpy(waiting->data, tag, size);

    *out->last = waiting;
    out->last = &waiting->next;
    out->waiting += size;

    return out->waiting > RESTREAM_FILTER_FLV_WAITING
           ? restream_filter_flv_out_release(out, UINT64_MAX) : RESTREAM_OK;
}


int
restream_filter_flv_out_release(restream_filter_flv_out_t *out, uint64_t dts)
{
    int                     rc;
    restream_filter_tag_t  *tag;

    rc = RESTREAM_OK;

    while (rc == RESTREAM_OK && out->first && out->first->dts <= dts) {
        tag = restream_filter_flv_out_take(out);

        restream_filter_flv_out_correct(out, tag);

        rc = restream_filter_io_write(out->io, tag->data, tag->size);

        if (rc == RESTREAM_OK) {
            rc = restream_filter_flv_out_back(out, tag->size);
        }

        free(tag);
    }

    return rc;
}


int
restream_filter_flv_out_frame(restream_filter_flv_out_t *out, uint64_t dts,
    const uint8_t *data, size_t size)
{
    if (restream_filter_flv_out_release(out, dts) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    if (!out->configured) {
        out->configured = 1;

        if (restream_filter_flv_out_aac(out, dts, RESTREAM_FILTER_FLV_CONFIG,
                                        out->output.asc, out->output.asc_len)
            != RESTREAM_OK)
        {
            return RESTREAM_ERROR;
        }
    }

    return restream_filter_flv_out_aac(out, dts, RESTREAM_FILTER_FLV_FRAME,
                                       data, size);
}


/* metadata tells of the audio that leaves */

static void
restream_filter_flv_out_correct(restream_filter_flv_out_t *out,
    restream_filter_tag_t *tag)
{
    size_t           size;
    uint8_t         *data;
    restream_str_t   prefix;

    data = tag->data + RESTREAM_FILTER_FLV_TAG;
    size = tag->size - RESTREAM_FILTER_FLV_TAG;

    if (tag->data[0] == RESTREAM_MSG_AMF0_DATA && out->output.rate
        && restream_flv_metadata(data, size, &prefix) == RESTREAM_OK)
    {
        restream_flv_meta_audio(data, size, out->output.rate,
                                out->output.channels);
    }
}


static int
restream_filter_flv_out_aac(restream_filter_flv_out_t *out, uint64_t dts,
    unsigned packet, const uint8_t *data, size_t size)
{
    uint8_t         header[RESTREAM_FILTER_FLV_TAG + 2];
    restream_buf_t  b;

    restream_buf_init(&b, header, sizeof(header));

    restream_buf_put8(&b, RESTREAM_MSG_AUDIO);
    restream_buf_put24(&b, (uint32_t) size + 2);
    restream_buf_put24(&b, (uint32_t) dts & 0xffffff);
    restream_buf_put8(&b, (uint8_t) (dts >> 24));
    restream_buf_put24(&b, 0);          /* stream */
    restream_buf_put8(&b, RESTREAM_FILTER_FLV_AAC);
    restream_buf_put8(&b, (uint8_t) packet);

    if (restream_filter_io_write(out->io, header, sizeof(header))
        != RESTREAM_OK
        || restream_filter_io_write(out->io, data, size) != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    return restream_filter_flv_out_back(out, sizeof(header) + size);
}


static int
restream_filter_flv_out_back(restream_filter_flv_out_t *out, size_t size)
{
    uint8_t         back[RESTREAM_FILTER_FLV_BACK];
    restream_buf_t  b;

    restream_buf_init(&b, back, sizeof(back));
    restream_buf_put32(&b, (uint32_t) size);

    return restream_filter_io_write(out->io, back, sizeof(back));
}


/* the first that waits; there is one */

static restream_filter_tag_t *
restream_filter_flv_out_take(restream_filter_flv_out_t *out)
{
    restream_filter_tag_t  *tag;

    tag = out->first;
    out->first = tag->next;
    out->waiting -= tag->size;

    if (out->first == NULL) {
        out->last = &out->first;
    }

    return tag;
}
