/*
 * Use cases: what makes destinations wanted.  Writes the zone, touches no
 * output; the only caller of the store.
 */

#ifndef _NGX_RTMP_RESTREAM_CONTROL_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_CONTROL_H_INCLUDED_


#include "ngx_rtmp_restream.h"
#include "ngx_rtmp_restream_store.h"
#include "ngx_rtmp_restream_zone.h"


/*
 * A stream has been claimed: its application's destinations go in.  With a
 * store those that it has go in with them, and its switches count, as soon as
 * it has answered; when it cannot, those of the application alone.
 *
 * ret   NGX_OK
 *       NGX_AGAIN  our configuration is not the newest, see below; or the store
 *                  has been asked: called again in a while if nothing comes
 *       NGX_ERROR  no memory or zone full (what fitted is in)
 */
ngx_int_t ngx_rtmp_restream_control_publish(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_zone_stream_t *zs, ngx_rtmp_restream_app_conf_t *conf,
    ngx_rtmp_restream_stream_key_t *key);

/*
 * A configuration has been loaded: the destinations of running streams become
 * those of the new one.  Runs in the master, once per load.
 *
 * Old workers may claim streams after that: a moment later, while they still
 * accept, or much later, for an encoder that was connected already or that
 * on_publish let wait.  They put no destinations, since theirs are not the
 * newest.  One worker of the new configuration looks for such streams at short
 * intervals and runs this again, which is nothing to those that are up to it.
 *
 * in    apps      applications of the new configuration,
 *                 ngx_rtmp_restream_app_conf_t *
 */
void ngx_rtmp_restream_control_reload(ngx_rtmp_restream_zone_t *zone,
    ngx_array_t *apps, ngx_log_t *log);


/*
 * A use case under way.  It ends by itself; whoever asked is told once, from
 * the event loop, and looks at the outcome only then.
 */

typedef struct ngx_rtmp_restream_control_s  ngx_rtmp_restream_control_t;

typedef void (*ngx_rtmp_restream_control_pt)(void *owner,
    ngx_rtmp_restream_control_t *control);

struct ngx_rtmp_restream_control_s {
    ngx_rtmp_restream_store_call_t   *store;    /* what it answered */
    unsigned                          zone_full:1;  /* stored, but there is no
                                                       room for it in the
                                                       zone */

    /* private */
    ngx_rtmp_restream_control_pt      done;
    void                             *owner;
    ngx_rtmp_restream_zone_t         *zone;
};


/*
 * What the store has of a stream, or a page of streams.
 *
 * in    filter    its strings are copied
 * ret   NULL: no memory, or too many calls wait
 */
ngx_rtmp_restream_control_t *ngx_rtmp_restream_control_get(const char *app,
    const char *name, ngx_rtmp_restream_control_pt done, void *owner);
ngx_rtmp_restream_control_t *ngx_rtmp_restream_control_list(
    const restream_store_filter_t *filter, ngx_rtmp_restream_control_pt done,
    void *owner);

/*
 * Carries out a change: stored first, then put into the zone, where the worker
 * that has the publisher finds it.  What the configuration says of the stream's
 * application is filled in.  Logged with who made it.
 *
 * in    *change   taken over and cleared, unless NULL is returned
 *       owner     NULL: nobody waits, done comes when it comes
 * ret   NULL: no memory, or too many calls wait
 */
ngx_rtmp_restream_control_t *ngx_rtmp_restream_control_change(
    restream_change_t **change, ngx_rtmp_restream_control_pt done,
    void *owner);

/*
 * restream_duration_limit is over for a destination: its switch goes off, in
 * the store when there is one that can, and in the zone.
 */
void ngx_rtmp_restream_control_limit(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_app_conf_t *conf, ngx_rtmp_restream_stream_key_t *key,
    ngx_rtmp_restream_record_t *record);

/* Whoever asked goes away: done is not called; *control is cleared. */
void ngx_rtmp_restream_control_cancel(ngx_rtmp_restream_control_t **control);

/* A size of restream_zone that should do where the present one did not. */
size_t ngx_rtmp_restream_control_zone_wanted(void);

/* RESTREAM_SCHEME_* of restream_allow_schemes */
unsigned ngx_rtmp_restream_control_schemes(void);

/* The application's configuration; NULL: nothing of that name is relayed. */
ngx_rtmp_restream_app_conf_t *ngx_rtmp_restream_control_app(ngx_str_t *app);


#endif /* _NGX_RTMP_RESTREAM_CONTROL_H_INCLUDED_ */
