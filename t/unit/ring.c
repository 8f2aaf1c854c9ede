/*
 * Frames are shared and freed once, header sets replace and order what a
 * decoder needs, and the ring keeps the newest frames within its limit.
 */

#include "nomem.h"
#include "test.h"

#include "lib/restream_chunk.h"
#include "lib/restream_ring.h"

#include <string.h>


#define NONE      RESTREAM_FLV_HEADER_NONE
#define METADATA  RESTREAM_FLV_HEADER_METADATA
#define SEQUENCE  RESTREAM_FLV_HEADER_SEQUENCE
#define COLOR     RESTREAM_FLV_HEADER_COLOR
#define CHANNELS  RESTREAM_FLV_HEADER_CHANNELS

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
header(uint8_t type, restream_flv_header_e kind, uint16_t track, uint8_t mark)
{
    restream_frame_t     *frm;
    restream_flv_info_t   info;

    memset(&info, 0, sizeof(info));
    info.flags = RESTREAM_FLV_HEADER;
    info.header = kind;
    info.track = track;

    frm = restream_frame_create(type, 0, &info, 1);
    frm->data[0] = mark;

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


static void
is_set(const restream_headers_t *set, const char *marks, const char *name)
{
    char      got[RESTREAM_HEADERS_MAX];
    uint32_t  i;

    for (i = 0; i < set->n; i++) {
        got[i] = (char) set->frames[i]->data[0];
    }

    is_mem(got, set->n, marks, strlen(marks), "%s", name);
}


static void
test_frame(void)
{
    restream_frame_t     *frm, *ref;
    restream_flv_info_t   info;

    info.flags = RESTREAM_FLV_HEADER;
    info.header = CHANNELS;
    info.track = 3;
    info.codec = 0;
    info.format = 0;

    frm = restream_frame_create(AUDIO, 1ULL << 40, &info, 5);
    memcpy(frm->data, "hello", 5);

    ok(frm->dts == 1ULL << 40 && frm->size == 5 && frm->type == AUDIO,
       "a frame keeps its time, size and type");
    ok(frm->flags == RESTREAM_FLV_HEADER && frm->header == CHANNELS
       && frm->track == 3, "a frame keeps its class");
    ok(frm->refs == 1 && frm->headers == NULL, "a frame starts unshared");

    ref = restream_frame_ref(frm);
    restream_frame_unref(&frm);
    ok(frm == NULL, "a released reference is cleared");
    is_mem(ref->data, ref->size, "hello", 5, "the other reference lives on");

    restream_frame_unref(&ref);
    restream_frame_unref(&ref);
    ok(ref == NULL, "no frame may be released");

    nomem_at = 1;
    ok(restream_frame_create(AUDIO, 0, &info, 5) == NULL,
       "no memory gives no frame");
}


static void
test_order(void)
{
    restream_headers_t  *set;

    set = NULL;

    put(&set, header(AUDIO, SEQUENCE, NO_TRACK, 'a'));
    put(&set, header(VIDEO, SEQUENCE, NO_TRACK, 'v'));
    put(&set, header(DATA, METADATA, NO_TRACK, 'm'));
    is_set(set, "mva", "metadata before video before audio");

    put(&set, header(VIDEO, COLOR, NO_TRACK, 'c'));
    put(&set, header(AUDIO, CHANNELS, NO_TRACK, 'h'));
    is_set(set, "mcvha", "colour and channels before their sequence header");

    put(&set, header(VIDEO, SEQUENCE, 1, 'w'));
    put(&set, header(VIDEO, COLOR, 1, 'd'));
    put(&set, header(AUDIO, SEQUENCE, 2, 'b'));
    is_set(set, "mcdvwhab", "tracks keep the order in which they came");

    put(&set, header(VIDEO, SEQUENCE, NO_TRACK, 'V'));
    is_set(set, "mcdVwhab", "a changed header keeps its place");

    restream_headers_unref(&set);
    ok(set == NULL, "a released set is cleared");
    restream_headers_unref(&set);
}


static void
test_replace(void)
{
    restream_frame_t    *frm;
    restream_headers_t  *set, *old;

    set = NULL;

    put(&set, header(VIDEO, SEQUENCE, NO_TRACK, '1'));
    put(&set, header(VIDEO, SEQUENCE, 0, '2'));
    is_set(set, "2", "no track number means track 0");

    put(&set, header(VIDEO, SEQUENCE, RESTREAM_FLV_MANY | 0, 'm'));
    put(&set, header(VIDEO, SEQUENCE, RESTREAM_FLV_MANY | 1, 'n'));
    is_set(set, "2mn", "a set of tracks stands beside its single tracks");

    put(&set, header(VIDEO, SEQUENCE, RESTREAM_FLV_MANY | 0, 'M'));
    is_set(set, "2Mn", "a set of tracks replaces the same set only");

    old = restream_headers_ref(set);
    put(&set, header(VIDEO, SEQUENCE, NO_TRACK, '3'));
    is_set(old, "2Mn", "a set never changes");
    is_set(set, "3Mn", "its successor does");
    ok(old->epoch != set->epoch, "their epochs differ");

    frm = header(VIDEO, SEQUENCE, 0, '?');
    is_uint(restream_headers_find(old, frm)->data[0], '2', "a header is found");
    frm->header = COLOR;
    ok(restream_headers_find(set, frm) == NULL, "another kind is not found");
    frm->header = SEQUENCE;
    frm->type = AUDIO;
    ok(restream_headers_find(set, frm) == NULL, "another type is not found");
    frm->type = VIDEO;
    frm->track = 5;
    ok(restream_headers_find(set, frm) == NULL, "another track is not found");
    ok(restream_headers_find(NULL, frm) == NULL, "no set has no header");

    restream_frame_unref(&frm);
    restream_headers_unref(&set);
    is_set(old, "2Mn", "the old set outlives its successor");
    restream_headers_unref(&old);
}


static void
test_end(void)
{
    restream_headers_t  *set;

    set = NULL;

    put(&set, frame(VIDEO, RESTREAM_FLV_END, 1));
    is_uint(set->n, 0, "the end of nothing leaves nothing");

    put(&set, header(DATA, METADATA, NO_TRACK, 'm'));
    put(&set, header(VIDEO, COLOR, 0, 'c'));
    put(&set, header(VIDEO, SEQUENCE, 0, 'v'));
    put(&set, header(VIDEO, SEQUENCE, 1, 'w'));
    put(&set, header(AUDIO, SEQUENCE, NO_TRACK, 'a'));
    put(&set, frame(VIDEO, RESTREAM_FLV_END, 1));
    is_set(set, "mwa", "an end removes all headers of its type and track");

    put(&set, frame(AUDIO, RESTREAM_FLV_END, 1));
    is_set(set, "mw", "and of no other");

    restream_headers_unref(&set);
}


static void
test_headers_limit(void)
{
    uint16_t             track;
    uint32_t             before;
    unsigned             n, failed;
    restream_frame_t    *frm;
    restream_headers_t  *set;

    set = NULL;

    for (track = 0; track < RESTREAM_HEADERS_MAX; track++) {
        put(&set, header(VIDEO, SEQUENCE, track, 'v'));
    }

    is_uint(set->n, RESTREAM_HEADERS_MAX, "a set takes its limit");

    before = set->epoch;
    ok(!put(&set, header(VIDEO, SEQUENCE, track, 'v')), "and no more");
    ok(set->n == RESTREAM_HEADERS_MAX && set->epoch == before,
       "the caller keeps the old one");
    ok(put(&set, header(VIDEO, SEQUENCE, 3, 'w')),
       "a full set still replaces");

    frm = header(VIDEO, SEQUENCE, 4, 'w');
    failed = 0;

    for (n = 1; n <= 2; n++) {
        nomem_at = n;
        failed += (restream_headers_with(set, frm, 1) == NULL);
    }

    is_uint(failed, 2, "no memory gives no set");
    is_uint(set->frames[0]->refs, 1, "and holds no reference");

    restream_frame_unref(&frm);
    restream_headers_unref(&set);
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

    frm = header(VIDEO, SEQUENCE, NO_TRACK, 'v');
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

    is_set(key->headers, "v", "a frame outlives the ring with its headers");
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

    restream_ring_push(ring, header(DATA, METADATA, NO_TRACK, 'm'));
    restream_ring_push(ring, header(VIDEO, SEQUENCE, NO_TRACK, 'v'));
    restream_ring_push(ring, header(AUDIO, SEQUENCE, NO_TRACK, 'a'));
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
    restream_frame_t  *frm, *kept;

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
    kept = frame(AUDIO, 0, 1);

    for (i = 0; i < 256; i++) {
        restream_ring_push(ring, frame(AUDIO, 0, 0));
    }

    nomem_at = 1;
    ok(restream_ring_push(ring, restream_frame_ref(kept)) == RESTREAM_ERROR,
       "no memory to grow is an error");
    is_uint(kept->refs, 1, "the frame is released");
    ok(restream_ring_tail(ring) == 0 && restream_ring_head(ring) == 256,
       "the ring is unchanged");
    ok(restream_ring_push(ring, restream_frame_ref(kept)) == RESTREAM_OK
       && restream_ring_get(ring, 256) == kept, "the next push succeeds");

    restream_frame_unref(&kept);
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
    ok(restream_ring_push(ring, frm) == RESTREAM_OK
       && restream_ring_tail(ring) == 1 && restream_ring_get(ring, 256) == frm,
       "a full ring needs no memory");
    nomem_at = 0;

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


int
main(void)
{
    test_frame();
    test_order();
    test_replace();
    test_end();
    test_headers_limit();
    test_shared();
    test_counts();
    test_limit();
    test_growth();
    test_steady();
    test_no_ring();
    test_keys();

    return done_testing();
}
