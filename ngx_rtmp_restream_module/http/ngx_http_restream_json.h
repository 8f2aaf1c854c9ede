/*
 * The objects that people and programs read, as JSON: the same in status, API
 * and panel.  Never a key, credentials or a query.
 */

#ifndef _NGX_HTTP_RESTREAM_JSON_H_INCLUDED_
#define _NGX_HTTP_RESTREAM_JSON_H_INCLUDED_


/* nginx comes first: it sets what the system's headers declare */
#include "../rtmp/ngx_rtmp_restream_zone.h"

#include <jansson.h>


/* A new reference; NULL: no memory. */
json_t *ngx_http_restream_json_stream(ngx_rtmp_restream_view_stream_t *vs);


#endif /* _NGX_HTTP_RESTREAM_JSON_H_INCLUDED_ */
