/*
 * Frames, header sets and the ring.
 *
 * The ring is a circular array of entries, indexed by the low bits of the
 * sequence number; it doubles when full.  It cannot grow without end: each
 * frame is charged its entry too.
 */

#include "restream_ring.h"
#include "restream_chunk.h"

#include <stdlib.h>
#include <string.h>


#define RESTREAM_RING_MIN_ENTRIES  256          /* a power of two */


typedef struct {
    restream_frame_t       *frame;
    uint64_t                key;        /* newest key frame at or before it */
    restream_ring_count_t   before;     /* frames ever pushed before it */
} restream_ring_entry_t;


struct restream_ring_s {
    restream_ring_entry_t  *entries;
    uint64_t                mask;       /* number of entries - 1 */
    uint64_t                tail;
    uint64_t                head;
    uint64_t                key;        /* newest ever, may be behind tail */
    restream_ring_count_t   total;      /* frames ever pushed */
    size_t                  size;       /* bytes charged, see ring_charge() */
    size_t                  limit;
};


static restream_frame_t *restream_frame_copy(const restream_frame_t *frm);
static int restream_headers_match(const restream_frame_t *a,
    const restream_frame_t *b);
static unsigned restream_headers_track(const restream_frame_t *frm);
static unsigned restream_headers_rank(const restream_frame_t *frm);
static void restream_headers_insert(restream_headers_t *headers,
    restream_frame_t *frm);
static int restream_ring_grow(restream_ring_t *ring);
static void restream_ring_evict(restream_ring_t *ring);
static size_t restream_ring_charge(const restream_frame_t *frm);


#define restream_ring_entry(ring, seq)                                        \
    (&(ring)->entries[(seq) & (ring)->mask])


restream_frame_t *
restream_frame_create(uint8_t type, uint64_t dts,
    const restream_flv_info_t *info, uint32_t size)
{
    restream_frame_t  *frm;

    frm = malloc(sizeof(restream_frame_t) + size);
    if (frm == NULL) {
        return NULL;
    }

    frm->dts = dts;
    frm->refs = 1;
    frm->size = size;
    frm->track = info->track;
    frm->type = type;
    frm->flags = info->flags;
    frm->header = info->header;
    frm->headers = NULL;

    return frm;
}


restream_frame_t *
restream_frame_ref(restream_frame_t *frm)
{
    frm->refs++;

    return frm;
}


void
restream_frame_unref(restream_frame_t **pfrm)
{
    restream_frame_t  *frm;

    frm = *pfrm;
    *pfrm = NULL;

    if (frm == NULL || --frm->refs > 0) {
        return;
    }

    restream_headers_unref(&frm->headers);
    free(frm);
}


static restream_frame_t *
restream_frame_copy(const restream_frame_t *frm)
{
    restream_frame_t  *copy;

    copy = malloc(sizeof(restream_frame_t) + frm->size);
    if (copy == NULL) {
        return NULL;
    }

    memcpy(copy, frm, sizeof(restream_frame_t) + frm->size);

    copy->refs = 1;
    copy->headers = NULL;

    return copy;
}


restream_headers_t *
restream_headers_with(const restream_headers_t *headers, restream_frame_t *frm,
    uint32_t epoch)
{
    uint32_t             i, n;
    restream_frame_t    *copy, *old;
    restream_headers_t  *new;

    n = headers ? headers->n : 0;
    new = malloc(sizeof(restream_headers_t)
                 + (n + 1) * sizeof(restream_frame_t *));
    if (new == NULL) {
        return NULL;
    }

    new->refs = 1;
    new->epoch = epoch;
    new->n = 0;

    /* frm->headers will refer to this set: a set that referred to frm in turn
     * would live for ever */

    copy = (frm->flags & RESTREAM_FLV_HEADER) ? restream_frame_copy(frm) : NULL;
    if (copy == NULL && (frm->flags & RESTREAM_FLV_HEADER)) {
        goto failed;
    }

    for (i = 0; i < n; i++) {
        old = headers->frames[i];

        if (!restream_headers_match(old, frm)) {
            new->frames[new->n++] = restream_frame_ref(old);

        } else if (copy) {
            new->frames[new->n++] = copy;
            copy = NULL;
        }
    }

    if (copy) {
        restream_headers_insert(new, copy);
    }

    if (new->n <= RESTREAM_HEADERS_MAX) {
        return new;
    }

failed:

    restream_headers_unref(&new);

    return NULL;
}


/* whether a, a header of a set, is superseded by b */

static int
restream_headers_match(const restream_frame_t *a, const restream_frame_t *b)
{
    return a->type == b->type
           && restream_headers_track(a) == restream_headers_track(b)
           && ((b->flags & RESTREAM_FLV_END) || a->header == b->header);
}


/* a message without a track number is of track 0 (OBS changes between both
 * forms with the codec) */

static unsigned
restream_headers_track(const restream_frame_t *frm)
{
    return frm->track == RESTREAM_FLV_NO_TRACK ? 0 : frm->track;
}


/* sending order: metadata; video; audio; of each what the decoder has to know
 * before its configuration first */

static unsigned
restream_headers_rank(const restream_frame_t *frm)
{
    unsigned  rank;

    if (frm->header == RESTREAM_FLV_HEADER_METADATA) {
        return 0;
    }

    rank = (frm->type == RESTREAM_MSG_VIDEO) ? 1 : 3;

    return frm->header == RESTREAM_FLV_HEADER_SEQUENCE ? rank + 1 : rank;
}


static void
restream_headers_insert(restream_headers_t *headers, restream_frame_t *frm)
{
    uint32_t  i;
    unsigned  rank;

    rank = restream_headers_rank(frm);

    for (i = headers->n; i > 0; i--) {
        if (restream_headers_rank(headers->frames[i - 1]) <= rank) {
            break;
        }

        headers->frames[i] = headers->frames[i - 1];
    }

    headers->frames[i] = frm;
    headers->n++;
}


restream_headers_t *
restream_headers_ref(restream_headers_t *headers)
{
    headers->refs++;

    return headers;
}


void
restream_headers_unref(restream_headers_t **pheaders)
{
    uint32_t             i;
    restream_headers_t  *headers;

    headers = *pheaders;
    *pheaders = NULL;

    if (headers == NULL || --headers->refs > 0) {
        return;
    }

    for (i = 0; i < headers->n; i++) {
        restream_frame_unref(&headers->frames[i]);
    }

    free(headers);
}


restream_frame_t *
restream_headers_find(const restream_headers_t *headers,
    const restream_frame_t *frm)
{
    uint32_t           i;
    restream_frame_t  *h;

    if (headers == NULL) {
        return NULL;
    }

    for (i = 0; i < headers->n; i++) {
        h = headers->frames[i];

        if (h->header == frm->header && restream_headers_match(h, frm)) {
            return h;
        }
    }

    return NULL;
}


restream_ring_t *
restream_ring_create(size_t limit)
{
    restream_ring_t  *ring;

    ring = calloc(1, sizeof(restream_ring_t));
    if (ring == NULL) {
        return NULL;
    }

    ring->entries = malloc(RESTREAM_RING_MIN_ENTRIES
                           * sizeof(restream_ring_entry_t));
    if (ring->entries == NULL) {
        free(ring);
        return NULL;
    }

    ring->mask = RESTREAM_RING_MIN_ENTRIES - 1;
    ring->key = RESTREAM_RING_NONE;
    ring->limit = limit;

    return ring;
}


void
restream_ring_destroy(restream_ring_t **pring)
{
    restream_ring_t  *ring;

    ring = *pring;
    *pring = NULL;

    if (ring == NULL) {
        return;
    }

    while (ring->tail < ring->head) {
        restream_ring_evict(ring);
    }

    free(ring->entries);
    free(ring);
}


int
restream_ring_push(restream_ring_t *ring, restream_frame_t *frm)
{
    size_t                  charge;
    restream_ring_entry_t  *e;

    charge = restream_ring_charge(frm);

    /* a frame that evicts another finds a free entry */

    if (ring->head - ring->tail > ring->mask
        && ring->size + charge <= ring->limit
        && restream_ring_grow(ring) != RESTREAM_OK)
    {
        restream_frame_unref(&frm);
        return RESTREAM_ERROR;
    }

    while (ring->tail < ring->head && ring->size + charge > ring->limit) {
        restream_ring_evict(ring);
    }

    if (frm->flags & RESTREAM_FLV_KEY) {
        ring->key = ring->head;
    }

    e = restream_ring_entry(ring, ring->head);
    e->frame = frm;
    e->key = ring->key;
    e->before = ring->total;

    if (!(frm->flags & RESTREAM_FLV_HEADER)) {
        ring->total.audio += (frm->type == RESTREAM_MSG_AUDIO);
        ring->total.video += (frm->type == RESTREAM_MSG_VIDEO);
    }

    ring->size += charge;
    ring->head++;

    return RESTREAM_OK;
}


static int
restream_ring_grow(restream_ring_t *ring)
{
    uint64_t                seq, mask;
    restream_ring_entry_t  *entries;

    mask = ring->mask * 2 + 1;

    entries = malloc((mask + 1) * sizeof(restream_ring_entry_t));
    if (entries == NULL) {
        return RESTREAM_ERROR;
    }

    for (seq = ring->tail; seq < ring->head; seq++) {
        entries[seq & mask] = *restream_ring_entry(ring, seq);
    }

    free(ring->entries);

    ring->entries = entries;
    ring->mask = mask;

    return RESTREAM_OK;
}


static void
restream_ring_evict(restream_ring_t *ring)
{
    restream_ring_entry_t  *e;

    e = restream_ring_entry(ring, ring->tail);

    ring->size -= restream_ring_charge(e->frame);
    ring->tail++;

    restream_frame_unref(&e->frame);
}


static size_t
restream_ring_charge(const restream_frame_t *frm)
{
    return sizeof(restream_ring_entry_t) + sizeof(restream_frame_t)
           + frm->size;
}


restream_frame_t *
restream_ring_get(const restream_ring_t *ring, uint64_t seq)
{
    if (seq < ring->tail || seq >= ring->head) {
        return NULL;
    }

    return restream_ring_entry(ring, seq)->frame;
}


uint64_t
restream_ring_tail(const restream_ring_t *ring)
{
    return ring->tail;
}


uint64_t
restream_ring_head(const restream_ring_t *ring)
{
    return ring->head;
}


size_t
restream_ring_size(const restream_ring_t *ring)
{
    return ring->size;
}


uint64_t
restream_ring_last_key(const restream_ring_t *ring)
{
    return restream_ring_key_before(ring, RESTREAM_RING_NONE);
}


uint64_t
restream_ring_key_before(const restream_ring_t *ring, uint64_t seq)
{
    uint64_t  key;

    if (seq < ring->tail) {
        return RESTREAM_RING_NONE;
    }

    key = seq < ring->head ? restream_ring_entry(ring, seq)->key : ring->key;

    return key >= ring->tail ? key : RESTREAM_RING_NONE;
}


uint64_t
restream_ring_key_after(const restream_ring_t *ring, uint64_t seq)
{
    uint64_t  key, found;

    found = RESTREAM_RING_NONE;
    key = restream_ring_last_key(ring);

    /* from key frame to key frame backwards; with none NONE ends it */

    while (key != RESTREAM_RING_NONE && key >= seq) {
        found = key;

        if (key == ring->tail) {
            break;
        }

        key = restream_ring_key_before(ring, key - 1);
    }

    return found;
}


restream_ring_count_t
restream_ring_count(const restream_ring_t *ring, uint64_t seq)
{
    if (seq >= ring->head) {
        return ring->total;
    }

    if (seq < ring->tail) {
        seq = ring->tail;
    }

    return restream_ring_entry(ring, seq)->before;
}
