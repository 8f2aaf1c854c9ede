/*
 * The shared memory: see ngx_rtmp_restream_zone.h.
 *
 *     zone -> stream -> destination    one slab block each, strings behind the
 *             stream -> destination    struct, all in this mapping
 */

#include "ngx_rtmp_restream_zone.h"
#include "ngx_rtmp_restream_owner.h"


typedef struct {
    ngx_queue_t                  queue;
    ngx_rtmp_restream_record_t   record;    /* strings: behind this struct */
    ngx_rtmp_restream_report_t   report;
    size_t                       len;       /* of the strings */
    ngx_uint_t                   seen;      /* by the put that is running */
} ngx_rtmp_restream_zone_destination_t;


struct ngx_rtmp_restream_zone_stream_s {
    ngx_queue_t                      queue;
    ngx_rtmp_restream_owner_t        owner;
    ngx_atomic_t                     asked;     /* set by who wants it */
    ngx_uint_t                       live;
    uint64_t                         since;
    ngx_rtmp_restream_stream_key_t   key;       /* behind this struct */
    ngx_queue_t                      destinations;
    ngx_uint_t                       ndestinations;
};


/* the part that all processes share */

typedef struct {
    ngx_atomic_t                 generation;
    ngx_queue_t                  streams;
    ngx_uint_t                   nstreams;
    ngx_uint_t                   ndestinations;
    size_t                       len;           /* of all strings */
} ngx_rtmp_restream_zone_sh_t;


struct ngx_rtmp_restream_zone_s {
    ngx_rtmp_restream_zone_sh_t  *sh;
    ngx_slab_pool_t              *shpool;
};


/* memory of the caller that strings are copied to */

typedef struct {
    u_char                       *last;
    u_char                       *end;
} ngx_rtmp_restream_zone_arena_t;


static ngx_rtmp_restream_zone_stream_t *ngx_rtmp_restream_zone_find_locked(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_stream_key_t *key);
static ngx_rtmp_restream_zone_stream_t *ngx_rtmp_restream_zone_add_locked(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_stream_key_t *key);
static void ngx_rtmp_restream_zone_drop_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs);
static ngx_rtmp_restream_zone_destination_t *
    ngx_rtmp_restream_zone_find_destination_locked(
    ngx_rtmp_restream_zone_stream_t *zs, ngx_queue_t *hint, uint64_t id);
static ngx_int_t ngx_rtmp_restream_zone_add_destination_locked(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_zone_stream_t *zs,
    ngx_rtmp_restream_record_t *record,
    ngx_rtmp_restream_zone_destination_t *old);
static void ngx_rtmp_restream_zone_drop_destination_locked(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_zone_stream_t *zs,
    ngx_rtmp_restream_zone_destination_t *zd);
static ngx_uint_t ngx_rtmp_restream_zone_dead_owners(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_owner_t *dead,
    ngx_uint_t max);
static size_t ngx_rtmp_restream_record_len(ngx_rtmp_restream_record_t *record);
static void ngx_rtmp_restream_record_copy(ngx_rtmp_restream_record_t *dst,
    ngx_rtmp_restream_record_t *src, ngx_rtmp_restream_zone_arena_t *arena);
static void ngx_rtmp_restream_zone_copy_str(ngx_str_t *dst, ngx_str_t *src,
    ngx_rtmp_restream_zone_arena_t *arena);


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
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
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


ngx_int_t
ngx_rtmp_restream_zone_put(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, ngx_rtmp_restream_origin_e origin,
    ngx_rtmp_restream_record_t *records, ngx_uint_t n)
{
    ngx_int_t                              rc;
    ngx_uint_t                             i;
    ngx_queue_t                           *q, *next;
    ngx_rtmp_restream_zone_stream_t       *zs;
    ngx_rtmp_restream_zone_destination_t  *zd;

    rc = NGX_OK;

    ngx_shmtx_lock(&zone->shpool->mutex);

    zs = ngx_rtmp_restream_zone_find_locked(zone, key);

    if (zs == NULL) {
        ngx_shmtx_unlock(&zone->shpool->mutex);
        return NGX_DECLINED;
    }

    for (i = 0; i < n; i++) {
        zd = ngx_rtmp_restream_zone_find_destination_locked(zs, NULL,
                                                            records[i].id);

        if (zd && zd->record.revision == records[i].revision) {
            zd->seen = 1;
            continue;
        }

        if (ngx_rtmp_restream_zone_add_destination_locked(zone, zs, &records[i],
                                                          zd)
            != NGX_OK)
        {
            rc = NGX_ERROR;
        }
    }

    for (q = ngx_queue_head(&zs->destinations);
         q != ngx_queue_sentinel(&zs->destinations);
         q = next)
    {
        next = ngx_queue_next(q);
        zd = ngx_queue_data(q, ngx_rtmp_restream_zone_destination_t, queue);

        if (zd->record.origin == origin && !zd->seen) {
            ngx_rtmp_restream_zone_drop_destination_locked(zone, zs, zd);
            continue;
        }

        zd->seen = 0;
    }

    (void) ngx_atomic_fetch_add(&zone->sh->generation, 1);

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


ngx_int_t
ngx_rtmp_restream_zone_get(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_pool_t *pool,
    ngx_rtmp_restream_record_t **records, ngx_uint_t *np)
{
    size_t                                 len;
    ngx_uint_t                             n;
    ngx_queue_t                           *q;
    ngx_rtmp_restream_record_t            *record;
    ngx_rtmp_restream_zone_arena_t         arena;
    ngx_rtmp_restream_zone_destination_t  *zd;

    for ( ;; ) {

        /* asked for outside the lock; a change in between: once more */

        n = zs->ndestinations;
        len = zone->sh->len;

        record = ngx_palloc(pool, n * sizeof(ngx_rtmp_restream_record_t) + len
                                  + 1);
        if (record == NULL) {
            return NGX_ERROR;
        }

        arena.last = (u_char *) &record[n];
        arena.end = arena.last + len;

        ngx_shmtx_lock(&zone->shpool->mutex);

        if (zs->ndestinations <= n && zone->sh->len <= len) {
            break;
        }

        ngx_shmtx_unlock(&zone->shpool->mutex);
    }

    n = 0;

    for (q = ngx_queue_head(&zs->destinations);
         q != ngx_queue_sentinel(&zs->destinations);
         q = ngx_queue_next(q))
    {
        zd = ngx_queue_data(q, ngx_rtmp_restream_zone_destination_t, queue);

        ngx_rtmp_restream_record_copy(&record[n++], &zd->record, &arena);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    *records = record;
    *np = n;

    return NGX_OK;
}


ngx_int_t
ngx_rtmp_restream_zone_list(ngx_rtmp_restream_zone_t *zone, ngx_pool_t *pool,
    ngx_rtmp_restream_stream_key_t **keys, ngx_uint_t *np)
{
    size_t                            len;
    ngx_uint_t                        n;
    ngx_queue_t                      *q;
    ngx_rtmp_restream_stream_key_t   *key;
    ngx_rtmp_restream_zone_arena_t    arena;
    ngx_rtmp_restream_zone_stream_t  *zs;

    for ( ;; ) {
        n = zone->sh->nstreams;
        len = zone->sh->len;

        key = ngx_palloc(pool, n * sizeof(ngx_rtmp_restream_stream_key_t) + len
                               + 1);
        if (key == NULL) {
            return NGX_ERROR;
        }

        arena.last = (u_char *) &key[n];
        arena.end = arena.last + len;

        ngx_shmtx_lock(&zone->shpool->mutex);

        if (zone->sh->nstreams <= n && zone->sh->len <= len) {
            break;
        }

        ngx_shmtx_unlock(&zone->shpool->mutex);
    }

    n = 0;

    for (q = ngx_queue_head(&zone->sh->streams);
         q != ngx_queue_sentinel(&zone->sh->streams);
         q = ngx_queue_next(q))
    {
        zs = ngx_queue_data(q, ngx_rtmp_restream_zone_stream_t, queue);

        ngx_rtmp_restream_zone_copy_str(&key[n].app, &zs->key.app, &arena);
        ngx_rtmp_restream_zone_copy_str(&key[n].name, &zs->key.name, &arena);
        ngx_rtmp_restream_zone_copy_str(&key[n].args, &zs->key.args, &arena);
        n++;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    *keys = key;
    *np = n;

    return NGX_OK;
}


void
ngx_rtmp_restream_zone_report(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs,
    ngx_rtmp_restream_zone_report_t *reports, ngx_uint_t n)
{
    ngx_uint_t                             i;
    ngx_queue_t                           *hint;
    ngx_rtmp_restream_zone_destination_t  *zd;

    hint = NULL;

    ngx_shmtx_lock(&zone->shpool->mutex);

    for (i = 0; i < n; i++) {
        zd = ngx_rtmp_restream_zone_find_destination_locked(zs, hint,
                                                            reports[i].id);
        if (zd == NULL) {
            continue;
        }

        zd->report = *reports[i].report;

        /* outputs mostly stand in the order of the rows */
        hint = ngx_queue_next(&zd->queue);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


ngx_rtmp_restream_view_t *
ngx_rtmp_restream_zone_view(ngx_rtmp_restream_zone_t *zone, ngx_pool_t *pool)
{
    size_t                                 len;
    ngx_uint_t                             nstreams, ndestinations;
    ngx_queue_t                           *q, *dq;
    ngx_rtmp_restream_view_t              *view;
    ngx_rtmp_restream_zone_arena_t         arena;
    ngx_rtmp_restream_zone_stream_t       *zs;
    ngx_rtmp_restream_view_stream_t       *vs;
    ngx_rtmp_restream_view_destination_t  *vd;
    ngx_rtmp_restream_zone_destination_t  *zd;

    ngx_rtmp_restream_zone_sweep(zone);

    for ( ;; ) {
        nstreams = zone->sh->nstreams;
        ndestinations = zone->sh->ndestinations;
        len = zone->sh->len;

        view = ngx_palloc(pool, sizeof(ngx_rtmp_restream_view_t)
                   + nstreams * sizeof(ngx_rtmp_restream_view_stream_t)
                   + ndestinations
                     * sizeof(ngx_rtmp_restream_view_destination_t)
                   + len);
        if (view == NULL) {
            return NULL;
        }

        view->streams = (ngx_rtmp_restream_view_stream_t *) &view[1];
        vd = (ngx_rtmp_restream_view_destination_t *) &view->streams[nstreams];
        arena.last = (u_char *) &vd[ndestinations];
        arena.end = arena.last + len;

        ngx_shmtx_lock(&zone->shpool->mutex);

        if (zone->sh->nstreams <= nstreams
            && zone->sh->ndestinations <= ndestinations
            && zone->sh->len <= len)
        {
            break;
        }

        ngx_shmtx_unlock(&zone->shpool->mutex);
    }

    vs = view->streams;

    for (q = ngx_queue_head(&zone->sh->streams);
         q != ngx_queue_sentinel(&zone->sh->streams);
         q = ngx_queue_next(q))
    {
        zs = ngx_queue_data(q, ngx_rtmp_restream_zone_stream_t, queue);

        ngx_rtmp_restream_zone_copy_str(&vs->app, &zs->key.app, &arena);
        ngx_rtmp_restream_zone_copy_str(&vs->name, &zs->key.name, &arena);
        vs->worker = zs->owner.pid;
        vs->since = zs->since;
        vs->live = zs->live;
        vs->ndestinations = zs->ndestinations;
        vs->destinations = vd;

        for (dq = ngx_queue_head(&zs->destinations);
             dq != ngx_queue_sentinel(&zs->destinations);
             dq = ngx_queue_next(dq))
        {
            zd = ngx_queue_data(dq, ngx_rtmp_restream_zone_destination_t,
                                queue);

            ngx_rtmp_restream_record_copy(&vd->record, &zd->record, &arena);
            vd->report = zd->report;

            ngx_str_null(&vd->record.target.key);
            ngx_str_null(&vd->record.target.user);
            ngx_str_null(&vd->record.target.password);

            vd++;
        }

        vs++;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    view->nstreams = vs - view->streams;

    return view;
}


static ngx_rtmp_restream_zone_stream_t *
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

        if (zs->key.app.len == key->app.len
            && zs->key.name.len == key->name.len
            && ngx_memcmp(zs->key.app.data, key->app.data, key->app.len) == 0
            && ngx_memcmp(zs->key.name.data, key->name.data, key->name.len)
               == 0)
        {
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

    len = key->app.len + key->name.len + key->args.len;

    zs = ngx_slab_calloc_locked(zone->shpool,
                                sizeof(ngx_rtmp_restream_zone_stream_t) + len);
    if (zs == NULL) {
        return NULL;
    }

    arena.last = (u_char *) &zs[1];
    arena.end = arena.last + len;

    ngx_rtmp_restream_zone_copy_str(&zs->key.app, &key->app, &arena);
    ngx_rtmp_restream_zone_copy_str(&zs->key.name, &key->name, &arena);
    ngx_rtmp_restream_zone_copy_str(&zs->key.args, &key->args, &arena);

    zs->owner = ngx_rtmp_restream_owner_self;
    zs->live = 1;
    zs->since = ngx_rtmp_restream_now();
    ngx_queue_init(&zs->destinations);

    ngx_queue_insert_tail(&zone->sh->streams, &zs->queue);
    zone->sh->nstreams++;
    zone->sh->len += len;

    return zs;
}


static void
ngx_rtmp_restream_zone_drop_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs)
{
    ngx_queue_t                           *q;
    ngx_rtmp_restream_zone_destination_t  *zd;

    while (!ngx_queue_empty(&zs->destinations)) {
        q = ngx_queue_head(&zs->destinations);
        zd = ngx_queue_data(q, ngx_rtmp_restream_zone_destination_t, queue);

        ngx_rtmp_restream_zone_drop_destination_locked(zone, zs, zd);
    }

    ngx_queue_remove(&zs->queue);
    zone->sh->nstreams--;
    zone->sh->len -= zs->key.app.len + zs->key.name.len + zs->key.args.len;

    ngx_slab_free_locked(zone->shpool, zs);
}


/* hint: where to look first; NULL: nowhere */

static ngx_rtmp_restream_zone_destination_t *
ngx_rtmp_restream_zone_find_destination_locked(
    ngx_rtmp_restream_zone_stream_t *zs, ngx_queue_t *hint, uint64_t id)
{
    ngx_queue_t                           *q;
    ngx_rtmp_restream_zone_destination_t  *zd;

    if (hint && hint != ngx_queue_sentinel(&zs->destinations)) {
        zd = ngx_queue_data(hint, ngx_rtmp_restream_zone_destination_t, queue);

        if (zd->record.id == id) {
            return zd;
        }
    }

    for (q = ngx_queue_head(&zs->destinations);
         q != ngx_queue_sentinel(&zs->destinations);
         q = ngx_queue_next(q))
    {
        zd = ngx_queue_data(q, ngx_rtmp_restream_zone_destination_t, queue);

        if (zd->record.id == id) {
            return zd;
        }
    }

    return NULL;
}


/* with old: takes its place and its report */

static ngx_int_t
ngx_rtmp_restream_zone_add_destination_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_rtmp_restream_record_t *record,
    ngx_rtmp_restream_zone_destination_t *old)
{
    size_t                                 len;
    ngx_rtmp_restream_zone_arena_t         arena;
    ngx_rtmp_restream_zone_destination_t  *zd;

    len = ngx_rtmp_restream_record_len(record);

    zd = ngx_slab_calloc_locked(zone->shpool,
                                sizeof(ngx_rtmp_restream_zone_destination_t)
                                + len);
    if (zd == NULL) {

        /* an old one with the wrong target is worse than none */

        if (old) {
            ngx_rtmp_restream_zone_drop_destination_locked(zone, zs, old);
        }

        return NGX_ERROR;
    }

    arena.last = (u_char *) &zd[1];
    arena.end = arena.last + len;

    ngx_rtmp_restream_record_copy(&zd->record, record, &arena);
    zd->len = len;
    zd->seen = 1;

    if (old) {
        zd->report = old->report;
        ngx_queue_insert_after(&old->queue, &zd->queue);
        ngx_rtmp_restream_zone_drop_destination_locked(zone, zs, old);

    } else {
        zd->report.since = ngx_rtmp_restream_now();
        ngx_queue_insert_tail(&zs->destinations, &zd->queue);
    }

    zs->ndestinations++;
    zone->sh->ndestinations++;
    zone->sh->len += len;

    return NGX_OK;
}


static void
ngx_rtmp_restream_zone_drop_destination_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs,
    ngx_rtmp_restream_zone_destination_t *zd)
{
    ngx_queue_remove(&zd->queue);

    zs->ndestinations--;
    zone->sh->ndestinations--;
    zone->sh->len -= zd->len;

    /* a key stays nowhere longer than it is needed */
    ngx_explicit_memzero(&zd[1], zd->len);

    ngx_slab_free_locked(zone->shpool, zd);
}


static size_t
ngx_rtmp_restream_record_len(ngx_rtmp_restream_record_t *record)
{
    ngx_rtmp_restream_target_t  *target;

    target = &record->target;

    return record->name.len + target->host.len + target->app.len
           + target->key.len + target->user.len + target->password.len;
}


static void
ngx_rtmp_restream_record_copy(ngx_rtmp_restream_record_t *dst,
    ngx_rtmp_restream_record_t *src, ngx_rtmp_restream_zone_arena_t *arena)
{
    ngx_rtmp_restream_target_t  *to, *from;

    *dst = *src;

    to = &dst->target;
    from = &src->target;

    ngx_rtmp_restream_zone_copy_str(&dst->name, &src->name, arena);
    ngx_rtmp_restream_zone_copy_str(&to->host, &from->host, arena);
    ngx_rtmp_restream_zone_copy_str(&to->app, &from->app, arena);
    ngx_rtmp_restream_zone_copy_str(&to->key, &from->key, arena);
    ngx_rtmp_restream_zone_copy_str(&to->user, &from->user, arena);
    ngx_rtmp_restream_zone_copy_str(&to->password, &from->password, arena);
}


/* the callers have measured; what would not fit is left empty all the same */

static void
ngx_rtmp_restream_zone_copy_str(ngx_str_t *dst, ngx_str_t *src,
    ngx_rtmp_restream_zone_arena_t *arena)
{
    dst->len = 0;
    dst->data = arena->last;

    if (src->len > (size_t) (arena->end - arena->last)) {
        return;
    }

    dst->len = src->len;
    arena->last = ngx_cpymem(arena->last, src->data, src->len);
}
