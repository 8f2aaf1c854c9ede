/*
 * Frames, the headers that apply to them, and the ring that keeps the newest
 * of them for any number of readers.
 *
 * A frame is immutable once built and shared by reference: the ring holds one,
 * whoever is writing it holds one.  Readers keep a sequence number (cursor) and
 * no memory; falling off the tail is how a slow one drops.
 *
 *     tail                     key                key         head
 *      | oldest kept            |                  |           | next to come
 *      v                        v                  v           v
 *      [12][13][14][15][16][17][K18][19][20][21][K22][23][24]
 *
 * One thread.  Memory: malloc, bounded by the ring's limit.
 */

#ifndef _RESTREAM_RING_H_INCLUDED_
#define _RESTREAM_RING_H_INCLUDED_


#include "restream_flv.h"


#define RESTREAM_HEADERS_MAX   32       /* header messages of one stream */
#define RESTREAM_RING_NONE     UINT64_MAX


typedef struct restream_headers_s  restream_headers_t;


typedef struct {
    uint64_t              dts;          /* ms on the source's own time line */
    uint32_t              refs;
    uint32_t              size;         /* bytes in data */
    uint16_t              track;        /* as restream_flv_info_t */
    uint8_t               type;         /* RESTREAM_MSG_AUDIO, _VIDEO or
                                           _AMF0_DATA */
    uint8_t               flags;        /* RESTREAM_FLV_* */
    uint8_t               header;       /* restream_flv_header_e */
    restream_headers_t   *headers;      /* KEY: those in force here; HEADER:
                                           those in force behind it; else NULL.
                                           A reference. */
    uint8_t               data[];
} restream_frame_t;


/* What a decoder needs before a key frame, in sending order: metadata, then
 * per track colour and channel configuration, then sequence headers.
 * Immutable and refcounted. */

struct restream_headers_s {
    uint32_t              refs;
    uint32_t              epoch;        /* never equal for different contents */
    uint32_t              n;
    restream_frame_t     *frames[];     /* n references; copies, see below */
};


/*
 * A frame with room for size bytes and one reference; the caller fills data
 * before it is shared.  NULL: no memory.
 */
restream_frame_t *restream_frame_create(uint8_t type, uint64_t dts,
    const restream_flv_info_t *info, uint32_t size);
restream_frame_t *restream_frame_ref(restream_frame_t *frm);
void restream_frame_unref(restream_frame_t **frm);      /* clears *frm */

/*
 * The headers with frm in place of the one of the same type, kind and track,
 * or added; with frm an END: without those of its type and track.  headers may
 * be NULL (none yet).  The set keeps a copy of frm, so that frm->headers may
 * refer to it.  Returns a new object with one reference and a new epoch; NULL:
 * no memory, or more than RESTREAM_HEADERS_MAX.
 */
restream_headers_t *restream_headers_with(const restream_headers_t *headers,
    restream_frame_t *frm, uint32_t epoch);
restream_headers_t *restream_headers_ref(restream_headers_t *headers);
void restream_headers_unref(restream_headers_t **headers);

/* The frame of the same type, kind and track, borrowed; NULL: none. */
restream_frame_t *restream_headers_find(const restream_headers_t *headers,
    const restream_frame_t *frm);


typedef struct restream_ring_s  restream_ring_t;

/* limit: bytes of frames kept, headers and bookkeeping of a frame included */
restream_ring_t *restream_ring_create(size_t limit);
void restream_ring_destroy(restream_ring_t **ring);

/*
 * Takes the caller's reference of frm, evicts from the tail what no longer
 * fits (the newest frame stays, whatever its size).
 *
 * ret   OK
 *       ERROR     no memory; frm is released, the ring is unchanged
 */
int restream_ring_push(restream_ring_t *ring, restream_frame_t *frm);

/* borrowed until the next push; NULL when seq is not in the ring */
restream_frame_t *restream_ring_get(const restream_ring_t *ring, uint64_t seq);

uint64_t restream_ring_tail(const restream_ring_t *ring);
uint64_t restream_ring_head(const restream_ring_t *ring);
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
