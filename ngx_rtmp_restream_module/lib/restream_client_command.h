/*
 * The commands of a server.  Private to restream_client*.c.
 */

#ifndef _RESTREAM_CLIENT_COMMAND_H_INCLUDED_
#define _RESTREAM_CLIENT_COMMAND_H_INCLUDED_


#include "restream_client.h"


/*
 * in    p..last   the message: AMF0
 * ret   OK        nothing to report
 *       DONE      *ev is filled
 *       ERROR     cl->err says why
 */
int restream_client_command(restream_client_t *cl, const uint8_t *p,
    const uint8_t *last, restream_client_event_t *ev);


#endif /* _RESTREAM_CLIENT_COMMAND_H_INCLUDED_ */
