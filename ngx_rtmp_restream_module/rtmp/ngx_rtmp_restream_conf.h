/*
 * Values of directives: parsed by nginx's own parsers, refused with what was
 * expected.
 */

#ifndef _NGX_RTMP_RESTREAM_CONF_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_CONF_H_INCLUDED_


#include "ngx_rtmp_restream.h"


/* ngx_command_t.post of the setters below */

typedef struct {
    ngx_int_t     min;
    ngx_int_t     max;
    const char   *expected;         /* in words, with an example */
} ngx_rtmp_restream_bounds_t;


/*
 * ngx_command_t.set of one directive each, or of one type.
 *
 * ret   NGX_CONF_OK
 *       NGX_CONF_ERROR  refused, and told
 *       else            what nginx says of the directive
 */

/* restream on|off */
char *ngx_rtmp_restream_conf_enable(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* on|off; size and time within the bounds that post points to */
char *ngx_rtmp_restream_conf_flag(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_rtmp_restream_conf_number(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_rtmp_restream_conf_size(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_rtmp_restream_conf_msec(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* restream_destination name url [key=...] [enabled=on|off] */
char *ngx_rtmp_restream_conf_destination(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* restream_reconnect min=... max=... */
char *ngx_rtmp_restream_conf_reconnect(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* restream_ssl_protocols [TLSv1] [TLSv1.1] [TLSv1.2] [TLSv1.3] */
char *ngx_rtmp_restream_conf_protocols(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* restream_ssl_server_name on|off|name */
char *ngx_rtmp_restream_conf_server_name(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* restream_allow address[/bits] ..., restream_deny address[/bits] ... */
char *ngx_rtmp_restream_conf_network(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* restream_allow_schemes rtmp rtmps */
char *ngx_rtmp_restream_conf_schemes(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* restream_thread_pool name */
char *ngx_rtmp_restream_conf_thread_pool(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* restream_bind address */
char *ngx_rtmp_restream_conf_bind(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Refuses a value of the directive that is read: returns NGX_CONF_ERROR. */
char *ngx_rtmp_restream_conf_invalid(ngx_conf_t *cf, ngx_str_t *value,
    const char *expected);


#endif /* _NGX_RTMP_RESTREAM_CONF_H_INCLUDED_ */
