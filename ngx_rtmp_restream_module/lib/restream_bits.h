/*
 * Bounded reading bit by bit, highest bit first, as codec configurations are
 * written; of a NAL unit without its emulation prevention bytes.
 *
 * A read beyond the end gives 0 and sets overflow, which sticks.  So a run of
 * reads is checked once, at its end; only a loop whose count was read needs a
 * limit of its own.
 */

#ifndef _RESTREAM_BITS_H_INCLUDED_
#define _RESTREAM_BITS_H_INCLUDED_


#include "restream.h"


typedef struct {
    const uint8_t  *p;          /* next byte; borrowed */
    const uint8_t  *last;
    uint8_t         byte;       /* the one that is being read */
    uint8_t         left;       /* bits of it that are not read yet */
    uint8_t         zeros;      /* bytes of 0 just read, 2 at most */
    unsigned        nal:1;
    unsigned        overflow:1;
} restream_bits_t;


void restream_bits_init(restream_bits_t *b, const uint8_t *data, size_t size);

/* a NAL unit, its header included (src: H.264, 7.3.1; H.265, 7.3.1.1) */
void restream_bits_init_nal(restream_bits_t *b, const uint8_t *data,
    size_t size);

/* n bits, 0 to 32 */
uint32_t restream_bits_read(restream_bits_t *b, unsigned n);
void restream_bits_skip(restream_bits_t *b, unsigned n);

/* to the next whole byte */
void restream_bits_align(restream_bits_t *b);

/* not yet read; of a NAL unit: with its emulation prevention bytes */
size_t restream_bits_left(const restream_bits_t *b);

/* Exponential Golomb codes, ue(v) and se(v) (src: H.264, 9.1).  One that does
 * not fit into 32 bits is 0 and sets overflow. */
uint32_t restream_bits_ue(restream_bits_t *b);
int32_t restream_bits_se(restream_bits_t *b);


#endif /* _RESTREAM_BITS_H_INCLUDED_ */
