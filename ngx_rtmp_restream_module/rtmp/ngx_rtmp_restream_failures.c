/*
 * Failed authentications of all workers: see ngx_rtmp_restream_failures.h.
 */

#include "ngx_rtmp_restream_failures.h"
#include "ngx_rtmp_restream_zone_rows.h"


/* a clock that all processes of this host have and nobody sets */
#define ngx_rtmp_restream_failures_now()  ((uint64_t) ngx_current_msec / 1000)


ngx_uint_t
ngx_rtmp_restream_failures_wait(ngx_rtmp_restream_zone_t *zone,
    struct sockaddr *sockaddr)
{
    ngx_uint_t               wait;
    restream_failures_key_t  key;

    if (zone == NULL) {
        return 0;
    }

    restream_failures_key(&key, sockaddr);

    ngx_shmtx_lock(&zone->shpool->mutex);
    wait = restream_failures_wait(zone->sh->failures, &key,
                                  ngx_rtmp_restream_failures_now());
    ngx_shmtx_unlock(&zone->shpool->mutex);

    return wait;
}


ngx_uint_t
ngx_rtmp_restream_failures_add(ngx_rtmp_restream_zone_t *zone,
    struct sockaddr *sockaddr)
{
    ngx_uint_t               waits;
    restream_failures_key_t  key;

    if (zone == NULL) {
        return 0;
    }

    restream_failures_key(&key, sockaddr);

    ngx_shmtx_lock(&zone->shpool->mutex);
    waits = restream_failures_add(zone->sh->failures, &key,
                                  ngx_rtmp_restream_failures_now());
    ngx_shmtx_unlock(&zone->shpool->mutex);

    return waits;
}
