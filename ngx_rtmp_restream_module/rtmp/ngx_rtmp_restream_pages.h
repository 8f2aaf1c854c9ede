/*
 * The newest large frames of a source once more, as pages of a file that is in
 * memory only: sendfile() hands those to a socket, and nothing is copied for
 * the destination.
 *
 *        cut out           window
 *     ............|frame 22   |frame 23 |frame 25    | next
 *                 tail                               head
 *
 * A page is written once and never again: what leaves the window is cut out of
 * the file, and the page itself lives for as long as a socket holds it, or the
 * reader of one on this host.
 *
 * Worth it only where many read: making the pages costs as much as a few copies
 * into sockets.
 *
 * Owned by a source.
 */

#ifndef _NGX_RTMP_RESTREAM_PAGES_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_PAGES_H_INCLUDED_


#include "ngx_rtmp_restream.h"

#include "../lib/restream_cursor.h"


typedef struct ngx_rtmp_restream_pages_s  ngx_rtmp_restream_pages_t;


/*
 * On the source's pool.
 *
 * in    size      bytes that the window may take
 * ret   NULL      this kernel or its limits allow no such file, or no memory
 */
ngx_rtmp_restream_pages_t *ngx_rtmp_restream_pages_create(ngx_pool_t *pool,
    size_t size);
void ngx_rtmp_restream_pages_destroy(ngx_rtmp_restream_pages_t **pages);

/* Takes a copy of frm, if it is large enough to gain by it and no larger than
 * the window; the oldest leave for it. */
void ngx_rtmp_restream_pages_put(ngx_rtmp_restream_pages_t *pages,
    restream_frame_t *frm);

/* Sends what sc has laid out, as writev() does: bytes taken, or -1 and errno */
ssize_t ngx_rtmp_restream_pages_send(ngx_rtmp_restream_pages_t *pages,
    ngx_socket_t s, restream_cursor_scratch_t *sc);


#endif /* _NGX_RTMP_RESTREAM_PAGES_H_INCLUDED_ */
