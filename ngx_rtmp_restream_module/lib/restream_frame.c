/*
 * Frames, and the sets of headers that apply to them.
 */

#include "restream_frame.h"
#include "restream_chunk.h"

#include <stdlib.h>
#include <string.h>


static restream_frame_t *restream_frame_copy(const restream_frame_t *frm);
static int restream_headers_match(const restream_frame_t *a,
    const restream_frame_t *b);
static unsigned restream_headers_track(const restream_frame_t *frm);
static unsigned restream_headers_rank(const restream_frame_t *frm);
static void restream_headers_insert(restream_headers_t *headers,
    restream_frame_t *frm);


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
    frm->lent = 0;
    frm->headers = NULL;
    frm->place = 0;

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
    copy->place = 0;

    return copy;
}


restream_headers_t *
restream_headers_with(const restream_headers_t *headers, restream_frame_t *frm,
    uint32_t epoch)
{
    uint64_t             size;
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

    size = copy ? copy->size : 0;

    for (i = 0; i < n; i++) {
        old = headers->frames[i];

        if (!restream_headers_match(old, frm)) {
            new->frames[new->n++] = restream_frame_ref(old);
            size += old->size;

        } else if (copy) {
            new->frames[new->n++] = copy;
            copy = NULL;
        }
    }

    if (copy) {
        restream_headers_insert(new, copy);
    }

    if (new->n <= RESTREAM_HEADERS_MAX && size <= RESTREAM_HEADERS_SIZE) {
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
