/*
 * The directives of rtmp{}, and what they add up to.
 */

#include "ngx_rtmp_restream.h"
#include "ngx_rtmp_restream_conf.h"
#include "ngx_rtmp_restream_core.h"
#include "ngx_rtmp_restream_host.h"
#include "ngx_rtmp_restream_store_conf.h"
#include "ngx_rtmp_restream_tls.h"

#include "../lib/restream_chunk.h"
#include "../model/restream_check.h"

#include <ngx_rtmp.h>


#define NGX_RTMP_RESTREAM_ANY_CONF                                            \
    (NGX_RTMP_MAIN_CONF|NGX_RTMP_SRV_CONF|NGX_RTMP_APP_CONF)


static void *ngx_rtmp_restream_create_main_conf(ngx_conf_t *cf);
static char *ngx_rtmp_restream_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_rtmp_restream_create_app_conf(ngx_conf_t *cf);
static char *ngx_rtmp_restream_merge_app_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_rtmp_restream_add_app(ngx_conf_t *cf,
    ngx_rtmp_restream_app_conf_t *racf);
static ngx_int_t ngx_rtmp_restream_postconfiguration(ngx_conf_t *cf);
static char *ngx_rtmp_restream_ssl_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_rtmp_restream_bounds_t  ngx_rtmp_restream_buffer_bounds = {
    65536, 1073741824, "a size from 64k to 1024m, such as \"16m\""
};

static ngx_rtmp_restream_bounds_t  ngx_rtmp_restream_zone_bounds = {
    65536, 1073741824, "a size from 64k to 1024m, such as \"4m\""
};

static ngx_rtmp_restream_bounds_t  ngx_rtmp_restream_chunk_bounds = {
    128, RESTREAM_CHUNK_SIZE_MAX, "a size from 128 to 16777215, such as \"64k\""
};

static ngx_rtmp_restream_bounds_t  ngx_rtmp_restream_limit_bounds = {
    0, 2592000000LL, "a time from 0 (no limit) to 30d, such as \"2h\""
};

static ngx_rtmp_restream_bounds_t  ngx_rtmp_restream_max_bounds = {
    1, RESTREAM_MAXIMUM_MAX, "a number from 1 to 10000, such as \"20\""
};

static ngx_rtmp_restream_bounds_t  ngx_rtmp_restream_timeout_bounds = {
    100, 3600000, "a time from 100ms to 1h, such as \"10s\""
};

static ngx_rtmp_restream_bounds_t  ngx_rtmp_restream_grace_bounds = {
    0, 3600000, "a time from 0 to 1h, such as \"10s\""
};

static ngx_rtmp_restream_bounds_t  ngx_rtmp_restream_delay_bounds = {
    0, 10000, "a time from 0 to 10s, such as \"40ms\""
};


static ngx_command_t  ngx_rtmp_restream_commands[] = {

    { ngx_string("restream"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_conf_enable,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_app_conf_t, enable),
      NULL },

    { ngx_string("restream_destination"),
      NGX_RTMP_APP_CONF|NGX_CONF_TAKE2|NGX_CONF_TAKE3|NGX_CONF_TAKE4,
      ngx_rtmp_restream_conf_destination,
      NGX_RTMP_APP_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("restream_buffer"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_conf_size,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_app_conf_t, buffer),
      &ngx_rtmp_restream_buffer_bounds },

    { ngx_string("restream_connect_timeout"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_conf_msec,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_app_conf_t, connect_timeout),
      &ngx_rtmp_restream_timeout_bounds },

    { ngx_string("restream_send_timeout"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_conf_msec,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_app_conf_t, send_timeout),
      &ngx_rtmp_restream_timeout_bounds },

    { ngx_string("restream_thread_pool"),
      NGX_RTMP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_conf_thread_pool,
      NGX_RTMP_MAIN_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_main_conf_t, thread_pool_name),
      NULL },

    { ngx_string("restream_reconnect"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE12,
      ngx_rtmp_restream_conf_reconnect,
      NGX_RTMP_APP_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("restream_publisher_grace"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_conf_msec,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_app_conf_t, publisher_grace),
      &ngx_rtmp_restream_grace_bounds },

    { ngx_string("restream_chunk_size"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_conf_size,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_app_conf_t, chunk_size),
      &ngx_rtmp_restream_chunk_bounds },

    { ngx_string("restream_flush"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_conf_msec,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_app_conf_t, flush),
      &ngx_rtmp_restream_delay_bounds },

    { ngx_string("restream_batch"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_conf_msec,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_app_conf_t, batch),
      &ngx_rtmp_restream_delay_bounds },

    { ngx_string("restream_sendfile"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_conf_flag,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_app_conf_t, sendfile),
      NULL },

    { ngx_string("restream_bind"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_conf_bind,
      NGX_RTMP_APP_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("restream_ssl_verify"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_ssl_set,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_tls_conf_t, verify),
      ngx_rtmp_restream_conf_flag },

    { ngx_string("restream_ssl_trusted_certificate"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_ssl_set,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_tls_conf_t, trusted_certificate),
      ngx_conf_set_str_slot },

    { ngx_string("restream_ssl_protocols"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_1MORE,
      ngx_rtmp_restream_ssl_set,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_tls_conf_t, protocols),
      ngx_rtmp_restream_conf_protocols },

    { ngx_string("restream_ssl_ciphers"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_ssl_set,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_tls_conf_t, ciphers),
      ngx_conf_set_str_slot },

    { ngx_string("restream_ssl_conf_command"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE2,
      ngx_rtmp_restream_ssl_set,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_tls_conf_t, conf_commands),
      ngx_conf_set_keyval_slot },

    { ngx_string("restream_ssl_server_name"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_ssl_set,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_tls_conf_t, server_name),
      ngx_rtmp_restream_conf_server_name },

    { ngx_string("restream_duration_limit"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_conf_msec,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_app_conf_t, duration_limit),
      &ngx_rtmp_restream_limit_bounds },

    { ngx_string("restream_max_destinations"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_conf_number,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_app_conf_t, max_destinations),
      &ngx_rtmp_restream_max_bounds },

    { ngx_string("restream_offline_start"),
      NGX_RTMP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_conf_flag,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_app_conf_t, offline_start),
      NULL },

    { ngx_string("restream_allow"),
      NGX_RTMP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_rtmp_restream_conf_network,
      NGX_RTMP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("restream_deny"),
      NGX_RTMP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_rtmp_restream_conf_network,
      NGX_RTMP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("restream_allow_schemes"),
      NGX_RTMP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_rtmp_restream_conf_schemes,
      NGX_RTMP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("restream_store"),
      NGX_RTMP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_store_conf_set,
      NGX_RTMP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("restream_store_key"),
      NGX_RTMP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_store_conf_key,
      NGX_RTMP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("restream_zone"),
      NGX_RTMP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_rtmp_restream_conf_size,
      NGX_RTMP_MAIN_CONF_OFFSET,
      offsetof(ngx_rtmp_restream_main_conf_t, zone_size),
      &ngx_rtmp_restream_zone_bounds },

      ngx_null_command
};


static ngx_rtmp_module_t  ngx_rtmp_restream_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_rtmp_restream_postconfiguration,   /* postconfiguration */
    ngx_rtmp_restream_create_main_conf,    /* create main configuration */
    ngx_rtmp_restream_init_main_conf,      /* init main configuration */
    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */
    ngx_rtmp_restream_create_app_conf,     /* create app configuration */
    ngx_rtmp_restream_merge_app_conf       /* merge app configuration */
};


ngx_module_t  ngx_rtmp_restream_module = {
    NGX_MODULE_V1,
    &ngx_rtmp_restream_module_ctx,         /* module context */
    ngx_rtmp_restream_commands,            /* module directives */
    NGX_RTMP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
ngx_rtmp_restream_create_main_conf(ngx_conf_t *cf)
{
    ngx_rtmp_restream_main_conf_t  *rmcf;

    rmcf = ngx_pcalloc(cf->pool, sizeof(ngx_rtmp_restream_main_conf_t));
    if (rmcf == NULL) {
        return NULL;
    }

    rmcf->zone_size = NGX_CONF_UNSET_SIZE;

    return rmcf;
}


static char *
ngx_rtmp_restream_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_rtmp_restream_main_conf_t *rmcf = conf;

    ngx_conf_init_size_value(rmcf->zone_size, 4 * 1024 * 1024);

    if (rmcf->schemes == 0) {
        rmcf->schemes = RESTREAM_SCHEME_RTMP|RESTREAM_SCHEME_RTMPS;
    }

    /* the size of a zone is in whole pages */
    rmcf->zone_size = ngx_align(rmcf->zone_size, ngx_pagesize);

    return NGX_CONF_OK;
}


static void *
ngx_rtmp_restream_create_app_conf(ngx_conf_t *cf)
{
    ngx_rtmp_restream_app_conf_t  *racf;

    racf = ngx_pcalloc(cf->pool, sizeof(ngx_rtmp_restream_app_conf_t));
    if (racf == NULL) {
        return NULL;
    }

    racf->tls = ngx_rtmp_restream_tls_create_conf(cf);
    if (racf->tls == NULL) {
        return NULL;
    }

    if (ngx_array_init(&racf->destinations, cf->pool, 4,
                       sizeof(ngx_rtmp_restream_destination_t))
        != NGX_OK)
    {
        return NULL;
    }

    racf->enable = NGX_CONF_UNSET;
    racf->buffer = NGX_CONF_UNSET_SIZE;
    racf->connect_timeout = NGX_CONF_UNSET_MSEC;
    racf->send_timeout = NGX_CONF_UNSET_MSEC;
    racf->reconnect_min = NGX_CONF_UNSET_MSEC;
    racf->reconnect_max = NGX_CONF_UNSET_MSEC;
    racf->publisher_grace = NGX_CONF_UNSET_MSEC;
    racf->flush = NGX_CONF_UNSET_MSEC;
    racf->batch = NGX_CONF_UNSET_MSEC;
    racf->sendfile = NGX_CONF_UNSET;
    racf->chunk_size = NGX_CONF_UNSET_SIZE;
    racf->duration_limit = NGX_CONF_UNSET_MSEC;
    racf->max_destinations = NGX_CONF_UNSET_UINT;
    racf->offline_start = NGX_CONF_UNSET;
    racf->bind = NGX_CONF_UNSET_PTR;

    return racf;
}


static char *
ngx_rtmp_restream_merge_app_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_rtmp_restream_app_conf_t *prev = parent;
    ngx_rtmp_restream_app_conf_t *conf = child;

    ngx_flag_t                 relays;
    ngx_rtmp_core_app_conf_t  *cacf;

    if (conf->enable == NGX_CONF_UNSET) {
        conf->file = prev->file;
        conf->line = prev->line;
    }

    ngx_conf_merge_value(conf->enable, prev->enable, 0);
    ngx_conf_merge_size_value(conf->buffer, prev->buffer, 16 * 1024 * 1024);
    ngx_conf_merge_msec_value(conf->connect_timeout, prev->connect_timeout,
                              10000);
    ngx_conf_merge_msec_value(conf->send_timeout, prev->send_timeout, 10000);
    ngx_conf_merge_msec_value(conf->reconnect_min, prev->reconnect_min, 1000);
    ngx_conf_merge_msec_value(conf->reconnect_max, prev->reconnect_max,
                              ngx_max(60000, conf->reconnect_min));
    ngx_conf_merge_msec_value(conf->publisher_grace, prev->publisher_grace,
                              10000);
    ngx_conf_merge_msec_value(conf->flush, prev->flush, 40);
    ngx_conf_merge_msec_value(conf->batch, prev->batch, 0);
    ngx_conf_merge_value(conf->sendfile, prev->sendfile, 1);
    ngx_conf_merge_size_value(conf->chunk_size, prev->chunk_size, 65536);
    ngx_conf_merge_msec_value(conf->duration_limit, prev->duration_limit, 0);
    ngx_conf_merge_uint_value(conf->max_destinations, prev->max_destinations,
                              20);
    ngx_conf_merge_value(conf->offline_start, prev->offline_start, 0);
    ngx_conf_merge_ptr_value(conf->bind, prev->bind, NULL);

    if (conf->reconnect_min > conf->reconnect_max) {
        conf->reconnect_min = conf->reconnect_max;
    }

    cacf = ngx_rtmp_conf_get_module_app_conf(cf, ngx_rtmp_core_module);

    conf->main = ngx_rtmp_conf_get_module_main_conf(cf,
                                                    ngx_rtmp_restream_module);

    /* also called for server{}, which is no application */

    relays = conf->enable && cacf->app_conf
             && cacf->app_conf[ngx_rtmp_restream_module.ctx_index] == conf;

    if (ngx_rtmp_restream_tls_merge_conf(cf, prev->tls, conf->tls, relays)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (!relays) {
        return NGX_CONF_OK;
    }

    conf->name = cacf->name;

    return ngx_rtmp_restream_add_app(cf, conf);
}


static char *
ngx_rtmp_restream_add_app(ngx_conf_t *cf, ngx_rtmp_restream_app_conf_t *racf)
{
    ngx_uint_t                       i;
    ngx_rtmp_restream_app_conf_t   **app;
    ngx_rtmp_restream_core_conf_t   *rccf;

    if (!ngx_rtmp_restream_host_live(cf)) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"restream on\" in %V:%ui needs \"live on\" in "
                      "application \"%V\", expected both: without \"live\", "
                      "encoders are not answered",
                      &racf->file, racf->line, &racf->name);
        return NGX_CONF_ERROR;
    }

    rccf = ngx_rtmp_restream_core_get_conf(cf->cycle);
    rccf->main = racf->main;

    /* a stream is application and name, on the whole host */

    app = rccf->apps.elts;

    for (i = 0; i < rccf->apps.nelts; i++) {
        if (app[i]->name.len == racf->name.len
            && ngx_strncmp(app[i]->name.data, racf->name.data, racf->name.len)
               == 0)
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"restream on\" in %V:%ui is for a second "
                          "application \"%V\", the first is in %V:%ui, "
                          "expected different names",
                          &racf->file, racf->line, &racf->name,
                          &app[i]->file, app[i]->line);
            return NGX_CONF_ERROR;
        }
    }

    app = ngx_array_push(&rccf->apps);
    if (app == NULL) {
        return NGX_CONF_ERROR;
    }

    *app = racf;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_rtmp_restream_postconfiguration(ngx_conf_t *cf)
{
    ngx_rtmp_restream_main_conf_t  *rmcf;
    ngx_rtmp_restream_core_conf_t  *rccf;

    rccf = ngx_rtmp_restream_core_get_conf(cf->cycle);

    if (rccf->apps.nelts == 0) {

        /* loaded, but not used: nothing of ours is in nginx-rtmp's way */

        return NGX_OK;
    }

    rmcf = rccf->main;

    /* what rtmp{} says, and defaults for the rest */

    rmcf->defaults = ngx_rtmp_conf_get_module_app_conf(cf,
                                                   ngx_rtmp_restream_module);

    if (rmcf->defaults->max_destinations == NGX_CONF_UNSET_UINT) {
        rmcf->defaults->max_destinations = 20;
    }

    ngx_conf_init_value(rmcf->defaults->offline_start, 0);

    /* another pool is looked for when the whole file has been read */

    if (rmcf->thread_pool_name.len == 0
        || ngx_strcmp(rmcf->thread_pool_name.data, "default") == 0)
    {
        rmcf->thread_pool = ngx_thread_pool_add(cf, NULL);
        if (rmcf->thread_pool == NULL) {
            return NGX_ERROR;
        }
    }

    if (ngx_rtmp_restream_core_add_zone(cf, rmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_rtmp_restream_host_init(cf);
}


/* the setter in cmd->post, on the application's TLS settings */

static char *
ngx_rtmp_restream_ssl_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtmp_restream_app_conf_t *racf = conf;

    char           *rv;
    ngx_command_t   slot;
    char         *(*set)(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

    slot = *cmd;
    set = (char *(*)(ngx_conf_t *, ngx_command_t *, void *)) cmd->post;

    slot.post = NULL;

    rv = set(cf, &slot, racf->tls);

    return rv == NGX_CONF_OK ? ngx_rtmp_restream_tls_check_conf(cf, racf->tls)
                             : rv;
}
