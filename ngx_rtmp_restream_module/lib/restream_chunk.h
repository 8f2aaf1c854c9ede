/*
 * The RTMP chunk stream (RTMP 1.0, 5.3): a resumable reader of what a server
 * sends, and the headers of what we send.
 *
 * The reader owns the payload buffers of unfinished messages (malloc, together
 * at most RESTREAM_CHUNK_MAX_BUFFERED).  The writer owns nothing.
 */

#ifndef _RESTREAM_CHUNK_H_INCLUDED_
#define _RESTREAM_CHUNK_H_INCLUDED_


#include "restream_buf.h"


#define RESTREAM_MSG_CHUNK_SIZE       1
#define RESTREAM_MSG_ABORT            2
#define RESTREAM_MSG_ACK              3
#define RESTREAM_MSG_USER_CONTROL     4
#define RESTREAM_MSG_WINDOW_ACK_SIZE  5
#define RESTREAM_MSG_PEER_BANDWIDTH   6
#define RESTREAM_MSG_AUDIO            8
#define RESTREAM_MSG_VIDEO            9
#define RESTREAM_MSG_AMF3_DATA        15
#define RESTREAM_MSG_AMF3_COMMAND     17
#define RESTREAM_MSG_AMF0_DATA        18
#define RESTREAM_MSG_AMF0_COMMAND     20

/* the chunk streams that we send on */

#define RESTREAM_CSID_CONTROL         2
#define RESTREAM_CSID_COMMAND         3
#define RESTREAM_CSID_AUDIO           4
#define RESTREAM_CSID_DATA            5         /* publish and data messages */
#define RESTREAM_CSID_VIDEO           6

#define RESTREAM_CHUNK_SIZE_DEFAULT   128
#define RESTREAM_CHUNK_SIZE_MAX       0xffffff
#define RESTREAM_CHUNK_MAX_STREAMS    16        /* chunk streams per reader */
#define RESTREAM_CHUNK_MAX_BUFFERED   32768     /* bytes, unfinished messages */
#define RESTREAM_CHUNK_HEADER_MAX     18        /* basic 3, message 11, ext 4 */
#define RESTREAM_CHUNK_HEADER_DELTA   8         /* type 1: basic 1, message 7 */


typedef struct {
    uint32_t   csid;            /* 2..65599 */
    uint32_t   msid;
    uint32_t   timestamp;       /* ms, absolute */
    uint32_t   size;            /* payload, bytes */
    uint8_t    type;            /* RESTREAM_MSG_* */
    uint8_t   *data;            /* payload; owned by the reader until its next
                                   call; never NULL */
} restream_chunk_msg_t;


typedef struct {
    uint32_t   csid;            /* 0: unused */
    uint32_t   msid;
    uint32_t   timestamp;
    uint32_t   delta;           /* last delta, or last absolute after type 0 */
    uint32_t   size;            /* message length */
    uint32_t   received;        /* bytes of the message so far */
    uint8_t    type;
    uint8_t    extended;        /* last type 0..2 header carried 0xffffff */
    uint8_t   *data;            /* malloc, size bytes; NULL between messages */
} restream_chunk_stream_t;


typedef struct {
    restream_chunk_stream_t   streams[RESTREAM_CHUNK_MAX_STREAMS];
    restream_chunk_stream_t  *current;  /* inside a chunk's payload */
    restream_chunk_stream_t  *finished; /* its data was lent to the caller */
    uint32_t                  chunk_size;    /* of the peer */
    uint32_t                  chunk_left;    /* payload bytes left in chunk */
    uint32_t                  buffered;      /* bytes in unfinished messages */
    uint8_t                   header[RESTREAM_CHUNK_HEADER_MAX];
    uint8_t                   header_len;    /* bytes of it so far */
    const char               *err;           /* set with ERROR: in words */
} restream_chunk_reader_t;


void restream_chunk_reader_init(restream_chunk_reader_t *r);

/* frees what unfinished messages hold; may be called at any time, twice too */
void restream_chunk_reader_cleanup(restream_chunk_reader_t *r);

/*
 * Reads up to the end of one message.  Feed any split of the stream; call
 * again while it returns DONE.  SetChunkSize and Abort are obeyed inside, and
 * returned like any other message; a chunk size above RESTREAM_CHUNK_SIZE_MAX
 * counts as that.  An extended timestamp is expected to be repeated in type 3
 * chunks when the four bytes equal it, else it is taken to be payload.
 *
 * in    *p..last  bytes as received, borrowed; *p moves behind what was taken
 * out   *msg      set on DONE
 * ret   DONE      a message is complete
 *       AGAIN     all input is taken, need more
 *       ERROR     protocol error, r->err says which; r must be cleaned up
 * limit the unfinished messages together <= RESTREAM_CHUNK_MAX_BUFFERED bytes,
 *       RESTREAM_CHUNK_MAX_STREAMS chunk streams
 */
int restream_chunk_read(restream_chunk_reader_t *r, const uint8_t **p,
    const uint8_t *last, restream_chunk_msg_t *msg);


/*
 * Writes the header of a message's first chunk.
 *
 * in    fmt       0: timestamp is absolute; 1: it is the delta to the message
 *                 before on the same csid, which must have the same msid
 *       csid      2..63
 * ret   bytes written, at most RESTREAM_CHUNK_HEADER_MAX
 */
size_t restream_chunk_put_header(uint8_t *out, unsigned fmt, unsigned csid,
    uint32_t timestamp, uint32_t size, uint8_t type, uint32_t msid);

/*
 * Writes the type 3 header of a message's further chunks; the extended
 * timestamp repeats when the first chunk had one (timestamp as given there).
 *
 * ret   bytes written: 1 or 5
 */
size_t restream_chunk_put_continuation(uint8_t *out, unsigned csid,
    uint32_t timestamp);

/*
 * Writes a whole message with an absolute timestamp of 0, split into chunks
 * of chunk_size (at least 1), to b.  More than 16777215 bytes set overflow.
 */
void restream_chunk_put_message(restream_buf_t *b, unsigned csid, uint8_t type,
    uint32_t msid, const uint8_t *data, size_t size, uint32_t chunk_size);


#endif /* _RESTREAM_CHUNK_H_INCLUDED_ */
