/*
 * The destinations of the benchmark: one process, one thread, one port, any
 * number of RTMP or RTMPS connections, which it drains as fast as they fill.
 *
 *     sink --connections N [--tls CERTIFICATE KEY]
 *
 * Prints "listening PORT"; "delivering" when N connections have received
 * video; and a JSON object in the end.  SIGUSR1 begins the measured time and
 * ends it; frames sent within it have half a second more to come.
 *
 * It looks for data once a millisecond.  If it slept in epoll_wait() instead,
 * every write of the relay would wake a process on another core and pay for
 * that (an interrupt between cores, which in a virtual machine costs as much
 * as the write), and no destination across a network has such a price.
 */

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "ingest.h"
#include "stream.h"
#include "tally.h"


#define SINK_BUFFER     (256 * 1024)
#define SINK_EVENTS     256
#define SINK_TICK_NS    1000000
#define SINK_DRAIN_NS   500000000


typedef struct {
    tally_connection_t   tally;
    int                  fd;                /* -1: closed */
    SSL                 *ssl;               /* NULL: plain */
    ingest_t             ingest;
} sink_connection_t;


typedef struct {
    int                  epoll;
    int                  listener;
    int                  signals;
    SSL_CTX             *tls;               /* NULL: plain */
    unsigned             wanted;            /* connections */
    unsigned             delivering;        /* have received video */
    tally_t              tally;
    char                 session[64];       /* TLS version and cipher */
    uint8_t              buffer[SINK_BUFFER];
} sink_t;


static void sink_die(const char *what);
static void sink_init_tls(sink_t *sk, const char *certificate,
    const char *key);
static void sink_listen(sink_t *sk);
static void sink_watch(sink_t *sk, int fd, void *data);
static void sink_run(sink_t *sk);
static void sink_signal(sink_t *sk);
static void sink_accept(sink_t *sk);
static void sink_receive(sink_t *sk, sink_connection_t *c);
static ssize_t sink_recv(sink_t *sk, sink_connection_t *c);
static int sink_answer(sink_connection_t *c);
static void sink_delivering(sink_t *sk, sink_connection_t *c);
static void sink_close(sink_t *sk, sink_connection_t *c);


int
main(int argc, char **argv)
{
    int      i;
    sink_t  *sk;

    sk = calloc(1, sizeof(sink_t));
    if (sk == NULL) {
        sink_die("calloc()");
    }

    for (i = 1; i < argc; i++) {

        if (strcmp(argv[i], "--connections") == 0 && i + 1 < argc) {
            sk->wanted = strtoul(argv[++i], NULL, 10);

        } else if (strcmp(argv[i], "--tls") == 0 && i + 2 < argc) {
            sink_init_tls(sk, argv[i + 1], argv[i + 2]);
            i += 2;

        } else {
            sk->wanted = 0;
            break;
        }
    }

    if (sk->wanted == 0) {
        fputs("usage: sink --connections N [--tls CERTIFICATE KEY]\n",
              stderr);
        return 64;
    }

    sink_listen(sk);
    sink_run(sk);
    tally_report(&sk->tally, sk->session);

    return 0;
}


static void
sink_die(const char *what)
{
    fprintf(stderr, "sink: %s failed: %s\n", what, strerror(errno));
    ERR_print_errors_fp(stderr);
    exit(1);
}


static void
sink_init_tls(sink_t *sk, const char *certificate, const char *key)
{
    sk->tls = SSL_CTX_new(TLS_server_method());

    if (sk->tls == NULL
        || SSL_CTX_set_min_proto_version(sk->tls, TLS1_3_VERSION) != 1
        || SSL_CTX_use_certificate_file(sk->tls, certificate,
                                        SSL_FILETYPE_PEM)
           != 1
        || SSL_CTX_use_PrivateKey_file(sk->tls, key, SSL_FILETYPE_PEM) != 1)
    {
        sink_die(certificate);
    }

    /* several records in one read: the sinks are not what is measured */

    SSL_CTX_set_read_ahead(sk->tls, 1);
    SSL_CTX_set_default_read_buffer_len(sk->tls, 128 * 1024);
}


static void
sink_listen(sink_t *sk)
{
    sigset_t            set;
    socklen_t           len;
    struct sockaddr_in  sin;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    len = sizeof(sin);

    sk->epoll = epoll_create1(0);
    sk->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (sk->epoll == -1
        || sk->listener == -1
        || bind(sk->listener, (struct sockaddr *) &sin, sizeof(sin)) == -1
        || listen(sk->listener, 4096) == -1
        || getsockname(sk->listener, (struct sockaddr *) &sin, &len) == -1)
    {
        sink_die("listen()");
    }

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);

    if (sigprocmask(SIG_BLOCK, &set, NULL) == -1) {
        sink_die("sigprocmask()");
    }

    sk->signals = signalfd(-1, &set, 0);
    if (sk->signals == -1) {
        sink_die("signalfd()");
    }

    signal(SIGPIPE, SIG_IGN);

    sink_watch(sk, sk->listener, &sk->listener);
    sink_watch(sk, sk->signals, &sk->signals);

    printf("listening %d\n", ntohs(sin.sin_port));
    fflush(stdout);
}


static void
sink_watch(sink_t *sk, int fd, void *data)
{
    struct epoll_event  ev;

    ev.events = EPOLLIN;
    ev.data.ptr = data;

    if (epoll_ctl(sk->epoll, EPOLL_CTL_ADD, fd, &ev) == -1) {
        sink_die("epoll_ctl()");
    }
}


static void
sink_run(sink_t *sk)
{
    int                  i, n;
    struct timespec      tick;
    struct epoll_event   events[SINK_EVENTS];

    tick.tv_sec = 0;
    tick.tv_nsec = SINK_TICK_NS;

    while (sk->tally.state != TALLY_ENDED
           || stream_clock() - sk->tally.ended_ns < SINK_DRAIN_NS)
    {
        n = epoll_wait(sk->epoll, events, SINK_EVENTS, 0);

        for (i = 0; i < n; i++) {

            if (events[i].data.ptr == &sk->listener) {
                sink_accept(sk);

            } else if (events[i].data.ptr == &sk->signals) {
                sink_signal(sk);

            } else {
                sink_receive(sk, events[i].data.ptr);
            }
        }

        if (n < SINK_EVENTS) {
            (void) nanosleep(&tick, NULL);
        }
    }
}


static void
sink_signal(sink_t *sk)
{
    struct signalfd_siginfo  info;

    if (read(sk->signals, &info, sizeof(info)) != sizeof(info)) {
        return;
    }

    if (sk->tally.state == TALLY_WAITING) {
        tally_begin(&sk->tally);

    } else if (sk->tally.state == TALLY_COUNTING) {
        tally_end(&sk->tally);
    }
}


static void
sink_accept(sink_t *sk)
{
    int                 fd, on;
    sink_connection_t  *c;

    fd = accept4(sk->listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd == -1) {
        return;
    }

    on = 1;
    (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

    c = calloc(1, sizeof(sink_connection_t));
    if (c == NULL) {
        sink_die("calloc()");
    }

    c->fd = fd;
    ingest_init(&c->ingest);
    tally_add(&sk->tally, &c->tally);

    if (sk->tls) {
        c->ssl = SSL_new(sk->tls);

        if (c->ssl == NULL || SSL_set_fd(c->ssl, fd) != 1) {
            sink_die("SSL_new()");
        }

        SSL_set_accept_state(c->ssl);
    }

    sink_watch(sk, fd, c);
}


static void
sink_receive(sink_t *sk, sink_connection_t *c)
{
    int                     rc;
    ssize_t                 n;
    uint64_t                now;
    const uint8_t          *p, *last;
    const ingest_stream_t  *msg;

    for ( ;; ) {
        n = sink_recv(sk, c);

        if (n == RESTREAM_AGAIN) {
            return;
        }

        if (n <= 0) {
            break;
        }

        now = stream_clock();
        p = sk->buffer;
        last = p + n;

        for ( ;; ) {
            rc = ingest_read(&c->ingest, &p, last, &msg);

            if (rc != RESTREAM_DONE) {
                break;
            }

            if (tally_message(&sk->tally, &c->tally, msg, now)) {
                sink_delivering(sk, c);
            }
        }

        if (rc == RESTREAM_ERROR || sink_answer(c) != RESTREAM_OK) {
            break;
        }

        if (c->ssl == NULL && n < SINK_BUFFER) {
            return;
        }
    }

    sink_close(sk, c);
}


/* bytes read, 0 at the end, RESTREAM_AGAIN or RESTREAM_ERROR */

static ssize_t
sink_recv(sink_t *sk, sink_connection_t *c)
{
    int  n;

    if (c->ssl == NULL) {
        n = recv(c->fd, sk->buffer, SINK_BUFFER, 0);

        if (n == -1) {
            return errno == EAGAIN ? RESTREAM_AGAIN : RESTREAM_ERROR;
        }

        return n;
    }

    ERR_clear_error();

    n = SSL_read(c->ssl, sk->buffer, SINK_BUFFER);

    if (n <= 0) {
        return SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ
               ? RESTREAM_AGAIN : RESTREAM_ERROR;
    }

    return n;
}


/* Answers are few and small: they fit the socket's buffer, or it is over. */

static int
sink_answer(sink_connection_t *c)
{
    int              n;
    restream_buf_t  *b;

    b = &c->ingest.output;

    if (b->last == b->start) {
        return RESTREAM_OK;
    }

    if (c->ssl) {
        n = SSL_write(c->ssl, b->start, b->last - b->start);

    } else {
        n = send(c->fd, b->start, b->last - b->start, 0);
    }

    if (n != b->last - b->start) {
        return RESTREAM_ERROR;
    }

    b->last = b->start;

    return RESTREAM_OK;
}


static void
sink_delivering(sink_t *sk, sink_connection_t *c)
{
    if (c->ssl) {
        snprintf(sk->session, sizeof(sk->session), "%s %s",
                 SSL_get_version(c->ssl), SSL_get_cipher(c->ssl));
    }

    sk->delivering++;

    if (sk->delivering == sk->wanted) {
        puts("delivering");
        fflush(stdout);
    }
}


static void
sink_close(sink_t *sk, sink_connection_t *c)
{
    if (c->ssl) {
        SSL_free(c->ssl);
        c->ssl = NULL;
    }

    close(c->fd);
    c->fd = -1;

    tally_closed(&sk->tally);
}
