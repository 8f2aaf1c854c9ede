/*
 * The rows of a stream's destinations: see ngx_rtmp_restream_zone_rows.h.
 */

#include "ngx_rtmp_restream_zone_rows.h"


static ngx_int_t ngx_rtmp_restream_zone_put_locked(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_zone_stream_t *zs,
    ngx_rtmp_restream_record_t *records, ngx_uint_t n, ngx_uint_t *changed);
static void ngx_rtmp_restream_zone_drop_unseen_locked(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_zone_stream_t *zs,
    ngx_rtmp_restream_origin_e origin, ngx_uint_t *changed);
static ngx_int_t ngx_rtmp_restream_zone_add_destination_locked(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_zone_stream_t *zs,
    ngx_rtmp_restream_record_t *record,
    ngx_rtmp_restream_zone_destination_t *old);
static size_t ngx_rtmp_restream_zone_record_len(
    ngx_rtmp_restream_record_t *record);


ngx_int_t
ngx_rtmp_restream_zone_put(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, ngx_rtmp_restream_origin_e origin,
    ngx_rtmp_restream_record_t *records, ngx_uint_t n)
{
    ngx_int_t                         rc;
    ngx_rtmp_restream_zone_stream_t  *zs;

    ngx_shmtx_lock(&zone->shpool->mutex);

    zs = ngx_rtmp_restream_zone_find_locked(zone, key);

    if (zs == NULL) {
        rc = NGX_DECLINED;

    } else if (origin == NGX_RTMP_RESTREAM_ORIGIN_CONFIG
               && zone->revision != zone->sh->revision)
    {
        zone->sh->behind = 1;
        rc = NGX_AGAIN;

    } else {
        rc = ngx_rtmp_restream_zone_replace_locked(zone, zs, origin, records,
                                                   n);
        zs->lacking[origin] = (rc == NGX_OK) ? 0 : zone->sh->room;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


ngx_int_t
ngx_rtmp_restream_zone_replace_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_rtmp_restream_origin_e origin,
    ngx_rtmp_restream_record_t *records, ngx_uint_t n)
{
    ngx_int_t   rc;
    ngx_uint_t  changed;

    changed = 0;
    rc = ngx_rtmp_restream_zone_put_locked(zone, zs, records, n, &changed);

    ngx_rtmp_restream_zone_drop_unseen_locked(zone, zs, origin, &changed);

    /* what has gone may have left room */

    if (rc != NGX_OK && changed) {
        rc = ngx_rtmp_restream_zone_put_locked(zone, zs, records, n, &changed);

        ngx_rtmp_restream_zone_drop_unseen_locked(zone, zs, origin, &changed);
    }

    if (changed) {
        (void) ngx_atomic_fetch_add(&zone->sh->generation, 1);
    }

    return rc;
}


/* *changed is counted up */

static ngx_int_t
ngx_rtmp_restream_zone_put_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_rtmp_restream_record_t *records,
    ngx_uint_t n, ngx_uint_t *changed)
{
    ngx_int_t                              rc;
    ngx_uint_t                             i;
    ngx_rtmp_restream_zone_destination_t  *zd;

    rc = NGX_OK;

    for (i = 0; i < n; i++) {
        zd = ngx_rtmp_restream_zone_find_destination_locked(zs, NULL,
                                                            records[i].id);

        if (zd && zd->put == records[i].revision) {
            zd->seen = 1;
            continue;
        }

        if (ngx_rtmp_restream_zone_add_destination_locked(zone, zs, &records[i],
                                                          zd)
            != NGX_OK)
        {
            rc = NGX_ERROR;

            if (zd == NULL) {
                continue;
            }
        }

        (*changed)++;
    }

    return rc;
}


static void
ngx_rtmp_restream_zone_drop_unseen_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_rtmp_restream_origin_e origin,
    ngx_uint_t *changed)
{
    ngx_queue_t                           *q, *next;
    ngx_rtmp_restream_zone_destination_t  *zd;

    for (q = ngx_queue_head(&zs->destinations);
         q != ngx_queue_sentinel(&zs->destinations);
         q = next)
    {
        next = ngx_queue_next(q);
        zd = ngx_queue_data(q, ngx_rtmp_restream_zone_destination_t, queue);

        if (zd->record.origin == origin && !zd->seen) {
            ngx_rtmp_restream_zone_drop_destination_locked(zone, zs, zd);
            (*changed)++;
            continue;
        }

        zd->seen = 0;
    }
}


/* hint: where to look first; NULL: nowhere */

ngx_rtmp_restream_zone_destination_t *
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

    len = ngx_rtmp_restream_zone_record_len(record);

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

    ngx_rtmp_restream_zone_copy_record(&zd->record, record, &arena);
    zd->put = record->revision;
    zd->put_enabled = record->enabled;
    zd->len = len;
    zd->seen = 1;

    (void) ngx_rtmp_restream_zone_switch_locked(zs, zd);

    /* counted before it is linked: who is killed in between leaves one too
     * many, and those who copy have taken room by the count */

    zone->sh->ndestinations++;
    zone->sh->len += len;
    zs->ndestinations++;
    zs->len += len;

    ngx_memory_barrier();

    if (old) {
        zd->report = old->report;
        ngx_queue_insert_after(&old->queue, &zd->queue);
        ngx_rtmp_restream_zone_drop_destination_locked(zone, zs, old);

    } else {
        zd->report.since = ngx_rtmp_restream_now();
        ngx_queue_insert_tail(&zs->destinations, &zd->queue);
    }

    return NGX_OK;
}


void
ngx_rtmp_restream_zone_drop_destination_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs,
    ngx_rtmp_restream_zone_destination_t *zd)
{
    ngx_queue_remove(&zd->queue);

    ngx_memory_barrier();

    zs->ndestinations--;
    zs->len -= zd->len;
    zone->sh->ndestinations--;
    zone->sh->len -= zd->len;
    zone->sh->room++;

    /* a key stays nowhere longer than it is needed */
    ngx_explicit_memzero(&zd[1], zd->len);

    ngx_slab_free_locked(zone->shpool, zd);
}


/* bytes of its strings */

static size_t
ngx_rtmp_restream_zone_record_len(ngx_rtmp_restream_record_t *record)
{
    ngx_rtmp_restream_target_t  *target;

    target = &record->target;

    return record->name.len + target->host.len + target->app.len
           + target->key.len + target->user.len + target->password.len;
}


void
ngx_rtmp_restream_zone_copy_record(ngx_rtmp_restream_record_t *dst,
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

void
ngx_rtmp_restream_zone_copy_str(ngx_str_t *dst, ngx_str_t *src,
    ngx_rtmp_restream_zone_arena_t *arena)
{
    dst->len = 0;
    dst->data = arena->last;

    if (src->len == 0 || src->len > (size_t) (arena->end - arena->last)) {
        return;
    }

    dst->len = src->len;
    arena->last = ngx_cpymem(arena->last, src->data, src->len);
}
