/*
 * A change, before the store has it and behind: see
 * ngx_rtmp_restream_control_store.h.
 */

#include "ngx_rtmp_restream_control_store.h"
#include "ngx_rtmp_restream_core.h"
#include "ngx_rtmp_restream_record.h"


static ngx_int_t ngx_rtmp_restream_control_config_names(
    restream_change_t *change, ngx_rtmp_restream_app_conf_t *conf);
static ngx_int_t ngx_rtmp_restream_control_config_id(
    restream_change_t *change, ngx_rtmp_restream_app_conf_t *conf,
    ngx_rtmp_restream_stream_key_t *key);


/* of this worker: a zone that is full is told once */

static ngx_uint_t  ngx_rtmp_restream_control_full;


ngx_int_t
ngx_rtmp_restream_control_complete(restream_change_t *change)
{
    ngx_str_t                        app;
    ngx_uint_t                       live;
    ngx_rtmp_restream_app_conf_t    *conf;
    ngx_rtmp_restream_core_conf_t   *rccf;
    ngx_rtmp_restream_stream_key_t   key;

    rccf = ngx_rtmp_restream_core_get_conf((ngx_cycle_t *) ngx_cycle);

    app.data = (u_char *) change->app;
    app.len = ngx_strlen(change->app);

    ngx_memzero(&key, sizeof(ngx_rtmp_restream_stream_key_t));

    key.app = app;
    key.name.data = (u_char *) change->name;
    key.name.len = ngx_strlen(change->name);

    change->create_stream = ngx_rtmp_restream_zone_has(
                                rccf->main->shm_zone->data, &key, &live);

    conf = ngx_rtmp_restream_control_app(&app);

    if (conf == NULL) {
        conf = rccf->main->defaults;
    }

    change->max_destinations = conf->max_destinations;
    change->need_live = !live && !conf->offline_start;

    if (ngx_rtmp_restream_control_config_names(change, conf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_rtmp_restream_control_config_id(change, conf, &key);
}


static ngx_int_t
ngx_rtmp_restream_control_config_names(restream_change_t *change,
    ngx_rtmp_restream_app_conf_t *conf)
{
    ngx_uint_t                        i;
    ngx_rtmp_restream_destination_t  *dst;

    dst = conf->destinations.elts;

    change->config_names = calloc(conf->destinations.nelts + 1,
                                  sizeof(char *));
    if (change->config_names == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < conf->destinations.nelts; i++) {
        change->config_names[i] = strndup((char *) dst[i].name.data,
                                          dst[i].name.len);
        if (change->config_names[i] == NULL) {
            return NGX_ERROR;
        }

        change->nconfig_names++;
    }

    return NGX_OK;
}


/* the store knows those of nginx.conf by name alone */

static ngx_int_t
ngx_rtmp_restream_control_config_id(restream_change_t *change,
    ngx_rtmp_restream_app_conf_t *conf, ngx_rtmp_restream_stream_key_t *key)
{
    ngx_uint_t                        i;
    ngx_rtmp_restream_destination_t  *dst;

    dst = conf->destinations.elts;

    for (i = 0; change->id && i < conf->destinations.nelts; i++) {

        if (ngx_rtmp_restream_record_config_id(&dst[i].name, key)
            != change->id)
        {
            continue;
        }

        change->destination = ngx_rtmp_restream_control_copy(
                                                     change->config_names[i]);
        if (change->destination == NULL) {
            return NGX_ERROR;
        }

        change->id = 0;
        change->config_made = 1;
    }

    return NGX_OK;
}


/*
 * It is on the disk: now those who relay it.  Also when all was so already: a
 * worker may have died between the two just now, and this is the client's
 * second try.
 */

void
ngx_rtmp_restream_control_changed(ngx_rtmp_restream_control_t *control)
{
    const char                      *app, *name;
    restream_change_t               *change;
    restream_change_outcome_t       *outcome;
    ngx_rtmp_restream_stream_key_t   key;

    change = control->store->change;
    outcome = &control->store->outcome;

    if (outcome->result == RESTREAM_CHANGED && outcome->changed) {
        ngx_rtmp_restream_control_log(change, outcome);

        app = change->app;
        name = change->name;

    } else if ((outcome->result == RESTREAM_CHANGED
                || outcome->result == RESTREAM_CHANGE_REPLAYED)
               && outcome->stream)
    {
        /* of a replay the name may be the one that was made up then */

        app = outcome->stream->app;
        name = outcome->stream->name;

    } else {
        return;
    }

    ngx_memzero(&key, sizeof(ngx_rtmp_restream_stream_key_t));

    key.app.data = (u_char *) app;
    key.app.len = ngx_strlen(app);
    key.name.data = (u_char *) name;
    key.name.len = ngx_strlen(name);

    if (ngx_rtmp_restream_control_install(control->zone, &key, outcome->stream,
                                          outcome->revision)
        != NGX_ERROR)
    {
        ngx_rtmp_restream_control_full = 0;
        return;
    }

    control->zone_full = 1;

    if (!ngx_rtmp_restream_control_full) {
        ngx_rtmp_restream_control_full = 1;

        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                      "no room in \"restream_zone\" for all that is stored of "
                      "a live stream, set it to %uzk or more",
                      ngx_rtmp_restream_control_zone_wanted() / 1024);
    }
}


size_t
ngx_rtmp_restream_control_zone_wanted(void)
{
    ngx_rtmp_restream_core_conf_t  *rccf;

    rccf = ngx_rtmp_restream_core_get_conf((ngx_cycle_t *) ngx_cycle);

    return 2 * rccf->main->shm_zone->shm.size;
}
