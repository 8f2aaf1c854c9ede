/*
 * The TLS settings of an application, and the SSL_CTX that they make: see
 * ngx_rtmp_restream_tls.h.
 */

#include "ngx_rtmp_restream_tls.h"

#include <openssl/err.h>


static SSL_CTX *ngx_rtmp_restream_tls_create_ctx(ngx_conf_t *cf,
    ngx_rtmp_restream_tls_conf_t *conf);
static uint64_t ngx_rtmp_restream_tls_options(ngx_uint_t protocols);
static ngx_int_t ngx_rtmp_restream_tls_trust(ngx_conf_t *cf, SSL_CTX *ctx,
    ngx_rtmp_restream_tls_conf_t *conf);
static ngx_int_t ngx_rtmp_restream_tls_commands(ngx_conf_t *cf, SSL_CTX *ctx,
    ngx_array_t *commands);
static ngx_int_t ngx_rtmp_restream_tls_conf_error(ngx_conf_t *cf,
    char *directive, ngx_str_t *value, char *expected);
static void ngx_rtmp_restream_tls_cleanup_ctx(void *data);


ngx_rtmp_restream_tls_conf_t *
ngx_rtmp_restream_tls_create_conf(ngx_conf_t *cf)
{
    ngx_rtmp_restream_tls_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_rtmp_restream_tls_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc(), and not to NGX_CONF_UNSET_PTR, which
     * ngx_conf_set_keyval_slot() knows since nginx 1.19.4 only:
     *
     *     conf->conf_commands = NULL;
     */

    conf->verify = NGX_CONF_UNSET;

    return conf;
}


char *
ngx_rtmp_restream_tls_merge_conf(ngx_conf_t *cf,
    ngx_rtmp_restream_tls_conf_t *prev, ngx_rtmp_restream_tls_conf_t *conf,
    ngx_flag_t enable)
{
    ngx_pool_cleanup_t  *cln;

    ngx_conf_merge_value(conf->verify, prev->verify, 1);
    ngx_conf_merge_str_value(conf->trusted_certificate,
                             prev->trusted_certificate, "");
    ngx_conf_merge_bitmask_value(conf->protocols, prev->protocols,
                                 (NGX_CONF_BITMASK_SET
                                  |NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3));
    ngx_conf_merge_str_value(conf->ciphers, prev->ciphers, "DEFAULT");
    ngx_conf_merge_str_value(conf->server_name, prev->server_name, "on");

    if (conf->conf_commands == NULL) {
        conf->conf_commands = prev->conf_commands;
    }

    if (!enable) {
        return NGX_CONF_OK;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    conf->ctx = ngx_rtmp_restream_tls_create_ctx(cf, conf);
    if (conf->ctx == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_rtmp_restream_tls_cleanup_ctx;
    cln->data = conf->ctx;

    return NGX_CONF_OK;
}


char *
ngx_rtmp_restream_tls_check_conf(ngx_conf_t *cf,
    ngx_rtmp_restream_tls_conf_t *conf)
{
    SSL_CTX                       *ctx;
    ngx_rtmp_restream_tls_conf_t   so_far, *none;

    none = ngx_rtmp_restream_tls_create_conf(cf);
    if (none == NULL) {
        return NGX_CONF_ERROR;
    }

    so_far = *conf;

    if (ngx_rtmp_restream_tls_merge_conf(cf, none, &so_far, 0) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    ctx = ngx_rtmp_restream_tls_create_ctx(cf, &so_far);
    if (ctx == NULL) {
        return NGX_CONF_ERROR;
    }

    SSL_CTX_free(ctx);

    return NGX_CONF_OK;
}


static SSL_CTX *
ngx_rtmp_restream_tls_create_ctx(ngx_conf_t *cf,
    ngx_rtmp_restream_tls_conf_t *conf)
{
    SSL_CTX  *ctx;

    ERR_clear_error();

    ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "SSL_CTX_new() failed");
        return NULL;
    }

    SSL_CTX_set_options(ctx, ngx_rtmp_restream_tls_options(conf->protocols));
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(ctx, conf->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                       NULL);

    if (SSL_CTX_set_cipher_list(ctx, (char *) conf->ciphers.data) != 1) {
        (void) ngx_rtmp_restream_tls_conf_error(cf, "restream_ssl_ciphers",
                                  &conf->ciphers,
                                  "a list as of openssl-ciphers(1)");
        goto failed;
    }

    if (ngx_rtmp_restream_tls_trust(cf, ctx, conf) != NGX_OK) {
        goto failed;
    }

    if (conf->conf_commands
        && ngx_rtmp_restream_tls_commands(cf, ctx, conf->conf_commands)
           != NGX_OK)
    {
        goto failed;
    }

    ERR_clear_error();

    return ctx;

failed:

    ERR_clear_error();
    SSL_CTX_free(ctx);

    return NULL;
}


static uint64_t
ngx_rtmp_restream_tls_options(ngx_uint_t protocols)
{
    uint64_t  options;

    options = SSL_OP_NO_COMPRESSION;

#ifdef SSL_OP_NO_RENEGOTIATION
    options |= SSL_OP_NO_RENEGOTIATION;
#endif

    options |= (protocols & NGX_SSL_TLSv1) ? 0 : SSL_OP_NO_TLSv1;
    options |= (protocols & NGX_SSL_TLSv1_1) ? 0 : SSL_OP_NO_TLSv1_1;
    options |= (protocols & NGX_SSL_TLSv1_2) ? 0 : SSL_OP_NO_TLSv1_2;
    options |= (protocols & NGX_SSL_TLSv1_3) ? 0 : SSL_OP_NO_TLSv1_3;

    return options;
}


/* whose certificates are good */

static ngx_int_t
ngx_rtmp_restream_tls_trust(ngx_conf_t *cf, SSL_CTX *ctx,
    ngx_rtmp_restream_tls_conf_t *conf)
{
    ngx_str_t  *ca;

    ca = &conf->trusted_certificate;

    if (ca->len) {

        if (ngx_conf_full_name(cf->cycle, ca, 1) != NGX_OK) {
            return NGX_ERROR;
        }

        if (SSL_CTX_load_verify_locations(ctx, (char *) ca->data, NULL) != 1) {
            return ngx_rtmp_restream_tls_conf_error(cf,
                                      "restream_ssl_trusted_certificate", ca,
                                      "a file with PEM certificates");
        }

    } else if (conf->verify && SSL_CTX_set_default_verify_paths(ctx) != 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the system's CA certificates cannot be read");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rtmp_restream_tls_commands(ngx_conf_t *cf, SSL_CTX *ctx,
    ngx_array_t *commands)
{
    ngx_int_t      rc;
    ngx_uint_t     i;
    SSL_CONF_CTX  *cctx;
    ngx_keyval_t  *kv;

    cctx = SSL_CONF_CTX_new();
    if (cctx == NULL) {
        return NGX_ERROR;
    }

    SSL_CONF_CTX_set_flags(cctx, SSL_CONF_FLAG_FILE|SSL_CONF_FLAG_CLIENT
                                 |SSL_CONF_FLAG_CERTIFICATE
                                 |SSL_CONF_FLAG_SHOW_ERRORS);
    SSL_CONF_CTX_set_ssl_ctx(cctx, ctx);

    rc = NGX_OK;
    kv = commands->elts;

    for (i = 0; i < commands->nelts; i++) {
        if (SSL_CONF_cmd(cctx, (char *) kv[i].key.data,
                         (char *) kv[i].value.data)
            <= 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid \"restream_ssl_conf_command\" "
                               "value \"%V %V\", expected a command and "
                               "its value as of SSL_CONF_cmd(3)",
                               &kv[i].key, &kv[i].value);
            rc = NGX_ERROR;
            break;
        }
    }

    if (rc == NGX_OK && SSL_CONF_CTX_finish(cctx) != 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"restream_ssl_conf_command\" failed");
        rc = NGX_ERROR;
    }

    SSL_CONF_CTX_free(cctx);

    return rc;
}


static ngx_int_t
ngx_rtmp_restream_tls_conf_error(ngx_conf_t *cf, char *directive,
    ngx_str_t *value, char *expected)
{
    const char     *reason;
    unsigned long   e;

    e = ERR_peek_error();
    reason = (ERR_GET_LIB(e) == ERR_LIB_SYS) ? strerror(ERR_GET_REASON(e))
                                             : ERR_reason_error_string(e);

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid \"%s\" value \"%V\": %s, expected %s",
                       directive, value, reason ? reason : "refused", expected);

    return NGX_ERROR;
}


static void
ngx_rtmp_restream_tls_cleanup_ctx(void *data)
{
    SSL_CTX_free(data);
}
