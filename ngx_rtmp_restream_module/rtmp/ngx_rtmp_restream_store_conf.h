/*
 * Where the store is and how it is sealed: restream_store, restream_store_key.
 */

#ifndef _NGX_RTMP_RESTREAM_STORE_CONF_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_STORE_CONF_H_INCLUDED_


#include "ngx_rtmp_restream.h"


/* Setters; conf is ngx_rtmp_restream_main_conf_t. */
char *ngx_rtmp_restream_store_conf_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_rtmp_restream_store_conf_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * When the whole file has been read: what was not given gets its default, and
 * nginx will make the directory for the workers' user.
 *
 * in    needed    1: there is an API; else a store that nobody asked for stays
 *                 closed
 * ret   NGX_OK, NGX_ERROR told in the log
 */
ngx_int_t ngx_rtmp_restream_store_conf_init(ngx_cycle_t *cycle,
    ngx_rtmp_restream_store_conf_t *conf, ngx_uint_t needed);


#endif /* _NGX_RTMP_RESTREAM_STORE_CONF_H_INCLUDED_ */
