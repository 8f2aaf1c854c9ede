/*
 * A scripted RTMP server for the client's unit tests: messages are put one
 * behind the other into memory, then fed to a client in pieces of any size,
 * while what it reports and says is kept.
 */

#ifndef _SERVER_H_INCLUDED_
#define _SERVER_H_INCLUDED_


#include <openssl/evp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/restream_amf0.h"
#include "lib/restream_client.h"

#include "test.h"


#define SERVER_SIZE        65536
#define SERVER_HANDSHAKE   (1 + 2 * RESTREAM_HANDSHAKE_SIZE)

#define RUN_WHOLE          0            /* piece: all at once */


#define is_str(got, want, ...)                                                \
    is_mem(got, strlen(got), want, strlen(want), __VA_ARGS__)


/* what a server says */

typedef struct {
    uint8_t          data[SERVER_SIZE];
    restream_buf_t   b;
    uint8_t          body[SERVER_SIZE];
    restream_buf_t   amf;               /* the command being built, in body */
    uint32_t         chunk_size;
} server_t;


/* what a client did with it */

typedef struct {
    int              rc;                /* of the last restream_client_read() */
    const char      *err;               /* with ERROR */
    char             events[4096];      /* a line each */
    size_t           events_len;
    unsigned         published;         /* events of that type */
    uint8_t          out[2 * RESTREAM_CLIENT_MAX_OUTPUT];
    size_t           out_len;
    size_t           waited;            /* most bytes that ever waited */
} run_t;


static inline void
server_start(server_t *s)
{
    unsigned  i;

    restream_buf_init(&s->b, s->data, sizeof(s->data));
    restream_buf_init(&s->amf, s->body, sizeof(s->body));
    s->chunk_size = RESTREAM_CHUNK_SIZE_DEFAULT;

    restream_buf_put8(&s->b, 3);

    for (i = 0; i < 2 * RESTREAM_HANDSHAKE_SIZE; i++) {
        restream_buf_put8(&s->b, (uint8_t) (i * 7));
    }
}


static inline void
server_message(server_t *s, unsigned csid, uint8_t type, uint32_t msid,
    const void *data, size_t size)
{
    restream_chunk_put_message(&s->b, csid, type, msid, data, size,
                               s->chunk_size);
}


/* a message of four bytes; SetChunkSize is obeyed */

static inline void
server_control(server_t *s, uint8_t type, uint32_t value)
{
    uint8_t         data[4];
    restream_buf_t  b;

    restream_buf_init(&b, data, sizeof(data));
    restream_buf_put32(&b, value);
    server_message(s, 2, type, 0, data, sizeof(data));

    if (type == RESTREAM_MSG_CHUNK_SIZE) {
        s->chunk_size = value;
    }
}


static inline void
server_user_control(server_t *s, uint16_t event, uint32_t value)
{
    uint8_t         data[6];
    restream_buf_t  b;

    restream_buf_init(&b, data, sizeof(data));
    restream_buf_put16(&b, event);
    restream_buf_put32(&b, value);
    server_message(s, 2, RESTREAM_MSG_USER_CONTROL, 0, data, sizeof(data));
}


/* a command is begun, its arguments are put to s->amf, and it is ended */

static inline void
server_begin(server_t *s, const char *name, double txn)
{
    s->amf.last = s->amf.start;
    restream_amf0_put_cstring(&s->amf, name);
    restream_amf0_put_number(&s->amf, txn);
}


static inline void
server_end(server_t *s, uint32_t msid)
{
    server_message(s, 3, RESTREAM_MSG_AMF0_COMMAND, msid, s->amf.start,
                   s->amf.last - s->amf.start);
}


static inline void
server_property(server_t *s, const char *key, const char *value)
{
    restream_amf0_put_key(&s->amf, key);
    restream_amf0_put_cstring(&s->amf, value);
}


static inline void
server_call(server_t *s, const char *name, double txn)
{
    server_begin(s, name, txn);
    restream_amf0_put_null(&s->amf);
    server_end(s, 0);
}


/* a command with an information object; strings that are NULL are left out */

static inline void
server_info(server_t *s, const char *name, double txn, const char *level,
    const char *code, const char *text)
{
    server_begin(s, name, txn);
    restream_amf0_put_null(&s->amf);
    restream_amf0_put_object(&s->amf);

    if (level) {
        server_property(s, "level", level);
    }

    if (code) {
        server_property(s, "code", code);
    }

    if (text) {
        server_property(s, "description", text);
    }

    restream_amf0_put_object_end(&s->amf);
    server_end(s, 1);
}


static inline void
server_status(server_t *s, const char *code)
{
    server_info(s, "onStatus", 0, "status", code, "words");
}


/* _result of connect, properties in front of the information object */

static inline void
server_connected(server_t *s)
{
    server_begin(s, "_result", 1);
    restream_amf0_put_object(&s->amf);
    server_property(s, "fmsVer", "FMS/3,0,1,123");
    restream_amf0_put_key(&s->amf, "capabilities");
    restream_amf0_put_number(&s->amf, 31);
    restream_amf0_put_object_end(&s->amf);
    restream_amf0_put_object(&s->amf);
    server_property(s, "level", "status");
    server_property(s, "code", "NetConnection.Connect.Success");
    server_property(s, "description", "Connection succeeded.");
    restream_amf0_put_object_end(&s->amf);
    server_end(s, 0);
}


static inline void
server_created(server_t *s, double msid)
{
    server_begin(s, "_result", 4);
    restream_amf0_put_null(&s->amf);
    restream_amf0_put_number(&s->amf, msid);
    server_end(s, 0);
}


/* all of a dialogue up to the answer to a stage's request */

static inline void
server_until(server_t *s, restream_client_stage_e stage)
{
    server_start(s);

    if (stage > RESTREAM_CLIENT_CONNECT) {
        server_connected(s);
    }

    if (stage > RESTREAM_CLIENT_CREATE_STREAM) {
        server_created(s, 1);
    }

    if (stage > RESTREAM_CLIENT_PUBLISH) {
        server_status(s, "NetStream.Publish.Start");
    }
}


static inline void
run_md5(const void *data, size_t size, uint8_t *out)
{
    EVP_Digest(data, size, out, NULL, EVP_md5(), NULL);
}


static inline restream_str_t
run_string(const char *s)
{
    restream_str_t  str;

    str.len = strlen(s);
    str.data = (uint8_t *) s;

    return str;
}


static inline void
run_conf(restream_client_conf_t *conf)
{
    memset(conf, 0, sizeof(restream_client_conf_t));

    conf->app = run_string("live");
    conf->tc_url = run_string("rtmp://h/live");
    conf->key = run_string("secret-key");
    conf->chunk_size = 65536;
    conf->seed = 1;
    conf->md5 = run_md5;

    memcpy(conf->nonce, "\x01\x23\xab\xcd", 4);
}


static inline void
run_event(run_t *r, const restream_client_event_t *ev)
{
    int  n;

    static const char  *names[] = {
        "", "PUBLISHED", "REJECTED", "AUTHENTICATE", "REDIRECT", "RECONNECT",
        "UNPUBLISHED"
    };

    if (ev->type == RESTREAM_CLIENT_PUBLISHED) {
        r->published++;
    }

    n = snprintf(r->events + r->events_len, sizeof(r->events) - r->events_len,
                 "%s %u [%.*s] [%.*s] [%.*s] [%.*s]",
                 names[ev->type], ev->stage,
                 (int) ev->code.len, (char *) ev->code.data,
                 (int) ev->text.len, (char *) ev->text.data,
                 (int) ev->url.len, (char *) ev->url.data,
                 (int) ev->query.len, (char *) ev->query.data);
    r->events_len += n;
    r->events[r->events_len++] = '\n';
    r->events[r->events_len] = '\0';
}


/* takes what waits in the client's output, at most n bytes */

static inline void
run_drain(run_t *r, restream_client_t *cl, size_t n)
{
    restream_str_t  out;

    out = restream_client_output(cl);

    if (out.len > r->waited) {
        r->waited = out.len;
    }

    if (n > out.len) {
        n = out.len;
    }

    if (n > sizeof(r->out) - r->out_len) {
        n = sizeof(r->out) - r->out_len;
    }

    if (n) {
        memcpy(r->out + r->out_len, out.data, n);
        r->out_len += n;
        restream_client_sent(cl, n);
    }
}


/* one piece, in memory of exactly its size so that the sanitizer sees a read
 * beyond it */

static inline int
run_feed(run_t *r, restream_client_t *cl, const uint8_t *data, size_t size)
{
    uint8_t                  *copy;
    const uint8_t            *p;
    restream_client_event_t   ev;

    copy = malloc(size ? size : 1);
    memcpy(copy, data, size);

    p = copy;

    while ((r->rc = restream_client_read(cl, &p, copy + size, &ev))
           == RESTREAM_DONE)
    {
        run_event(r, &ev);
    }

    if (r->rc == RESTREAM_AGAIN && p != copy + size) {
        r->rc = RESTREAM_DECLINED;      /* no test expects it */
    }

    r->err = (r->rc == RESTREAM_ERROR) ? cl->err : NULL;

    free(copy);

    return r->rc;
}


/* the first piece has cut bytes, the others have piece bytes */

static inline void
run_cut(run_t *r, const restream_client_conf_t *conf, const uint8_t *data,
    size_t size, size_t cut, size_t piece)
{
    size_t             n, pos;
    restream_client_t  cl;

    r->events_len = 0;
    r->events[0] = '\0';
    r->published = 0;
    r->out_len = 0;
    r->waited = 0;

    r->rc = restream_client_start(&cl, conf);
    r->err = cl.err;

    if (r->rc != RESTREAM_OK) {
        return;
    }

    for (pos = 0, n = cut; pos < size; pos += n, n = piece) {

        if (n == RUN_WHOLE || n > size - pos) {
            n = size - pos;
        }

        if (run_feed(r, &cl, data + pos, n) == RESTREAM_ERROR) {
            break;
        }

        run_drain(r, &cl, SIZE_MAX);
    }

    run_drain(r, &cl, SIZE_MAX);
    restream_client_cleanup(&cl);
}


static inline void
run(run_t *r, const restream_client_conf_t *conf, const server_t *s)
{
    run_cut(r, conf, s->data, s->b.last - s->data, RUN_WHOLE, RUN_WHOLE);
}


/*
 * What the client said behind its handshake, a message a line: type, csid,
 * msid, then the values of a command or the bytes of anything else.
 */

static inline void
run_put_value(char *text, size_t size, const uint8_t **p, const uint8_t *last)
{
    size_t                  len;
    restream_amf0_value_t   v;

    len = strlen(text);
    text += len;
    size -= len;

    if (restream_amf0_read(p, last, &v) != RESTREAM_OK) {
        snprintf(text, size, " ?");
        *p = last;
        return;
    }

    switch (v.type) {

    case RESTREAM_AMF0_NUMBER:
        snprintf(text, size, " %.17g", v.number);
        break;

    case RESTREAM_AMF0_STRING:
        snprintf(text, size, " \"%.*s\"", (int) v.string.len,
                 (char *) v.string.data);
        break;

    case RESTREAM_AMF0_NULL:
        snprintf(text, size, " null");
        break;

    default:
        snprintf(text, size, " type %d", v.type);
    }
}


static inline const char *
run_said(const run_t *r, uint32_t chunk_size)
{
    size_t                    len;
    uint32_t                  i;
    const uint8_t            *p, *q;
    restream_chunk_msg_t      msg;
    restream_chunk_reader_t   reader;

    static char  text[65536];

    text[0] = '\0';

    if (r->out_len < SERVER_HANDSHAKE) {
        return text;
    }

    restream_chunk_reader_init(&reader);

    p = r->out + SERVER_HANDSHAKE;

    while (restream_chunk_read(&reader, &p, r->out + r->out_len, &msg)
           == RESTREAM_DONE)
    {
        len = strlen(text);
        snprintf(text + len, sizeof(text) - len, "%u %u %u:", msg.type,
                 msg.csid, msg.msid);

        if (msg.type == RESTREAM_MSG_AMF0_COMMAND) {
            for (q = msg.data; q < msg.data + msg.size; /* void */) {
                run_put_value(text, sizeof(text), &q, msg.data + msg.size);
            }

        } else {
            for (i = 0; i < msg.size; i++) {
                len = strlen(text);
                snprintf(text + len, sizeof(text) - len, " %02x", msg.data[i]);
            }
        }

        len = strlen(text);
        snprintf(text + len, sizeof(text) - len, "\n");
    }

    if (reader.err || reader.current || reader.header_len
        || reader.chunk_size != chunk_size)
    {
        snprintf(text, sizeof(text), "broken chunk stream");
    }

    restream_chunk_reader_cleanup(&reader);

    return text;
}


#endif /* _SERVER_H_INCLUDED_ */
