/*
 * The only place that knows nginx-rtmp's sessions and hooks: who publishes,
 * when, and what.
 */

#ifndef _NGX_RTMP_RESTREAM_HOST_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_HOST_H_INCLUDED_


#include "ngx_rtmp_restream.h"


/*
 * Joins nginx-rtmp's chains; of the RTMP module's postconfiguration.
 *
 * ret   NGX_OK, NGX_ERROR no memory
 */
ngx_int_t ngx_rtmp_restream_host_init(ngx_conf_t *cf);

/* 1: "live on" holds where that application configuration was made */
ngx_flag_t ngx_rtmp_restream_host_live(ngx_conf_t *cf);


#endif /* _NGX_RTMP_RESTREAM_HOST_H_INCLUDED_ */
