/*
 * All that is known of a stream: what the store has, what nginx.conf makes, and
 * what the zone observes; the three put together.
 *
 * A snapshot on a pool, for one answer.
 */

#ifndef _NGX_RTMP_RESTREAM_PICTURE_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_PICTURE_H_INCLUDED_


#include "ngx_rtmp_restream.h"
#include "ngx_rtmp_restream_zone.h"

#include "../model/restream_stream.h"


typedef struct {
    ngx_rtmp_restream_view_destination_t   view;    /* state off with a reason
                                                       while not live */
    restream_destination_t                *stored;  /* borrowed; NULL: made by
                                                       nginx.conf */
} ngx_rtmp_restream_picture_destination_t;


typedef struct {
    ngx_str_t                                  app;
    ngx_str_t                                  name;
    restream_stream_t                         *stored;  /* borrowed; NULL:
                                                           nothing is */
    ngx_rtmp_restream_view_stream_t           *view;    /* NULL: not live, nor
                                                           in its grace */
    ngx_uint_t                                 maximum; /* destinations it may
                                                           have */
    ngx_uint_t                                 ndestinations;
    ngx_rtmp_restream_picture_destination_t   *destinations;
                                                    /* those of nginx.conf
                                                       first */
} ngx_rtmp_restream_picture_t;


/*
 * in    view      NULL: the stream is not in the zone
 *       stored    as the store gave it, or NULL; borrowed as long as the
 *                 picture is used
 * ret   NULL: no memory
 */
ngx_rtmp_restream_picture_t *ngx_rtmp_restream_picture(ngx_pool_t *pool,
    ngx_rtmp_restream_view_stream_t *view, ngx_str_t *app, ngx_str_t *name,
    restream_stream_t *stored);

/* 1: it exists, as a stream of the API does: configured or live */
ngx_uint_t ngx_rtmp_restream_picture_exists(ngx_rtmp_restream_picture_t *pic);


#endif /* _NGX_RTMP_RESTREAM_PICTURE_H_INCLUDED_ */
