/*
 * Values of directives: see ngx_rtmp_restream_conf.h.
 */

#include "ngx_rtmp_restream_conf.h"

#include "../model/restream_check.h"
#include "../model/restream_network.h"


/* bytes of a server's name: RFC 6066, 3, by way of RFC 1034, 3.1 */
#define NGX_RTMP_RESTREAM_CONF_HOST_MAX  255


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
ngx_rtmp_restream_conf_number(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                        *p = conf;

    ngx_int_t                    n;
    ngx_str_t                   *value;
    ngx_uint_t                  *number;
    ngx_rtmp_restream_bounds_t  *bounds;

    number = (ngx_uint_t *) (p + cmd->offset);
    bounds = cmd->post;

    if (*number != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_atoi(value[1].data, value[1].len);

    if (n == NGX_ERROR || n < bounds->min || n > bounds->max) {
        return ngx_rtmp_restream_conf_invalid(cf, &value[1],
                                              bounds->expected);
    }

    *number = n;

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
    u_char      ch, addr[16];
    ngx_str_t  *value;
    ngx_uint_t  i;

    value = cf->args->elts;

    for (i = 0; i < value[1].len; i++) {
        ch = ngx_tolower(value[1].data[i]);

        if ((ch < 'a' || ch > 'z') && (ch < '0' || ch > '9')
            && ch != '-' && ch != '.' && ch != '_')
        {
            break;
        }
    }

    /* an empty name would check no name at all */

    if (value[1].len == 0 || value[1].len > NGX_RTMP_RESTREAM_CONF_HOST_MAX
        || (i < value[1].len
            && ngx_inet6_addr(value[1].data, value[1].len, addr) != NGX_OK))
    {
        return ngx_rtmp_restream_conf_invalid(cf, &value[1],
                                              "\"on\", \"off\" or a host");
    }

    ngx_strlow(value[1].data, value[1].data, value[1].len);

    return ngx_conf_set_str_slot(cf, cmd, conf);
}


char *
ngx_rtmp_restream_conf_network(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtmp_restream_main_conf_t *rmcf = conf;

    ngx_str_t                *value;
    ngx_uint_t                i;
    restream_network_rule_t  *rule;

    if (rmcf->network == NULL) {
        rmcf->network = ngx_array_create(cf->pool, 4,
                                         sizeof(restream_network_rule_t));
        if (rmcf->network == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        rule = ngx_array_push(rmcf->network);
        if (rule == NULL) {
            return NGX_CONF_ERROR;
        }

        if (restream_network_parse(rule, ngx_rtmp_restream_str(&value[i]))
            != RESTREAM_OK)
        {
            return ngx_rtmp_restream_conf_invalid(cf, &value[i],
                                          "an address or a network, such as "
                                          "\"10.0.0.0/8\" or \"fd00::/8\"");
        }

        rule->allow = (ngx_strcmp(value[0].data, "restream_allow") == 0);
    }

    return NGX_CONF_OK;
}


char *
ngx_rtmp_restream_conf_schemes(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtmp_restream_main_conf_t *rmcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (rmcf->schemes) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "rtmp") == 0) {
            rmcf->schemes |= RESTREAM_SCHEME_RTMP;

        } else if (ngx_strcmp(value[i].data, "rtmps") == 0) {
            rmcf->schemes |= RESTREAM_SCHEME_RTMPS;

        } else {
            return ngx_rtmp_restream_conf_invalid(cf, &value[i],
                                              "\"rtmp\" and \"rtmps\", or "
                                              "one of them");
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_rtmp_restream_conf_thread_pool(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_rtmp_restream_main_conf_t *rmcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (value[1].len == 0) {
        return ngx_rtmp_restream_conf_invalid(cf, &value[1],
                                          "the name of a \"thread_pool\"");
    }

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


char *
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
