/*
 * Where a destination points: made out of a url and a key, expanded for a
 * stream, followed when a server redirects.
 */

#ifndef _NGX_RTMP_RESTREAM_TARGET_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_TARGET_H_INCLUDED_


#include "ngx_rtmp_restream.h"

#include "../lib/restream_url.h"


/*
 * in    key       NULL: the last part of the url
 * out   target    strings on pool
 *       *err      on NGX_ERROR: what is wrong, in words, nothing secret in them
 * ret   NGX_OK, NGX_ERROR
 */
ngx_int_t ngx_rtmp_restream_target_parse(ngx_pool_t *pool,
    ngx_rtmp_restream_target_t *target, ngx_str_t *url, ngx_str_t *key,
    const char **err);

/*
 * $app, $name and $args in app and key; the other strings are from's.
 *
 * ret   NGX_OK, NGX_ERROR no memory
 */
ngx_int_t ngx_rtmp_restream_target_expand(ngx_pool_t *pool,
    ngx_rtmp_restream_target_t *target, ngx_rtmp_restream_target_t *from,
    restream_url_vars_t *vars);

/*
 * The target that a server sent us to: a whole url, one without its scheme, or
 * a path on the same server.  Key and credentials stay.  From rtmps to rtmp is
 * not followed: the key would travel in the clear.
 *
 * out   target    strings on pool
 *       *err      on NGX_ERROR: why it is not followed, in words
 * ret   NGX_OK, NGX_ERROR
 */
ngx_int_t ngx_rtmp_restream_target_follow(ngx_pool_t *pool,
    ngx_rtmp_restream_target_t *target, ngx_rtmp_restream_target_t *from,
    ngx_str_t *url, const char **err);

/* ret   NGX_OK, strings on pool and terminated; NGX_ERROR no memory */
ngx_int_t ngx_rtmp_restream_target_copy(ngx_pool_t *pool,
    ngx_rtmp_restream_target_t *target, ngx_rtmp_restream_target_t *from);

/* as lib/ has it; the strings are borrowed */
void ngx_rtmp_restream_target_url(ngx_rtmp_restream_target_t *target,
    restream_url_t *url);

/* overwrites what is secret, which may be a query, before its memory is given
 * back */
void ngx_rtmp_restream_target_wipe(ngx_rtmp_restream_target_t *target);

/*
 * As it may be shown: no key, no credentials, no query.
 * ret   bytes written, at most size
 */
size_t ngx_rtmp_restream_target_show(ngx_rtmp_restream_target_t *target,
    u_char *out, size_t size);

/* hash, continued over it: another value when anything of it is another */
uint64_t ngx_rtmp_restream_target_hash(ngx_rtmp_restream_target_t *target,
    uint64_t hash);

/* FNV-1a, 64 bit, continued from hash; the length is part of it */
uint64_t ngx_rtmp_restream_hash(uint64_t hash, const void *data, size_t len);

#define NGX_RTMP_RESTREAM_HASH_INIT  0xcbf29ce484222325ULL


#endif /* _NGX_RTMP_RESTREAM_TARGET_H_INCLUDED_ */
