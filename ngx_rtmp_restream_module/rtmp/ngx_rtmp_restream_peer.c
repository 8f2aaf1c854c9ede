/*
 * One connection attempt to a destination: see ngx_rtmp_restream_peer.h.
 *
 *     resolve -> connect (each address in turn) -> TLS -> dialogue -> media
 *
 * Whatever ends it goes through ngx_rtmp_restream_peer_end(): the socket is
 * closed there and then, the output is told by a posted event, so that nothing
 * is freed under a handler that runs.
 */

#include "ngx_rtmp_restream_peer.h"
#include "ngx_rtmp_restream_reason.h"
#include "ngx_rtmp_restream_target.h"

#include <ngx_md5.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>


/* kernel queue of a destination: by size, and by what is not sent yet */
#define NGX_RTMP_RESTREAM_SNDBUF         (192 * 1024)
#define NGX_RTMP_RESTREAM_NOTSENT_LOWAT  (128 * 1024)

#define NGX_RTMP_RESTREAM_READ_SIZE      4096
#define NGX_RTMP_RESTREAM_READS          16      /* at most, per event */


static ngx_int_t ngx_rtmp_restream_peer_resolve(
    ngx_rtmp_restream_peer_t *peer);
static void ngx_rtmp_restream_peer_resolve_run(void *data);
static void ngx_rtmp_restream_peer_resolved(void *owner, void *data);
static void ngx_rtmp_restream_peer_start(ngx_rtmp_restream_peer_t *peer,
    restream_resolve_t *rs);
static void ngx_rtmp_restream_peer_connect(ngx_rtmp_restream_peer_t *peer);
static ngx_int_t ngx_rtmp_restream_peer_connect_address(
    ngx_rtmp_restream_peer_t *peer, restream_resolve_addr_t *addr);
static ngx_int_t ngx_rtmp_restream_peer_socket_options(
    ngx_rtmp_restream_peer_t *peer, ngx_socket_t s, int family);
static ngx_int_t ngx_rtmp_restream_peer_add_events(ngx_connection_t *c);
static void ngx_rtmp_restream_peer_connect_handler(ngx_event_t *ev);
static void ngx_rtmp_restream_peer_address_timeout(ngx_event_t *ev);
static void ngx_rtmp_restream_peer_next_address(
    ngx_rtmp_restream_peer_t *peer, ngx_err_t err);
static void ngx_rtmp_restream_peer_connected(ngx_rtmp_restream_peer_t *peer);
static void ngx_rtmp_restream_peer_tls_handler(ngx_event_t *ev);
static void ngx_rtmp_restream_peer_dialogue(ngx_rtmp_restream_peer_t *peer);
static ngx_int_t ngx_rtmp_restream_peer_client_conf(
    ngx_rtmp_restream_peer_t *peer, restream_client_conf_t *cf);
static void ngx_rtmp_restream_peer_md5(const void *data, size_t size,
    uint8_t *out);
static void ngx_rtmp_restream_peer_read_handler(ngx_event_t *rev);
static void ngx_rtmp_restream_peer_write_handler(ngx_event_t *wev);
static ngx_int_t ngx_rtmp_restream_peer_consume(
    ngx_rtmp_restream_peer_t *peer, u_char *p, u_char *last);
static ngx_int_t ngx_rtmp_restream_peer_event(ngx_rtmp_restream_peer_t *peer,
    restream_client_event_t *ev);
static void ngx_rtmp_restream_peer_protocol_error(
    ngx_rtmp_restream_peer_t *peer);
static ssize_t ngx_rtmp_restream_peer_write(ngx_rtmp_restream_peer_t *peer,
    struct iovec *iov, ngx_uint_t niov);
static void ngx_rtmp_restream_peer_lost(ngx_rtmp_restream_peer_t *peer,
    ngx_err_t err);
static void ngx_rtmp_restream_peer_end(ngx_rtmp_restream_peer_t *peer,
    ngx_rtmp_restream_peer_end_e end);
static void ngx_rtmp_restream_peer_ended_handler(ngx_event_t *ev);
static void ngx_rtmp_restream_peer_close(ngx_rtmp_restream_peer_t *peer,
    ngx_uint_t notify);
static ngx_int_t ngx_rtmp_restream_peer_copy_str(ngx_pool_t *pool,
    ngx_str_t *dst, ngx_str_t *src);


ngx_rtmp_restream_peer_t *
ngx_rtmp_restream_peer_create(ngx_rtmp_restream_app_conf_t *conf,
    ngx_rtmp_restream_target_t *target, ngx_str_t *query,
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

    peer->timer.handler = ngx_rtmp_restream_peer_address_timeout;
    peer->timer.data = peer;
    peer->timer.log = log;

    peer->ended.handler = ngx_rtmp_restream_peer_ended_handler;
    peer->ended.data = peer;
    peer->ended.log = log;

    if (ngx_rtmp_restream_target_copy(pool, &peer->target, target) != NGX_OK
        || ngx_rtmp_restream_peer_copy_str(pool, &peer->query, query)
           != NGX_OK)
    {
        goto failed;
    }

    if (ngx_rtmp_restream_peer_resolve(peer) != NGX_OK) {
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
ngx_rtmp_restream_peer_send(ngx_rtmp_restream_peer_t *peer, struct iovec *iov,
    ngx_uint_t niov)
{
    if (peer->closing) {
        return NGX_ERROR;
    }

    return ngx_rtmp_restream_peer_write(peer, iov, niov);
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

        if (out.len == 0) {
            return NGX_OK;
        }

        iov.iov_base = out.data;
        iov.iov_len = out.len;

        n = ngx_rtmp_restream_peer_write(peer, &iov, 1);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        restream_client_sent(&peer->client, n);

        if ((size_t) n < out.len) {
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


static ngx_int_t
ngx_rtmp_restream_peer_resolve(ngx_rtmp_restream_peer_t *peer)
{
    restream_resolve_t        *rs;
    ngx_rtmp_restream_task_t  *task;

    task = ngx_rtmp_restream_task_create(sizeof(restream_resolve_t));
    if (task == NULL) {
        return NGX_ERROR;
    }

    rs = task->data;
    rs->port = peer->target.port;

    /* RESTREAM_RESOLVE_HOST is more than a name may have; url checks it */

    ngx_cpystrn((u_char *) rs->host, peer->target.host.data,
                ngx_min(peer->target.host.len + 1, RESTREAM_RESOLVE_HOST));

    task->run = ngx_rtmp_restream_peer_resolve_run;
    task->done = ngx_rtmp_restream_peer_resolved;
    task->owner = peer;

    if (ngx_rtmp_restream_task_post(task, peer->conf->main->thread_pool)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    peer->task = task;

    return NGX_OK;
}


static void
ngx_rtmp_restream_peer_resolve_run(void *data)
{
    restream_resolve(data);
}


static void
ngx_rtmp_restream_peer_resolved(void *owner, void *data)
{
    restream_resolve_t        *rs = data;
    ngx_rtmp_restream_peer_t  *peer = owner;

    peer->task = NULL;

    if (rs->rc != RESTREAM_OK || rs->naddrs == 0) {
        ngx_rtmp_restream_peer_fail(peer, RESTREAM_REASON_DNS, rs->err);
        return;
    }

    ngx_rtmp_restream_peer_start(peer, rs);
}


static void
ngx_rtmp_restream_peer_start(ngx_rtmp_restream_peer_t *peer,
    restream_resolve_t *rs)
{
    size_t  size;

    size = rs->naddrs * sizeof(restream_resolve_addr_t);

    peer->addrs = ngx_palloc(peer->pool, size);
    if (peer->addrs == NULL) {
        ngx_rtmp_restream_peer_fail(peer,
                                    RESTREAM_REASON_CONNECTIONS_EXHAUSTED,
                                    "no memory");
        return;
    }

    ngx_memcpy(peer->addrs, rs->addrs, size);
    peer->naddrs = rs->naddrs;

    peer->handlers->progress(peer->data, NGX_RTMP_RESTREAM_CONNECTING);

    ngx_rtmp_restream_peer_connect(peer);
}


/* from peer->addr on, the first address that can be tried */

static void
ngx_rtmp_restream_peer_connect(ngx_rtmp_restream_peer_t *peer)
{
    ngx_int_t                 rc;
    restream_resolve_addr_t  *addr;

    /* the last connections are for publishers */

    if (ngx_cycle->free_connection_n <= ngx_max(ngx_cycle->connection_n / 32,
                                                2))
    {
        ngx_rtmp_restream_peer_fail(peer,
                                    RESTREAM_REASON_CONNECTIONS_EXHAUSTED,
                                    NULL);
        return;
    }

    while (peer->addr < peer->naddrs) {
        addr = &peer->addrs[peer->addr++];

        peer->addr_text_len = ngx_sock_ntop((struct sockaddr *) &addr->sockaddr,
                                            addr->socklen, peer->addr_text,
                                            NGX_SOCKADDR_STRLEN, 1);

        rc = ngx_rtmp_restream_peer_connect_address(peer, addr);

        if (rc == NGX_OK) {
            ngx_rtmp_restream_peer_connected(peer);
            return;
        }

        if (rc == NGX_AGAIN) {
            ngx_add_timer(&peer->timer, NGX_RTMP_RESTREAM_ADDRESS_TIMEOUT);
            return;
        }

        ngx_rtmp_restream_peer_close(peer, 0);
    }

    ngx_rtmp_restream_peer_lost(peer, peer->connect_error);
}


/* NGX_OK connected, NGX_AGAIN under way, NGX_ERROR: peer->connect_error */

static ngx_int_t
ngx_rtmp_restream_peer_connect_address(ngx_rtmp_restream_peer_t *peer,
    restream_resolve_addr_t *addr)
{
    int                rc;
    ngx_socket_t       s;
    ngx_connection_t  *c;

    s = socket(addr->sockaddr.ss_family, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC,
               0);

    if (s == (ngx_socket_t) -1) {
        peer->connect_error = ngx_socket_errno;
        return NGX_ERROR;
    }

    c = ngx_get_connection(s, peer->log);

    if (c == NULL) {
        (void) ngx_close_socket(s);
        peer->connect_error = NGX_ENOMEM;
        return NGX_ERROR;
    }

    peer->connection = c;

    c->data = peer;
    c->type = SOCK_STREAM;
    c->log = peer->log;
    c->log_error = NGX_ERROR_INFO;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->start_time = ngx_current_msec;
    c->recv = ngx_recv;
    c->send = ngx_send;
    c->recv_chain = ngx_recv_chain;
    c->send_chain = ngx_send_chain;
    c->read->log = peer->log;
    c->write->log = peer->log;
    c->read->handler = ngx_rtmp_restream_peer_connect_handler;
    c->write->handler = ngx_rtmp_restream_peer_connect_handler;

    if (ngx_rtmp_restream_peer_socket_options(peer, s, addr->sockaddr.ss_family)
        != NGX_OK)
    {
        peer->connect_error = ngx_socket_errno;
        return NGX_ERROR;
    }

    do {
        rc = connect(s, (struct sockaddr *) &addr->sockaddr, addr->socklen);
    } while (rc == -1 && ngx_socket_errno == NGX_EINTR);

    if (rc == -1 && ngx_socket_errno != NGX_EINPROGRESS) {
        peer->connect_error = ngx_socket_errno;
        return NGX_ERROR;
    }

    if (ngx_rtmp_restream_peer_add_events(c) != NGX_OK) {
        peer->connect_error = NGX_ENOMEM;
        return NGX_ERROR;
    }

    return rc == 0 ? NGX_OK : NGX_AGAIN;
}


static ngx_int_t
ngx_rtmp_restream_peer_socket_options(ngx_rtmp_restream_peer_t *peer,
    ngx_socket_t s, int family)
{
    int          nodelay, sndbuf, lowat;
    unsigned     timeout;
    ngx_addr_t  *local;

    nodelay = 1;
    sndbuf = NGX_RTMP_RESTREAM_SNDBUF;
    lowat = NGX_RTMP_RESTREAM_NOTSENT_LOWAT;
    timeout = peer->conf->send_timeout;

    (void) setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof(int));
    (void) setsockopt(s, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(int));

#ifdef TCP_NOTSENT_LOWAT
    (void) setsockopt(s, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, sizeof(int));
#endif

#ifdef TCP_USER_TIMEOUT
    (void) setsockopt(s, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout,
                      sizeof(unsigned));
#endif

    local = peer->conf->bind;

    if (local == NULL || local->sockaddr->sa_family != family) {
        return NGX_OK;
    }

#ifdef IP_BIND_ADDRESS_NO_PORT
    (void) setsockopt(s, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &nodelay,
                      sizeof(int));
#endif

    return bind(s, local->sockaddr, local->socklen) == 0 ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_rtmp_restream_peer_add_events(ngx_connection_t *c)
{
    if (ngx_add_conn) {
        return ngx_add_conn(c);
    }

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_handle_write_event(c->write, 0);
}


static void
ngx_rtmp_restream_peer_connect_handler(ngx_event_t *ev)
{
    int                        err;
    socklen_t                  len;
    ngx_connection_t          *c;
    ngx_rtmp_restream_peer_t  *peer;

    c = ev->data;
    peer = c->data;

    if (c->close) {
        ngx_rtmp_restream_peer_end(peer, NGX_RTMP_RESTREAM_PEER_SHUTDOWN);
        return;
    }

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err) {
        ngx_rtmp_restream_peer_next_address(peer, err);
        return;
    }

    if (!c->write->ready) {
        return;
    }

    ngx_rtmp_restream_peer_connected(peer);
}


static void
ngx_rtmp_restream_peer_address_timeout(ngx_event_t *ev)
{
    ngx_rtmp_restream_peer_next_address(ev->data, NGX_ETIMEDOUT);
}


static void
ngx_rtmp_restream_peer_next_address(ngx_rtmp_restream_peer_t *peer,
    ngx_err_t err)
{
    peer->connect_error = err;

    ngx_rtmp_restream_peer_close(peer, 0);
    ngx_rtmp_restream_peer_connect(peer);
}


static void
ngx_rtmp_restream_peer_connected(ngx_rtmp_restream_peer_t *peer)
{
    ngx_connection_t  *c;

    c = peer->connection;

    if (peer->timer.timer_set) {
        ngx_del_timer(&peer->timer);
    }

    if (!peer->target.tls) {
        ngx_rtmp_restream_peer_dialogue(peer);
        return;
    }

    if (ngx_rtmp_restream_tls_init(&peer->tls, peer->conf->tls, c,
                                   &peer->target.host)
        != NGX_OK)
    {
        ngx_rtmp_restream_peer_fail(peer, RESTREAM_REASON_TLS, "no memory");
        return;
    }

    c->read->handler = ngx_rtmp_restream_peer_tls_handler;
    c->write->handler = ngx_rtmp_restream_peer_tls_handler;

    ngx_rtmp_restream_peer_tls_handler(c->write);
}


static void
ngx_rtmp_restream_peer_tls_handler(ngx_event_t *ev)
{
    u_char                     err[128];
    ngx_int_t                  rc;
    ngx_connection_t          *c;
    ngx_rtmp_restream_peer_t  *peer;

    c = ev->data;
    peer = c->data;

    if (c->close) {
        ngx_rtmp_restream_peer_end(peer, NGX_RTMP_RESTREAM_PEER_SHUTDOWN);
        return;
    }

    err[0] = '\0';

    rc = ngx_rtmp_restream_tls_handshake(&peer->tls, err, sizeof(err));

    switch (rc) {

    case NGX_OK:
        ngx_rtmp_restream_peer_dialogue(peer);
        return;

    case NGX_AGAIN:
        if (ngx_handle_read_event(c->read, 0) == NGX_OK
            && ngx_handle_write_event(c->write, 0) == NGX_OK)
        {
            return;
        }

        break;

    case NGX_DECLINED:
        ngx_rtmp_restream_peer_fail(peer, RESTREAM_REASON_TLS_CERTIFICATE,
                                    (char *) err);
        return;

    default:
        break;
    }

    ngx_rtmp_restream_peer_fail(peer, RESTREAM_REASON_TLS, (char *) err);
}


static void
ngx_rtmp_restream_peer_dialogue(ngx_rtmp_restream_peer_t *peer)
{
    ngx_connection_t        *c;
    restream_client_conf_t   cf;

    if (ngx_rtmp_restream_peer_client_conf(peer, &cf) != NGX_OK
        || restream_client_start(&peer->client, &cf) != RESTREAM_OK)
    {
        ngx_rtmp_restream_peer_fail(peer, RESTREAM_REASON_HANDSHAKE,
                                    "no memory, or the url is too long");
        return;
    }

    peer->handlers->progress(peer->data, NGX_RTMP_RESTREAM_PUBLISHING);

    c = peer->connection;

    c->read->handler = ngx_rtmp_restream_peer_read_handler;
    c->write->handler = ngx_rtmp_restream_peer_write_handler;

    if (ngx_rtmp_restream_peer_flush(peer) == NGX_ERROR) {
        return;
    }

    /* TLS may have read ahead */

    ngx_rtmp_restream_peer_read_handler(c->read);
}


static ngx_int_t
ngx_rtmp_restream_peer_client_conf(ngx_rtmp_restream_peer_t *peer,
    restream_client_conf_t *cf)
{
    size_t                       size;
    uint32_t                     nonce[2];
    restream_url_t               url;
    ngx_rtmp_restream_target_t  *target;

    target = &peer->target;

    ngx_memzero(cf, sizeof(restream_client_conf_t));
    ngx_memzero(&url, sizeof(restream_url_t));

    url.host.data = target->host.data;
    url.host.len = target->host.len;
    url.app.data = target->app.data;
    url.app.len = target->app.len;
    url.port = target->port;
    url.tls = target->tls;
    url.ipv6 = target->ipv6;
    url.port_given = target->port_given;

    size = sizeof("rtmps://[]:65535/") + url.host.len + url.app.len;

    cf->tc_url.data = ngx_pnalloc(peer->pool, size);
    if (cf->tc_url.data == NULL) {
        return NGX_ERROR;
    }

    cf->tc_url.len = restream_url_tc_url(&url, cf->tc_url.data, size);
    cf->app = url.app;
    cf->key.data = target->key.data;
    cf->key.len = target->key.len;
    cf->user.data = target->user.data;
    cf->user.len = target->user.len;
    cf->password.data = target->password.data;
    cf->password.len = target->password.len;
    cf->query.data = peer->query.data;
    cf->query.len = peer->query.len;
    cf->chunk_size = peer->conf->chunk_size;
    cf->seed = (uint32_t) ngx_random();
    cf->md5 = ngx_rtmp_restream_peer_md5;

    nonce[0] = (uint32_t) ngx_random();
    nonce[1] = (uint32_t) ngx_random();
    ngx_memcpy(cf->nonce, nonce, sizeof(cf->nonce));

    return NGX_OK;
}


static void
ngx_rtmp_restream_peer_md5(const void *data, size_t size, uint8_t *out)
{
    ngx_md5_t  md5;

    ngx_md5_init(&md5);
    ngx_md5_update(&md5, data, size);
    ngx_md5_final(out, &md5);
}


static void
ngx_rtmp_restream_peer_read_handler(ngx_event_t *rev)
{
    ssize_t                    n;
    ngx_uint_t                 i;
    ngx_connection_t          *c;
    ngx_rtmp_restream_peer_t  *peer;

    /* of this worker; the client keeps what it needs */
    static u_char              buf[NGX_RTMP_RESTREAM_READ_SIZE];

    c = rev->data;
    peer = c->data;

    if (c->close) {
        ngx_rtmp_restream_peer_end(peer, NGX_RTMP_RESTREAM_PEER_SHUTDOWN);
        return;
    }

    for (i = 0; i < NGX_RTMP_RESTREAM_READS; i++) {

        if (peer->tls.ssl) {
            n = ngx_rtmp_restream_tls_recv(&peer->tls, buf, sizeof(buf));

        } else {
            n = recv(c->fd, buf, sizeof(buf), 0);

            if (n == -1) {
                if (ngx_socket_errno == NGX_EINTR) {
                    continue;
                }

                n = (ngx_socket_errno == NGX_EAGAIN) ? NGX_AGAIN : NGX_ERROR;
            }
        }

        if (n == NGX_AGAIN) {
            rev->ready = 0;
            break;
        }

        if (n == NGX_ERROR || n == 0) {
            ngx_rtmp_restream_peer_lost(peer, n == 0 ? 0
                                            : peer->tls.ssl ? peer->tls.error
                                                            : ngx_socket_errno);
            return;
        }

        if (ngx_rtmp_restream_peer_consume(peer, buf, buf + n) != NGX_OK) {
            return;
        }
    }

    if (i == NGX_RTMP_RESTREAM_READS) {
        ngx_post_event(rev, &ngx_posted_events);

    } else if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_rtmp_restream_peer_lost(peer, 0);
        return;
    }

    if (ngx_rtmp_restream_peer_talking(peer)) {
        ngx_rtmp_restream_peer_write_handler(c->write);
    }
}


static void
ngx_rtmp_restream_peer_write_handler(ngx_event_t *wev)
{
    ngx_connection_t          *c;
    ngx_rtmp_restream_peer_t  *peer;

    c = wev->data;
    peer = c->data;

    if (peer->published) {
        peer->handlers->writable(peer->data);
        return;
    }

    (void) ngx_rtmp_restream_peer_flush(peer);
}


static ngx_int_t
ngx_rtmp_restream_peer_consume(ngx_rtmp_restream_peer_t *peer, u_char *p,
    u_char *last)
{
    int                       rc;
    const uint8_t            *pos;
    restream_client_event_t   ev;

    pos = p;

    for ( ;; ) {
        rc = restream_client_read(&peer->client, &pos, last, &ev);

        if (rc == RESTREAM_AGAIN) {
            return NGX_OK;
        }

        if (rc == RESTREAM_ERROR) {
            ngx_rtmp_restream_peer_protocol_error(peer);
            return NGX_ERROR;
        }

        if (ngx_rtmp_restream_peer_event(peer, &ev) != NGX_OK) {
            return NGX_ERROR;
        }
    }
}


static ngx_int_t
ngx_rtmp_restream_peer_event(ngx_rtmp_restream_peer_t *peer,
    restream_client_event_t *ev)
{
    ngx_str_t          url;
    restream_reason_e  code;

    switch (ev->type) {

    case RESTREAM_CLIENT_PUBLISHED:

        /* between two media messages there will be no room to wait for */

        peer->published = 1;
        peer->handlers->published(peer->data);
        return peer->closing ? NGX_ERROR : NGX_OK;

    case RESTREAM_CLIENT_REJECTED:
        code = restream_reason_of_status(ev->code, ev->text,
                                    ev->stage >= RESTREAM_CLIENT_PUBLISH);
        ngx_rtmp_restream_reason_set(&peer->reason, code, NULL, &ev->code,
                                     &ev->text);
        ngx_rtmp_restream_peer_end(peer, NGX_RTMP_RESTREAM_PEER_FAILED);
        return NGX_ERROR;

    case RESTREAM_CLIENT_UNPUBLISHED:
        code = peer->published ? RESTREAM_REASON_UNPUBLISHED
                               : RESTREAM_REASON_CLOSED_BEFORE_START;
        ngx_rtmp_restream_reason_set(&peer->reason, code, NULL, &ev->code,
                                     &ev->text);
        ngx_rtmp_restream_peer_end(peer, NGX_RTMP_RESTREAM_PEER_FAILED);
        return NGX_ERROR;

    case RESTREAM_CLIENT_AUTHENTICATE:
    case RESTREAM_CLIENT_REDIRECT:
        url.len = ev->query.len ? ev->query.len : ev->url.len;
        url.data = ev->query.len ? ev->query.data : ev->url.data;

        if (ngx_rtmp_restream_peer_copy_str(peer->pool, &peer->next, &url)
            != NGX_OK)
        {
            ngx_rtmp_restream_peer_fail(peer, RESTREAM_REASON_HANDSHAKE,
                                        "no memory");
            return NGX_ERROR;
        }

        ngx_rtmp_restream_peer_end(peer,
                                   ev->type == RESTREAM_CLIENT_REDIRECT
                                   ? NGX_RTMP_RESTREAM_PEER_REDIRECT
                                   : NGX_RTMP_RESTREAM_PEER_AUTHENTICATE);
        return NGX_ERROR;

    case RESTREAM_CLIENT_RECONNECT:
        url.len = ev->url.len;
        url.data = ev->url.data;
        peer->handlers->reconnect(peer->data, &url);
        return peer->closing ? NGX_ERROR : NGX_OK;

    default: /* RESTREAM_CLIENT_ACKNOWLEDGED: TCP tells more, and sooner */
        return NGX_OK;
    }
}


static void
ngx_rtmp_restream_peer_protocol_error(ngx_rtmp_restream_peer_t *peer)
{
    restream_reason_e  code;

    switch (peer->client.stage) {

    case RESTREAM_CLIENT_HANDSHAKE:
    case RESTREAM_CLIENT_CONNECT:
        code = RESTREAM_REASON_NOT_RTMP;
        break;

    case RESTREAM_CLIENT_STREAMING:
        code = RESTREAM_REASON_CLOSED;
        break;

    default:
        code = RESTREAM_REASON_HANDSHAKE;
        break;
    }

    ngx_rtmp_restream_peer_fail(peer, code, peer->client.err);
}


/* bytes taken, also none, or NGX_ERROR: the peer has ended */

static ssize_t
ngx_rtmp_restream_peer_write(ngx_rtmp_restream_peer_t *peer,
    struct iovec *iov, ngx_uint_t niov)
{
    ssize_t            n;
    ngx_uint_t         i;
    size_t             size;
    ngx_connection_t  *c;

    c = peer->connection;

    if (peer->tls.ssl && !peer->tls.kernel) {

        n = ngx_rtmp_restream_tls_flush(&peer->tls);

        if (n == NGX_OK) {
            n = ngx_rtmp_restream_tls_send(&peer->tls, iov, niov);

        } else if (n == NGX_AGAIN) {
            n = 0;
        }

        peer->given = peer->tls.sent;

        if (n == NGX_ERROR) {
            ngx_rtmp_restream_peer_lost(peer, peer->tls.error);
            return NGX_ERROR;
        }

    } else {

        do {
            n = writev(c->fd, iov, niov);
        } while (n == -1 && ngx_socket_errno == NGX_EINTR);

        if (n == -1) {

            if (ngx_socket_errno != NGX_EAGAIN) {
                ngx_rtmp_restream_peer_lost(peer, ngx_socket_errno);
                return NGX_ERROR;
            }

            n = 0;
        }

        peer->given += n;

        for (i = 0, size = 0; i < niov; i++) {
            size += iov[i].iov_len;
        }

        if ((size_t) n < size) {
            c->write->ready = 0;
        }
    }

    if (!c->write->ready && ngx_handle_write_event(c->write, 0) != NGX_OK) {
        ngx_rtmp_restream_peer_lost(peer, 0);
        return NGX_ERROR;
    }

    return n;
}


/* the connection is gone; err 0: the server closed it */

static void
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
        *p++ = ':';
        *p++ = ' ';
        p = ngx_strerror(err, p, 120);
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


static void
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


static void
ngx_rtmp_restream_peer_close(ngx_rtmp_restream_peer_t *peer, ngx_uint_t notify)
{
    if (peer->timer.timer_set) {
        ngx_del_timer(&peer->timer);
    }

    ngx_rtmp_restream_tls_close(&peer->tls, notify);
    restream_client_cleanup(&peer->client);

    if (peer->connection) {
        ngx_close_connection(peer->connection);
        peer->connection = NULL;
    }
}


static ngx_int_t
ngx_rtmp_restream_peer_copy_str(ngx_pool_t *pool, ngx_str_t *dst,
    ngx_str_t *src)
{
    dst->len = src->len;
    dst->data = ngx_pstrdup(pool, src);

    return (dst->data || src->len == 0) ? NGX_OK : NGX_ERROR;
}
