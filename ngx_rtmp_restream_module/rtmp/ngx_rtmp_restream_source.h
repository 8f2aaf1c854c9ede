/*
 * One live publisher: its time line, its cached headers, its rendition, its
 * outputs.
 *
 * Owned by the worker's list of sources; a session refers to it while it
 * publishes.  When the encoder goes, the source stays for restream_publisher_
 * grace with its connections up, and continues when it comes back; but not in a
 * worker that exits, unless one of a newer configuration may get the encoder.
 */

#ifndef _NGX_RTMP_RESTREAM_SOURCE_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_SOURCE_H_INCLUDED_


#include "ngx_rtmp_restream.h"
#include "ngx_rtmp_restream_zone.h"
#include "ngx_rtmp_restream_rendition.h"

#include "../model/restream_ingest.h"
#include "../model/restream_timeline.h"


struct ngx_rtmp_restream_source_s {
    ngx_queue_t                          queue;     /* of the worker */
    ngx_pool_t                          *pool;
    ngx_log_t                           *log;
    ngx_rtmp_restream_app_conf_t        *conf;
    ngx_rtmp_restream_stream_key_t       key;
    ngx_rtmp_restream_zone_t            *zone;
    ngx_rtmp_restream_zone_stream_t     *zs;        /* NULL: not claimed yet */
    ngx_rtmp_restream_source_t         **holder;    /* the session's pointer to
                                                       us; NULL in grace */
    void                               (*close)(void *session, ngx_uint_t busy);
    void                                *session;   /* with holder */
    ngx_event_t                          shutdown;  /* posted */
    ngx_msec_t                           started;   /* this publish */

    restream_ingest_t                    ingest;    /* of this publish */
    ngx_rtmp_restream_ingest_t           observed;  /* of ingest, last told */
    ngx_msec_t                           observe;   /* when it is told next */

    restream_timeline_t                  timeline;
    restream_headers_t                  *headers;   /* current; NULL: none */
    uint32_t                             epoch;     /* last one used */
    uint16_t                             lead;      /* video track whose key
                                                       frames count */
    uint16_t                             next_lead; /* has brought one since a
                                                       frame of lead came */
    ngx_rtmp_restream_rendition_t       *rendition;
    ngx_msec_t                           lost_told;     /* last line of it */

    ngx_queue_t                          outputs;
    ngx_uint_t                           generation;    /* of records applied */
    ngx_msec_t                           put;       /* records, last time */
    ngx_event_t                          tick;
    ngx_event_t                          grace;     /* not cancelable: keeps an
                                                       exiting worker */

    unsigned                             publishing:1;  /* a session feeds it */
    unsigned                             returned:1;    /* ... not the first */
    unsigned                             video:1;       /* some has been seen */
    unsigned                             no_video:1;    /* metadata has none */
    unsigned                             waiting_key:1; /* of this session */
    unsigned                             ending:1;      /* goodbyes are said */
    unsigned                             full:1;        /* the zone is: told */
    unsigned                             partly:1;      /* not all were put */
    unsigned                             unkept:1;      /* a header was: told */
    unsigned                             cramped:1;     /* the ring is: told */
};


/*
 * The source of an accepted publish: a new one, or the one in grace.
 *
 * in    address   of the encoder, without a port; empty: not known
 *       close     closes the session from the event loop; busy: another worker
 *                 has its stream
 * out   *holder   the source; cleared when it ends before it is detached
 * ret   NGX_OK
 *       NGX_BUSY  the stream is published already, here or by another worker
 *       NGX_ERROR no memory
 */
ngx_int_t ngx_rtmp_restream_source_attach(ngx_rtmp_restream_app_conf_t *conf,
    ngx_rtmp_restream_stream_key_t *key, ngx_rtmp_restream_zone_t *zone,
    ngx_str_t *address, ngx_rtmp_restream_source_t **holder,
    void (*close)(void *session, ngx_uint_t busy), void *session);

/* The publisher has gone: grace begins; *holder is cleared. */
void ngx_rtmp_restream_source_detach(ngx_rtmp_restream_source_t **holder);

/*
 * nginx closes everything (worker_shutdown_timeout): soon, from the event loop,
 * the session is closed and every server is told goodbye.
 */
void ngx_rtmp_restream_source_shutdown(ngx_rtmp_restream_source_t *src);

/* Internal to source and output: an output is done and may be freed. */
void ngx_rtmp_restream_source_output_ended(ngx_rtmp_restream_source_t *src,
    ngx_rtmp_restream_output_t *out);


#endif /* _NGX_RTMP_RESTREAM_SOURCE_H_INCLUDED_ */
