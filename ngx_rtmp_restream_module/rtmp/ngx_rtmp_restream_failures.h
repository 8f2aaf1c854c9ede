/*
 * Failed authentications of all workers: the table of
 * model/restream_failures.h in the zone.
 */

#ifndef _NGX_RTMP_RESTREAM_FAILURES_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_FAILURES_H_INCLUDED_


#include "ngx_rtmp_restream_zone.h"

#include "../model/restream_failures.h"


/* Both take a zone of NULL, in which nothing is counted. */

/* Seconds until who has this address may try again; 0: now. */
ngx_uint_t ngx_rtmp_restream_failures_wait(ngx_rtmp_restream_zone_t *zone,
    struct sockaddr *sockaddr);

/* Counts one; 1: from now on they have to wait. */
ngx_uint_t ngx_rtmp_restream_failures_add(ngx_rtmp_restream_zone_t *zone,
    struct sockaddr *sockaddr);


#endif /* _NGX_RTMP_RESTREAM_FAILURES_H_INCLUDED_ */
