/*
 * Bounded big-endian writing into memory of the caller.
 *
 * A write that does not fit writes nothing and sets overflow, which sticks: no
 * later write writes anything either.  So a run of writes is checked once, at
 * its end.
 */

#ifndef _RESTREAM_BUF_H_INCLUDED_
#define _RESTREAM_BUF_H_INCLUDED_


#include "restream.h"


typedef struct {
    uint8_t   *start;
    uint8_t   *last;            /* next byte to write */
    uint8_t   *end;
    unsigned   overflow:1;
} restream_buf_t;


void restream_buf_init(restream_buf_t *b, uint8_t *start, size_t size);

void restream_buf_put8(restream_buf_t *b, uint8_t v);
void restream_buf_put16(restream_buf_t *b, uint16_t v);
void restream_buf_put24(restream_buf_t *b, uint32_t v);
void restream_buf_put32(restream_buf_t *b, uint32_t v);
void restream_buf_put32le(restream_buf_t *b, uint32_t v);
void restream_buf_put64(restream_buf_t *b, uint64_t v);
void restream_buf_put(restream_buf_t *b, const void *data, size_t size);


/* reads; the caller has checked that the bytes are there */

#define restream_get16(p)                                                     \
    ((uint16_t) (((uint16_t) (p)[0] << 8) | (p)[1]))

#define restream_get24(p)                                                     \
    (((uint32_t) (p)[0] << 16) | ((uint32_t) (p)[1] << 8) | (p)[2])

#define restream_get32(p)                                                     \
    (((uint32_t) (p)[0] << 24) | ((uint32_t) (p)[1] << 16)                    \
     | ((uint32_t) (p)[2] << 8) | (p)[3])

#define restream_get32le(p)                                                   \
    (((uint32_t) (p)[3] << 24) | ((uint32_t) (p)[2] << 16)                    \
     | ((uint32_t) (p)[1] << 8) | (p)[0])


#endif /* _RESTREAM_BUF_H_INCLUDED_ */
