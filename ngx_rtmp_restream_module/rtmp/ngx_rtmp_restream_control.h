/*
 * Use cases: what makes destinations wanted.  Writes the zone, touches no
 * output.
 */

#ifndef _NGX_RTMP_RESTREAM_CONTROL_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_CONTROL_H_INCLUDED_


#include "ngx_rtmp_restream.h"
#include "ngx_rtmp_restream_zone.h"


/*
 * A stream has been claimed: its application's destinations go in.
 *
 * ret   NGX_OK
 *       NGX_AGAIN  our configuration is not the newest; see below
 *       NGX_ERROR  no memory or zone full (what fitted is in)
 */
ngx_int_t ngx_rtmp_restream_control_publish(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_app_conf_t *conf, ngx_rtmp_restream_stream_key_t *key);

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


#endif /* _NGX_RTMP_RESTREAM_CONTROL_H_INCLUDED_ */
