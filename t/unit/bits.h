/*
 * Bits and codes of codec configurations, written into a memory of a test.
 */

#ifndef _BITS_H_INCLUDED_
#define _BITS_H_INCLUDED_


#include <stdint.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    uint8_t  data[4096];
    size_t   n;                 /* bits */
} bits_t;


static inline void
put(bits_t *b, unsigned n, uint32_t v)
{
    while (n--) {

        if (b->n % 8 == 0) {
            b->data[b->n / 8] = 0;
        }

        b->data[b->n / 8] |= (v >> n & 1) << (7 - b->n % 8);
        b->n++;
    }
}


static inline void
put_ue(bits_t *b, uint32_t v)
{
    unsigned  n;

    for (n = 0; ((uint64_t) v + 1) >> (n + 1); n++) { /* void */ }

    put(b, n, 0);
    put(b, 1, 1);
    put(b, n, v + 1);
}


static inline void
put_se(bits_t *b, int32_t v)
{
    put_ue(b, v > 0 ? 2 * (uint32_t) v - 1 : (uint32_t) - v * 2);
}


static inline size_t
put_size(const bits_t *b)
{
    return (b->n + 7) / 8;
}


/* n bytes as a NAL unit holds them */

static inline size_t
put_nal(uint8_t *out, const uint8_t *data, size_t n)
{
    size_t    i, len;
    unsigned  zeros;

    len = 0;
    zeros = 0;

    for (i = 0; i < n; i++) {

        if (zeros == 2 && data[i] <= 3) {
            out[len++] = 3;
            zeros = 0;
        }

        zeros = data[i] ? 0 : zeros + 1;
        out[len++] = data[i];
    }

    return len;
}


/* "01 6e 00": the bytes, in memory of their exact size, which is the caller's
 * to free */

static inline uint8_t *
hex(const char *text, size_t *size)
{
    size_t    n;
    char      digits[3];
    uint8_t  *data;

    data = malloc(strlen(text) / 2 + 1);
    digits[2] = '\0';

    for (n = 0; *text; text++) {

        if (*text != ' ') {
            memcpy(digits, text++, 2);
            data[n++] = (uint8_t) strtoul(digits, NULL, 16);
        }
    }

    *size = n;

    return realloc(data, n ? n : 1);
}


#endif /* _BITS_H_INCLUDED_ */
