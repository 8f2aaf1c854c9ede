/*
 * The end of restream_duration_limit: see ngx_rtmp_restream_control.h.
 */

#include "ngx_rtmp_restream_control.h"


static restream_change_t *ngx_rtmp_restream_control_limit_change(
    ngx_rtmp_restream_stream_key_t *key, ngx_rtmp_restream_record_t *record);
static char *ngx_rtmp_restream_control_limit_copy(ngx_str_t *s);
static void ngx_rtmp_restream_control_limit_done(void *owner,
    ngx_rtmp_restream_control_t *control);


void
ngx_rtmp_restream_control_limit(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_app_conf_t *conf, ngx_rtmp_restream_stream_key_t *key,
    ngx_rtmp_restream_record_t *record)
{
    restream_change_t  *change;

    /* at once, also when the store cannot: the limit is the operator's */

    ngx_rtmp_restream_zone_switch_off(zone, key, record->id);

    if (conf->main->store.dsn.len == 0) {
        return;
    }

    change = ngx_rtmp_restream_control_limit_change(key, record);

    if (change == NULL
        || ngx_rtmp_restream_control_change(&change,
                                         ngx_rtmp_restream_control_limit_done,
                                         NULL)
           == NULL)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "the switch of a destination that has reached "
                      "\"restream_duration_limit\" could not be stored");
        restream_change_destroy(&change);
    }
}


static restream_change_t *
ngx_rtmp_restream_control_limit_change(ngx_rtmp_restream_stream_key_t *key,
    ngx_rtmp_restream_record_t *record)
{
    restream_change_t  *change;

    change = calloc(1, sizeof(restream_change_t));
    if (change == NULL) {
        return NULL;
    }

    change->kind = RESTREAM_CHANGE_SWITCH_DESTINATION;
    change->now = ngx_rtmp_restream_now();
    change->enabled = 0;

    change->app = ngx_rtmp_restream_control_limit_copy(&key->app);
    change->name = ngx_rtmp_restream_control_limit_copy(&key->name);
    change->who = strdup("restream_duration_limit");

    if (record->origin == NGX_RTMP_RESTREAM_ORIGIN_API) {
        change->id = record->id;

    } else {
        change->config_made = 1;
        change->destination = ngx_rtmp_restream_control_limit_copy(
                                                              &record->name);
    }

    if (change->app == NULL || change->name == NULL || change->who == NULL
        || (change->id == 0 && change->destination == NULL))
    {
        restream_change_destroy(&change);
    }

    return change;
}


static char *
ngx_rtmp_restream_control_limit_copy(ngx_str_t *s)
{
    return strndup((char *) s->data, s->len);
}


static void
ngx_rtmp_restream_control_limit_done(void *owner,
    ngx_rtmp_restream_control_t *control)
{
    if (control->store->rc != RESTREAM_ERROR) {
        return;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "the switch of a destination that has reached "
                  "\"restream_duration_limit\" could not be stored: %s",
                  control->store->err.text);
}
