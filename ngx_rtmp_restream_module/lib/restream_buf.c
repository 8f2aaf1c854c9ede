/*
 * Bounded big-endian writing.  No allocation; the memory is the caller's.
 */

#include "restream_buf.h"

#include <string.h>


static uint8_t *restream_buf_take(restream_buf_t *b, size_t size);


void
restream_buf_init(restream_buf_t *b, uint8_t *start, size_t size)
{
    b->start = start;
    b->last = start;
    b->end = start + size;
    b->overflow = 0;
}


void
restream_buf_put8(restream_buf_t *b, uint8_t v)
{
    uint8_t  *p;

    p = restream_buf_take(b, 1);
    if (p == NULL) {
        return;
    }

    p[0] = v;
}


void
restream_buf_put16(restream_buf_t *b, uint16_t v)
{
    uint8_t  *p;

    p = restream_buf_take(b, 2);
    if (p == NULL) {
        return;
    }

    p[0] = (uint8_t) (v >> 8);
    p[1] = (uint8_t) v;
}


void
restream_buf_put24(restream_buf_t *b, uint32_t v)
{
    uint8_t  *p;

    p = restream_buf_take(b, 3);
    if (p == NULL) {
        return;
    }

    p[0] = (uint8_t) (v >> 16);
    p[1] = (uint8_t) (v >> 8);
    p[2] = (uint8_t) v;
}


void
restream_buf_put32(restream_buf_t *b, uint32_t v)
{
    uint8_t  *p;

    p = restream_buf_take(b, 4);
    if (p == NULL) {
        return;
    }

    p[0] = (uint8_t) (v >> 24);
    p[1] = (uint8_t) (v >> 16);
    p[2] = (uint8_t) (v >> 8);
    p[3] = (uint8_t) v;
}


void
restream_buf_put32le(restream_buf_t *b, uint32_t v)
{
    uint8_t  *p;

    p = restream_buf_take(b, 4);
    if (p == NULL) {
        return;
    }

    p[0] = (uint8_t) v;
    p[1] = (uint8_t) (v >> 8);
    p[2] = (uint8_t) (v >> 16);
    p[3] = (uint8_t) (v >> 24);
}


void
restream_buf_put64(restream_buf_t *b, uint64_t v)
{
    unsigned   i;
    uint8_t   *p;

    p = restream_buf_take(b, 8);
    if (p == NULL) {
        return;
    }

    for (i = 0; i < 8; i++) {
        p[i] = (uint8_t) (v >> (56 - 8 * i));
    }
}


void
restream_buf_put(restream_buf_t *b, const void *data, size_t size)
{
    uint8_t  *p;

    p = restream_buf_take(b, size);

    /* data may be NULL where there is none, which memcpy() forbids */

    if (p == NULL || size == 0) {
        return;
    }

    memcpy(p, data, size);
}


/*
 * Room for size bytes, or NULL.  After an overflow there is none any more,
 * however little is asked: a later write must not fill the gap.
 */

static uint8_t *
restream_buf_take(restream_buf_t *b, size_t size)
{
    uint8_t  *p;

    if (b->overflow || size > (size_t) (b->end - b->last)) {
        b->overflow = 1;
        return NULL;
    }

    p = b->last;
    b->last += size;

    return p;
}
