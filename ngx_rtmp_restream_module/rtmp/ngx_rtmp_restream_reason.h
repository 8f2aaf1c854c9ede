/*
 * Fills a reason: the words of its code, what is particular to this case, and
 * what the server said.
 */

#ifndef _NGX_RTMP_RESTREAM_REASON_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_REASON_H_INCLUDED_


#include "ngx_rtmp_restream.h"


/*
 * in    detail    more words, terminated; NULL or "": none
 *       server_code, server_text   NULL: the server said nothing
 * What does not fit is cut at a character's edge; control bytes become '?'.
 */
void ngx_rtmp_restream_reason_set(ngx_rtmp_restream_reason_t *reason,
    restream_reason_e code, const char *detail, restream_str_t *server_code,
    restream_str_t *server_text);


#endif /* _NGX_RTMP_RESTREAM_REASON_H_INCLUDED_ */
