/*
 * What control does with the store: between the files of control only.
 */

#ifndef _NGX_RTMP_RESTREAM_CONTROL_STORE_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_CONTROL_STORE_H_INCLUDED_


#include "ngx_rtmp_restream_control.h"


/*
 * Asks the store for a stream that has been claimed, and puts what it has, with
 * the configuration's destinations, into the zone.
 *
 * in    told      1: the log has it that the zone has no room for all of it
 * ret   NGX_AGAIN; NGX_ERROR no memory
 */
ngx_int_t ngx_rtmp_restream_control_load(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_app_conf_t *conf, ngx_rtmp_restream_stream_key_t *key,
    ngx_uint_t told);

/* The configuration's destinations go into the zone; as zone_put(). */
ngx_int_t ngx_rtmp_restream_control_put(ngx_rtmp_restream_zone_t *zone,
    ngx_array_t *destinations, ngx_rtmp_restream_stream_key_t *key);

/*
 * What the store has of a stream goes into the zone; as zone_put_stored().
 *
 * in    st        NULL: nothing
 *       revision  of the store when that was so
 */
ngx_int_t ngx_rtmp_restream_control_install(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, restream_stream_t *st,
    uint64_t revision);

/*
 * What the configuration has to say to a change, and whether it is live.
 *
 * ret   NGX_OK, NGX_ERROR no memory
 */
ngx_int_t ngx_rtmp_restream_control_complete(restream_change_t *change);

/* The store has carried a change out. */
void ngx_rtmp_restream_control_changed(ngx_rtmp_restream_control_t *control);

/* Tells the log who changed what and which members: never a value. */
void ngx_rtmp_restream_control_log(restream_change_t *change,
    restream_change_outcome_t *outcome);

/* strdup(), of NULL too */
char *ngx_rtmp_restream_control_copy(const char *text);


#endif /* _NGX_RTMP_RESTREAM_CONTROL_STORE_H_INCLUDED_ */
