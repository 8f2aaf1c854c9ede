/*
 * What the files of this floor share: configuration.
 */

#ifndef _NGX_HTTP_RESTREAM_H_INCLUDED_
#define _NGX_HTTP_RESTREAM_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_restream_auth.h"


typedef struct {
    ngx_array_t                      token_files;
                                     /* ngx_http_restream_tokens_t *, all that
                                        workers watch */
} ngx_http_restream_main_conf_t;


typedef struct {
    ngx_http_restream_auth_conf_t   *auth;
    ngx_uint_t                       api;       /* 1: restream_api is here */
    size_t                           max_body;  /* bytes */
} ngx_http_restream_loc_conf_t;


extern ngx_module_t  ngx_http_restream_module;


#endif /* _NGX_HTTP_RESTREAM_H_INCLUDED_ */
