/*
 * How far a peer's TCP has acknowledged: see restream_ack.h.
 */

#include "restream_ack.h"

#include <string.h>


static void restream_ack_thin(restream_ack_t *ack);


void
restream_ack_start(restream_ack_t *ack, uint64_t seq, uint64_t now)
{
    memset(ack, 0, sizeof(restream_ack_t));

    ack->seq = seq;
    ack->settled = seq;
    ack->candidate = seq;
    ack->settles_at = now + RESTREAM_ACK_MARGIN;
}


void
restream_ack_mark(restream_ack_t *ack, uint64_t bytes, uint64_t seq)
{
    restream_ack_mark_t  *last;

    last = ack->n ? &ack->marks[ack->n - 1] : NULL;

    if (last && last->seq == seq) {
        return;
    }

    if (ack->n == RESTREAM_ACK_MARKS) {
        restream_ack_thin(ack);
    }

    ack->marks[ack->n].bytes = bytes;
    ack->marks[ack->n].seq = seq;
    ack->n++;
}


int
restream_ack_sample(restream_ack_t *ack, uint64_t bytes, uint64_t now)
{
    int       more;
    uint32_t  i;

    more = bytes > ack->bytes;

    if (more) {
        ack->bytes = bytes;

        for (i = 0; i < ack->n && ack->marks[i].bytes <= bytes; i++) {
            ack->seq = ack->marks[i].seq;
        }

        ack->n -= i;
        memmove(ack->marks, ack->marks + i,
                ack->n * sizeof(restream_ack_mark_t));
    }

    if (now >= ack->settles_at) {
        ack->settled = ack->candidate;
        ack->candidate = ack->seq;
        ack->settles_at = now + RESTREAM_ACK_MARGIN;
    }

    return more;
}


/* every second mark goes; the newest stays */

static void
restream_ack_thin(restream_ack_t *ack)
{
    uint32_t  i;

    for (i = 0; 2 * i + 1 < ack->n; i++) {
        ack->marks[i] = ack->marks[2 * i + 1];
    }

    ack->n = i;
}
