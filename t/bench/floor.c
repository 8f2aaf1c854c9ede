/*
 * The floor: what it costs at least to send the stream to N destinations.
 *
 *     floor [--tls | --flush | --batch MS] PORT N
 *
 * Makes the stream itself, builds every message's chunks once, and writes them
 * to each socket: no copy, no protocol but the dialogue at the start.
 *
 * By itself it writes every message at once, one write for each, also when a
 * socket that was full continues.  With --flush audio waits for the next video
 * frame, with --batch everything waits so long, and one writev() takes all:
 * what is left then of a relay that does the same is its own.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <openssl/err.h>

#include "session.h"


#define FLOOR_MESSAGES  128             /* kept: over 1.6 s */
#define FLOOR_EVENTS    64
#define FLOOR_GATHER    32              /* messages in a write */


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
    int                    tls;
    int                    flush;       /* audio waits for video */
    uint64_t               batch_ns;    /* everything waits; 0: it does not */
    uint64_t               oldest_ns;   /* since when; 0: nothing waits */
    int                    epoll;
    unsigned               n;
    floor_destination_t   *destinations;
    uint64_t               head;        /* number of the message to be made */
    floor_message_t        messages[FLOOR_MESSAGES];
    stream_t               stream;
} floor_t;


static int floor_parse(floor_t *fl, int argc, char **argv);
static void floor_init(floor_t *fl, unsigned port);
static void floor_run(floor_t *fl);
static void floor_wait(floor_t *fl, uint64_t until_ns);
static void floor_push(floor_t *fl, const stream_msg_t *msg);
static int floor_due(floor_t *fl, const stream_msg_t *msg);
static void floor_send_all(floor_t *fl);
static void floor_send(floor_t *fl, floor_destination_t *dst);
static int floor_write_tls(floor_t *fl, floor_destination_t *dst);
static int floor_write(floor_t *fl, floor_destination_t *dst);
static void floor_sent(floor_t *fl, floor_destination_t *dst, size_t n);
static void floor_drain(floor_destination_t *dst);


int
main(int argc, char **argv)
{
    int       i;
    floor_t  *fl;

    fl = calloc(1, sizeof(floor_t));
    if (fl == NULL) {
        session_die("calloc()");
    }

    i = floor_parse(fl, argc, argv);

    if (argc != i + 2) {
        fputs("usage: floor [--tls | --flush | --batch MS] PORT N\n", stderr);
        return 64;
    }

    signal(SIGPIPE, SIG_IGN);

    fl->n = strtoul(argv[i + 1], NULL, 10);

    floor_init(fl, strtoul(argv[i], NULL, 10));
    floor_run(fl);

    return 0;
}


/* the index of the first argument that is no option */

static int
floor_parse(floor_t *fl, int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--tls") == 0) {
        fl->tls = 1;
        return 2;
    }

    if (argc > 1 && strcmp(argv[1], "--flush") == 0) {
        fl->flush = 1;
        return 2;
    }

    if (argc > 2 && strcmp(argv[1], "--batch") == 0) {
        fl->batch_ns = strtoul(argv[2], NULL, 10) * 1000000;
        return 3;
    }

    return 1;
}


static void
floor_init(floor_t *fl, unsigned port)
{
    char                   key[16];
    SSL_CTX               *tls;
    unsigned               i;
    struct epoll_event     ev;
    floor_destination_t   *dst;

    fl->epoll = epoll_create1(0);
    fl->destinations = calloc(fl->n, sizeof(floor_destination_t));

    tls = fl->tls ? SSL_CTX_new(TLS_client_method()) : NULL;

    if (fl->epoll == -1 || fl->destinations == NULL || (fl->tls && !tls)) {
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

    floor_send_all(fl);

    start = stream_clock();

    for ( ;; ) {
        stream_next(&fl->stream, &msg);
        floor_wait(fl, start + msg.due_ns);

        stream_stamp(&msg, stream_clock());
        floor_push(fl, &msg);

        if (floor_due(fl, &msg)) {
            floor_send_all(fl);
        }
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
    floor_message_t  *m;

    m = &fl->messages[fl->head++ % FLOOR_MESSAGES];

    if (m->data == NULL) {
        m->data = malloc(SESSION_MESSAGE_MAX);
        if (m->data == NULL) {
            session_die("malloc()");
        }
    }

    m->size = session_put(m->data, msg);
}


static int
floor_due(floor_t *fl, const stream_msg_t *msg)
{
    uint64_t  now;

    if (fl->batch_ns == 0) {
        return !fl->flush || msg->type == RESTREAM_MSG_VIDEO;
    }

    /* looked at with each message: a little longer than asked for */

    now = stream_clock();

    if (fl->oldest_ns == 0) {
        fl->oldest_ns = now;
    }

    return now - fl->oldest_ns >= fl->batch_ns;
}


static void
floor_send_all(floor_t *fl)
{
    unsigned  i;

    fl->oldest_ns = 0;

    for (i = 0; i < fl->n; i++) {
        floor_send(fl, &fl->destinations[i]);
    }
}


static void
floor_send(floor_t *fl, floor_destination_t *dst)
{
    int  rc;

    while (!dst->full && dst->next < fl->head) {

        if (fl->head - dst->next > FLOOR_MESSAGES) {
            errno = ETIMEDOUT;
            session_die("sending");
        }

        rc = dst->session.ssl ? floor_write_tls(fl, dst)
                              : floor_write(fl, dst);

        dst->full = (rc == RESTREAM_AGAIN);
    }
}


static int
floor_write_tls(floor_t *fl, floor_destination_t *dst)
{
    int               n;
    floor_message_t  *m;

    m = &fl->messages[dst->next % FLOOR_MESSAGES];

    n = SSL_write(dst->session.ssl, m->data, m->size);

    if (n <= 0) {
        if (SSL_get_error(dst->session.ssl, n) != SSL_ERROR_WANT_WRITE) {
            session_die("SSL_write()");
        }

        return RESTREAM_AGAIN;
    }

    dst->next++;

    return RESTREAM_OK;
}


static int
floor_write(floor_t *fl, floor_destination_t *dst)
{
    int               i, max;
    size_t            size;
    ssize_t           n;
    uint64_t          number;
    struct iovec      iov[FLOOR_GATHER];
    floor_message_t  *m;

    max = (fl->flush || fl->batch_ns) ? FLOOR_GATHER : 1;
    size = 0;

    for (i = 0, number = dst->next; i < max && number < fl->head; i++) {
        m = &fl->messages[number++ % FLOOR_MESSAGES];

        iov[i].iov_base = m->data;
        iov[i].iov_len = m->size;

        if (i == 0) {
            iov[i].iov_base = m->data + dst->sent;
            iov[i].iov_len -= dst->sent;
        }

        size += iov[i].iov_len;
    }

    n = (i == 1) ? write(dst->session.fd, iov[0].iov_base, iov[0].iov_len)
                 : writev(dst->session.fd, iov, i);

    if (n == -1) {
        if (errno != EAGAIN) {
            session_die("write()");
        }

        return RESTREAM_AGAIN;
    }

    floor_sent(fl, dst, n);

    return (size_t) n < size ? RESTREAM_AGAIN : RESTREAM_OK;
}


static void
floor_sent(floor_t *fl, floor_destination_t *dst, size_t n)
{
    size_t  left;

    while (n) {
        left = fl->messages[dst->next % FLOOR_MESSAGES].size - dst->sent;

        if (n < left) {
            dst->sent += n;
            return;
        }

        n -= left;
        dst->sent = 0;
        dst->next++;
    }
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
