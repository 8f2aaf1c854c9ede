/*
 * Tokens that are in effect: those of directives, and those of files, which are
 * looked at every second and read again when they have changed.
 *
 * A set of tokens never changes.  Another one takes its place, and it goes when
 * the last request that holds it has ended.
 */

#ifndef _NGX_HTTP_RESTREAM_TOKENS_H_INCLUDED_
#define _NGX_HTTP_RESTREAM_TOKENS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_thread_pool.h>

#include "../model/restream_token.h"


typedef struct ngx_http_restream_tokens_s     ngx_http_restream_tokens_t;
typedef struct ngx_http_restream_token_set_s  ngx_http_restream_token_set_t;


/*
 * Tokens without any, on the configuration's pool.
 *
 * in    path      of the file, which is read at once, terminated; NULL: they
 *                 come by ngx_http_restream_tokens_add()
 * ret   NULL: it has been told why not
 */
ngx_http_restream_tokens_t *ngx_http_restream_tokens_create(ngx_conf_t *cf,
    ngx_str_t *path);

/* The words of a directive; ret NGX_OK, NGX_ERROR: it has been told. */
ngx_int_t ngx_http_restream_tokens_add(ngx_conf_t *cf,
    ngx_http_restream_tokens_t *tokens, ngx_str_t *words, ngx_uint_t n);

/* 1: they are of a file */
ngx_uint_t ngx_http_restream_tokens_are_of_file(
    ngx_http_restream_tokens_t *tokens);

/*
 * In a worker: looks at the file from now on.
 *
 * in    tp        NULL: it stays as it was read with the configuration
 */
void ngx_http_restream_tokens_watch(ngx_http_restream_tokens_t *tokens,
    ngx_thread_pool_t *tp);

/*
 * out   *set      on success, held: to be released
 * ret   the token with this hash, which lives as long as the set; NULL: unknown
 */
restream_token_t *ngx_http_restream_tokens_find(
    ngx_http_restream_tokens_t *tokens, u_char *hash,
    ngx_http_restream_token_set_t **set);

/* *set is cleared; NULL is fine */
void ngx_http_restream_tokens_release(ngx_http_restream_token_set_t **set);


#endif /* _NGX_HTTP_RESTREAM_TOKENS_H_INCLUDED_ */
