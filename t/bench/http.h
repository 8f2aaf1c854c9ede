/*
 * A connection to an HTTP server on this machine, kept open: one request after
 * the other, HTTP/1.1, of each answer the status and when it was complete.
 *
 * It knows what our API answers with, a body with a Content-Length or none.
 */

#ifndef _BENCH_HTTP_H_INCLUDED_
#define _BENCH_HTTP_H_INCLUDED_


#include <stddef.h>

#include "lib/restream.h"


#define HTTP_BUFFER  8192


typedef struct {
    int        fd;
    unsigned   status;                  /* of the last answer; 0: none yet */
    size_t     body;                    /* bytes of it that are to come */
    size_t     len;                     /* bytes in buffer, of a header */
    char       buffer[HTTP_BUFFER];
} http_t;


/* ret   OK, ERROR nobody listens on that port of 127.0.0.1, errno is set */
int http_open(http_t *h, unsigned port);
void http_close(http_t *h);

/*
 * in    body      JSON; NULL: none
 * ret   OK, ERROR the connection is of no more use
 */
int http_send(http_t *h, const char *method, const char *path,
    const char *body);

/*
 * Reads what has come, without waiting.
 *
 * ret   DONE      the answer is complete, h->status is set
 *       AGAIN     it is not
 *       ERROR     the connection was closed, or that is no answer
 */
int http_receive(http_t *h);


#endif /* _BENCH_HTTP_H_INCLUDED_ */
