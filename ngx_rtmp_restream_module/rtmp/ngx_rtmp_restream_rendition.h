/*
 * A stream in one form (as published, for now): the ring, and when its outputs
 * are woken.
 *
 * What a destination costs is writes per second: frames that leave together
 * share one.  A small frame waits up to restream_flush for the next video
 * frame; with restream_batch everything waits.
 */

#ifndef _NGX_RTMP_RESTREAM_RENDITION_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_RENDITION_H_INCLUDED_


#include "ngx_rtmp_restream.h"
#include "ngx_rtmp_restream_pages.h"

#include "../lib/restream_ring.h"


typedef struct {
    restream_ring_t              *ring;
    ngx_rtmp_restream_source_t   *source;       /* owner */
    ngx_event_t                   wake;         /* posted */
    ngx_event_t                   delay;        /* flush or batch */
    ngx_msec_t                    flush;
    ngx_msec_t                    batch;
    ngx_rtmp_restream_pages_t    *pages;        /* NULL: too few readers so
                                                   far, or not to be had */
    ngx_uint_t                    readers;      /* outputs that pages are for,
                                                   when they were woken last */
    unsigned                      pageless:1;   /* no pages are to be had, or
                                                   none wanted */
} ngx_rtmp_restream_rendition_t;


/* On the source's pool.  NULL: no memory. */
ngx_rtmp_restream_rendition_t *ngx_rtmp_restream_rendition_create(
    ngx_rtmp_restream_source_t *src);
void ngx_rtmp_restream_rendition_destroy(ngx_rtmp_restream_rendition_t **rnd);

/* Takes the caller's reference; outputs are woken when it is time. */
void ngx_rtmp_restream_rendition_push(ngx_rtmp_restream_rendition_t *rnd,
    restream_frame_t *frm);


#endif /* _NGX_RTMP_RESTREAM_RENDITION_H_INCLUDED_ */
