/*
 * The encoder of the benchmark: publishes the generated stream at its pace, to
 * an RTMP server on this machine, until it is killed.
 *
 *     publisher PORT APP KEY
 *
 * The stamp is written right before the frame is handed to the kernel, so a
 * late start (the scheduler's fault) is not taken for latency of the relay.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "session.h"


static void publisher_run(session_t *s, stream_t *st, uint8_t *out);
static void publisher_wait(uint64_t until_ns);


int
main(int argc, char **argv)
{
    uint8_t    *out;
    stream_t   *st;
    session_t   s;

    if (argc != 4) {
        fputs("usage: publisher PORT APP KEY\n", stderr);
        return 64;
    }

    st = malloc(sizeof(stream_t));
    out = malloc(SESSION_MESSAGE_MAX);

    if (st == NULL || out == NULL) {
        session_die("malloc()");
    }

    stream_init(st);
    session_open(&s, NULL, strtoul(argv[1], NULL, 10), argv[2], argv[3]);
    publisher_run(&s, st, out);

    return 0;
}


static void
publisher_run(session_t *s, stream_t *st, uint8_t *out)
{
    size_t        i;
    uint8_t       answers[4096];
    uint64_t      start;
    stream_msg_t  msg;

    for (i = 0; i < STREAM_HEADERS; i++) {
        session_write(s, out, session_put(out, &st->headers[i]));
    }

    start = stream_clock();

    for ( ;; ) {
        stream_next(st, &msg);
        publisher_wait(start + msg.due_ns);

        stream_stamp(&msg, stream_clock());
        session_write(s, out, session_put(out, &msg));

        /* acknowledgements; nothing in them matters */

        while (recv(s->fd, answers, sizeof(answers), MSG_DONTWAIT) > 0) {
            /* void */
        }
    }
}


static void
publisher_wait(uint64_t until_ns)
{
    struct timespec  ts;

    ts.tv_sec = until_ns / 1000000000;
    ts.tv_nsec = until_ns % 1000000000;

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL)
           == EINTR)
    {
        /* void */
    }
}
