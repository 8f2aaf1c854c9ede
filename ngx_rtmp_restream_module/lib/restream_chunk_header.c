/*
 * Chunk headers: parsed and written; a whole message out of them.
 *
 * No state: what a header leaves out is the reader's to remember.
 */

#include "restream_chunk_header.h"

#include <string.h>


#define RESTREAM_CHUNK_EXTENDED  0xffffff       /* the real one follows */


static int restream_chunk_header_parse_basic(restream_chunk_header_t *h,
    const uint8_t *data, size_t size);


int
restream_chunk_header_parse(restream_chunk_header_t *h, const uint8_t *data,
    size_t size)
{
    const uint8_t  *p;

    static const uint8_t  len[] = { 11, 7, 3, 0 };

    memset(h, 0, sizeof(restream_chunk_header_t));

    if (restream_chunk_header_parse_basic(h, data, size) != RESTREAM_OK) {
        return RESTREAM_AGAIN;
    }

    p = data + h->len;
    h->len += len[h->fmt];

    if (size < h->len) {
        return RESTREAM_AGAIN;
    }

    if (h->fmt == 3) {
        return RESTREAM_OK;
    }

    h->timestamp = restream_get24(p);

    if (h->fmt < 2) {
        h->size = restream_get24(p + 3);
        h->type = p[6];
    }

    if (h->fmt == 0) {
        h->msid = restream_get32le(p + 7);
    }

    if (h->timestamp != RESTREAM_CHUNK_EXTENDED) {
        return RESTREAM_OK;
    }

    p = data + h->len;
    h->len += 4;

    if (size < h->len) {
        return RESTREAM_AGAIN;
    }

    h->timestamp = restream_get32(p);
    h->extended = 1;

    return RESTREAM_OK;
}


/* RTMP 1.0, 5.3.1.1: csid 0 and 1 say that one or two bytes of it follow */

static int
restream_chunk_header_parse_basic(restream_chunk_header_t *h,
    const uint8_t *data, size_t size)
{
    if (size == 0) {
        return RESTREAM_AGAIN;
    }

    h->fmt = data[0] >> 6;
    h->csid = data[0] & 0x3f;
    h->len = (h->csid < 2) ? 2 + h->csid : 1;

    if (size < h->len) {
        return RESTREAM_AGAIN;
    }

    if (h->len == 2) {
        h->csid = 64 + data[1];

    } else if (h->len == 3) {
        h->csid = 64 + data[1] + ((uint32_t) data[2] << 8);
    }

    return RESTREAM_OK;
}


size_t
restream_chunk_put_header(uint8_t *out, unsigned fmt, unsigned csid,
    uint32_t timestamp, uint32_t size, uint8_t type, uint32_t msid)
{
    uint32_t        field;
    restream_buf_t  b;

    field = (timestamp < RESTREAM_CHUNK_EXTENDED) ? timestamp
                                                  : RESTREAM_CHUNK_EXTENDED;

    restream_buf_init(&b, out, RESTREAM_CHUNK_HEADER_MAX);

    restream_buf_put8(&b, (uint8_t) (fmt << 6 | csid));
    restream_buf_put24(&b, field);
    restream_buf_put24(&b, size);
    restream_buf_put8(&b, type);

    if (fmt == 0) {
        restream_buf_put32le(&b, msid);
    }

    if (field == RESTREAM_CHUNK_EXTENDED) {
        restream_buf_put32(&b, timestamp);
    }

    return b.last - b.start;
}


size_t
restream_chunk_put_continuation(uint8_t *out, unsigned csid,
    uint32_t timestamp)
{
    restream_buf_t  b;

    restream_buf_init(&b, out, 1 + 4);

    restream_buf_put8(&b, (uint8_t) (3 << 6 | csid));

    if (timestamp >= RESTREAM_CHUNK_EXTENDED) {
        restream_buf_put32(&b, timestamp);
    }

    return b.last - b.start;
}


void
restream_chunk_put_message(restream_buf_t *b, unsigned csid, uint8_t type,
    uint32_t msid, const uint8_t *data, size_t size, uint32_t chunk_size)
{
    size_t   n, len;
    uint8_t  header[RESTREAM_CHUNK_HEADER_MAX];

    if (size > 0xffffff) {
        b->overflow = 1;
        return;
    }

    len = restream_chunk_put_header(header, 0, csid, 0, (uint32_t) size, type,
                                    msid);

    for ( ;; ) {
        n = (size < chunk_size) ? size : chunk_size;

        restream_buf_put(b, header, len);
        restream_buf_put(b, data, n);

        size -= n;

        if (size == 0) {
            return;
        }

        data += n;
        len = restream_chunk_put_continuation(header, csid, 0);
    }
}
