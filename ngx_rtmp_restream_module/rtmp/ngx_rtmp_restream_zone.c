/*
 * The shared memory: see ngx_rtmp_restream_zone.h.
 */

#include "ngx_rtmp_restream_zone_rows.h"


static ngx_rtmp_restream_zone_stream_t *ngx_rtmp_restream_zone_add_locked(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_stream_key_t *key);
static ngx_int_t ngx_rtmp_restream_zone_set_args_locked(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_zone_stream_t *zs,
    ngx_str_t *args);
static void ngx_rtmp_restream_zone_drop_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs);
static ngx_uint_t ngx_rtmp_restream_zone_dead_owners(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_owner_t *dead,
    ngx_uint_t max);


ngx_rtmp_restream_zone_t *
ngx_rtmp_restream_zone_create(ngx_pool_t *pool)
{
    return ngx_pcalloc(pool, sizeof(ngx_rtmp_restream_zone_t));
}


ngx_int_t
ngx_rtmp_restream_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_rtmp_restream_zone_t  *ozone = data;
    ngx_rtmp_restream_zone_t  *zone = shm_zone->data;

    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (ozone) {
        zone->sh = ozone->sh;
        return NGX_OK;
    }

    if (shm_zone->shm.exists) {
        zone->sh = zone->shpool->data;
        return NGX_OK;
    }

    zone->sh = ngx_slab_calloc(zone->shpool,
                               sizeof(ngx_rtmp_restream_zone_sh_t));
    if (zone->sh == NULL) {
        return NGX_ERROR;
    }

    zone->sh->failures = ngx_slab_calloc(zone->shpool,
                                         sizeof(restream_failures_t));
    if (zone->sh->failures == NULL) {
        return NGX_ERROR;
    }

    zone->shpool->data = zone->sh;

    /* a full zone is told once, in our own words */
    zone->shpool->log_nomem = 0;

    ngx_queue_init(&zone->sh->streams);

    return NGX_OK;
}


ngx_int_t
ngx_rtmp_restream_zone_init_process(ngx_rtmp_restream_zone_t *zone,
    ngx_log_t *log)
{
    if (ngx_rtmp_restream_owner_init(log) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_rtmp_restream_zone_sweep(zone);

    return NGX_OK;
}


void
ngx_rtmp_restream_zone_sweep(ngx_rtmp_restream_zone_t *zone)
{
    ngx_uint_t                        i, n;
    ngx_queue_t                      *q, *next;
    ngx_rtmp_restream_owner_t         dead[16];
    ngx_rtmp_restream_zone_stream_t  *zs;

    n = ngx_rtmp_restream_zone_dead_owners(zone, dead, 16);

    if (n == 0) {
        return;
    }

    ngx_shmtx_lock(&zone->shpool->mutex);

    for (q = ngx_queue_head(&zone->sh->streams);
         q != ngx_queue_sentinel(&zone->sh->streams);
         q = next)
    {
        next = ngx_queue_next(q);
        zs = ngx_queue_data(q, ngx_rtmp_restream_zone_stream_t, queue);

        for (i = 0; i < n; i++) {
            if (ngx_rtmp_restream_owner_equal(&zs->owner, &dead[i])) {
                ngx_rtmp_restream_zone_drop_locked(zone, zs);
                break;
            }
        }
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


void
ngx_rtmp_restream_zone_renew(ngx_rtmp_restream_zone_t *zone)
{
    ngx_shmtx_lock(&zone->shpool->mutex);

    zone->revision = ++zone->sh->revision;
    zone->sh->retired = 0;
    zone->sh->behind = 0;

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


ngx_uint_t
ngx_rtmp_restream_zone_keep(ngx_rtmp_restream_zone_t *zone)
{
    ngx_uint_t  behind;

    behind = 0;

    ngx_shmtx_lock(&zone->shpool->mutex);

    if (zone->revision == zone->sh->revision) {
        behind = zone->sh->behind;
        zone->sh->behind = 0;
        zone->sh->retired = 0;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return behind;
}


void
ngx_rtmp_restream_zone_retire(ngx_rtmp_restream_zone_t *zone)
{
    ngx_shmtx_lock(&zone->shpool->mutex);

    if (zone->revision == zone->sh->revision) {
        zone->sh->retired = 1;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


ngx_uint_t
ngx_rtmp_restream_zone_succeeded(ngx_rtmp_restream_zone_t *zone)
{
    return zone->revision != zone->sh->revision && !zone->sh->retired;
}


/* /proc is read outside the lock */

static ngx_uint_t
ngx_rtmp_restream_zone_dead_owners(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_owner_t *dead, ngx_uint_t max)
{
    ngx_uint_t                        i, n, ndead;
    ngx_queue_t                      *q;
    ngx_rtmp_restream_owner_t         owners[64];
    ngx_rtmp_restream_zone_stream_t  *zs;

    n = 0;

    ngx_shmtx_lock(&zone->shpool->mutex);

    for (q = ngx_queue_head(&zone->sh->streams);
         q != ngx_queue_sentinel(&zone->sh->streams) && n < 64;
         q = ngx_queue_next(q))
    {
        zs = ngx_queue_data(q, ngx_rtmp_restream_zone_stream_t, queue);

        for (i = 0; i < n; i++) {
            if (ngx_rtmp_restream_owner_equal(&zs->owner, &owners[i])) {
                break;
            }
        }

        if (i == n) {
            owners[n++] = zs->owner;
        }
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    ndead = 0;

    for (i = 0; i < n && ndead < max; i++) {
        if (!ngx_rtmp_restream_owner_alive(&owners[i])) {
            dead[ndead++] = owners[i];
        }
    }

    return ndead;
}


ngx_uint_t
ngx_rtmp_restream_zone_busy(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key)
{
    ngx_uint_t                        busy;
    ngx_rtmp_restream_zone_stream_t  *zs;

    ngx_rtmp_restream_zone_sweep(zone);

    ngx_shmtx_lock(&zone->shpool->mutex);

    zs = ngx_rtmp_restream_zone_find_locked(zone, key);

    busy = zs && zs->live && !ngx_rtmp_restream_owner_is_self(&zs->owner);

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return busy;
}


ngx_uint_t
ngx_rtmp_restream_zone_has(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key)
{
    ngx_rtmp_restream_zone_stream_t  *zs;

    ngx_rtmp_restream_zone_sweep(zone);

    ngx_shmtx_lock(&zone->shpool->mutex);
    zs = ngx_rtmp_restream_zone_find_locked(zone, key);
    ngx_shmtx_unlock(&zone->shpool->mutex);

    return zs != NULL;
}


ngx_int_t
ngx_rtmp_restream_zone_claim(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, ngx_rtmp_restream_zone_stream_t **zsp)
{
    ngx_int_t                         rc;
    ngx_rtmp_restream_zone_stream_t  *zs;

    ngx_rtmp_restream_zone_sweep(zone);

    ngx_shmtx_lock(&zone->shpool->mutex);

    zs = ngx_rtmp_restream_zone_find_locked(zone, key);

    if (zs == NULL) {
        zs = ngx_rtmp_restream_zone_add_locked(zone, key);
        rc = zs ? NGX_OK : NGX_ERROR;

    } else if (zs->live) {
        rc = NGX_BUSY;

    } else {
        zs->asked = 1;
        rc = NGX_AGAIN;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    *zsp = (rc == NGX_OK) ? zs : NULL;

    return rc;
}


void
ngx_rtmp_restream_zone_release(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t **zs)
{
    if (*zs == NULL) {
        return;
    }

    ngx_shmtx_lock(&zone->shpool->mutex);
    ngx_rtmp_restream_zone_drop_locked(zone, *zs);
    ngx_shmtx_unlock(&zone->shpool->mutex);

    *zs = NULL;
}


void
ngx_rtmp_restream_zone_set_live(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_uint_t live)
{
    ngx_shmtx_lock(&zone->shpool->mutex);

    zs->live = live;

    if (live) {
        zs->asked = 0;

    } else {
        zs->ingest.since = 0;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


ngx_int_t
ngx_rtmp_restream_zone_set_args(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_str_t *args)
{
    ngx_int_t  rc;

    ngx_shmtx_lock(&zone->shpool->mutex);
    rc = ngx_rtmp_restream_zone_set_args_locked(zone, zs, args);
    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


ngx_uint_t
ngx_rtmp_restream_zone_asked(ngx_rtmp_restream_zone_stream_t *zs)
{
    return zs->asked;
}


ngx_uint_t
ngx_rtmp_restream_zone_generation(ngx_rtmp_restream_zone_t *zone)
{
    return zone->sh->generation;
}


ngx_rtmp_restream_zone_stream_t *
ngx_rtmp_restream_zone_find_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key)
{
    ngx_queue_t                      *q;
    ngx_rtmp_restream_zone_stream_t  *zs;

    for (q = ngx_queue_head(&zone->sh->streams);
         q != ngx_queue_sentinel(&zone->sh->streams);
         q = ngx_queue_next(q))
    {
        zs = ngx_queue_data(q, ngx_rtmp_restream_zone_stream_t, queue);

        if (ngx_rtmp_restream_stream_key_equal(&zs->key, key)) {
            return zs;
        }
    }

    return NULL;
}


static ngx_rtmp_restream_zone_stream_t *
ngx_rtmp_restream_zone_add_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key)
{
    size_t                            len;
    ngx_rtmp_restream_zone_arena_t    arena;
    ngx_rtmp_restream_zone_stream_t  *zs;

    len = key->app.len + key->name.len;

    zs = ngx_slab_calloc_locked(zone->shpool,
                                sizeof(ngx_rtmp_restream_zone_stream_t) + len);
    if (zs == NULL) {
        return NULL;
    }

    arena.last = (u_char *) &zs[1];
    arena.end = arena.last + len;

    ngx_rtmp_restream_zone_copy_str(&zs->key.app, &key->app, &arena);
    ngx_rtmp_restream_zone_copy_str(&zs->key.name, &key->name, &arena);

    zs->owner = ngx_rtmp_restream_owner_self;
    zs->live = 1;
    zs->since = ngx_rtmp_restream_now();
    ngx_queue_init(&zs->destinations);

    ngx_queue_insert_tail(&zone->sh->streams, &zs->queue);
    zone->sh->nstreams++;
    zone->sh->len += len;

    return zs;
}


static ngx_int_t
ngx_rtmp_restream_zone_set_args_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_str_t *args)
{
    u_char     *p;
    ngx_str_t  *have;

    have = &zs->key.args;

    if (ngx_rtmp_restream_str_equal(have, args)) {
        return NGX_OK;
    }

    if (have->len) {
        zone->sh->len -= have->len;
        ngx_explicit_memzero(have->data, have->len);
        ngx_slab_free_locked(zone->shpool, have->data);
        have->len = 0;
    }

    if (args->len == 0) {
        return NGX_OK;
    }

    p = ngx_slab_alloc_locked(zone->shpool, args->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, args->data, args->len);

    have->len = args->len;
    have->data = p;
    zone->sh->len += args->len;

    return NGX_OK;
}


static void
ngx_rtmp_restream_zone_drop_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs)
{
    ngx_queue_t                           *q;
    ngx_rtmp_restream_zone_destination_t  *zd;

    static ngx_str_t  none = ngx_null_string;

    while (!ngx_queue_empty(&zs->destinations)) {
        q = ngx_queue_head(&zs->destinations);
        zd = ngx_queue_data(q, ngx_rtmp_restream_zone_destination_t, queue);

        ngx_rtmp_restream_zone_drop_destination_locked(zone, zs, zd);
    }

    (void) ngx_rtmp_restream_zone_set_args_locked(zone, zs, &none);

    if (zs->switches) {
        ngx_slab_free_locked(zone->shpool, zs->switches);
    }

    ngx_queue_remove(&zs->queue);
    zone->sh->nstreams--;
    zone->sh->len -= zs->key.app.len + zs->key.name.len;

    ngx_slab_free_locked(zone->shpool, zs);
}
