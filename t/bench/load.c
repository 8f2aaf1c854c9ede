/*
 * Those who call the API: so many requests a second, come what may, on a few
 * connections that are kept open.
 *
 *     load PORT RATE SECONDS GETS STREAMS DESTINATIONS LIVE
 *     load PORT
 *
 * GETS of a hundred requests read a stream, the others change the title of one
 * of its DESTINATIONS.  The streams are drawn by chance out of STREAMS, as
 * t/bench/store.c makes them; LIVE of a hundred requests are for live/in.
 * Prints a JSON object for each kind of request.
 *
 * Durations count from when the request was due.  If it had to wait because
 * all connections were waiting for answers, that is in it: a server that stops
 * for a second is not asked less often.
 *
 * With a port alone it waits until the API answers with 200.
 */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "histogram.h"
#include "http.h"
#include "stream.h"


#define LOAD_API          "/restream"
#define LOAD_CONNECTIONS  8
#define LOAD_PATIENCE_NS  10000000000

#define load_die(...)                                                         \
    (fprintf(stderr, "load: " __VA_ARGS__), fputc('\n', stderr), exit(1))


typedef struct {
    const char   *method;
    const char   *of;
    uint64_t      requests;
    uint64_t      failed;               /* answered with another status */
    uint64_t      max_us;
    histogram_t   took;
} load_kind_t;


typedef struct {
    http_t        http;
    load_kind_t  *kind;                 /* of the request; NULL: idle */
    uint64_t      due_ns;
} load_connection_t;


typedef struct {
    unsigned            port;
    unsigned            rate;           /* requests a second */
    unsigned            seconds;
    unsigned            gets;           /* per cent */
    unsigned            streams;
    unsigned            destinations;   /* of each */
    unsigned            live;           /* per cent */

    uint64_t            began_ns;
    uint64_t            sent;           /* requests */
    unsigned            blocked;        /* the next one is due, and none of
                                           the connections is idle */
    histogram_t         late;           /* how long after it was due a request
                                           was sent: we, or a wait for an idle
                                           connection */
    load_connection_t   connections[LOAD_CONNECTIONS];
    load_kind_t         kinds[4];
} load_t;


static void load_args(load_t *ld, int argc, char **argv);
static void load_first(load_t *ld);
static void load_run(load_t *ld);
static uint64_t load_due(const load_t *ld);
static void load_send(load_t *ld, uint64_t now);
static void load_request(load_t *ld, load_connection_t *c);
static unsigned load_wait(load_t *ld, unsigned more, uint64_t now);
static void load_answered(load_connection_t *c);
static void load_report(const load_t *ld);


int
main(int argc, char **argv)
{
    load_t  *ld;

    ld = calloc(1, sizeof(load_t));
    if (ld == NULL) {
        load_die("no memory");
    }

    load_args(ld, argc, argv);

    if (argc == 2) {
        load_first(ld);
        return 0;
    }

    load_run(ld);
    load_report(ld);

    return 0;
}


static void
load_args(load_t *ld, int argc, char **argv)
{
    int        i;
    unsigned  *values[] = { &ld->port, &ld->rate, &ld->seconds, &ld->gets,
                            &ld->streams, &ld->destinations, &ld->live };

    if (argc != 2 && argc != 8) {
        fputs("usage: load PORT [RATE SECONDS GETS STREAMS DESTINATIONS "
              "LIVE]\n", stderr);
        exit(64);
    }

    for (i = 1; i < argc; i++) {
        *values[i - 1] = strtoul(argv[i], NULL, 10);
    }
}


static void
load_first(load_t *ld)
{
    int              rc;
    http_t          *h;
    uint64_t         began;
    struct timespec  tick;

    h = &ld->connections[0].http;
    began = stream_clock();
    tick.tv_sec = 0;
    tick.tv_nsec = 1000000;

    while (http_open(h, ld->port) != RESTREAM_OK) {

        if (stream_clock() - began > LOAD_PATIENCE_NS) {
            load_die("nobody listens on port %u", ld->port);
        }

        (void) nanosleep(&tick, NULL);
    }

    if (http_send(h, "GET", LOAD_API "/streams?limit=1", NULL)
        != RESTREAM_OK)
    {
        load_die("the first request cannot be sent");
    }

    do {
        (void) nanosleep(&tick, NULL);
        rc = http_receive(h);

    } while (rc == RESTREAM_AGAIN
             && stream_clock() - began < LOAD_PATIENCE_NS);

    if (rc != RESTREAM_DONE || h->status != 200) {
        load_die("the first request was answered with %u", h->status);
    }
}


static void
load_run(load_t *ld)
{
    unsigned  i, busy;
    uint64_t  total;

    for (i = 0; i < 4; i++) {
        ld->kinds[i].method = i / 2 ? "PATCH" : "GET";
        ld->kinds[i].of = i % 2 ? "live" : "stored";
    }

    for (i = 0; i < LOAD_CONNECTIONS; i++) {
        if (http_open(&ld->connections[i].http, ld->port) != RESTREAM_OK) {
            load_die("connect() failed: %s", strerror(errno));
        }
    }

    total = (uint64_t) ld->rate * ld->seconds;
    ld->began_ns = stream_clock();

    do {
        while (ld->sent < total && !ld->blocked
               && load_due(ld) <= stream_clock())
        {
            load_send(ld, stream_clock());
        }

        busy = load_wait(ld, ld->sent < total, stream_clock());

    } while (busy || ld->sent < total);
}


static uint64_t
load_due(const load_t *ld)
{
    return ld->began_ns + ld->sent * 1000000000 / ld->rate;
}


/* the next request, on the first connection that is idle */

static void
load_send(load_t *ld, uint64_t now)
{
    unsigned            i;
    load_connection_t  *c;

    for (i = 0; i < LOAD_CONNECTIONS; i++) {
        c = &ld->connections[i];

        if (c->kind == NULL) {
            c->due_ns = load_due(ld);
            load_request(ld, c);
            histogram_add(&ld->late, (now - c->due_ns) / 1000);
            ld->sent++;

            return;
        }
    }

    ld->blocked = 1;
}


static void
load_request(load_t *ld, load_connection_t *c)
{
    size_t    len;
    char      path[128], body[64];
    unsigned  live, patch;

    patch = (unsigned) random() % 100 >= ld->gets;
    live = ld->streams == 0 || (unsigned) random() % 100 < ld->live;
    c->kind = &ld->kinds[2 * patch + live];

    if (live) {
        len = snprintf(path, sizeof(path), LOAD_API "/streams/live/in");

    } else {
        len = snprintf(path, sizeof(path),
                       LOAD_API "/streams/live/stream-%06u",
                       (unsigned) random() % ld->streams);
    }

    if (patch) {
        (void) snprintf(path + len, sizeof(path) - len,
                        "/destinations/name:destination%%20%u",
                        (unsigned) random() % ld->destinations);

        /* another one each time, so that there is something to change */

        (void) snprintf(body, sizeof(body), "{\"title\":\"%" PRIu64 "\"}",
                        stream_clock());
    }

    if (http_send(&c->http, c->kind->method, path, patch ? body : NULL)
        != RESTREAM_OK)
    {
        load_die("send() failed: %s", strerror(errno));
    }
}


/* until there is an answer, or a request to send; connections still busy */

static unsigned
load_wait(load_t *ld, unsigned more, uint64_t now)
{
    unsigned            i, busy;
    uint64_t            until;
    struct pollfd       fds[LOAD_CONNECTIONS];
    struct timespec     ts;
    load_connection_t  *c;

    until = now + LOAD_PATIENCE_NS;

    if (more && !ld->blocked) {
        until = load_due(ld) > now ? load_due(ld) : now;
    }

    ts.tv_sec = (until - now) / 1000000000;
    ts.tv_nsec = (until - now) % 1000000000;

    for (i = 0; i < LOAD_CONNECTIONS; i++) {
        fds[i].fd = ld->connections[i].http.fd;
        fds[i].events = POLLIN;
    }

    if (ppoll(fds, LOAD_CONNECTIONS, &ts, NULL) == 0
        && stream_clock() - now >= LOAD_PATIENCE_NS)
    {
        load_die("no answer in ten seconds");
    }

    busy = 0;

    for (i = 0; i < LOAD_CONNECTIONS; i++) {
        c = &ld->connections[i];

        if (fds[i].revents) {
            load_answered(c);
        }

        busy += (c->kind != NULL);
    }

    ld->blocked = ld->blocked && busy == LOAD_CONNECTIONS;

    return busy;
}


static void
load_answered(load_connection_t *c)
{
    int           rc;
    uint64_t      us;
    load_kind_t  *kind;

    kind = c->kind;
    rc = kind ? http_receive(&c->http) : RESTREAM_ERROR;

    if (rc == RESTREAM_AGAIN) {
        return;
    }

    if (rc == RESTREAM_ERROR) {
        load_die("a connection was closed");
    }

    us = (stream_clock() - c->due_ns) / 1000;

    kind->requests++;
    kind->failed += (c->http.status != 200);
    kind->max_us = us > kind->max_us ? us : kind->max_us;
    histogram_add(&kind->took, us);

    c->kind = NULL;
}


static void
load_report(const load_t *ld)
{
    unsigned            i;
    const load_kind_t  *kind;

    for (i = 0; i < 4; i++) {
        kind = &ld->kinds[i];

        if (kind->requests == 0) {
            continue;
        }

        printf("{\"gets\":%u,\"call\":\"%s\",\"of\":\"%s\","
               "\"requests\":%" PRIu64 ",\"failed\":%" PRIu64
               ",\"p50_us\":%" PRIu64 ",\"p99_us\":%" PRIu64
               ",\"max_us\":%" PRIu64 ",\"late_p99_us\":%" PRIu64 "}\n",
               ld->gets, kind->method, kind->of, kind->requests, kind->failed,
               histogram_quantile(&kind->took, 0.5),
               histogram_quantile(&kind->took, 0.99), kind->max_us,
               histogram_quantile(&ld->late, 0.99));
    }
}
