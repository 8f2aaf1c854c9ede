/*
 * The directive restream_destination: see ngx_rtmp_restream_conf.h.
 */

#include "ngx_rtmp_restream_conf.h"
#include "ngx_rtmp_restream_target.h"


static ngx_int_t ngx_rtmp_restream_conf_destination_name(ngx_conf_t *cf,
    ngx_array_t *destinations, ngx_str_t *name);
static char *ngx_rtmp_restream_conf_destination_parameter(ngx_conf_t *cf,
    ngx_uint_t i, ngx_rtmp_restream_destination_t *dst, ngx_str_t *key);
static ngx_int_t ngx_rtmp_restream_conf_destination_enabled(ngx_conf_t *cf,
    ngx_str_t *value, ngx_flag_t *enabled);
static ngx_int_t ngx_rtmp_restream_conf_destination_key(ngx_conf_t *cf,
    ngx_rtmp_restream_destination_t *dst, ngx_str_t *value, ngx_str_t *key);
static ngx_int_t ngx_rtmp_restream_conf_destination_key_file(ngx_conf_t *cf,
    ngx_str_t *name, ngx_str_t *path, ngx_str_t *key);
static ssize_t ngx_rtmp_restream_conf_destination_read(ngx_conf_t *cf,
    ngx_str_t *name, ngx_str_t *path, u_char *buf, size_t size);


char *
ngx_rtmp_restream_conf_destination(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_rtmp_restream_app_conf_t *racf = conf;

    char                             *rv;
    ngx_str_t                        *value, key;
    ngx_uint_t                        i;
    const char                       *err;
    ngx_rtmp_restream_destination_t  *dst;

    value = cf->args->elts;
    ngx_str_null(&key);

    if (ngx_rtmp_restream_conf_destination_name(cf, &racf->destinations,
                                                &value[1])
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    dst = ngx_array_push(&racf->destinations);
    if (dst == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(dst, sizeof(ngx_rtmp_restream_destination_t));

    dst->name = value[1];
    dst->enabled = NGX_CONF_UNSET;

    for (i = 3; i < cf->args->nelts; i++) {
        rv = ngx_rtmp_restream_conf_destination_parameter(cf, i, dst, &key);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    ngx_conf_init_value(dst->enabled, 1);

    if (ngx_rtmp_restream_target_parse(cf->pool, &dst->target, &value[2],
                                       key.data ? &key : NULL, &err)
        != NGX_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid url of \"%V\" \"%V\": %s, expected "
                           "\"rtmp[s]://host[:port]/app[/key]\"",
                           &value[0], &dst->name, err);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_rtmp_restream_conf_destination_name(ngx_conf_t *cf,
    ngx_array_t *destinations, ngx_str_t *name)
{
    ngx_uint_t                        i;
    ngx_rtmp_restream_destination_t  *dst;

    for (i = 0; i < name->len; i++) {
        if (name->data[i] < 0x20 || name->data[i] == 0x7f) {
            break;
        }
    }

    /* not shown: a url is where the name was forgotten, and holds a key */

    if (i < name->len || name->len == 0
        || name->len > NGX_RTMP_RESTREAM_NAME_MAX
        || ngx_strstr(name->data, "://"))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name of \"restream_destination\", "
                           "expected 1 to %d printable bytes before the url",
                           NGX_RTMP_RESTREAM_NAME_MAX);
        return NGX_ERROR;
    }

    dst = destinations->elts;

    for (i = 0; i < destinations->nelts; i++) {
        if (ngx_rtmp_restream_str_equal(&dst[i].name, name)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate \"restream_destination\" \"%V\"",
                               name);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* key->data NULL: has had none */

static char *
ngx_rtmp_restream_conf_destination_parameter(ngx_conf_t *cf, ngx_uint_t i,
    ngx_rtmp_restream_destination_t *dst, ngx_str_t *key)
{
    ngx_int_t   rc;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_strncmp(value[i].data, "key=", 4) == 0) {

        if (key->data) {
            return "has two keys";
        }

        rc = ngx_rtmp_restream_conf_destination_key(cf, dst, &value[i], key);

    } else if (ngx_strncmp(value[i].data, "enabled=", 8) == 0) {
        rc = ngx_rtmp_restream_conf_destination_enabled(cf, &value[i],
                                                        &dst->enabled);

    } else {

        /* not shown: it may be a key with "key=" forgotten */

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown parameter %ui of \"%V\" \"%V\", expected "
                           "\"key=...\" or \"enabled=on|off\"",
                           i, &value[0], &dst->name);
        rc = NGX_ERROR;
    }

    return (rc == NGX_OK) ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_rtmp_restream_conf_destination_enabled(ngx_conf_t *cf, ngx_str_t *value,
    ngx_flag_t *enabled)
{
    u_char  *p;

    p = value->data + 8;

    if (*enabled == NGX_CONF_UNSET) {

        if (ngx_strcmp(p, "on") == 0) {
            *enabled = 1;
            return NGX_OK;
        }

        if (ngx_strcmp(p, "off") == 0) {
            *enabled = 0;
            return NGX_OK;
        }
    }

    (void) ngx_rtmp_restream_conf_invalid(cf, value,
                                          "one \"enabled=on\" or "
                                          "\"enabled=off\"");

    return NGX_ERROR;
}


static ngx_int_t
ngx_rtmp_restream_conf_destination_key(ngx_conf_t *cf,
    ngx_rtmp_restream_destination_t *dst, ngx_str_t *value, ngx_str_t *key)
{
    ngx_str_t  path;

    key->len = value->len - 4;
    key->data = value->data + 4;

    if (ngx_strncmp(key->data, "file:", 5) != 0) {
        return NGX_OK;
    }

    dst->key_file = 1;

    path.len = key->len - 5;
    path.data = key->data + 5;

    return ngx_rtmp_restream_conf_destination_key_file(cf, &dst->name, &path,
                                                       key);
}


/* the first line of a file */

static ngx_int_t
ngx_rtmp_restream_conf_destination_key_file(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *path, ngx_str_t *key)
{
    u_char   *p;
    size_t    len;
    ssize_t   n;
    u_char    buf[RESTREAM_URL_KEY_MAX + 2];

    if (ngx_conf_full_name(cf->cycle, path, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    n = ngx_rtmp_restream_conf_destination_read(cf, name, path, buf,
                                                sizeof(buf));

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    for (len = 0; len < (size_t) n; len++) {
        if (buf[len] == '\n' || buf[len] == '\r') {
            break;
        }
    }

    if (len == 0 || len > RESTREAM_URL_KEY_MAX) {
        ngx_explicit_memzero(buf, sizeof(buf));
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "key file \"%V\" of \"restream_destination\" "
                           "\"%V\" should hold one line of 1 to %d bytes",
                           path, name, RESTREAM_URL_KEY_MAX);
        return NGX_ERROR;
    }

    p = ngx_pnalloc(cf->pool, len);

    if (p) {
        ngx_memcpy(p, buf, len);
    }

    ngx_explicit_memzero(buf, sizeof(buf));

    if (p == NULL) {
        return NGX_ERROR;
    }

    key->len = len;
    key->data = p;

    return NGX_OK;
}


/* bytes read */

static ssize_t
ngx_rtmp_restream_conf_destination_read(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *path, u_char *buf, size_t size)
{
    ssize_t   n;
    ngx_fd_t  fd;

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "key file \"%V\" of \"restream_destination\" "
                           "\"%V\" cannot be opened", path, name);
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, buf, size);

    (void) ngx_close_file(fd);

    if (n == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "key file \"%V\" of \"restream_destination\" "
                           "\"%V\" cannot be read", path, name);
        return NGX_ERROR;
    }

    return n;
}
