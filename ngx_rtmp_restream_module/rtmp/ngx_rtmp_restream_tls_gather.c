/*
 * Records on their way to the socket: see ngx_rtmp_restream_tls_gather.h.
 */

#include "ngx_rtmp_restream_tls_gather.h"


/* what one send() writes, and what one connection may hold */
#define NGX_RTMP_RESTREAM_TLS_GATHER                                          \
    (NGX_RTMP_RESTREAM_TLS_RECORDS * (NGX_RTMP_RESTREAM_TLS_RECORD + 512))


static ssize_t ngx_rtmp_restream_tls_gather_write(ngx_rtmp_restream_tls_t *tls,
    u_char *data, size_t len);
static ngx_int_t ngx_rtmp_restream_tls_gather_hold(ngx_rtmp_restream_tls_t *tls,
    u_char *data, size_t len);
static BIO_METHOD *ngx_rtmp_restream_tls_gather_bio_method(void);
static int ngx_rtmp_restream_tls_gather_create(BIO *bio);
static int ngx_rtmp_restream_tls_gather_add(BIO *bio, const char *data,
    int size);
static long ngx_rtmp_restream_tls_gather_ctrl(BIO *bio, int cmd, long num,
    void *ptr);


/* of this worker: made for its first connection */

static BIO_METHOD  *ngx_rtmp_restream_tls_gather_method;

/* of this worker: records between SSL_write() and send() */

static u_char  ngx_rtmp_restream_tls_gather_data[NGX_RTMP_RESTREAM_TLS_GATHER];
static size_t  ngx_rtmp_restream_tls_gather_len;


BIO *
ngx_rtmp_restream_tls_gather_bio(void)
{
    BIO_METHOD  *method;

    method = ngx_rtmp_restream_tls_gather_bio_method();

    return method ? BIO_new(method) : NULL;
}


void
ngx_rtmp_restream_tls_gather_drop(void)
{
    ngx_rtmp_restream_tls_gather_len = 0;
}


ngx_int_t
ngx_rtmp_restream_tls_gather_send(ngx_rtmp_restream_tls_t *tls)
{
    size_t   len;
    u_char  *data;
    ssize_t  n;

    data = ngx_rtmp_restream_tls_gather_data;
    len = ngx_rtmp_restream_tls_gather_len;
    ngx_rtmp_restream_tls_gather_len = 0;

    if (tls->held) {
        n = ngx_rtmp_restream_tls_gather_write(tls, tls->held + tls->held_pos,
                                               tls->held_last - tls->held_pos);
        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        tls->held_pos += n;

        if (tls->held_pos < tls->held_last) {
            return ngx_rtmp_restream_tls_gather_hold(tls, data, len);
        }

        ngx_free(tls->held);
        tls->held = NULL;
        tls->held_pos = 0;
        tls->held_last = 0;
    }

    if (len == 0) {
        return NGX_OK;
    }

    n = ngx_rtmp_restream_tls_gather_write(tls, data, len);

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    if ((size_t) n == len) {
        return NGX_OK;
    }

    return ngx_rtmp_restream_tls_gather_hold(tls, data + n, len - n);
}


void
ngx_rtmp_restream_tls_exit(void)
{
    BIO_meth_free(ngx_rtmp_restream_tls_gather_method);
    ngx_rtmp_restream_tls_gather_method = NULL;
}


/* bytes written, 0 when the socket takes nothing, or NGX_ERROR */

static ssize_t
ngx_rtmp_restream_tls_gather_write(ngx_rtmp_restream_tls_t *tls, u_char *data,
    size_t len)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = tls->connection;

    do {
        n = send(c->fd, data, len, MSG_NOSIGNAL);
    } while (n == -1 && ngx_socket_errno == NGX_EINTR);

    if (n == -1) {

        if (ngx_socket_errno != NGX_EAGAIN) {
            tls->error = ngx_socket_errno;
            tls->failed = 1;
            return NGX_ERROR;
        }

        n = 0;
    }

    if ((size_t) n < len) {
        c->write->ready = 0;
    }

    tls->sent += n;

    return n;
}


/*
 * Appends to what is held.  A server that makes us answer without reading the
 * answers is not waited for.
 */

static ngx_int_t
ngx_rtmp_restream_tls_gather_hold(ngx_rtmp_restream_tls_t *tls, u_char *data,
    size_t len)
{
    size_t   held;
    u_char  *p;

    if (len == 0) {
        return NGX_AGAIN;
    }

    held = tls->held_last - tls->held_pos;

    if (held + len > NGX_RTMP_RESTREAM_TLS_GATHER) {
        tls->failed = 1;
        return NGX_ERROR;
    }

    p = ngx_alloc(held + len, tls->connection->log);
    if (p == NULL) {
        tls->failed = 1;
        return NGX_ERROR;
    }

    if (held) {
        ngx_memcpy(p, tls->held + tls->held_pos, held);
        ngx_free(tls->held);
    }

    ngx_memcpy(p + held, data, len);

    tls->held = p;
    tls->held_pos = 0;
    tls->held_last = held + len;

    return NGX_AGAIN;
}


static BIO_METHOD *
ngx_rtmp_restream_tls_gather_bio_method(void)
{
    int          type;
    BIO_METHOD  *method;

    if (ngx_rtmp_restream_tls_gather_method) {
        return ngx_rtmp_restream_tls_gather_method;
    }

    type = BIO_get_new_index();

    if (type == -1) {
        return NULL;
    }

    method = BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "restream");

    if (method) {
        (void) BIO_meth_set_create(method, ngx_rtmp_restream_tls_gather_create);
        (void) BIO_meth_set_write(method, ngx_rtmp_restream_tls_gather_add);
        (void) BIO_meth_set_ctrl(method, ngx_rtmp_restream_tls_gather_ctrl);
    }

    ngx_rtmp_restream_tls_gather_method = method;

    return method;
}


static int
ngx_rtmp_restream_tls_gather_create(BIO *bio)
{
    BIO_set_init(bio, 1);

    return 1;
}


static int
ngx_rtmp_restream_tls_gather_add(BIO *bio, const char *data, int size)
{
    size_t  room;

    BIO_clear_retry_flags(bio);

    room = NGX_RTMP_RESTREAM_TLS_GATHER - ngx_rtmp_restream_tls_gather_len;

    if (size <= 0 || (size_t) size > room) {
        return -1;
    }

    ngx_memcpy(ngx_rtmp_restream_tls_gather_data
               + ngx_rtmp_restream_tls_gather_len, data, size);
    ngx_rtmp_restream_tls_gather_len += size;

    return size;
}


static long
ngx_rtmp_restream_tls_gather_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    return cmd == BIO_CTRL_FLUSH;
}
