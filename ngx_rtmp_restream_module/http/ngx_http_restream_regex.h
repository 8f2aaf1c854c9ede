/*
 * The regular expressions of stream patterns, compiled and run by nginx.
 */

#ifndef _NGX_HTTP_RESTREAM_REGEX_H_INCLUDED_
#define _NGX_HTTP_RESTREAM_REGEX_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "../model/restream_access.h"


/*
 * Compiles those of a grant on pool, which has to outlive it.
 *
 * in    err       room for a sentence
 * out   *err      on ERROR
 * ret   NGX_OK, NGX_ERROR
 */
ngx_int_t ngx_http_restream_regex_compile(restream_access_t *access,
    ngx_pool_t *pool, ngx_str_t *err);


#endif /* _NGX_HTTP_RESTREAM_REGEX_H_INCLUDED_ */
