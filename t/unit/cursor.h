/*
 * A ring, and what a reader of it writes, read back by the chunk reader.
 */

#ifndef _CURSOR_H_INCLUDED_
#define _CURSOR_H_INCLUDED_


#include "test.h"

#include "lib/restream_client.h"
#include "lib/restream_cursor.h"

#include <stdlib.h>
#include <string.h>


#define MESSAGES  4096


typedef struct {
    uint8_t    type;
    uint32_t   timestamp;
    uint32_t   csid;
    uint32_t   size;
    uint32_t   number;          /* what the payload says it is */
    int        intact;
} received_t;


static received_t  received[MESSAGES];
static unsigned    nreceived;
static unsigned    broken;      /* protocol errors seen by the reader */

static restream_chunk_reader_t    reader;
static restream_cursor_scratch_t  scratch;

static restream_ring_t     *ring;
static restream_headers_t  *headers;
static uint32_t             epoch;
static uint32_t             number;


static inline void
reset(size_t limit, uint32_t chunk_size)
{
    restream_chunk_reader_cleanup(&reader);
    restream_chunk_reader_init(&reader);
    reader.chunk_size = chunk_size;

    if (ring) {
        restream_ring_destroy(&ring);
    }

    restream_headers_unref(&headers);
    ring = restream_ring_create(limit);

    nreceived = 0;
    broken = 0;
    number = 0;
    epoch = 0;
}


static inline restream_frame_t *
frame(uint8_t type, unsigned flags, uint64_t dts, uint32_t size)
{
    uint32_t              i;
    restream_frame_t     *frm;
    restream_flv_info_t   info;

    memset(&info, 0, sizeof(info));
    info.flags = (uint8_t) flags;
    info.track = RESTREAM_FLV_NO_TRACK;
    info.header = (flags & RESTREAM_FLV_HEADER) ? RESTREAM_FLV_HEADER_SEQUENCE
                                                : RESTREAM_FLV_HEADER_NONE;

    frm = restream_frame_create(type, dts, &info, size);

    for (i = 0; i < size; i++) {
        frm->data[i] = (uint8_t) (number * 31 + i);
    }

    if (size >= 4) {
        frm->data[0] = (uint8_t) (number >> 24);
        frm->data[1] = (uint8_t) (number >> 16);
        frm->data[2] = (uint8_t) (number >> 8);
        frm->data[3] = (uint8_t) number;
    }

    number++;

    return frm;
}


static inline void
push(uint8_t type, unsigned flags, uint64_t dts, uint32_t size)
{
    restream_frame_t    *frm;
    restream_headers_t  *next;

    frm = frame(type, flags, dts, size);

    if (flags & RESTREAM_FLV_HEADER) {
        next = restream_headers_with(headers, frm, ++epoch);
        restream_headers_unref(&headers);
        headers = next;
    }

    if ((flags & (RESTREAM_FLV_KEY|RESTREAM_FLV_HEADER)) && headers) {
        frm->headers = restream_headers_ref(headers);
    }

    restream_ring_push(ring, frm);
}


static inline void
push_gop(uint64_t dts, unsigned frames)
{
    unsigned  i;

    for (i = 0; i < frames; i++) {
        push(RESTREAM_MSG_VIDEO, i ? 0 : RESTREAM_FLV_KEY, dts + i * 40,
             i ? 700 : 3000);
        push(RESTREAM_MSG_AUDIO, 0, dts + i * 40 + 10, 200);
    }
}


static inline void
take(const uint8_t *data, size_t size)
{
    int                    rc;
    uint32_t               i, n;
    received_t            *r;
    const uint8_t         *p;
    restream_chunk_msg_t   msg;

    p = data;

    for ( ;; ) {
        rc = restream_chunk_read(&reader, &p, data + size, &msg);

        if (rc == RESTREAM_ERROR) {
            broken++;
            return;
        }

        if (rc == RESTREAM_AGAIN || nreceived == MESSAGES) {
            return;
        }

        r = &received[nreceived++];
        n = msg.size >= 4 ? restream_get32(msg.data) : 0;

        r->type = msg.type;
        r->timestamp = msg.timestamp;
        r->csid = msg.csid;
        r->size = msg.size;
        r->number = n;
        r->intact = 1;

        for (i = 4; i < msg.size; i++) {
            if (msg.data[i] != (uint8_t) (n * 31 + i)) {
                r->intact = 0;
            }
        }
    }
}


/* sends up to max bytes of what fill lays out */

static inline int
step(restream_cursor_t *cur, size_t max, int begun_only)
{
    size_t    sent, n;
    uint32_t  i;

    if (restream_cursor_fill(cur, &scratch, begun_only) != RESTREAM_OK) {
        return RESTREAM_AGAIN;
    }

    sent = 0;

    for (i = 0; i < scratch.niov && sent < max; i++) {
        n = scratch.iov[i].iov_len;

        if (n > max - sent) {
            n = max - sent;
        }

        take(scratch.iov[i].iov_base, n);
        sent += n;
    }

    restream_cursor_sent(cur, &scratch, sent);

    return RESTREAM_OK;
}


static inline void
drain(restream_cursor_t *cur)
{
    while (step(cur, SIZE_MAX, 0) == RESTREAM_OK) { /* void */ }
}


static inline unsigned
damaged(void)
{
    unsigned  i, n;

    for (i = 0, n = 0; i < nreceived; i++) {
        n += !received[i].intact;
    }

    return n + broken;
}


static inline void
clean_up(void)
{
    restream_headers_unref(&headers);
    restream_ring_destroy(&ring);
    restream_chunk_reader_cleanup(&reader);
}


#endif /* _CURSOR_H_INCLUDED_ */
