/*
 * What a source's encoder sends: measured here, told the other workers by way
 * of the zone once a second.
 */

#ifndef _NGX_RTMP_RESTREAM_SOURCE_INGEST_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_SOURCE_INGEST_H_INCLUDED_


#include "ngx_rtmp_restream_source.h"


/* A publish begins, the first one or another. */
void ngx_rtmp_restream_source_ingest_begin(ngx_rtmp_restream_source_t *src,
    ngx_str_t *address);

/* On every tick. */
void ngx_rtmp_restream_source_ingest_report(ngx_rtmp_restream_source_t *src);


#endif /* _NGX_RTMP_RESTREAM_SOURCE_INGEST_H_INCLUDED_ */
