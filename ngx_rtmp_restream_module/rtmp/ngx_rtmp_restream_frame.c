/*
 * A message of the publisher becomes a frame: see ngx_rtmp_restream_frame.h.
 */

#include "ngx_rtmp_restream_frame.h"


#define NGX_RTMP_RESTREAM_DATA_PEEK   64        /* bytes to tell data by */


static size_t ngx_rtmp_restream_frame_copy(ngx_chain_t *in, u_char *p,
    size_t size);


restream_frame_t *
ngx_rtmp_restream_frame_create(ngx_uint_t type, ngx_chain_t *in)
{
    size_t                size, skip;
    u_char                head[NGX_RTMP_RESTREAM_DATA_PEEK];
    ngx_chain_t          *cl;
    restream_str_t        prefix;
    restream_frame_t     *frm;
    restream_flv_info_t   info;

    size = 0;
    skip = 0;
    prefix.len = 0;

    for (cl = in; cl; cl = cl->next) {
        size += cl->buf->last - cl->buf->pos;
    }

    ngx_memzero(&info, sizeof(restream_flv_info_t));
    info.track = RESTREAM_FLV_NO_TRACK;

    if (type == RESTREAM_MSG_AMF3_DATA || type == RESTREAM_MSG_AMF0_DATA) {

        (void) ngx_rtmp_restream_frame_copy(in, head, sizeof(head));

        /* AMF3 data is AMF0 behind a format byte */

        if (type == RESTREAM_MSG_AMF3_DATA && size && head[0] == 0) {
            skip = 1;
            size--;
        }

        type = RESTREAM_MSG_AMF0_DATA;

        if (restream_flv_metadata(head + skip,
                                  ngx_min(size, sizeof(head) - skip), &prefix)
            == RESTREAM_OK)
        {
            info.flags = RESTREAM_FLV_HEADER;
            info.header = RESTREAM_FLV_HEADER_METADATA;

        } else {
            prefix.len = 0;
        }
    }

    if (size + prefix.len > UINT32_MAX / 2) {
        return NULL;
    }

    frm = restream_frame_create((uint8_t) type, 0, &info,
                                (uint32_t) (size + prefix.len));
    if (frm == NULL) {
        return NULL;
    }

    if (prefix.len) {
        ngx_memcpy(frm->data, prefix.data, prefix.len);
    }

    if (skip) {
        in->buf->pos += skip;
    }

    (void) ngx_rtmp_restream_frame_copy(in, frm->data + prefix.len, size);

    if (skip) {
        in->buf->pos -= skip;
    }

    if (type != RESTREAM_MSG_AMF0_DATA) {
        restream_flv_classify((uint8_t) type, frm->data, size, &info);

        frm->flags = info.flags;
        frm->track = info.track;
        frm->header = (uint8_t) info.header;
    }

    return frm;
}


static size_t
ngx_rtmp_restream_frame_copy(ngx_chain_t *in, u_char *p, size_t size)
{
    size_t  n, len;

    n = 0;

    for ( /* void */ ; in && n < size; in = in->next) {
        len = ngx_min((size_t) (in->buf->last - in->buf->pos), size - n);

        ngx_memcpy(p + n, in->buf->pos, len);
        n += len;
    }

    return n;
}
