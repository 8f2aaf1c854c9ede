/*
 * What a rendition's outputs write, written once more into files that are in
 * memory only: sendfile() hands their pages to a socket, and the kernel copies
 * nothing for the destination.
 *
 *     the file before                      the file
 *     [20 hd|payload][21 hd|payload]       [22 hd|payload][23 hd|payload] next
 *     tail                                                                head
 *
 * The bytes of a message are the same for all outputs once each has sent the
 * first of its kind, since then chunk headers tell the time by differences.
 * So messages lie here as they go over the wire, one behind the other, and
 * whatever waits leaves with one call.  The files have a cursor of their own in
 * the ring, like an output.
 *
 * A file is written from its beginning to its end and then closed, after the
 * next one: nothing is ever written over or cut out, for a page lives as long
 * as a socket holds it, or the reader of one on this host.
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
 *       size      bytes that both files may take
 * ret   NULL      the process may have no such file (told), or no memory
 */
ngx_rtmp_restream_pages_t *ngx_rtmp_restream_pages_create(ngx_pool_t *pool,
    restream_ring_t *ring, uint32_t chunk_size, size_t size);
void ngx_rtmp_restream_pages_destroy(ngx_rtmp_restream_pages_t **pages);

/*
 * Takes what is new in the ring; the oldest leaves for it.
 *
 * ret   NGX_OK
 *       NGX_ERROR  the kernel would not go on (told): nothing is sent from
 *                  there any more
 */
ngx_int_t ngx_rtmp_restream_pages_fill(ngx_rtmp_restream_pages_t *pages);

/*
 * Sends what sc has laid out, from a file where one has it.
 *
 * out   *full     1: the socket takes no more, an event tells when it does.  0
 *                 does not mean that all is sent
 * ret   bytes taken, more than sc->size where a message had no room in it; or
 *       -1 and errno, as writev()
 */
ssize_t ngx_rtmp_restream_pages_send(ngx_rtmp_restream_pages_t *pages,
    ngx_socket_t s, restream_cursor_scratch_t *sc, ngx_uint_t *full);


#endif /* _NGX_RTMP_RESTREAM_PAGES_H_INCLUDED_ */
