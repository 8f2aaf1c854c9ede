/*
 * What a source's encoder sends: see ngx_rtmp_restream_source_ingest.h.
 */

#include "ngx_rtmp_restream_source_ingest.h"


#define NGX_RTMP_RESTREAM_INGEST_REPORT  1000   /* ms */


void
ngx_rtmp_restream_source_ingest_begin(ngx_rtmp_restream_source_t *src,
    ngx_str_t *address)
{
    ngx_rtmp_restream_ingest_t  *observed;

    restream_ingest_init(&src->ingest);

    observed = &src->observed;

    observed->since = ngx_rtmp_restream_now();
    observed->address_len = ngx_min(address->len, sizeof(observed->address));

    /* a stream that was pulled has none */

    if (observed->address_len) {
        ngx_memcpy(observed->address, address->data, observed->address_len);
    }

    src->observe = ngx_current_msec;

    ngx_rtmp_restream_source_ingest_report(src);
}


void
ngx_rtmp_restream_source_ingest_report(ngx_rtmp_restream_source_t *src)
{
    if (src->zs == NULL || !src->publishing
        || (ngx_msec_int_t) (ngx_current_msec - src->observe) < 0)
    {
        return;
    }

    src->observe = ngx_current_msec + NGX_RTMP_RESTREAM_INGEST_REPORT;

    restream_ingest_report(&src->ingest, ngx_current_msec,
                           &src->observed.media);

    ngx_rtmp_restream_zone_set_ingest(src->zone, src->zs, &src->observed);
}
