/*
 * Between a source's outputs and the zone.  Wanted state comes out of it and
 * is turned into steps; observed state goes in.
 */

#ifndef _NGX_RTMP_RESTREAM_WANTED_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_WANTED_H_INCLUDED_


#include "ngx_rtmp_restream_source.h"


/*
 * Makes the stream this worker's, and its destinations wanted.
 *
 * ret   NGX_OK
 *       NGX_AGAIN  another worker lets go, or says what is wanted, first
 *       NGX_BUSY   another worker has it and does not let go
 *       NGX_ERROR  the zone is full: what fits is relayed all the same
 */
ngx_int_t ngx_rtmp_restream_wanted_claim(ngx_rtmp_restream_source_t *src);

/*
 * What the configuration wants goes into the zone, and comes out of it; src->zs
 * is set.  Returns as ngx_rtmp_restream_wanted_claim() does, without NGX_BUSY.
 */
ngx_int_t ngx_rtmp_restream_wanted_put(ngx_rtmp_restream_source_t *src);

/* Makes what runs what is wanted; src->zs is set. */
void ngx_rtmp_restream_wanted_apply(ngx_rtmp_restream_source_t *src);

/* Copies the reports that changed into the zone; all: the others too. */
void ngx_rtmp_restream_wanted_report(ngx_rtmp_restream_source_t *src,
    ngx_uint_t all);


#endif /* _NGX_RTMP_RESTREAM_WANTED_H_INCLUDED_ */
