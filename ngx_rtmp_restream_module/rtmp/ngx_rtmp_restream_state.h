/*
 * The state of an output: the one door of its changes, which logs them, keeps
 * the reason and marks the report for the zone; and what the log says of an
 * output.
 */

#ifndef _NGX_RTMP_RESTREAM_STATE_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_STATE_H_INCLUDED_


#include "ngx_rtmp_restream.h"


/* as status and log say it: "off", "resolving", ...; static */
const char *ngx_rtmp_restream_state_name(ngx_rtmp_restream_state_e state);

/* in    reason    NULL: the one before stays, but live has none */
void ngx_rtmp_restream_state_set(ngx_rtmp_restream_output_t *out,
    ngx_rtmp_restream_state_e state, ngx_rtmp_restream_reason_t *reason);

/* The encoder has gone (or is back): shown as the reason of the live ones. */
void ngx_rtmp_restream_state_publisher(ngx_rtmp_restream_output_t *out,
    ngx_uint_t there);

/* ngx_log_t.handler of an output: which stream, destination and server */
u_char *ngx_rtmp_restream_state_log(ngx_log_t *log, u_char *buf, size_t len);


#endif /* _NGX_RTMP_RESTREAM_STATE_H_INCLUDED_ */
