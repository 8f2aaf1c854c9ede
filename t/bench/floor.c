/*
 * The floor: what it costs at least to send the stream to N destinations with
 * one write for each message, over TCP or TLS.
 *
 *     floor [--tls] PORT N
 *
 * Makes the stream itself, builds every message's chunks once, and writes them
 * to each socket at once: no queue, no copy, no protocol but the dialogue at
 * the start.  A socket that is full continues when it has room, still with one
 * write for each message.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "session.h"


#define FLOOR_MESSAGES  128             /* kept: over 1.6 s */
#define FLOOR_EVENTS    64


typedef struct {
    uint32_t         size;
    uint8_t         *data;              /* SESSION_MESSAGE_MAX bytes */
} floor_message_t;


typedef struct {
    session_t        session;
    uint64_t         next;              /* number of the message to be sent */
    uint32_t         sent;              /* bytes of it */
    int              full;              /* waiting for room */
} floor_destination_t;


typedef struct {
    int                    epoll;
    unsigned               n;
    floor_destination_t   *destinations;
    uint64_t               head;        /* number of the message to be made */
    floor_message_t        messages[FLOOR_MESSAGES];
    stream_t               stream;
} floor_t;


static void floor_init(floor_t *fl, SSL_CTX *tls, unsigned port);
static void floor_run(floor_t *fl);
static void floor_wait(floor_t *fl, uint64_t until_ns);
static void floor_push(floor_t *fl, const stream_msg_t *msg);
static void floor_send(floor_t *fl, floor_destination_t *dst);
static int floor_write(floor_destination_t *dst, const floor_message_t *msg);
static void floor_drain(floor_destination_t *dst);


int
main(int argc, char **argv)
{
    int        tls;
    floor_t   *fl;
    SSL_CTX   *ctx;

    tls = (argc > 1 && strcmp(argv[1], "--tls") == 0);

    if (argc != 3 + tls) {
        fputs("usage: floor [--tls] PORT N\n", stderr);
        return 64;
    }

    fl = calloc(1, sizeof(floor_t));
    ctx = tls ? SSL_CTX_new(TLS_client_method()) : NULL;

    if (fl == NULL || (tls && ctx == NULL)) {
        session_die("malloc()");
    }

    signal(SIGPIPE, SIG_IGN);

    fl->n = strtoul(argv[2 + tls], NULL, 10);

    floor_init(fl, ctx, strtoul(argv[1 + tls], NULL, 10));
    floor_run(fl);

    return 0;
}


static void
floor_init(floor_t *fl, SSL_CTX *tls, unsigned port)
{
    char                   key[16];
    unsigned               i;
    struct epoll_event     ev;
    floor_destination_t   *dst;

    fl->epoll = epoll_create1(0);
    fl->destinations = calloc(fl->n, sizeof(floor_destination_t));

    if (fl->epoll == -1 || fl->destinations == NULL) {
        session_die("epoll_create1()");
    }

    for (i = 0; i < fl->n; i++) {
        dst = &fl->destinations[i];

        snprintf(key, sizeof(key), "k%u", i + 1);
        session_open(&dst->session, tls, port, "live", key);

        if (tls) {
            SSL_set_mode(dst->session.ssl,
                         SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        }

        ev.events = EPOLLIN | EPOLLOUT | EPOLLET;
        ev.data.ptr = dst;

        if (fcntl(dst->session.fd, F_SETFL, O_NONBLOCK) == -1
            || epoll_ctl(fl->epoll, EPOLL_CTL_ADD, dst->session.fd, &ev)
               == -1)
        {
            session_die("epoll_ctl()");
        }
    }

    stream_init(&fl->stream);
}


static void
floor_run(floor_t *fl)
{
    size_t        i;
    uint64_t      start;
    stream_msg_t  msg;

    for (i = 0; i < STREAM_HEADERS; i++) {
        floor_push(fl, &fl->stream.headers[i]);
    }

    start = stream_clock();

    for ( ;; ) {
        stream_next(&fl->stream, &msg);
        floor_wait(fl, start + msg.due_ns);

        stream_stamp(&msg, stream_clock());
        floor_push(fl, &msg);
    }
}


static void
floor_wait(floor_t *fl, uint64_t until_ns)
{
    int                    i, n;
    uint64_t               now;
    struct timespec        ts;
    struct epoll_event     events[FLOOR_EVENTS];
    floor_destination_t   *dst;

    for (now = stream_clock(); now < until_ns; now = stream_clock()) {

        ts.tv_sec = (until_ns - now) / 1000000000;
        ts.tv_nsec = (until_ns - now) % 1000000000;

        n = epoll_pwait2(fl->epoll, events, FLOOR_EVENTS, &ts, NULL);

        for (i = 0; i < n; i++) {
            dst = events[i].data.ptr;

            if (events[i].events & EPOLLIN) {
                floor_drain(dst);
            }

            if (dst->full && (events[i].events & EPOLLOUT)) {
                dst->full = 0;
                floor_send(fl, dst);
            }
        }
    }
}


static void
floor_push(floor_t *fl, const stream_msg_t *msg)
{
    unsigned          i;
    floor_message_t  *m;

    m = &fl->messages[fl->head++ % FLOOR_MESSAGES];

    if (m->data == NULL) {
        m->data = malloc(SESSION_MESSAGE_MAX);
        if (m->data == NULL) {
            session_die("malloc()");
        }
    }

    m->size = session_put(m->data, msg);

    for (i = 0; i < fl->n; i++) {
        floor_send(fl, &fl->destinations[i]);
    }
}


static void
floor_send(floor_t *fl, floor_destination_t *dst)
{
    while (!dst->full && dst->next < fl->head) {

        if (fl->head - dst->next > FLOOR_MESSAGES) {
            errno = ETIMEDOUT;
            session_die("sending");
        }

        if (floor_write(dst, &fl->messages[dst->next % FLOOR_MESSAGES])
            == RESTREAM_AGAIN)
        {
            dst->full = 1;
            return;
        }
    }
}


static int
floor_write(floor_destination_t *dst, const floor_message_t *msg)
{
    int  n;

    if (dst->session.ssl) {
        n = SSL_write(dst->session.ssl, msg->data, msg->size);

        if (n <= 0) {
            if (SSL_get_error(dst->session.ssl, n) != SSL_ERROR_WANT_WRITE) {
                session_die("SSL_write()");
            }

            return RESTREAM_AGAIN;
        }

    } else {
        n = write(dst->session.fd, msg->data + dst->sent,
                  msg->size - dst->sent);

        if (n == -1) {
            if (errno != EAGAIN) {
                session_die("write()");
            }

            return RESTREAM_AGAIN;
        }

        dst->sent += n;

        if (dst->sent < msg->size) {
            return RESTREAM_AGAIN;
        }
    }

    dst->sent = 0;
    dst->next++;

    return RESTREAM_OK;
}


/* acknowledgements and session tickets; nothing in them matters */

static void
floor_drain(floor_destination_t *dst)
{
    uint8_t  answers[4096];

    if (dst->session.ssl) {
        ERR_clear_error();

        while (SSL_read(dst->session.ssl, answers, sizeof(answers)) > 0) {
            /* void */
        }

        return;
    }

    while (recv(dst->session.fd, answers, sizeof(answers), 0) > 0) {
        /* void */
    }
}
