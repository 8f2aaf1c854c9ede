/*
 * How a peer gets its connection: the name is resolved on a pool thread, its
 * addresses are tried in turn, TLS is set up.  Then the dialogue begins.
 */

#ifndef _NGX_RTMP_RESTREAM_CONNECT_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_CONNECT_H_INCLUDED_


#include "ngx_rtmp_restream_peer.h"


/*
 * Begins; it goes on by itself, to the dialogue or to the peer's end.
 *
 * ret   NGX_OK, NGX_ERROR no memory
 */
ngx_int_t ngx_rtmp_restream_connect(ngx_rtmp_restream_peer_t *peer);


#endif /* _NGX_RTMP_RESTREAM_CONNECT_H_INCLUDED_ */
