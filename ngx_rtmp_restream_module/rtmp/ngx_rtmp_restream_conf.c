/*
 * Values of directives: see ngx_rtmp_restream_conf.h.
 */

#include "ngx_rtmp_restream_conf.h"
#include "ngx_rtmp_restream_target.h"


static char *ngx_rtmp_restream_conf_invalid(ngx_conf_t *cf, ngx_str_t *value,
    const char *expected);
static ngx_int_t ngx_rtmp_restream_conf_name(ngx_conf_t *cf,
    ngx_array_t *destinations, ngx_str_t *name);
static ngx_int_t ngx_rtmp_restream_conf_enabled(ngx_conf_t *cf,
    ngx_str_t *value, ngx_flag_t *enabled);
static ngx_int_t ngx_rtmp_restream_conf_key(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *value, ngx_str_t *key);
static ngx_int_t ngx_rtmp_restream_conf_key_file(ngx_conf_t *cf,
    ngx_str_t *name, ngx_str_t *path, ngx_str_t *key);


char *
ngx_rtmp_restream_conf_enable(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtmp_restream_app_conf_t *racf = conf;

    racf->file = cf->conf_file->file.name;
    racf->line = cf->conf_file->line;

    return ngx_rtmp_restream_conf_flag(cf, cmd, conf);
}


char *
ngx_rtmp_restream_conf_flag(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char        *p = conf;

    ngx_str_t   *value;
    ngx_flag_t  *flag;

    flag = (ngx_flag_t *) (p + cmd->offset);

    if (*flag != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcasecmp(value[1].data, (u_char *) "on") == 0) {
        *flag = 1;

    } else if (ngx_strcasecmp(value[1].data, (u_char *) "off") == 0) {
        *flag = 0;

    } else {
        return ngx_rtmp_restream_conf_invalid(cf, &value[1],
                                              "\"on\" or \"off\"");
    }

    return NGX_CONF_OK;
}


char *
ngx_rtmp_restream_conf_size(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                        *p = conf;

    size_t                      *size;
    ssize_t                      n;
    ngx_str_t                   *value;
    ngx_rtmp_restream_bounds_t  *bounds;

    size = (size_t *) (p + cmd->offset);
    bounds = cmd->post;

    if (*size != NGX_CONF_UNSET_SIZE) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_parse_size(&value[1]);

    if (n == NGX_ERROR || n < bounds->min || n > bounds->max) {
        return ngx_rtmp_restream_conf_invalid(cf, &value[1],
                                              bounds->expected);
    }

    *size = n;

    return NGX_CONF_OK;
}


char *
ngx_rtmp_restream_conf_msec(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                        *p = conf;

    ngx_int_t                    n;
    ngx_str_t                   *value;
    ngx_msec_t                  *msec;
    ngx_rtmp_restream_bounds_t  *bounds;

    msec = (ngx_msec_t *) (p + cmd->offset);
    bounds = cmd->post;

    if (*msec != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_parse_time(&value[1], 0);

    if (n == NGX_ERROR || n < bounds->min || n > bounds->max) {
        return ngx_rtmp_restream_conf_invalid(cf, &value[1],
                                              bounds->expected);
    }

    *msec = n;

    return NGX_CONF_OK;
}


char *
ngx_rtmp_restream_conf_destination(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_rtmp_restream_app_conf_t *racf = conf;

    ngx_str_t                        *value, key, *keyp;
    ngx_uint_t                        i;
    const char                       *err;
    ngx_rtmp_restream_destination_t  *dst;

    value = cf->args->elts;
    keyp = NULL;

    if (ngx_rtmp_restream_conf_name(cf, &racf->destinations, &value[1])
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

        if (ngx_strncmp(value[i].data, "key=", 4) == 0) {

            if (keyp) {
                return "has two keys";
            }

            if (ngx_rtmp_restream_conf_key(cf, &dst->name, &value[i], &key)
                != NGX_OK)
            {
                return NGX_CONF_ERROR;
            }

            keyp = &key;
            continue;
        }

        if (ngx_strncmp(value[i].data, "enabled=", 8) == 0) {

            if (ngx_rtmp_restream_conf_enabled(cf, &value[i], &dst->enabled)
                != NGX_OK)
            {
                return NGX_CONF_ERROR;
            }

            continue;
        }

        /* not shown: it may be a key with "key=" forgotten */

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown parameter %ui of \"%V\" \"%V\", expected "
                           "\"key=...\" or \"enabled=on|off\"",
                           i, &value[0], &dst->name);
        return NGX_CONF_ERROR;
    }

    ngx_conf_init_value(dst->enabled, 1);

    if (ngx_rtmp_restream_target_parse(cf->pool, &dst->target, &value[2], keyp,
                                       &err)
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


char *
ngx_rtmp_restream_conf_reconnect(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_rtmp_restream_app_conf_t *racf = conf;

    ngx_int_t    n;
    ngx_str_t   *value, s;
    ngx_uint_t   i;
    ngx_msec_t  *msec;

    static const char  expected[] = "\"min=time\" and \"max=time\" from 100ms "
                                    "to 1h, such as \"min=1s max=60s\"";

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "min=", 4) == 0) {
            msec = &racf->reconnect_min;

        } else if (ngx_strncmp(value[i].data, "max=", 4) == 0) {
            msec = &racf->reconnect_max;

        } else {
            return ngx_rtmp_restream_conf_invalid(cf, &value[i], expected);
        }

        if (*msec != NGX_CONF_UNSET_MSEC) {
            return "is duplicate";
        }

        s.len = value[i].len - 4;
        s.data = value[i].data + 4;

        n = ngx_parse_time(&s, 0);

        if (n == NGX_ERROR || n < 100 || n > 3600000) {
            return ngx_rtmp_restream_conf_invalid(cf, &value[i], expected);
        }

        *msec = n;
    }

    if (racf->reconnect_min != NGX_CONF_UNSET_MSEC
        && racf->reconnect_max != NGX_CONF_UNSET_MSEC
        && racf->reconnect_min > racf->reconnect_max)
    {
        return ngx_rtmp_restream_conf_invalid(cf, &value[1], "a \"min\" "
                                              "that is not above \"max\"");
    }

    return NGX_CONF_OK;
}


char *
ngx_rtmp_restream_conf_protocols(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    char        *p = conf;

    ngx_str_t   *value;
    ngx_uint_t   i, j, *protocols;

    static const struct {
        const char   *name;
        ngx_uint_t    bit;
    } known[] = {
        { "TLSv1", NGX_SSL_TLSv1 },
        { "TLSv1.1", NGX_SSL_TLSv1_1 },
        { "TLSv1.2", NGX_SSL_TLSv1_2 },
        { "TLSv1.3", NGX_SSL_TLSv1_3 },
        { NULL, 0 }
    };

    protocols = (ngx_uint_t *) (p + cmd->offset);

    if (*protocols) {
        return "is duplicate";
    }

    *protocols = NGX_CONF_BITMASK_SET;
    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        for (j = 0; known[j].name; j++) {
            if (ngx_strcasecmp(value[i].data, (u_char *) known[j].name) == 0) {
                break;
            }
        }

        if (known[j].name == NULL) {
            return ngx_rtmp_restream_conf_invalid(cf, &value[i],
                                                  "\"TLSv1.2\", \"TLSv1.3\" or "
                                                  "an older \"TLSv1\", "
                                                  "\"TLSv1.1\"");
        }

        *protocols |= known[j].bit;
    }

    return NGX_CONF_OK;
}


char *
ngx_rtmp_restream_conf_server_name(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    u_char      ch;
    ngx_str_t  *value;
    ngx_uint_t  i;

    value = cf->args->elts;

    /* an empty name would check no name at all */

    for (i = 0; i < value[1].len; i++) {
        ch = value[1].data[i];

        if (ch <= ' ' || ch == '/' || ch >= 0x7f) {
            break;
        }
    }

    if (value[1].len == 0 || i < value[1].len) {
        return ngx_rtmp_restream_conf_invalid(cf, &value[1],
                                              "\"on\", \"off\" or a host");
    }

    return ngx_conf_set_str_slot(cf, cmd, conf);
}


char *
ngx_rtmp_restream_conf_thread_pool(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_rtmp_restream_main_conf_t *rmcf = conf;

    rmcf->file = cf->conf_file->file.name;
    rmcf->line = cf->conf_file->line;

    return ngx_conf_set_str_slot(cf, cmd, conf);
}


char *
ngx_rtmp_restream_conf_bind(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtmp_restream_app_conf_t *racf = conf;

    ngx_str_t  *value, addr;

    if (racf->bind != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    addr = value[1];

    if (addr.len > 2 && addr.data[0] == '['
        && addr.data[addr.len - 1] == ']')
    {
        addr.len -= 2;
        addr.data++;
    }

    racf->bind = ngx_pcalloc(cf->pool, sizeof(ngx_addr_t));
    if (racf->bind == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_parse_addr(cf->pool, racf->bind, addr.data, addr.len) != NGX_OK) {
        return ngx_rtmp_restream_conf_invalid(cf, &value[1],
                                  "an address of this host, such as "
                                  "\"192.0.2.1\" or \"[2001:db8::1]\"");
    }

    racf->bind->name = value[1];

    return NGX_CONF_OK;
}


static char *
ngx_rtmp_restream_conf_invalid(ngx_conf_t *cf, ngx_str_t *value,
    const char *expected)
{
    ngx_str_t  *directive;

    directive = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid \"%V\" value \"%V\", expected %s",
                       directive, value, expected);

    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_rtmp_restream_conf_name(ngx_conf_t *cf, ngx_array_t *destinations,
    ngx_str_t *name)
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
        if (dst[i].name.len == name->len
            && ngx_memcmp(dst[i].name.data, name->data, name->len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate \"restream_destination\" \"%V\"",
                               name);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rtmp_restream_conf_enabled(ngx_conf_t *cf, ngx_str_t *value,
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
ngx_rtmp_restream_conf_key(ngx_conf_t *cf, ngx_str_t *name, ngx_str_t *value,
    ngx_str_t *key)
{
    ngx_str_t  path;

    key->len = value->len - 4;
    key->data = value->data + 4;

    if (ngx_strncmp(key->data, "file:", 5) != 0) {
        return NGX_OK;
    }

    path.len = key->len - 5;
    path.data = key->data + 5;

    return ngx_rtmp_restream_conf_key_file(cf, name, &path, key);
}


/* the first line of a file */

static ngx_int_t
ngx_rtmp_restream_conf_key_file(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *path, ngx_str_t *key)
{
    u_char    *p;
    size_t     len;
    ssize_t    n;
    ngx_fd_t   fd;
    u_char     buf[RESTREAM_URL_KEY_MAX + 2];

    if (ngx_conf_full_name(cf->cycle, path, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "key file \"%V\" of \"restream_destination\" "
                           "\"%V\" cannot be opened", path, name);
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, buf, sizeof(buf));

    (void) ngx_close_file(fd);

    if (n == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "key file \"%V\" of \"restream_destination\" "
                           "\"%V\" cannot be read", path, name);
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
