/*
 * The regular expressions of stream patterns: see ngx_http_restream_regex.h.
 */

#include "ngx_http_restream_regex.h"


/*
 * A pattern that backtracks without end must not keep the event loop: what goes
 * beyond is no match.  The name of a stream has 511 bytes at most.
 */
#define NGX_HTTP_RESTREAM_REGEX_LIMIT  "(*LIMIT_MATCH=10000)"


#if (NGX_PCRE)

static ngx_int_t ngx_http_restream_regex_one(restream_pattern_t *pattern,
    ngx_pool_t *pool, ngx_str_t *err);
static int ngx_http_restream_regex_match(void *regex, restream_str_t text);

#endif


ngx_int_t
ngx_http_restream_regex_compile(restream_access_t *access, ngx_pool_t *pool,
    ngx_str_t *err)
{
    ngx_uint_t  i;

    for (i = 0; i < access->npatterns; i++) {

        if (access->patterns[i].kind != RESTREAM_PATTERN_REGEX) {
            continue;
        }

#if (NGX_PCRE)

        if (ngx_http_restream_regex_one(&access->patterns[i], pool, err)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        access->match = ngx_http_restream_regex_match;

#else

        err->len = ngx_snprintf(err->data, err->len,
                                "nginx is built without regular expressions, "
                                "which \"~%s\" is", access->patterns[i].text)
                   - err->data;
        return NGX_ERROR;

#endif
    }

    return NGX_OK;
}


#if (NGX_PCRE)

static ngx_int_t
ngx_http_restream_regex_one(restream_pattern_t *pattern, ngx_pool_t *pool,
    ngx_str_t *err)
{
    u_char               *p;
    ngx_regex_compile_t   rc;

    ngx_memzero(&rc, sizeof(ngx_regex_compile_t));

    rc.pool = pool;
    rc.err = *err;
    rc.pattern.len = sizeof(NGX_HTTP_RESTREAM_REGEX_LIMIT) - 1 + pattern->len;
    rc.pattern.data = ngx_pnalloc(pool, rc.pattern.len + 1);

    if (rc.pattern.data == NULL) {
        err->len = ngx_snprintf(err->data, err->len, "no memory") - err->data;
        return NGX_ERROR;
    }

    p = ngx_cpymem(rc.pattern.data, NGX_HTTP_RESTREAM_REGEX_LIMIT,
                   sizeof(NGX_HTTP_RESTREAM_REGEX_LIMIT) - 1);
    p = ngx_cpymem(p, pattern->text, pattern->len);
    *p = '\0';

    if (ngx_regex_compile(&rc) != NGX_OK) {
        *err = rc.err;
        return NGX_ERROR;
    }

    pattern->regex = rc.regex;

    return NGX_OK;
}


static int
ngx_http_restream_regex_match(void *regex, restream_str_t text)
{
    ngx_str_t  s;

    s.len = text.len;
    s.data = text.data;

    return ngx_regex_exec((ngx_regex_t *) regex, &s, NULL, 0) >= 0;
}

#endif
