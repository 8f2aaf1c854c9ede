/*
 * One destination being fed: its state, its attempts, its place in the ring.
 *
 * Owned by its source.  Lives across connections; each of them is a peer that
 * the output owns.  Its state changes through ngx_rtmp_restream_state.h only.
 */

#ifndef _NGX_RTMP_RESTREAM_OUTPUT_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_OUTPUT_H_INCLUDED_


#include "ngx_rtmp_restream.h"
#include "ngx_rtmp_restream_peer.h"
#include "ngx_rtmp_restream_zone.h"

#include "../lib/restream_ack.h"
#include "../lib/restream_cursor.h"
#include "../model/restream_backoff.h"


struct ngx_rtmp_restream_output_s {

    /* touched by every write, hence together: ngx_rtmp_restream_feed.h */
    ngx_queue_t                   queue;        /* of the source */
    ngx_rtmp_restream_peer_t     *peer;         /* NULL: no attempt */

    unsigned                      reconnect_asked:1;    /* at the next key
                                                           frame */
    unsigned                      reconnect_now:1;  /* that is why it ends */
    unsigned                      follow:1;     /* the next attempt dials hop */
    unsigned                      draining:1;   /* says goodbye, then ends */
    unsigned                      drained:1;    /* goodbye is on its way */
    unsigned                      restart:1;    /* ... then dials again */
    unsigned                      removed:1;    /* ... then is destroyed */
    unsigned                      limited:1;    /* restream_duration_limit is
                                                   over */
    unsigned                      changed:1;    /* report is not in the zone */

    restream_cursor_t             cursor;
    restream_ack_t                ack;

    ngx_rtmp_restream_source_t   *source;
    ngx_rtmp_restream_record_t    record;       /* copy, in pool */
    ngx_pool_t                   *pool;
    ngx_rtmp_restream_report_t    report;
    ngx_log_t                     log;

    restream_backoff_t            backoff;
    ngx_event_t                   timer;        /* by state: attempt's end,
                                                   next attempt, drain's end */
    ngx_pool_t                   *hop_pool;     /* of hop */
    ngx_rtmp_restream_target_t   *hop;          /* NULL: record.target */
    ngx_uint_t                    hops;         /* of this attempt */
    ngx_uint_t                    authentications;  /* of this attempt */
    ngx_uint_t                    address;      /* the attempt begins with, of
                                                   those of the name */

    restream_ring_count_t         resumed;      /* ring's totals at resume */
    uint64_t                      resume;       /* seq; RESTREAM_RING_NONE */
    ngx_msec_t                    progress;     /* last acknowledgement */
    ngx_msec_t                    sampled;      /* last sample */
    ngx_msec_t                    first_live;   /* 0: not since it was switched
                                                   on, in this broadcast */
    ngx_msec_t                    live_since;   /* 0: has not been live in this
                                                   connection */
    uint64_t                      given_before; /* bytes of connections gone */
    uint64_t                      media_start;  /* peer->given before media */
    uint64_t                      rate_bytes;   /* at rate_at */
    ngx_msec_t                    rate_at;

    uint64_t                      dialled;      /* record.target_hash then */
    restream_reason_e             stop_reason;  /* while draining */
    restream_reason_e             told;         /* failure in the log */
    ngx_msec_t                    followed;     /* last reconnect done at
                                                   once */
    ngx_msec_t                    drops_told;   /* last warning of drops */
    uint64_t                      drops;        /* frames, at that time */
};


/* A copy of record is made.  NULL: no memory.  Does not start yet. */
ngx_rtmp_restream_output_t *ngx_rtmp_restream_output_create(
    ngx_rtmp_restream_source_t *src, ngx_rtmp_restream_record_t *record);

/* At once, without goodbye; *out is cleared. */
void ngx_rtmp_restream_output_destroy(ngx_rtmp_restream_output_t **out);

/* Dials, if the record is enabled; else stays off and says so. */
void ngx_rtmp_restream_output_start(ngx_rtmp_restream_output_t *out);

/*
 * Ends a running connection on purpose: what is begun is finished, FCUnpublish
 * and deleteStream follow, for at most two seconds, also when the server has
 * not answered publish yet.  Then it is off with reason, or destroyed when
 * remove is set.
 */
void ngx_rtmp_restream_output_stop(ngx_rtmp_restream_output_t *out,
    restream_reason_e reason, ngx_uint_t remove);

/*
 * Takes over a changed record.
 *
 * in    restart   1: the target changed, so the connection is ended on purpose
 *                 and dialled anew; 0: only if enabled changed
 * ret   NGX_ERROR no memory, nothing has changed
 */
ngx_int_t ngx_rtmp_restream_output_update(ngx_rtmp_restream_output_t *out,
    ngx_rtmp_restream_record_t *record, ngx_uint_t restart);

/* On the tick: when restream_duration_limit is over, it is switched off. */
void ngx_rtmp_restream_output_limit(ngx_rtmp_restream_output_t *out);

/* Internal to the files of the output: a goodbye is said, or given up. */
void ngx_rtmp_restream_output_stopped(ngx_rtmp_restream_output_t *out);


#endif /* _NGX_RTMP_RESTREAM_OUTPUT_H_INCLUDED_ */
