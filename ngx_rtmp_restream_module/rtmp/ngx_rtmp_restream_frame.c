/*
 * A message of the publisher becomes a frame: see ngx_rtmp_restream_frame.h.
 */

#include "ngx_rtmp_restream_frame.h"

#include "../lib/restream_chunk.h"


#define NGX_RTMP_RESTREAM_DATA_PEEK   64        /* bytes to tell data by */


static restream_frame_t *ngx_rtmp_restream_frame_create_media(uint8_t type,
    ngx_chain_t *in, size_t size);
static restream_frame_t *ngx_rtmp_restream_frame_create_data(ngx_chain_t *in,
    size_t size, ngx_uint_t amf3);
static size_t ngx_rtmp_restream_frame_copy(ngx_chain_t *in, size_t skip,
    u_char *p, size_t size);


restream_frame_t *
ngx_rtmp_restream_frame_create(ngx_uint_t type, ngx_chain_t *in)
{
    size_t        size;
    ngx_chain_t  *cl;

    size = 0;

    for (cl = in; cl; cl = cl->next) {
        size += cl->buf->last - cl->buf->pos;
    }

    if (size > RESTREAM_CHUNK_SIZE_MAX) {

        /* no message is longer, whatever max_message says */

        return NULL;
    }

    switch (type) {

    case RESTREAM_MSG_AMF0_DATA:
        return ngx_rtmp_restream_frame_create_data(in, size, 0);

    case RESTREAM_MSG_AMF3_DATA:
        return ngx_rtmp_restream_frame_create_data(in, size, 1);

    default:
        return ngx_rtmp_restream_frame_create_media((uint8_t) type, in, size);
    }
}


static restream_frame_t *
ngx_rtmp_restream_frame_create_media(uint8_t type, ngx_chain_t *in,
    size_t size)
{
    restream_frame_t     *frm;
    restream_flv_info_t   info;

    ngx_memzero(&info, sizeof(restream_flv_info_t));

    frm = restream_frame_create(type, 0, &info, (uint32_t) size);
    if (frm == NULL) {
        return NULL;
    }

    (void) ngx_rtmp_restream_frame_copy(in, 0, frm->data, size);

    restream_flv_classify(type, frm->data, size, &info);

    frm->flags = info.flags;
    frm->track = info.track;
    frm->header = (uint8_t) info.header;

    return frm;
}


/* metadata gets what servers want in front of it; AMF3 data is AMF0 behind a
 * format byte */

static restream_frame_t *
ngx_rtmp_restream_frame_create_data(ngx_chain_t *in, size_t size,
    ngx_uint_t amf3)
{
    size_t                n, skip;
    u_char                head[NGX_RTMP_RESTREAM_DATA_PEEK];
    restream_str_t        prefix;
    restream_frame_t     *frm;
    restream_flv_info_t   info;

    n = ngx_rtmp_restream_frame_copy(in, 0, head, sizeof(head));
    skip = (amf3 && n && head[0] == 0) ? 1 : 0;
    size -= skip;

    ngx_memzero(&info, sizeof(restream_flv_info_t));
    info.track = RESTREAM_FLV_NO_TRACK;

    if (restream_flv_metadata(head + skip, n - skip, &prefix) == RESTREAM_OK) {
        info.flags = RESTREAM_FLV_HEADER;
        info.header = RESTREAM_FLV_HEADER_METADATA;

    } else {
        prefix.len = 0;
    }

    if (prefix.len + size > RESTREAM_CHUNK_SIZE_MAX) {
        return NULL;
    }

    frm = restream_frame_create(RESTREAM_MSG_AMF0_DATA, 0, &info,
                                (uint32_t) (prefix.len + size));
    if (frm == NULL) {
        return NULL;
    }

    if (prefix.len) {
        ngx_memcpy(frm->data, prefix.data, prefix.len);
    }

    (void) ngx_rtmp_restream_frame_copy(in, skip, frm->data + prefix.len,
                                        size);

    return frm;
}


/* up to size bytes behind the first skip: how many */

static size_t
ngx_rtmp_restream_frame_copy(ngx_chain_t *in, size_t skip, u_char *p,
    size_t size)
{
    size_t  n, len;

    n = 0;

    for ( /* void */ ; in && n < size; in = in->next) {
        len = in->buf->last - in->buf->pos;

        if (skip >= len) {
            skip -= len;
            continue;
        }

        len = ngx_min(len - skip, size - n);

        ngx_memcpy(p + n, in->buf->pos + skip, len);

        n += len;
        skip = 0;
    }

    return n;
}
