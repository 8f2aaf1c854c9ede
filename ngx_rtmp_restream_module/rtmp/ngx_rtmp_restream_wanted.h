/*
 * Between a source's outputs and the zone.  Wanted state comes out of it and
 * is turned into steps; observed state goes in.
 */

#ifndef _NGX_RTMP_RESTREAM_WANTED_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_WANTED_H_INCLUDED_


#include "ngx_rtmp_restream_source.h"


/* Makes what runs what is wanted; src->zs is set. */
void ngx_rtmp_restream_wanted_apply(ngx_rtmp_restream_source_t *src);

/* Copies the reports that changed into the zone; all: the others too. */
void ngx_rtmp_restream_wanted_report(ngx_rtmp_restream_source_t *src,
    ngx_uint_t all);


#endif /* _NGX_RTMP_RESTREAM_WANTED_H_INCLUDED_ */
