/*
 * Answers: see ngx_http_restream_reply.h.
 */

#include "ngx_http_restream_reply.h"

#include <nginx.h>


#define NGX_HTTP_RESTREAM_URN  "urn:restream:problem:"


typedef struct {
    ngx_uint_t   status;
    const char  *title;
} ngx_http_restream_title_t;


static ngx_int_t ngx_http_restream_reply_send(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *type, json_t *json);
static ngx_int_t ngx_http_restream_reply_send_text(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *type, ngx_str_t *text);
static void ngx_http_restream_reply_discard(ngx_http_request_t *r);
static char *ngx_http_restream_reply_dump(ngx_http_request_t *r,
    json_t *json);
static void ngx_http_restream_reply_free(void *data);
static const char *ngx_http_restream_reply_title(ngx_uint_t status);


static ngx_str_t  ngx_http_restream_reply_json =
    ngx_string("application/json");
static ngx_str_t  ngx_http_restream_reply_problem_json =
    ngx_string("application/problem+json");


static ngx_http_restream_title_t  ngx_http_restream_titles[] = {
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 409, "Conflict" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 415, "Unsupported Media Type" },
    { 422, "Unprocessable Content" },
    { 429, "Too Many Requests" },
    { 503, "Service Unavailable" },
    { 507, "Insufficient Storage" },
    { 0, "Internal Server Error" }
};


ngx_int_t
ngx_http_restream_reply(ngx_http_request_t *r, ngx_uint_t status,
    json_t *json)
{
    return ngx_http_restream_reply_send(r, status,
                                        &ngx_http_restream_reply_json, json);
}


ngx_int_t
ngx_http_restream_reply_text(ngx_http_request_t *r, ngx_str_t *text)
{
    return ngx_http_restream_reply_send_text(r, NGX_HTTP_OK,
                                             &ngx_http_restream_reply_json,
                                             text);
}


ngx_int_t
ngx_http_restream_reply_empty(ngx_http_request_t *r)
{
    ngx_int_t         rc;
    static ngx_str_t  no_store = ngx_string("no-store");

    rc = ngx_http_restream_reply_header(r, "Cache-Control", &no_store);
    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_restream_reply_discard(r);

    r->headers_out.status = NGX_HTTP_NO_CONTENT;
    r->header_only = 1;

    return ngx_http_send_header(r);
}


ngx_int_t
ngx_http_restream_reply_problem(ngx_http_request_t *r, ngx_uint_t status,
    const char *code, const char *detail, json_t *more)
{
    json_t  *json;

    json = json_pack("{s:s+, s:s, s:i, s:s, s:s}",
                     "type", NGX_HTTP_RESTREAM_URN, code,
                     "title", ngx_http_restream_reply_title(status),
                     "status", (int) status,
                     "detail", detail,
                     "code", code);

    if (json && more && json_object_update(json, more) == -1) {
        json_decref(json);
        json = NULL;
    }

    json_decref(more);

    return ngx_http_restream_reply_send(r, status,
                                        &ngx_http_restream_reply_problem_json,
                                        json);
}


ngx_int_t
ngx_http_restream_reply_errors(ngx_http_request_t *r,
    restream_errors_t *errors)
{
    json_t    *list, *more;
    uint32_t   i;

    if (errors->kind == RESTREAM_ERRORS_SYNTAX && errors->n) {
        return ngx_http_restream_reply_problem(r, NGX_HTTP_BAD_REQUEST,
                                               "syntax",
                                               errors->list[0].detail, NULL);
    }

    list = json_array();

    for (i = 0; list && i < errors->n; i++) {
        if (json_array_append_new(list,
                json_pack("{s:s, s:s}",
                          "pointer", errors->list[i].pointer,
                          "detail", errors->list[i].detail))
            == -1)
        {
            json_decref(list);
            list = NULL;
        }
    }

    more = list ? json_pack("{s:o}", "errors", list) : NULL;

    if (more == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_restream_reply_problem(r, 422, "invalid",
                                           errors->total > 1
                                           ? "some values cannot be taken"
                                           : "a value cannot be taken",
                                           more);
}


ngx_int_t
ngx_http_restream_reply_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return NGX_OK;
}


static ngx_int_t
ngx_http_restream_reply_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, json_t *json)
{
    ngx_str_t  text;

    if (json == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    text.data = (u_char *) ngx_http_restream_reply_dump(r, json);
    json_decref(json);

    if (text.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    text.len = ngx_strlen(text.data);

    return ngx_http_restream_reply_send_text(r, status, type, &text);
}


static ngx_int_t
ngx_http_restream_reply_send_text(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, ngx_str_t *text)
{
    ngx_buf_t        *b;
    ngx_int_t         rc;
    ngx_chain_t       out;
    static ngx_str_t  no_store = ngx_string("no-store");

    b = ngx_calloc_buf(r->pool);

    if (b == NULL
        || ngx_http_restream_reply_header(r, "Cache-Control", &no_store)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.status = status;
    r->headers_out.content_length_n = text->len;

    /* If-Match is ours: what has been changed nginx would answer with 412 */

    r->disable_not_modified = 1;

    ngx_http_restream_reply_discard(r);

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->pos = text->data;
    b->last = b->pos + text->len;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


/* a body that nobody has read must not be taken for the next request */

static void
ngx_http_restream_reply_discard(ngx_http_request_t *r)
{
    if (ngx_http_discard_request_body(r) != NGX_OK) {
        r->keepalive = 0;
    }
}


/* freed, and wiped since a key may be in it, with the request */

static char *
ngx_http_restream_reply_dump(ngx_http_request_t *r, json_t *json)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->data = json_dumps(json, JSON_COMPACT|JSON_REAL_PRECISION(8));

    if (cln->data) {
        cln->handler = ngx_http_restream_reply_free;
    }

    return cln->data;
}


static void
ngx_http_restream_reply_free(void *data)
{
    ngx_explicit_memzero(data, ngx_strlen(data));
    free(data);
}


static const char *
ngx_http_restream_reply_title(ngx_uint_t status)
{
    ngx_http_restream_title_t  *t;

    for (t = ngx_http_restream_titles; t->status; t++) {
        if (t->status == status) {
            break;
        }
    }

    return t->title;
}
