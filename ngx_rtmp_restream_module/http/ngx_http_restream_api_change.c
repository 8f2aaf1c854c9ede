/*
 * Calls that change what is stored: streams, destinations, switches.
 */

#include "ngx_http_restream_api.h"
#include "ngx_http_restream_header.h"
#include "ngx_http_restream_reply.h"

#include "../model/restream_body.h"
#include "../model/restream_format.h"

#include <openssl/evp.h>
#include <openssl/rand.h>


typedef struct {
    restream_change_result_e   result;
    ngx_uint_t                 status;
    const char                *code;
    const char                *detail;
} ngx_http_restream_change_problem_t;


static ngx_int_t ngx_http_restream_change_begin(ngx_http_restream_call_t *call,
    restream_change_t **change);
static ngx_int_t ngx_http_restream_change_read(ngx_http_restream_call_t *call,
    restream_change_t *change, restream_str_t body);
static ngx_int_t ngx_http_restream_change_if_match(
    ngx_http_restream_call_t *call, restream_change_t *change);
static ngx_int_t ngx_http_restream_change_idempotency(
    ngx_http_restream_call_t *call, restream_change_t *change,
    restream_str_t body);
static ngx_int_t ngx_http_restream_change_hash(ngx_http_request_t *r,
    restream_str_t body, uint8_t hash[32]);
static void ngx_http_restream_change_done(void *owner,
    ngx_rtmp_restream_control_t *control);
static ngx_int_t ngx_http_restream_change_answer(
    ngx_http_restream_call_t *call, ngx_rtmp_restream_control_t *control);
static ngx_int_t ngx_http_restream_change_zone_full(
    ngx_http_restream_call_t *call);
static ngx_int_t ngx_http_restream_change_made(ngx_http_restream_call_t *call,
    restream_change_outcome_t *outcome);
static ngx_int_t ngx_http_restream_change_location(
    ngx_http_restream_call_t *call, restream_change_outcome_t *outcome);
static ngx_int_t ngx_http_restream_change_refused(
    ngx_http_restream_call_t *call, restream_change_outcome_t *outcome);
static ngx_int_t ngx_http_restream_change_key_missing(
    ngx_http_restream_call_t *call, restream_change_outcome_t *outcome);


/* refusals that are told in the same words every time */

static ngx_http_restream_change_problem_t
    ngx_http_restream_change_problems[] =
{

    { RESTREAM_CHANGE_STREAM_EXISTS, NGX_HTTP_CONFLICT, "stream-exists",
      "there is a stream of that name" },

    { RESTREAM_CHANGE_NAME_TAKEN, NGX_HTTP_CONFLICT, "name-taken",
      "the stream has a destination of that name" },

    { RESTREAM_CHANGE_VERSION, NGX_HTTP_PRECONDITION_FAILED, "version",
      "it has been changed since: read it anew" },

    { RESTREAM_CHANGE_READ_ONLY, NGX_HTTP_CONFLICT, "read-only",
      "nginx.conf makes this destination: it can be started and stopped here, "
      "and changed there" },

    { RESTREAM_CHANGE_NOT_LIVE, NGX_HTTP_CONFLICT, "not-live",
      "the stream is not live" },

    { RESTREAM_CHANGE_REUSED, 422, "idempotency-key",
      "this Idempotency-Key came with another request before" },

    { 0, 0, NULL, NULL }
};


void
ngx_http_restream_api_change(ngx_http_restream_call_t *call,
    restream_str_t body)
{
    ngx_int_t           rc;
    restream_change_t  *change;

    change = NULL;

    /* each answers by itself, or lets pass: NGX_DECLINED */

    rc = ngx_http_restream_change_begin(call, &change);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_restream_change_read(call, change, body);
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_http_restream_change_if_match(call, change);
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_http_restream_change_idempotency(call, change, body);
    }

    /* a key may be in it */

    if (body.len) {
        ngx_explicit_memzero(body.data, body.len);
    }

    if (rc == NGX_DECLINED) {
        call->control = ngx_rtmp_restream_control_change(&change,
                                                 ngx_http_restream_change_done,
                                                 call);
        if (call->control) {
            return;
        }

        rc = ngx_http_restream_api_busy(call);
    }

    restream_change_destroy(&change);

    /* our caller may be the handler, which goes on with the request: what is
     * posted, such as the end of one whose client is gone, waits for nginx */

    ngx_http_finalize_request(call->request, rc);
}


static ngx_int_t
ngx_http_restream_change_begin(ngx_http_restream_call_t *call,
    restream_change_t **change)
{
    size_t  len;

    if (restream_body_begin(&call->route, change) != RESTREAM_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    len = call->grant.who.len;
    (*change)->now = ngx_rtmp_restream_now();
    (*change)->no_limits = !restream_access_allows(call->grant.access,
                                                   RESTREAM_CAN_LIMITS);
    (*change)->who = malloc(len + 1);

    if ((*change)->who == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_cpystrn((u_char *) (*change)->who, call->grant.who.data, len + 1);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_restream_change_read(ngx_http_restream_call_t *call,
    restream_change_t *change, restream_str_t body)
{
    int                   rc;
    ngx_int_t             answer;
    restream_str_t        app, name;
    restream_errors_t     errors;
    restream_body_conf_t  conf;

    if (call->request->method == NGX_HTTP_DELETE) {
        return NGX_DECLINED;
    }

    ngx_memzero(&errors, sizeof(restream_errors_t));

    conf.schemes = ngx_rtmp_restream_control_schemes();

    if (RAND_bytes(conf.random, sizeof(conf.random)) != 1) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = restream_body_read(change, body, &conf, &errors);

    if (rc == RESTREAM_DECLINED) {
        answer = ngx_http_restream_reply_errors(call->request, &errors);

    } else if (rc != RESTREAM_OK) {
        answer = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else {
        answer = NGX_DECLINED;
    }

    restream_errors_free(&errors);

    if (answer != NGX_DECLINED) {
        return answer;
    }

    /* of a stream that is created the body says which one */

    app.data = (uint8_t *) change->app;
    app.len = ngx_strlen(change->app);
    name.data = (uint8_t *) change->name;
    name.len = ngx_strlen(change->name);

    if (!restream_access_sees(call->grant.access, app, name)) {
        return ngx_http_restream_reply_problem(call->request,
                                               NGX_HTTP_FORBIDDEN, "streams",
                                               "the token is for other "
                                               "streams", NULL);
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_restream_change_if_match(ngx_http_restream_call_t *call,
    restream_change_t *change)
{
    ngx_int_t            version;
    ngx_str_t            value;
    ngx_http_request_t  *r;

    r = call->request;

    if (ngx_http_restream_header(r, "if-match", &value) == 0
        || (value.len == 1 && value.data[0] == '*'))
    {
        return NGX_DECLINED;
    }

    version = NGX_ERROR;

    if (value.len > 2 && value.data[0] == '"'
        && value.data[value.len - 1] == '"')
    {
        version = ngx_atoi(value.data + 1, value.len - 2);
    }

    if (version == NGX_ERROR) {
        return ngx_http_restream_reply_problem(r,
                                             NGX_HTTP_PRECONDITION_FAILED,
                                             "version",
                                             "If-Match holds no ETag of this "
                                             "API, such as \"3\"", NULL);
    }

    change->if_match = version ? (uint64_t) version : RESTREAM_VERSION_NONE;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_restream_change_idempotency(ngx_http_restream_call_t *call,
    restream_change_t *change, restream_str_t body)
{
    ngx_str_t            value;
    ngx_http_request_t  *r;

    r = call->request;

    if (r->method != NGX_HTTP_POST
        || ngx_http_restream_header(r, "idempotency-key", &value) == 0)
    {
        return NGX_DECLINED;
    }

    if (value.len == 0 || value.len > 255) {
        return ngx_http_restream_reply_problem(r, NGX_HTTP_BAD_REQUEST,
                                               "idempotency-key",
                                               "Idempotency-Key has to be 1 "
                                               "to 255 bytes", NULL);
    }

    change->idempotency_key = malloc(value.len + 1);
    if (change->idempotency_key == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_cpystrn((u_char *) change->idempotency_key, value.data, value.len + 1);

    return ngx_http_restream_change_hash(r, body, change->request_hash);
}


/* the method is POST */

static ngx_int_t
ngx_http_restream_change_hash(ngx_http_request_t *r, restream_str_t body,
    uint8_t hash[32])
{
    ngx_int_t    rc;
    EVP_MD_CTX  *sha;

    sha = EVP_MD_CTX_new();
    if (sha == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = (EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1
          && EVP_DigestUpdate(sha, r->unparsed_uri.data, r->unparsed_uri.len)
             == 1
          && EVP_DigestUpdate(sha, "\n", 1) == 1
          && EVP_DigestUpdate(sha, body.data, body.len) == 1
          && EVP_DigestFinal_ex(sha, hash, NULL) == 1)
         ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;

    EVP_MD_CTX_free(sha);

    return rc;
}


static void
ngx_http_restream_change_done(void *owner,
    ngx_rtmp_restream_control_t *control)
{
    ngx_http_restream_call_t  *call = owner;

    call->control = NULL;

    ngx_http_restream_api_answer(call,
                               ngx_http_restream_change_answer(call, control));
}


static ngx_int_t
ngx_http_restream_change_answer(ngx_http_restream_call_t *call,
    ngx_rtmp_restream_control_t *control)
{
    ngx_rtmp_restream_store_call_t  *store;

    store = control->store;

    if (store->rc == RESTREAM_ERROR) {
        return ngx_http_restream_api_store_problem(call, control);
    }

    switch (store->outcome.result) {

    case RESTREAM_CHANGED:
    case RESTREAM_CHANGE_REPLAYED:
        break;

    default:
        return ngx_http_restream_change_refused(call, &store->outcome);
    }

    if (control->zone_full) {
        return ngx_http_restream_change_zone_full(call);
    }

    return ngx_http_restream_change_made(call, &store->outcome);
}


static ngx_int_t
ngx_http_restream_change_zone_full(ngx_http_restream_call_t *call)
{
    u_char  detail[160];

    ngx_snprintf(detail, sizeof(detail),
                 "the change is stored, but the shared memory has no room for "
                 "it: set \"restream_zone %uzk\" or more and restart%Z",
                 ngx_rtmp_restream_control_zone_wanted() / 1024);

    return ngx_http_restream_reply_problem(call->request,
                                           NGX_HTTP_INSUFFICIENT_STORAGE,
                                           "zone-full", (char *) detail, NULL);
}


static ngx_int_t
ngx_http_restream_change_made(ngx_http_restream_call_t *call,
    restream_change_outcome_t *outcome)
{
    ngx_str_t           app, name;
    restream_stream_t  *st;

    st = outcome->stream;

    /* its name may be another one now; what nginx.conf makes has no id here */

    if (outcome->id) {
        call->route.id = outcome->id;
    }

    switch (call->route.call) {

    case RESTREAM_CALL_DELETE_STREAM:
    case RESTREAM_CALL_DELETE_DESTINATION:
        return ngx_http_restream_reply_empty(call->request);

    case RESTREAM_CALL_CREATE_STREAM:
    case RESTREAM_CALL_CREATE_DESTINATION:
        if (st == NULL) {

            /* made by the request that this one repeats, and removed since */

            return ngx_http_restream_api_no_stream(call);
        }

        ngx_http_restream_api_str(&app, st->app);
        ngx_http_restream_api_str(&name, st->name);

        /* made by somebody of the same name with a grant that goes further */

        if (!restream_access_sees(call->grant.access,
                                  ngx_rtmp_restream_str(&app),
                                  ngx_rtmp_restream_str(&name)))
        {
            return ngx_http_restream_api_no_stream(call);
        }

        if (ngx_http_restream_change_location(call, outcome) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_restream_api_show(call, NGX_HTTP_CREATED, st);

    default:
        return ngx_http_restream_api_show(call, NGX_HTTP_OK, st);
    }
}


/* where what has been made is: the header, and what is shown */

static ngx_int_t
ngx_http_restream_change_location(ngx_http_restream_call_t *call,
    restream_change_outcome_t *outcome)
{
    u_char                    *p;
    size_t                     app, name, size;
    ngx_str_t                  value;
    restream_route_t          *route;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = call->request;
    route = &call->route;
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    ngx_cpystrn((u_char *) route->app, (u_char *) outcome->stream->app,
                sizeof(route->app));
    ngx_cpystrn((u_char *) route->name, (u_char *) outcome->stream->name,
                sizeof(route->name));

    app = ngx_strlen(route->app);
    name = ngx_strlen(route->name);
    size = clcf->name.len + 3 * (app + name) + sizeof("/streams//")
           + sizeof("/destinations/d_0123456789abcdef");

    value.data = ngx_pnalloc(r->pool, size);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(value.data, clcf->name.data, clcf->name.len);

    if (p[-1] == '/') {
        p--;
    }

    p = ngx_cpymem(p, "/streams/", sizeof("/streams/") - 1);
    p = (u_char *) ngx_escape_uri(p, (u_char *) route->app, app,
                                  NGX_ESCAPE_URI_COMPONENT);
    *p++ = '/';
    p = (u_char *) ngx_escape_uri(p, (u_char *) route->name, name,
                                  NGX_ESCAPE_URI_COMPONENT);

    if (route->call == RESTREAM_CALL_CREATE_DESTINATION) {
        p = ngx_sprintf(p, "/destinations/d_%016xL", outcome->id);
    }

    value.len = p - value.data;

    return ngx_http_restream_reply_header(r, "Location", &value);
}


static ngx_int_t
ngx_http_restream_change_refused(ngx_http_restream_call_t *call,
    restream_change_outcome_t *outcome)
{
    ngx_http_restream_change_problem_t  *p;

    switch (outcome->result) {

    case RESTREAM_CHANGE_NO_STREAM:
        return ngx_http_restream_api_no_stream(call);

    case RESTREAM_CHANGE_NO_DESTINATION:
        return ngx_http_restream_api_no_destination(call);

    case RESTREAM_CHANGE_NO_LIMITS:
        return ngx_http_restream_api_forbid(call, RESTREAM_CAN_LIMITS);

    case RESTREAM_CHANGE_KEY_MISSING:
        return ngx_http_restream_change_key_missing(call, outcome);

    case RESTREAM_CHANGE_LIMIT:
        return ngx_http_restream_reply_problem(call->request,
                                    NGX_HTTP_CONFLICT, "limit-reached",
                                    "the stream would have more destinations "
                                    "than it may",
                                    json_pack("{s:I, s:I}",
                                    "count", (json_int_t) outcome->count,
                                    "maximum", (json_int_t) outcome->maximum));

    default:
        break;
    }

    for (p = ngx_http_restream_change_problems; p->code; p++) {
        if (p->result == outcome->result) {
            return ngx_http_restream_reply_problem(call->request, p->status,
                                                   p->code, p->detail, NULL);
        }
    }

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_http_restream_change_key_missing(ngx_http_restream_call_t *call,
    restream_change_outcome_t *outcome)
{
    char               pointer[64];
    ngx_int_t          rc;
    restream_errors_t  errors;

    ngx_memzero(&errors, sizeof(restream_errors_t));

    pointer[0] = '\0';

    if (call->route.call == RESTREAM_CALL_CREATE_STREAM
        || call->route.call == RESTREAM_CALL_PATCH_STREAM)
    {
        ngx_sprintf((u_char *) pointer, "/destinations/%uD%Z",
                    outcome->index);
    }

    restream_errors_add(&errors, pointer, "key",
                        "a new destination needs a key, here or at the end of "
                        "its url");

    rc = ngx_http_restream_reply_errors(call->request, &errors);

    restream_errors_free(&errors);

    return rc;
}
