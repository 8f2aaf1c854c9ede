/*
 * The workers that use the zone, and what they leave behind when they are
 * killed: see ngx_rtmp_restream_zone.h.
 *
 * Whether a process lives is asked outside the lock, since /proc is read for
 * it.  Its slot stays taken until it has been buried, so that none goes
 * unnoticed.
 */

#include "ngx_rtmp_restream_zone_rows.h"


static void ngx_rtmp_restream_zone_join(ngx_rtmp_restream_zone_t *zone,
    ngx_log_t *log);
static void ngx_rtmp_restream_zone_bury(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_owner_t *dead);


ngx_int_t
ngx_rtmp_restream_zone_init_process(ngx_rtmp_restream_zone_t *zone,
    ngx_log_t *log)
{
    if (ngx_rtmp_restream_owner_init(log) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_rtmp_restream_zone_sweep(zone);
    ngx_rtmp_restream_zone_join(zone, log);

    return NGX_OK;
}


static void
ngx_rtmp_restream_zone_join(ngx_rtmp_restream_zone_t *zone, ngx_log_t *log)
{
    ngx_uint_t                    i;
    ngx_rtmp_restream_zone_sh_t  *sh;

    sh = zone->sh;

    ngx_shmtx_lock(&zone->shpool->mutex);

    for (i = 0; i < sh->max_workers; i++) {

        if (sh->workers[i].pid == 0) {
            sh->workers[i] = ngx_rtmp_restream_owner_self;
            sh->nworkers = ngx_max(sh->nworkers, i + 1);
            break;
        }
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    if (i == sh->max_workers) {
        ngx_log_error(NGX_LOG_CRIT, log, 0,
                      "\"restream_zone\" has room for %ui workers, increase "
                      "its size: what this one does is not made good when it "
                      "is killed", sh->max_workers);
    }
}


void
ngx_rtmp_restream_zone_sweep(ngx_rtmp_restream_zone_t *zone)
{
    ngx_uint_t                  i;
    ngx_rtmp_restream_owner_t   owner;

    for (i = 0; i < zone->sh->nworkers; i++) {

        ngx_shmtx_lock(&zone->shpool->mutex);
        owner = zone->sh->workers[i];
        ngx_shmtx_unlock(&zone->shpool->mutex);

        if (owner.pid && !ngx_rtmp_restream_owner_alive(&owner)) {
            ngx_rtmp_restream_zone_bury(zone, &owner);
        }
    }
}


void
ngx_rtmp_restream_zone_sweep_stream(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key)
{
    ngx_rtmp_restream_owner_t         owner;
    ngx_rtmp_restream_zone_stream_t  *zs;

    ngx_shmtx_lock(&zone->shpool->mutex);

    zs = ngx_rtmp_restream_zone_find_locked(zone, key);
    owner = zs ? zs->owner : ngx_rtmp_restream_owner_self;

    ngx_shmtx_unlock(&zone->shpool->mutex);

    if (!ngx_rtmp_restream_owner_alive(&owner)) {
        ngx_rtmp_restream_zone_bury(zone, &owner);
    }
}


/* another worker may have been faster: there is nothing left to do then */

static void
ngx_rtmp_restream_zone_bury(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_owner_t *dead)
{
    ngx_uint_t                        i;
    ngx_queue_t                      *q, *next;
    ngx_rtmp_restream_zone_sh_t      *sh;
    ngx_rtmp_restream_zone_stream_t  *zs;

    sh = zone->sh;

    ngx_shmtx_lock(&zone->shpool->mutex);

    for (q = ngx_queue_head(&sh->streams);
         q != ngx_queue_sentinel(&sh->streams);
         q = next)
    {
        next = ngx_queue_next(q);
        zs = ngx_queue_data(q, ngx_rtmp_restream_zone_stream_t, queue);

        if (ngx_rtmp_restream_owner_equal(&zs->owner, dead)) {
            ngx_rtmp_restream_zone_drop_locked(zone, zs);
        }
    }

    for (i = 0; i < sh->nworkers; i++) {

        if (!ngx_rtmp_restream_owner_equal(&sh->workers[i], dead)) {
            continue;
        }

        /* what the store has committed for it, no row may have.  So it is even
         * if it had nothing under way: a store that nobody has open any more
         * finds in its log what an earlier one could not end */

        (void) ngx_atomic_fetch_add(&sh->losses, 1);

        ngx_memzero(&sh->workers[i], sizeof(ngx_rtmp_restream_owner_t));
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


ngx_uint_t
ngx_rtmp_restream_zone_losses(ngx_rtmp_restream_zone_t *zone)
{
    return zone->sh->losses;
}
