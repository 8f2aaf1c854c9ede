/*
 * The client's simple handshake, against any split of the server's bytes.
 */

#include "lib/restream_handshake.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>


#define C0C1    (1 + RESTREAM_HANDSHAKE_SIZE)
#define S0S1    (1 + RESTREAM_HANDSHAKE_SIZE)
#define S0S1S2  (S0S1 + RESTREAM_HANDSHAKE_SIZE)


static void start(void);
static void read_in_pieces(size_t piece);
static void read_split(void);
static void read_a_wrong_version(void);
static void make_server(uint8_t *out);
static int feed(restream_handshake_t *hs, const uint8_t *data, size_t size,
    size_t *taken, restream_buf_t *b);


int
main(void)
{
    static const size_t  pieces[] = {
        1, 2, 3, 7, 1459, S0S1 - 1, S0S1, S0S1 + 1, S0S1S2 - 1, S0S1S2
    };

    size_t  i;

    start();

    for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        read_in_pieces(pieces[i]);
    }

    read_split();
    read_a_wrong_version();

    return done_testing();
}


static void
start(void)
{
    uint8_t               one[C0C1], other[C0C1], zero[C0C1];
    restream_buf_t        b;
    restream_handshake_t  hs;

    memset(&hs, 0xff, sizeof(hs));

    restream_buf_init(&b, one, sizeof(one));
    restream_handshake_start(&hs, 0x12345678, &b);

    is_uint(b.last - b.start, C0C1, "C0 and C1 have 1537 bytes");
    ok(!b.overflow, "C0 and C1 fit them");
    is_mem(one, 9, "\x03\0\0\0\0\0\0\0\0", 9,
           "C0 is version 3, C1 has no time and no version");
    is_uint(hs.received, 0, "nothing has been received");

    restream_buf_init(&b, other, sizeof(other));
    restream_handshake_start(&hs, 0x12345679, &b);

    ok(memcmp(one + 9, other + 9, C0C1 - 9) != 0,
       "another seed makes another filler");

    restream_buf_init(&b, zero, sizeof(zero));
    restream_handshake_start(&hs, 0, &b);

    ok(memcmp(zero + 9, zero + 13, C0C1 - 13) != 0,
       "a seed of 0 makes a filler too");

    restream_buf_init(&b, one, C0C1 - 1);
    restream_handshake_start(&hs, 1, &b);

    ok(b.overflow, "C1 does not fit less");
}


/* C2 comes with the last byte of S1, DONE with the last byte of S2 */

static void
read_in_pieces(size_t piece)
{
    int                   rc;
    size_t                n, pos, taken;
    uint8_t               server[S0S1S2 + 4], client[C0C1];
    restream_buf_t        b;
    restream_handshake_t  hs;

    make_server(server);

    restream_buf_init(&b, client, sizeof(client));
    restream_handshake_start(&hs, 1, &b);
    restream_buf_init(&b, client, sizeof(client));

    rc = RESTREAM_AGAIN;

    for (pos = 0; pos < S0S1S2; pos += taken) {
        n = sizeof(server) - pos;
        if (n > piece) {
            n = piece;
        }

        rc = feed(&hs, server + pos, n, &taken, &b);

        if (rc == RESTREAM_DONE || taken != n
            || (b.last != b.start) != (pos + n >= S0S1))
        {
            pos += taken;
            break;
        }
    }

    is_uint(pos, S0S1S2, "pieces of %zu: all of S0, S1, S2 is taken", piece);
    ok(rc == RESTREAM_DONE, "pieces of %zu: then it is done", piece);
    is_mem(b.start, b.last - b.start, server + 1, RESTREAM_HANDSHAKE_SIZE,
           "pieces of %zu: C2 echoes S1, once", piece);

    rc = feed(&hs, server, 4, &taken, &b);
    ok(rc == RESTREAM_DONE && taken == 0,
       "pieces of %zu: what follows is not taken", piece);
}


static void
read_split(void)
{
    size_t                at, rest, taken;
    uint8_t               server[S0S1S2 + 4], client[C0C1];
    restream_buf_t        b;
    restream_handshake_t  hs;

    make_server(server);

    for (at = 0; at < S0S1S2; at++) {
        restream_buf_init(&b, client, sizeof(client));
        restream_handshake_start(&hs, 1, &b);
        restream_buf_init(&b, client, sizeof(client));

        if (feed(&hs, server, at, &taken, &b) != RESTREAM_AGAIN
            || taken != at
            || feed(&hs, server + at, sizeof(server) - at, &rest, &b)
               != RESTREAM_DONE
            || at + rest != S0S1S2
            || b.last - b.start != RESTREAM_HANDSHAKE_SIZE
            || memcmp(b.start, server + 1, RESTREAM_HANDSHAKE_SIZE) != 0)
        {
            break;
        }
    }

    is_uint(at, S0S1S2, "split at any byte, it is the same handshake");
}


static void
read_a_wrong_version(void)
{
    size_t                taken;
    uint8_t               client[C0C1];
    restream_buf_t        b;
    restream_handshake_t  hs;

    static const char  http[] = "HTTP/1.1 400 Bad Request\r\n";

    restream_buf_init(&b, client, sizeof(client));
    restream_handshake_start(&hs, 1, &b);
    restream_buf_init(&b, client, sizeof(client));

    ok(feed(&hs, (const uint8_t *) http, 0, &taken, &b) == RESTREAM_AGAIN,
       "no input needs more");
    ok(feed(&hs, (const uint8_t *) http, sizeof(http) - 1, &taken, &b)
       == RESTREAM_ERROR, "an HTTP server is no RTMP server");
    ok(b.last == b.start, "it gets no C2");
}


/* S0, S1 and S2 of different bytes, and four bytes of the chunk stream */

static void
make_server(uint8_t *out)
{
    size_t  i;

    out[0] = 3;

    for (i = 1; i < S0S1S2 + 4; i++) {
        out[i] = (uint8_t) (i * 7 + i / 256);
    }
}


/* Reads from memory of exactly that size. */

static int
feed(restream_handshake_t *hs, const uint8_t *data, size_t size,
    size_t *taken, restream_buf_t *b)
{
    int             rc;
    uint8_t        *copy;
    const uint8_t  *p;

    copy = malloc(size);
    if (copy == NULL) {
        *taken = 0;
        return RESTREAM_ERROR;
    }

    memcpy(copy, data, size);

    p = copy;
    rc = restream_handshake_read(hs, &p, copy + size, b);
    *taken = p - copy;

    free(copy);

    return rc;
}
