/*
 * The objects that people and programs read, as JSON: the same in status and
 * API.  Never a key, credentials or a query.
 */

#ifndef _NGX_HTTP_RESTREAM_JSON_H_INCLUDED_
#define _NGX_HTTP_RESTREAM_JSON_H_INCLUDED_


/* nginx comes first: it sets what the system's headers declare */
#include "../rtmp/ngx_rtmp_restream_zone.h"

#include <jansson.h>


/* A new reference; NULL: no memory. */
json_t *ngx_http_restream_json_stream(ngx_rtmp_restream_view_stream_t *vs);
json_t *ngx_http_restream_json_destination(
    ngx_rtmp_restream_view_destination_t *vd);

/* null while no encoder is there */
json_t *ngx_http_restream_json_ingest(ngx_rtmp_restream_ingest_t *ingest);

/* RFC 3339, UTC with ms; null for 0 */
json_t *ngx_http_restream_json_time(uint64_t at);

/* A string of any bytes; what is no UTF-8 loses its bytes above 127. */
json_t *ngx_http_restream_json_string(const u_char *data, size_t len);


#endif /* _NGX_HTTP_RESTREAM_JSON_H_INCLUDED_ */
