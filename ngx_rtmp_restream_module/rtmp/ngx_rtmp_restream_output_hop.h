/*
 * Where a server sends us on to: dialled again with what it asked for to know
 * us by, to the url that it redirects to, or at a key frame, since it asked to
 * reconnect.
 *
 * A redirect holds for its attempt, a reconnect for the one that follows it.
 */

#ifndef _NGX_RTMP_RESTREAM_OUTPUT_HOP_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_OUTPUT_HOP_H_INCLUDED_


#include "ngx_rtmp_restream_output.h"


/* What is dialled: the hop, or the record's own target. */
ngx_rtmp_restream_target_t *ngx_rtmp_restream_output_hop_target(
    ngx_rtmp_restream_output_t *out);

/* The record's own target again. */
void ngx_rtmp_restream_output_hop_forget(ngx_rtmp_restream_output_t *out);

/* The peer has ended for one of these; dials at once, or the attempt fails. */
void ngx_rtmp_restream_output_hop_authenticate(
    ngx_rtmp_restream_output_t *out);
void ngx_rtmp_restream_output_hop_redirect(ngx_rtmp_restream_output_t *out);

/*
 * Handler of a peer: the server asks to reconnect, which is done between two
 * messages, in front of a key frame.
 *
 * in    data      the output
 *       url       empty: to the same server; not followed if it cannot be
 */
void ngx_rtmp_restream_output_hop_asked(void *data, ngx_str_t *url);

/* ... and there the peer has ended: another attempt, now or by the backoff */
void ngx_rtmp_restream_output_hop_reconnect(ngx_rtmp_restream_output_t *out);


#endif /* _NGX_RTMP_RESTREAM_OUTPUT_HOP_H_INCLUDED_ */
