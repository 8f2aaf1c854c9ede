/*
 * The objects that people and programs read, as JSON: the same in status, API
 * and panel.  Never a key, credentials or a query.
 */

#ifndef _NGX_HTTP_RESTREAM_JSON_H_INCLUDED_
#define _NGX_HTTP_RESTREAM_JSON_H_INCLUDED_


/* nginx comes first: it sets what the system's headers declare */
#include "../rtmp/ngx_rtmp_restream_zone.h"

#include <jansson.h>


/* New references; NULL: no memory. */

json_t *ngx_http_restream_json_stream(ngx_rtmp_restream_view_stream_t *vs);
json_t *ngx_http_restream_json_destination(
    ngx_rtmp_restream_view_destination_t *vd);

/* reason R, null without one */
json_t *ngx_http_restream_json_reason(ngx_rtmp_restream_reason_t *reason);

/* UTC in ms -> RFC 3339 with ms; null for 0 */
json_t *ngx_http_restream_json_time(uint64_t at);

/* bytes of any kind: what is not UTF-8 becomes '?' */
json_t *ngx_http_restream_json_string(const u_char *data, size_t len);


#endif /* _NGX_HTTP_RESTREAM_JSON_H_INCLUDED_ */
