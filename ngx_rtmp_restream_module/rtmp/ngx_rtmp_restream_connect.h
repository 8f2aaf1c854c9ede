/*
 * How a peer gets its connection: the name is resolved on a pool thread, its
 * addresses are tried in turn, TLS is set up.  Then the dialogue begins.
 *
 * Between ngx_rtmp_restream_peer.c and ngx_rtmp_restream_connect.c only.
 */

#ifndef _NGX_RTMP_RESTREAM_CONNECT_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_CONNECT_H_INCLUDED_


#include "ngx_rtmp_restream_peer.h"


/* NGX_OK: it goes on by itself; NGX_ERROR: no memory */
ngx_int_t ngx_rtmp_restream_connect(ngx_rtmp_restream_peer_t *peer);


/* Told by it: connected, with TLS where that is wanted. */
void ngx_rtmp_restream_peer_dialogue(ngx_rtmp_restream_peer_t *peer);

/* The connection failed or is lost; err is an errno, 0: the server closed it */
void ngx_rtmp_restream_peer_lost(ngx_rtmp_restream_peer_t *peer,
    ngx_err_t err);

void ngx_rtmp_restream_peer_end(ngx_rtmp_restream_peer_t *peer,
    ngx_rtmp_restream_peer_end_e end);

/* Only the socket, TLS and the client: another address may follow. */
void ngx_rtmp_restream_peer_close(ngx_rtmp_restream_peer_t *peer,
    ngx_uint_t notify);


#endif /* _NGX_RTMP_RESTREAM_CONNECT_H_INCLUDED_ */
