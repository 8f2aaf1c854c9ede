/*
 * The client's side of the simple RTMP handshake (RTMP 1.0, 5.2).
 *
 * C1 carries a zero version, so that no server expects a digest; S1 is echoed
 * as C2; what S2 says is not checked, because servers differ.
 */

#ifndef _RESTREAM_HANDSHAKE_H_INCLUDED_
#define _RESTREAM_HANDSHAKE_H_INCLUDED_


#include "restream_buf.h"


#define RESTREAM_HANDSHAKE_SIZE  1536

typedef struct {
    uint32_t   received;                /* bytes of S0, S1 and S2 so far */
    uint8_t    s1[RESTREAM_HANDSHAKE_SIZE];
} restream_handshake_t;


/*
 * Writes C0 and C1: 1537 bytes.  seed makes the filler, which is no secret.
 * hs is zeroed here.
 */
void restream_handshake_start(restream_handshake_t *hs, uint32_t seed,
    restream_buf_t *b);

/*
 * Takes S0, S1 and S2 in any split.  Writes C2 to b when S1 is complete.
 *
 * in    *p..last  bytes as received; *p moves behind what was taken
 * ret   DONE      S2 is complete, the chunk stream begins at *p
 *       AGAIN     all input is taken, need more
 *       ERROR     S0 is not version 3: this is no RTMP server
 */
int restream_handshake_read(restream_handshake_t *hs, const uint8_t **p,
    const uint8_t *last, restream_buf_t *b);


#endif /* _RESTREAM_HANDSHAKE_H_INCLUDED_ */
