/*
 * A message of the publisher becomes a frame: the one copy that is made of it.
 */

#ifndef _NGX_RTMP_RESTREAM_FRAME_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_FRAME_H_INCLUDED_


#include "ngx_rtmp_restream.h"

#include "../lib/restream_frame.h"


/*
 * Copies a message, once, and classifies it.
 *
 * in    type      RESTREAM_MSG_*; AMF3 data is taken for AMF0
 *       in        its payload, borrowed
 * ret   NULL      no memory, or nothing that is relayed
 */
restream_frame_t *ngx_rtmp_restream_frame_create(ngx_uint_t type,
    ngx_chain_t *in);


#endif /* _NGX_RTMP_RESTREAM_FRAME_H_INCLUDED_ */
