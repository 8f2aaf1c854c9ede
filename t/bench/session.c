/*
 * A published connection: see the header.
 */

#include "session.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "lib/restream_client.h"


static void session_connect(session_t *s, SSL_CTX *tls, unsigned port);
static void session_publish(session_t *s, restream_client_t *cl);
static size_t session_read(session_t *s, uint8_t *data, size_t size);


void
session_open(session_t *s, SSL_CTX *tls, unsigned port, const char *app,
    const char *key)
{
    int                     n;
    char                    tc_url[256];
    restream_client_t      *cl;
    restream_client_conf_t  conf;

    session_connect(s, tls, port);

    n = snprintf(tc_url, sizeof(tc_url), "rtmp%s://127.0.0.1:%u/%s",
                 tls ? "s" : "", port, app);

    memset(&conf, 0, sizeof(conf));

    conf.app.data = (uint8_t *) app;
    conf.app.len = strlen(app);
    conf.tc_url.data = (uint8_t *) tc_url;
    conf.tc_url.len = n;
    conf.key.data = (uint8_t *) key;
    conf.key.len = strlen(key);
    conf.chunk_size = SESSION_CHUNK_SIZE;

    cl = calloc(1, sizeof(restream_client_t));

    if (cl == NULL || restream_client_start(cl, &conf) != RESTREAM_OK) {
        session_die("publishing");
    }

    session_publish(s, cl);

    restream_client_cleanup(cl);
    free(cl);
}


static void
session_connect(session_t *s, SSL_CTX *tls, unsigned port)
{
    int                 on;
    struct sockaddr_in  sin;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons(port);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    on = 1;
    s->ssl = NULL;
    s->fd = socket(AF_INET, SOCK_STREAM, 0);

    if (s->fd == -1
        || connect(s->fd, (struct sockaddr *) &sin, sizeof(sin)) == -1
        || setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
    {
        session_die("connect()");
    }

    if (tls == NULL) {
        return;
    }

    s->ssl = SSL_new(tls);

    if (s->ssl == NULL
        || SSL_set_fd(s->ssl, s->fd) != 1
        || SSL_connect(s->ssl) != 1)
    {
        session_die("SSL_connect()");
    }
}


static void
session_publish(session_t *s, restream_client_t *cl)
{
    int                       rc;
    uint8_t                   buffer[4096];
    const uint8_t            *p, *last;
    restream_str_t            out;
    restream_client_event_t   ev;

    for ( ;; ) {
        out = restream_client_output(cl);
        session_write(s, out.data, out.len);
        restream_client_sent(cl, out.len);

        p = buffer;
        last = buffer + session_read(s, buffer, sizeof(buffer));

        for ( ;; ) {
            rc = restream_client_read(cl, &p, last, &ev);

            if (rc != RESTREAM_DONE) {
                break;
            }

            if (ev.type == RESTREAM_CLIENT_PUBLISHED) {
                return;
            }

            if (ev.type == RESTREAM_CLIENT_REJECTED) {
                errno = ECONNREFUSED;
                session_die("publishing");
            }
        }

        if (rc == RESTREAM_ERROR) {
            errno = EPROTO;
            session_die(cl->err);
        }
    }
}


static size_t
session_read(session_t *s, uint8_t *data, size_t size)
{
    int  n;

    n = s->ssl ? SSL_read(s->ssl, data, size) : read(s->fd, data, size);

    if (n <= 0) {
        session_die("read()");
    }

    return n;
}


void
session_write(session_t *s, const uint8_t *data, size_t size)
{
    int  n;

    while (size) {
        n = s->ssl ? SSL_write(s->ssl, data, size) : write(s->fd, data, size);

        if (n <= 0) {
            session_die("write()");
        }

        data += n;
        size -= n;
    }
}


size_t
session_put(uint8_t *out, const stream_msg_t *msg)
{
    size_t    n, done;
    uint8_t  *p;
    unsigned  csid;

    switch (msg->type) {

    case RESTREAM_MSG_VIDEO:
        csid = RESTREAM_CSID_VIDEO;
        break;

    case RESTREAM_MSG_AUDIO:
        csid = RESTREAM_CSID_AUDIO;
        break;

    default:
        csid = RESTREAM_CSID_DATA;
        break;
    }

    p = out;
    p += restream_chunk_put_header(p, 0, csid, msg->timestamp, msg->size,
                                   msg->type, 1);

    for (done = 0; done < msg->size; done += n) {

        if (done) {
            p += restream_chunk_put_continuation(p, csid, msg->timestamp);
        }

        n = msg->size - done;

        if (n > SESSION_CHUNK_SIZE) {
            n = SESSION_CHUNK_SIZE;
        }

        memcpy(p, msg->data + done, n);
        p += n;
    }

    return p - out;
}


void
session_die(const char *what)
{
    fprintf(stderr, "%s failed: %s\n", what, strerror(errno));
    ERR_print_errors_fp(stderr);
    exit(1);
}
