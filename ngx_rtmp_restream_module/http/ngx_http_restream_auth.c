/*
 * Who may use the API: see ngx_http_restream_auth.h.
 *
 *     preflight of CORS -> token in the URL -> nothing configured: local
 *                                           `-> bearer: wait -> token -> JWT
 */

#include "ngx_http_restream.h"
#include "ngx_http_restream_auth_local.h"
#include "ngx_http_restream_cors.h"
#include "ngx_http_restream_header.h"
#include "ngx_http_restream_regex.h"
#include "ngx_http_restream_reply.h"
#include "../rtmp/ngx_rtmp_restream_core.h"
#include "../rtmp/ngx_rtmp_restream_failures.h"

#include <openssl/sha.h>


#define NGX_HTTP_RESTREAM_AUTH_REALM  "Bearer realm=\"restream\""


static ngx_int_t ngx_http_restream_auth_bearer(ngx_http_request_t *r,
    ngx_http_restream_auth_conf_t *conf, ngx_http_restream_grant_t *grant);
static ngx_uint_t ngx_http_restream_auth_credentials(ngx_http_request_t *r,
    ngx_str_t *token);
static ngx_int_t ngx_http_restream_auth_check(ngx_http_request_t *r,
    ngx_http_restream_auth_conf_t *conf, ngx_str_t *token,
    ngx_http_restream_grant_t *grant, restream_jwt_err_t *err);
static ngx_int_t ngx_http_restream_auth_check_token(ngx_http_request_t *r,
    ngx_array_t *all, ngx_str_t *token, ngx_http_restream_grant_t *grant);
static ngx_int_t ngx_http_restream_auth_check_jwt(ngx_http_request_t *r,
    ngx_array_t *all, ngx_str_t *token, ngx_http_restream_grant_t *grant,
    restream_jwt_err_t *err);
static ngx_int_t ngx_http_restream_auth_claims(ngx_http_request_t *r,
    ngx_http_restream_grant_t *grant, restream_jwt_err_t *err);
static ngx_int_t ngx_http_restream_auth_who(ngx_http_request_t *r,
    ngx_http_restream_grant_t *grant, const char *kind, const char *name);
static ngx_int_t ngx_http_restream_auth_failed(ngx_http_request_t *r,
    restream_jwt_err_t *err);
static ngx_int_t ngx_http_restream_auth_wait(ngx_http_request_t *r,
    ngx_uint_t seconds);
static ngx_int_t ngx_http_restream_auth_challenge(ngx_http_request_t *r,
    const char *error, const char *code, const char *detail);


ngx_int_t
ngx_http_restream_auth_origin(ngx_http_request_t *r)
{
    ngx_int_t                      rc;
    ngx_http_restream_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_restream_module);

    rc = ngx_http_restream_cors(r, rlcf->auth->cors);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return rc == NGX_DONE ? ngx_http_restream_reply_empty(r) : NGX_DECLINED;
}


ngx_int_t
ngx_http_restream_auth(ngx_http_request_t *r, ngx_http_restream_grant_t *grant)
{
    ngx_str_t                       value;
    const char                     *why;
    ngx_http_restream_auth_conf_t  *conf;

    conf = ((ngx_http_restream_loc_conf_t *)
           ngx_http_get_module_loc_conf(r, ngx_http_restream_module))->auth;

    /* urls stand in logs and histories, and in the Referer of others */

    if (ngx_http_arg(r, (u_char *) "access_token",
                     sizeof("access_token") - 1, &value)
        == NGX_OK)
    {
        return ngx_http_restream_reply_problem(r, NGX_HTTP_BAD_REQUEST,
                                        "token-in-url",
                                        "a token is never taken from a URL, "
                                        "send \"Authorization: Bearer\" and "
                                        "take this token out of use", NULL);
    }

    if (conf->tokens || conf->jwt) {
        return ngx_http_restream_auth_bearer(r, conf, grant);
    }

    why = ngx_http_restream_auth_local(r, grant);

    if (why) {
        return ngx_http_restream_reply_problem(r, NGX_HTTP_FORBIDDEN,
                                               "not-local", why, NULL);
    }

    if (!ngx_http_restream_auth_same_site(r)) {
        return ngx_http_restream_reply_problem(r,
                                        NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
                                        "media-type",
                                        "a call that changes something needs "
                                        "\"Content-Type: application/json\" "
                                        "or a token", NULL);
    }

    return NGX_DECLINED;
}


void
ngx_http_restream_grant_free(ngx_http_restream_grant_t *grant)
{
    restream_jwt_free(&grant->claims);
    ngx_http_restream_tokens_release(&grant->set);

    grant->access = NULL;
}


static ngx_int_t
ngx_http_restream_auth_bearer(ngx_http_request_t *r,
    ngx_http_restream_auth_conf_t *conf, ngx_http_restream_grant_t *grant)
{
    ngx_int_t                  rc;
    ngx_str_t                  token;
    ngx_uint_t                 wait;
    restream_jwt_err_t         err;
    ngx_rtmp_restream_zone_t  *zone;

    if (!ngx_http_restream_auth_credentials(r, &token)) {
        return ngx_http_restream_auth_challenge(r, NULL, "unauthorized",
                                                "this needs \"Authorization: "
                                                "Bearer\" and a token");
    }

    zone = ngx_rtmp_restream_core_zone();

    /* before it is looked at: whether a guess was right is not to be seen */

    wait = ngx_rtmp_restream_failures_wait(zone, r->connection->sockaddr);

    if (wait) {
        return ngx_http_restream_auth_wait(r, wait);
    }

    rc = ngx_http_restream_auth_check(r, conf, &token, grant, &err);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return rc == NGX_OK ? NGX_DECLINED : ngx_http_restream_auth_failed(r, &err);
}


/* 1: a bearer token is shown; len 0 when it cannot be one */

static ngx_uint_t
ngx_http_restream_auth_credentials(ngx_http_request_t *r, ngx_str_t *token)
{
    u_char      *p, *last;
    ngx_uint_t   n;

    n = ngx_http_restream_header(r, "authorization", token);

    if (n == 0
        || token->len < sizeof("Bearer ") - 1
        || ngx_strncasecmp(token->data, (u_char *) "Bearer ",
                           sizeof("Bearer ") - 1)
           != 0)
    {
        return 0;
    }

    p = token->data + sizeof("Bearer ") - 1;
    last = token->data + token->len;

    while (p < last && *p == ' ') {
        p++;
    }

    token->data = p;
    token->len = last - p;

    if (n > 1 || token->len > RESTREAM_JWT_MAX) {
        token->len = 0;
    }

    return 1;
}


/* ret   NGX_OK; NGX_DECLINED: *err; NGX_ERROR: no memory */

static ngx_int_t
ngx_http_restream_auth_check(ngx_http_request_t *r,
    ngx_http_restream_auth_conf_t *conf, ngx_str_t *token,
    ngx_http_restream_grant_t *grant, restream_jwt_err_t *err)
{
    ngx_int_t  rc;

    err->code = RESTREAM_JWT_INVALID;
    (void) ngx_cpystrn((u_char *) err->text, (u_char *) "the token is unknown",
                       sizeof(err->text));

    grant->bearer = 1;

    rc = NGX_DECLINED;

    if (conf->tokens && token->len) {
        rc = ngx_http_restream_auth_check_token(r, conf->tokens, token, grant);
    }

    if (rc == NGX_DECLINED && conf->jwt && token->len) {
        rc = ngx_http_restream_auth_check_jwt(r, conf->jwt, token, grant, err);
    }

    return rc;
}


/* every list is searched whole, wherever the token is */

static ngx_int_t
ngx_http_restream_auth_check_token(ngx_http_request_t *r, ngx_array_t *all,
    ngx_str_t *token, ngx_http_restream_grant_t *grant)
{
    u_char                          hash[RESTREAM_TOKEN_HASH];
    ngx_uint_t                      i;
    restream_token_t               *found, *known;
    ngx_http_restream_tokens_t    **tokens;
    ngx_http_restream_token_set_t  *set;

    (void) SHA256(token->data, token->len, hash);

    tokens = all->elts;
    known = NULL;

    for (i = 0; i < all->nelts; i++) {
        found = ngx_http_restream_tokens_find(tokens[i], hash, &set);

        if (found) {
            ngx_http_restream_tokens_release(&grant->set);

            known = found;
            grant->set = set;
        }
    }

    if (known == NULL) {
        return NGX_DECLINED;
    }

    grant->access = &known->access;

    return ngx_http_restream_auth_who(r, grant, "token ", known->name);
}


static ngx_int_t
ngx_http_restream_auth_check_jwt(ngx_http_request_t *r, ngx_array_t *all,
    ngx_str_t *token, ngx_http_restream_grant_t *grant,
    restream_jwt_err_t *err)
{
    int                   rc;
    ngx_uint_t            i, told;
    restream_jwt_t      **jwt;
    restream_str_t        text;
    restream_jwt_err_t    why;

    text.len = token->len;
    text.data = token->data;

    jwt = all->elts;
    told = 0;

    for (i = 0; i < all->nelts; i++) {
        rc = restream_jwt_verify(jwt[i], text, (uint64_t) ngx_time(),
                                 &grant->claims, &why);

        if (rc == RESTREAM_OK) {
            return ngx_http_restream_auth_claims(r, grant, err);
        }

        /* that it is of another algorithm is no news where one fits, and of
         * several keys the one that knows it says what is wrong */

        if (told < 2 && (i == 0 || rc != RESTREAM_DECLINED)) {
            *err = why;
            told = (why.code == RESTREAM_JWT_EXPIRED) ? 2 : 1;
        }
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_restream_auth_claims(ngx_http_request_t *r,
    ngx_http_restream_grant_t *grant, restream_jwt_err_t *err)
{
    u_char      buf[NGX_MAX_CONF_ERRSTR];
    ngx_str_t   text;

    grant->access = &grant->claims.access;

    text.len = sizeof(buf);
    text.data = buf;

    if (ngx_http_restream_regex_compile(grant->access, r->pool, &text)
        != NGX_OK)
    {
        err->code = RESTREAM_JWT_INVALID;
        (void) ngx_snprintf((u_char *) err->text, sizeof(err->text),
                            "a stream pattern of the token is no regular "
                            "expression%Z");

        ngx_http_restream_grant_free(grant);
        return NGX_DECLINED;
    }

    return ngx_http_restream_auth_who(r, grant,
                                      grant->claims.sub[0] ? "jwt " : "jwt",
                                      grant->claims.sub);
}


static ngx_int_t
ngx_http_restream_auth_who(ngx_http_request_t *r,
    ngx_http_restream_grant_t *grant, const char *kind, const char *name)
{
    u_char  *p;

    grant->who.len = ngx_strlen(kind) + ngx_strlen(name);

    p = ngx_pnalloc(r->pool, grant->who.len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    grant->who.data = p;

    (void) ngx_sprintf(p, "%s%s%Z", kind, name);

    return NGX_OK;
}


static ngx_int_t
ngx_http_restream_auth_failed(ngx_http_request_t *r, restream_jwt_err_t *err)
{
    ngx_uint_t                 waits;
    ngx_rtmp_restream_zone_t  *zone;

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "restream API refused a token: %s", err->text);

    /* who signed it once is nobody who guesses, but a page left open */

    if (err->code == RESTREAM_JWT_EXPIRED) {
        return ngx_http_restream_auth_challenge(r, "invalid_token",
                                                "expired-token", err->text);
    }

    zone = ngx_rtmp_restream_core_zone();
    waits = ngx_rtmp_restream_failures_add(zone, r->connection->sockaddr);

    if (waits) {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "restream API refused %d tokens of this address within "
                      "a minute, it has to wait", RESTREAM_FAILURES_MAX);
    }

    return ngx_http_restream_auth_challenge(r, "invalid_token",
                                            "invalid-token", err->text);
}


static ngx_int_t
ngx_http_restream_auth_wait(ngx_http_request_t *r, ngx_uint_t seconds)
{
    ngx_str_t  value;

    value.data = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (value.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%ui", seconds) - value.data;

    if (ngx_http_restream_reply_header(r, "Retry-After", &value) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_restream_reply_problem(r, NGX_HTTP_TOO_MANY_REQUESTS,
                                           "too-many-failures",
                                           "too many tokens of this address "
                                           "have been refused, it has to wait",
                                           NULL);
}


/* 401, RFC 6750, 3; error NULL: nothing was shown that could be wrong */

static ngx_int_t
ngx_http_restream_auth_challenge(ngx_http_request_t *r, const char *error,
    const char *code, const char *detail)
{
    ngx_str_t  value;

    value.data = (u_char *) NGX_HTTP_RESTREAM_AUTH_REALM;
    value.len = sizeof(NGX_HTTP_RESTREAM_AUTH_REALM) - 1;

    if (error) {
        value.len += sizeof(", error=\"\"") - 1 + ngx_strlen(error);
        value.data = ngx_pnalloc(r->pool, value.len);

        if (value.data == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        (void) ngx_sprintf(value.data, "%s, error=\"%s\"",
                           NGX_HTTP_RESTREAM_AUTH_REALM, error);
    }

    if (ngx_http_restream_reply_header(r, "WWW-Authenticate", &value)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_restream_reply_problem(r, NGX_HTTP_UNAUTHORIZED, code,
                                           detail, NULL);
}
