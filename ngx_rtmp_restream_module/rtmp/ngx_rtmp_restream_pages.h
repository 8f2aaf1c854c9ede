/*
 * What a rendition's outputs write, written once more into a file that is in
 * memory only: sendfile() hands its pages to a socket, and the kernel copies
 * nothing for the destination.
 *
 *        cut out              window
 *     .............[22 hd|payload][23 hd|payload][24 hd|payload] next
 *                  tail                                          head
 *
 * The bytes of a message are the same for all outputs once each has sent the
 * first of its kind, since then chunk headers tell the time by differences.
 * So messages lie here as they go over the wire, one behind the other, and
 * whatever waits leaves with one call.  The file has a cursor of its own in the
 * ring, like an output.
 *
 * A byte that was sent is never written over: what leaves the window is cut out
 * of the file, and the page itself lives for as long as a socket holds it, or
 * the reader of one on this host.
 *
 * Owned by a rendition.
 */

#ifndef _NGX_RTMP_RESTREAM_PAGES_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_PAGES_H_INCLUDED_


#include "ngx_rtmp_restream.h"

#include "../lib/restream_cursor.h"


typedef struct ngx_rtmp_restream_pages_s  ngx_rtmp_restream_pages_t;


/*
 * On the source's pool.
 *
 * in    ring      outlives the pages
 *       size      bytes that the window may take
 * ret   NULL      this kernel or its limits allow no such file, or no memory
 */
ngx_rtmp_restream_pages_t *ngx_rtmp_restream_pages_create(ngx_pool_t *pool,
    restream_ring_t *ring, uint32_t chunk_size, size_t size);
void ngx_rtmp_restream_pages_destroy(ngx_rtmp_restream_pages_t **pages);

/* Takes what is new in the ring; the oldest leaves for it. */
void ngx_rtmp_restream_pages_fill(ngx_rtmp_restream_pages_t *pages);

/*
 * Sends what sc has laid out, from the file where that has it.
 *
 * out   *size     bytes that were offered: those in sc, or more where a message
 *                 had no room in it
 * ret   bytes taken, or -1 and errno, as writev()
 */
ssize_t ngx_rtmp_restream_pages_send(ngx_rtmp_restream_pages_t *pages,
    ngx_socket_t s, restream_cursor_scratch_t *sc, size_t *size);


#endif /* _NGX_RTMP_RESTREAM_PAGES_H_INCLUDED_ */
