/*
 * How far a peer's TCP has acknowledged what was written, told in frames.
 *
 * Writes leave marks (bytes given to the socket, frames wholly among them); a
 * sample of the acknowledged bytes moves past the marks that it covers.  Where
 * marks are merged for room, the answer is an earlier frame, never a later one.
 */

#ifndef _RESTREAM_ACK_H_INCLUDED_
#define _RESTREAM_ACK_H_INCLUDED_


#include "restream.h"


#define RESTREAM_ACK_MARKS   32
#define RESTREAM_ACK_MARGIN  200        /* ms: a sample, at least */


typedef struct {
    uint64_t   bytes;
    uint64_t   seq;
} restream_ack_mark_t;


typedef struct {
    restream_ack_mark_t   marks[RESTREAM_ACK_MARKS];
    uint32_t              n;
    uint64_t              bytes;        /* acknowledged, newest sample */
    uint64_t              seq;          /* frames before it are acknowledged */
    uint64_t              settled;      /* seq of RESTREAM_ACK_MARGIN ago */
    uint64_t              candidate;    /* becomes settled at settles_at */
    uint64_t              settles_at;   /* monotonic, ms */
} restream_ack_t;


/* seq: the first frame that this connection will send */
void restream_ack_start(restream_ack_t *ack, uint64_t seq, uint64_t now);

/* bytes have been given to the socket in all; frames before seq are wholly
 * among them */
void restream_ack_mark(restream_ack_t *ack, uint64_t bytes, uint64_t seq);

/* ret   1: more bytes are acknowledged than at the sample before */
int restream_ack_sample(restream_ack_t *ack, uint64_t bytes, uint64_t now);


/*
 * Where a new connection resumes is the key frame at or before this: what the
 * peer's kernel acknowledged just before the connection broke, its program may
 * not have read.
 */
#define restream_ack_resume(ack)  ((ack)->settled)


#endif /* _RESTREAM_ACK_H_INCLUDED_ */
