/*
 * The newest frames of a stream, for any number of readers.
 *
 * Readers keep a sequence number (cursor) and no memory; falling off the tail
 * is how a slow one drops.
 *
 *     tail                     key                key         head
 *      | oldest kept            |                  |           | next to come
 *      v                        v                  v           v
 *      [12][13][14][15][16][17][K18][19][20][21][K22][23][24]
 *
 * What a reader has begun to send it has to finish, for half a message cannot
 * be taken back on the wire.  Until then the frame is kept, also when the ring
 * has moved on: it is lent.  What is lent stays charged to the ring, which
 * keeps less of the rest meanwhile, so that the limit holds whatever the number
 * of readers.  A slow reader is left in peace while that does not cost the
 * others much: only when more than a quarter of the limit would be lent, the
 * slowest has to give up.
 *
 * One thread.  Memory: malloc.  At most the limit, and on top of it
 *  - the newest frame, where it alone is larger, and one that is lent, where
 *    it alone is larger than a quarter;
 *  - the headers in force, RESTREAM_HEADERS_SIZE at most;
 *  - RESTREAM_RING_FREE per reader: the headers, or a small frame, that it has
 *    begun.
 */

#ifndef _RESTREAM_RING_H_INCLUDED_
#define _RESTREAM_RING_H_INCLUDED_


#include "restream_frame.h"


#define RESTREAM_RING_NONE  UINT64_MAX
#define RESTREAM_RING_FREE  65536       /* bytes of a frame that is lent without
                                           a charge */
#define RESTREAM_RING_PART  4           /* this part of the limit may be lent */


typedef struct restream_ring_s  restream_ring_t;

/* limit: bytes of frames, headers and bookkeeping of a frame included */
restream_ring_t *restream_ring_create(size_t limit);

/* size bytes of the limit are for something else from now on */
void restream_ring_reserve(restream_ring_t *ring, size_t size);

/* bytes that may be lent */
size_t restream_ring_part(const restream_ring_t *ring);

/* before that, readers release what they hold */
void restream_ring_destroy(restream_ring_t **ring);

/*
 * Takes the caller's reference of frm, evicts from the tail what no longer
 * fits (the newest frame stays, whatever its size).  Without memory for its
 * bookkeeping the ring keeps fewer frames.
 *
 * ret   OK
 *       AGAIN     not taken: too much is lent.  A reader of a frame that has
 *                 lent set has to release it, then call again
 */
int restream_ring_push(restream_ring_t *ring, restream_frame_t *frm);

/*
 * A frame of that type could not be kept.  Nothing behind it may be sent before
 * the next key frame: the ring is emptied, so that every reader falls off its
 * tail and counts what it missed.
 */
void restream_ring_lose(restream_ring_t *ring, uint8_t type);

/* Gives back a reader's reference of a frame that was in the ring; clears
 * *frm. */
void restream_ring_release(restream_ring_t *ring, restream_frame_t **frm);

/* borrowed until the next push; NULL when seq is not in the ring */
restream_frame_t *restream_ring_get(const restream_ring_t *ring, uint64_t seq);

uint64_t restream_ring_tail(const restream_ring_t *ring);
uint64_t restream_ring_head(const restream_ring_t *ring);

/* bytes charged: what is in the ring, and what is lent */
size_t restream_ring_size(const restream_ring_t *ring);

/* newest key frame, O(1); newest key frame at or before seq; RESTREAM_RING_NONE
 * when there is none in the ring */
uint64_t restream_ring_last_key(const restream_ring_t *ring);
uint64_t restream_ring_key_before(const restream_ring_t *ring, uint64_t seq);

/* first key frame at or after seq, RESTREAM_RING_NONE when there is none yet */
uint64_t restream_ring_key_after(const restream_ring_t *ring, uint64_t seq);

/* Audio and video frames ever pushed, headers not counted: the difference of
 * two totals is what a reader jumped over. */
typedef struct {
    uint64_t  audio;
    uint64_t  video;
} restream_ring_count_t;

/* running totals up to (not including) seq; what is outside of tail..head
 * counts as the nearer of the two */
restream_ring_count_t restream_ring_count(const restream_ring_t *ring,
    uint64_t seq);


#endif /* _RESTREAM_RING_H_INCLUDED_ */
