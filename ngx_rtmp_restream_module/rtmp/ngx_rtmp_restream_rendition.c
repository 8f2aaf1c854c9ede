/*
 * A stream in one form: see ngx_rtmp_restream_rendition.h.
 */

#include "ngx_rtmp_restream_rendition.h"
#include "ngx_rtmp_restream_source.h"
#include "ngx_rtmp_restream_feed.h"

#include "../lib/restream_chunk.h"


/* outputs that pages are made for, since that costs about as much as three
 * copies into sockets; and the window, at most and as a part of the ring */
#define NGX_RTMP_RESTREAM_PAGES_READERS  8
#define NGX_RTMP_RESTREAM_PAGES_WINDOW   (1024 * 1024)
#define NGX_RTMP_RESTREAM_PAGES_PART     8


static void ngx_rtmp_restream_rendition_keep(
    ngx_rtmp_restream_rendition_t *rnd, restream_frame_t *frm);
static void ngx_rtmp_restream_rendition_relieve(
    ngx_rtmp_restream_rendition_t *rnd);
static void ngx_rtmp_restream_rendition_wake_handler(ngx_event_t *ev);
static void ngx_rtmp_restream_rendition_share(
    ngx_rtmp_restream_rendition_t *rnd);


ngx_rtmp_restream_rendition_t *
ngx_rtmp_restream_rendition_create(ngx_rtmp_restream_source_t *src)
{
    ngx_rtmp_restream_rendition_t  *rnd;

    rnd = ngx_pcalloc(src->pool, sizeof(ngx_rtmp_restream_rendition_t));
    if (rnd == NULL) {
        return NULL;
    }

    rnd->ring = restream_ring_create(src->conf->buffer);
    if (rnd->ring == NULL) {
        return NULL;
    }

    rnd->source = src;
    rnd->flush = src->conf->flush;
    rnd->batch = src->conf->batch;
    rnd->pageless = !src->conf->sendfile;

    rnd->wake.handler = ngx_rtmp_restream_rendition_wake_handler;
    rnd->wake.data = rnd;
    rnd->wake.log = src->log;

    rnd->delay.handler = ngx_rtmp_restream_rendition_wake_handler;
    rnd->delay.data = rnd;
    rnd->delay.log = src->log;
    rnd->delay.cancelable = 1;

    return rnd;
}


void
ngx_rtmp_restream_rendition_destroy(ngx_rtmp_restream_rendition_t **rndp)
{
    ngx_rtmp_restream_rendition_t  *rnd;

    rnd = *rndp;

    if (rnd == NULL) {
        return;
    }

    *rndp = NULL;

    if (rnd->wake.posted) {
        ngx_delete_posted_event(&rnd->wake);
    }

    if (rnd->delay.timer_set) {
        ngx_del_timer(&rnd->delay);
    }

    ngx_rtmp_restream_pages_destroy(&rnd->pages);
    restream_ring_destroy(&rnd->ring);
}


void
ngx_rtmp_restream_rendition_push(ngx_rtmp_restream_rendition_t *rnd,
    restream_frame_t *frm)
{
    ngx_msec_t  delay;
    ngx_uint_t  small;

    /* without video there is nothing that a small frame could ride with */

    small = rnd->source->video && frm->type != RESTREAM_MSG_VIDEO;

    delay = rnd->batch;

    if (delay == 0 && small) {
        delay = rnd->flush;
    }

    ngx_rtmp_restream_rendition_keep(rnd, frm);

    if (delay) {
        if (!rnd->delay.timer_set && !rnd->wake.posted) {
            ngx_add_timer(&rnd->delay, delay);
        }

        return;
    }

    if (rnd->delay.timer_set) {
        ngx_del_timer(&rnd->delay);
    }

    ngx_post_event(&rnd->wake, &ngx_posted_events);
}


static void
ngx_rtmp_restream_rendition_keep(ngx_rtmp_restream_rendition_t *rnd,
    restream_frame_t *frm)
{
    ngx_rtmp_restream_source_t  *src;

    src = rnd->source;

    if (frm->size > restream_ring_part(rnd->ring) && !src->cramped) {
        src->cramped = 1;

        ngx_log_error(NGX_LOG_WARN, src->log, 0,
                      "\"restream_buffer\" is too small for frames of %uD "
                      "bytes, stream: \"%V\"",
                      frm->size, &src->key.label);
    }

    while (restream_ring_push(rnd->ring, frm) == RESTREAM_AGAIN) {
        ngx_rtmp_restream_rendition_relieve(rnd);
    }
}


/* of those whose frame is lent, the slowest gives up */

static void
ngx_rtmp_restream_rendition_relieve(ngx_rtmp_restream_rendition_t *rnd)
{
    ngx_queue_t                 *q, *outputs;
    ngx_rtmp_restream_output_t  *out, *slowest;

    slowest = NULL;
    outputs = &rnd->source->outputs;

    for (q = ngx_queue_head(outputs);
         q != ngx_queue_sentinel(outputs);
         q = ngx_queue_next(q))
    {
        out = ngx_queue_data(q, ngx_rtmp_restream_output_t, queue);

        if (restream_cursor_lent(&out->cursor)
            && (slowest == NULL || out->cursor.seq < slowest->cursor.seq))
        {
            slowest = out;
        }
    }

    ngx_rtmp_restream_feed_give_up(slowest);
}


static void
ngx_rtmp_restream_rendition_wake_handler(ngx_event_t *ev)
{
    ngx_uint_t                      readers;
    ngx_queue_t                    *q, *next, *outputs;
    ngx_rtmp_restream_output_t     *out;
    ngx_rtmp_restream_rendition_t  *rnd = ev->data;

    if (rnd->readers >= NGX_RTMP_RESTREAM_PAGES_READERS) {
        ngx_rtmp_restream_rendition_share(rnd);
    }

    readers = 0;
    outputs = &rnd->source->outputs;

    for (q = ngx_queue_head(outputs);
         q != ngx_queue_sentinel(outputs);
         q = next)
    {
        out = ngx_queue_data(q, ngx_rtmp_restream_output_t, queue);
        next = ngx_queue_next(q);

        if (next != ngx_queue_sentinel(outputs)) {
            ngx_rtmp_restream_feed_prefetch(
                ngx_queue_data(next, ngx_rtmp_restream_output_t, queue));
        }

        readers += ngx_rtmp_restream_feed_shares(out);

        ngx_rtmp_restream_feed(out);
    }

    rnd->readers = readers;
}


/* what is new goes on pages, which are made when they are first worth it */

static void
ngx_rtmp_restream_rendition_share(ngx_rtmp_restream_rendition_t *rnd)
{
    size_t                       size;
    ngx_rtmp_restream_source_t  *src;

    if (rnd->pageless) {
        return;
    }

    if (rnd->pages == NULL) {
        src = rnd->source;

        size = ngx_min(src->conf->buffer / NGX_RTMP_RESTREAM_PAGES_PART,
                       NGX_RTMP_RESTREAM_PAGES_WINDOW);

        rnd->pages = ngx_rtmp_restream_pages_create(src->pool, rnd->ring,
                                                    src->conf->chunk_size,
                                                    size);
        if (rnd->pages == NULL) {
            rnd->pageless = 1;
            return;
        }

        restream_ring_reserve(rnd->ring, size);
    }

    if (ngx_rtmp_restream_pages_fill(rnd->pages) != NGX_OK) {
        ngx_rtmp_restream_pages_destroy(&rnd->pages);
        rnd->pageless = 1;
    }
}
