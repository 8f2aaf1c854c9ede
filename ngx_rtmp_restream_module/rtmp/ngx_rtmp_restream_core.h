/*
 * The module's life in nginx: what is known when the whole configuration is
 * read, in the master when it is taken up, in a worker when it starts.
 */

#ifndef _NGX_RTMP_RESTREAM_CORE_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_CORE_H_INCLUDED_


#include "ngx_rtmp_restream.h"
#include "ngx_rtmp_restream_zone.h"


typedef struct {
    ngx_rtmp_restream_main_conf_t  *main;   /* NULL: no rtmp{}, or nothing
                                               in it is relayed */
    ngx_array_t                     apps;   /* ngx_rtmp_restream_app_conf_t *,
                                               those with "restream on" */
    ngx_uint_t                      api;    /* 1: a location has it */
} ngx_rtmp_restream_core_conf_t;


/* Of a cycle, configured or running; never NULL. */
ngx_rtmp_restream_core_conf_t *ngx_rtmp_restream_core_get_conf(
    ngx_cycle_t *cycle);

/*
 * Adds the zone; a running one keeps its size, with a [warn].
 *
 * ret   NGX_OK, NGX_ERROR told
 */
ngx_int_t ngx_rtmp_restream_core_add_zone(ngx_conf_t *cf,
    ngx_rtmp_restream_main_conf_t *rmcf);

/* The zone of the running cycle; NULL: nothing is relayed. */
ngx_rtmp_restream_zone_t *ngx_rtmp_restream_core_zone(void);


#endif /* _NGX_RTMP_RESTREAM_CORE_H_INCLUDED_ */
