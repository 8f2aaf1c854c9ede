/*
 * Who may use the API: the local operator, who has a token, who has a JWT.
 *
 * Where neither restream_api_token nor restream_api_jwt is set, whoever asks
 * from this very machine may do everything; nobody else may do anything.
 */

#ifndef _NGX_HTTP_RESTREAM_AUTH_H_INCLUDED_
#define _NGX_HTTP_RESTREAM_AUTH_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_restream_tokens.h"

#include "../model/restream_access.h"
#include "../jobs/restream_jwt.h"


/* restream_api_token, restream_api_jwt, restream_api_cors: of a location */

typedef struct {
    ngx_array_t                  *tokens;   /* ngx_http_restream_tokens_t * */
    ngx_array_t                  *jwt;      /* restream_jwt_t * */
    ngx_array_t                  *cors;     /* ngx_str_t, origins */
} ngx_http_restream_auth_conf_t;            /* NULL: not set here, then none */


/* What a request may do.  zero-filled: nothing */

typedef struct {
    restream_access_t            *access;
    ngx_str_t                     who;      /* "token NAME", "jwt SUB", "jwt",
                                               "local"; printable, terminated,
                                               of the request's pool */
    unsigned                      bearer:1; /* a token has been shown */

    /* private */
    restream_jwt_claims_t         claims;
    ngx_http_restream_token_set_t  *set;
} ngx_http_restream_grant_t;


/*
 * Who may read the answer, whatever it will be: headers of CORS, or 204 to a
 * preflight.  To be called before anything of the request is looked at.
 *
 * ret   NGX_DECLINED  go on; else it has been answered: what the handler
 *                     returns
 */
ngx_int_t ngx_http_restream_auth_origin(ngx_http_request_t *r);

/*
 * Says who asks and what for, or answers: 400, 401, 403, 415, 429.  To be
 * called next.
 *
 * out   *grant        on DECLINED; ngx_http_restream_grant_free() frees it
 * ret   NGX_DECLINED  go on; else it has been answered: what the handler
 *                     returns
 */
ngx_int_t ngx_http_restream_auth(ngx_http_request_t *r,
    ngx_http_restream_grant_t *grant);

/* The request ends; also of a grant that was never given. */
void ngx_http_restream_grant_free(ngx_http_restream_grant_t *grant);


ngx_http_restream_auth_conf_t *ngx_http_restream_auth_create_conf(
    ngx_conf_t *cf);
void ngx_http_restream_auth_merge_conf(ngx_http_restream_auth_conf_t *prev,
    ngx_http_restream_auth_conf_t *conf);

/* Setters of the directives; conf is ngx_http_restream_loc_conf_t. */
char *ngx_http_restream_auth_token(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_restream_auth_jwt(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_restream_auth_cors(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_RESTREAM_AUTH_H_INCLUDED_ */
