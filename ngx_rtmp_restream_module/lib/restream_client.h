/*
 * The publishing side of RTMP as a state machine: bytes in, bytes and events
 * out.  No socket, no clock.  It knows the dialogue; it never carries media.
 *
 *     C0 C1, S0 S1 S2, C2 . SetChunkSize, connect . releaseStream, FCPublish,
 *     createStream . publish . NetStream.Publish.Start
 *
 * Owned by the connection attempt that drives it.  Allocates its handshake and
 * output buffers (malloc), the strings of its last event and the reader's
 * payloads; all are freed by restream_client_cleanup().  Strings in
 * restream_client_conf_t are borrowed until then.
 */

#ifndef _RESTREAM_CLIENT_H_INCLUDED_
#define _RESTREAM_CLIENT_H_INCLUDED_


#include "restream_chunk.h"
#include "restream_handshake.h"


#define RESTREAM_CLIENT_MAX_OUTPUT     65536    /* bytes waiting to be sent */
#define RESTREAM_CLIENT_MAX_CODE       128      /* kept of a server's code */
#define RESTREAM_CLIENT_MAX_TEXT       256      /* and of its description */
#define RESTREAM_CLIENT_MAX_QUERY      1024     /* authentication suffix */
#define RESTREAM_CLIENT_MAX_URL        2048     /* redirect target */


typedef void (*restream_md5_pt)(const void *data, size_t size, uint8_t *out);


typedef struct {
    restream_str_t    app;              /* without a leading slash */
    restream_str_t    tc_url;           /* with its true scheme */
    restream_str_t    key;              /* the stream name that is published */
    restream_str_t    user;             /* empty: no authentication; any bytes,
                                           not percent-encoded */
    restream_str_t    password;         /* any bytes, not percent-encoded */
    restream_str_t    query;            /* of the RESTREAM_CLIENT_AUTHENTICATE
                                           event before, appended to app and
                                           tcUrl; else empty */
    uint32_t          chunk_size;       /* ours, 128..16777215 bytes */
    uint32_t          seed;             /* filler of C1 */
    uint8_t           nonce[4];         /* random, for authentication */
    restream_md5_pt   md5;              /* 16 bytes to out */
} restream_client_conf_t;


typedef enum {
    RESTREAM_CLIENT_PUBLISHED = 1,      /* Publish.Start: media may be sent */
    RESTREAM_CLIENT_REJECTED,           /* code, text: the server said no */
    RESTREAM_CLIENT_AUTHENTICATE,       /* connect anew with query */
    RESTREAM_CLIENT_REDIRECT,           /* connect anew to url (code 302) */
    RESTREAM_CLIENT_RECONNECT,          /* after the next key frame, connect to
                                           url; empty: to the same server */
    RESTREAM_CLIENT_UNPUBLISHED         /* the server ended the publish */
} restream_client_event_e;


/* where the dialogue stands: what a lost connection has to be blamed on */

typedef enum {
    RESTREAM_CLIENT_HANDSHAKE = 0,
    RESTREAM_CLIENT_CONNECT,            /* connect is not answered yet */
    RESTREAM_CLIENT_CREATE_STREAM,
    RESTREAM_CLIENT_PUBLISH,
    RESTREAM_CLIENT_STREAMING           /* Publish.Start has been received */
} restream_client_stage_e;


typedef struct {
    restream_client_event_e   type;
    restream_client_stage_e   stage;    /* when it happened */
    restream_str_t            code;     /* REJECTED, UNPUBLISHED: e.g.
                                           NetStream.Publish.BadName */
    restream_str_t            text;     /* its description */
    restream_str_t            url;      /* REDIRECT, RECONNECT */
    restream_str_t            query;    /* AUTHENTICATE */
} restream_client_event_t;              /* strings are owned by the client and
                                           live until its next call.  code and
                                           text are printable UTF-8 or ASCII:
                                           other bytes are replaced by '?', and
                                           where the stream key or password, or
                                           eight bytes of one, occurs in them,
                                           by "***".  A code that the protocol
                                           defines stays as it is. */


typedef struct {
    restream_client_conf_t    conf;
    restream_client_stage_e   stage;
    restream_chunk_reader_t   reader;
    restream_handshake_t     *handshake;        /* NULL after it */
    uint8_t                  *out;              /* malloc, NULL when empty */
    size_t                    out_pos;
    size_t                    out_last;
    size_t                    out_size;
    uint32_t                  msid;             /* from createStream */
    uint32_t                  window;           /* peer's, bytes; 0: none */
    uint32_t                  received;         /* bytes, wraps */
    uint32_t                  acknowledged;     /* value last sent */
    uint32_t                  bandwidth;        /* peer's, last answered */
    const char               *err;              /* set with ERROR: in words */
    uint8_t                  *scratch;          /* malloc: strings of the last
                                                   event; or NULL */
    unsigned                  checked_bandwidth:1;
    unsigned                  ended:1;          /* no event will follow */
    unsigned                  unpublished:1;    /* by us, on purpose */
} restream_client_t;


/*
 * Begins the dialogue: C0 and C1 wait in the output afterwards.
 *
 * ret   OK
 *       ERROR     no memory, or app, tcUrl and key do not fit the output
 */
int restream_client_start(restream_client_t *cl,
    const restream_client_conf_t *conf);

/*
 * Takes what the server sent.  Call again while it returns DONE.  REJECTED,
 * AUTHENTICATE, REDIRECT and UNPUBLISHED are the last event of a connection:
 * what comes behind them is taken and ignored.
 *
 * in    *p..last  bytes as received, any split; *p moves behind what was taken
 * out   *ev       set on DONE
 * ret   DONE      an event
 *       AGAIN     all input is taken
 *       ERROR     the server broke the protocol, cl->err says how; nothing but
 *                 restream_client_cleanup() may follow.  In the stages
 *                 HANDSHAKE and CONNECT: it is probably no RTMP server
 * limit chunk reader's limits; AMF0 depth; the output never exceeds
 *       RESTREAM_CLIENT_MAX_OUTPUT (a server that makes us answer more than
 *       it reads: ERROR)
 */
int restream_client_read(restream_client_t *cl, const uint8_t **p,
    const uint8_t *last, restream_client_event_t *ev);

/* What waits to be sent: borrowed until the next call.  May be empty. */
restream_str_t restream_client_output(const restream_client_t *cl);

/* n bytes of it have been sent. */
void restream_client_sent(restream_client_t *cl, size_t n);

/*
 * Ends a publish on purpose: FCUnpublish and deleteStream are appended to the
 * output, of the two what undoes something that has been said; no publish
 * follows.  Not called before a reconnect: platforms end the broadcast on it.
 */
void restream_client_unpublish(restream_client_t *cl);

/* Frees everything; the struct may be reused by restream_client_start(). */
void restream_client_cleanup(restream_client_t *cl);


#endif /* _RESTREAM_CLIENT_H_INCLUDED_ */
