/*
 * What the client says: its output buffer and the messages that go into it.
 *
 * The buffer exists only while something waits in it.  A message is built
 * whole in memory of its own, then cut into chunks behind what waits.
 */

#include "restream_client_send.h"

#include <stdlib.h>
#include <string.h>

#include "restream_amf0.h"


/* room for all of a command but the strings that vary */

#define RESTREAM_CLIENT_COMMAND_SIZE  64
#define RESTREAM_CLIENT_CONNECT_SIZE  320       /* on top of the above */

#define RESTREAM_CLIENT_MIN_OUTPUT    512

#define RESTREAM_CLIENT_PING_RESPONSE 7
#define RESTREAM_CLIENT_FLASH_VER     "FMLE/3.0 (compatible; restream/1.0)"

#define RESTREAM_CLIENT_CAN_FORWARD   4         /* a FourCcInfoMask */
#define RESTREAM_CLIENT_CAPS_EX       (1 | 2 | 4)  /* reconnect, multitrack,
                                                      ModEx */


static size_t restream_client_send_connect_size(
    const restream_client_conf_t *conf);
static size_t restream_client_send_chunked_size(
    const restream_client_conf_t *conf, size_t size);
static uint8_t *restream_client_send_reserve(restream_client_t *cl,
    size_t size);
static int restream_client_send_message(restream_client_t *cl, unsigned csid,
    uint8_t type, uint32_t msid, const uint8_t *data, size_t size);
static void restream_client_put_property(restream_buf_t *b, const char *key,
    restream_str_t value, restream_str_t suffix);
static void restream_client_put_forward_map(restream_buf_t *b,
    const char *key);
static int restream_client_send_name(restream_client_t *cl, const char *name,
    double txn);
static int restream_client_send_begin(restream_client_t *cl,
    restream_buf_t *b, const char *name, double txn, size_t size);
static int restream_client_send_command(restream_client_t *cl,
    restream_buf_t *b, unsigned csid, uint32_t msid);


int
restream_client_send_fits(const restream_client_conf_t *conf)
{
    size_t  size;

    /* so that the sums below cannot overflow */

    if (conf->app.len > RESTREAM_CLIENT_MAX_OUTPUT
        || conf->tc_url.len > RESTREAM_CLIENT_MAX_OUTPUT
        || conf->query.len > RESTREAM_CLIENT_MAX_OUTPUT
        || conf->key.len > RESTREAM_CLIENT_MAX_OUTPUT)
    {
        return 0;
    }

    size = 1 + 2 * RESTREAM_HANDSHAKE_SIZE
           + restream_client_send_chunked_size(conf, 4)
           + restream_client_send_chunked_size(conf,
                                      restream_client_send_connect_size(conf)
                                      + RESTREAM_CLIENT_COMMAND_SIZE);

    /* releaseStream, FCPublish, publish; createStream */

    size += 3 * restream_client_send_chunked_size(conf, conf->key.len
                                               + RESTREAM_CLIENT_COMMAND_SIZE)
            + restream_client_send_chunked_size(conf,
                                                RESTREAM_CLIENT_COMMAND_SIZE);

    return size <= RESTREAM_CLIENT_MAX_OUTPUT;
}


static size_t
restream_client_send_connect_size(const restream_client_conf_t *conf)
{
    return RESTREAM_CLIENT_CONNECT_SIZE + conf->app.len + conf->query.len
           + 2 * (conf->tc_url.len + conf->query.len);
}


static size_t
restream_client_send_chunked_size(const restream_client_conf_t *conf,
    size_t size)
{
    /* the timestamp is 0: a continuation costs one byte */

    return RESTREAM_CHUNK_HEADER_MAX + size + size / conf->chunk_size;
}


void
restream_client_send_free(uint8_t *data, size_t size)
{
    if (data) {
        explicit_bzero(data, size);
        free(data);
    }
}


int
restream_client_send_bytes(restream_client_t *cl, const uint8_t *data,
    size_t size)
{
    uint8_t  *p;

    if (size == 0) {
        return RESTREAM_OK;
    }

    p = restream_client_send_reserve(cl, size);
    if (p == NULL) {
        return RESTREAM_ERROR;
    }

    memcpy(p, data, size);
    cl->out_last += size;

    return RESTREAM_OK;
}


/* room for size bytes at out_last */

static uint8_t *
restream_client_send_reserve(restream_client_t *cl, size_t size)
{
    size_t    waiting, out_size;
    uint8_t  *out;

    waiting = cl->out_last - cl->out_pos;

    if (size > RESTREAM_CLIENT_MAX_OUTPUT - waiting) {
        cl->err = "the server does not take the answers that it asks for";
        return NULL;
    }

    if (size <= cl->out_size - cl->out_last) {
        return cl->out + cl->out_last;
    }

    if (waiting + size <= cl->out_size) {
        memmove(cl->out, cl->out + cl->out_pos, waiting);

    } else {
        out_size = cl->out_size ? 2 * cl->out_size : RESTREAM_CLIENT_MIN_OUTPUT;

        if (out_size < waiting + size) {
            out_size = waiting + size;
        }

        if (out_size > RESTREAM_CLIENT_MAX_OUTPUT) {
            out_size = RESTREAM_CLIENT_MAX_OUTPUT;
        }

        out = malloc(out_size);
        if (out == NULL) {
            cl->err = "no memory";
            return NULL;
        }

        if (waiting) {
            memcpy(out, cl->out + cl->out_pos, waiting);
        }

        restream_client_send_free(cl->out, cl->out_size);

        cl->out = out;
        cl->out_size = out_size;
    }

    cl->out_pos = 0;
    cl->out_last = waiting;

    return cl->out + waiting;
}


static int
restream_client_send_message(restream_client_t *cl, unsigned csid,
    uint8_t type, uint32_t msid, const uint8_t *data, size_t size)
{
    size_t           chunked_size;
    uint8_t         *p;
    restream_buf_t   b;

    chunked_size = restream_client_send_chunked_size(&cl->conf, size);

    p = restream_client_send_reserve(cl, chunked_size);
    if (p == NULL) {
        return RESTREAM_ERROR;
    }

    restream_buf_init(&b, p, chunked_size);
    restream_chunk_put_message(&b, csid, type, msid, data, size,
                               cl->conf.chunk_size);

    cl->out_last += b.last - b.start;

    return RESTREAM_OK;
}


int
restream_client_send_control(restream_client_t *cl, uint8_t type,
    uint32_t value)
{
    uint8_t         data[4];
    restream_buf_t  b;

    restream_buf_init(&b, data, sizeof(data));
    restream_buf_put32(&b, value);

    return restream_client_send_message(cl, RESTREAM_CSID_CONTROL, type,
                                        0, data, sizeof(data));
}


int
restream_client_send_ping_response(restream_client_t *cl, uint32_t value)
{
    uint8_t         data[6];
    restream_buf_t  b;

    restream_buf_init(&b, data, sizeof(data));
    restream_buf_put16(&b, RESTREAM_CLIENT_PING_RESPONSE);
    restream_buf_put32(&b, value);

    return restream_client_send_message(cl, RESTREAM_CSID_CONTROL,
                                        RESTREAM_MSG_USER_CONTROL, 0, data,
                                        sizeof(data));
}


int
restream_client_send_connect(restream_client_t *cl)
{
    restream_buf_t           b;
    restream_client_conf_t  *conf;

    static const restream_str_t  none = restream_string("");
    static const restream_str_t  nonprivate = restream_string("nonprivate");
    static const restream_str_t  flash_ver =
                                    restream_string(RESTREAM_CLIENT_FLASH_VER);

    conf = &cl->conf;

    if (restream_client_send_begin(cl, &b, "connect",
                                   RESTREAM_CLIENT_TXN_CONNECT,
                                   restream_client_send_connect_size(conf))
        != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    /* what FMLE and OBS send, in their order */

    restream_amf0_put_object(&b);
    restream_client_put_property(&b, "app", conf->app, conf->query);
    restream_client_put_property(&b, "type", nonprivate, none);
    restream_client_put_property(&b, "flashVer", flash_ver, none);
    restream_client_put_property(&b, "swfUrl", conf->tc_url, conf->query);
    restream_client_put_property(&b, "tcUrl", conf->tc_url, conf->query);

    /* Enhanced RTMP: every codec is forwarded, none is decoded here */

    restream_amf0_put_key(&b, "fourCcList");
    restream_amf0_put_strict_array(&b, 1);
    restream_amf0_put_cstring(&b, "*");

    restream_client_put_forward_map(&b, "videoFourCcInfoMap");
    restream_client_put_forward_map(&b, "audioFourCcInfoMap");

    restream_amf0_put_key(&b, "capsEx");
    restream_amf0_put_number(&b, RESTREAM_CLIENT_CAPS_EX);
    restream_amf0_put_object_end(&b);

    return restream_client_send_command(cl, &b, RESTREAM_CSID_COMMAND,
                                        0);
}


static void
restream_client_put_property(restream_buf_t *b, const char *key,
    restream_str_t value, restream_str_t suffix)
{
    restream_amf0_put_key(b, key);

    /* the two fit 16 bits: restream_client_send_fits() */

    restream_buf_put8(b, RESTREAM_AMF0_STRING);
    restream_buf_put16(b, (uint16_t) (value.len + suffix.len));
    restream_buf_put(b, value.data, value.len);
    restream_buf_put(b, suffix.data, suffix.len);
}


static void
restream_client_put_forward_map(restream_buf_t *b, const char *key)
{
    restream_amf0_put_key(b, key);
    restream_amf0_put_object(b);
    restream_amf0_put_key(b, "*");
    restream_amf0_put_number(b, RESTREAM_CLIENT_CAN_FORWARD);
    restream_amf0_put_object_end(b);
}


int
restream_client_send_create_stream(restream_client_t *cl)
{
    /* the first two are never waited for: nginx-rtmp does not answer them */

    if (restream_client_send_name(cl, "releaseStream",
                                  RESTREAM_CLIENT_TXN_RELEASE_STREAM)
        != RESTREAM_OK
        || restream_client_send_name(cl, "FCPublish",
                                     RESTREAM_CLIENT_TXN_FC_PUBLISH)
           != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    return restream_client_send_call(cl, "createStream",
                                     RESTREAM_CLIENT_TXN_CREATE_STREAM);
}


int
restream_client_send_publish(restream_client_t *cl)
{
    restream_buf_t  b;

    if (restream_client_send_begin(cl, &b, "publish",
                                   RESTREAM_CLIENT_TXN_PUBLISH,
                                   cl->conf.key.len)
        != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    restream_amf0_put_null(&b);
    restream_amf0_put_string(&b, cl->conf.key.data, cl->conf.key.len);
    restream_amf0_put_cstring(&b, "live");

    return restream_client_send_command(cl, &b, RESTREAM_CSID_DATA,
                                        cl->msid);
}


int
restream_client_send_fc_unpublish(restream_client_t *cl)
{
    return restream_client_send_name(cl, "FCUnpublish",
                                     RESTREAM_CLIENT_TXN_FC_UNPUBLISH);
}


/* name, txn, null, stream key */

static int
restream_client_send_name(restream_client_t *cl, const char *name, double txn)
{
    restream_buf_t  b;

    if (restream_client_send_begin(cl, &b, name, txn, cl->conf.key.len)
        != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    restream_amf0_put_null(&b);
    restream_amf0_put_string(&b, cl->conf.key.data, cl->conf.key.len);

    return restream_client_send_command(cl, &b, RESTREAM_CSID_COMMAND,
                                        0);
}


int
restream_client_send_call(restream_client_t *cl, const char *name, double txn)
{
    restream_buf_t  b;

    if (restream_client_send_begin(cl, &b, name, txn, 0) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    restream_amf0_put_null(&b);

    return restream_client_send_command(cl, &b, RESTREAM_CSID_COMMAND,
                                        0);
}


int
restream_client_send_number(restream_client_t *cl, const char *name,
    double txn, double number)
{
    restream_buf_t  b;

    if (restream_client_send_begin(cl, &b, name, txn, 0) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    restream_amf0_put_null(&b);
    restream_amf0_put_number(&b, number);

    return restream_client_send_command(cl, &b, RESTREAM_CSID_COMMAND,
                                        0);
}


/*
 * Begins a command with room for size bytes of strings that vary.  What is
 * allocated here is freed by restream_client_send_command().
 */

static int
restream_client_send_begin(restream_client_t *cl, restream_buf_t *b,
    const char *name, double txn, size_t size)
{
    uint8_t  *data;

    size += RESTREAM_CLIENT_COMMAND_SIZE;

    data = malloc(size);
    if (data == NULL) {
        cl->err = "no memory";
        return RESTREAM_ERROR;
    }

    restream_buf_init(b, data, size);
    restream_amf0_put_cstring(b, name);
    restream_amf0_put_number(b, txn);

    return RESTREAM_OK;
}


static int
restream_client_send_command(restream_client_t *cl, restream_buf_t *b,
    unsigned csid, uint32_t msid)
{
    int  rc;

    rc = restream_client_send_message(cl, csid, RESTREAM_MSG_AMF0_COMMAND,
                                      msid, b->start, b->last - b->start);
    restream_client_send_free(b->start, b->end - b->start);

    return rc;
}
