/*
 * One reader of a ring, and what it writes: RTMP messages, cut into chunks, as
 * slices of shared payload and a few header bytes of its own.
 *
 * Nothing is built ahead.  restream_cursor_fill() lays out the next bytes in
 * scratch memory that all cursors of a worker share; whatever part of them the
 * socket took is told to restream_cursor_sent(), and the next fill starts at
 * exactly that byte.  A cursor that waits holds at most the one frame that it
 * has begun to send, or the headers that it repeats.
 *
 *     ring    [21][K22][23][24][25]
 *                        |
 *     cursor             seq, sent bytes of it
 *                        |
 *     iov     |header|payload of 24 .....|c|..|header|payload of 25|
 *
 * Owned by an output, one per connection: restream_cursor_start() begins a new
 * time line at 0.
 */

#ifndef _RESTREAM_CURSOR_H_INCLUDED_
#define _RESTREAM_CURSOR_H_INCLUDED_


#include <sys/uio.h>

#include "restream_chunk.h"
#include "restream_ring.h"


#define RESTREAM_CURSOR_IOVS      128
#define RESTREAM_CURSOR_MESSAGES  (RESTREAM_CURSOR_IOVS / 2)


/* one message as it goes out */

typedef struct {
    restream_frame_t    *frame;         /* a reference only in cursor->begun */
    uint64_t             ts;            /* ms on this connection's time line */
    uint32_t             wire_size;     /* all chunks with their headers */
    uint32_t             iov;           /* its first slice in the scratch */
    uint8_t              header[RESTREAM_CHUNK_HEADER_MAX];
    uint8_t              header_len;
    uint8_t              next[5];       /* type 3 header of further chunks */
    uint8_t              next_len;
    uint8_t              kind;          /* restream_flv_kind_e */
    unsigned             from_headers:1; /* repeats cached headers, does not
                                            move seq */
} restream_cursor_msg_t;


typedef struct {
    struct iovec            iov[RESTREAM_CURSOR_IOVS];
    restream_cursor_msg_t   msgs[RESTREAM_CURSOR_MESSAGES];
    uint32_t                niov;
    uint32_t                nmsgs;
    uint32_t                skip;       /* bytes of msgs[0] that were sent
                                           before */
    size_t                  size;       /* bytes in iov */
    uint64_t                base;       /* for the cursor, once it is sent */
} restream_cursor_scratch_t;


typedef struct {
    restream_ring_t         *ring;      /* borrowed; outlives the cursor */
    uint64_t                 seq;       /* next frame to begin */
    uint64_t                 until;     /* frame not to be begun any more, set
                                           by the owner; RESTREAM_RING_NONE
                                           after restream_cursor_start() */
    uint64_t                 base;      /* dts that is 0 on the wire */
    uint64_t                 last[RESTREAM_FLV_KINDS];  /* ts sent */
    restream_ring_count_t    passed;    /* ring's totals at seq */
    restream_ring_count_t    sent;      /* frames finished */
    restream_ring_count_t    dropped;   /* frames jumped over */
    restream_headers_t      *headers;   /* to be sent before seq; a reference */
    uint32_t                 header_i;  /* next of them */
    uint32_t                 epoch;     /* headers the peer has; 0: none */
    restream_cursor_msg_t    begun;     /* begun.frame: reference, or NULL */
    uint32_t                 begun_sent;    /* bytes of its wire_size */
    uint32_t                 chunk_size;
    uint32_t                 msid;
    uint8_t                  open;      /* bit per kind: had its type 0 */
    unsigned                 started:1; /* base is set */
    unsigned                 waiting_key:1;
} restream_cursor_t;


/*
 * Begins a connection.
 *
 * in    seq       a key frame to start at, or RESTREAM_RING_NONE: at the newest
 *                 one, or the first to come (also when seq is not in the ring)
 * The counters sent and dropped go on from the connection before; the struct
 * is zeroed by its owner once.
 */
void restream_cursor_start(restream_cursor_t *cur, restream_ring_t *ring,
    uint64_t seq, uint32_t chunk_size, uint32_t msid);

/* Releases what the cursor holds; restream_cursor_start() may follow. */
void restream_cursor_stop(restream_cursor_t *cur);

/*
 * Lays out what comes next, up to the scratch's room.
 *
 * in    begun_only 1: no further than the message that is begun, because
 *                 something else has to go out between two messages
 * out   *sc       iov, niov and size; borrows ring and cursor until either
 *                 changes
 * ret   OK        there is something to send
 *       AGAIN     nothing: caught up, come to until, or waiting for a key frame
 *
 * A cursor that fell off the tail jumps here to the newest key frame and counts
 * what it skipped; headers go out again if they changed on the way.
 */
int restream_cursor_fill(restream_cursor_t *cur, restream_cursor_scratch_t *sc,
    int begun_only);

/*
 * n of the bytes that fill laid out have been sent, or more, up to the end of
 * the last message.  Must be called between two fills, also with 0.
 */
void restream_cursor_sent(restream_cursor_t *cur,
    const restream_cursor_scratch_t *sc, size_t n);

/* 1: something is begun and not finished, or there is more in the ring */
int restream_cursor_pending(const restream_cursor_t *cur);

/* 1: the frame that it has begun is one that the ring has lent */
#define restream_cursor_lent(cur)                                             \
    ((cur)->begun.frame != NULL && (cur)->begun.frame->lent)

/* how far behind the newest frame, ms; 0 when caught up or not started */
uint64_t restream_cursor_lag(const restream_cursor_t *cur);


#endif /* _RESTREAM_CURSOR_H_INCLUDED_ */
