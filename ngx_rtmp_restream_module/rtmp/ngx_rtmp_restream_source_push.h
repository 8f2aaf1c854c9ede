/*
 * A source's frames on their way in: which pass, what time they get, which are
 * kept for those who join later, and which are places to start at.  They go on
 * into the source's rendition.
 */

#ifndef _NGX_RTMP_RESTREAM_SOURCE_PUSH_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_SOURCE_PUSH_H_INCLUDED_


#include "ngx_rtmp_restream_source.h"


/* A publish begins, the first one or another: nothing has come of it. */
void ngx_rtmp_restream_source_push_begin(ngx_rtmp_restream_source_t *src);

/*
 * Takes a complete message.
 *
 * in    frm       built by ngx_rtmp_restream_frame_create(); one reference,
 *                 taken over
 *       timestamp as received, ms
 */
void ngx_rtmp_restream_source_push(ngx_rtmp_restream_source_t *src,
    restream_frame_t *frm, uint32_t timestamp);

/* A message of that type could not be taken: outputs go on at the next key
 * frame. */
void ngx_rtmp_restream_source_push_lost(ngx_rtmp_restream_source_t *src,
    ngx_uint_t type);


#endif /* _NGX_RTMP_RESTREAM_SOURCE_PUSH_H_INCLUDED_ */
