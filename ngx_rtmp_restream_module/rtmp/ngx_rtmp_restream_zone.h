/*
 * The shared memory: which streams are live on this host, who owns them, what
 * is wanted of their destinations and what is observed.
 *
 * Workers only copy in or out.  The slab pool's own mutex is held for copying
 * alone: no logging, no pool allocation, no call out.  A stream's row belongs
 * to the worker that claimed it; the wanted part of its destinations is written
 * by whoever changes them, the observed part by the owner.
 */

#ifndef _NGX_RTMP_RESTREAM_ZONE_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_ZONE_H_INCLUDED_


#include "ngx_rtmp_restream.h"

#include "../model/restream_ingest.h"


typedef struct ngx_rtmp_restream_zone_s         ngx_rtmp_restream_zone_t;
typedef struct ngx_rtmp_restream_zone_stream_s  ngx_rtmp_restream_zone_stream_t;


typedef enum {
    NGX_RTMP_RESTREAM_ORIGIN_CONFIG = 0,
    NGX_RTMP_RESTREAM_ORIGIN_API
} ngx_rtmp_restream_origin_e;


/* A destination as it is wanted for one stream: variables are expanded. */

typedef struct {
    uint64_t                     id;        /* stable over reloads */
    uint64_t                     revision;  /* changes with any field */
    uint64_t                     target_hash;
    ngx_rtmp_restream_origin_e   origin;
    ngx_uint_t                   enabled;
    ngx_str_t                    name;
    ngx_rtmp_restream_target_t   target;
} ngx_rtmp_restream_record_t;


/* what names a stream, and what its destinations may use of the publish */

typedef struct {
    ngx_str_t    app;
    ngx_str_t    name;
    ngx_str_t    args;
    ngx_str_t    label;         /* "app/name" as a log may show it; the
                                   publisher's worker alone has it */
} ngx_rtmp_restream_stream_key_t;


static ngx_inline ngx_uint_t
ngx_rtmp_restream_stream_key_equal(ngx_rtmp_restream_stream_key_t *a,
    ngx_rtmp_restream_stream_key_t *b)
{
    return ngx_rtmp_restream_str_equal(&a->app, &b->app)
           && ngx_rtmp_restream_str_equal(&a->name, &b->name);
}


/* What an encoder sends, as the owner tells it the other workers. */

typedef struct {
    uint64_t                     since;     /* of this publish: UTC, ms; 0: no
                                               encoder is there */
    restream_ingest_report_t     media;
    uint16_t                     address_len;
    u_char                       address[NGX_SOCKADDR_STRLEN];  /* of the
                                               client, without a port */
} ngx_rtmp_restream_ingest_t;


typedef struct {
    ngx_rtmp_restream_record_t   record;    /* without key and credentials */
    ngx_rtmp_restream_report_t   report;
} ngx_rtmp_restream_view_destination_t;


typedef struct {
    ngx_str_t                                app;
    ngx_str_t                                name;
    ngx_pid_t                                worker;
    uint64_t                                 since;     /* UTC, ms */
    ngx_uint_t                               live;      /* 0: in grace */
    ngx_rtmp_restream_ingest_t               ingest;
    ngx_uint_t                               ndestinations;
    ngx_rtmp_restream_view_destination_t    *destinations;
} ngx_rtmp_restream_view_stream_t;


typedef struct {
    ngx_uint_t                         nstreams;
    ngx_rtmp_restream_view_stream_t   *streams;
} ngx_rtmp_restream_view_t;


/* a process's handle, on the configuration's pool; NULL: no memory */
ngx_rtmp_restream_zone_t *ngx_rtmp_restream_zone_create(ngx_pool_t *pool);

/* ngx_shm_zone_t.init; shm_zone->data is the handle.  NGX_ERROR: too small. */
ngx_int_t ngx_rtmp_restream_zone_init(ngx_shm_zone_t *shm_zone, void *data);

/*
 * In every worker, after fork: learns and tells who we are, drops what dead
 * ones have left.
 *
 * ret   NGX_OK, NGX_ERROR /proc cannot be read, logged
 */
ngx_int_t ngx_rtmp_restream_zone_init_process(ngx_rtmp_restream_zone_t *zone,
    ngx_log_t *log);

/* Drops the rows of workers that are gone (killed), and counts a loss for each:
 * it may have changed the store and not the rows of others. */
void ngx_rtmp_restream_zone_sweep(ngx_rtmp_restream_zone_t *zone);

/* The same for the owner of one stream; other ones cost nothing. */
void ngx_rtmp_restream_zone_sweep_stream(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key);

/*
 * How many losses there were, never 0; one atomic read.  What the store is
 * asked behind one has what was lost.
 */
ngx_uint_t ngx_rtmp_restream_zone_losses(ngx_rtmp_restream_zone_t *zone);


/* In the master: the handle is of the newest configuration from now on. */
void ngx_rtmp_restream_zone_renew(ngx_rtmp_restream_zone_t *zone);

/*
 * In one worker, again and again.
 *
 * ret   1: its configuration is the newest, and since the last call a worker of
 *       an older one claimed a stream whose destinations are not in yet
 */
ngx_uint_t ngx_rtmp_restream_zone_keep(ngx_rtmp_restream_zone_t *zone);

/* In the same worker, when it exits. */
void ngx_rtmp_restream_zone_retire(ngx_rtmp_restream_zone_t *zone);

/* 1: there is a newer configuration, and its workers stay */
ngx_uint_t ngx_rtmp_restream_zone_succeeded(ngx_rtmp_restream_zone_t *zone);


/* 1: the stream is claimed by a living session of another worker */
ngx_uint_t ngx_rtmp_restream_zone_busy(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key);

/*
 * out   *live   an encoder is publishing it now
 * ret   1: it is live, or in its grace
 */
ngx_uint_t ngx_rtmp_restream_zone_has(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, ngx_uint_t *live);

/*
 * Makes the calling worker the owner of a stream.
 *
 * ret   NGX_OK     *zs is the row, empty of arguments and destinations
 *       NGX_AGAIN  another worker holds it for an encoder that has gone; it has
 *                  been asked to let go, call again on the next tick
 *       NGX_BUSY   another worker's encoder is publishing it
 *       NGX_ERROR  the zone is full
 */
ngx_int_t ngx_rtmp_restream_zone_claim(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, ngx_rtmp_restream_zone_stream_t **zs);

/* Ends the ownership, the row goes; *zs is cleared. */
void ngx_rtmp_restream_zone_release(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t **zs);

/* Encoder there (1) or gone (0), and its ingest with it; since is kept. */
void ngx_rtmp_restream_zone_set_live(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_uint_t live);

/* What the publish came with, for destinations that a reload brings.
 * ret  NGX_OK, NGX_ERROR the zone is full: none */
ngx_int_t ngx_rtmp_restream_zone_set_args(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_str_t *args);

/* 1: another worker has the encoder now and asks for the stream */
ngx_uint_t ngx_rtmp_restream_zone_asked(ngx_rtmp_restream_zone_stream_t *zs);


/* A number that changes whenever anything wanted changes; one atomic read. */
ngx_uint_t ngx_rtmp_restream_zone_generation(ngx_rtmp_restream_zone_t *zone);

/*
 * Replaces the stream's destinations of that origin: absent ones go, equal ones
 * (same id and revision) are not touched.
 *
 * ret   NGX_OK, NGX_DECLINED the stream is not in the zone,
 *       NGX_AGAIN a newer configuration than ours has other ones: nothing is
 *       put, a worker of that one does it
 *       NGX_ERROR the zone is full: what fitted is in
 */
ngx_int_t ngx_rtmp_restream_zone_put(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, ngx_rtmp_restream_origin_e origin,
    ngx_rtmp_restream_record_t *records, ngx_uint_t n);

/* a stored switch of a destination that configurations make */

typedef struct {
    ngx_str_t    name;
    ngx_uint_t   enabled;
} ngx_rtmp_restream_switch_t;

/*
 * Replaces the stream's destinations that the API has made, and the switches of
 * the others, by those of a revision of the store; by an older one than what is
 * there nothing.
 *
 * ret   NGX_OK, NGX_DECLINED the stream is not in the zone,
 *       NGX_ERROR the zone is full: what fitted is in
 */
ngx_int_t ngx_rtmp_restream_zone_put_stored(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, uint64_t revision,
    ngx_rtmp_restream_record_t *records, ngx_uint_t n,
    ngx_rtmp_restream_switch_t *switches, ngx_uint_t nswitches);

/* Switches a destination off for as long as nothing newer is put. */
void ngx_rtmp_restream_zone_switch_off(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, uint64_t id);

/*
 * The owner wants to ask the store for the stream, and has asked.
 *
 * ret   1: nobody has asked; else how often it has been wanted since somebody
 *       did, this time included
 */
ngx_uint_t ngx_rtmp_restream_zone_load(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs);

/*
 * The store has answered, whatever it said.
 *
 * in    losses   as they were when it was asked; 0: it could not tell
 */
void ngx_rtmp_restream_zone_loaded(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, ngx_uint_t losses);

/*
 * 1: what the store has of the stream is in, and none of it has been lost; or
 * there is no more room for the rest than there was
 */
ngx_uint_t ngx_rtmp_restream_zone_stored(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs);

/* 1: not all that was put had room, and something has gone since */
ngx_uint_t ngx_rtmp_restream_zone_has_room(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs);

/*
 * Copies a stream's wanted destinations out, keys included.
 *
 * out   *records  n of them, on pool with their strings
 * ret   NGX_OK, NGX_ERROR no memory
 */
ngx_int_t ngx_rtmp_restream_zone_get(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_pool_t *pool,
    ngx_rtmp_restream_record_t **records, ngx_uint_t *n);

/*
 * Names of all streams with their arguments.
 *
 * out   *keys     n of them, on pool with their strings
 * ret   NGX_OK, NGX_ERROR no memory
 */
ngx_int_t ngx_rtmp_restream_zone_list(ngx_rtmp_restream_zone_t *zone,
    ngx_pool_t *pool, ngx_rtmp_restream_stream_key_t **keys, ngx_uint_t *n);


typedef struct {
    uint64_t                      id;
    ngx_rtmp_restream_report_t   *report;
} ngx_rtmp_restream_zone_report_t;

/* Copies observed state in; reports of destinations that left are ignored. */
void ngx_rtmp_restream_zone_report(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs,
    ngx_rtmp_restream_zone_report_t *reports, ngx_uint_t n);

/* By the owner, while the encoder is there. */
void ngx_rtmp_restream_zone_set_ingest(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_rtmp_restream_ingest_t *ingest);

/* Copies everything that may be shown to pool.  NULL: no memory. */
ngx_rtmp_restream_view_t *ngx_rtmp_restream_zone_view(
    ngx_rtmp_restream_zone_t *zone, ngx_pool_t *pool);

/*
 * The same of one stream, whatever else is live.
 *
 * out   *vs   on pool
 * ret   NGX_OK, NGX_DECLINED there is none, NGX_ERROR no memory
 */
ngx_int_t ngx_rtmp_restream_zone_view_stream(ngx_rtmp_restream_zone_t *zone,
    ngx_pool_t *pool, ngx_str_t *app, ngx_str_t *name,
    ngx_rtmp_restream_view_stream_t **vs);


#endif /* _NGX_RTMP_RESTREAM_ZONE_H_INCLUDED_ */
