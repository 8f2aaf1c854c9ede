/*
 * The newest frames of a stream: see restream_ring.h.
 *
 * The ring is a circular array of entries, indexed by the low bits of the
 * sequence number; it doubles when full.  It cannot grow without end: each
 * frame is charged its entry too.
 */

#include "restream_ring.h"
#include "restream_chunk.h"

#include <stdlib.h>


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
    size_t                  lent;       /* of these, bytes behind the tail */
    uint32_t                nlent;      /* frames */
    size_t                  limit;
};


static size_t restream_ring_taken(const restream_ring_t *ring);
static int restream_ring_overdrawn(const restream_ring_t *ring);
static void restream_ring_total(restream_ring_t *ring, uint8_t type);
static int restream_ring_grow(restream_ring_t *ring);
static void restream_ring_evict(restream_ring_t *ring);
static size_t restream_ring_charge(const restream_frame_t *frm);


#define restream_ring_entry(ring, seq)                                        \
    (&(ring)->entries[(seq) & (ring)->mask])


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
restream_ring_reserve(restream_ring_t *ring, size_t size)
{
    ring->limit -= size < ring->limit ? size : ring->limit;
}


size_t
restream_ring_part(const restream_ring_t *ring)
{
    return ring->limit / RESTREAM_RING_PART;
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

    while (ring->tail < ring->head
           && restream_ring_taken(ring) + charge > ring->limit)
    {
        restream_ring_evict(ring);

        if (restream_ring_overdrawn(ring)) {
            return RESTREAM_AGAIN;
        }
    }

    if (ring->head - ring->tail > ring->mask
        && restream_ring_grow(ring) != RESTREAM_OK)
    {
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
        restream_ring_total(ring, frm->type);
    }

    ring->size += charge;
    ring->head++;

    return RESTREAM_OK;
}


void
restream_ring_lose(restream_ring_t *ring, uint8_t type)
{
    while (ring->tail < ring->head) {
        restream_ring_evict(ring);
    }

    restream_ring_total(ring, type);

    ring->head++;
    ring->tail = ring->head;
}


void
restream_ring_release(restream_ring_t *ring, restream_frame_t **frm)
{
    size_t  charge;

    if (*frm && (*frm)->lent && (*frm)->refs == 1) {
        charge = restream_ring_charge(*frm);

        ring->size -= charge;
        ring->lent -= charge;
        ring->nlent--;
    }

    restream_frame_unref(frm);
}


/* of the limit: one frame that is lent and larger than what may be lent takes
 * no more than that from the readers that keep up */

static size_t
restream_ring_taken(const restream_ring_t *ring)
{
    size_t  part;

    part = restream_ring_part(ring);

    return ring->lent > part ? ring->size - (ring->lent - part) : ring->size;
}


/* one is always lent: with a limit that is too small for the stream's key
 * frames nobody would ever finish one */

static int
restream_ring_overdrawn(const restream_ring_t *ring)
{
    return ring->nlent > 1 && ring->lent > restream_ring_part(ring);
}


static void
restream_ring_total(restream_ring_t *ring, uint8_t type)
{
    ring->total.audio += (type == RESTREAM_MSG_AUDIO);
    ring->total.video += (type == RESTREAM_MSG_VIDEO);
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
    size_t                  charge;
    restream_ring_entry_t  *e;

    e = restream_ring_entry(ring, ring->tail);
    charge = restream_ring_charge(e->frame);

    if (e->frame->refs > 1 && e->frame->size > RESTREAM_RING_FREE) {
        e->frame->lent = 1;
        ring->lent += charge;
        ring->nlent++;

    } else {
        ring->size -= charge;
    }

    ring->tail++;

    restream_frame_unref(&e->frame);
}


/* a header has a copy in the set that it begins */

static size_t
restream_ring_charge(const restream_frame_t *frm)
{
    size_t  charge;

    charge = sizeof(restream_frame_t) + frm->size;

    if (frm->headers) {

        if (frm->flags & RESTREAM_FLV_HEADER) {
            charge *= 2;
        }

        charge += restream_headers_overhead(frm->headers);
    }

    return sizeof(restream_ring_entry_t) + charge;
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
