/*
 * Copies out of the zone and reports into it: see ngx_rtmp_restream_zone.h.
 *
 * Memory is taken while nothing is locked, by sizes that were read before; when
 * they have grown meanwhile, once more.
 */

#include "ngx_rtmp_restream_zone_rows.h"


static ngx_rtmp_restream_view_t *ngx_rtmp_restream_zone_view_lock(
    ngx_rtmp_restream_zone_t *zone, ngx_pool_t *pool,
    ngx_rtmp_restream_view_destination_t **vd,
    ngx_rtmp_restream_zone_arena_t *arena);
static void ngx_rtmp_restream_zone_view_stream_locked(
    ngx_rtmp_restream_view_stream_t *vs, ngx_rtmp_restream_zone_stream_t *zs,
    ngx_rtmp_restream_view_destination_t *vd,
    ngx_rtmp_restream_zone_arena_t *arena);
static void ngx_rtmp_restream_zone_view_destination_locked(
    ngx_rtmp_restream_view_destination_t *vd,
    ngx_rtmp_restream_zone_destination_t *zd,
    ngx_rtmp_restream_zone_arena_t *arena);


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
        len = zs->len;

        record = ngx_palloc(pool, n * sizeof(ngx_rtmp_restream_record_t) + len
                                  + 1);
        if (record == NULL) {
            return NGX_ERROR;
        }

        arena.last = (u_char *) &record[n];
        arena.end = arena.last + len;

        ngx_shmtx_lock(&zone->shpool->mutex);

        if (zs->ndestinations <= n && zs->len <= len) {
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

        ngx_rtmp_restream_zone_copy_record(&record[n++], &zd->record, &arena);
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


void
ngx_rtmp_restream_zone_set_ingest(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_rtmp_restream_ingest_t *ingest)
{
    ngx_shmtx_lock(&zone->shpool->mutex);
    zs->ingest = *ingest;
    ngx_shmtx_unlock(&zone->shpool->mutex);
}


ngx_rtmp_restream_view_t *
ngx_rtmp_restream_zone_view(ngx_rtmp_restream_zone_t *zone, ngx_pool_t *pool)
{
    ngx_queue_t                           *q;
    ngx_rtmp_restream_view_t              *view;
    ngx_rtmp_restream_zone_arena_t         arena;
    ngx_rtmp_restream_zone_stream_t       *zs;
    ngx_rtmp_restream_view_stream_t       *vs;
    ngx_rtmp_restream_view_destination_t  *vd;

    ngx_rtmp_restream_zone_sweep(zone);

    view = ngx_rtmp_restream_zone_view_lock(zone, pool, &vd, &arena);
    if (view == NULL) {
        return NULL;
    }

    vs = view->streams;

    for (q = ngx_queue_head(&zone->sh->streams);
         q != ngx_queue_sentinel(&zone->sh->streams);
         q = ngx_queue_next(q))
    {
        zs = ngx_queue_data(q, ngx_rtmp_restream_zone_stream_t, queue);

        ngx_rtmp_restream_zone_view_stream_locked(vs++, zs, vd, &arena);
        vd += zs->ndestinations;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    view->nstreams = vs - view->streams;

    return view;
}


/* memory for everything, cut up; with it the zone is locked */

static ngx_rtmp_restream_view_t *
ngx_rtmp_restream_zone_view_lock(ngx_rtmp_restream_zone_t *zone,
    ngx_pool_t *pool, ngx_rtmp_restream_view_destination_t **vd,
    ngx_rtmp_restream_zone_arena_t *arena)
{
    size_t                     len;
    ngx_uint_t                 nstreams, ndestinations;
    ngx_rtmp_restream_view_t  *view;

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
        *vd = (ngx_rtmp_restream_view_destination_t *) &view->streams[nstreams];
        arena->last = (u_char *) &(*vd)[ndestinations];
        arena->end = arena->last + len;

        ngx_shmtx_lock(&zone->shpool->mutex);

        if (zone->sh->nstreams <= nstreams
            && zone->sh->ndestinations <= ndestinations
            && zone->sh->len <= len)
        {
            return view;
        }

        ngx_shmtx_unlock(&zone->shpool->mutex);
    }
}


ngx_int_t
ngx_rtmp_restream_zone_view_stream(ngx_rtmp_restream_zone_t *zone,
    ngx_pool_t *pool, ngx_str_t *app, ngx_str_t *name,
    ngx_rtmp_restream_view_stream_t **vsp)
{
    size_t                                 len, room;
    ngx_uint_t                             n, max;
    ngx_rtmp_restream_zone_arena_t         arena;
    ngx_rtmp_restream_stream_key_t         key;
    ngx_rtmp_restream_zone_stream_t       *zs;
    ngx_rtmp_restream_view_stream_t       *vs;
    ngx_rtmp_restream_view_destination_t  *vd;

    ngx_memzero(&key, sizeof(ngx_rtmp_restream_stream_key_t));

    key.app = *app;
    key.name = *name;

    ngx_rtmp_restream_zone_sweep_stream(zone, &key);

    vs = NULL;
    room = 0;
    max = 0;

    for ( ;; ) {
        ngx_shmtx_lock(&zone->shpool->mutex);

        zs = ngx_rtmp_restream_zone_find_locked(zone, &key);

        if (zs == NULL) {
            ngx_shmtx_unlock(&zone->shpool->mutex);
            return NGX_DECLINED;
        }

        n = zs->ndestinations;
        len = zs->len + app->len + name->len;

        if (vs && n <= max && len <= room) {
            break;
        }

        ngx_shmtx_unlock(&zone->shpool->mutex);

        max = n;
        room = len;

        vs = ngx_palloc(pool, sizeof(ngx_rtmp_restream_view_stream_t)
                        + max * sizeof(ngx_rtmp_restream_view_destination_t)
                        + room);
        if (vs == NULL) {
            return NGX_ERROR;
        }
    }

    vd = (ngx_rtmp_restream_view_destination_t *) &vs[1];
    arena.last = (u_char *) &vd[max];
    arena.end = arena.last + room;

    ngx_rtmp_restream_zone_view_stream_locked(vs, zs, vd, &arena);

    ngx_shmtx_unlock(&zone->shpool->mutex);

    *vsp = vs;

    return NGX_OK;
}


/* vd: room for its destinations */

static void
ngx_rtmp_restream_zone_view_stream_locked(ngx_rtmp_restream_view_stream_t *vs,
    ngx_rtmp_restream_zone_stream_t *zs,
    ngx_rtmp_restream_view_destination_t *vd,
    ngx_rtmp_restream_zone_arena_t *arena)
{
    ngx_queue_t  *q;

    ngx_rtmp_restream_zone_copy_str(&vs->app, &zs->key.app, arena);
    ngx_rtmp_restream_zone_copy_str(&vs->name, &zs->key.name, arena);
    vs->worker = zs->owner.pid;
    vs->since = zs->since;
    vs->live = zs->live;
    vs->ingest = zs->ingest;
    vs->ndestinations = zs->ndestinations;
    vs->destinations = vd;

    for (q = ngx_queue_head(&zs->destinations);
         q != ngx_queue_sentinel(&zs->destinations);
         q = ngx_queue_next(q))
    {
        ngx_rtmp_restream_zone_view_destination_locked(vd++,
            ngx_queue_data(q, ngx_rtmp_restream_zone_destination_t, queue),
            arena);
    }
}


/* what is secret stays where it is */

static void
ngx_rtmp_restream_zone_view_destination_locked(
    ngx_rtmp_restream_view_destination_t *vd,
    ngx_rtmp_restream_zone_destination_t *zd,
    ngx_rtmp_restream_zone_arena_t *arena)
{
    ngx_rtmp_restream_record_t  record;

    record = zd->record;

    ngx_str_null(&record.target.key);
    ngx_str_null(&record.target.user);
    ngx_str_null(&record.target.password);

    ngx_rtmp_restream_zone_copy_record(&vd->record, &record, arena);
    vd->report = zd->report;
}
