/*
 * Frames are shared and freed once, header sets replace and order what a
 * decoder needs.
 */

#include "nomem.h"
#include "test.h"

#include "lib/restream_chunk.h"
#include "lib/restream_frame.h"

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


static restream_frame_t *
sized(uint8_t type, uint32_t size)
{
    restream_frame_t  *frm;

    frm = frame(type, RESTREAM_FLV_HEADER, size);
    frm->header = SEQUENCE;

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


static void
test_headers_size(void)
{
    restream_headers_t  *set;

    set = NULL;

    ok(put(&set, sized(VIDEO, RESTREAM_HEADERS_SIZE - 100)),
       "a header may be large");
    ok(!put(&set, sized(AUDIO, 101)), "but not all of them together");
    ok(set->n == 1, "the caller keeps the old set");
    ok(put(&set, sized(AUDIO, 100)), "up to the limit they fit");
    ok(put(&set, sized(VIDEO, 1000)) && put(&set, sized(AUDIO, 2000)),
       "what is replaced does not count");

    restream_headers_unref(&set);
}


int
main(void)
{
    test_frame();
    test_order();
    test_replace();
    test_end();
    test_headers_limit();
    test_headers_size();

    return done_testing();
}
