/*
 * One connection attempt to a destination: see ngx_rtmp_restream_peer.h.
 *
 *     resolve -> connect (each address in turn) -> TLS -> dialogue -> media
 *     `------- ngx_rtmp_restream_connect.c ---------'
 *
 * Its life and its bytes are here; what they say is for
 * ngx_rtmp_restream_dialogue.c.
 *
 * Whatever ends it goes through ngx_rtmp_restream_peer_end(): the socket is
 * closed there and then, the output is told by a posted event, so that nothing
 * is freed under a handler that runs.
 */

#include "ngx_rtmp_restream_peer.h"
#include "ngx_rtmp_restream_connect.h"
#include "ngx_rtmp_restream_dialogue.h"
#include "ngx_rtmp_restream_reason.h"
#include "ngx_rtmp_restream_target.h"

#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>


#define NGX_RTMP_RESTREAM_READ_SIZE      4096
#define NGX_RTMP_RESTREAM_READS          16      /* at most, per event */


static void ngx_rtmp_restream_peer_read_handler(ngx_event_t *rev);
static ssize_t ngx_rtmp_restream_peer_recv(ngx_rtmp_restream_peer_t *peer,
    u_char *buf, size_t size);
static void ngx_rtmp_restream_peer_write_handler(ngx_event_t *wev);
static ssize_t ngx_rtmp_restream_peer_write(ngx_rtmp_restream_peer_t *peer,
    struct iovec *iov, ngx_uint_t niov, size_t size);
static ssize_t ngx_rtmp_restream_peer_write_tls(ngx_rtmp_restream_peer_t *peer,
    struct iovec *iov, ngx_uint_t niov);
static ssize_t ngx_rtmp_restream_peer_write_plain(
    ngx_rtmp_restream_peer_t *peer, struct iovec *iov, ngx_uint_t niov,
    size_t size);
static ssize_t ngx_rtmp_restream_peer_written(ngx_rtmp_restream_peer_t *peer,
    ssize_t n, ngx_uint_t full);
static ssize_t ngx_rtmp_restream_peer_wait(ngx_rtmp_restream_peer_t *peer,
    ssize_t n);
static void ngx_rtmp_restream_peer_ended_handler(ngx_event_t *ev);
static void ngx_rtmp_restream_peer_abandon(ngx_rtmp_restream_peer_t *peer);


ngx_rtmp_restream_peer_t *
ngx_rtmp_restream_peer_create(ngx_rtmp_restream_app_conf_t *conf,
    ngx_rtmp_restream_target_t *target, ngx_str_t *query, ngx_uint_t first,
    const ngx_rtmp_restream_peer_handlers_t *handlers, void *data,
    ngx_log_t *log)
{
    ngx_pool_t                *pool;
    ngx_rtmp_restream_peer_t  *peer;

    pool = ngx_create_pool(sizeof(ngx_rtmp_restream_peer_t) + 1024, log);
    if (pool == NULL) {
        return NULL;
    }

    peer = ngx_pcalloc(pool, sizeof(ngx_rtmp_restream_peer_t));
    if (peer == NULL) {
        goto failed;
    }

    peer->pool = pool;
    peer->log = log;
    peer->conf = conf;
    peer->handlers = handlers;
    peer->data = data;
    peer->first = first;

    peer->ended.handler = ngx_rtmp_restream_peer_ended_handler;
    peer->ended.data = peer;
    peer->ended.log = log;

    if (ngx_rtmp_restream_target_copy(pool, &peer->target, target) != NGX_OK) {
        goto failed;
    }

    if (query) {
        peer->query.len = query->len;
        peer->query.data = ngx_pstrdup(pool, query);

        if (peer->query.data == NULL) {
            goto failed;
        }
    }

    if (ngx_rtmp_restream_connect(peer) != NGX_OK) {
        goto failed;
    }

    return peer;

failed:

    ngx_destroy_pool(pool);

    return NULL;
}


void
ngx_rtmp_restream_peer_destroy(ngx_rtmp_restream_peer_t **peerp,
    ngx_uint_t notify)
{
    ngx_rtmp_restream_peer_t  *peer;

    peer = *peerp;

    if (peer == NULL) {
        return;
    }

    *peerp = NULL;

    ngx_rtmp_restream_task_cancel(&peer->task);
    ngx_rtmp_restream_peer_close(peer, notify);

    if (peer->ended.posted) {
        ngx_delete_posted_event(&peer->ended);
    }

    ngx_rtmp_restream_target_wipe(&peer->target);
    ngx_destroy_pool(peer->pool);
}


ssize_t
ngx_rtmp_restream_peer_send(ngx_rtmp_restream_peer_t *peer,
    restream_cursor_scratch_t *sc, ngx_rtmp_restream_pages_t *pages)
{
    ssize_t     n;
    ngx_uint_t  full;

    if (peer->closing) {
        return NGX_ERROR;
    }

    if (pages == NULL || peer->tls.ssl) {
        return ngx_rtmp_restream_peer_write(peer, sc->iov, sc->niov, sc->size);
    }

    n = ngx_rtmp_restream_pages_send(pages, peer->fd, sc, &full);

    return ngx_rtmp_restream_peer_written(peer, n, full);
}


ngx_int_t
ngx_rtmp_restream_peer_flush(ngx_rtmp_restream_peer_t *peer)
{
    ssize_t         n;
    struct iovec    iov;
    restream_str_t  out;

    for ( ;; ) {

        if (peer->closing) {
            return NGX_ERROR;
        }

        out = restream_client_output(&peer->client);

        if (out.len == 0 && peer->tls.held == NULL) {
            return NGX_OK;
        }

        iov.iov_base = out.data;
        iov.iov_len = out.len;

        n = ngx_rtmp_restream_peer_write(peer, &iov, 1, out.len);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        restream_client_sent(&peer->client, n);

        if ((size_t) n < out.len || peer->tls.held) {
            return NGX_AGAIN;
        }
    }
}


ngx_uint_t
ngx_rtmp_restream_peer_talking(ngx_rtmp_restream_peer_t *peer)
{
    return !peer->closing && restream_client_output(&peer->client).len;
}


uint64_t
ngx_rtmp_restream_peer_acknowledged(ngx_rtmp_restream_peer_t *peer)
{
    int  queued;

    if (peer->connection == NULL
        || ioctl(peer->connection->fd, SIOCOUTQ, &queued) == -1
        || (uint64_t) queued > peer->given)
    {
        return 0;
    }

    return peer->given - queued;
}


void
ngx_rtmp_restream_peer_finish(ngx_rtmp_restream_peer_t *peer)
{
    if (peer->closing) {
        return;
    }

    ngx_rtmp_restream_tls_notify(&peer->tls);

    (void) ngx_shutdown_socket(peer->connection->fd, NGX_WRITE_SHUTDOWN);
}


void
ngx_rtmp_restream_peer_fail(ngx_rtmp_restream_peer_t *peer,
    restream_reason_e reason, const char *detail)
{
    if (peer->closing) {
        return;
    }

    ngx_rtmp_restream_reason_set(&peer->reason, reason, detail, NULL, NULL);
    ngx_rtmp_restream_peer_end(peer, NGX_RTMP_RESTREAM_PEER_FAILED);
}


ngx_rtmp_restream_peer_t *
ngx_rtmp_restream_peer_get(ngx_event_t *ev)
{
    ngx_connection_t          *c;
    ngx_rtmp_restream_peer_t  *peer;

    c = ev->data;
    peer = c->data;

    if (c->close) {
        peer->handlers->shutdown(peer->data);
    }

    return peer;
}


void
ngx_rtmp_restream_peer_pump(ngx_rtmp_restream_peer_t *peer)
{
    ngx_connection_t  *c;

    c = peer->connection;

    c->read->handler = ngx_rtmp_restream_peer_read_handler;
    c->write->handler = ngx_rtmp_restream_peer_write_handler;

    if (ngx_rtmp_restream_peer_flush(peer) == NGX_ERROR) {
        return;
    }

    /* TLS may have read ahead */

    ngx_rtmp_restream_peer_read_handler(c->read);
}


static void
ngx_rtmp_restream_peer_read_handler(ngx_event_t *rev)
{
    u_char                     buf[NGX_RTMP_RESTREAM_READ_SIZE];
    ssize_t                    n;
    ngx_uint_t                 i;
    ngx_rtmp_restream_peer_t  *peer;

    peer = ngx_rtmp_restream_peer_get(rev);

    for (i = 0; i < NGX_RTMP_RESTREAM_READS; i++) {
        n = ngx_rtmp_restream_peer_recv(peer, buf, sizeof(buf));

        if (n == NGX_ERROR) {
            return;
        }

        if (n == NGX_AGAIN) {
            rev->ready = 0;
            break;
        }

        if (ngx_rtmp_restream_dialogue_read(peer, buf, buf + n) != NGX_OK) {
            return;
        }
    }

    if (i == NGX_RTMP_RESTREAM_READS) {
        ngx_post_event(rev, &ngx_posted_next_events);

    } else if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_rtmp_restream_peer_lost(peer, NGX_ENOMEM);
        return;
    }

    if (ngx_rtmp_restream_peer_talking(peer)) {
        ngx_rtmp_restream_peer_write_handler(peer->connection->write);
    }
}


/* bytes read, NGX_AGAIN, or NGX_ERROR: the peer has ended */

static ssize_t
ngx_rtmp_restream_peer_recv(ngx_rtmp_restream_peer_t *peer, u_char *buf,
    size_t size)
{
    ssize_t    n;
    ngx_err_t  err;

    if (peer->tls.ssl) {
        n = ngx_rtmp_restream_tls_recv(&peer->tls, buf, size);
        err = peer->tls.error;

    } else {
        do {
            n = recv(peer->fd, buf, size, 0);
        } while (n == -1 && ngx_socket_errno == NGX_EINTR);

        err = ngx_socket_errno;

        if (n == -1 && err == NGX_EAGAIN) {
            n = NGX_AGAIN;
        }
    }

    if (n > 0 || n == NGX_AGAIN) {
        return n;
    }

    ngx_rtmp_restream_peer_lost(peer, n == 0 ? 0 : err);

    return NGX_ERROR;
}


static void
ngx_rtmp_restream_peer_write_handler(ngx_event_t *wev)
{
    ngx_connection_t          *c;
    ngx_rtmp_restream_peer_t  *peer;

    c = wev->data;
    peer = c->data;

    peer->blocked = 0;

    if (peer->published || peer->client.unpublished) {
        peer->handlers->writable(peer->data);

    } else {
        (void) ngx_rtmp_restream_peer_flush(peer);
    }

    if (!peer->closing && ngx_handle_write_event(wev, 0) != NGX_OK) {
        ngx_rtmp_restream_peer_lost(peer, NGX_ENOMEM);
    }
}


/* size: bytes of iov; ret: bytes taken, also none, or NGX_ERROR: the peer has
 * ended */

static ssize_t
ngx_rtmp_restream_peer_write(ngx_rtmp_restream_peer_t *peer,
    struct iovec *iov, ngx_uint_t niov, size_t size)
{
    if (peer->tls.ssl && !peer->tls.kernel) {
        return ngx_rtmp_restream_peer_write_tls(peer, iov, niov);
    }

    return ngx_rtmp_restream_peer_write_plain(peer, iov, niov, size);
}


/* after a write of n bytes: to be called again, if the socket is full */

static ssize_t
ngx_rtmp_restream_peer_wait(ngx_rtmp_restream_peer_t *peer, ssize_t n)
{
    ngx_connection_t  *c;

    if (n == NGX_ERROR || !peer->blocked) {
        return n;
    }

    c = peer->connection;
    c->write->ready = 0;

    if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
        ngx_rtmp_restream_peer_lost(peer, NGX_ENOMEM);
        return NGX_ERROR;
    }

    return n;
}


static ssize_t
ngx_rtmp_restream_peer_write_tls(ngx_rtmp_restream_peer_t *peer,
    struct iovec *iov, ngx_uint_t niov)
{
    ssize_t  n;

    n = ngx_rtmp_restream_tls_flush(&peer->tls);

    if (n == NGX_OK) {
        n = ngx_rtmp_restream_tls_send(&peer->tls, iov, niov);

    } else if (n == NGX_AGAIN) {
        n = 0;
    }

    peer->given = peer->tls.sent;
    peer->blocked = (peer->tls.held != NULL);

    if (n == NGX_ERROR) {
        ngx_rtmp_restream_peer_lost(peer, peer->tls.error);
    }

    return ngx_rtmp_restream_peer_wait(peer, n);
}


/* also where the kernel encrypts */

static ssize_t
ngx_rtmp_restream_peer_write_plain(ngx_rtmp_restream_peer_t *peer,
    struct iovec *iov, ngx_uint_t niov, size_t size)
{
    ssize_t  n;

    do {
        n = writev(peer->fd, iov, niov);
    } while (n == -1 && ngx_socket_errno == NGX_EINTR);

    return ngx_rtmp_restream_peer_written(peer, n,
                                          n == -1 || (size_t) n < size);
}


/* n is what a system call returned */

static ssize_t
ngx_rtmp_restream_peer_written(ngx_rtmp_restream_peer_t *peer, ssize_t n,
    ngx_uint_t full)
{
    if (n == -1) {

        if (ngx_socket_errno != NGX_EAGAIN) {
            ngx_rtmp_restream_peer_lost(peer, ngx_socket_errno);
            return NGX_ERROR;
        }

        n = 0;
    }

    peer->given += n;
    peer->blocked = full;

    return ngx_rtmp_restream_peer_wait(peer, n);
}


/* the connection is gone; err 0: the server closed it */

void
ngx_rtmp_restream_peer_lost(ngx_rtmp_restream_peer_t *peer, ngx_err_t err)
{
    u_char             *p, detail[NGX_SOCKADDR_STRLEN + 160];
    restream_reason_e   code;

    if (peer->closing) {
        return;
    }

    p = ngx_snprintf(detail, NGX_SOCKADDR_STRLEN + 8, "%*s",
                     peer->addr_text_len, peer->addr_text);

    if (err) {
        p = ngx_cpymem(p, ": ", 2);
        p = ngx_strerror(err, p, 120);

    } else {
        p = ngx_cpymem(p, ": closed by the server",
                       sizeof(": closed by the server") - 1);
    }

    *p = '\0';

    code = err ? restream_reason_of_errno(err) : RESTREAM_REASON_CLOSED;

    if (code == RESTREAM_REASON_TIMEOUT && peer->published) {
        code = RESTREAM_REASON_STALLED;
    }

    if (code == RESTREAM_REASON_CLOSED && !peer->published) {
        code = peer->client.stage >= RESTREAM_CLIENT_CREATE_STREAM
               ? RESTREAM_REASON_CLOSED_BEFORE_START
               : RESTREAM_REASON_HANDSHAKE;
    }

    ngx_rtmp_restream_peer_fail(peer, code, (char *) detail);
}


void
ngx_rtmp_restream_peer_end(ngx_rtmp_restream_peer_t *peer,
    ngx_rtmp_restream_peer_end_e end)
{
    if (peer->closing) {
        return;
    }

    peer->closing = 1;
    peer->end = end;

    ngx_rtmp_restream_task_cancel(&peer->task);
    ngx_rtmp_restream_peer_close(peer, 1);

    ngx_post_event(&peer->ended, &ngx_posted_events);
}


static void
ngx_rtmp_restream_peer_ended_handler(ngx_event_t *ev)
{
    ngx_rtmp_restream_peer_t  *peer = ev->data;

    peer->handlers->ended(peer->data);
}


void
ngx_rtmp_restream_peer_close(ngx_rtmp_restream_peer_t *peer, ngx_uint_t notify)
{
    if (peer->timer.timer_set) {
        ngx_del_timer(&peer->timer);
    }

    ngx_rtmp_restream_tls_close(&peer->tls, notify);
    restream_client_cleanup(&peer->client);

    if (peer->connection) {
        ngx_rtmp_restream_peer_abandon(peer);
        ngx_close_connection(peer->connection);
        peer->connection = NULL;
    }
}


/*
 * What the kernel has not got rid of by then is not kept any longer.  Not said
 * earlier: Linux counts from the first time that the window was closed, and
 * would cut a server that is merely slow.
 */

static void
ngx_rtmp_restream_peer_abandon(ngx_rtmp_restream_peer_t *peer)
{
#ifdef TCP_USER_TIMEOUT

    unsigned  timeout;

    timeout = peer->conf->send_timeout;

    (void) setsockopt(peer->connection->fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
                      &timeout, sizeof(unsigned));

#endif
}
