/*
 * Calls that read one stream: the stream, its destinations, one of them.
 */

#include "ngx_http_restream_api.h"
#include "ngx_http_restream_render.h"
#include "ngx_http_restream_reply.h"

#include "../rtmp/ngx_rtmp_restream_core.h"


static void ngx_http_restream_api_read_done(void *owner,
    ngx_rtmp_restream_control_t *control);
static ngx_rtmp_restream_picture_t *ngx_http_restream_api_picture(
    ngx_http_restream_call_t *call, restream_stream_t *stored);
static ngx_int_t ngx_http_restream_api_etag(ngx_http_request_t *r,
    uint64_t version);


ngx_int_t
ngx_http_restream_api_read(ngx_http_restream_call_t *call)
{
    restream_route_t  *route;

    route = &call->route;

    call->control = ngx_rtmp_restream_control_get(route->app, route->name,
                                              ngx_http_restream_api_read_done,
                                              call);
    if (call->control == NULL) {
        return ngx_http_restream_api_busy(call);
    }

    call->request->main->count++;

    return NGX_DONE;
}


static void
ngx_http_restream_api_read_done(void *owner,
    ngx_rtmp_restream_control_t *control)
{
    ngx_int_t                  rc;
    ngx_http_restream_call_t  *call = owner;

    call->control = NULL;

    rc = control->store->rc == RESTREAM_ERROR
         ? ngx_http_restream_api_store_problem(call, control)
         : ngx_http_restream_api_show(call, NGX_HTTP_OK,
                                      control->store->stream);

    ngx_http_restream_api_answer(call, rc);
}


ngx_int_t
ngx_http_restream_api_show(ngx_http_restream_call_t *call, ngx_uint_t status,
    restream_stream_t *stored)
{
    json_t                       *json;
    uint64_t                      version;
    ngx_str_t                     name;
    ngx_uint_t                    found;
    restream_route_t             *route;
    ngx_http_request_t           *r;
    ngx_rtmp_restream_picture_t  *pic;

    r = call->request;
    route = &call->route;

    pic = ngx_http_restream_api_picture(call, stored);
    if (pic == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!ngx_rtmp_restream_picture_exists(pic)) {
        return ngx_http_restream_api_no_stream(call);
    }

    switch (route->call) {

    case RESTREAM_CALL_LIST_DESTINATIONS:
        json = json_pack("{s:o, s:n}", "items",
                         ngx_http_restream_render_destinations(pic,
                                                  call->query.reveal_key),
                         "nextCursor");

        return ngx_http_restream_reply(r, status, json);

    case RESTREAM_CALL_GET_DESTINATION:
    case RESTREAM_CALL_PATCH_DESTINATION:
    case RESTREAM_CALL_CREATE_DESTINATION:
    case RESTREAM_CALL_START_DESTINATION:
    case RESTREAM_CALL_STOP_DESTINATION:
        ngx_http_restream_api_str(&name, route->destination);

        json = ngx_http_restream_render_destination(pic, route->id, &name,
                                                    call->query.reveal_key,
                                                    &found, &version);
        if (!found) {
            return ngx_http_restream_api_no_destination(call);
        }

        break;

    default:
        version = stored ? stored->version : 0;
        json = ngx_http_restream_render_stream(pic, call->query.reveal_key);
        break;
    }

    if (ngx_http_restream_api_etag(r, version) != NGX_OK) {
        json_decref(json);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_restream_reply(r, status, json);
}


/* what the store has of the stream and what is live of it; NULL: no memory */

static ngx_rtmp_restream_picture_t *
ngx_http_restream_api_picture(ngx_http_restream_call_t *call,
    restream_stream_t *stored)
{
    ngx_str_t                         app, name;
    ngx_pool_t                       *pool;
    ngx_rtmp_restream_view_stream_t  *view;

    pool = call->request->pool;

    ngx_http_restream_api_str(&app, call->route.app);
    ngx_http_restream_api_str(&name, call->route.name);

    view = NULL;

    if (ngx_rtmp_restream_zone_view_stream(ngx_rtmp_restream_core_zone(),
                                           pool, &app, &name, &view)
        == NGX_ERROR)
    {
        return NULL;
    }

    return ngx_rtmp_restream_picture(pool, view, &app, &name, stored);
}


static ngx_int_t
ngx_http_restream_api_etag(ngx_http_request_t *r, uint64_t version)
{
    ngx_str_t  value;

    value.data = ngx_pnalloc(r->pool, NGX_INT64_LEN + 2);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "\"%uL\"", version) - value.data;

    return ngx_http_restream_reply_header(r, "ETag", &value);
}
