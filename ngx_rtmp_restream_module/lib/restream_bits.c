/*
 * Bounded reading bit by bit.
 */

#include "restream_bits.h"

#include <string.h>


static int restream_bits_next(restream_bits_t *b);
static void restream_bits_fail(restream_bits_t *b);


void
restream_bits_init(restream_bits_t *b, const uint8_t *data, size_t size)
{
    memset(b, 0, sizeof(restream_bits_t));

    b->p = data;
    b->last = data + size;
}


void
restream_bits_init_nal(restream_bits_t *b, const uint8_t *data, size_t size)
{
    restream_bits_init(b, data, size);

    b->nal = 1;
}


uint32_t
restream_bits_read(restream_bits_t *b, unsigned n)
{
    unsigned  take;
    uint64_t  v;

    v = 0;

    while (n) {

        if (b->left == 0 && restream_bits_next(b) != RESTREAM_OK) {
            return 0;
        }

        take = n < b->left ? n : b->left;

        b->left -= take;
        n -= take;

        v = v << take | (b->byte >> b->left & ((1u << take) - 1));
    }

    return (uint32_t) v;
}


void
restream_bits_skip(restream_bits_t *b, unsigned n)
{
    for ( /* void */ ; n > 32; n -= 32) {
        (void) restream_bits_read(b, 32);
    }

    (void) restream_bits_read(b, n);
}


void
restream_bits_align(restream_bits_t *b)
{
    b->left = 0;
}


size_t
restream_bits_left(const restream_bits_t *b)
{
    return (size_t) (b->last - b->p) * 8 + b->left;
}


uint32_t
restream_bits_ue(restream_bits_t *b)
{
    uint32_t  v;
    unsigned  zeros;

    for (zeros = 0; restream_bits_read(b, 1) == 0; zeros++) {

        if (b->overflow || zeros == 31) {
            restream_bits_fail(b);
            return 0;
        }
    }

    v = restream_bits_read(b, zeros);

    return b->overflow ? 0 : ((1u << zeros) | v) - 1;
}


int32_t
restream_bits_se(restream_bits_t *b)
{
    uint32_t  v;

    v = restream_bits_ue(b);

    return (v & 1) ? (int32_t) (v / 2) + 1 : - (int32_t) (v / 2);
}


static int
restream_bits_next(restream_bits_t *b)
{
    /* 00 00 03: the third byte was put in, so that no start code came about */

    if (b->nal && b->zeros == 2 && b->p < b->last && *b->p == 3) {
        b->zeros = 0;
        b->p++;
    }

    if (b->p == b->last) {
        restream_bits_fail(b);
        return RESTREAM_ERROR;
    }

    b->byte = *b->p++;
    b->left = 8;

    if (b->byte) {
        b->zeros = 0;

    } else if (b->zeros < 2) {
        b->zeros++;
    }

    return RESTREAM_OK;
}


/* nothing is left, so that every read from now on fails, too */

static void
restream_bits_fail(restream_bits_t *b)
{
    b->p = b->last;
    b->left = 0;
    b->overflow = 1;
}
