/*
 * One call of the API: see ngx_http_restream_api.h.
 */

#include "ngx_http_restream_api.h"
#include "ngx_http_restream_openapi.h"
#include "ngx_http_restream_reply.h"


static int ngx_http_restream_api_find(ngx_http_restream_call_t *call);
static ngx_uint_t ngx_http_restream_api_public(ngx_http_restream_call_t *call,
    int found);
static ngx_int_t ngx_http_restream_api_route(ngx_http_restream_call_t *call,
    int found);
static ngx_int_t ngx_http_restream_api_allow(ngx_http_restream_call_t *call,
    ngx_uint_t status);
static ngx_int_t ngx_http_restream_api_permit(ngx_http_restream_call_t *call);
static ngx_int_t ngx_http_restream_api_query(ngx_http_restream_call_t *call);
static ngx_int_t ngx_http_restream_api_dispatch(
    ngx_http_restream_call_t *call);
static ngx_int_t ngx_http_restream_api_health(ngx_http_request_t *r);
static ngx_int_t ngx_http_restream_api_body(ngx_http_restream_call_t *call);
static void ngx_http_restream_api_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_restream_api_body_text(ngx_http_request_t *r,
    restream_str_t *body);
static void ngx_http_restream_api_cleanup(void *data);


ngx_int_t
ngx_http_restream_api_handler(ngx_http_request_t *r)
{
    int                        found;
    ngx_int_t                  rc;
    ngx_pool_cleanup_t        *cln;
    ngx_http_restream_call_t  *call;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_restream_call_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    call = cln->data;
    ngx_memzero(call, sizeof(ngx_http_restream_call_t));

    cln->handler = ngx_http_restream_api_cleanup;
    call->request = r;

    ngx_http_set_ctx(r, call, ngx_http_restream_module);

    found = ngx_http_restream_api_find(call);

    /* each answers by itself, or lets pass: NGX_DECLINED */

    rc = ngx_http_restream_auth_origin(r);

    if (rc == NGX_DECLINED && !ngx_http_restream_api_public(call, found)) {
        rc = ngx_http_restream_auth(r, &call->grant);
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_http_restream_api_route(call, found);
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_http_restream_api_permit(call);
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_http_restream_api_query(call);
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_http_restream_api_dispatch(call);
    }

    return rc;
}


/* as restream_route_find() */

static int
ngx_http_restream_api_find(ngx_http_restream_call_t *call)
{
    restream_str_t             path, prefix, rest, method;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = call->request;
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    path.len = r->unparsed_uri.len;
    path.data = r->unparsed_uri.data;
    prefix.len = clcf->name.len;
    prefix.data = clcf->name.data;
    method.len = r->method_name.len;
    method.data = r->method_name.data;

    if (restream_route_prefix(path, prefix, &rest) != RESTREAM_OK) {
        return RESTREAM_DECLINED;
    }

    return restream_route_find(&call->route, method, rest);
}


/* 1: a call that says nothing of streams, for whoever asks */

static ngx_uint_t
ngx_http_restream_api_public(ngx_http_restream_call_t *call, int found)
{
    return found == RESTREAM_OK
           && (call->route.call == RESTREAM_CALL_HEALTH
               || call->route.call == RESTREAM_CALL_OPENAPI);
}


static ngx_int_t
ngx_http_restream_api_route(ngx_http_restream_call_t *call, int found)
{
    if (found == RESTREAM_ERROR) {
        return ngx_http_restream_api_allow(call, NGX_HTTP_NOT_ALLOWED);
    }

    if (found != RESTREAM_OK) {
        return ngx_http_restream_reply_problem(call->request,
                                               NGX_HTTP_NOT_FOUND,
                                               "not-found",
                                               "the API has no such path",
                                               NULL);
    }

    if (call->route.call == RESTREAM_CALL_OPTIONS) {
        return ngx_http_restream_api_allow(call, NGX_HTTP_NO_CONTENT);
    }

    return NGX_DECLINED;
}


/* 204 or 405, with the methods that there are */

static ngx_int_t
ngx_http_restream_api_allow(ngx_http_restream_call_t *call, ngx_uint_t status)
{
    char                 allow[RESTREAM_ROUTE_ALLOW];
    ngx_str_t            value;
    ngx_http_request_t  *r;

    r = call->request;

    value.len = restream_route_allow(call->route.methods, allow);
    value.data = ngx_pnalloc(r->pool, value.len);

    if (value.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(value.data, allow, value.len);

    if (ngx_http_restream_reply_header(r, "Allow", &value) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (status == NGX_HTTP_NO_CONTENT) {
        return ngx_http_restream_reply_empty(r);
    }

    return ngx_http_restream_reply_problem(r, status, "method-not-allowed",
                                           "this path does not have that "
                                           "method", NULL);
}


/* whether the grant goes so far; a stream out of its sight does not exist */

static ngx_int_t
ngx_http_restream_api_permit(ngx_http_restream_call_t *call)
{
    restream_str_t      app, name;
    restream_route_t   *route;
    restream_access_t  *access;

    route = &call->route;
    access = call->grant.access;

    app.len = ngx_strlen(route->app);
    app.data = (uint8_t *) route->app;
    name.len = ngx_strlen(route->name);
    name.data = (uint8_t *) route->name;

    if (app.len && !restream_access_sees(access, app, name)) {
        return ngx_http_restream_api_no_stream(call);
    }

    if (route->capability
        && !restream_access_allows(access, route->capability))
    {
        return ngx_http_restream_api_forbid(call, route->capability);
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_restream_api_forbid(ngx_http_restream_call_t *call,
    unsigned capability)
{
    u_char  detail[64];

    ngx_snprintf(detail, sizeof(detail), "that needs the capability \"%s\"%Z",
                 restream_access_name(capability));

    return ngx_http_restream_reply_problem(call->request, NGX_HTTP_FORBIDDEN,
                                           "capability", (char *) detail,
                                           json_pack("{s:s}", "capability",
                                             restream_access_name(capability)));
}


static ngx_int_t
ngx_http_restream_api_query(ngx_http_restream_call_t *call)
{
    int                  rc;
    ngx_int_t            answer;
    restream_str_t       text;
    restream_errors_t    errors;
    ngx_http_request_t  *r;

    r = call->request;

    text.len = r->args.len;
    text.data = r->args.data;

    ngx_memzero(&errors, sizeof(restream_errors_t));

    rc = restream_query_read(&call->query, call->route.call, text, &errors);

    if (rc == RESTREAM_DECLINED) {
        answer = ngx_http_restream_reply_errors(r, &errors);

    } else if (rc != RESTREAM_OK) {
        answer = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else if (call->query.reveal_key
               && !restream_access_allows(call->grant.access,
                                          RESTREAM_CAN_KEYS))
    {
        answer = ngx_http_restream_api_forbid(call, RESTREAM_CAN_KEYS);

    } else {
        answer = NGX_DECLINED;
    }

    restream_errors_free(&errors);

    return answer;
}


static ngx_int_t
ngx_http_restream_api_dispatch(ngx_http_restream_call_t *call)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = call->request;

    if (r->method & (NGX_HTTP_POST|NGX_HTTP_PATCH)) {
        return ngx_http_restream_api_body(call);
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    switch (call->route.call) {

    case RESTREAM_CALL_OPENAPI:
        return ngx_http_restream_openapi(r);

    case RESTREAM_CALL_PLATFORMS:
        return ngx_http_restream_platforms(r);

    case RESTREAM_CALL_HEALTH:
        return ngx_http_restream_api_health(r);

    case RESTREAM_CALL_LIST_STREAMS:
        return ngx_http_restream_api_list(call);

    case RESTREAM_CALL_DELETE_STREAM:
    case RESTREAM_CALL_DELETE_DESTINATION:
        r->main->count++;
        ngx_http_restream_api_change(call, (restream_str_t) { 0, NULL });
        return NGX_DONE;

    default:
        return ngx_http_restream_api_read(call);
    }
}


static ngx_int_t
ngx_http_restream_api_health(ngx_http_request_t *r)
{
    return ngx_http_restream_reply(r, NGX_HTTP_OK,
                                   json_pack("{s:s}", "status", "ok"));
}


static ngx_int_t
ngx_http_restream_api_body(ngx_http_restream_call_t *call)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = call->request;

    rc = ngx_http_read_client_request_body(r,
                                         ngx_http_restream_api_body_handler);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


static void
ngx_http_restream_api_body_handler(ngx_http_request_t *r)
{
    restream_str_t             body;
    ngx_http_restream_call_t  *call;

    call = ngx_http_get_module_ctx(r, ngx_http_restream_module);

    switch (ngx_http_restream_api_body_text(r, &body)) {

    case NGX_OK:
        ngx_http_restream_api_change(call, body);
        break;

    case NGX_DECLINED:
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE);
        break;

    default:
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }
}


/*
 * In one piece: what came with the header is in one buffer, the rest in
 * another one, and each chunk of a chunked body has its own.
 *
 * ret   NGX_OK; NGX_DECLINED: so large that nginx wrote it to a file
 */

static ngx_int_t
ngx_http_restream_api_body_text(ngx_http_request_t *r, restream_str_t *body)
{
    u_char       *p;
    size_t        len;
    ngx_buf_t    *b;
    ngx_chain_t  *cl, *bufs;

    body->len = 0;
    body->data = NULL;

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    if (r->request_body->temp_file) {
        return NGX_DECLINED;
    }

    bufs = r->request_body->bufs;

    if (bufs->next == NULL) {
        body->len = bufs->buf->last - bufs->buf->pos;
        body->data = bufs->buf->pos;

        return NGX_OK;
    }

    len = 0;

    for (cl = bufs; cl; cl = cl->next) {
        len += cl->buf->last - cl->buf->pos;
    }

    p = ngx_pnalloc(r->pool, len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->len = len;
    body->data = p;

    /* a key may be in it */

    for (cl = bufs; cl; cl = cl->next) {
        b = cl->buf;
        p = ngx_cpymem(p, b->pos, b->last - b->pos);

        ngx_explicit_memzero(b->pos, b->last - b->pos);
    }

    return NGX_OK;
}


void
ngx_http_restream_api_answer(ngx_http_restream_call_t *call, ngx_int_t rc)
{
    ngx_connection_t  *c;

    c = call->request->connection;

    ngx_http_finalize_request(call->request, rc);
    ngx_http_run_posted_requests(c);
}


ngx_int_t
ngx_http_restream_api_store_problem(ngx_http_restream_call_t *call,
    ngx_rtmp_restream_control_t *control)
{
    ngx_http_request_t    *r;
    restream_store_err_t  *err;

    r = call->request;
    err = &control->store->err;

    /* where it is, and what the system said, is for the operator alone */

    if (ngx_strcmp(err->text, err->told) != 0) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "restream API: %s",
                      err->text);
    }

    if (err->code == RESTREAM_STORE_FULL) {
        return ngx_http_restream_reply_problem(r,
                                               NGX_HTTP_INSUFFICIENT_STORAGE,
                                               "store-full", err->told, NULL);
    }

    return ngx_http_restream_reply_problem(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                           "store-unavailable", err->told,
                                           NULL);
}


ngx_int_t
ngx_http_restream_api_no_stream(ngx_http_restream_call_t *call)
{
    return ngx_http_restream_reply_problem(call->request, NGX_HTTP_NOT_FOUND,
                                           "no-stream",
                                           "there is no such stream", NULL);
}


ngx_int_t
ngx_http_restream_api_no_destination(ngx_http_restream_call_t *call)
{
    return ngx_http_restream_reply_problem(call->request, NGX_HTTP_NOT_FOUND,
                                           "no-destination",
                                           "the stream has no such "
                                           "destination", NULL);
}


ngx_int_t
ngx_http_restream_api_busy(ngx_http_restream_call_t *call)
{
    return ngx_http_restream_reply_problem(call->request,
                                           NGX_HTTP_SERVICE_UNAVAILABLE,
                                           "busy",
                                           "too many calls wait for the "
                                           "store, or there is no memory",
                                           NULL);
}


/* the request ends: nobody is told any more */

static void
ngx_http_restream_api_cleanup(void *data)
{
    ngx_http_restream_call_t  *call = data;

    if (call->control) {
        ngx_rtmp_restream_control_cancel(&call->control);
    }

    ngx_http_restream_grant_free(&call->grant);
}
