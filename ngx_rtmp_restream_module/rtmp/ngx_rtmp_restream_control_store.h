/*
 * What control does with the store: between the files of control only.
 */

#ifndef _NGX_RTMP_RESTREAM_CONTROL_STORE_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_CONTROL_STORE_H_INCLUDED_


#include "ngx_rtmp_restream_control.h"


/*
 * Asks the store for a stream that has been claimed, and puts what it has, with
 * the configuration's destinations, into the zone.
 *
 * ret   NGX_AGAIN; NGX_ERROR no memory
 */
ngx_int_t ngx_rtmp_restream_control_load(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_app_conf_t *conf, ngx_rtmp_restream_stream_key_t *key);

/* The configuration's destinations go into the zone; as zone_put(). */
ngx_int_t ngx_rtmp_restream_control_put(ngx_rtmp_restream_zone_t *zone,
    ngx_array_t *destinations, ngx_rtmp_restream_stream_key_t *key);


#endif /* _NGX_RTMP_RESTREAM_CONTROL_STORE_H_INCLUDED_ */
