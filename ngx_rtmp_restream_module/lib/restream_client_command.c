/*
 * The commands of a server.
 *
 * One that the dialogue does not need is ignored; one that it needs and cannot
 * read is an error.  Answers are matched by their transaction.
 */

#include "restream_client_command.h"
#include "restream_amf0.h"
#include "restream_client_send.h"
#include "restream_client_status.h"


/* return codes as of restream_client_command() */

typedef int (*restream_client_call_pt)(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev);


static int restream_client_result(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev);
static int restream_client_created(restream_client_t *cl,
    const restream_client_call_t *call);
static int restream_client_error(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev);
static int restream_client_closed(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev);
static int restream_client_bandwidth_done(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev);
static int restream_client_bandwidth_check(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev);
static int restream_client_ping(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev);


static const struct {
    restream_str_t            name;
    restream_client_call_pt   handler;
} restream_client_calls[] = {
    { restream_string("_result"), restream_client_result },
    { restream_string("_error"), restream_client_error },
    { restream_string("onStatus"), restream_client_status },
    { restream_string("close"), restream_client_closed },
    { restream_string("onFCUnsubscribe"), restream_client_closed },
    { restream_string("onBWDone"), restream_client_bandwidth_done },
    { restream_string("_onbwcheck"), restream_client_bandwidth_check },
    { restream_string("ping"), restream_client_ping }
};


int
restream_client_command(restream_client_t *cl, const uint8_t *p,
    const uint8_t *last, restream_client_event_t *ev)
{
    size_t                  i, n;
    restream_amf0_value_t   value;
    restream_client_call_t  call;

    if (restream_amf0_read(&p, last, &value) != RESTREAM_OK
        || value.type != RESTREAM_AMF0_STRING)
    {
        cl->err = "command without a name";
        return RESTREAM_ERROR;
    }

    call.name = value.string;
    call.txn = 0;

    if (restream_amf0_read(&p, last, &value) == RESTREAM_OK
        && value.type == RESTREAM_AMF0_NUMBER)
    {
        call.txn = value.number;
    }

    call.p = p;
    call.last = last;

    n = sizeof(restream_client_calls) / sizeof(restream_client_calls[0]);

    for (i = 0; i < n; i++) {
        if (restream_client_str_equal(call.name,
                                      restream_client_calls[i].name))
        {
            return restream_client_calls[i].handler(cl, &call, ev);
        }
    }

    return RESTREAM_OK;
}


static int
restream_client_result(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev)
{
    (void) ev;

    if (cl->stage == RESTREAM_CLIENT_CONNECT
        && call->txn == RESTREAM_CLIENT_TXN_CONNECT)
    {
        cl->stage = RESTREAM_CLIENT_CREATE_STREAM;

        return restream_client_send_create_stream(cl);
    }

    if (cl->stage == RESTREAM_CLIENT_CREATE_STREAM
        && call->txn == RESTREAM_CLIENT_TXN_CREATE_STREAM
        && !cl->unpublished)
    {
        return restream_client_created(cl, call);
    }

    return RESTREAM_OK;
}


/* null, then the id of the message stream */

static int
restream_client_created(restream_client_t *cl,
    const restream_client_call_t *call)
{
    double                  id;
    const uint8_t          *p;
    restream_amf0_value_t   value;

    p = call->p;

    if (restream_amf0_read(&p, call->last, &value) != RESTREAM_OK
        || restream_amf0_read(&p, call->last, &value) != RESTREAM_OK
        || value.type != RESTREAM_AMF0_NUMBER)
    {
        cl->err = "createStream was answered without a stream id";
        return RESTREAM_ERROR;
    }

    /* 0 is the connection itself; written so that it catches a NaN too */

    id = value.number;

    if (!(id >= 1 && id <= UINT32_MAX) || id != (double) (uint32_t) id) {
        cl->err = "createStream was answered with an invalid stream id";
        return RESTREAM_ERROR;
    }

    cl->msid = (uint32_t) id;
    cl->stage = RESTREAM_CLIENT_PUBLISH;

    return restream_client_send_publish(cl);
}


/* errors of the other calls (releaseStream, FCPublish, _checkbw) are usual
 * and harmless */

static int
restream_client_error(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev)
{
    if (cl->stage == RESTREAM_CLIENT_CONNECT
        && call->txn == RESTREAM_CLIENT_TXN_CONNECT)
    {
        return restream_client_status_connect(cl, call, ev);
    }

    if ((cl->stage == RESTREAM_CLIENT_CREATE_STREAM
         && call->txn == RESTREAM_CLIENT_TXN_CREATE_STREAM)
        || (cl->stage >= RESTREAM_CLIENT_PUBLISH
            && call->txn == RESTREAM_CLIENT_TXN_PUBLISH))
    {
        return restream_client_status_end(cl, call, RESTREAM_CLIENT_REJECTED,
                                          ev);
    }

    return RESTREAM_OK;
}


static int
restream_client_closed(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev)
{
    return restream_client_status_end(cl, call, RESTREAM_CLIENT_UNPUBLISHED,
                                      ev);
}


static int
restream_client_bandwidth_done(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev)
{
    (void) call;
    (void) ev;

    if (cl->checked_bandwidth) {
        return RESTREAM_OK;
    }

    cl->checked_bandwidth = 1;

    return restream_client_send_call(cl, "_checkbw",
                                     RESTREAM_CLIENT_TXN_CHECK_BANDWIDTH);
}


static int
restream_client_bandwidth_check(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev)
{
    (void) ev;

    return restream_client_send_number(cl, "_result", call->txn, 0);
}


static int
restream_client_ping(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev)
{
    (void) ev;

    return restream_client_send_call(cl, "pong", call->txn);
}
