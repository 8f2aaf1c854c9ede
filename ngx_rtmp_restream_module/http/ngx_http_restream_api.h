/*
 * One call of the API: which it is, who makes it, and its way to an answer.
 *
 *     handler -> route -> auth -> query -> (body) -> read or change
 *                                                      |  control
 *                                                      `-> reply
 *
 * The call lives on its request.  While control is at work the request waits;
 * one that ends before leaves control's call behind, which ends by itself.
 */

#ifndef _NGX_HTTP_RESTREAM_API_H_INCLUDED_
#define _NGX_HTTP_RESTREAM_API_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_restream.h"
#include "../rtmp/ngx_rtmp_restream_control.h"

#include "../model/restream_query.h"
#include "../model/restream_route.h"


typedef struct ngx_http_restream_list_s  ngx_http_restream_list_t;

typedef struct {
    ngx_http_request_t               *request;
    restream_route_t                  route;
    restream_query_t                  query;
    ngx_http_restream_grant_t         grant;
    ngx_rtmp_restream_control_t      *control;  /* at work for us; NULL: none */
    ngx_http_restream_list_t         *list;     /* of LIST_STREAMS */
} ngx_http_restream_call_t;


ngx_int_t ngx_http_restream_api_handler(ngx_http_request_t *r);


/* The following are between the files of the API. */

/*
 * Answers a call that has been waiting for control: the request is finalized.
 * For the event loop alone: the request may be gone then, under a handler of
 * nginx that called.
 */
void ngx_http_restream_api_answer(ngx_http_restream_call_t *call,
    ngx_int_t rc);

/*
 * Shows the stream or destination of the call, or that there is none.
 *
 * in    stored    what the store has of it; NULL: nothing
 */
ngx_int_t ngx_http_restream_api_show(ngx_http_restream_call_t *call,
    ngx_uint_t status, restream_stream_t *stored);

/* 403, naming what is missing */
ngx_int_t ngx_http_restream_api_forbid(ngx_http_restream_call_t *call,
    unsigned capability);

/* 404; 503 of a worker that has too much to do */
ngx_int_t ngx_http_restream_api_no_stream(ngx_http_restream_call_t *call);
ngx_int_t ngx_http_restream_api_no_destination(ngx_http_restream_call_t *call);
ngx_int_t ngx_http_restream_api_busy(ngx_http_restream_call_t *call);

/* Of a store that failed: 503 or 507. */
ngx_int_t ngx_http_restream_api_store_problem(ngx_http_restream_call_t *call,
    ngx_rtmp_restream_control_t *control);

/* Begins what reads; NGX_DONE: it will be answered. */
ngx_int_t ngx_http_restream_api_read(ngx_http_restream_call_t *call);
ngx_int_t ngx_http_restream_api_list(ngx_http_restream_call_t *call);

/* The body has been read, and is wiped: begins what changes.  Answers in any
 * case. */
void ngx_http_restream_api_change(ngx_http_restream_call_t *call,
    restream_str_t body);


static ngx_inline void
ngx_http_restream_api_str(ngx_str_t *dst, const char *text)
{
    dst->data = (u_char *) text;
    dst->len = ngx_strlen(text);
}


#endif /* _NGX_HTTP_RESTREAM_API_H_INCLUDED_ */
