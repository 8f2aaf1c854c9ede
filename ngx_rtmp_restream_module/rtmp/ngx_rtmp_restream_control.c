/*
 * Use cases: see ngx_rtmp_restream_control.h.
 */

#include "ngx_rtmp_restream_control.h"
#include "ngx_rtmp_restream_control_store.h"
#include "ngx_rtmp_restream_core.h"
#include "ngx_rtmp_restream_record.h"


#define NGX_RTMP_RESTREAM_CONTROL_PATIENCE  3   /* times asked for a stream, a
                                                   second between them */


ngx_int_t
ngx_rtmp_restream_control_publish(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_rtmp_restream_app_conf_t *conf,
    ngx_rtmp_restream_stream_key_t *key)
{
    ngx_int_t   rc;
    ngx_uint_t  n;

    if (conf->main->store.dsn.len == 0
        || ngx_rtmp_restream_zone_stored(zone, zs))
    {
        return ngx_rtmp_restream_control_put(zone, &conf->destinations, key);
    }

    n = ngx_rtmp_restream_zone_load(zone, zs);

    if (n > NGX_RTMP_RESTREAM_CONTROL_PATIENCE) {

        /* the store hangs: what it does not make does not wait for it */

        return ngx_rtmp_restream_control_put(zone, &conf->destinations, key);
    }

    if (n > 1) {
        return NGX_AGAIN;
    }

    /* one that lacked room until now comes again */

    rc = ngx_rtmp_restream_control_load(zone, conf, key,
                                  ngx_rtmp_restream_zone_has_room(zone, zs));

    if (rc == NGX_ERROR) {
        ngx_rtmp_restream_zone_loaded(zone, key, 0);
    }

    return rc;
}


void
ngx_rtmp_restream_control_reload(ngx_rtmp_restream_zone_t *zone,
    ngx_array_t *apps, ngx_log_t *log)
{
    ngx_uint_t                        i, j, n;
    ngx_pool_t                       *pool;
    ngx_array_t                      *destinations, none;
    ngx_rtmp_restream_app_conf_t    **app;
    ngx_rtmp_restream_stream_key_t   *keys;

    pool = ngx_create_pool(4096, log);
    if (pool == NULL) {
        return;
    }

    if (ngx_rtmp_restream_zone_list(zone, pool, &keys, &n) != NGX_OK) {
        goto done;
    }

    ngx_memzero(&none, sizeof(ngx_array_t));

    for (i = 0; i < n; i++) {

        /* an application that is gone has no destinations */

        destinations = &none;
        app = apps->elts;

        for (j = 0; j < apps->nelts; j++) {
            if (ngx_rtmp_restream_str_equal(&app[j]->name, &keys[i].app)) {
                destinations = &app[j]->destinations;
                break;
            }
        }

        if (ngx_rtmp_restream_control_put(zone, destinations, &keys[i])
            == NGX_ERROR)
        {
            ngx_log_error(NGX_LOG_CRIT, log, 0,
                          "no room in \"restream_zone\" for all of a stream "
                          "in application \"%V\", increase its size",
                          &keys[i].app);
        }
    }

done:

    ngx_destroy_pool(pool);
}


ngx_int_t
ngx_rtmp_restream_control_put(ngx_rtmp_restream_zone_t *zone,
    ngx_array_t *destinations, ngx_rtmp_restream_stream_key_t *key)
{
    ngx_int_t                         rc;
    ngx_uint_t                        i, n;
    ngx_pool_t                       *pool;
    ngx_rtmp_restream_record_t       *records;
    ngx_rtmp_restream_destination_t  *dst;

    pool = ngx_create_pool(4096, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_ERROR;
    n = destinations->nelts;
    dst = destinations->elts;

    records = ngx_pcalloc(pool, n * sizeof(ngx_rtmp_restream_record_t) + 1);
    if (records == NULL) {
        goto done;
    }

    for (i = 0; i < n; i++) {
        if (ngx_rtmp_restream_record_config(pool, &records[i], &dst[i], key)
            != NGX_OK)
        {
            goto done;
        }
    }

    rc = ngx_rtmp_restream_zone_put(zone, key, NGX_RTMP_RESTREAM_ORIGIN_CONFIG,
                                    records, n);

done:

    ngx_destroy_pool(pool);

    return rc;
}


ngx_rtmp_restream_app_conf_t *
ngx_rtmp_restream_control_app(ngx_str_t *app)
{
    ngx_uint_t                      i;
    ngx_rtmp_restream_app_conf_t  **racf;
    ngx_rtmp_restream_core_conf_t  *rccf;

    rccf = ngx_rtmp_restream_core_get_conf((ngx_cycle_t *) ngx_cycle);
    racf = rccf->apps.elts;

    for (i = 0; i < rccf->apps.nelts; i++) {
        if (ngx_rtmp_restream_str_equal(&racf[i]->name, app)) {
            return racf[i];
        }
    }

    return NULL;
}


unsigned
ngx_rtmp_restream_control_schemes(void)
{
    ngx_rtmp_restream_core_conf_t  *rccf;

    rccf = ngx_rtmp_restream_core_get_conf((ngx_cycle_t *) ngx_cycle);

    return rccf->main->schemes;
}
