/*
 * The directives of http{}, and what workers do about them.
 */

#include "ngx_http_restream.h"
#include "ngx_http_restream_api.h"
#include "ngx_http_restream_status.h"
#include "../rtmp/ngx_rtmp_restream_core.h"

#include "../model/restream_json.h"


#define NGX_HTTP_RESTREAM_ANY_CONF                                            \
    (NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF)


static void *ngx_http_restream_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_restream_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_restream_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_restream_init_process(ngx_cycle_t *cycle);
static char *ngx_http_restream_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_restream_api(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static void ngx_http_restream_bound_body(ngx_conf_t *cf,
    ngx_http_restream_loc_conf_t *conf);


static ngx_command_t  ngx_http_restream_commands[] = {

    { ngx_string("restream_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_restream_status,
      0,
      0,
      NULL },

    { ngx_string("restream_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_restream_api,
      0,
      0,
      NULL },

    { ngx_string("restream_api_max_body"),
      NGX_HTTP_RESTREAM_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_restream_loc_conf_t, max_body),
      NULL },

    { ngx_string("restream_api_token"),
      NGX_HTTP_RESTREAM_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_restream_auth_token,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("restream_api_jwt"),
      NGX_HTTP_RESTREAM_ANY_CONF|NGX_CONF_TAKE23|NGX_CONF_TAKE4,
      ngx_http_restream_auth_jwt,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("restream_api_cors"),
      NGX_HTTP_RESTREAM_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_restream_auth_cors,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_restream_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    ngx_http_restream_create_main_conf,    /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_restream_create_loc_conf,     /* create location configuration */
    ngx_http_restream_merge_loc_conf       /* merge location configuration */
};


ngx_module_t  ngx_http_restream_module = {
    NGX_MODULE_V1,
    &ngx_http_restream_module_ctx,         /* module context */
    ngx_http_restream_commands,            /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_restream_init_process,        /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
ngx_http_restream_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_restream_main_conf_t  *rmcf;

    rmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_restream_main_conf_t));
    if (rmcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&rmcf->token_files, cf->pool, 2, sizeof(void *))
        != NGX_OK)
    {
        return NULL;
    }

    return rmcf;
}


static void *
ngx_http_restream_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_restream_loc_conf_t  *rlcf;

    rlcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_restream_loc_conf_t));
    if (rlcf == NULL) {
        return NULL;
    }

    rlcf->max_body = NGX_CONF_UNSET_SIZE;
    rlcf->auth = ngx_http_restream_auth_create_conf(cf);
    if (rlcf->auth == NULL) {
        return NULL;
    }

    return rlcf;
}


static char *
ngx_http_restream_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_restream_loc_conf_t *prev = parent;
    ngx_http_restream_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t  *clcf;

    ngx_http_restream_auth_merge_conf(prev->auth, conf->auth);
    ngx_conf_merge_size_value(conf->max_body, prev->max_body, 65536);

    if (conf->max_body == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"restream_api_max_body\" value \"0\", "
                           "expected a size such as \"64k\"");
        return NGX_CONF_ERROR;
    }

    /* what an "if" or a "limit_except" of the location says is of the API */

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (prev->api && clcf->noname) {
        conf->api = 1;

        if (clcf->lmt_excpt && clcf->handler == NULL) {
            clcf->handler = ngx_http_restream_api_handler;
        }
    }

    if (conf->api) {
        ngx_http_restream_bound_body(cf, conf);
    }

    return NGX_CONF_OK;
}


/* a body stays in memory: keys do not get into files on the way */

static void
ngx_http_restream_bound_body(ngx_conf_t *cf,
    ngx_http_restream_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    clcf->client_max_body_size = conf->max_body;

    /* of a chunked body, the sizes of its chunks are in the buffer, too */

    if (clcf->client_body_buffer_size < 2 * conf->max_body) {
        clcf->client_body_buffer_size = 2 * conf->max_body;
    }

    clcf->client_body_in_file_only = 0;
}


static ngx_int_t
ngx_http_restream_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                       i;
    ngx_thread_pool_t               *tp;
    ngx_rtmp_restream_core_conf_t   *rccf;
    ngx_http_restream_tokens_t     **tokens;
    ngx_http_restream_main_conf_t   *rmcf;

    rmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_restream_module);

    /* those that look after nginx's caches answer nobody, and have no threads
     * in their pools */

    if (rmcf == NULL || ngx_process == NGX_PROCESS_HELPER) {
        return NGX_OK;
    }

    (void) restream_json_wipe();

    rccf = ngx_rtmp_restream_core_get_conf(cycle);
    tp = rccf->main ? rccf->main->thread_pool : NULL;

    tokens = rmcf->token_files.elts;

    for (i = 0; i < rmcf->token_files.nelts; i++) {
        ngx_http_restream_tokens_watch(tokens[i], tp);
    }

    return NGX_OK;
}


static char *
ngx_http_restream_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler == ngx_http_restream_status_handler) {
        return "is duplicate";
    }

    clcf->handler = ngx_http_restream_status_handler;

    return NGX_CONF_OK;
}


static char *
ngx_http_restream_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_restream_loc_conf_t  *rlcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    rlcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_restream_module);

    if (rlcf->api) {
        return "is duplicate";
    }

    /* the path of a call begins behind the location's name */

    if (clcf->named || clcf->name.len == 0
#if (NGX_PCRE)
        || clcf->regex
#endif
       )
    {
        return "needs a location with a prefix, such as \"/restream/\"";
    }

    rlcf->api = 1;
    ngx_rtmp_restream_core_get_conf(cf->cycle)->api = 1;

    clcf->handler = ngx_http_restream_api_handler;

    return NGX_CONF_OK;
}
