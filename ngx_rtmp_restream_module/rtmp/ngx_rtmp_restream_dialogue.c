/*
 * What a peer and its server say to each other: see
 * ngx_rtmp_restream_dialogue.h.
 */

#include "ngx_rtmp_restream_dialogue.h"
#include "ngx_rtmp_restream_reason.h"
#include "ngx_rtmp_restream_target.h"

#include <ngx_md5.h>


static ngx_int_t ngx_rtmp_restream_dialogue_conf(
    ngx_rtmp_restream_peer_t *peer, restream_client_conf_t *cf);
static void ngx_rtmp_restream_dialogue_md5(const void *data, size_t size,
    uint8_t *out);
static ngx_int_t ngx_rtmp_restream_dialogue_event(
    ngx_rtmp_restream_peer_t *peer, restream_client_event_t *ev);
static void ngx_rtmp_restream_dialogue_refused(ngx_rtmp_restream_peer_t *peer,
    restream_client_event_t *ev);
static void ngx_rtmp_restream_dialogue_again(ngx_rtmp_restream_peer_t *peer,
    restream_str_t *next, ngx_rtmp_restream_peer_end_e end);
static void ngx_rtmp_restream_dialogue_error(ngx_rtmp_restream_peer_t *peer);


void
ngx_rtmp_restream_dialogue_start(ngx_rtmp_restream_peer_t *peer)
{
    restream_client_conf_t  cf;

    if (ngx_rtmp_restream_dialogue_conf(peer, &cf) != NGX_OK
        || restream_client_start(&peer->client, &cf) != RESTREAM_OK)
    {
        ngx_rtmp_restream_peer_fail(peer, RESTREAM_REASON_HANDSHAKE,
                                    "no memory, or the url is too long");
        return;
    }

    peer->handlers->progress(peer->data, NGX_RTMP_RESTREAM_PUBLISHING);

    ngx_rtmp_restream_peer_pump(peer);
}


ngx_int_t
ngx_rtmp_restream_dialogue_read(ngx_rtmp_restream_peer_t *peer, u_char *p,
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
            ngx_rtmp_restream_dialogue_error(peer);
            return NGX_ERROR;
        }

        if (ngx_rtmp_restream_dialogue_event(peer, &ev) != NGX_OK) {
            return NGX_ERROR;
        }
    }
}


static ngx_int_t
ngx_rtmp_restream_dialogue_conf(ngx_rtmp_restream_peer_t *peer,
    restream_client_conf_t *cf)
{
    size_t          size;
    uint32_t        nonce[2];
    restream_url_t  url;

    ngx_memzero(cf, sizeof(restream_client_conf_t));

    ngx_rtmp_restream_target_url(&peer->target, &url);

    size = sizeof("rtmps://[]:65535/") + url.host.len + url.app.len;

    cf->tc_url.data = ngx_pnalloc(peer->pool, size);
    if (cf->tc_url.data == NULL) {
        return NGX_ERROR;
    }

    cf->tc_url.len = restream_url_tc_url(&url, cf->tc_url.data, size);
    cf->app = url.app;
    cf->key = url.key;
    cf->user = url.user;
    cf->password = url.password;
    cf->query = ngx_rtmp_restream_str(&peer->query);
    cf->chunk_size = peer->conf->chunk_size;
    cf->seed = (uint32_t) ngx_random();
    cf->md5 = ngx_rtmp_restream_dialogue_md5;

    nonce[0] = (uint32_t) ngx_random();
    nonce[1] = (uint32_t) ngx_random();
    ngx_memcpy(cf->nonce, nonce, sizeof(cf->nonce));

    return NGX_OK;
}


static void
ngx_rtmp_restream_dialogue_md5(const void *data, size_t size, uint8_t *out)
{
    ngx_md5_t  md5;

    ngx_md5_init(&md5);
    ngx_md5_update(&md5, data, size);
    ngx_md5_final(out, &md5);
}


static ngx_int_t
ngx_rtmp_restream_dialogue_event(ngx_rtmp_restream_peer_t *peer,
    restream_client_event_t *ev)
{
    ngx_str_t  url;

    switch (ev->type) {

    case RESTREAM_CLIENT_PUBLISHED:

        /* between two media messages there will be no room to wait for */

        peer->published = 1;
        peer->handlers->published(peer->data);
        return peer->closing ? NGX_ERROR : NGX_OK;

    case RESTREAM_CLIENT_REJECTED:
    case RESTREAM_CLIENT_UNPUBLISHED:
        ngx_rtmp_restream_dialogue_refused(peer, ev);
        return NGX_ERROR;

    case RESTREAM_CLIENT_AUTHENTICATE:
        ngx_rtmp_restream_dialogue_again(peer, &ev->query,
                                         NGX_RTMP_RESTREAM_PEER_AUTHENTICATE);
        return NGX_ERROR;

    case RESTREAM_CLIENT_REDIRECT:
        ngx_rtmp_restream_dialogue_again(peer, &ev->url,
                                         NGX_RTMP_RESTREAM_PEER_REDIRECT);
        return NGX_ERROR;

    case RESTREAM_CLIENT_RECONNECT:
        url = ngx_rtmp_restream_ngx_str(&ev->url);
        peer->handlers->reconnect(peer->data, &url);
        return peer->closing ? NGX_ERROR : NGX_OK;

    default: /* there is no other event */
        return NGX_OK;
    }
}


static void
ngx_rtmp_restream_dialogue_refused(ngx_rtmp_restream_peer_t *peer,
    restream_client_event_t *ev)
{
    restream_reason_e  code;

    if (ev->type == RESTREAM_CLIENT_REJECTED) {
        code = restream_reason_of_status(ev->code, ev->text,
                                         ev->stage >= RESTREAM_CLIENT_PUBLISH);

    } else {
        code = peer->published ? RESTREAM_REASON_UNPUBLISHED
                               : RESTREAM_REASON_CLOSED_BEFORE_START;
    }

    ngx_rtmp_restream_reason_set(&peer->reason, code, NULL, &ev->code,
                                 &ev->text);
    ngx_rtmp_restream_peer_end(peer, NGX_RTMP_RESTREAM_PEER_FAILED);
}


/* next: the query or the url to dial with */

static void
ngx_rtmp_restream_dialogue_again(ngx_rtmp_restream_peer_t *peer,
    restream_str_t *next, ngx_rtmp_restream_peer_end_e end)
{
    peer->next.len = next->len;
    peer->next.data = ngx_pnalloc(peer->pool, next->len);

    if (peer->next.data == NULL) {
        ngx_rtmp_restream_peer_fail(peer, RESTREAM_REASON_HANDSHAKE,
                                    "no memory");
        return;
    }

    ngx_memcpy(peer->next.data, next->data, next->len);

    ngx_rtmp_restream_peer_end(peer, end);
}


static void
ngx_rtmp_restream_dialogue_error(ngx_rtmp_restream_peer_t *peer)
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
