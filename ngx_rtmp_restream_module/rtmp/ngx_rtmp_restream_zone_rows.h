/*
 * What stands in the zone: streams, their destinations, and strings behind
 * each.  Between the files that implement ngx_rtmp_restream_zone.h only.
 *
 *     zone -> stream -> destination    one slab block each, strings behind the
 *             stream -> destination    struct, all in this mapping
 */

#ifndef _NGX_RTMP_RESTREAM_ZONE_ROWS_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_ZONE_ROWS_H_INCLUDED_


#include "ngx_rtmp_restream_zone.h"
#include "ngx_rtmp_restream_owner.h"

#include "../model/restream_failures.h"


typedef struct {
    ngx_queue_t                  queue;
    ngx_rtmp_restream_record_t   record;    /* strings: behind this struct */
    ngx_rtmp_restream_report_t   report;
    uint64_t                     put;       /* the revision it was put with:
                                               before a stored switch */
    ngx_uint_t                   put_enabled;
    size_t                       len;       /* of the strings */
    ngx_uint_t                   seen;      /* by the put that is running */
} ngx_rtmp_restream_zone_destination_t;


struct ngx_rtmp_restream_zone_stream_s {
    ngx_queue_t                      queue;
    ngx_rbtree_node_t                node;      /* of the index by key */
    ngx_rtmp_restream_owner_t        owner;
    ngx_atomic_t                     asked;     /* set by who wants it */
    ngx_uint_t                       live;
    uint64_t                         since;
    ngx_rtmp_restream_ingest_t       ingest;
    ngx_rtmp_restream_stream_key_t   key;       /* behind this struct; args in
                                                   a block of their own */
    ngx_queue_t                      destinations;
    ngx_uint_t                       ndestinations;
    size_t                           len;       /* of their strings */
    ngx_uint_t                       losses;    /* see zone_losses(): when the
                                                   store was asked what is in;
                                                   0: it has not answered */
    ngx_uint_t                       loading;   /* how often that was wanted
                                                   since the store was asked */
    ngx_uint_t                       lacking[2];    /* by origin: the zone's
                                                   room when not all of its
                                                   destinations had any; 0:
                                                   they are in */
    uint64_t                         stored_revision;
    u_char                          *switches;  /* a block of its own */
    size_t                           switches_len;
};


/*
 * Stored switches of destinations that configurations make, one behind the
 * other: length of the name in two bytes, the switch in one, the name.
 */

#define NGX_RTMP_RESTREAM_ZONE_SWITCH_LEN  3


/* the part that all processes share */

typedef struct {
    ngx_atomic_t                 generation;
    ngx_atomic_t                 revision;      /* newest configuration's */
    ngx_atomic_t                 retired;       /* its workers exit, too */
    ngx_uint_t                   behind;        /* see zone_keep() */
    ngx_queue_t                  streams;
    ngx_rbtree_t                 index;         /* of them, by hash of key */
    ngx_rbtree_node_t            sentinel;
    ngx_uint_t                   nstreams;
    ngx_uint_t                   ndestinations;
    size_t                       len;           /* of all strings */
    restream_failures_t         *failures;      /* of authentications */
    ngx_rtmp_restream_owner_t   *workers;       /* from their start until
                                                   somebody has seen that they
                                                   are gone; pid 0: free */
    ngx_uint_t                   nworkers;      /* slots that were ever taken */
    ngx_uint_t                   max_workers;
    ngx_atomic_t                 losses;        /* see zone_losses() */
    ngx_uint_t                   room;          /* never 0, changes when
                                                   something has gone */
} ngx_rtmp_restream_zone_sh_t;


struct ngx_rtmp_restream_zone_s {
    ngx_rtmp_restream_zone_sh_t  *sh;
    ngx_slab_pool_t              *shpool;
    ngx_uint_t                    revision;     /* of its configuration */
};


/* memory of the caller that strings are copied to */

typedef struct {
    u_char                       *last;
    u_char                       *end;
} ngx_rtmp_restream_zone_arena_t;


/* the row of a stream, or of a destination; NULL: none */
ngx_rtmp_restream_zone_stream_t *ngx_rtmp_restream_zone_find_locked(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_stream_key_t *key);
ngx_rtmp_restream_zone_destination_t *
    ngx_rtmp_restream_zone_find_destination_locked(
    ngx_rtmp_restream_zone_stream_t *zs, ngx_queue_t *hint, uint64_t id);

void ngx_rtmp_restream_zone_drop_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs);

/* Puts records; those of that origin which are not among them go.
 * ret  NGX_OK, NGX_ERROR the zone is full: what fitted is in */
ngx_int_t ngx_rtmp_restream_zone_replace_locked(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_rtmp_restream_origin_e origin,
    ngx_rtmp_restream_record_t *records, ngx_uint_t n);

/* Sets a configuration's destination to its stored switch, or back.
 * ret  1: that changed it */
ngx_uint_t ngx_rtmp_restream_zone_switch_locked(
    ngx_rtmp_restream_zone_stream_t *zs,
    ngx_rtmp_restream_zone_destination_t *zd);

void ngx_rtmp_restream_zone_drop_destination_locked(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_zone_stream_t *zs,
    ngx_rtmp_restream_zone_destination_t *zd);

/* with the strings, as far as arena has room: the caller has measured */
void ngx_rtmp_restream_zone_copy_record(ngx_rtmp_restream_record_t *dst,
    ngx_rtmp_restream_record_t *src, ngx_rtmp_restream_zone_arena_t *arena);
void ngx_rtmp_restream_zone_copy_str(ngx_str_t *dst, ngx_str_t *src,
    ngx_rtmp_restream_zone_arena_t *arena);


#endif /* _NGX_RTMP_RESTREAM_ZONE_ROWS_H_INCLUDED_ */
