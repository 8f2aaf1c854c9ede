/*
 * The simple handshake: C0 C1 out, S0 S1 S2 in, C2 out.  No socket, no clock,
 * no allocation.
 */

#include "restream_handshake.h"

#include <string.h>


#define RESTREAM_HANDSHAKE_VERSION  3

/* what has been received when ... is complete */
#define RESTREAM_HANDSHAKE_S0  1
#define RESTREAM_HANDSHAKE_S1  (RESTREAM_HANDSHAKE_S0 + RESTREAM_HANDSHAKE_SIZE)
#define RESTREAM_HANDSHAKE_S2  (RESTREAM_HANDSHAKE_S1 + RESTREAM_HANDSHAKE_SIZE)


static size_t restream_handshake_take(restream_handshake_t *hs,
    const uint8_t **p, const uint8_t *last, uint32_t upto);


void
restream_handshake_start(restream_handshake_t *hs, uint32_t seed,
    restream_buf_t *b)
{
    unsigned  i;
    uint32_t  x;

    memset(hs, 0, sizeof(restream_handshake_t));

    restream_buf_put8(b, RESTREAM_HANDSHAKE_VERSION);

    restream_buf_put32(b, 0);           /* time */
    restream_buf_put32(b, 0);           /* version: no digest */

    /* xorshift, which a state of zero would never leave */

    x = seed ? seed : 1;

    for (i = 8; i < RESTREAM_HANDSHAKE_SIZE; i += 4) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;

        restream_buf_put32(b, x);
    }
}


int
restream_handshake_read(restream_handshake_t *hs, const uint8_t **p,
    const uint8_t *last, restream_buf_t *b)
{
    size_t          n, at;
    const uint8_t  *data;

    if (hs->received < RESTREAM_HANDSHAKE_S0) {
        data = *p;
        n = restream_handshake_take(hs, p, last, RESTREAM_HANDSHAKE_S0);

        if (n && data[0] != RESTREAM_HANDSHAKE_VERSION) {
            return RESTREAM_ERROR;
        }
    }

    if (hs->received >= RESTREAM_HANDSHAKE_S0
        && hs->received < RESTREAM_HANDSHAKE_S1)
    {
        data = *p;
        at = hs->received - RESTREAM_HANDSHAKE_S0;
        n = restream_handshake_take(hs, p, last, RESTREAM_HANDSHAKE_S1);

        if (n) {
            memcpy(hs->s1 + at, data, n);
        }

        if (hs->received == RESTREAM_HANDSHAKE_S1) {
            restream_buf_put(b, hs->s1, RESTREAM_HANDSHAKE_SIZE);
        }
    }

    if (hs->received >= RESTREAM_HANDSHAKE_S1) {
        restream_handshake_take(hs, p, last, RESTREAM_HANDSHAKE_S2);
    }

    return hs->received == RESTREAM_HANDSHAKE_S2 ? RESTREAM_DONE
                                                 : RESTREAM_AGAIN;
}


/* Counts what there is, until upto bytes have been received in all. */

static size_t
restream_handshake_take(restream_handshake_t *hs, const uint8_t **p,
    const uint8_t *last, uint32_t upto)
{
    size_t  n;

    n = upto - hs->received;

    if (n > (size_t) (last - *p)) {
        n = last - *p;
    }

    *p += n;
    hs->received += (uint32_t) n;

    return n;
}
