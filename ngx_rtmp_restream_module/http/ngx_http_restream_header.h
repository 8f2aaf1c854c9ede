/*
 * Headers of a request that nginx keeps in its list only.
 */

#ifndef _NGX_HTTP_RESTREAM_HEADER_H_INCLUDED_
#define _NGX_HTTP_RESTREAM_HEADER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * Looks for a header.
 *
 * in    name      in lower case; with a last "*" all that begin so
 * out   *value    of the first one; untouched when there is none
 * ret   how many there are
 */
ngx_uint_t ngx_http_restream_header(ngx_http_request_t *r, char *name,
    ngx_str_t *value);


#endif /* _NGX_HTTP_RESTREAM_HEADER_H_INCLUDED_ */
