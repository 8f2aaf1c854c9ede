/*
 * One time line out of a publisher's 32-bit timestamps: it never runs
 * backwards, whatever the encoder does.
 *
 *  - the 32-bit wrap is followed;
 *  - forward steps pass as they are: a gap in the source is a gap;
 *  - a step back of up to RESTREAM_TIMELINE_SKEW_MS in one kind of messages is
 *    reordering and is held at the last value of that kind;
 *  - a larger step back (a 24-bit wrap, a restarted clock) re-anchors: the time
 *    line goes on from its newest value by the time that has really passed;
 *  - one kind may trail the other by RESTREAM_TIMELINE_LAG_MS, and while one
 *    already counts anew the other may still come with the old clock.
 *
 * Owned by the source; survives a publisher that comes back.
 */

#ifndef _RESTREAM_TIMELINE_H_INCLUDED_
#define _RESTREAM_TIMELINE_H_INCLUDED_


#include "../lib/restream_flv.h"


#define RESTREAM_TIMELINE_SKEW_MS   1000
#define RESTREAM_TIMELINE_LAG_MS    10000       /* FFmpeg's muxer interleaves
                                                   within 10 s */


typedef struct {
    uint64_t   value;           /* on the time line, ms */
    uint32_t   timestamp;       /* newest of this clock, as received, ms */
} restream_timeline_clock_t;


typedef struct {
    uint64_t   last;            /* newest value given out, ms */
    uint64_t   last_at;         /* clock when it was, ms */
    uint64_t   newest[RESTREAM_FLV_KINDS];  /* value, per kind */

    restream_timeline_clock_t   clock;      /* of the last message */
    restream_timeline_clock_t   other;      /* the one before the last change */

    unsigned   started:1;
    unsigned   resync:1;        /* the next timestamp anchors anew */
} restream_timeline_t;


/* The line begins at RESTREAM_TIMELINE_LAG_MS, whatever the first timestamp is,
 * so that a kind which trails it has room. */
void restream_timeline_init(restream_timeline_t *tl);

/* A new publisher continues this line: its first timestamp, whatever it is,
 * comes behind what there was. */
void restream_timeline_resync(restream_timeline_t *tl);

/*
 * Data follows the line and never moves it, for encoders send metadata and
 * sequence headers with a timestamp of 0 at any time.
 *
 * in    kind      of the message; of a sequence header: data
 *       timestamp as received, ms
 *       now       monotonic clock, ms
 * ret   ms on the time line; per kind never less than before
 */
uint64_t restream_timeline_next(restream_timeline_t *tl,
    restream_flv_kind_e kind, uint32_t timestamp, uint64_t now);


#endif /* _RESTREAM_TIMELINE_H_INCLUDED_ */
