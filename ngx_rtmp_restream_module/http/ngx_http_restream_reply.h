/*
 * Answers: a JSON body, or a problem (RFC 9457) that says what is wrong.
 *
 * Every answer is Cache-Control: no-store.
 */

#ifndef _NGX_HTTP_RESTREAM_REPLY_H_INCLUDED_
#define _NGX_HTTP_RESTREAM_REPLY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <jansson.h>

#include "../model/restream_errors.h"


/*
 * Sends header and body.
 *
 * in    json      a reference that is taken over; NULL: no memory, answered
 *                 with 500
 * ret   what ngx_http_output_filter() returns: for ngx_http_finalize_request()
 */
ngx_int_t ngx_http_restream_reply(ngx_http_request_t *r, ngx_uint_t status,
    json_t *json);

/* 200 with a document of JSON as it is; text outlives the request. */
ngx_int_t ngx_http_restream_reply_text(ngx_http_request_t *r,
    ngx_str_t *text);

/* 204 */
ngx_int_t ngx_http_restream_reply_empty(ngx_http_request_t *r);

/*
 * Sends a problem: type urn:restream:problem:<code>, title, status, detail,
 * code, and the members of more.
 *
 * in    code      a literal, stable: programs look at it
 *       detail    a sentence, terminated; holds no secret
 *       more      NULL, or an object that is taken over
 */
ngx_int_t ngx_http_restream_reply_problem(ngx_http_request_t *r,
    ngx_uint_t status, const char *code, const char *detail, json_t *more);

/* 400 or 422 with what is wrong, all of it */
ngx_int_t ngx_http_restream_reply_errors(ngx_http_request_t *r,
    restream_errors_t *errors);

/* Adds a header; name is a literal, value lives as long as the request. */
ngx_int_t ngx_http_restream_reply_header(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);


#endif /* _NGX_HTTP_RESTREAM_REPLY_H_INCLUDED_ */
