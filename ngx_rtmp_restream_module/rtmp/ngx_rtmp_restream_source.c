/*
 * One live publisher: see ngx_rtmp_restream_source.h.
 */

#include "ngx_rtmp_restream_source.h"
#include "ngx_rtmp_restream_source_ingest.h"
#include "ngx_rtmp_restream_source_key.h"
#include "ngx_rtmp_restream_source_push.h"
#include "ngx_rtmp_restream_output.h"
#include "ngx_rtmp_restream_feed.h"
#include "ngx_rtmp_restream_state.h"
#include "ngx_rtmp_restream_wanted.h"


#define NGX_RTMP_RESTREAM_TICK  100     /* ms */
#define NGX_RTMP_RESTREAM_PUT   1000    /* ms, until what had no room is tried
                                           again */


static ngx_queue_t *ngx_rtmp_restream_source_get_list(void);
static ngx_rtmp_restream_source_t *ngx_rtmp_restream_source_find(
    ngx_rtmp_restream_stream_key_t *key);
static ngx_rtmp_restream_source_t *ngx_rtmp_restream_source_create(
    ngx_rtmp_restream_app_conf_t *conf, ngx_rtmp_restream_stream_key_t *key,
    ngx_rtmp_restream_zone_t *zone);
static void ngx_rtmp_restream_source_set_event(ngx_rtmp_restream_source_t *src,
    ngx_event_t *ev, ngx_event_handler_pt handler);
static void ngx_rtmp_restream_source_destroy(ngx_rtmp_restream_source_t *src);
static ngx_int_t ngx_rtmp_restream_source_return(
    ngx_rtmp_restream_source_t *src, ngx_rtmp_restream_stream_key_t *key);
static void ngx_rtmp_restream_source_tick(ngx_event_t *ev);
static ngx_uint_t ngx_rtmp_restream_source_partly(
    ngx_rtmp_restream_source_t *src);
static void ngx_rtmp_restream_source_let_go(ngx_rtmp_restream_source_t *src);
static void ngx_rtmp_restream_source_shutdown_handler(ngx_event_t *ev);
static void ngx_rtmp_restream_source_close(ngx_rtmp_restream_source_t *src,
    ngx_uint_t busy);
static ngx_msec_t ngx_rtmp_restream_source_grace(
    ngx_rtmp_restream_source_t *src);
static void ngx_rtmp_restream_source_grace_handler(ngx_event_t *ev);
static void ngx_rtmp_restream_source_end(ngx_rtmp_restream_source_t *src);
static void ngx_rtmp_restream_source_publisher(ngx_rtmp_restream_source_t *src,
    ngx_uint_t there);


/* of this worker */

static ngx_queue_t  ngx_rtmp_restream_source_list;


ngx_int_t
ngx_rtmp_restream_source_attach(ngx_rtmp_restream_app_conf_t *conf,
    ngx_rtmp_restream_stream_key_t *key, ngx_rtmp_restream_zone_t *zone,
    ngx_str_t *address, ngx_rtmp_restream_source_t **holder,
    void (*close)(void *session, ngx_uint_t busy), void *session)
{
    ngx_int_t                    rc;
    ngx_rtmp_restream_source_t  *src;

    src = ngx_rtmp_restream_source_find(key);

    if (src && src->publishing) {
        return NGX_BUSY;
    }

    if (src) {

        if (ngx_rtmp_restream_source_return(src, key) != NGX_OK) {
            return NGX_ERROR;
        }

        goto attached;
    }

    src = ngx_rtmp_restream_source_create(conf, key, zone);
    if (src == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_rtmp_restream_wanted_claim(src);

    if (rc == NGX_BUSY) {
        ngx_rtmp_restream_source_destroy(src);
        return NGX_BUSY;
    }

    ngx_add_timer(&src->tick, NGX_RTMP_RESTREAM_TICK);

    ngx_log_error(NGX_LOG_NOTICE, src->log, 0, "relaying stream \"%V\"",
                  &src->key.label);

attached:

    src->holder = holder;
    src->close = close;
    src->session = session;
    *holder = src;

    ngx_rtmp_restream_source_ingest_begin(src, address);

    return NGX_OK;
}


void
ngx_rtmp_restream_source_detach(ngx_rtmp_restream_source_t **holder)
{
    ngx_msec_t                   grace;
    ngx_rtmp_restream_source_t  *src;

    src = *holder;

    if (src == NULL) {
        return;
    }

    *holder = NULL;

    src->holder = NULL;
    src->publishing = 0;

    if (src->ending) {
        return;
    }

    grace = ngx_rtmp_restream_source_grace(src);

    ngx_log_error(NGX_LOG_NOTICE, src->log, 0,
                  "publisher of stream \"%V\" has gone, its destinations "
                  "are held for %M ms",
                  &src->key.label, grace);

    if (src->zs) {
        ngx_rtmp_restream_zone_set_live(src->zone, src->zs, 0);
    }

    ngx_rtmp_restream_source_publisher(src, 0);

    ngx_add_timer(&src->grace, grace);
}


void
ngx_rtmp_restream_source_shutdown(ngx_rtmp_restream_source_t *src)
{
    if (!src->ending) {
        ngx_post_event(&src->shutdown, &ngx_posted_events);
    }
}


void
ngx_rtmp_restream_source_output_ended(ngx_rtmp_restream_source_t *src,
    ngx_rtmp_restream_output_t *out)
{
    ngx_rtmp_restream_output_destroy(&out);

    if (src->ending && ngx_queue_empty(&src->outputs)) {

        /* the caller may still be walking: the source goes on its own turn */

        ngx_add_timer(&src->tick, 0);
    }
}


static ngx_queue_t *
ngx_rtmp_restream_source_get_list(void)
{
    if (ngx_rtmp_restream_source_list.next == NULL) {
        ngx_queue_init(&ngx_rtmp_restream_source_list);
    }

    return &ngx_rtmp_restream_source_list;
}


static ngx_rtmp_restream_source_t *
ngx_rtmp_restream_source_find(ngx_rtmp_restream_stream_key_t *key)
{
    ngx_queue_t                 *q, *list;
    ngx_rtmp_restream_source_t  *src;

    list = ngx_rtmp_restream_source_get_list();

    for (q = ngx_queue_head(list);
         q != ngx_queue_sentinel(list);
         q = ngx_queue_next(q))
    {
        src = ngx_queue_data(q, ngx_rtmp_restream_source_t, queue);

        if (!src->ending
            && ngx_rtmp_restream_stream_key_equal(&src->key, key))
        {
            return src;
        }
    }

    return NULL;
}


static ngx_rtmp_restream_source_t *
ngx_rtmp_restream_source_create(ngx_rtmp_restream_app_conf_t *conf,
    ngx_rtmp_restream_stream_key_t *key, ngx_rtmp_restream_zone_t *zone)
{
    ngx_pool_t                  *pool;
    ngx_rtmp_restream_source_t  *src;

    pool = ngx_create_pool(2048, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    src = ngx_pcalloc(pool, sizeof(ngx_rtmp_restream_source_t));
    if (src == NULL) {
        goto failed;
    }

    src->pool = pool;
    src->log = ngx_cycle->log;
    src->conf = conf;
    src->zone = zone;
    src->publishing = 1;

    if (ngx_rtmp_restream_source_key_copy(src, key) != NGX_OK) {
        goto failed;
    }

    ngx_queue_init(&src->outputs);
    restream_timeline_init(&src->timeline);
    ngx_rtmp_restream_source_push_begin(src);

    ngx_rtmp_restream_source_set_event(src, &src->tick,
                                       ngx_rtmp_restream_source_tick);
    ngx_rtmp_restream_source_set_event(src, &src->grace,
                                       ngx_rtmp_restream_source_grace_handler);
    ngx_rtmp_restream_source_set_event(src, &src->shutdown,
                                    ngx_rtmp_restream_source_shutdown_handler);

    src->rendition = ngx_rtmp_restream_rendition_create(src);
    if (src->rendition == NULL) {
        goto failed;
    }

    ngx_queue_insert_tail(ngx_rtmp_restream_source_get_list(), &src->queue);

    return src;

failed:

    if (src) {
        ngx_rtmp_restream_source_key_drop_args(src);
    }

    ngx_destroy_pool(pool);

    return NULL;
}


static void
ngx_rtmp_restream_source_set_event(ngx_rtmp_restream_source_t *src,
    ngx_event_t *ev, ngx_event_handler_pt handler)
{
    ev->handler = handler;
    ev->data = src;
    ev->log = src->log;
}


static void
ngx_rtmp_restream_source_destroy(ngx_rtmp_restream_source_t *src)
{
    ngx_queue_t                 *q;
    ngx_rtmp_restream_output_t  *out;

    while (!ngx_queue_empty(&src->outputs)) {
        q = ngx_queue_head(&src->outputs);
        out = ngx_queue_data(q, ngx_rtmp_restream_output_t, queue);

        ngx_rtmp_restream_output_destroy(&out);
    }

    if (src->tick.timer_set) {
        ngx_del_timer(&src->tick);
    }

    if (src->grace.timer_set) {
        ngx_del_timer(&src->grace);
    }

    if (src->shutdown.posted) {
        ngx_delete_posted_event(&src->shutdown);
    }

    if (src->holder) {
        *src->holder = NULL;
    }

    ngx_rtmp_restream_zone_release(src->zone, &src->zs);
    ngx_rtmp_restream_rendition_destroy(&src->rendition);
    restream_headers_unref(&src->headers);
    ngx_rtmp_restream_source_key_drop_args(src);

    ngx_queue_remove(&src->queue);
    ngx_destroy_pool(src->pool);
}


/* the encoder is back within the grace */

static ngx_int_t
ngx_rtmp_restream_source_return(ngx_rtmp_restream_source_t *src,
    ngx_rtmp_restream_stream_key_t *key)
{
    ngx_uint_t  changed;

    changed = !ngx_rtmp_restream_str_equal(&src->key.args, &key->args);

    if (changed
        && ngx_rtmp_restream_source_key_set_args(src, &key->args) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_log_error(NGX_LOG_NOTICE, src->log, 0,
                  "publisher of stream \"%V\" is back",
                  &src->key.label);

    ngx_del_timer(&src->grace);

    src->publishing = 1;
    src->returned = 1;

    restream_timeline_resync(&src->timeline);
    ngx_rtmp_restream_source_push_begin(src);

    if (src->zs) {
        ngx_rtmp_restream_zone_set_live(src->zone, src->zs, 1);
    }

    if (src->zs && changed) {

        /* before a frame of this publish goes where the one before went */

        (void) ngx_rtmp_restream_wanted_put(src);
    }

    ngx_rtmp_restream_source_publisher(src, 1);

    return NGX_OK;
}


static void
ngx_rtmp_restream_source_tick(ngx_event_t *ev)
{
    ngx_queue_t                 *q;
    ngx_rtmp_restream_output_t  *out;
    ngx_rtmp_restream_source_t  *src = ev->data;

    if (src->ending && ngx_queue_empty(&src->outputs)) {
        ngx_rtmp_restream_source_destroy(src);
        return;
    }

    if (src->grace.timer_set && ngx_rtmp_restream_source_grace(src) == 0) {
        ngx_add_timer(&src->grace, 0);
    }

    ngx_add_timer(&src->tick, NGX_RTMP_RESTREAM_TICK);

    if (src->zs == NULL) {
        if (!src->ending
            && ngx_rtmp_restream_wanted_claim(src) == NGX_BUSY)
        {
            /* somebody was faster: this encoder must not believe to be live */

            ngx_rtmp_restream_source_close(src, 1);
            ngx_rtmp_restream_source_end(src);
            return;
        }

    } else if (!src->publishing && ngx_rtmp_restream_zone_asked(src->zs)) {
        ngx_rtmp_restream_source_let_go(src);
        return;

    } else if (!src->ending && ngx_rtmp_restream_source_partly(src)
               && ngx_current_msec - src->put >= NGX_RTMP_RESTREAM_PUT)
    {
        (void) ngx_rtmp_restream_wanted_put(src);

    } else if (!src->ending
               && src->generation
                  != ngx_rtmp_restream_zone_generation(src->zone))
    {
        ngx_rtmp_restream_wanted_apply(src);
    }

    for (q = ngx_queue_head(&src->outputs);
         q != ngx_queue_sentinel(&src->outputs);
         q = ngx_queue_next(q))
    {
        out = ngx_queue_data(q, ngx_rtmp_restream_output_t, queue);

        ngx_rtmp_restream_feed_tick(out);
        ngx_rtmp_restream_output_limit(out);
    }

    ngx_rtmp_restream_wanted_report(src, 0);
    ngx_rtmp_restream_source_ingest_report(src);
}


/* 1: not all that is wanted is in the zone, and it may be by now */

static ngx_uint_t
ngx_rtmp_restream_source_partly(ngx_rtmp_restream_source_t *src)
{
    return src->partly
           || ngx_rtmp_restream_zone_has_room(src->zone, src->zs)
           || (src->conf->main->store.dsn.len
               && !ngx_rtmp_restream_zone_stored(src->zone, src->zs));
}


/* another worker has the encoder: connections end, the broadcasts do not */

static void
ngx_rtmp_restream_source_let_go(ngx_rtmp_restream_source_t *src)
{
    ngx_log_error(NGX_LOG_NOTICE, src->log, 0,
                  "publisher of stream \"%V\" is back on another worker",
                  &src->key.label);

    ngx_rtmp_restream_source_destroy(src);
}


static void
ngx_rtmp_restream_source_shutdown_handler(ngx_event_t *ev)
{
    ngx_rtmp_restream_source_t  *src = ev->data;

    if (src->grace.timer_set) {
        ngx_del_timer(&src->grace);
    }

    ngx_rtmp_restream_source_end(src);
    ngx_rtmp_restream_source_close(src, 0);
}


/* nginx-rtmp keeps sessions that nginx wants closed: the encoder would go on
 * and reach nobody */

static void
ngx_rtmp_restream_source_close(ngx_rtmp_restream_source_t *src,
    ngx_uint_t busy)
{
    if (src->holder) {
        src->close(src->session, busy);
    }
}


/*
 * How long an encoder that has gone is waited for.  Where the worker exits it
 * cannot come back to it, only to one of a newer configuration.
 */

static ngx_msec_t
ngx_rtmp_restream_source_grace(ngx_rtmp_restream_source_t *src)
{
    if (ngx_exiting && !ngx_rtmp_restream_zone_succeeded(src->zone)) {
        return 0;
    }

    return src->conf->publisher_grace;
}


static void
ngx_rtmp_restream_source_grace_handler(ngx_event_t *ev)
{
    ngx_rtmp_restream_source_end(ev->data);
}


/* says goodbye to every server; the tick destroys what is left */

static void
ngx_rtmp_restream_source_end(ngx_rtmp_restream_source_t *src)
{
    ngx_queue_t                 *q, *next;
    ngx_rtmp_restream_output_t  *out;

    if (src->ending) {
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, src->log, 0,
                  "stream \"%V\" has ended", &src->key.label);

    src->ending = 1;

    /* the claim stays until all is said: nobody dials the same key meanwhile */

    if (src->zs) {
        ngx_rtmp_restream_zone_set_live(src->zone, src->zs, 0);
    }

    for (q = ngx_queue_head(&src->outputs);
         q != ngx_queue_sentinel(&src->outputs);
         q = next)
    {
        next = ngx_queue_next(q);
        out = ngx_queue_data(q, ngx_rtmp_restream_output_t, queue);

        ngx_rtmp_restream_output_stop(out, RESTREAM_REASON_NOT_LIVE, 1);
    }
}


static void
ngx_rtmp_restream_source_publisher(ngx_rtmp_restream_source_t *src,
    ngx_uint_t there)
{
    ngx_queue_t                 *q;
    ngx_rtmp_restream_output_t  *out;

    for (q = ngx_queue_head(&src->outputs);
         q != ngx_queue_sentinel(&src->outputs);
         q = ngx_queue_next(q))
    {
        out = ngx_queue_data(q, ngx_rtmp_restream_output_t, queue);

        ngx_rtmp_restream_state_publisher(out, there);
    }

    ngx_rtmp_restream_wanted_report(src, 0);
}
