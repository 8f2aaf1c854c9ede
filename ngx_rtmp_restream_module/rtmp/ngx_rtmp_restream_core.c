/*
 * The module's life in nginx: see ngx_rtmp_restream_core.h.
 */

#include "ngx_rtmp_restream_core.h"
#include "ngx_rtmp_restream_control.h"
#include "ngx_rtmp_restream_store.h"
#include "ngx_rtmp_restream_store_conf.h"
#include "ngx_rtmp_restream_store_reseal.h"
#include "ngx_rtmp_restream_tls.h"


#define NGX_RTMP_RESTREAM_CORE_KEEP  100    /* ms */


static void *ngx_rtmp_restream_core_create_conf(ngx_cycle_t *cycle);
static char *ngx_rtmp_restream_core_init_conf(ngx_cycle_t *cycle, void *conf);
static ngx_int_t ngx_rtmp_restream_core_check_events(ngx_cycle_t *cycle,
    ngx_rtmp_restream_core_conf_t *rccf);
static ngx_int_t ngx_rtmp_restream_core_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_rtmp_restream_core_init_process(ngx_cycle_t *cycle);
static void ngx_rtmp_restream_core_exit_process(ngx_cycle_t *cycle);
static void ngx_rtmp_restream_core_keep_handler(ngx_event_t *ev);
static ngx_shm_zone_t *ngx_rtmp_restream_core_running_zone(
    ngx_cycle_t *cycle);


static ngx_str_t  ngx_rtmp_restream_core_zone_name = ngx_string("restream");


/* of the worker that keeps the streams of older ones up to its configuration */

static ngx_event_t  ngx_rtmp_restream_core_keep;
static time_t       ngx_rtmp_restream_core_swept;


static ngx_core_module_t  ngx_rtmp_restream_core_module_ctx = {
    ngx_string("restream"),
    ngx_rtmp_restream_core_create_conf,
    ngx_rtmp_restream_core_init_conf
};


ngx_module_t  ngx_rtmp_restream_core_module = {
    NGX_MODULE_V1,
    &ngx_rtmp_restream_core_module_ctx,    /* module context */
    NULL,                                  /* module directives */
    NGX_CORE_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_rtmp_restream_core_init_module,    /* init module */
    ngx_rtmp_restream_core_init_process,   /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_rtmp_restream_core_exit_process,   /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


ngx_rtmp_restream_core_conf_t *
ngx_rtmp_restream_core_get_conf(ngx_cycle_t *cycle)
{
    return (ngx_rtmp_restream_core_conf_t *)
               ngx_get_conf(cycle->conf_ctx, ngx_rtmp_restream_core_module);
}


ngx_int_t
ngx_rtmp_restream_core_add_zone(ngx_conf_t *cf,
    ngx_rtmp_restream_main_conf_t *rmcf)
{
    ngx_shm_zone_t            *running;
    ngx_rtmp_restream_zone_t  *zone;

    running = ngx_rtmp_restream_core_running_zone(cf->cycle->old_cycle);

    if (running && running->shm.size != rmcf->zone_size) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"restream_zone\" is changed from %uz to %uz bytes, "
                      "which takes effect at the next restart",
                      running->shm.size, rmcf->zone_size);

        rmcf->zone_size = running->shm.size;
    }

    rmcf->shm_zone = ngx_shared_memory_add(cf,
                                           &ngx_rtmp_restream_core_zone_name,
                                           rmcf->zone_size,
                                           &ngx_rtmp_restream_core_module);
    if (rmcf->shm_zone == NULL) {
        return NGX_ERROR;
    }

    zone = ngx_rtmp_restream_zone_create(cf->pool);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    rmcf->shm_zone->init = ngx_rtmp_restream_zone_init;
    rmcf->shm_zone->data = zone;

    return NGX_OK;
}


ngx_rtmp_restream_zone_t *
ngx_rtmp_restream_core_zone(void)
{
    ngx_rtmp_restream_core_conf_t  *rccf;

    rccf = ngx_rtmp_restream_core_get_conf((ngx_cycle_t *) ngx_cycle);

    return rccf->main ? rccf->main->shm_zone->data : NULL;
}


static void *
ngx_rtmp_restream_core_create_conf(ngx_cycle_t *cycle)
{
    ngx_rtmp_restream_core_conf_t  *rccf;

    rccf = ngx_pcalloc(cycle->pool, sizeof(ngx_rtmp_restream_core_conf_t));
    if (rccf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&rccf->apps, cycle->pool, 4, sizeof(void *)) != NGX_OK)
    {
        return NULL;
    }

    return rccf;
}


/* the whole file has been read */

static char *
ngx_rtmp_restream_core_init_conf(ngx_cycle_t *cycle, void *conf)
{
    ngx_rtmp_restream_core_conf_t *rccf = conf;

    ngx_rtmp_restream_main_conf_t  *rmcf;

    rmcf = rccf->main;

    if (rmcf == NULL && rccf->api) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "\"restream_api\" needs an application of rtmp{} with "
                      "\"restream on\", expected one");
        return NGX_CONF_ERROR;
    }

    if (rmcf == NULL) {
        return NGX_CONF_OK;
    }

    if (ngx_rtmp_restream_core_check_events(cycle, rccf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (rmcf->thread_pool == NULL) {
        rmcf->thread_pool = ngx_thread_pool_get(cycle,
                                                &rmcf->thread_pool_name);
    }

    rmcf->store.thread_pool = rmcf->thread_pool;

    if (ngx_rtmp_restream_store_conf_init(cycle, &rmcf->store, rccf->api)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (rmcf->thread_pool == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "invalid \"restream_thread_pool\" value \"%V\", expected "
                      "the name of a \"thread_pool\" in %V:%ui",
                      &rmcf->thread_pool_name, &rmcf->file, rmcf->line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * Threads wake the event loop by what only some event methods have.  nginx
 * itself finds out in its workers, which then exit for good.
 */

static ngx_int_t
ngx_rtmp_restream_core_check_events(ngx_cycle_t *cycle,
    ngx_rtmp_restream_core_conf_t *rccf)
{
    ngx_uint_t                      i;
    ngx_event_conf_t               *ecf;
    ngx_event_module_t             *method;
    ngx_rtmp_restream_app_conf_t  **app;

    if (ngx_get_conf(cycle->conf_ctx, ngx_events_module) == NULL) {

        /* no events{}: nginx says so */

        return NGX_OK;
    }

    app = rccf->apps.elts;
    ecf = ngx_event_get_conf(cycle->conf_ctx, ngx_event_core_module);

    for (i = 0; cycle->modules[i]; i++) {

        if (cycle->modules[i]->type != NGX_EVENT_MODULE
            || cycle->modules[i]->ctx_index != ecf->use)
        {
            continue;
        }

        method = cycle->modules[i]->ctx;

        if (method->actions.notify == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                          "\"restream on\" in %V:%ui does not work with "
                          "\"use %V\" in events, expected \"use epoll\"",
                          &app[0]->file, app[0]->line, method->name);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* in the master, when a configuration is taken up */

static ngx_int_t
ngx_rtmp_restream_core_init_module(ngx_cycle_t *cycle)
{
    ngx_shm_zone_t                 *shm_zone;
    ngx_rtmp_restream_core_conf_t  *rccf;

    if (ngx_test_config || ngx_is_init_cycle(cycle->old_cycle)) {
        return NGX_OK;
    }

    rccf = ngx_rtmp_restream_core_get_conf(cycle);

    /* where nothing is relayed any more, streams of old workers still are */

    shm_zone = rccf->main ? rccf->main->shm_zone
                    : ngx_rtmp_restream_core_running_zone(cycle->old_cycle);

    if (shm_zone) {
        ngx_rtmp_restream_zone_renew(shm_zone->data);
        ngx_rtmp_restream_control_reload(shm_zone->data, &rccf->apps,
                                         cycle->log);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rtmp_restream_core_init_process(ngx_cycle_t *cycle)
{
    ngx_event_t                    *ev;
    ngx_rtmp_restream_core_conf_t  *rccf;

    rccf = ngx_rtmp_restream_core_get_conf(cycle);

    /* nginx's cache loader, say, uses nothing of it, and its end is no loss */

    if (rccf->main == NULL || ngx_process == NGX_PROCESS_HELPER) {
        return NGX_OK;
    }

    if (ngx_rtmp_restream_zone_init_process(rccf->main->shm_zone->data,
                                            cycle->log)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_process != NGX_PROCESS_WORKER || ngx_worker != 0) {
        return NGX_OK;
    }

    ev = &ngx_rtmp_restream_core_keep;

    ev->handler = ngx_rtmp_restream_core_keep_handler;
    ev->data = rccf;
    ev->log = cycle->log;
    ev->cancelable = 1;

    ngx_add_timer(ev, NGX_RTMP_RESTREAM_CORE_KEEP);

    ngx_rtmp_restream_store_reseal(&rccf->main->store);

    return NGX_OK;
}


static void
ngx_rtmp_restream_core_exit_process(ngx_cycle_t *cycle)
{
    if (ngx_rtmp_restream_core_keep.data) {
        ngx_rtmp_restream_zone_retire(ngx_rtmp_restream_core_zone());
    }

    ngx_rtmp_restream_store_exit();
    ngx_rtmp_restream_tls_exit();
}


static void
ngx_rtmp_restream_core_keep_handler(ngx_event_t *ev)
{
    ngx_rtmp_restream_core_conf_t *rccf = ev->data;

    ngx_rtmp_restream_zone_t  *zone;

    zone = rccf->main->shm_zone->data;

    if (ngx_exiting) {
        ngx_rtmp_restream_zone_retire(zone);
        return;
    }

    /* not every worker that is killed is followed by another one */

    if (ngx_rtmp_restream_core_swept != ngx_time()) {
        ngx_rtmp_restream_core_swept = ngx_time();

        ngx_rtmp_restream_zone_sweep(zone);
    }

    if (ngx_rtmp_restream_zone_keep(zone)) {
        ngx_rtmp_restream_control_reload(zone, &rccf->apps, ev->log);
    }

    ngx_add_timer(ev, NGX_RTMP_RESTREAM_CORE_KEEP);
}


static ngx_shm_zone_t *
ngx_rtmp_restream_core_running_zone(ngx_cycle_t *cycle)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_shm_zone_t   *shm_zone;

    if (cycle == NULL || ngx_is_init_cycle(cycle)) {
        return NULL;
    }

    part = &cycle->shared_memory.part;
    shm_zone = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NULL;
            }

            part = part->next;
            shm_zone = part->elts;
            i = 0;
        }

        if (shm_zone[i].tag == &ngx_rtmp_restream_core_module
            && shm_zone[i].shm.addr)
        {
            return &shm_zone[i];
        }
    }
}
