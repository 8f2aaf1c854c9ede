/*
 * Streams and destinations as the API shows them: what is stored, what
 * nginx.conf makes, and what is observed, in one object.
 */

#ifndef _NGX_HTTP_RESTREAM_RENDER_H_INCLUDED_
#define _NGX_HTTP_RESTREAM_RENDER_H_INCLUDED_


/* nginx comes first: it sets what the system's headers declare */
#include "../rtmp/ngx_rtmp_restream_picture.h"

#include <jansson.h>


/*
 * A new reference; NULL: no memory.
 *
 * in    reveal    1: with the keys of what the API made
 */
json_t *ngx_http_restream_render_stream(ngx_rtmp_restream_picture_t *pic,
    ngx_uint_t reveal);
json_t *ngx_http_restream_render_destinations(ngx_rtmp_restream_picture_t *pic,
    ngx_uint_t reveal);

/*
 * in    id        of the destination; 0: by name
 * out   *version  for the ETag
 * ret   a new reference; NULL: no memory, or with *found 0: there is none
 */
json_t *ngx_http_restream_render_destination(ngx_rtmp_restream_picture_t *pic,
    uint64_t id, ngx_str_t *name, ngx_uint_t reveal, ngx_uint_t *found,
    uint64_t *version);


#endif /* _NGX_HTTP_RESTREAM_RENDER_H_INCLUDED_ */
