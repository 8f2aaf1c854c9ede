/*
 * What the store has of a stream, in its row: see ngx_rtmp_restream_zone.h.
 */

#include "ngx_rtmp_restream_zone_rows.h"
#include "ngx_rtmp_restream_record.h"


static ngx_int_t ngx_rtmp_restream_zone_set_switches_locked(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_zone_stream_t *zs,
    ngx_rtmp_restream_switch_t *switches, ngx_uint_t n);
static void ngx_rtmp_restream_zone_apply_switches_locked(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_zone_stream_t *zs);
static ngx_uint_t ngx_rtmp_restream_zone_lacks(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_rtmp_restream_origin_e origin);


ngx_int_t
ngx_rtmp_restream_zone_put_stored(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, uint64_t revision,
    ngx_rtmp_restream_record_t *records, ngx_uint_t n,
    ngx_rtmp_restream_switch_t *switches, ngx_uint_t nswitches)
{
    ngx_int_t                         rc;
    ngx_rtmp_restream_zone_stream_t  *zs;

    ngx_shmtx_lock(&zone->shpool->mutex);

    zs = ngx_rtmp_restream_zone_find_locked(zone, key);

    if (zs == NULL) {
        rc = NGX_DECLINED;

    } else if (zs->stored_revision > revision) {
        rc = NGX_OK;

    } else {
        zs->stored_revision = revision;

        rc = ngx_rtmp_restream_zone_set_switches_locked(zone, zs, switches,
                                                        nswitches);

        ngx_rtmp_restream_zone_apply_switches_locked(zone, zs);

        if (ngx_rtmp_restream_zone_replace_locked(zone, zs,
                                                 NGX_RTMP_RESTREAM_ORIGIN_API,
                                                 records, n)
            != NGX_OK)
        {
            rc = NGX_ERROR;
        }

        zs->lacking[NGX_RTMP_RESTREAM_ORIGIN_API] = (rc == NGX_OK)
                                                    ? 0 : zone->sh->room;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


void
ngx_rtmp_restream_zone_switch_off(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, uint64_t id)
{
    ngx_rtmp_restream_zone_stream_t       *zs;
    ngx_rtmp_restream_zone_destination_t  *zd;

    ngx_shmtx_lock(&zone->shpool->mutex);

    zs = ngx_rtmp_restream_zone_find_locked(zone, key);
    zd = zs ? ngx_rtmp_restream_zone_find_destination_locked(zs, NULL, id)
            : NULL;

    if (zd && zd->record.enabled) {
        ngx_rtmp_restream_record_set_enabled(&zd->record, 0);

        /* whatever is put next is newer */
        zd->put = 0;
        zd->put_enabled = 0;

        (void) ngx_atomic_fetch_add(&zone->sh->generation, 1);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


ngx_uint_t
ngx_rtmp_restream_zone_load(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs)
{
    ngx_uint_t  n;

    ngx_shmtx_lock(&zone->shpool->mutex);
    n = ++zs->loading;
    ngx_shmtx_unlock(&zone->shpool->mutex);

    return n;
}


/* the row may be another one by now, which then asks once too often */

void
ngx_rtmp_restream_zone_loaded(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, ngx_uint_t losses)
{
    ngx_rtmp_restream_zone_stream_t  *zs;

    ngx_shmtx_lock(&zone->shpool->mutex);

    zs = ngx_rtmp_restream_zone_find_locked(zone, key);

    if (zs) {
        zs->loading = 0;
        zs->losses = ngx_max(zs->losses, losses);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


ngx_uint_t
ngx_rtmp_restream_zone_stored(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs)
{
    return zs->losses == zone->sh->losses
           && !ngx_rtmp_restream_zone_lacks(zone, zs,
                                            NGX_RTMP_RESTREAM_ORIGIN_API);
}


ngx_uint_t
ngx_rtmp_restream_zone_has_room(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs)
{
    return ngx_rtmp_restream_zone_lacks(zone, zs,
                                        NGX_RTMP_RESTREAM_ORIGIN_CONFIG)
           || ngx_rtmp_restream_zone_lacks(zone, zs,
                                           NGX_RTMP_RESTREAM_ORIGIN_API);
}


/* 1: of that origin, and something has gone since */

static ngx_uint_t
ngx_rtmp_restream_zone_lacks(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_rtmp_restream_origin_e origin)
{
    return zs->lacking[origin] && zs->lacking[origin] != zone->sh->room;
}


static ngx_int_t
ngx_rtmp_restream_zone_set_switches_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_rtmp_restream_switch_t *switches,
    ngx_uint_t n)
{
    size_t       len;
    u_char      *p, *old;
    ngx_uint_t   i;

    p = NULL;
    len = 0;

    for (i = 0; i < n; i++) {
        len += NGX_RTMP_RESTREAM_ZONE_SWITCH_LEN + switches[i].name.len;
    }

    /* without room for the new ones the old ones stay: what has been switched
     * off does not go on by itself */

    if (n) {
        p = ngx_slab_alloc_locked(zone->shpool, len);
        if (p == NULL) {
            return NGX_ERROR;
        }
    }

    /* who is killed on the way leaves none in the row, rather than what has
     * been freed or is not written yet */

    old = zs->switches;
    zs->switches_len = 0;

    ngx_memory_barrier();

    zs->switches = p;

    for (i = 0; i < n; i++) {
        *p++ = (u_char) (switches[i].name.len >> 8);
        *p++ = (u_char) switches[i].name.len;
        *p++ = (u_char) switches[i].enabled;
        p = ngx_cpymem(p, switches[i].name.data, switches[i].name.len);
    }

    ngx_memory_barrier();

    zs->switches_len = len;

    if (old) {
        ngx_slab_free_locked(zone->shpool, old);
    }

    return NGX_OK;
}


static void
ngx_rtmp_restream_zone_apply_switches_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs)
{
    ngx_uint_t                             changed;
    ngx_queue_t                           *q;
    ngx_rtmp_restream_zone_destination_t  *zd;

    changed = 0;

    for (q = ngx_queue_head(&zs->destinations);
         q != ngx_queue_sentinel(&zs->destinations);
         q = ngx_queue_next(q))
    {
        zd = ngx_queue_data(q, ngx_rtmp_restream_zone_destination_t, queue);

        changed |= ngx_rtmp_restream_zone_switch_locked(zs, zd);
    }

    if (changed) {
        (void) ngx_atomic_fetch_add(&zone->sh->generation, 1);
    }
}


ngx_uint_t
ngx_rtmp_restream_zone_switch_locked(ngx_rtmp_restream_zone_stream_t *zs,
    ngx_rtmp_restream_zone_destination_t *zd)
{
    size_t       len;
    u_char      *p, *last;
    ngx_str_t   *name;
    ngx_uint_t   enabled;

    if (zd->record.origin != NGX_RTMP_RESTREAM_ORIGIN_CONFIG) {
        return 0;
    }

    enabled = zd->put_enabled;
    name = &zd->record.name;
    last = zs->switches + zs->switches_len;

    for (p = zs->switches;
         p < last;
         p += NGX_RTMP_RESTREAM_ZONE_SWITCH_LEN + len)
    {
        len = (size_t) p[0] << 8 | p[1];

        if (len == name->len
            && ngx_memcmp(p + NGX_RTMP_RESTREAM_ZONE_SWITCH_LEN, name->data,
                          len)
               == 0)
        {
            enabled = p[2];
            break;
        }
    }

    if (zd->record.enabled == enabled) {
        return 0;
    }

    ngx_rtmp_restream_record_set_enabled(&zd->record, enabled);

    return 1;
}
