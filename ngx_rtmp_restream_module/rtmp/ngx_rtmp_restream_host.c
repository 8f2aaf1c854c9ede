/*
 * nginx-rtmp's sessions and hooks: see ngx_rtmp_restream_host.h.
 *
 * nginx-rtmp chains its publish handlers, the module configured last runs
 * first.  Ours stands behind notify (config sees to it), so that it runs when
 * on_publish has accepted; access and live stand behind ours, so that it calls
 * on first and looks at what they decided.
 *
 *     notify -> restream -> relay, exec, ... -> live -> record -> access
 */

#include "ngx_rtmp_restream_host.h"
#include "ngx_rtmp_restream_frame.h"
#include "ngx_rtmp_restream_source.h"
#include "ngx_rtmp_restream_source_push.h"

#include <ngx_rtmp.h>
#include <ngx_rtmp_cmd_module.h>
#include <ngx_rtmp_live_module.h>


typedef struct {
    ngx_rtmp_restream_source_t  *source;    /* NULL: not accepted (yet) */
    restream_headers_t          *pending;   /* until it is: what comes while
                                               on_publish is asked */
} ngx_rtmp_restream_ctx_t;


static ngx_int_t ngx_rtmp_restream_host_publish(ngx_rtmp_session_t *s,
    ngx_rtmp_publish_t *v);
static ngx_int_t ngx_rtmp_restream_host_publish_stream(ngx_rtmp_session_t *s,
    ngx_rtmp_publish_t *v, ngx_rtmp_restream_app_conf_t *racf,
    ngx_pool_t *pool);
static ngx_int_t ngx_rtmp_restream_host_accept(ngx_rtmp_session_t *s,
    ngx_rtmp_restream_app_conf_t *racf, ngx_rtmp_restream_stream_key_t *key);
static ngx_int_t ngx_rtmp_restream_host_busy(ngx_rtmp_session_t *s,
    ngx_rtmp_restream_stream_key_t *key);
static void ngx_rtmp_restream_host_close(void *session, ngx_uint_t busy);
static ngx_int_t ngx_rtmp_restream_host_close_stream(ngx_rtmp_session_t *s,
    ngx_rtmp_close_stream_t *v);
static ngx_int_t ngx_rtmp_restream_host_message(ngx_rtmp_session_t *s,
    ngx_rtmp_header_t *h, ngx_chain_t *in);
static void ngx_rtmp_restream_host_keep(ngx_rtmp_restream_ctx_t *ctx,
    restream_frame_t *frm);
static ngx_rtmp_restream_ctx_t *ngx_rtmp_restream_host_get_ctx(
    ngx_rtmp_session_t *s);
static void ngx_rtmp_restream_host_cleanup(void *data);
static ngx_int_t ngx_rtmp_restream_host_key(ngx_rtmp_session_t *s,
    ngx_rtmp_publish_t *v, ngx_pool_t *pool,
    ngx_rtmp_restream_stream_key_t *key);
static ngx_int_t ngx_rtmp_restream_host_label(ngx_pool_t *pool,
    ngx_rtmp_restream_stream_key_t *key);


static ngx_rtmp_publish_pt       next_publish;
static ngx_rtmp_close_stream_pt  next_close_stream;


ngx_int_t
ngx_rtmp_restream_host_init(ngx_conf_t *cf)
{
    ngx_uint_t                  i;
    ngx_rtmp_handler_pt        *h;
    ngx_rtmp_core_main_conf_t  *cmcf;

    static const ngx_uint_t  types[] = {
        NGX_RTMP_MSG_AUDIO,
        NGX_RTMP_MSG_VIDEO,
        NGX_RTMP_MSG_AMF_META,
        NGX_RTMP_MSG_AMF3_META
    };

    cmcf = ngx_rtmp_conf_get_module_main_conf(cf, ngx_rtmp_core_module);

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        h = ngx_array_push(&cmcf->events[types[i]]);
        if (h == NULL) {
            return NGX_ERROR;
        }

        *h = ngx_rtmp_restream_host_message;
    }

    next_publish = ngx_rtmp_publish;
    ngx_rtmp_publish = ngx_rtmp_restream_host_publish;

    next_close_stream = ngx_rtmp_close_stream;
    ngx_rtmp_close_stream = ngx_rtmp_restream_host_close_stream;

    return NGX_OK;
}


ngx_flag_t
ngx_rtmp_restream_host_live(ngx_conf_t *cf)
{
    ngx_rtmp_live_app_conf_t  *lacf;

    lacf = ngx_rtmp_conf_get_module_app_conf(cf, ngx_rtmp_live_module);

    return lacf->live == 1;
}


static ngx_int_t
ngx_rtmp_restream_host_publish(ngx_rtmp_session_t *s, ngx_rtmp_publish_t *v)
{
    ngx_int_t                      rc;
    ngx_pool_t                    *pool;
    ngx_rtmp_restream_ctx_t       *ctx;
    ngx_rtmp_restream_app_conf_t  *racf;

    racf = ngx_rtmp_get_module_app_conf(s, ngx_rtmp_restream_module);

    if (racf == NULL || !racf->enable || s->auto_pushed) {
        return next_publish(s, v);
    }

    ctx = ngx_rtmp_get_module_ctx(s, ngx_rtmp_restream_module);

    if (ctx && ctx->source) {

        /* live ignores a second publish in a session, so do we */

        return next_publish(s, v);
    }

    pool = ngx_create_pool(1024, s->connection->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_rtmp_restream_host_publish_stream(s, v, racf, pool);

    ngx_destroy_pool(pool);

    return rc;
}


static ngx_int_t
ngx_rtmp_restream_host_publish_stream(ngx_rtmp_session_t *s,
    ngx_rtmp_publish_t *v, ngx_rtmp_restream_app_conf_t *racf, ngx_pool_t *pool)
{
    ngx_int_t                        rc;
    ngx_rtmp_live_ctx_t             *lctx;
    ngx_rtmp_restream_stream_key_t   key;

    /* v is nginx-rtmp's scratch: copied before others are called */

    if (ngx_rtmp_restream_host_key(s, v, pool, &key) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_rtmp_restream_zone_busy(racf->main->shm_zone->data, &key)) {
        return ngx_rtmp_restream_host_busy(s, &key);
    }

    rc = next_publish(s, v);

    if (rc != NGX_OK) {
        return rc;
    }

    lctx = ngx_rtmp_get_module_ctx(s, ngx_rtmp_live_module);

    if (lctx == NULL || lctx->stream == NULL || !lctx->publishing) {

        /* a duplicate: live has told it so */

        return NGX_OK;
    }

    return ngx_rtmp_restream_host_accept(s, racf, &key);
}


static ngx_int_t
ngx_rtmp_restream_host_accept(ngx_rtmp_session_t *s,
    ngx_rtmp_restream_app_conf_t *racf, ngx_rtmp_restream_stream_key_t *key)
{
    uint32_t                  i;
    ngx_int_t                 rc;
    ngx_str_t                 address;
    restream_frame_t         *frm;
    ngx_rtmp_restream_ctx_t  *ctx;

    ctx = ngx_rtmp_restream_host_get_ctx(s);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    /* of what relay pulls it is a url, with what may be secret in it */

    ngx_str_null(&address);

    if (!s->relay) {
        address = s->connection->addr_text;
    }

    rc = ngx_rtmp_restream_source_attach(racf, key,
                                         racf->main->shm_zone->data,
                                         &address, &ctx->source,
                                         ngx_rtmp_restream_host_close, s);

    if (rc == NGX_BUSY) {
        return ngx_rtmp_restream_host_busy(s, key);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; ctx->pending && i < ctx->pending->n; i++) {
        frm = restream_frame_ref(ctx->pending->frames[i]);

        ngx_rtmp_restream_source_push(ctx->source, frm, (uint32_t) frm->dts);
    }

    restream_headers_unref(&ctx->pending);

    return NGX_OK;
}


static ngx_int_t
ngx_rtmp_restream_host_busy(ngx_rtmp_session_t *s,
    ngx_rtmp_restream_stream_key_t *key)
{
    ngx_log_error(NGX_LOG_ERR, s->connection->log, 0,
                  "restream: stream \"%V\" is published already",
                  &key->label);

    (void) ngx_rtmp_send_status(s, "NetStream.Publish.BadName", "error",
                                "Already publishing");

    return NGX_ERROR;
}


static void
ngx_rtmp_restream_host_close(void *session, ngx_uint_t busy)
{
    ngx_rtmp_session_t *s = session;

    ngx_rtmp_restream_ctx_t  *ctx;

    ctx = ngx_rtmp_get_module_ctx(s, ngx_rtmp_restream_module);

    if (busy) {
        (void) ngx_rtmp_restream_host_busy(s, &ctx->source->key);
    }

    ngx_rtmp_finalize_session(s);
}


static ngx_int_t
ngx_rtmp_restream_host_close_stream(ngx_rtmp_session_t *s,
    ngx_rtmp_close_stream_t *v)
{
    ngx_rtmp_restream_ctx_t  *ctx;

    ctx = ngx_rtmp_get_module_ctx(s, ngx_rtmp_restream_module);

    if (ctx) {
        ngx_rtmp_restream_source_detach(&ctx->source);
        restream_headers_unref(&ctx->pending);
    }

    return next_close_stream(s, v);
}


static ngx_int_t
ngx_rtmp_restream_host_message(ngx_rtmp_session_t *s, ngx_rtmp_header_t *h,
    ngx_chain_t *in)
{
    restream_frame_t              *frm;
    ngx_rtmp_restream_ctx_t       *ctx;
    ngx_rtmp_restream_app_conf_t  *racf;

    racf = ngx_rtmp_get_module_app_conf(s, ngx_rtmp_restream_module);

    if (racf == NULL || !racf->enable || s->auto_pushed) {
        return NGX_OK;
    }

    ctx = ngx_rtmp_restream_host_get_ctx(s);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    frm = ngx_rtmp_restream_frame_create(h->type, in);

    if (frm == NULL) {

        if (ctx->source) {
            ngx_rtmp_restream_source_push_lost(ctx->source, h->type);
        }

        return NGX_OK;
    }

    if (ctx->source) {
        ngx_rtmp_restream_source_push(ctx->source, frm, h->timestamp);
        return NGX_OK;
    }

    if (frm->flags & RESTREAM_FLV_HEADER) {
        frm->dts = h->timestamp;
        ngx_rtmp_restream_host_keep(ctx, frm);
    }

    restream_frame_unref(&frm);

    return NGX_OK;
}


static void
ngx_rtmp_restream_host_keep(ngx_rtmp_restream_ctx_t *ctx,
    restream_frame_t *frm)
{
    restream_headers_t  *headers;

    headers = restream_headers_with(ctx->pending, frm, 1);

    if (headers) {
        restream_headers_unref(&ctx->pending);
        ctx->pending = headers;
    }
}


static ngx_rtmp_restream_ctx_t *
ngx_rtmp_restream_host_get_ctx(ngx_rtmp_session_t *s)
{
    ngx_pool_cleanup_t       *cln;
    ngx_rtmp_restream_ctx_t  *ctx;

    ctx = ngx_rtmp_get_module_ctx(s, ngx_rtmp_restream_module);

    if (ctx) {
        return ctx;
    }

    cln = ngx_pool_cleanup_add(s->connection->pool,
                               sizeof(ngx_rtmp_restream_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_rtmp_restream_ctx_t));

    cln->handler = ngx_rtmp_restream_host_cleanup;

    ngx_rtmp_set_ctx(s, ctx, ngx_rtmp_restream_module);

    return ctx;
}


static void
ngx_rtmp_restream_host_cleanup(void *data)
{
    ngx_rtmp_restream_ctx_t  *ctx = data;

    ngx_rtmp_restream_source_detach(&ctx->source);
    restream_headers_unref(&ctx->pending);
}


/*
 * The application is named by its configuration, because relay pull leaves
 * s->app empty.
 */

static ngx_int_t
ngx_rtmp_restream_host_key(ngx_rtmp_session_t *s, ngx_rtmp_publish_t *v,
    ngx_pool_t *pool, ngx_rtmp_restream_stream_key_t *key)
{
    ngx_str_t                  name, args;
    ngx_rtmp_core_app_conf_t  *cacf;

    cacf = ngx_rtmp_get_module_app_conf(s, ngx_rtmp_core_module);

    name.data = v->name;
    name.len = ngx_strlen(v->name);
    args.data = v->args;
    args.len = ngx_strlen(v->args);

    key->app = cacf->name;
    key->name.len = name.len;
    key->name.data = ngx_pstrdup(pool, &name);
    key->args.len = args.len;
    key->args.data = ngx_pstrdup(pool, &args);

    if ((key->name.data == NULL && name.len)
        || (key->args.data == NULL && args.len))
    {
        return NGX_ERROR;
    }

    return ngx_rtmp_restream_host_label(pool, key);
}


/* what an encoder calls its stream must not look like a line of the log */

static ngx_int_t
ngx_rtmp_restream_host_label(ngx_pool_t *pool,
    ngx_rtmp_restream_stream_key_t *key)
{
    u_char      *p;
    ngx_uint_t   i;

    key->label.len = key->app.len + 1 + key->name.len;

    p = ngx_pnalloc(pool, key->label.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    key->label.data = p;

    p = ngx_cpymem(p, key->app.data, key->app.len);
    *p++ = '/';
    ngx_memcpy(p, key->name.data, key->name.len);

    for (i = 0; i < key->label.len; i++) {
        if (key->label.data[i] < 0x20 || key->label.data[i] == 0x7f) {
            key->label.data[i] = '?';
        }
    }

    return NGX_OK;
}
