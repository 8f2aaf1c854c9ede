/*
 * One connection attempt to a destination: resolve, connect, TLS, pump.
 *
 * Owned by its output and destroyed with the attempt; the output outlives it.
 * It carries bytes between the socket and the client state machine, and the
 * media that its output gives it.  How it gets its connection is in
 * ngx_rtmp_restream_connect.h, what it says in ngx_rtmp_restream_dialogue.h.
 */

#ifndef _NGX_RTMP_RESTREAM_PEER_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_PEER_H_INCLUDED_


#include "ngx_rtmp_restream.h"
#include "ngx_rtmp_restream_pages.h"
#include "ngx_rtmp_restream_task.h"
#include "ngx_rtmp_restream_tls.h"

#include "../lib/restream_client.h"
#include "../jobs/restream_resolve.h"


typedef enum {
    NGX_RTMP_RESTREAM_PEER_FAILED = 0,      /* reason says why */
    NGX_RTMP_RESTREAM_PEER_AUTHENTICATE,    /* dial again with query */
    NGX_RTMP_RESTREAM_PEER_REDIRECT         /* dial url instead */
} ngx_rtmp_restream_peer_end_e;


/* How a peer tells its output.  None of them may destroy the peer but ended,
 * which is called exactly once, from the event loop, and is the last. */

typedef struct {
    void  (*progress)(void *data, ngx_rtmp_restream_state_e state);
    void  (*published)(void *data);         /* media may be sent */
    void  (*writable)(void *data);          /* after published, or while it
                                               says goodbye */
    void  (*reconnect)(void *data, ngx_str_t *url);
                                            /* asked for, at a key frame */
    void  (*shutdown)(void *data);          /* nginx closes all connections */
    void  (*ended)(void *data);
} ngx_rtmp_restream_peer_handlers_t;


struct ngx_rtmp_restream_peer_s {

    /* touched by every write, hence together: ngx_rtmp_restream_feed.h */
    ngx_connection_t                         *connection;
    ngx_socket_t                              fd;       /* of connection */
    unsigned                                  published:1;
    unsigned                                  closing:1;
    unsigned                                  denied:1;     /* an address is */
    unsigned                                  blocked:1;    /* the socket is
                                                               full */
    uint64_t                                  given;    /* bytes, to socket */
    ngx_rtmp_restream_tls_t                   tls;

    ngx_pool_t                               *pool;
    ngx_log_t                                *log;      /* the output's */
    ngx_rtmp_restream_app_conf_t             *conf;
    ngx_rtmp_restream_target_t                target;   /* copy; host is
                                                           terminated */
    const ngx_rtmp_restream_peer_handlers_t  *handlers;
    void                                     *data;

    restream_client_t                         client;
    ngx_str_t                                 query;

    ngx_rtmp_restream_task_t                 *task;     /* resolving */
    restream_resolve_addr_t                  *addrs;
    ngx_uint_t                                naddrs;
    ngx_uint_t                                addr;     /* index, next */
    ngx_uint_t                                first;    /* of those resolved,
                                                           addrs[0] */
    u_char                                    addr_text[NGX_SOCKADDR_STRLEN];
    size_t                                    addr_text_len;
    ngx_err_t                                 connect_error;

    ngx_event_t                               timer;    /* one address */
    ngx_event_t                               ended;    /* posted */

    /* how it ended */
    ngx_rtmp_restream_peer_end_e              end;
    ngx_rtmp_restream_reason_t                reason;
    ngx_str_t                                 next;     /* query or url */
};


/*
 * Starts an attempt.  Whatever happens is told through handlers later, never
 * from inside this call.
 *
 * in    target, query   copied; query NULL: none
 *       first           which of the name's addresses is tried first, modulo
 *                       their number
 * ret   NULL            no memory, or the thread pool is full
 */
ngx_rtmp_restream_peer_t *ngx_rtmp_restream_peer_create(
    ngx_rtmp_restream_app_conf_t *conf, ngx_rtmp_restream_target_t *target,
    ngx_str_t *query, ngx_uint_t first,
    const ngx_rtmp_restream_peer_handlers_t *handlers, void *data,
    ngx_log_t *log);

/* notify: say goodbye to TLS; *peer is cleared */
void ngx_rtmp_restream_peer_destroy(ngx_rtmp_restream_peer_t **peer,
    ngx_uint_t notify);

/*
 * Sends media.
 *
 * in    pages     where some of it lies as well; NULL: nowhere
 * ret   bytes taken; blocked is set when the socket is full
 *       NGX_ERROR  the connection is lost, ended follows
 */
ssize_t ngx_rtmp_restream_peer_send(ngx_rtmp_restream_peer_t *peer,
    restream_cursor_scratch_t *sc, ngx_rtmp_restream_pages_t *pages);

/*
 * Sends what TLS holds back and what the client state machine has to say; only
 * between two media messages.
 *
 * ret   NGX_OK nothing is left, NGX_AGAIN, NGX_ERROR (ended follows)
 */
ngx_int_t ngx_rtmp_restream_peer_flush(ngx_rtmp_restream_peer_t *peer);

/* 1: ngx_rtmp_restream_peer_flush() has something to send */
ngx_uint_t ngx_rtmp_restream_peer_talking(ngx_rtmp_restream_peer_t *peer);

/* Bytes given to the socket that the other TCP has acknowledged; 0: unknown. */
uint64_t ngx_rtmp_restream_peer_acknowledged(ngx_rtmp_restream_peer_t *peer);

/* All is sent that will be: tells the server so and waits for its end. */
void ngx_rtmp_restream_peer_finish(ngx_rtmp_restream_peer_t *peer);

/* Ends the attempt with a reason of the output's own (a timeout). */
void ngx_rtmp_restream_peer_fail(ngx_rtmp_restream_peer_t *peer,
    restream_reason_e reason, const char *detail);


/*
 * Internal to peer, connect and dialogue, whose struct it is as well.
 */

/* Whose event it is; its output is told when nginx closes all connections. */
ngx_rtmp_restream_peer_t *ngx_rtmp_restream_peer_get(ngx_event_t *ev);

/* From here on bytes are carried, TLS and all: the dialogue's first leave. */
void ngx_rtmp_restream_peer_pump(ngx_rtmp_restream_peer_t *peer);

/* The connection failed or is lost; err is an errno, 0: the server closed it */
void ngx_rtmp_restream_peer_lost(ngx_rtmp_restream_peer_t *peer,
    ngx_err_t err);

/* The one way out: peer->reason or peer->next is set.  ended follows. */
void ngx_rtmp_restream_peer_end(ngx_rtmp_restream_peer_t *peer,
    ngx_rtmp_restream_peer_end_e end);

/* Only the socket, TLS and the client: another address may follow. */
void ngx_rtmp_restream_peer_close(ngx_rtmp_restream_peer_t *peer,
    ngx_uint_t notify);

#endif /* _NGX_RTMP_RESTREAM_PEER_H_INCLUDED_ */
