/*
 * What has arrived: frames and their latency, and what is missing.
 *
 * Counted is between begin and end.  A frame is lost when a later one of its
 * kind comes first, or when it has not come at the time of the report.
 */

#ifndef _BENCH_TALLY_H_INCLUDED_
#define _BENCH_TALLY_H_INCLUDED_


#include "histogram.h"
#include "ingest.h"


typedef enum {
    TALLY_VIDEO = 0,
    TALLY_AUDIO,
    TALLY_TRACKS
} tally_track_e;


typedef enum {
    TALLY_WAITING = 0,
    TALLY_COUNTING,
    TALLY_ENDED
} tally_state_e;


typedef struct tally_connection_s  tally_connection_t;

struct tally_connection_s {
    uint64_t              next[TALLY_TRACKS];   /* number of the next frame;
                                                   0: none has come */
    tally_connection_t   *link;
};


typedef struct {
    tally_state_e         state;
    tally_connection_t   *connections;
    uint64_t              began_ns;
    uint64_t              ended_ns;
    uint64_t              cpu_ns;           /* of this process, in between */
    uint64_t              begin[TALLY_TRACKS];  /* the first number in it */
    uint64_t              end[TALLY_TRACKS];    /* the first after it */
    uint64_t              frames[TALLY_TRACKS];
    uint64_t              lost[TALLY_TRACKS];
    uint64_t              repeated;
    uint64_t              bytes;            /* of media messages */
    uint64_t              closed;           /* connections */
    histogram_t           latency[TALLY_TRACKS];
} tally_t;


/* c is zeroed and lives as long as the tally, also when it is closed */
void tally_add(tally_t *t, tally_connection_t *c);
void tally_closed(tally_t *t);

void tally_begin(tally_t *t);
void tally_end(tally_t *t);

/*
 * A message has arrived, with its last byte at now_ns.
 *
 * ret   1         it is the first video frame of the connection
 */
int tally_message(tally_t *t, tally_connection_t *c,
    const ingest_stream_t *msg, uint64_t now_ns);

/* prints a JSON object; tls: version and cipher, or empty */
void tally_report(tally_t *t, const char *tls);


#endif /* _BENCH_TALLY_H_INCLUDED_ */
