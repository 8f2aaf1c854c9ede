/*
 * What has arrived: see the header.
 */

#include "tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "stream.h"


static void tally_newest(const tally_t *t, uint64_t *newest);
static void tally_missing(tally_t *t, const tally_connection_t *c);
static uint64_t tally_cpu(void);


void
tally_add(tally_t *t, tally_connection_t *c)
{
    c->link = t->connections;
    t->connections = c;
}


void
tally_closed(tally_t *t)
{
    if (t->state == TALLY_COUNTING) {
        t->closed++;
    }
}


void
tally_begin(tally_t *t)
{
    t->state = TALLY_COUNTING;
    t->began_ns = stream_clock();
    t->cpu_ns = tally_cpu();

    tally_newest(t, t->begin);
}


void
tally_end(tally_t *t)
{
    t->state = TALLY_ENDED;
    t->ended_ns = stream_clock();
    t->cpu_ns = tally_cpu() - t->cpu_ns;

    tally_newest(t, t->end);
}


/* the number that the most advanced connection waits for */

static void
tally_newest(const tally_t *t, uint64_t *newest)
{
    unsigned                   k;
    const tally_connection_t  *c;

    for (c = t->connections; c; c = c->link) {
        for (k = 0; k < TALLY_TRACKS; k++) {
            if (c->next[k] > newest[k]) {
                newest[k] = c->next[k];
            }
        }
    }
}


int
tally_message(tally_t *t, tally_connection_t *c, const ingest_stream_t *msg,
    uint64_t now_ns)
{
    int            first;
    size_t         size;
    uint64_t       number, sent_ns;
    tally_track_e  k;

    size = msg->size < INGEST_BEGINNING ? msg->size : INGEST_BEGINNING;

    if (stream_read_stamp(msg->type, msg->beginning, size, &number, &sent_ns)
        != RESTREAM_OK)
    {
        return 0;
    }

    k = msg->type == RESTREAM_MSG_VIDEO ? TALLY_VIDEO : TALLY_AUDIO;

    if (number < c->next[k]) {
        t->repeated++;
        return 0;
    }

    first = (c->next[k] == 0);

    if (!first && t->state != TALLY_WAITING) {
        t->lost[k] += number - c->next[k];
    }

    c->next[k] = number + 1;

    if (t->state == TALLY_COUNTING) {
        t->frames[k]++;
        t->bytes += msg->size;
        histogram_add(&t->latency[k], (now_ns - sent_ns) / 1000);
    }

    return first && k == TALLY_VIDEO;
}


void
tally_report(tally_t *t, const char *tls)
{
    unsigned                   k;
    const tally_connection_t  *c;

    static const char  *names[] = { "video", "audio" };

    for (c = t->connections; c; c = c->link) {
        tally_missing(t, c);
    }

    printf("{\"seconds\":%.3f,\"bytes\":%" PRIu64 ",\"lost\":%" PRIu64
           ",\"repeated\":%" PRIu64 ",\"closed\":%" PRIu64
           ",\"sink_cpu_ns\":%" PRIu64 ",\"tls\":\"%s\"",
           (t->ended_ns - t->began_ns) / 1e9, t->bytes,
           t->lost[TALLY_VIDEO] + t->lost[TALLY_AUDIO],
           t->repeated, t->closed, t->cpu_ns, tls);

    for (k = 0; k < TALLY_TRACKS; k++) {
        printf(",\"%s_frames\":%" PRIu64 ",\"%s_p50_us\":%" PRIu64
               ",\"%s_p99_us\":%" PRIu64,
               names[k], t->frames[k],
               names[k], histogram_quantile(&t->latency[k], 0.5),
               names[k], histogram_quantile(&t->latency[k], 0.99));
    }

    puts("}");
}


/* what others have received and this one has not, of the counted time */

static void
tally_missing(tally_t *t, const tally_connection_t *c)
{
    unsigned  k;
    uint64_t  next;

    for (k = 0; k < TALLY_TRACKS; k++) {
        next = c->next[k];

        if (next < t->begin[k]) {
            next = t->begin[k];
        }

        if (next < t->end[k]) {
            t->lost[k] += t->end[k] - next;
        }
    }
}


static uint64_t
tally_cpu(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}
