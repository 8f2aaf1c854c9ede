/*
 * A source's frames on their way in: see ngx_rtmp_restream_source_push.h.
 */

#include "ngx_rtmp_restream_source_push.h"

#include "../lib/restream_chunk.h"


#define NGX_RTMP_RESTREAM_VIDEO_WAIT  1000      /* ms */
#define NGX_RTMP_RESTREAM_NO_LEAD     0xfffe    /* no track has it */
#define NGX_RTMP_RESTREAM_LOST        10000     /* ms between two lines of the
                                                   log */


static ngx_uint_t ngx_rtmp_restream_source_push_passes(
    ngx_rtmp_restream_source_t *src, restream_frame_t *frm);
static void ngx_rtmp_restream_source_push_lead(
    ngx_rtmp_restream_source_t *src, restream_frame_t *frm);
static ngx_int_t ngx_rtmp_restream_source_push_header(
    ngx_rtmp_restream_source_t *src, restream_frame_t *frm);
static void ngx_rtmp_restream_source_push_unkept(
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
    restream_flv_kind_e  kind;

    restream_ingest_frame(&src->ingest, frm, timestamp);

    if (!ngx_rtmp_restream_source_push_passes(src, frm)) {
        restream_frame_unref(&frm);
        return;
    }

    /* encoders stamp headers with 0, whenever they send them */

    kind = (frm->flags & RESTREAM_FLV_HEADER) ? RESTREAM_FLV_KIND_DATA
                                              : restream_flv_kind(frm->type);

    frm->dts = restream_timeline_next(&src->timeline, kind, timestamp,
                                      ngx_current_msec);

    if ((frm->flags & (RESTREAM_FLV_HEADER|RESTREAM_FLV_END))
        && ngx_rtmp_restream_source_push_header(src, frm) != NGX_OK)
    {
        restream_frame_unref(&frm);
        return;
    }

    /* where there is no video, every audio frame is a place to start */

    if (kind == RESTREAM_FLV_KIND_AUDIO
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


void
ngx_rtmp_restream_source_push_lost(ngx_rtmp_restream_source_t *src,
    ngx_uint_t type)
{
    if (type == RESTREAM_MSG_AUDIO || type == RESTREAM_MSG_VIDEO) {
        restream_ring_lose(src->rendition->ring, (uint8_t) type);
    }

    if (src->lost_told
        && ngx_current_msec - src->lost_told < NGX_RTMP_RESTREAM_LOST)
    {
        return;
    }

    src->lost_told = ngx_current_msec;

    ngx_log_error(NGX_LOG_CRIT, src->log, 0,
                  "no memory for a frame, destinations go on at the next key "
                  "frame, stream: \"%V\"", &src->key.label);
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
        src->no_video = !restream_flv_metadata_video(frm->data, frm->size);
    }

    headers = restream_headers_with(src->headers, frm, src->epoch + 1);

    if (headers == NULL) {
        ngx_rtmp_restream_source_push_unkept(src, frm);
        return NGX_OK;
    }

    src->epoch++;

    restream_headers_unref(&src->headers);
    src->headers = headers;

    return NGX_OK;
}


static void
ngx_rtmp_restream_source_push_unkept(ngx_rtmp_restream_source_t *src,
    restream_frame_t *frm)
{
    if (src->unkept) {
        return;
    }

    src->unkept = 1;

    ngx_log_error(NGX_LOG_WARN, src->log, 0,
                  "a header of %uD bytes is passed on and not kept for "
                  "destinations that connect later: more than %d headers or "
                  "%d bytes of them, or no memory, stream: \"%V\"",
                  frm->size, RESTREAM_HEADERS_MAX, RESTREAM_HEADERS_SIZE,
                  &src->key.label);
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
