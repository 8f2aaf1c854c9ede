/*
 * What the store has of a stream goes into the zone: see
 * ngx_rtmp_restream_control_store.h.
 */

#include "ngx_rtmp_restream_control_store.h"
#include "ngx_rtmp_restream_record.h"
#include "ngx_rtmp_restream_target.h"


/* a stream that is being loaded, on a pool of its own */

typedef struct {
    ngx_pool_t                        *pool;
    ngx_rtmp_restream_zone_t          *zone;
    ngx_rtmp_restream_app_conf_t      *conf;
    ngx_rtmp_restream_stream_key_t     key;
    ngx_uint_t                         losses;  /* when the store was asked;
                                                   0: it could not tell */
    ngx_uint_t                         told;    /* that it lacks room */
} ngx_rtmp_restream_load_t;


static ngx_rtmp_restream_load_t *ngx_rtmp_restream_control_create_load(
    ngx_rtmp_restream_stream_key_t *key);
static void ngx_rtmp_restream_control_loaded(
    ngx_rtmp_restream_store_call_t *store);
static ngx_uint_t ngx_rtmp_restream_control_records(ngx_pool_t *pool,
    restream_stream_t *st, ngx_rtmp_restream_record_t *records);


/* of this worker: a store that fails is told once */

static ngx_uint_t  ngx_rtmp_restream_control_failing;


ngx_int_t
ngx_rtmp_restream_control_load(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_app_conf_t *conf, ngx_rtmp_restream_stream_key_t *key,
    ngx_uint_t told)
{
    ngx_rtmp_restream_load_t        *load;
    ngx_rtmp_restream_store_call_t  *store;

    load = ngx_rtmp_restream_control_create_load(key);
    if (load == NULL) {
        return NGX_ERROR;
    }

    load->zone = zone;
    load->conf = conf;
    load->losses = ngx_rtmp_restream_zone_losses(zone);
    load->told = told;

    store = ngx_rtmp_restream_store_create_call(&conf->main->store,
                                                NGX_RTMP_RESTREAM_STORE_LOAD);
    if (store == NULL) {
        ngx_destroy_pool(load->pool);
        return NGX_ERROR;
    }

    store->app = ngx_rtmp_restream_control_copy((char *) load->key.app.data);
    store->name = ngx_rtmp_restream_control_copy((char *) load->key.name.data);
    store->done = ngx_rtmp_restream_control_loaded;
    store->data = load;

    if (store->app == NULL || store->name == NULL) {
        ngx_rtmp_restream_store_free(store);
        ngx_destroy_pool(load->pool);
        return NGX_ERROR;
    }

    ngx_rtmp_restream_store_post(store);

    return NGX_AGAIN;
}


/* a copy of the key, terminated */

static ngx_rtmp_restream_load_t *
ngx_rtmp_restream_control_create_load(ngx_rtmp_restream_stream_key_t *key)
{
    ngx_uint_t                 i;
    ngx_str_t                 *to[3], *from[3];
    ngx_pool_t                *pool;
    ngx_rtmp_restream_load_t  *load;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    load = ngx_pcalloc(pool, sizeof(ngx_rtmp_restream_load_t));
    if (load == NULL) {
        goto failed;
    }

    load->pool = pool;

    to[0] = &load->key.app;
    from[0] = &key->app;
    to[1] = &load->key.name;
    from[1] = &key->name;
    to[2] = &load->key.args;
    from[2] = &key->args;

    for (i = 0; i < 3; i++) {
        to[i]->len = from[i]->len;
        to[i]->data = ngx_pcalloc(pool, from[i]->len + 1);

        if (to[i]->data == NULL) {
            goto failed;
        }

        ngx_memcpy(to[i]->data, from[i]->data, from[i]->len);
    }

    return load;

failed:

    ngx_destroy_pool(pool);

    return NULL;
}


/* the source may be gone, or another worker's: the zone knows */

static void
ngx_rtmp_restream_control_loaded(ngx_rtmp_restream_store_call_t *store)
{
    ngx_int_t                  rc;
    ngx_rtmp_restream_load_t  *load;

    load = store->data;

    rc = NGX_OK;

    if (store->rc == RESTREAM_ERROR) {
        load->losses = 0;

        if (!ngx_rtmp_restream_control_failing) {
            ngx_rtmp_restream_control_failing = 1;

            ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                          "streams start without the destinations of the "
                          "store: %s", store->err.text);
        }

    } else {
        ngx_rtmp_restream_control_failing = 0;

        rc = ngx_rtmp_restream_control_install(load->zone, &load->key,
                                               store->stream,
                                               store->revision);
    }

    /* behind the switches, that none is dialled which is off */

    if (ngx_rtmp_restream_control_put(load->zone, &load->conf->destinations,
                                      &load->key)
        == NGX_ERROR)
    {
        rc = NGX_ERROR;
    }

    ngx_rtmp_restream_zone_loaded(load->zone, &load->key, load->losses);

    if (rc == NGX_ERROR && !load->told) {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                      "no room in \"restream_zone\" for all of a stream in "
                      "application \"%V\", increase its size",
                      &load->key.app);
    }

    ngx_explicit_memzero(load->key.args.data, load->key.args.len);
    ngx_destroy_pool(load->pool);
}


/* what the store has of a stream goes into the zone; st NULL: nothing */

ngx_int_t
ngx_rtmp_restream_control_install(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, restream_stream_t *st,
    uint64_t revision)
{
    ngx_int_t                    rc;
    ngx_uint_t                   i, n, ndestinations, nswitches;
    ngx_pool_t                  *pool;
    ngx_rtmp_restream_record_t  *records;
    ngx_rtmp_restream_switch_t  *switches;

    pool = ngx_create_pool(4096, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    ndestinations = st ? st->ndestinations : 0;
    nswitches = st ? st->nswitches : 0;

    records = ngx_pcalloc(pool, ndestinations
                                * sizeof(ngx_rtmp_restream_record_t) + 1);
    switches = ngx_pcalloc(pool, nswitches
                                 * sizeof(ngx_rtmp_restream_switch_t) + 1);

    if (records == NULL || switches == NULL) {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    n = st ? ngx_rtmp_restream_control_records(pool, st, records) : 0;

    for (i = 0; i < nswitches; i++) {
        switches[i].name.data = (u_char *) st->switches[i].name;
        switches[i].name.len = ngx_strlen(st->switches[i].name);
        switches[i].enabled = st->switches[i].enabled;
    }

    rc = ngx_rtmp_restream_zone_put_stored(zone, key, revision, records, n,
                                           switches, nswitches);

    for (i = 0; i < n; i++) {
        ngx_rtmp_restream_target_wipe(&records[i].target);
    }

    ngx_destroy_pool(pool);

    return rc;
}


static ngx_uint_t
ngx_rtmp_restream_control_records(ngx_pool_t *pool, restream_stream_t *st,
    ngx_rtmp_restream_record_t *records)
{
    ngx_uint_t  i, n;

    n = 0;

    for (i = 0; i < st->ndestinations; i++) {
        if (ngx_rtmp_restream_record_stored(pool, &records[n],
                                            &st->destinations[i])
            == NGX_OK)
        {
            n++;
        }
    }

    return n;
}
