/*
 * The publishing side of RTMP as a state machine: its life, and the messages
 * below the commands.
 */

#include "restream_client.h"

#include <stdlib.h>
#include <string.h>

#include "restream_client_command.h"
#include "restream_client_send.h"


#define RESTREAM_CLIENT_PING_REQUEST  6         /* user control event */


static int restream_client_handshake(restream_client_t *cl, const uint8_t **p,
    const uint8_t *last);
static int restream_client_message(restream_client_t *cl,
    const restream_chunk_msg_t *msg, restream_client_event_t *ev);
static int restream_client_acknowledge(restream_client_t *cl);
static int restream_client_user_control(restream_client_t *cl,
    const restream_chunk_msg_t *msg);
static int restream_client_bandwidth(restream_client_t *cl,
    const restream_chunk_msg_t *msg);


int
restream_client_start(restream_client_t *cl,
    const restream_client_conf_t *conf)
{
    uint8_t         data[1 + RESTREAM_HANDSHAKE_SIZE];
    restream_buf_t  b;

    memset(cl, 0, sizeof(restream_client_t));

    cl->conf = *conf;
    restream_chunk_reader_init(&cl->reader);

    if (!restream_client_send_fits(conf)) {
        cl->err = "app, tcUrl and stream key together are too long";
        return RESTREAM_ERROR;
    }

    cl->handshake = malloc(sizeof(restream_handshake_t));
    if (cl->handshake == NULL) {
        cl->err = "no memory";
        return RESTREAM_ERROR;
    }

    restream_buf_init(&b, data, sizeof(data));
    restream_handshake_start(cl->handshake, conf->seed, &b);

    if (restream_client_send_bytes(cl, data, b.last - data) != RESTREAM_OK) {
        restream_client_cleanup(cl);
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


int
restream_client_read(restream_client_t *cl, const uint8_t **p,
    const uint8_t *last, restream_client_event_t *ev)
{
    int                    rc;
    const uint8_t         *start;
    restream_chunk_msg_t   msg;

    free(cl->scratch);
    cl->scratch = NULL;

    for ( ;; ) {

        if (cl->ended) {
            *p = last;
            return RESTREAM_AGAIN;
        }

        start = *p;

        if (cl->handshake) {
            rc = restream_client_handshake(cl, p, last);
            cl->received += (uint32_t) (*p - start);

            if (rc != RESTREAM_OK) {
                return rc;
            }

            continue;
        }

        rc = restream_chunk_read(&cl->reader, p, last, &msg);
        cl->received += (uint32_t) (*p - start);

        if (rc == RESTREAM_ERROR) {
            cl->err = cl->reader.err;
        }

        if (rc != RESTREAM_DONE) {
            return rc;
        }

        rc = restream_client_message(cl, &msg, ev);

        if (rc == RESTREAM_ERROR
            || restream_client_acknowledge(cl) != RESTREAM_OK)
        {
            return RESTREAM_ERROR;
        }

        if (rc == RESTREAM_DONE) {
            return RESTREAM_DONE;
        }
    }
}


restream_str_t
restream_client_output(const restream_client_t *cl)
{
    restream_str_t  out;

    out.len = cl->out_last - cl->out_pos;
    out.data = out.len ? cl->out + cl->out_pos : NULL;

    return out;
}


void
restream_client_sent(restream_client_t *cl, size_t n)
{
    cl->out_pos += n;

    if (cl->out_pos < cl->out_last) {
        return;
    }

    restream_client_send_free(cl->out, cl->out_size);

    cl->out = NULL;
    cl->out_pos = 0;
    cl->out_last = 0;
    cl->out_size = 0;
}


void
restream_client_unpublish(restream_client_t *cl)
{
    if (cl->unpublished || cl->stage < RESTREAM_CLIENT_CREATE_STREAM) {
        return;
    }

    cl->unpublished = 1;

    /* no room for it is no loss: the server does not read, and will learn from
     * the end of the connection */

    if (restream_client_send_fc_unpublish(cl) == RESTREAM_OK
        && cl->stage >= RESTREAM_CLIENT_PUBLISH)
    {
        (void) restream_client_send_number(cl, "deleteStream",
                                           RESTREAM_CLIENT_TXN_DELETE_STREAM,
                                           cl->msid);
    }
}


void
restream_client_cleanup(restream_client_t *cl)
{
    restream_chunk_reader_cleanup(&cl->reader);

    free(cl->handshake);
    restream_client_send_free(cl->out, cl->out_size);
    free(cl->scratch);

    cl->handshake = NULL;
    cl->out = NULL;
    cl->scratch = NULL;
    cl->out_pos = 0;
    cl->out_last = 0;
    cl->out_size = 0;
}


/* ret   OK        the handshake is over, connect is in the output
 *       AGAIN, ERROR */

static int
restream_client_handshake(restream_client_t *cl, const uint8_t **p,
    const uint8_t *last)
{
    int             rc;
    uint8_t         c2[RESTREAM_HANDSHAKE_SIZE];
    restream_buf_t  b;

    restream_buf_init(&b, c2, sizeof(c2));

    rc = restream_handshake_read(cl->handshake, p, last, &b);

    if (rc == RESTREAM_ERROR) {
        cl->err = "no RTMP handshake: version is not 3";
        return RESTREAM_ERROR;
    }

    if (restream_client_send_bytes(cl, c2, b.last - c2) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    if (rc == RESTREAM_AGAIN) {
        return RESTREAM_AGAIN;
    }

    free(cl->handshake);
    cl->handshake = NULL;

    if (restream_client_send_control(cl, RESTREAM_MSG_CHUNK_SIZE,
                                     cl->conf.chunk_size)
        != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    cl->stage = RESTREAM_CLIENT_CONNECT;

    return restream_client_send_connect(cl);
}


static int
restream_client_message(restream_client_t *cl,
    const restream_chunk_msg_t *msg, restream_client_event_t *ev)
{
    const uint8_t  *p;

    if (msg->size == 0) {
        return RESTREAM_OK;
    }

    p = msg->data;

    switch (msg->type) {

    case RESTREAM_MSG_AMF3_COMMAND:

        /* AMF0 behind a byte that says so */

        if (*p == 0) {
            p++;
        }

        /* fall through */

    case RESTREAM_MSG_AMF0_COMMAND:
        return restream_client_command(cl, p, msg->data + msg->size, ev);

    case RESTREAM_MSG_USER_CONTROL:
        return restream_client_user_control(cl, msg);

    case RESTREAM_MSG_WINDOW_ACK_SIZE:
        if (msg->size >= 4) {
            cl->window = restream_get32(p);
        }

        return RESTREAM_OK;

    case RESTREAM_MSG_PEER_BANDWIDTH:
        return restream_client_bandwidth(cl, msg);

    default:
        return RESTREAM_OK;
    }
}


/*
 * Tells the server what has been received, after half of its window.  Only
 * between messages, so that it does not depend on how the bytes came in.
 */

static int
restream_client_acknowledge(restream_client_t *cl)
{
    if (cl->window == 0
        || cl->received - cl->acknowledged < cl->window / 2)
    {
        return RESTREAM_OK;
    }

    cl->acknowledged = cl->received;

    return restream_client_send_control(cl, RESTREAM_MSG_ACK, cl->received);
}


static int
restream_client_user_control(restream_client_t *cl,
    const restream_chunk_msg_t *msg)
{
    if (msg->size < 6
        || restream_get16(msg->data) != RESTREAM_CLIENT_PING_REQUEST)
    {
        return RESTREAM_OK;
    }

    return restream_client_send_ping_response(cl,
                                              restream_get32(msg->data + 2));
}


/* RTMP 1.0, 5.4.5: the peer answers with its own window when that is another
 * one than it has announced last */

static int
restream_client_bandwidth(restream_client_t *cl,
    const restream_chunk_msg_t *msg)
{
    uint32_t  size;

    if (msg->size < 4) {
        return RESTREAM_OK;
    }

    size = restream_get32(msg->data);

    if (size == cl->bandwidth) {
        return RESTREAM_OK;
    }

    cl->bandwidth = size;

    return restream_client_send_control(cl, RESTREAM_MSG_WINDOW_ACK_SIZE,
                                        size);
}
