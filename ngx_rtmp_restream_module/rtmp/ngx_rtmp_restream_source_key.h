/*
 * What a source's stream is called, and the arguments of its publish: a copy of
 * the session's.
 *
 * Names are as long as the source is, on its pool.  Arguments change with each
 * publish and may hold a secret: memory of their own, wiped before it goes.
 */

#ifndef _NGX_RTMP_RESTREAM_SOURCE_KEY_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_SOURCE_KEY_H_INCLUDED_


#include "ngx_rtmp_restream_source.h"


/* Of a source that has none; ret NGX_OK, NGX_ERROR: no memory. */
ngx_int_t ngx_rtmp_restream_source_key_copy(ngx_rtmp_restream_source_t *src,
    ngx_rtmp_restream_stream_key_t *key);

/* Of another publish; ret NGX_OK, NGX_ERROR: no memory, it has the old ones. */
ngx_int_t ngx_rtmp_restream_source_key_set_args(
    ngx_rtmp_restream_source_t *src, ngx_str_t *args);

/* The source ends. */
void ngx_rtmp_restream_source_key_drop_args(ngx_rtmp_restream_source_t *src);


#endif /* _NGX_RTMP_RESTREAM_SOURCE_KEY_H_INCLUDED_ */
