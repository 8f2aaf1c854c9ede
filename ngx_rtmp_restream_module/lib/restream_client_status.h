/*
 * What a server's information objects (level, code, description) mean, and the
 * events that come of them.  Private to restream_client*.c.
 */

#ifndef _RESTREAM_CLIENT_STATUS_H_INCLUDED_
#define _RESTREAM_CLIENT_STATUS_H_INCLUDED_


#include "restream_client.h"

#include <string.h>


#define restream_client_str_equal(s, t)                                       \
    ((s).len == (t).len && memcmp((s).data, (t).data, (s).len) == 0)


/* a command of the server, as far as it has been read; borrowed */

typedef struct {
    restream_str_t   name;
    double           txn;               /* 0: none */
    const uint8_t   *p;                 /* the arguments, encoded */
    const uint8_t   *last;
} restream_client_call_t;


/*
 * onStatus, whatever its message stream.
 *
 * ret   OK        nothing to report
 *       DONE      *ev is filled
 *       ERROR     cl->err says why: no information object, a url that is too
 *                 long, no memory
 */
int restream_client_status(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev);

/* _error to connect: authentication, a redirect or a refusal.  As above. */
int restream_client_status_connect(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev);

/* REJECTED or UNPUBLISHED by a command that needs no information object: what
 * it carries is told.  As above. */
int restream_client_status_end(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_e type,
    restream_client_event_t *ev);


#endif /* _RESTREAM_CLIENT_STATUS_H_INCLUDED_ */
