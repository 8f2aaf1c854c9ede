/*
 * The publisher authentication of Adobe's and Limelight's servers: what to
 * connect anew with after they refused.  Private to restream_client*.c.
 */

#ifndef _RESTREAM_CLIENT_AUTH_H_INCLUDED_
#define _RESTREAM_CLIENT_AUTH_H_INCLUDED_


#include "restream_client.h"


/*
 * in    text      the description of the refusal, which holds the instructions
 * out   *query    appended: the suffix for app and tcUrl, complete
 * ret   OK
 *       DECLINED  a refusal that credentials do not mend: it asks for none,
 *                 there are none, they were wrong, it asks for what it has
 *                 been given, its challenge is absurd, or the query does not
 *                 fit; *query holds nothing useful
 */
int restream_client_auth(const restream_client_conf_t *conf,
    restream_str_t text, restream_buf_t *query);


#endif /* _RESTREAM_CLIENT_AUTH_H_INCLUDED_ */
