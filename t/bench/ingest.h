/*
 * The receiving side of RTMP, as cheap as it gets: answers the dialogue of a
 * publisher and goes through the chunks of its media without keeping them.
 *
 * Sans-I/O: bytes in; answers, and the beginning of each media message out.
 * It believes its peer, being only ever connected to the machine it runs on.
 */

#ifndef _BENCH_INGEST_H_INCLUDED_
#define _BENCH_INGEST_H_INCLUDED_


#include "lib/restream_chunk.h"
#include "lib/restream_handshake.h"


#define INGEST_BEGINNING    128         /* bytes kept of a message */
#define INGEST_STREAMS      64          /* csid 2..63 */
#define INGEST_OUTPUT       8192
#define INGEST_CHUNK_SIZE   4096        /* announced to the publisher */
#define INGEST_WINDOW       2500000     /* bytes, acknowledged one by one */


typedef struct {
    uint8_t           type;
    uint8_t           extended;         /* the last header had a timestamp of
                                           four more bytes */
    uint32_t          size;             /* bytes of the message */
    uint32_t          received;         /* of them so far */
    uint8_t           beginning[INGEST_BEGINNING];
} ingest_stream_t;


typedef struct {
    uint32_t          handshake;        /* bytes received, until it is done */
    uint32_t          chunk_size;       /* the publisher's */
    uint32_t          chunk_left;       /* payload bytes to come */
    uint32_t          header_len;
    uint8_t           header[RESTREAM_CHUNK_HEADER_MAX];
    uint8_t           c1[RESTREAM_HANDSHAKE_SIZE];
    ingest_stream_t   streams[INGEST_STREAMS];
    ingest_stream_t  *current;          /* whose chunk is being received */
    uint32_t          received;         /* bytes, wraps as in the protocol */
    uint32_t          acknowledged;
    restream_buf_t    output;           /* answers: the caller sends and
                                           empties it */
    uint8_t           memory[INGEST_OUTPUT];
} ingest_t;


void ingest_init(ingest_t *in);

/*
 * Takes what the publisher sent, up to the end of one media message.
 *
 * in    *p..last  any split of the stream; *p moves behind what was taken
 * out   *msg      on DONE: an audio or video message; its beginning is valid
 *                 until the next call
 * ret   DONE      call again
 *       AGAIN     all input is taken
 *       ERROR     not RTMP, or a chunk stream that we do not keep
 */
int ingest_read(ingest_t *in, const uint8_t **p, const uint8_t *last,
    const ingest_stream_t **msg);


#endif /* _BENCH_INGEST_H_INCLUDED_ */
