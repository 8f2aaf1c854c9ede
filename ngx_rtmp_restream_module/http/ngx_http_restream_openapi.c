/*
 * The documents that the API serves: see ngx_http_restream_openapi.h.
 *
 * config makes the headers out of conf/openapi.json and conf/platforms.json.
 */

#include "ngx_http_restream_openapi.h"
#include "ngx_http_restream_reply.h"

#include "restream_openapi.h"
#include "restream_platforms.h"


ngx_int_t
ngx_http_restream_openapi(ngx_http_request_t *r)
{
    ngx_str_t  text = ngx_string(restream_openapi);

    return ngx_http_restream_reply_text(r, &text);
}


ngx_int_t
ngx_http_restream_platforms(ngx_http_request_t *r)
{
    ngx_str_t  text = ngx_string(restream_platforms);

    return ngx_http_restream_reply_text(r, &text);
}
