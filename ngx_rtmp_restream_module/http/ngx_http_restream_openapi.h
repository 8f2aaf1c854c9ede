/*
 * The documents that the API serves: its own description, and what is known of
 * platforms.
 */

#ifndef _NGX_HTTP_RESTREAM_OPENAPI_H_INCLUDED_
#define _NGX_HTTP_RESTREAM_OPENAPI_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* Both answer with a document that is part of the module. */
ngx_int_t ngx_http_restream_openapi(ngx_http_request_t *r);
ngx_int_t ngx_http_restream_platforms(ngx_http_request_t *r);


#endif /* _NGX_HTTP_RESTREAM_OPENAPI_H_INCLUDED_ */
