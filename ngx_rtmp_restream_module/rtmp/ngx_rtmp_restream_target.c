/*
 * Where a destination points: see ngx_rtmp_restream_target.h.
 */

#include "ngx_rtmp_restream_target.h"


static void ngx_rtmp_restream_target_from_url(
    ngx_rtmp_restream_target_t *target, restream_url_t *url);
static ngx_int_t ngx_rtmp_restream_target_add_scheme(ngx_pool_t *pool,
    restream_str_t *text, ngx_uint_t tls);
static ngx_int_t ngx_rtmp_restream_target_decode(ngx_pool_t *pool,
    ngx_str_t *str);
static ngx_int_t ngx_rtmp_restream_target_expand_str(ngx_pool_t *pool,
    ngx_str_t *dst, ngx_str_t *src, restream_url_vars_t *vars);
static ngx_int_t ngx_rtmp_restream_target_copy_str(ngx_pool_t *pool,
    ngx_str_t *str);


ngx_int_t
ngx_rtmp_restream_target_parse(ngx_pool_t *pool,
    ngx_rtmp_restream_target_t *target, ngx_str_t *url, ngx_str_t *key,
    const char **err)
{
    restream_url_t              u;
    restream_str_t              text;
    ngx_rtmp_restream_target_t  parsed;

    text = ngx_rtmp_restream_str(url);

    if (restream_url_parse(&u, text, key == NULL, err) != RESTREAM_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&parsed, sizeof(ngx_rtmp_restream_target_t));
    ngx_rtmp_restream_target_from_url(&parsed, &u);

    if (key) {
        parsed.key = *key;

        if (key->len == 0) {
            *err = "the key is empty";
            return NGX_ERROR;
        }

        if (key->len > RESTREAM_URL_KEY_MAX) {
            *err = "the key is longer than 2048 bytes";
            return NGX_ERROR;
        }
    }

    if (ngx_rtmp_restream_target_copy(pool, target, &parsed) != NGX_OK
        || ngx_rtmp_restream_target_decode(pool, &target->user) != NGX_OK
        || ngx_rtmp_restream_target_decode(pool, &target->password) != NGX_OK)
    {
        *err = "no memory";
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_rtmp_restream_target_expand(ngx_pool_t *pool,
    ngx_rtmp_restream_target_t *target, ngx_rtmp_restream_target_t *from,
    restream_url_vars_t *vars)
{
    *target = *from;

    if (ngx_rtmp_restream_target_expand_str(pool, &target->app, &from->app,
                                            vars) != NGX_OK
        || ngx_rtmp_restream_target_expand_str(pool, &target->key, &from->key,
                                               vars) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_rtmp_restream_target_follow(ngx_pool_t *pool,
    ngx_rtmp_restream_target_t *target, ngx_rtmp_restream_target_t *from,
    ngx_str_t *url, const char **err)
{
    restream_url_t              u;
    restream_str_t              text;
    ngx_rtmp_restream_target_t  to;

    to = *from;

    text = ngx_rtmp_restream_str(url);

    if (url->len > 1 && url->data[0] == '/' && url->data[1] != '/') {
        to.app.len = url->len - 1;
        to.app.data = url->data + 1;

    } else {
        if (url->len && url->data[0] == '/'
            && ngx_rtmp_restream_target_add_scheme(pool, &text, from->tls)
               != NGX_OK)
        {
            *err = "no memory";
            return NGX_ERROR;
        }

        if (restream_url_parse(&u, text, 0, err) != RESTREAM_OK) {
            return NGX_ERROR;
        }

        if (from->tls && !u.tls) {
            *err = "the server redirects from rtmps to rtmp";
            return NGX_ERROR;
        }

        ngx_rtmp_restream_target_from_url(&to, &u);

        to.key = from->key;
        to.user = from->user;
        to.password = from->password;
    }

    if (ngx_rtmp_restream_target_copy(pool, target, &to) != NGX_OK) {
        *err = "no memory";
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_rtmp_restream_target_copy(ngx_pool_t *pool,
    ngx_rtmp_restream_target_t *target, ngx_rtmp_restream_target_t *from)
{
    *target = *from;

    if (ngx_rtmp_restream_target_copy_str(pool, &target->host) != NGX_OK
        || ngx_rtmp_restream_target_copy_str(pool, &target->app) != NGX_OK
        || ngx_rtmp_restream_target_copy_str(pool, &target->key) != NGX_OK
        || ngx_rtmp_restream_target_copy_str(pool, &target->user) != NGX_OK
        || ngx_rtmp_restream_target_copy_str(pool, &target->password)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_rtmp_restream_target_url(ngx_rtmp_restream_target_t *target,
    restream_url_t *url)
{
    url->host = ngx_rtmp_restream_str(&target->host);
    url->app = ngx_rtmp_restream_str(&target->app);
    url->key = ngx_rtmp_restream_str(&target->key);
    url->user = ngx_rtmp_restream_str(&target->user);
    url->password = ngx_rtmp_restream_str(&target->password);
    url->port = target->port;
    url->tls = target->tls;
    url->ipv6 = target->ipv6;
    url->port_given = target->port_given;
}


void
ngx_rtmp_restream_target_wipe(ngx_rtmp_restream_target_t *target)
{
    if (target->app.len) {
        ngx_explicit_memzero(target->app.data, target->app.len);
    }

    if (target->key.len) {
        ngx_explicit_memzero(target->key.data, target->key.len);
    }

    if (target->password.len) {
        ngx_explicit_memzero(target->password.data, target->password.len);
    }
}


size_t
ngx_rtmp_restream_target_show(ngx_rtmp_restream_target_t *target, u_char *out,
    size_t size)
{
    restream_url_t  url;

    ngx_rtmp_restream_target_url(target, &url);

    return restream_url_redact(&url, out, size);
}


uint64_t
ngx_rtmp_restream_target_hash(ngx_rtmp_restream_target_t *target,
    uint64_t hash)
{
    uint32_t  rest;

    rest = ((uint32_t) target->port << 1) | target->tls;

    hash = ngx_rtmp_restream_hash(hash, target->host.data, target->host.len);
    hash = ngx_rtmp_restream_hash(hash, target->app.data, target->app.len);
    hash = ngx_rtmp_restream_hash(hash, target->key.data, target->key.len);
    hash = ngx_rtmp_restream_hash(hash, target->user.data, target->user.len);
    hash = ngx_rtmp_restream_hash(hash, target->password.data,
                                  target->password.len);

    return ngx_rtmp_restream_hash(hash, &rest, sizeof(rest));
}


uint64_t
ngx_rtmp_restream_hash(uint64_t hash, const void *data, size_t len)
{
    size_t         i, n;
    const u_char  *p;

    p = data;

    for (i = 0; i < len; i++) {
        hash = (hash ^ p[i]) * 0x100000001b3ULL;
    }

    for (i = 0, n = len; i < sizeof(size_t); i++, n >>= 8) {
        hash = (hash ^ (n & 0xff)) * 0x100000001b3ULL;
    }

    return hash;
}


static void
ngx_rtmp_restream_target_from_url(ngx_rtmp_restream_target_t *target,
    restream_url_t *url)
{
    target->host = ngx_rtmp_restream_ngx_str(&url->host);
    target->app = ngx_rtmp_restream_ngx_str(&url->app);
    target->key = ngx_rtmp_restream_ngx_str(&url->key);
    target->user = ngx_rtmp_restream_ngx_str(&url->user);
    target->password = ngx_rtmp_restream_ngx_str(&url->password);
    target->port = url->port;
    target->tls = url->tls;
    target->ipv6 = url->ipv6;
    target->port_given = url->port_given;
}


/* Enhanced RTMP, "Reconnect Request": "//host/app" is meant with the scheme of
 * the connection that it came by */

static ngx_int_t
ngx_rtmp_restream_target_add_scheme(ngx_pool_t *pool, restream_str_t *text,
    ngx_uint_t tls)
{
    u_char  *p, *data;

    data = ngx_pnalloc(pool, sizeof("rtmps:") - 1 + text->len);
    if (data == NULL) {
        return NGX_ERROR;
    }

    p = tls ? ngx_cpymem(data, "rtmps:", 6) : ngx_cpymem(data, "rtmp:", 5);
    p = ngx_cpymem(p, text->data, text->len);

    text->data = data;
    text->len = p - data;

    return NGX_OK;
}


static ngx_int_t
ngx_rtmp_restream_target_decode(ngx_pool_t *pool, ngx_str_t *str)
{
    restream_str_t  text;

    text = ngx_rtmp_restream_str(str);

    str->data = ngx_pnalloc(pool, text.len + 1);
    if (str->data == NULL) {
        return NGX_ERROR;
    }

    str->len = restream_url_decode(text, str->data);
    str->data[str->len] = '\0';

    /* a password, in a copy that nobody sees any more */

    if (text.len) {
        ngx_explicit_memzero(text.data, text.len);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rtmp_restream_target_expand_str(ngx_pool_t *pool, ngx_str_t *dst,
    ngx_str_t *src, restream_url_vars_t *vars)
{
    restream_str_t  text;

    text = ngx_rtmp_restream_str(src);

    dst->len = restream_url_expand(text, vars, NULL, 0);

    dst->data = ngx_pnalloc(pool, dst->len + 1);
    if (dst->data == NULL) {
        return NGX_ERROR;
    }

    (void) restream_url_expand(text, vars, dst->data, dst->len);
    dst->data[dst->len] = '\0';

    return NGX_OK;
}


/* terminated, for those who need it */

static ngx_int_t
ngx_rtmp_restream_target_copy_str(ngx_pool_t *pool, ngx_str_t *str)
{
    u_char  *p;

    p = ngx_pnalloc(pool, str->len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (str->len) {
        ngx_memcpy(p, str->data, str->len);
    }

    p[str->len] = '\0';
    str->data = p;

    return NGX_OK;
}
