/*
 * How a peer gets its connection: see ngx_rtmp_restream_connect.h.
 */

#include "ngx_rtmp_restream_connect.h"
#include "ngx_rtmp_restream_dialogue.h"
#include "ngx_rtmp_restream_target.h"

#include "../model/restream_network.h"

#include <netinet/tcp.h>


/* kernel queue of a destination: by size, and by what is not sent yet */
#define NGX_RTMP_RESTREAM_SNDBUF         (256 * 1024)
#define NGX_RTMP_RESTREAM_NOTSENT_LOWAT  (128 * 1024)

#define NGX_RTMP_RESTREAM_ADDRESS_TIMEOUT  5000     /* ms to connect to one */


static ngx_uint_t ngx_rtmp_restream_connect_literal(
    ngx_rtmp_restream_target_t *target);
static void ngx_rtmp_restream_connect_resolve(void *data);
static void ngx_rtmp_restream_connect_resolved(void *owner, void *data);
static void ngx_rtmp_restream_connect_start(ngx_rtmp_restream_peer_t *peer,
    restream_resolve_t *rs);
static void ngx_rtmp_restream_connect_next(ngx_rtmp_restream_peer_t *peer);
static ngx_uint_t ngx_rtmp_restream_connect_allowed(
    ngx_rtmp_restream_peer_t *peer, restream_resolve_addr_t *addr);
static ngx_int_t ngx_rtmp_restream_connect_address(
    ngx_rtmp_restream_peer_t *peer, restream_resolve_addr_t *addr);
static ngx_connection_t *ngx_rtmp_restream_connect_socket(
    ngx_rtmp_restream_peer_t *peer, int family);
static ngx_int_t ngx_rtmp_restream_connect_options(
    ngx_rtmp_restream_peer_t *peer, ngx_socket_t s, int family);
static ngx_int_t ngx_rtmp_restream_connect_events(ngx_connection_t *c);
static void ngx_rtmp_restream_connect_handler(ngx_event_t *ev);
static void ngx_rtmp_restream_connect_timeout(ngx_event_t *ev);
static void ngx_rtmp_restream_connect_failed(
    ngx_rtmp_restream_peer_t *peer, ngx_err_t err);
static void ngx_rtmp_restream_connect_done(ngx_rtmp_restream_peer_t *peer);
static void ngx_rtmp_restream_connect_tls_handler(ngx_event_t *ev);


ngx_int_t
ngx_rtmp_restream_connect(ngx_rtmp_restream_peer_t *peer)
{
    ngx_thread_pool_t         *tp;
    restream_resolve_t        *rs;
    ngx_rtmp_restream_task_t  *task;

    peer->timer.handler = ngx_rtmp_restream_connect_timeout;
    peer->timer.data = peer;
    peer->timer.log = peer->log;

    task = ngx_rtmp_restream_task_create(sizeof(restream_resolve_t));
    if (task == NULL) {
        return NGX_ERROR;
    }

    rs = task->data;
    rs->port = peer->target.port;

    /* RESTREAM_RESOLVE_HOST is more than a name may have; url checks it */

    ngx_cpystrn((u_char *) rs->host, peer->target.host.data,
                ngx_min(peer->target.host.len + 1, RESTREAM_RESOLVE_HOST));

    /* an address needs no thread, all of which a name server may hold up */

    rs->numeric = ngx_rtmp_restream_connect_literal(&peer->target);
    rs->find_own = peer->target.restricted;
    tp = rs->numeric ? NULL : peer->conf->main->thread_pool;

    task->run = ngx_rtmp_restream_connect_resolve;
    task->done = ngx_rtmp_restream_connect_resolved;
    task->owner = peer;

    task->group = ngx_rtmp_restream_hash(NGX_RTMP_RESTREAM_HASH_INIT,
                                         peer->target.host.data,
                                         peer->target.host.len);

    ngx_rtmp_restream_task_post(task, tp);

    peer->task = task;

    return NGX_OK;
}


static ngx_uint_t
ngx_rtmp_restream_connect_literal(ngx_rtmp_restream_target_t *target)
{
    return target->ipv6
           || ngx_inet_addr(target->host.data, target->host.len) != INADDR_NONE;
}


static void
ngx_rtmp_restream_connect_resolve(void *data)
{
    restream_resolve(data);
}


static void
ngx_rtmp_restream_connect_resolved(void *owner, void *data)
{
    restream_resolve_t        *rs = data;
    ngx_rtmp_restream_peer_t  *peer = owner;

    peer->task = NULL;

    if (rs->rc != RESTREAM_OK || rs->naddrs == 0) {
        ngx_rtmp_restream_peer_fail(peer, RESTREAM_REASON_DNS, rs->err);
        return;
    }

    ngx_rtmp_restream_connect_start(peer, rs);
}


static void
ngx_rtmp_restream_connect_start(ngx_rtmp_restream_peer_t *peer,
    restream_resolve_t *rs)
{
    ngx_uint_t  n, first;

    peer->addrs = ngx_palloc(peer->pool,
                             rs->naddrs * sizeof(restream_resolve_addr_t));
    if (peer->addrs == NULL) {
        ngx_rtmp_restream_peer_fail(peer,
                                    RESTREAM_REASON_CONNECTIONS_EXHAUSTED,
                                    "no memory");
        return;
    }

    first = peer->first % rs->naddrs;
    n = rs->naddrs - first;

    ngx_memcpy(peer->addrs, rs->addrs + first,
               n * sizeof(restream_resolve_addr_t));
    ngx_memcpy(peer->addrs + n, rs->addrs,
               first * sizeof(restream_resolve_addr_t));

    peer->naddrs = rs->naddrs;

    peer->handlers->progress(peer->data, NGX_RTMP_RESTREAM_CONNECTING);

    ngx_rtmp_restream_connect_next(peer);
}


/* from peer->addr on, the first address that can be tried */

static void
ngx_rtmp_restream_connect_next(ngx_rtmp_restream_peer_t *peer)
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

        if (!ngx_rtmp_restream_connect_allowed(peer, addr)) {
            peer->denied = 1;
            continue;
        }

        rc = ngx_rtmp_restream_connect_address(peer, addr);

        if (rc == NGX_OK) {
            ngx_rtmp_restream_connect_done(peer);
            return;
        }

        if (rc == NGX_AGAIN) {
            ngx_add_timer(&peer->timer, NGX_RTMP_RESTREAM_ADDRESS_TIMEOUT);
            return;
        }

        ngx_rtmp_restream_peer_close(peer, 0);
    }

    if (peer->connect_error == 0 && peer->denied) {
        ngx_rtmp_restream_peer_fail(peer, RESTREAM_REASON_ADDRESS_DENIED,
                                    NULL);
        return;
    }

    ngx_rtmp_restream_peer_lost(peer, peer->connect_error);
}


/* the address that is connected to decides, whatever name led there */

static ngx_uint_t
ngx_rtmp_restream_connect_allowed(ngx_rtmp_restream_peer_t *peer,
    restream_resolve_addr_t *addr)
{
    ngx_array_t  *rules;

    rules = peer->conf->main->network;

    return restream_network_allows(rules ? rules->elts : NULL,
                                   rules ? rules->nelts : 0,
                                   peer->target.restricted, addr->own,
                                   (struct sockaddr *) &addr->sockaddr);
}


/* NGX_OK connected, NGX_AGAIN under way, NGX_ERROR: peer->connect_error */

static ngx_int_t
ngx_rtmp_restream_connect_address(ngx_rtmp_restream_peer_t *peer,
    restream_resolve_addr_t *addr)
{
    int                rc;
    ngx_connection_t  *c;

    c = ngx_rtmp_restream_connect_socket(peer, addr->sockaddr.ss_family);
    if (c == NULL) {
        return NGX_ERROR;
    }

    if (ngx_rtmp_restream_connect_options(peer, c->fd, addr->sockaddr.ss_family)
        != NGX_OK)
    {
        peer->connect_error = ngx_socket_errno;
        return NGX_ERROR;
    }

    do {
        rc = connect(c->fd, (struct sockaddr *) &addr->sockaddr, addr->socklen);
    } while (rc == -1 && ngx_socket_errno == NGX_EINTR);

    if (rc == -1 && ngx_socket_errno != NGX_EINPROGRESS) {
        peer->connect_error = ngx_socket_errno;
        return NGX_ERROR;
    }

    if (ngx_rtmp_restream_connect_events(c) != NGX_OK) {
        peer->connect_error = NGX_ENOMEM;
        return NGX_ERROR;
    }

    return rc == 0 ? NGX_OK : NGX_AGAIN;
}


/* NULL: peer->connect_error */

static ngx_connection_t *
ngx_rtmp_restream_connect_socket(ngx_rtmp_restream_peer_t *peer, int family)
{
    ngx_socket_t       s;
    ngx_connection_t  *c;

    s = socket(family, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (s == (ngx_socket_t) -1) {
        peer->connect_error = ngx_socket_errno;
        return NULL;
    }

    c = ngx_get_connection(s, peer->log);

    if (c == NULL) {
        (void) ngx_close_socket(s);
        peer->connect_error = NGX_ENOMEM;
        return NULL;
    }

    peer->connection = c;
    peer->fd = s;
    peer->blocked = 0;

    c->data = peer;
    c->type = SOCK_STREAM;
    c->log = peer->log;
    c->log_error = NGX_ERROR_INFO;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->read->log = peer->log;
    c->write->log = peer->log;
    c->read->handler = ngx_rtmp_restream_connect_handler;
    c->write->handler = ngx_rtmp_restream_connect_handler;

    return c;
}


static ngx_int_t
ngx_rtmp_restream_connect_options(ngx_rtmp_restream_peer_t *peer,
    ngx_socket_t s, int family)
{
    int          nodelay, sndbuf, lowat;
    ngx_addr_t  *local;

    nodelay = 1;
    sndbuf = NGX_RTMP_RESTREAM_SNDBUF;
    lowat = NGX_RTMP_RESTREAM_NOTSENT_LOWAT;

    (void) setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof(int));
    (void) setsockopt(s, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(int));

#ifdef TCP_NOTSENT_LOWAT
    (void) setsockopt(s, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, sizeof(int));
#endif

    local = peer->conf->bind;

    if (local == NULL) {
        return NGX_OK;
    }

    /* not from another address than the one that was asked for */

    if (local->sockaddr->sa_family != family) {
        ngx_set_socket_errno(EAFNOSUPPORT);
        return NGX_ERROR;
    }

#ifdef IP_BIND_ADDRESS_NO_PORT
    (void) setsockopt(s, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &nodelay,
                      sizeof(int));
#endif

    return bind(s, local->sockaddr, local->socklen) == 0 ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_rtmp_restream_connect_events(ngx_connection_t *c)
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
ngx_rtmp_restream_connect_handler(ngx_event_t *ev)
{
    int                        err;
    socklen_t                  len;
    ngx_connection_t          *c;
    ngx_rtmp_restream_peer_t  *peer;

    peer = ngx_rtmp_restream_peer_get(ev);
    c = peer->connection;

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err) {
        ngx_rtmp_restream_connect_failed(peer, err);
        return;
    }

    if (!c->write->ready) {
        return;
    }

    ngx_rtmp_restream_connect_done(peer);
}


static void
ngx_rtmp_restream_connect_timeout(ngx_event_t *ev)
{
    ngx_rtmp_restream_connect_failed(ev->data, NGX_ETIMEDOUT);
}


static void
ngx_rtmp_restream_connect_failed(ngx_rtmp_restream_peer_t *peer,
    ngx_err_t err)
{
    peer->connect_error = err;

    ngx_rtmp_restream_peer_close(peer, 0);
    ngx_rtmp_restream_connect_next(peer);
}


static void
ngx_rtmp_restream_connect_done(ngx_rtmp_restream_peer_t *peer)
{
    ngx_connection_t  *c;

    c = peer->connection;

    if (peer->timer.timer_set) {
        ngx_del_timer(&peer->timer);
    }

    if (!peer->target.tls) {
        ngx_rtmp_restream_dialogue_start(peer);
        return;
    }

    if (ngx_rtmp_restream_tls_init(&peer->tls, peer->conf->tls, c,
                                   &peer->target.host)
        != NGX_OK)
    {
        ngx_rtmp_restream_peer_fail(peer, RESTREAM_REASON_TLS, "no memory");
        return;
    }

    c->read->handler = ngx_rtmp_restream_connect_tls_handler;
    c->write->handler = ngx_rtmp_restream_connect_tls_handler;

    ngx_rtmp_restream_connect_tls_handler(c->write);
}


static void
ngx_rtmp_restream_connect_tls_handler(ngx_event_t *ev)
{
    u_char                     err[128];
    ngx_int_t                  rc;
    ngx_connection_t          *c;
    ngx_rtmp_restream_peer_t  *peer;

    peer = ngx_rtmp_restream_peer_get(ev);
    c = peer->connection;

    err[0] = '\0';

    rc = ngx_rtmp_restream_tls_handshake(&peer->tls, err, sizeof(err));

    switch (rc) {

    case NGX_OK:
        ngx_rtmp_restream_dialogue_start(peer);
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
