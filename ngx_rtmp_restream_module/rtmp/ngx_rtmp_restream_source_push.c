/*
 * A source's frames on their way in: see ngx_rtmp_restream_source_push.h.
 */

#include "ngx_rtmp_restream_source_push.h"


#define NGX_RTMP_RESTREAM_VIDEO_WAIT  1000      /* ms */
#define NGX_RTMP_RESTREAM_NO_LEAD     0xfffe    /* no track has it */


static ngx_uint_t ngx_rtmp_restream_source_push_passes(
    ngx_rtmp_restream_source_t *src, restream_frame_t *frm);
static void ngx_rtmp_restream_source_push_lead(
    ngx_rtmp_restream_source_t *src, restream_frame_t *frm);
static ngx_int_t ngx_rtmp_restream_source_push_header(
    ngx_rtmp_restream_source_t *src, restream_frame_t *frm);
static ngx_uint_t ngx_rtmp_restream_source_push_audio_only(
    ngx_rtmp_restream_source_t *src);


void
ngx_rtmp_restream_source_push_begin(ngx_rtmp_restream_source_t *src)
{
    src->started = ngx_current_msec;
    src->waiting_key = 1;
    src->lead = NGX_RTMP_RESTREAM_NO_LEAD;
    src->next_lead = NGX_RTMP_RESTREAM_NO_LEAD;
    src->video = 0;
    src->no_video = 0;
}


void
ngx_rtmp_restream_source_push(ngx_rtmp_restream_source_t *src,
    restream_frame_t *frm, uint32_t timestamp)
{
    unsigned  track;

    if (!ngx_rtmp_restream_source_push_passes(src, frm)) {
        restream_frame_unref(&frm);
        return;
    }

    /* encoders stamp headers with 0, whenever they send them */

    track = (frm->flags & RESTREAM_FLV_HEADER) ? RESTREAM_TIMELINE_DATA
            : frm->type == RESTREAM_MSG_AUDIO ? RESTREAM_TIMELINE_AUDIO
            : frm->type == RESTREAM_MSG_VIDEO ? RESTREAM_TIMELINE_VIDEO
            : RESTREAM_TIMELINE_DATA;

    frm->dts = restream_timeline_next(&src->timeline, track, timestamp,
                                      ngx_current_msec);

    if ((frm->flags & (RESTREAM_FLV_HEADER|RESTREAM_FLV_END))
        && ngx_rtmp_restream_source_push_header(src, frm) != NGX_OK)
    {
        restream_frame_unref(&frm);
        return;
    }

    /* where there is no video, every audio frame is a place to start */

    if (track == RESTREAM_TIMELINE_AUDIO
        && ngx_rtmp_restream_source_push_audio_only(src)
        && !(frm->flags & RESTREAM_FLV_EMPTY))
    {
        frm->flags |= RESTREAM_FLV_KEY;
    }

    if ((frm->flags & (RESTREAM_FLV_KEY|RESTREAM_FLV_HEADER)) && src->headers)
    {
        frm->headers = restream_headers_ref(src->headers);
    }

    ngx_rtmp_restream_rendition_push(src->rendition, frm);
}


/* after a return, nothing that refers to frames before it */

static ngx_uint_t
ngx_rtmp_restream_source_push_passes(ngx_rtmp_restream_source_t *src,
    restream_frame_t *frm)
{
    if (frm->type != RESTREAM_MSG_VIDEO) {
        return 1;
    }

    src->video = 1;

    if (frm->flags & (RESTREAM_FLV_HEADER|RESTREAM_FLV_EMPTY|RESTREAM_FLV_END))
    {
        return 1;
    }

    ngx_rtmp_restream_source_push_lead(src, frm);

    if (frm->flags & RESTREAM_FLV_KEY) {
        src->waiting_key = 0;
    }

    return !src->waiting_key;
}


/*
 * Of several tracks one leads: its key frames are the places to start at, since
 * those of the others follow them.  A track that brings two key frames while
 * the leading one brings nothing takes over.
 */

static void
ngx_rtmp_restream_source_push_lead(ngx_rtmp_restream_source_t *src,
    restream_frame_t *frm)
{
    if (frm->track == src->lead) {
        src->next_lead = NGX_RTMP_RESTREAM_NO_LEAD;
        return;
    }

    if (!(frm->flags & RESTREAM_FLV_KEY)) {
        return;
    }

    if (src->lead == NGX_RTMP_RESTREAM_NO_LEAD
        || frm->track == src->next_lead)
    {
        src->lead = frm->track;
        src->next_lead = NGX_RTMP_RESTREAM_NO_LEAD;
        return;
    }

    if (src->next_lead == NGX_RTMP_RESTREAM_NO_LEAD) {
        src->next_lead = frm->track;
    }

    frm->flags &= ~RESTREAM_FLV_KEY;
}


/*
 * Keeps a header for those who join later.  NGX_DECLINED: a returning
 * publisher repeats what everybody has.
 */

static ngx_int_t
ngx_rtmp_restream_source_push_header(ngx_rtmp_restream_source_t *src,
    restream_frame_t *frm)
{
    restream_frame_t    *old;
    restream_headers_t  *headers;

    old = restream_headers_find(src->headers, frm);

    if (old && old->size == frm->size
        && ngx_memcmp(old->data, frm->data, frm->size) == 0)
    {
        return src->returned ? NGX_DECLINED : NGX_OK;
    }

    if (frm->header == RESTREAM_FLV_HEADER_METADATA) {
        src->no_video = memmem(frm->data, frm->size, "videocodecid", 12)
                        == NULL;
    }

    headers = restream_headers_with(src->headers, frm, src->epoch + 1);

    if (headers == NULL) {

        /* passed on, not kept */

        return NGX_OK;
    }

    src->epoch++;

    restream_headers_unref(&src->headers);
    src->headers = headers;

    return NGX_OK;
}


/* until video has been seen: as metadata says, else by waiting for it */

static ngx_uint_t
ngx_rtmp_restream_source_push_audio_only(ngx_rtmp_restream_source_t *src)
{
    return !src->video
           && (src->no_video
               || ngx_current_msec - src->started
                  >= NGX_RTMP_RESTREAM_VIDEO_WAIT);
}
