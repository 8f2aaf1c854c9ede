/*
 * Frames, and the sets of headers that apply to them.
 *
 * A frame is immutable once built, but for place and placed, and shared by
 * reference: the ring holds one, whoever is writing it holds one.
 *
 * One thread.  Memory: malloc.
 */

#ifndef _RESTREAM_FRAME_H_INCLUDED_
#define _RESTREAM_FRAME_H_INCLUDED_


#include "restream_chunk.h"
#include "restream_flv.h"


#define RESTREAM_HEADERS_MAX   32       /* header messages of one stream */
#define RESTREAM_HEADERS_SIZE  65536    /* bytes of them, together */


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
    uint8_t               lent;         /* out of the ring, but charged to it:
                                           a reader is not done with it */
    restream_headers_t   *headers;      /* KEY: those in force here; HEADER:
                                           those in force behind it; else NULL.
                                           A reference. */
    uint64_t              place;        /* where a sender has put it, as it
                                           goes over the wire; 0: nowhere */
                                        /* its chunk header there */
    uint8_t               placed[RESTREAM_CHUNK_HEADER_DELTA];
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
 * The headers with frm in place of the same header of the same type and track,
 * or added; with frm an END: without those of its type and track.  headers may
 * be NULL (none yet).  The set keeps a copy of frm, so that frm->headers may
 * refer to it.  Returns a new object with one reference and a new epoch; NULL:
 * no memory, or more than RESTREAM_HEADERS_MAX or RESTREAM_HEADERS_SIZE.
 */
restream_headers_t *restream_headers_with(const restream_headers_t *headers,
    restream_frame_t *frm, uint32_t epoch);
restream_headers_t *restream_headers_ref(restream_headers_t *headers);
void restream_headers_unref(restream_headers_t **headers);

/* bytes that the set itself takes, without the headers in it */
#define restream_headers_overhead(headers)                                    \
    (sizeof(restream_headers_t) + (headers)->n * sizeof(restream_frame_t *))

/* The same header of the same type and track, borrowed; NULL: none. */
restream_frame_t *restream_headers_find(const restream_headers_t *headers,
    const restream_frame_t *frm);


#endif /* _RESTREAM_FRAME_H_INCLUDED_ */
