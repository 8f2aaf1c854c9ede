/*
 * The directives restream_api_token, restream_api_jwt, restream_api_cors.
 *
 * Each is inherited where it does not stand: one of a location takes the place
 * of all those of its server.
 */

#include "ngx_http_restream.h"

#include "../model/restream_origin.h"


typedef struct {
    ngx_str_t    audience;
    ngx_str_t    issuer;
} ngx_http_restream_jwt_options_t;


static void *ngx_http_restream_auth_push(ngx_conf_t *cf, ngx_array_t **list,
    size_t size);
static char *ngx_http_restream_auth_token_file(ngx_conf_t *cf,
    ngx_http_restream_auth_conf_t *conf, ngx_str_t *value);
static ngx_http_restream_tokens_t *ngx_http_restream_auth_own_tokens(
    ngx_conf_t *cf, ngx_http_restream_auth_conf_t *conf);
static ngx_int_t ngx_http_restream_auth_jwt_options(ngx_conf_t *cf,
    ngx_http_restream_jwt_options_t *options);
static restream_jwt_t *ngx_http_restream_auth_jwt_create(ngx_conf_t *cf,
    restream_jwt_alg_e alg, ngx_str_t *path,
    ngx_http_restream_jwt_options_t *options);
static ngx_int_t ngx_http_restream_auth_read_key(ngx_conf_t *cf,
    ngx_str_t *path, u_char *buf, size_t size, restream_str_t *key);
static void ngx_http_restream_auth_jwt_cleanup(void *data);


ngx_http_restream_auth_conf_t *
ngx_http_restream_auth_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_restream_auth_conf_t));
}


void
ngx_http_restream_auth_merge_conf(ngx_http_restream_auth_conf_t *prev,
    ngx_http_restream_auth_conf_t *conf)
{
    if (conf->tokens == NULL) {
        conf->tokens = prev->tokens;
    }

    if (conf->jwt == NULL) {
        conf->jwt = prev->jwt;
    }

    if (conf->cors == NULL) {
        conf->cors = prev->cors;
    }
}


char *
ngx_http_restream_auth_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_restream_loc_conf_t *rlcf = conf;

    ngx_str_t                   *value;
    ngx_http_restream_tokens_t  *tokens;

    value = cf->args->elts;

    if (ngx_strncmp(value[1].data, "file:", 5) == 0) {

        if (cf->args->nelts > 2) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" with a file has more parameters, "
                               "expected them in the file", &value[0]);
            return NGX_CONF_ERROR;
        }

        return ngx_http_restream_auth_token_file(cf, rlcf->auth, &value[1]);
    }

    tokens = ngx_http_restream_auth_own_tokens(cf, rlcf->auth);

    if (tokens == NULL
        || ngx_http_restream_tokens_add(cf, tokens, &value[1],
                                        cf->args->nelts - 1)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void *
ngx_http_restream_auth_push(ngx_conf_t *cf, ngx_array_t **list, size_t size)
{
    if (*list == NULL) {
        *list = ngx_array_create(cf->pool, 2, size);
        if (*list == NULL) {
            return NULL;
        }
    }

    return ngx_array_push(*list);
}


static char *
ngx_http_restream_auth_token_file(ngx_conf_t *cf,
    ngx_http_restream_auth_conf_t *conf, ngx_str_t *value)
{
    ngx_str_t                        path;
    ngx_http_restream_tokens_t      *tokens, **p;
    ngx_http_restream_main_conf_t   *rmcf;

    path.len = value->len - 5;
    path.data = value->data + 5;

    if (path.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"restream_api_token\" value \"%V\", "
                           "expected \"file:\" and a path", value);
        return NGX_CONF_ERROR;
    }

    if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    tokens = ngx_http_restream_tokens_create(cf, &path);
    if (tokens == NULL) {
        return NGX_CONF_ERROR;
    }

    p = ngx_http_restream_auth_push(cf, &conf->tokens, sizeof(void *));
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = tokens;

    rmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_restream_module);

    p = ngx_array_push(&rmcf->token_files);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = tokens;

    return NGX_CONF_OK;
}


/* those that directives give at this place are together */

static ngx_http_restream_tokens_t *
ngx_http_restream_auth_own_tokens(ngx_conf_t *cf,
    ngx_http_restream_auth_conf_t *conf)
{
    ngx_uint_t                    i;
    ngx_http_restream_tokens_t  **tokens;

    if (conf->tokens) {
        tokens = conf->tokens->elts;

        for (i = 0; i < conf->tokens->nelts; i++) {
            if (!ngx_http_restream_tokens_are_of_file(tokens[i])) {
                return tokens[i];
            }
        }
    }

    tokens = ngx_http_restream_auth_push(cf, &conf->tokens, sizeof(void *));
    if (tokens == NULL) {
        return NULL;
    }

    *tokens = ngx_http_restream_tokens_create(cf, NULL);

    return *tokens;
}


char *
ngx_http_restream_auth_jwt(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_restream_loc_conf_t *rlcf = conf;

    ngx_str_t                        *value;
    restream_jwt_t                  **jwt;
    restream_str_t                    name;
    ngx_pool_cleanup_t               *cln;
    restream_jwt_alg_e                alg;
    ngx_http_restream_jwt_options_t   options;

    value = cf->args->elts;

    name.len = value[1].len;
    name.data = value[1].data;
    alg = restream_jwt_alg(name);

    if (alg == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"%V\" value \"%V\", expected \"HS256\", "
                           "\"RS256\", \"ES256\" or \"EdDSA\"",
                           &value[0], &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_restream_auth_jwt_options(cf, &options) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    jwt = ngx_http_restream_auth_push(cf, &rlcf->auth->jwt, sizeof(void *));

    if (cln == NULL || jwt == NULL) {
        return NGX_CONF_ERROR;
    }

    *jwt = ngx_http_restream_auth_jwt_create(cf, alg, &value[2], &options);
    if (*jwt == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_restream_auth_jwt_cleanup;
    cln->data = *jwt;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_restream_auth_jwt_options(ngx_conf_t *cf,
    ngx_http_restream_jwt_options_t *options)
{
    size_t       len;
    ngx_str_t   *value, *option;
    ngx_uint_t   i;

    ngx_memzero(options, sizeof(ngx_http_restream_jwt_options_t));

    value = cf->args->elts;

    for (i = 3; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "audience=", 9) == 0) {
            option = &options->audience;
            len = 9;

        } else if (ngx_strncmp(value[i].data, "issuer=", 7) == 0) {
            option = &options->issuer;
            len = 7;

        } else {
            option = NULL;
            len = 0;
        }

        if (option == NULL || value[i].len == len || option->len) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid \"%V\" value \"%V\", expected "
                               "\"audience=...\" and \"issuer=...\", each at "
                               "most once", &value[0], &value[i]);
            return NGX_ERROR;
        }

        option->len = value[i].len - len;
        option->data = value[i].data + len;
    }

    return NGX_OK;
}


static restream_jwt_t *
ngx_http_restream_auth_jwt_create(ngx_conf_t *cf, restream_jwt_alg_e alg,
    ngx_str_t *path, ngx_http_restream_jwt_options_t *options)
{
    u_char               buf[RESTREAM_JWT_KEY_MAX + 1];
    restream_str_t       key;
    restream_jwt_t      *jwt;
    restream_jwt_err_t   err;

    if (ngx_http_restream_auth_read_key(cf, path, buf, sizeof(buf), &key)
        != NGX_OK)
    {
        return NULL;
    }

    jwt = restream_jwt_create(alg, key, (char *) options->audience.data,
                              (char *) options->issuer.data, &err);

    ngx_explicit_memzero(buf, sizeof(buf));

    if (jwt == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "key file \"%V\" of \"restream_api_jwt\" has %s",
                           path, err.text);
    }

    return jwt;
}


static ngx_int_t
ngx_http_restream_auth_read_key(ngx_conf_t *cf, ngx_str_t *path, u_char *buf,
    size_t size, restream_str_t *key)
{
    ssize_t   n;
    ngx_fd_t  fd;

    if (ngx_conf_full_name(cf->cycle, path, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "key file \"%V\" of \"restream_api_jwt\" cannot be "
                           "opened", path);
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, buf, size);

    if (n == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "key file \"%V\" of \"restream_api_jwt\" cannot be "
                           "read", path);
    }

    (void) ngx_close_file(fd);

    if (n == -1) {
        return NGX_ERROR;
    }

    if (n > RESTREAM_JWT_KEY_MAX) {
        ngx_explicit_memzero(buf, size);
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "key file \"%V\" of \"restream_api_jwt\" is too "
                           "big, expected at most %d bytes",
                           path, RESTREAM_JWT_KEY_MAX);
        return NGX_ERROR;
    }

    key->len = n;
    key->data = buf;

    return NGX_OK;
}


static void
ngx_http_restream_auth_jwt_cleanup(void *data)
{
    restream_jwt_t  *jwt = data;

    restream_jwt_destroy(&jwt);
}


char *
ngx_http_restream_auth_cors(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_restream_loc_conf_t *rlcf = conf;

    ngx_str_t       *value, *origin;
    ngx_uint_t       i;
    restream_str_t   text;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        text.len = value[i].len;
        text.data = value[i].data;

        if (restream_origin_check(text) != RESTREAM_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid \"%V\" value \"%V\", expected an "
                               "origin such as \"https://panel.example\", "
                               "without a path and without the scheme's own "
                               "port", &value[0], &value[i]);
            return NGX_CONF_ERROR;
        }

        origin = ngx_http_restream_auth_push(cf, &rlcf->auth->cors,
                                             sizeof(ngx_str_t));
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        *origin = value[i];
    }

    return NGX_CONF_OK;
}
