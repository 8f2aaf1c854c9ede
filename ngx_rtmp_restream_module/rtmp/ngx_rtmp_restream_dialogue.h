/*
 * What a peer and its server say to each other until media may be sent, and
 * beside it: what is asked for, and what each answer means for the attempt.
 *
 * The client state machine speaks; here it gets its words, and its events
 * become calls of the peer's handlers or the peer's end.
 */

#ifndef _NGX_RTMP_RESTREAM_DIALOGUE_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_DIALOGUE_H_INCLUDED_


#include "ngx_rtmp_restream_peer.h"


/*
 * The peer is connected, with TLS where that is wanted: begins with the
 * handshake of RTMP, and goes on by itself.  May end the peer.
 */
void ngx_rtmp_restream_dialogue_start(ngx_rtmp_restream_peer_t *peer);

/*
 * Takes what the server said.
 *
 * in    p..last   bytes as received, borrowed
 * ret   NGX_OK    all is taken
 *       NGX_ERROR the peer has ended
 */
ngx_int_t ngx_rtmp_restream_dialogue_read(ngx_rtmp_restream_peer_t *peer,
    u_char *p, u_char *last);


#endif /* _NGX_RTMP_RESTREAM_DIALOGUE_H_INCLUDED_ */
