/*
 * Cross-origin requests of browsers: see ngx_http_restream_cors.h.
 */

#include "ngx_http_restream_cors.h"
#include "ngx_http_restream_header.h"
#include "ngx_http_restream_reply.h"


typedef struct {
    const char   *name;
    ngx_str_t     value;
} ngx_http_restream_cors_header_t;


static ngx_int_t ngx_http_restream_cors_add(ngx_http_request_t *r,
    ngx_http_restream_cors_header_t *headers);


/* what a page sees of an answer beside the body */

static ngx_http_restream_cors_header_t  ngx_http_restream_cors_headers[] = {
    { "Access-Control-Expose-Headers",
      ngx_string("Allow, ETag, Location, Retry-After, WWW-Authenticate") },
    { NULL, ngx_null_string }
};


static ngx_http_restream_cors_header_t  ngx_http_restream_cors_preflight[] = {
    { "Access-Control-Allow-Methods", ngx_string("GET, POST, PATCH, DELETE") },
    { "Access-Control-Allow-Headers",
      ngx_string("Authorization, Content-Type, If-Match, Idempotency-Key, "
                 "Last-Event-ID") },
    { "Access-Control-Max-Age", ngx_string("600") },
    { NULL, ngx_null_string }
};


ngx_int_t
ngx_http_restream_cors(ngx_http_request_t *r, ngx_array_t *origins)
{
    ngx_str_t         origin, method, *allowed;
    ngx_uint_t        i;
    static ngx_str_t  vary = ngx_string("Origin");

    if (origins == NULL) {
        return NGX_DECLINED;
    }

    /* an answer without the headers is not for who has an origin */

    if (ngx_http_restream_reply_header(r, "Vary", &vary) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_restream_header(r, "origin", &origin) != 1) {
        return NGX_DECLINED;
    }

    allowed = origins->elts;

    for (i = 0; i < origins->nelts; i++) {
        if (allowed[i].len == origin.len
            && ngx_memcmp(allowed[i].data, origin.data, origin.len) == 0)
        {
            break;
        }
    }

    if (i == origins->nelts) {
        return NGX_DECLINED;
    }

    if (ngx_http_restream_reply_header(r, "Access-Control-Allow-Origin",
                                       &allowed[i])
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (r->method != NGX_HTTP_OPTIONS
        || ngx_http_restream_header(r, "access-control-request-method",
                                    &method)
           == 0)
    {
        return ngx_http_restream_cors_add(r, ngx_http_restream_cors_headers)
               == NGX_OK
               ? NGX_DECLINED : NGX_ERROR;
    }

    return ngx_http_restream_cors_add(r, ngx_http_restream_cors_preflight)
           == NGX_OK
           ? NGX_DONE : NGX_ERROR;
}


static ngx_int_t
ngx_http_restream_cors_add(ngx_http_request_t *r,
    ngx_http_restream_cors_header_t *headers)
{
    for ( /* void */ ; headers->name; headers++) {
        if (ngx_http_restream_reply_header(r, headers->name, &headers->value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
