/*
 * The operator at this machine: what may do everything where no token is
 * configured.  Between the files of ngx_http_restream_auth only.
 */

#ifndef _NGX_HTTP_RESTREAM_AUTH_LOCAL_H_INCLUDED_
#define _NGX_HTTP_RESTREAM_AUTH_LOCAL_H_INCLUDED_


#include "ngx_http_restream_auth.h"


/*
 * Gives the grant to who is here: not to a proxy beside us, and not to a page
 * of the Internet in the operator's browser.
 *
 * ret   NULL: given; else a sentence that says why not and what to set
 */
const char *ngx_http_restream_auth_local(ngx_http_request_t *r,
    ngx_http_restream_grant_t *grant);

/*
 * 1: it changes nothing, or no form or script of another site can have sent it
 * without asking first.
 */
ngx_uint_t ngx_http_restream_auth_same_site(ngx_http_request_t *r);


#endif /* _NGX_HTTP_RESTREAM_AUTH_LOCAL_H_INCLUDED_ */
