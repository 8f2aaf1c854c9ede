/*
 * The ring keeps the newest frames within its limit, what slow readers hold
 * included.
 */

#include "nomem.h"
#include "test.h"

#include "lib/restream_chunk.h"
#include "lib/restream_ring.h"

#include <string.h>


#define METADATA  RESTREAM_FLV_HEADER_METADATA
#define SEQUENCE  RESTREAM_FLV_HEADER_SEQUENCE

#define AUDIO     RESTREAM_MSG_AUDIO
#define VIDEO     RESTREAM_MSG_VIDEO
#define DATA      RESTREAM_MSG_AMF0_DATA

#define NO_TRACK  RESTREAM_FLV_NO_TRACK


static uint32_t  epoch;


static restream_frame_t *
frame(uint8_t type, uint8_t flags, uint32_t size)
{
    restream_frame_t     *frm;
    restream_flv_info_t   info;

    memset(&info, 0, sizeof(info));
    info.flags = flags;
    info.track = NO_TRACK;

    frm = restream_frame_create(type, 7, &info, size);
    memset(frm->data, 'x', size);

    return frm;
}


static restream_frame_t *
header(uint8_t type, restream_flv_header_e kind, uint8_t mark)
{
    restream_frame_t     *frm;
    restream_flv_info_t   info;

    memset(&info, 0, sizeof(info));
    info.flags = RESTREAM_FLV_HEADER;
    info.header = kind;
    info.track = NO_TRACK;

    frm = restream_frame_create(type, 0, &info, 1);
    frm->data[0] = mark;

    return frm;
}


/* borrowed */

static restream_frame_t *
push(restream_ring_t *ring, uint8_t flags, uint32_t size)
{
    restream_frame_t  *frm;

    frm = frame(VIDEO, flags, size);
    restream_ring_push(ring, frm);

    return frm;
}


/* replaces *set by one with frm, whose reference it takes */

static int
put(restream_headers_t **set, restream_frame_t *frm)
{
    restream_headers_t  *new;

    new = restream_headers_with(*set, frm, ++epoch);
    restream_frame_unref(&frm);

    if (new == NULL) {
        return 0;
    }

    restream_headers_unref(set);
    *set = new;

    return 1;
}


/* frames of a ring refer to sets that hold headers: nothing may be a cycle,
 * the leak check at exit would tell */

static void
test_shared(void)
{
    restream_ring_t     *ring;
    restream_frame_t    *frm, *key;
    restream_headers_t  *set;

    ring = restream_ring_create(1 << 20);
    set = NULL;

    frm = header(VIDEO, SEQUENCE, 'v');
    put(&set, restream_frame_ref(frm));
    frm->headers = restream_headers_ref(set);
    restream_ring_push(ring, frm);

    key = frame(VIDEO, RESTREAM_FLV_KEY, 10);
    key->headers = restream_headers_ref(set);
    restream_ring_push(ring, restream_frame_ref(key));

    restream_headers_unref(&set);
    restream_ring_destroy(&ring);
    ok(ring == NULL, "a destroyed ring is cleared");
    restream_ring_destroy(&ring);

    is_mem(key->headers->frames[0]->data, 1, "v", 1,
           "a frame outlives the ring with its headers");
    restream_frame_unref(&key);
}


static void
test_counts(void)
{
    restream_ring_t        *ring;
    restream_ring_count_t   n;

    ring = restream_ring_create(1 << 20);

    n = restream_ring_count(ring, 0);
    ok(n.audio == 0 && n.video == 0, "an empty ring counts nothing");
    ok(restream_ring_get(ring, 0) == NULL, "an empty ring has no frame");
    ok(restream_ring_last_key(ring) == RESTREAM_RING_NONE
       && restream_ring_key_before(ring, 0) == RESTREAM_RING_NONE
       && restream_ring_key_after(ring, 0) == RESTREAM_RING_NONE,
       "an empty ring has no key frame");

    restream_ring_push(ring, header(DATA, METADATA, 'm'));
    restream_ring_push(ring, header(VIDEO, SEQUENCE, 'v'));
    restream_ring_push(ring, header(AUDIO, SEQUENCE, 'a'));
    restream_ring_push(ring, frame(VIDEO, RESTREAM_FLV_KEY, 100));
    restream_ring_push(ring, frame(AUDIO, 0, 10));
    restream_ring_push(ring, frame(AUDIO, 0, 10));
    restream_ring_push(ring, frame(DATA, 0, 10));
    restream_ring_push(ring, frame(VIDEO, 0, 50));

    n = restream_ring_count(ring, 3);
    ok(n.audio == 0 && n.video == 0, "headers are not counted");
    n = restream_ring_count(ring, 7);
    ok(n.audio == 2 && n.video == 1, "audio and video frames are, data is not");
    n = restream_ring_count(ring, restream_ring_head(ring));
    ok(n.audio == 2 && n.video == 2, "the head counts everything");
    n = restream_ring_count(ring, 1000);
    ok(n.audio == 2 && n.video == 2, "so does what is to come");

    restream_ring_destroy(&ring);
}


static void
test_limit(void)
{
    size_t                  limit, empty;
    uint64_t                i, tail;
    unsigned                kept;
    restream_ring_t        *ring;
    restream_ring_count_t   n;

    ring = restream_ring_create(1);

    restream_ring_push(ring, frame(VIDEO, RESTREAM_FLV_KEY, 0));
    empty = restream_ring_size(ring);
    ok(empty >= sizeof(restream_frame_t) + sizeof(void *),
       "bookkeeping is charged");

    restream_ring_push(ring, frame(VIDEO, 0, 9000));
    ok(restream_ring_tail(ring) == 1 && restream_ring_head(ring) == 2
       && restream_ring_get(ring, 1)->size == 9000,
       "the newest frame stays, whatever its size");
    is_uint(restream_ring_size(ring), empty + 9000, "and is all there is");
    ok(restream_ring_get(ring, 0) == NULL && restream_ring_get(ring, 2) == NULL,
       "what is outside is not found");
    ok(restream_ring_last_key(ring) == RESTREAM_RING_NONE
       && restream_ring_key_before(ring, 1) == RESTREAM_RING_NONE
       && restream_ring_key_after(ring, 0) == RESTREAM_RING_NONE,
       "a key frame that fell off is none");

    restream_ring_destroy(&ring);

    limit = 100 * (empty + 1000);
    ring = restream_ring_create(limit);
    kept = 1;

    for (i = 0; i < 5000; i++) {
        restream_ring_push(ring, frame(i % 2 ? AUDIO : VIDEO, 0,
                                       (uint32_t) (i * 7919 % 2000)));
        kept &= restream_ring_size(ring) <= limit;
    }

    ok(kept, "the limit is never passed");

    tail = restream_ring_tail(ring);
    ok(tail > 4800 && tail < 4950, "the ring is filled up to it");
    is_uint(restream_ring_get(ring, tail)->size, tail * 7919 % 2000,
            "the oldest frame kept is the right one");
    is_uint(restream_ring_get(ring, 4999)->size, 4999 * 7919 % 2000,
            "the newest too");

    n = restream_ring_count(ring, tail);
    ok(n.audio == tail / 2 && n.video == (tail + 1) / 2,
       "what fell off is counted");
    n = restream_ring_count(ring, 3);
    is_uint(n.video, (tail + 1) / 2, "a lost cursor counts as the tail");

    restream_ring_destroy(&ring);
}


static void
test_growth(void)
{
    uint64_t           i;
    unsigned           good;
    restream_ring_t   *ring;
    restream_frame_t  *frm;

    ring = restream_ring_create(1 << 20);

    /* start away from 0, so that the entries wrap before they grow */

    for (i = 0; i < 100; i++) {
        restream_ring_push(ring, frame(AUDIO, 0, 1000000));
    }

    for ( /* void */ ; i < 5000; i++) {
        frm = frame(AUDIO, 0, 4);
        memcpy(frm->data, &i, 4);
        restream_ring_push(ring, frm);
    }

    good = 1;

    for (i = 100; i < 5000; i++) {
        frm = restream_ring_get(ring, i);
        good &= (frm != NULL && memcmp(frm->data, &i, 4) == 0);
    }

    ok(good, "growth loses and moves nothing");
    restream_ring_destroy(&ring);

    ring = restream_ring_create(1 << 20);

    for (i = 0; i < 256; i++) {
        restream_ring_push(ring, frame(AUDIO, 0, 0));
    }

    frm = frame(AUDIO, 0, 1);
    nomem_at = 1;
    restream_ring_push(ring, frm);
    ok(restream_ring_tail(ring) == 1 && restream_ring_head(ring) == 257
       && restream_ring_get(ring, 256) == frm,
       "without memory to grow the oldest frame makes room");

    restream_ring_push(ring, frame(AUDIO, 0, 1));
    ok(restream_ring_tail(ring) == 1 && restream_ring_head(ring) == 258,
       "and the ring grows as soon as it can");

    restream_ring_destroy(&ring);
}


/* a ring that is full in both senses replaces its oldest frame in place */

static void
test_steady(void)
{
    size_t             charge;
    unsigned           i;
    restream_ring_t   *ring;
    restream_frame_t  *frm;

    ring = restream_ring_create(1);
    restream_ring_push(ring, frame(AUDIO, 0, 0));
    charge = restream_ring_size(ring);
    restream_ring_destroy(&ring);

    ring = restream_ring_create(256 * charge);

    for (i = 0; i < 256; i++) {
        restream_ring_push(ring, frame(AUDIO, 0, 0));
    }

    frm = frame(AUDIO, 0, 0);
    nomem_at = 1;
    restream_ring_push(ring, frm);
    ok(nomem_at == 1 && restream_ring_tail(ring) == 1
       && restream_ring_get(ring, 256) == frm,
       "a full ring needs no memory");
    nomem_at = 0;

    restream_ring_destroy(&ring);
}


/* what a reader has begun stays charged, so that the limit holds */

static void
test_lent(void)
{
    size_t             size;
    unsigned           i;
    restream_ring_t   *ring;
    restream_frame_t  *a, *again, *small;

    ring = restream_ring_create(1000000);

    a = restream_frame_ref(push(ring, 0, 150000));
    again = restream_frame_ref(a);
    small = restream_frame_ref(push(ring, 0, RESTREAM_RING_FREE));

    ok(!a->lent, "a frame in the ring is not lent");

    for (i = 0; i < 20; i++) {
        push(ring, 0, 50000);
    }

    size = restream_ring_size(ring);

    ok(restream_ring_get(ring, 0) == NULL && a->lent,
       "a frame that left it, with a reader, is");
    ok(!small->lent, "a small one is given away");
    ok(size <= 1000000, "the limit holds");
    is_uint(restream_ring_head(ring) - restream_ring_tail(ring),
            (1000000 - 150000) / 50000 - 1, "the ring keeps less for it");

    restream_ring_release(ring, &a);
    ok(a == NULL && restream_ring_size(ring) == size,
       "it is charged until its last reader is done");
    restream_ring_release(ring, &again);
    ok(size - restream_ring_size(ring) > 150000
       && size - restream_ring_size(ring) < 150200, "and not longer");

    restream_ring_release(ring, &small);
    restream_ring_release(ring, &small);
    ok(small == NULL, "no frame may be released");

    a = restream_frame_ref(restream_ring_get(ring, restream_ring_tail(ring)));
    size = restream_ring_size(ring);
    restream_ring_release(ring, &a);
    is_uint(restream_ring_size(ring), size,
            "what is released in the ring is charged to it as before");

    restream_ring_destroy(&ring);
}


static void
test_lent_too_much(void)
{
    unsigned           i;
    uint64_t           tail;
    restream_ring_t   *ring;
    restream_frame_t  *held[6], *frm;

    ring = restream_ring_create(1000000);

    for (i = 0; i < 6; i++) {
        held[i] = restream_frame_ref(push(ring, 0, 150000));
    }

    frm = frame(VIDEO, 0, 150000);

    ok(restream_ring_push(ring, frm) == RESTREAM_AGAIN && frm->refs == 1,
       "a frame is not taken while more than a quarter would be lent");
    ok(held[0]->lent && held[1]->lent && !held[2]->lent,
       "nor is the ring emptied for it");

    tail = restream_ring_tail(ring);
    restream_ring_release(ring, &held[0]);
    ok(restream_ring_push(ring, frm) == RESTREAM_OK, "when one gives up it is");
    is_uint(restream_ring_tail(ring), tail, "and nothing else has to go");

    for (i = 1; i < 6; i++) {
        restream_ring_release(ring, &held[i]);
    }

    restream_ring_destroy(&ring);
}


/* key frames larger than the ring: their readers may finish them all the same,
 * but no two at a time */

static void
test_lent_large(void)
{
    restream_ring_t   *ring;
    restream_frame_t  *a, *b, *frm;

    ring = restream_ring_create(100000);

    a = restream_frame_ref(push(ring, RESTREAM_FLV_KEY, 300000));
    push(ring, 0, 10);
    ok(a->lent, "the first may be finished");
    push(ring, 0, 10);
    is_uint(restream_ring_head(ring) - restream_ring_tail(ring), 2,
            "and takes no more than a quarter from those that keep up");

    b = restream_frame_ref(push(ring, RESTREAM_FLV_KEY, 300000));
    ok(!b->lent, "the next one is begun");

    frm = frame(VIDEO, 0, 10);
    ok(restream_ring_push(ring, frm) == RESTREAM_AGAIN && b->lent,
       "two are too much when both have left the ring");

    restream_ring_release(ring, &a);
    ok(restream_ring_push(ring, frm) == RESTREAM_OK,
       "until the first is released");

    restream_ring_release(ring, &b);
    restream_ring_destroy(&ring);
}


static void
test_headers_charge(void)
{
    size_t               empty;
    restream_ring_t     *ring;
    restream_frame_t    *frm;
    restream_headers_t  *set;

    ring = restream_ring_create(1 << 20);
    push(ring, 0, 0);
    empty = restream_ring_size(ring);

    set = NULL;
    frm = header(VIDEO, SEQUENCE, 'v');
    put(&set, restream_frame_ref(frm));
    frm->headers = set;
    restream_ring_push(ring, frm);

    is_uint(restream_ring_size(ring) - empty,
            empty + 1 + sizeof(restream_frame_t) + 1
            + sizeof(restream_headers_t) + sizeof(restream_frame_t *),
            "a header is charged with its copy and its set");

    restream_ring_destroy(&ring);
}


static void
test_lose(void)
{
    uint64_t                seq;
    restream_ring_t        *ring;
    restream_ring_count_t   n;

    ring = restream_ring_create(1 << 20);

    push(ring, RESTREAM_FLV_KEY, 100);
    push(ring, 0, 100);
    seq = restream_ring_head(ring);

    restream_ring_lose(ring, VIDEO);
    is_uint(restream_ring_size(ring), 0, "a lost frame empties the ring");
    ok(restream_ring_tail(ring) > seq, "every reader has fallen off");
    is_uint(restream_ring_last_key(ring), RESTREAM_RING_NONE,
            "there is no key frame to start at");

    push(ring, 0, 100);
    is_uint(restream_ring_last_key(ring), RESTREAM_RING_NONE,
            "nor behind a frame that refers to others");
    restream_ring_lose(ring, AUDIO);
    push(ring, RESTREAM_FLV_KEY, 100);

    n = restream_ring_count(ring, restream_ring_last_key(ring));
    ok(n.video == 4 && n.audio == 1, "what is lost is counted");

    restream_ring_destroy(&ring);
}


static void
test_no_ring(void)
{
    nomem_at = 1;
    ok(restream_ring_create(1000) == NULL, "no memory gives no ring");
    nomem_at = 2;
    ok(restream_ring_create(1000) == NULL, "nor without its entries");
}


/* every question about key frames, against the plain answer by search */

static void
test_keys(void)
{
    uint64_t           seq, tail, head, before, after;
    unsigned           i, good, x;
    restream_ring_t   *ring;
    restream_frame_t  *frm;

    ring = restream_ring_create(20000);
    good = 1;
    x = 1;

    for (i = 0; i < 2000; i++) {
        x = x * 1103515245 + 12345;
        restream_ring_push(ring, frame(VIDEO,
                                       (x >> 16) % 17 ? 0 : RESTREAM_FLV_KEY,
                                       (x >> 20) % 500));

        tail = restream_ring_tail(ring);
        head = restream_ring_head(ring);
        before = RESTREAM_RING_NONE;

        for (seq = tail; seq < head; seq++) {
            frm = restream_ring_get(ring, seq);
            before = (frm->flags & RESTREAM_FLV_KEY) ? seq : before;
            good &= restream_ring_key_before(ring, seq) == before;
        }

        good &= restream_ring_last_key(ring) == before;
        good &= restream_ring_key_before(ring, head + 5) == before;
        after = RESTREAM_RING_NONE;
        good &= restream_ring_key_after(ring, head) == after;

        while (seq-- > tail) {
            frm = restream_ring_get(ring, seq);
            after = (frm->flags & RESTREAM_FLV_KEY) ? seq : after;
            good &= restream_ring_key_after(ring, seq) == after;
        }

        good &= restream_ring_key_after(ring, 0) == after;
        good &= tail == 0
                || restream_ring_key_before(ring, tail - 1)
                   == RESTREAM_RING_NONE;
    }

    ok(tail > 0 && good, "key frames are found as by a search");
    restream_ring_destroy(&ring);
}


static void
test_reserve(void)
{
    size_t            charge;
    restream_ring_t  *ring;

    ring = restream_ring_create(1 << 20);
    (void) restream_ring_push(ring, frame(VIDEO, RESTREAM_FLV_KEY, 1000));
    charge = restream_ring_size(ring);
    restream_ring_destroy(&ring);

    ring = restream_ring_create(8 * charge);

    for (int i = 0; i < 8; i++) {
        (void) restream_ring_push(ring, frame(VIDEO, RESTREAM_FLV_KEY, 1000));
    }

    is_uint(restream_ring_tail(ring), 0, "eight frames fit");
    is_uint(restream_ring_part(ring), 2 * charge, "two may be lent");

    restream_ring_reserve(ring, 4 * charge);
    (void) restream_ring_push(ring, frame(VIDEO, RESTREAM_FLV_KEY, 1000));

    is_uint(restream_ring_tail(ring), 5, "four do when half is reserved");
    is_uint(restream_ring_part(ring), charge, "one may be lent");

    restream_ring_reserve(ring, 100 * charge);
    (void) restream_ring_push(ring, frame(VIDEO, RESTREAM_FLV_KEY, 1000));

    is_uint(restream_ring_tail(ring), 9, "and one in any case");

    restream_ring_destroy(&ring);
}


int
main(void)
{
    test_shared();
    test_counts();
    test_limit();
    test_growth();
    test_steady();
    test_lent();
    test_lent_too_much();
    test_lent_large();
    test_headers_charge();
    test_lose();
    test_no_ring();
    test_keys();
    test_reserve();

    return done_testing();
}
