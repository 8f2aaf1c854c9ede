/*
 * Records on their way to the socket.  OpenSSL writes them to memory that all
 * connections of a worker share; they leave with one send(), and what the
 * socket does not take is kept by the connection.
 *
 * Between ngx_rtmp_restream_tls.c and ngx_rtmp_restream_tls_gather.c only.
 */

#ifndef _NGX_RTMP_RESTREAM_TLS_GATHER_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_TLS_GATHER_H_INCLUDED_


#include "ngx_rtmp_restream_tls.h"


#define NGX_RTMP_RESTREAM_TLS_RECORD   16384    /* plaintext bytes, RFC 8446 */
#define NGX_RTMP_RESTREAM_TLS_RECORDS  3        /* gathered at most */


/* What a connection's records are written to.  NULL: no memory. */
BIO *ngx_rtmp_restream_tls_gather_bio(void);

/*
 * Sends what is held, then what was just gathered.  The gathering memory is
 * shared: it is empty on return, whatever happens.
 *
 * ret   NGX_OK     nothing is held back
 *       NGX_AGAIN  what the socket refused is in tls->held
 *       NGX_ERROR  the connection is lost, tls->error may say why
 */
ngx_int_t ngx_rtmp_restream_tls_gather_send(ngx_rtmp_restream_tls_t *tls);

/* Forgets what was gathered, for a connection that is beyond use. */
void ngx_rtmp_restream_tls_gather_drop(void);


#endif /* _NGX_RTMP_RESTREAM_TLS_GATHER_H_INCLUDED_ */
