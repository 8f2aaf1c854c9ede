/*
 * The client's side of TLS: see ngx_rtmp_restream_tls.h.
 */

#include "ngx_rtmp_restream_tls.h"
#include "ngx_rtmp_restream_tls_gather.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>


static ngx_int_t ngx_rtmp_restream_tls_set_name(SSL *ssl,
    ngx_rtmp_restream_tls_conf_t *conf, ngx_str_t *host);
static ngx_int_t ngx_rtmp_restream_tls_ready(ngx_rtmp_restream_tls_t *tls);
static void ngx_rtmp_restream_tls_error(ngx_rtmp_restream_tls_t *tls, int rc,
    int sslerr, u_char *err, size_t size);
static size_t ngx_rtmp_restream_tls_copy(struct iovec *iov, ngx_uint_t niov,
    size_t skip, u_char *out, size_t size);


/* of this worker: what becomes a record */

static u_char  ngx_rtmp_restream_tls_plain[NGX_RTMP_RESTREAM_TLS_RECORD];


ngx_int_t
ngx_rtmp_restream_tls_init(ngx_rtmp_restream_tls_t *tls,
    ngx_rtmp_restream_tls_conf_t *conf, ngx_connection_t *c, ngx_str_t *host)
{
    tls->connection = c;

    ERR_clear_error();

    tls->ssl = SSL_new(conf->ctx);
    if (tls->ssl == NULL) {
        return NGX_ERROR;
    }

    if (SSL_set_fd(tls->ssl, c->fd) != 1
        || ngx_rtmp_restream_tls_set_name(tls->ssl, conf, host) != NGX_OK)
    {
        return NGX_ERROR;
    }

    SSL_set_connect_state(tls->ssl);

    return NGX_OK;
}


ngx_int_t
ngx_rtmp_restream_tls_handshake(ngx_rtmp_restream_tls_t *tls, u_char *err,
    size_t size)
{
    int                n, sslerr;
    long               verified;
    ngx_connection_t  *c;

    c = tls->connection;

    ERR_clear_error();

    n = SSL_do_handshake(tls->ssl);

    if (n == 1) {
        return ngx_rtmp_restream_tls_ready(tls);
    }

    sslerr = SSL_get_error(tls->ssl, n);

    if (sslerr == SSL_ERROR_WANT_READ) {
        c->read->ready = 0;
        return NGX_AGAIN;
    }

    if (sslerr == SSL_ERROR_WANT_WRITE) {
        c->write->ready = 0;
        return NGX_AGAIN;
    }

    verified = SSL_get_verify_result(tls->ssl);

    if (SSL_get_verify_mode(tls->ssl) != SSL_VERIFY_NONE
        && verified != X509_V_OK)
    {
        (void) ngx_snprintf(err, size, "%s%Z",
                            X509_verify_cert_error_string(verified));
        ERR_clear_error();
        return NGX_DECLINED;
    }

    ngx_rtmp_restream_tls_error(tls, n, sslerr, err, size);

    return NGX_ERROR;
}


ssize_t
ngx_rtmp_restream_tls_recv(ngx_rtmp_restream_tls_t *tls, u_char *buf,
    size_t size)
{
    int                n, sslerr;
    ngx_connection_t  *c;

    c = tls->connection;

    ERR_clear_error();

    n = SSL_read(tls->ssl, buf, (int) size);

    /* a key update or an alert may have been written */

    if (tls->bio && ngx_rtmp_restream_tls_gather_send(tls) == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (n > 0) {
        return n;
    }

    sslerr = SSL_get_error(tls->ssl, n);

    if (sslerr == SSL_ERROR_WANT_READ || sslerr == SSL_ERROR_WANT_WRITE) {
        c->read->ready = 0;
        return NGX_AGAIN;
    }

    /* an end without close_notify is what most servers do: an end */

    if (sslerr == SSL_ERROR_ZERO_RETURN
        || (sslerr == SSL_ERROR_SYSCALL && n == 0)
#ifdef SSL_R_UNEXPECTED_EOF_WHILE_READING
        || (sslerr == SSL_ERROR_SSL
            && ERR_GET_REASON(ERR_peek_error())
               == SSL_R_UNEXPECTED_EOF_WHILE_READING)
#endif
       )
    {
        ERR_clear_error();
        return 0;
    }

    tls->error = (sslerr == SSL_ERROR_SYSCALL) ? ngx_errno : EPROTO;
    tls->failed = 1;

    ERR_clear_error();

    return NGX_ERROR;
}


ssize_t
ngx_rtmp_restream_tls_send(ngx_rtmp_restream_tls_t *tls, struct iovec *iov,
    ngx_uint_t niov)
{
    int         n;
    size_t      size, taken;
    ngx_uint_t  records;

    if (tls->held) {
        return 0;
    }

    ERR_clear_error();

    taken = 0;

    for (records = 0; records < NGX_RTMP_RESTREAM_TLS_RECORDS; records++) {

        size = ngx_rtmp_restream_tls_copy(iov, niov, taken,
                                          ngx_rtmp_restream_tls_plain,
                                          NGX_RTMP_RESTREAM_TLS_RECORD);
        if (size == 0) {
            break;
        }

        n = SSL_write(tls->ssl, ngx_rtmp_restream_tls_plain, (int) size);

        if (n != (int) size) {

            /* memory never blocks: the connection is beyond use */

            ERR_clear_error();
            ngx_rtmp_restream_tls_gather_drop();
            tls->failed = 1;
            return NGX_ERROR;
        }

        taken += size;
    }

    if (ngx_rtmp_restream_tls_gather_send(tls) == NGX_ERROR) {
        return NGX_ERROR;
    }

    return taken;
}


ngx_int_t
ngx_rtmp_restream_tls_flush(ngx_rtmp_restream_tls_t *tls)
{
    return ngx_rtmp_restream_tls_gather_send(tls);
}


void
ngx_rtmp_restream_tls_notify(ngx_rtmp_restream_tls_t *tls)
{
    if (tls->bio == NULL || tls->failed || tls->held) {
        return;
    }

    ERR_clear_error();
    (void) SSL_shutdown(tls->ssl);
    ERR_clear_error();

    (void) ngx_rtmp_restream_tls_gather_send(tls);
}


void
ngx_rtmp_restream_tls_close(ngx_rtmp_restream_tls_t *tls, ngx_uint_t notify)
{
    if (tls->ssl == NULL) {
        return;
    }

    if (notify) {
        ngx_rtmp_restream_tls_notify(tls);
    }

    SSL_free(tls->ssl);
    ERR_clear_error();

    ngx_free(tls->held);

    ngx_memzero(tls, sizeof(ngx_rtmp_restream_tls_t));
}


static ngx_int_t
ngx_rtmp_restream_tls_set_name(SSL *ssl, ngx_rtmp_restream_tls_conf_t *conf,
    ngx_str_t *host)
{
    char              *name;
    ngx_uint_t         sni;
    unsigned char      addr[16];
    X509_VERIFY_PARAM *param;

    name = (char *) host->data;
    sni = 1;

    if (ngx_strcmp(conf->server_name.data, "off") == 0) {
        sni = 0;

    } else if (ngx_strcmp(conf->server_name.data, "on") != 0) {
        name = (char *) conf->server_name.data;
    }

    param = SSL_get0_param(ssl);

    /* RFC 6066, 3: no literal addresses in SNI */

    if (inet_pton(AF_INET, name, addr) == 1
        || inet_pton(AF_INET6, name, addr) == 1)
    {
        return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1 ? NGX_OK
                                                               : NGX_ERROR;
    }

    X509_VERIFY_PARAM_set_hostflags(param,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);

    if (X509_VERIFY_PARAM_set1_host(param, name, 0) != 1) {
        return NGX_ERROR;
    }

    if (sni && SSL_set_tlsext_host_name(ssl, name) != 1) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rtmp_restream_tls_ready(ngx_rtmp_restream_tls_t *tls)
{
    BIO  *bio;

#ifdef BIO_get_ktls_send
    if (BIO_get_ktls_send(SSL_get_wbio(tls->ssl))) {
        tls->kernel = 1;
        return NGX_OK;
    }
#endif

    bio = ngx_rtmp_restream_tls_gather_bio();
    if (bio == NULL) {
        return NGX_ERROR;
    }

    SSL_set0_wbio(tls->ssl, bio);
    tls->bio = bio;

    return NGX_OK;
}


static void
ngx_rtmp_restream_tls_error(ngx_rtmp_restream_tls_t *tls, int rc, int sslerr,
    u_char *err, size_t size)
{
    ngx_err_t    e;
    const char  *reason;

    e = ngx_errno;
    reason = ERR_reason_error_string(ERR_peek_error());

    if (reason) {
        (void) ngx_snprintf(err, size, "%s%Z", reason);

    } else if (sslerr == SSL_ERROR_SYSCALL && rc < 0 && e) {
        (void) ngx_snprintf(err, size, "%s%Z", strerror(e));

    } else {
        (void) ngx_snprintf(err, size,
                            "the server closed the connection%Z");
    }

    ERR_clear_error();
    tls->failed = 1;
}


/* copies what lies behind the first skip bytes of iov: how many */

static size_t
ngx_rtmp_restream_tls_copy(struct iovec *iov, ngx_uint_t niov, size_t skip,
    u_char *out, size_t size)
{
    size_t      n, len;
    ngx_uint_t  i;

    n = 0;

    for (i = 0; i < niov && n < size; i++) {

        if (skip >= iov[i].iov_len) {
            skip -= iov[i].iov_len;
            continue;
        }

        len = ngx_min(iov[i].iov_len - skip, size - n);
        ngx_memcpy(out + n, (u_char *) iov[i].iov_base + skip, len);

        n += len;
        skip = 0;
    }

    return n;
}
