/*
 * Where a server sends us on to: see ngx_rtmp_restream_output_hop.h.
 */

#include "ngx_rtmp_restream_output_hop.h"
#include "ngx_rtmp_restream_output_attempt.h"
#include "ngx_rtmp_restream_reason.h"
#include "ngx_rtmp_restream_target.h"


#define NGX_RTMP_RESTREAM_HOPS     3        /* redirects in an attempt */
#define NGX_RTMP_RESTREAM_AUTHS    2        /* authentications in one */
#define NGX_RTMP_RESTREAM_FOLLOW   10000    /* ms between two reconnects that
                                               a server asks for */


static ngx_int_t ngx_rtmp_restream_output_hop_set(
    ngx_rtmp_restream_output_t *out, ngx_str_t *url, const char **err);


ngx_rtmp_restream_target_t *
ngx_rtmp_restream_output_hop_target(ngx_rtmp_restream_output_t *out)
{
    return out->hop ? out->hop : &out->record.target;
}


void
ngx_rtmp_restream_output_hop_forget(ngx_rtmp_restream_output_t *out)
{
    if (out->hop == NULL) {
        return;
    }

    ngx_rtmp_restream_target_wipe(out->hop);
    ngx_destroy_pool(out->hop_pool);

    out->hop = NULL;
}


void
ngx_rtmp_restream_output_hop_authenticate(ngx_rtmp_restream_output_t *out)
{
    u_char                      *p;
    ngx_str_t                    query;
    ngx_rtmp_restream_reason_t   reason;

    if (++out->authentications > NGX_RTMP_RESTREAM_AUTHS) {
        ngx_rtmp_restream_reason_set(&reason, RESTREAM_REASON_KEY_REJECTED,
                                     "the server keeps asking for "
                                     "authentication", NULL, NULL);
        ngx_rtmp_restream_output_attempt_failed(out, &reason);
        return;
    }

    query = out->peer->next;

    p = ngx_alloc(query.len, &out->log);
    if (p == NULL) {
        ngx_rtmp_restream_reason_set(&reason, RESTREAM_REASON_HANDSHAKE,
                                     "no memory", NULL, NULL);
        ngx_rtmp_restream_output_attempt_failed(out, &reason);
        return;
    }

    ngx_memcpy(p, query.data, query.len);
    query.data = p;

    ngx_rtmp_restream_output_attempt_disconnect(out, 0);
    ngx_rtmp_restream_output_attempt_dial(out, &query);

    ngx_free(p);
}


void
ngx_rtmp_restream_output_hop_redirect(ngx_rtmp_restream_output_t *out)
{
    const char                  *err;
    ngx_rtmp_restream_reason_t   reason;

    if (++out->hops > NGX_RTMP_RESTREAM_HOPS) {
        err = "the server redirects in circles";
        goto failed;
    }

    if (ngx_rtmp_restream_output_hop_set(out, &out->peer->next, &err)
        != NGX_OK)
    {
        goto failed;
    }

    ngx_rtmp_restream_output_attempt_disconnect(out, 0);
    ngx_rtmp_restream_output_attempt_dial(out, NULL);

    return;

failed:

    ngx_rtmp_restream_reason_set(&reason, RESTREAM_REASON_APP_REJECTED, err,
                                 NULL, NULL);
    ngx_rtmp_restream_output_attempt_failed(out, &reason);
}


void
ngx_rtmp_restream_output_hop_asked(void *data, ngx_str_t *url)
{
    const char                  *err;
    ngx_rtmp_restream_output_t  *out = data;

    if (url->len && ngx_rtmp_restream_output_hop_set(out, url, &err) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_WARN, &out->log, 0,
                      "server asks to reconnect to a url that is not "
                      "followed: %s", err);
    }

    out->reconnect_asked = 1;
}


void
ngx_rtmp_restream_output_hop_reconnect(ngx_rtmp_restream_output_t *out)
{
    ngx_rtmp_restream_reason_t  reason;

    if (ngx_current_msec - out->followed < NGX_RTMP_RESTREAM_FOLLOW) {

        /* a server that asks all the time is waited for, but still followed */

        reason = out->peer->reason;
        ngx_rtmp_restream_output_attempt_failed(out, &reason);
        out->follow = 1;
        return;
    }

    ngx_rtmp_restream_output_attempt_disconnect(out, 0);

    out->followed = ngx_current_msec;
    out->follow = 1;

    ngx_rtmp_restream_output_attempt(out);
}


/* where a server sent us to; the record stays for the next attempt */

static ngx_int_t
ngx_rtmp_restream_output_hop_set(ngx_rtmp_restream_output_t *out,
    ngx_str_t *url, const char **err)
{
    ngx_pool_t                  *pool;
    ngx_rtmp_restream_target_t  *hop, *from;

    from = ngx_rtmp_restream_output_hop_target(out);

    *err = "no memory";

    pool = ngx_create_pool(512, &out->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    hop = ngx_pcalloc(pool, sizeof(ngx_rtmp_restream_target_t));

    if (hop == NULL
        || ngx_rtmp_restream_target_follow(pool, hop, from, url, err)
           != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    ngx_rtmp_restream_output_hop_forget(out);

    out->hop_pool = pool;
    out->hop = hop;

    return NGX_OK;
}
