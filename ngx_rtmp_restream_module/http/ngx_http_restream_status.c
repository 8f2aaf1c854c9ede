/*
 * GET of a restream_status location: see ngx_http_restream_status.h.
 */

#include "ngx_http_restream_status.h"
#include "ngx_http_restream_json.h"
#include "../rtmp/ngx_rtmp_restream_core.h"

#include <nginx.h>


static json_t *ngx_http_restream_status_json(ngx_pool_t *pool);
static ngx_int_t ngx_http_restream_status_send(ngx_http_request_t *r,
    char *text);
static void ngx_http_restream_status_free(void *data);


ngx_int_t
ngx_http_restream_status_handler(ngx_http_request_t *r)
{
    char       *text;
    json_t     *json;
    ngx_int_t   rc;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    json = ngx_http_restream_status_json(r->pool);
    if (json == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    text = json_dumps(json, JSON_COMPACT);
    json_decref(json);

    if (text == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_restream_status_send(r, text);
}


static json_t *
ngx_http_restream_status_json(ngx_pool_t *pool)
{
    json_t                    *streams;
    ngx_uint_t                 i;
    ngx_rtmp_restream_view_t  *view;
    ngx_rtmp_restream_zone_t  *zone;

    streams = json_array();
    if (streams == NULL) {
        return NULL;
    }

    zone = ngx_rtmp_restream_core_zone();

    if (zone) {
        view = ngx_rtmp_restream_zone_view(zone, pool);
        if (view == NULL) {
            goto failed;
        }

        for (i = 0; i < view->nstreams; i++) {
            if (json_array_append_new(streams,
                            ngx_http_restream_json_stream(&view->streams[i]))
                == -1)
            {
                goto failed;
            }
        }
    }

    return json_pack("{s:o}", "streams", streams);

failed:

    json_decref(streams);

    return NULL;
}


/* text is json_dumps()'s and is freed with the request */

static ngx_int_t
ngx_http_restream_status_send(ngx_http_request_t *r, char *text)
{
    ngx_buf_t           *b;
    ngx_int_t            rc;
    ngx_chain_t          out;
    ngx_table_elt_t     *h;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        free(text);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_restream_status_free;
    cln->data = text;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    h->hash = 1;
    ngx_str_set(&h->key, "Cache-Control");
    ngx_str_set(&h->value, "no-store");
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = ngx_strlen(text);

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->pos = (u_char *) text;
    b->last = b->pos + r->headers_out.content_length_n;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static void
ngx_http_restream_status_free(void *data)
{
    free(data);
}
