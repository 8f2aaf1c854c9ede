/*
 * Destinations as they are wanted of one stream, made out of what nginx.conf
 * and the store say.
 */

#ifndef _NGX_RTMP_RESTREAM_RECORD_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_RECORD_H_INCLUDED_


#include "ngx_rtmp_restream.h"
#include "ngx_rtmp_restream_zone.h"

#include "../model/restream_stream.h"


/*
 * Of a line of nginx.conf: variables are expanded.  It has the same id after a
 * reload.
 *
 * out   record    strings on pool, or borrowed from dst
 * ret   NGX_OK, NGX_ERROR no memory
 */
ngx_int_t ngx_rtmp_restream_record_config(ngx_pool_t *pool,
    ngx_rtmp_restream_record_t *record, ngx_rtmp_restream_destination_t *dst,
    ngx_rtmp_restream_stream_key_t *key);

/* its id: of the stream and of its name, so that it stays across reloads */
uint64_t ngx_rtmp_restream_record_config_id(ngx_str_t *name,
    ngx_rtmp_restream_stream_key_t *key);

/*
 * Of a row of the store: taken literally.
 *
 * out   record    strings on pool, or borrowed from dst
 * ret   NGX_OK, NGX_ERROR no memory; NGX_DECLINED its url is none that this
 *       version takes
 */
ngx_int_t ngx_rtmp_restream_record_stored(ngx_pool_t *pool,
    ngx_rtmp_restream_record_t *record, restream_destination_t *dst);

/* The switch; the revision is that of the record with it. */
void ngx_rtmp_restream_record_set_enabled(ngx_rtmp_restream_record_t *record,
    ngx_uint_t enabled);


#endif /* _NGX_RTMP_RESTREAM_RECORD_H_INCLUDED_ */
