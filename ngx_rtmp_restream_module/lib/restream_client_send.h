/*
 * What the client says: its output buffer and the messages that go into it.
 * Private to restream_client*.c.
 *
 * The functions that return a code return OK, or ERROR with cl->err set: no
 * memory, or more than RESTREAM_CLIENT_MAX_OUTPUT bytes would wait.
 */

#ifndef _RESTREAM_CLIENT_SEND_H_INCLUDED_
#define _RESTREAM_CLIENT_SEND_H_INCLUDED_


#include "restream_client.h"


typedef enum {
    RESTREAM_CLIENT_TXN_CONNECT = 1,
    RESTREAM_CLIENT_TXN_RELEASE_STREAM,
    RESTREAM_CLIENT_TXN_FC_PUBLISH,
    RESTREAM_CLIENT_TXN_CREATE_STREAM,
    RESTREAM_CLIENT_TXN_PUBLISH,
    RESTREAM_CLIENT_TXN_CHECK_BANDWIDTH,
    RESTREAM_CLIENT_TXN_FC_UNPUBLISH,
    RESTREAM_CLIENT_TXN_DELETE_STREAM
} restream_client_txn_e;


/* 1: the dialogue up to publish fits the output, even if nothing is drained */
int restream_client_send_fits(const restream_client_conf_t *conf);

/* Gives back memory of a message, which may hold a key: overwritten first. */
void restream_client_send_free(uint8_t *data, size_t size);

/*
 * Each of these appends to the output.
 *
 * ret   OK
 *       ERROR     no memory, or RESTREAM_CLIENT_MAX_OUTPUT is reached; cl->err
 *                 says which
 */

int restream_client_send_bytes(restream_client_t *cl, const uint8_t *data,
    size_t size);

/* a protocol control message of four bytes: SetChunkSize, Acknowledgement,
 * WindowAckSize */
int restream_client_send_control(restream_client_t *cl, uint8_t type,
    uint32_t value);

/* user control PingResponse */
int restream_client_send_ping_response(restream_client_t *cl, uint32_t value);

int restream_client_send_connect(restream_client_t *cl);

/* releaseStream, FCPublish and createStream */
int restream_client_send_create_stream(restream_client_t *cl);

int restream_client_send_publish(restream_client_t *cl);

int restream_client_send_fc_unpublish(restream_client_t *cl);

/* commands with no argument but null, and with a number behind it */
int restream_client_send_call(restream_client_t *cl, const char *name,
    double txn);
int restream_client_send_number(restream_client_t *cl, const char *name,
    double txn, double number);


#endif /* _RESTREAM_CLIENT_SEND_H_INCLUDED_ */
