/*
 * Cross-origin requests of browsers: restream_api_cors.
 *
 * Which page may read the answers is said here, what it may do is not: no
 * credentials of the browser are let in, a page has to show a token.
 */

#ifndef _NGX_HTTP_RESTREAM_CORS_H_INCLUDED_
#define _NGX_HTTP_RESTREAM_CORS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * Adds the headers that let a page of the request's origin read the answer.
 *
 * in    origins   ngx_str_t, those that may; NULL: none
 * ret   NGX_DECLINED  go on; NGX_DONE: a preflight, to be answered with 204;
 *       NGX_ERROR     no memory
 */
ngx_int_t ngx_http_restream_cors(ngx_http_request_t *r, ngx_array_t *origins);


#endif /* _NGX_HTTP_RESTREAM_CORS_H_INCLUDED_ */
