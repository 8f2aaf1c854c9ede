/*
 * GET of a restream_status location: every live stream and destination of this
 * host, out of the zone, by any worker.
 */

#ifndef _NGX_HTTP_RESTREAM_STATUS_H_INCLUDED_
#define _NGX_HTTP_RESTREAM_STATUS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* ngx_http_core_loc_conf_t.handler */
ngx_int_t ngx_http_restream_status_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_RESTREAM_STATUS_H_INCLUDED_ */
