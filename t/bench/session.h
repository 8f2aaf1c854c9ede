/*
 * An RTMP or RTMPS connection to a server on this machine, published on: the
 * blocking shell round restream_client for the programs that send.
 *
 * Whatever fails ends the program with a sentence.
 */

#ifndef _BENCH_SESSION_H_INCLUDED_
#define _BENCH_SESSION_H_INCLUDED_


#include <openssl/ssl.h>

#include "stream.h"


#define SESSION_CHUNK_SIZE   65536
#define SESSION_MESSAGE_MAX  (STREAM_FRAME_MAX + 64)


typedef struct {
    int     fd;
    SSL    *ssl;                /* NULL: plain */
} session_t;


/*
 * Connects to 127.0.0.1 and publishes; blocks until NetStream.Publish.Start.
 *
 * in    tls       NULL: plain.  The certificate is the caller's business.
 */
void session_open(session_t *s, SSL_CTX *tls, unsigned port, const char *app,
    const char *key);

/* writes all of it; the socket must block */
void session_write(session_t *s, const uint8_t *data, size_t size);

/* a message as it goes over the wire; out has SESSION_MESSAGE_MAX bytes */
size_t session_put(uint8_t *out, const stream_msg_t *msg);

/* prints the message with errno or OpenSSL's error, and exits with 1 */
void session_die(const char *what);


#endif /* _BENCH_SESSION_H_INCLUDED_ */
