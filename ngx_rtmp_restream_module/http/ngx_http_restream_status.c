/*
 * GET of a restream_status location: see ngx_http_restream_status.h.
 */

#include "ngx_http_restream_status.h"
#include "ngx_http_restream_json.h"
#include "ngx_http_restream_reply.h"
#include "../rtmp/ngx_rtmp_restream_core.h"


static json_t *ngx_http_restream_status_json(ngx_pool_t *pool);


ngx_int_t
ngx_http_restream_status_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_restream_reply(r, NGX_HTTP_OK,
                                   ngx_http_restream_status_json(r->pool));
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
