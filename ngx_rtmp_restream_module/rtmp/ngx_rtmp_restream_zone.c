/*
 * The shared memory: see ngx_rtmp_restream_zone.h.
 */

#include "ngx_rtmp_restream_zone_rows.h"
#include "ngx_rtmp_restream_target.h"


#define NGX_RTMP_RESTREAM_ZONE_PER_WORKER  512      /* bytes of a zone, for one
                                                       that may use it */


static ngx_rtmp_restream_zone_stream_t *ngx_rtmp_restream_zone_add_locked(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_stream_key_t *key);
static ngx_int_t ngx_rtmp_restream_zone_set_args_locked(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_zone_stream_t *zs,
    ngx_str_t *args);
static ngx_rbtree_key_t ngx_rtmp_restream_zone_hash(
    ngx_rtmp_restream_stream_key_t *key);


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

    zone->sh->max_workers = ngx_min(NGX_MAX_PROCESSES,
                                    shm_zone->shm.size
                                    / NGX_RTMP_RESTREAM_ZONE_PER_WORKER);
    zone->sh->workers = ngx_slab_calloc(zone->shpool,
                                       zone->sh->max_workers
                                       * sizeof(ngx_rtmp_restream_owner_t));
    if (zone->sh->workers == NULL) {
        return NGX_ERROR;
    }

    zone->shpool->data = zone->sh;

    /* a full zone is told once, in our own words */
    zone->shpool->log_nomem = 0;

    ngx_queue_init(&zone->sh->streams);

    /* the function is of nginx itself: another copy of this module, after an
     * upgrade, finds it where it was */

    ngx_rbtree_init(&zone->sh->index, &zone->sh->sentinel,
                    ngx_rbtree_insert_value);

    zone->sh->losses = 1;
    zone->sh->room = 1;

    return NGX_OK;
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


ngx_uint_t
ngx_rtmp_restream_zone_busy(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key)
{
    ngx_uint_t                        busy;
    ngx_rtmp_restream_zone_stream_t  *zs;

    ngx_rtmp_restream_zone_sweep_stream(zone, key);

    ngx_shmtx_lock(&zone->shpool->mutex);

    zs = ngx_rtmp_restream_zone_find_locked(zone, key);

    busy = zs && zs->live && !ngx_rtmp_restream_owner_is_self(&zs->owner);

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return busy;
}


ngx_uint_t
ngx_rtmp_restream_zone_has(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, ngx_uint_t *live)
{
    ngx_rtmp_restream_zone_stream_t  *zs;

    ngx_rtmp_restream_zone_sweep_stream(zone, key);

    ngx_shmtx_lock(&zone->shpool->mutex);

    zs = ngx_rtmp_restream_zone_find_locked(zone, key);
    *live = zs && zs->live;

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return zs != NULL;
}


ngx_int_t
ngx_rtmp_restream_zone_claim(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, ngx_rtmp_restream_zone_stream_t **zsp)
{
    ngx_int_t                         rc;
    ngx_rtmp_restream_zone_stream_t  *zs;

    ngx_rtmp_restream_zone_sweep_stream(zone, key);

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


/* names with the same hash stand one behind the other */

ngx_rtmp_restream_zone_stream_t *
ngx_rtmp_restream_zone_find_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key)
{
    ngx_rbtree_t                     *index;
    ngx_rbtree_key_t                  hash;
    ngx_rbtree_node_t                *node, *first;
    ngx_rtmp_restream_zone_stream_t  *zs;

    index = &zone->sh->index;
    hash = ngx_rtmp_restream_zone_hash(key);
    first = NULL;

    for (node = index->root; node != index->sentinel; /* void */ ) {

        if (node->key >= hash) {
            first = node;
            node = node->left;

        } else {
            node = node->right;
        }
    }

    for (node = first;
         node && node->key == hash;
         node = ngx_rbtree_next(index, node))
    {
        zs = (ngx_rtmp_restream_zone_stream_t *)
                 ((u_char *) node
                  - offsetof(ngx_rtmp_restream_zone_stream_t, node));

        if (ngx_rtmp_restream_stream_key_equal(&zs->key, key)) {
            return zs;
        }
    }

    return NULL;
}


static ngx_rbtree_key_t
ngx_rtmp_restream_zone_hash(ngx_rtmp_restream_stream_key_t *key)
{
    uint64_t  hash;

    hash = ngx_rtmp_restream_hash(NGX_RTMP_RESTREAM_HASH_INIT, key->app.data,
                                  key->app.len);

    return (ngx_rbtree_key_t) ngx_rtmp_restream_hash(hash, key->name.data,
                                                     key->name.len);
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

    /* counted before it is linked, as a destination is */

    zone->sh->nstreams++;
    zone->sh->len += len;

    ngx_memory_barrier();

    zs->node.key = ngx_rtmp_restream_zone_hash(key);
    ngx_rbtree_insert(&zone->sh->index, &zs->node);

    ngx_queue_insert_tail(&zone->sh->streams, &zs->queue);

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

        have->len = 0;
        ngx_memory_barrier();

        ngx_slab_free_locked(zone->shpool, have->data);
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


void
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

    ngx_queue_remove(&zs->queue);
    ngx_rbtree_delete(&zone->sh->index, &zs->node);

    ngx_memory_barrier();

    zone->sh->nstreams--;
    zone->sh->len -= zs->key.app.len + zs->key.name.len;
    zone->sh->room++;

    if (zs->switches) {
        ngx_slab_free_locked(zone->shpool, zs->switches);
    }

    ngx_slab_free_locked(zone->shpool, zs);
}
