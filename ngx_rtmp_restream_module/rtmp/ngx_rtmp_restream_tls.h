/*
 * The client's side of TLS, for rtmps: settings of an application, and one
 * connection.
 *
 * After the handshake OpenSSL no longer writes to the socket: its records are
 * gathered in memory that all connections of the worker share and leave with
 * one send() per wake-up; what the socket does not take is kept by the
 * connection.  Where the kernel encrypts (kTLS), the socket is written plainly.
 */

#ifndef _NGX_RTMP_RESTREAM_TLS_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_TLS_H_INCLUDED_


#include "ngx_rtmp_restream.h"

#include <openssl/ssl.h>


struct ngx_rtmp_restream_tls_conf_s {
    ngx_flag_t       verify;
    ngx_str_t        trusted_certificate;   /* empty: the system's */
    ngx_uint_t       protocols;             /* NGX_SSL_* bits */
    ngx_str_t        ciphers;
    ngx_array_t     *conf_commands;         /* ngx_keyval_t; NULL: none */
    ngx_str_t        server_name;           /* on, off, or a name */
    SSL_CTX         *ctx;                   /* NULL: application is off */
};


typedef struct {
    SSL               *ssl;
    BIO               *bio;         /* gathers records; owned by ssl */
    u_char            *held;        /* malloc: ciphertext the socket refused */
    size_t             held_pos;
    size_t             held_last;
    uint64_t           sent;        /* bytes given to the socket */
    ngx_connection_t  *connection;  /* borrowed */
    unsigned           kernel:1;    /* kTLS: write to the socket */
    unsigned           failed:1;    /* beyond use; error may say why */
    ngx_err_t          error;
} ngx_rtmp_restream_tls_t;


/*
 * Directives of an application, inherited; ctx is made where enable is set.
 *
 * ret   create: NULL no memory; merge, check: NGX_CONF_OK, NGX_CONF_ERROR told
 */
ngx_rtmp_restream_tls_conf_t *ngx_rtmp_restream_tls_create_conf(
    ngx_conf_t *cf);
char *ngx_rtmp_restream_tls_merge_conf(ngx_conf_t *cf,
    ngx_rtmp_restream_tls_conf_t *prev, ngx_rtmp_restream_tls_conf_t *conf,
    ngx_flag_t enable);

/* After each of them: what OpenSSL refuses is told with the line it is on. */
char *ngx_rtmp_restream_tls_check_conf(ngx_conf_t *cf,
    ngx_rtmp_restream_tls_conf_t *conf);


/*
 * Sets up a connection whose TCP is established.
 *
 * in    host      as in the url: the name for SNI and for the certificate,
 *                 unless restream_ssl_server_name says another; terminated
 * ret   NGX_OK, NGX_ERROR no memory
 */
ngx_int_t ngx_rtmp_restream_tls_init(ngx_rtmp_restream_tls_t *tls,
    ngx_rtmp_restream_tls_conf_t *conf, ngx_connection_t *c, ngx_str_t *host);

/*
 * ret   NGX_OK       done, and the certificate is good
 *       NGX_AGAIN    call again when the socket is ready
 *       NGX_DECLINED the certificate was not accepted; err says why
 *       NGX_ERROR    the handshake failed; err says why
 * out   *err         at most size bytes, terminated
 */
ngx_int_t ngx_rtmp_restream_tls_handshake(ngx_rtmp_restream_tls_t *tls,
    u_char *err, size_t size);

/* bytes read, NGX_AGAIN, 0 at the end of the stream, or NGX_ERROR */
ssize_t ngx_rtmp_restream_tls_recv(ngx_rtmp_restream_tls_t *tls, u_char *buf,
    size_t size);

/*
 * Encrypts and sends.
 *
 * ret   bytes of iov that were taken (all of a record or nothing); 0 when
 *       ciphertext is still held back: call ngx_rtmp_restream_tls_flush()
 *       NGX_ERROR  the connection is lost
 */
ssize_t ngx_rtmp_restream_tls_send(ngx_rtmp_restream_tls_t *tls,
    struct iovec *iov, ngx_uint_t niov);

/* ciphertext that is held back, bytes */
#define ngx_rtmp_restream_tls_held(tls)  ((tls)->held_last - (tls)->held_pos)

/* NGX_OK nothing is held back, NGX_AGAIN, NGX_ERROR */
ngx_int_t ngx_rtmp_restream_tls_flush(ngx_rtmp_restream_tls_t *tls);

/* close_notify, as far as the socket takes it; the answer is not waited for */
void ngx_rtmp_restream_tls_notify(ngx_rtmp_restream_tls_t *tls);

/* with close_notify if notify is set; frees */
void ngx_rtmp_restream_tls_close(ngx_rtmp_restream_tls_t *tls,
    ngx_uint_t notify);

/* frees what all connections share, when the process ends */
void ngx_rtmp_restream_tls_exit(void);


#endif /* _NGX_RTMP_RESTREAM_TLS_H_INCLUDED_ */
