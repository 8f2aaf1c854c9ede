/*
 * One live publisher: see ngx_rtmp_restream_source.h.
 */

#include "ngx_rtmp_restream_source.h"
#include "ngx_rtmp_restream_output.h"
#include "ngx_rtmp_restream_feed.h"
#include "ngx_rtmp_restream_control.h"

#include "../model/restream_plan.h"


#define NGX_RTMP_RESTREAM_TICK        100       /* ms */
#define NGX_RTMP_RESTREAM_DATA_PEEK   64        /* bytes to tell data by */
#define NGX_RTMP_RESTREAM_VIDEO_WAIT  1000      /* ms */


static ngx_rtmp_restream_source_t *ngx_rtmp_restream_source_find(
    ngx_rtmp_restream_stream_key_t *key);
static ngx_rtmp_restream_source_t *ngx_rtmp_restream_source_create(
    ngx_rtmp_restream_app_conf_t *conf, ngx_rtmp_restream_stream_key_t *key,
    ngx_rtmp_restream_zone_t *zone);
static void ngx_rtmp_restream_source_destroy(ngx_rtmp_restream_source_t *src);
static void ngx_rtmp_restream_source_return(ngx_rtmp_restream_source_t *src);
static void ngx_rtmp_restream_source_tick(ngx_event_t *ev);
static ngx_int_t ngx_rtmp_restream_source_claim(
    ngx_rtmp_restream_source_t *src);
static void ngx_rtmp_restream_source_let_go(ngx_rtmp_restream_source_t *src);
static void ngx_rtmp_restream_source_apply(ngx_rtmp_restream_source_t *src);
static void ngx_rtmp_restream_source_plan(ngx_rtmp_restream_source_t *src,
    ngx_pool_t *pool, ngx_rtmp_restream_record_t *records, ngx_uint_t n);
static void ngx_rtmp_restream_source_report(ngx_rtmp_restream_source_t *src,
    ngx_uint_t all);
static void ngx_rtmp_restream_source_grace_handler(ngx_event_t *ev);
static void ngx_rtmp_restream_source_end(ngx_rtmp_restream_source_t *src);
static void ngx_rtmp_restream_source_publisher(ngx_rtmp_restream_source_t *src,
    ngx_uint_t there);
static ngx_int_t ngx_rtmp_restream_source_header(
    ngx_rtmp_restream_source_t *src, restream_frame_t *frm);
static ngx_uint_t ngx_rtmp_restream_source_wanted(
    ngx_rtmp_restream_source_t *src, restream_frame_t *frm);
static ngx_uint_t ngx_rtmp_restream_source_audio_only(
    ngx_rtmp_restream_source_t *src);
static size_t ngx_rtmp_restream_source_copy(ngx_chain_t *in, u_char *p,
    size_t size);


/* of this worker */

static ngx_queue_t  ngx_rtmp_restream_source_list;


ngx_queue_t *
ngx_rtmp_restream_sources(void)
{
    if (ngx_rtmp_restream_source_list.next == NULL) {
        ngx_queue_init(&ngx_rtmp_restream_source_list);
    }

    return &ngx_rtmp_restream_source_list;
}


ngx_int_t
ngx_rtmp_restream_source_attach(ngx_rtmp_restream_app_conf_t *conf,
    ngx_rtmp_restream_stream_key_t *key, ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_source_t **holder)
{
    ngx_int_t                    rc;
    ngx_rtmp_restream_source_t  *src;

    src = ngx_rtmp_restream_source_find(key);

    if (src && src->publishing) {
        return NGX_BUSY;
    }

    if (src) {
        ngx_rtmp_restream_source_return(src);
        goto attached;
    }

    src = ngx_rtmp_restream_source_create(conf, key, zone);
    if (src == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_rtmp_restream_source_claim(src);

    if (rc == NGX_BUSY) {
        ngx_rtmp_restream_source_destroy(src);
        return NGX_BUSY;
    }

    ngx_add_timer(&src->tick, NGX_RTMP_RESTREAM_TICK);

attached:

    src->holder = holder;
    src->started = ngx_current_msec;
    *holder = src;

    return NGX_OK;
}


void
ngx_rtmp_restream_source_detach(ngx_rtmp_restream_source_t **holder)
{
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

    ngx_log_error(NGX_LOG_NOTICE, src->log, 0,
                  "publisher of stream \"%V/%V\" has gone, its destinations "
                  "are held for %M ms",
                  &src->key.app, &src->key.name, src->conf->publisher_grace);

    if (src->zs) {
        ngx_rtmp_restream_zone_set_live(src->zone, src->zs, 0);
    }

    ngx_rtmp_restream_source_publisher(src, 0);

    ngx_add_timer(&src->grace, src->conf->publisher_grace);
}


void
ngx_rtmp_restream_source_shutdown(ngx_rtmp_restream_source_t *src)
{
    if (src->grace.timer_set) {
        ngx_del_timer(&src->grace);
    }

    ngx_rtmp_restream_source_end(src);
}


void
ngx_rtmp_restream_source_push(ngx_rtmp_restream_source_t *src,
    restream_frame_t *frm, uint32_t timestamp)
{
    unsigned  track;

    if (!ngx_rtmp_restream_source_wanted(src, frm)) {
        restream_frame_unref(&frm);
        return;
    }

    /* encoders stamp headers with 0, whenever they send them */

    track = (frm->flags & RESTREAM_FLV_HEADER) ? RESTREAM_TIMELINE_DATA
            : frm->type == RESTREAM_MSG_AUDIO ? RESTREAM_TIMELINE_AUDIO
            : frm->type == RESTREAM_MSG_VIDEO ? RESTREAM_TIMELINE_VIDEO
            : RESTREAM_TIMELINE_DATA;

    frm->dts = restream_timeline_next(&src->timeline, track, timestamp,
                                      ngx_current_msec);

    if ((frm->flags & (RESTREAM_FLV_HEADER|RESTREAM_FLV_END))
        && ngx_rtmp_restream_source_header(src, frm) != NGX_OK)
    {
        restream_frame_unref(&frm);
        return;
    }

    /* where there is no video, every audio frame is a place to start */

    if (track == RESTREAM_TIMELINE_AUDIO
        && ngx_rtmp_restream_source_audio_only(src)
        && !(frm->flags & RESTREAM_FLV_EMPTY))
    {
        frm->flags |= RESTREAM_FLV_KEY;
    }

    if ((frm->flags & (RESTREAM_FLV_KEY|RESTREAM_FLV_HEADER)) && src->headers)
    {
        frm->headers = restream_headers_ref(src->headers);
    }

    ngx_rtmp_restream_rendition_push(src->rendition, frm);
}


restream_frame_t *
ngx_rtmp_restream_source_frame(ngx_uint_t type, ngx_chain_t *in)
{
    size_t                size, skip;
    u_char                head[NGX_RTMP_RESTREAM_DATA_PEEK];
    ngx_chain_t          *cl;
    restream_str_t        prefix;
    restream_frame_t     *frm;
    restream_flv_info_t   info;

    size = 0;
    skip = 0;
    prefix.len = 0;

    for (cl = in; cl; cl = cl->next) {
        size += cl->buf->last - cl->buf->pos;
    }

    ngx_memzero(&info, sizeof(restream_flv_info_t));
    info.track = RESTREAM_FLV_NO_TRACK;

    if (type == RESTREAM_MSG_AMF3_DATA || type == RESTREAM_MSG_AMF0_DATA) {

        (void) ngx_rtmp_restream_source_copy(in, head, sizeof(head));

        /* AMF3 data is AMF0 behind a format byte */

        if (type == RESTREAM_MSG_AMF3_DATA && size && head[0] == 0) {
            skip = 1;
            size--;
        }

        type = RESTREAM_MSG_AMF0_DATA;

        if (restream_flv_metadata(head + skip,
                                  ngx_min(size, sizeof(head) - skip), &prefix)
            == RESTREAM_OK)
        {
            info.flags = RESTREAM_FLV_HEADER;
            info.header = RESTREAM_FLV_HEADER_METADATA;

        } else {
            prefix.len = 0;
        }
    }

    if (size + prefix.len > UINT32_MAX / 2) {
        return NULL;
    }

    frm = restream_frame_create((uint8_t) type, 0, &info,
                                (uint32_t) (size + prefix.len));
    if (frm == NULL) {
        return NULL;
    }

    if (prefix.len) {
        ngx_memcpy(frm->data, prefix.data, prefix.len);
    }

    if (skip) {
        in->buf->pos += skip;
    }

    (void) ngx_rtmp_restream_source_copy(in, frm->data + prefix.len, size);

    if (skip) {
        in->buf->pos -= skip;
    }

    if (type != RESTREAM_MSG_AMF0_DATA) {
        restream_flv_classify((uint8_t) type, frm->data, size, &info);

        frm->flags = info.flags;
        frm->track = info.track;
        frm->header = (uint8_t) info.header;
    }

    return frm;
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


static ngx_rtmp_restream_source_t *
ngx_rtmp_restream_source_find(ngx_rtmp_restream_stream_key_t *key)
{
    ngx_queue_t                 *q, *list;
    ngx_rtmp_restream_source_t  *src;

    list = ngx_rtmp_restream_sources();

    for (q = ngx_queue_head(list);
         q != ngx_queue_sentinel(list);
         q = ngx_queue_next(q))
    {
        src = ngx_queue_data(q, ngx_rtmp_restream_source_t, queue);

        if (!src->ending
            && src->key.app.len == key->app.len
            && src->key.name.len == key->name.len
            && ngx_memcmp(src->key.app.data, key->app.data, key->app.len) == 0
            && ngx_memcmp(src->key.name.data, key->name.data, key->name.len)
               == 0)
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
    src->waiting_key = 1;

    src->key = *key;
    src->key.app.data = ngx_pstrdup(pool, &key->app);
    src->key.name.data = ngx_pstrdup(pool, &key->name);
    src->key.args.data = ngx_pstrdup(pool, &key->args);

    if (src->key.app.data == NULL || src->key.name.data == NULL
        || (src->key.args.data == NULL && key->args.len))
    {
        goto failed;
    }

    ngx_queue_init(&src->outputs);
    restream_timeline_init(&src->timeline);

    src->tick.handler = ngx_rtmp_restream_source_tick;
    src->tick.data = src;
    src->tick.log = src->log;

    src->grace.handler = ngx_rtmp_restream_source_grace_handler;
    src->grace.data = src;
    src->grace.log = src->log;

    src->rendition = ngx_rtmp_restream_rendition_create(src);
    if (src->rendition == NULL) {
        goto failed;
    }

    ngx_queue_insert_tail(ngx_rtmp_restream_sources(), &src->queue);

    ngx_log_error(NGX_LOG_NOTICE, src->log, 0, "relaying stream \"%V/%V\"",
                  &src->key.app, &src->key.name);

    return src;

failed:

    ngx_destroy_pool(pool);

    return NULL;
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

    if (src->holder) {
        *src->holder = NULL;
    }

    ngx_rtmp_restream_zone_release(src->zone, &src->zs);
    ngx_rtmp_restream_rendition_destroy(&src->rendition);
    restream_headers_unref(&src->headers);

    ngx_queue_remove(&src->queue);
    ngx_destroy_pool(src->pool);
}


/* the encoder is back within the grace */

static void
ngx_rtmp_restream_source_return(ngx_rtmp_restream_source_t *src)
{
    ngx_log_error(NGX_LOG_NOTICE, src->log, 0,
                  "publisher of stream \"%V/%V\" is back",
                  &src->key.app, &src->key.name);

    ngx_del_timer(&src->grace);

    src->publishing = 1;
    src->returned = 1;
    src->waiting_key = 1;
    src->video = 0;
    src->no_video = 0;

    restream_timeline_resync(&src->timeline);

    if (src->zs) {
        ngx_rtmp_restream_zone_set_live(src->zone, src->zs, 1);
    }

    ngx_rtmp_restream_source_publisher(src, 1);
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

    ngx_add_timer(&src->tick, NGX_RTMP_RESTREAM_TICK);

    if (src->zs == NULL) {
        if (!src->ending) {
            (void) ngx_rtmp_restream_source_claim(src);
        }

    } else if (!src->publishing && ngx_rtmp_restream_zone_asked(src->zs)) {
        ngx_rtmp_restream_source_let_go(src);
        return;

    } else if (!src->ending
               && src->generation
                  != ngx_rtmp_restream_zone_generation(src->zone))
    {
        ngx_rtmp_restream_source_apply(src);
    }

    for (q = ngx_queue_head(&src->outputs);
         q != ngx_queue_sentinel(&src->outputs);
         q = ngx_queue_next(q))
    {
        out = ngx_queue_data(q, ngx_rtmp_restream_output_t, queue);

        ngx_rtmp_restream_feed_tick(out);
    }

    ngx_rtmp_restream_source_report(src, 0);
}


/*
 * NGX_OK, NGX_AGAIN another worker lets go first, NGX_BUSY it does not,
 * NGX_ERROR the zone is full: what fits is relayed all the same.
 */

static ngx_int_t
ngx_rtmp_restream_source_claim(ngx_rtmp_restream_source_t *src)
{
    ngx_int_t  rc;

    rc = ngx_rtmp_restream_zone_claim(src->zone, &src->key, &src->zs);

    if (rc == NGX_OK) {

        if (!src->publishing) {
            ngx_rtmp_restream_zone_set_live(src->zone, src->zs, 0);
        }

        rc = ngx_rtmp_restream_control_publish(src->zone, src->conf,
                                               &src->key);

        ngx_rtmp_restream_source_apply(src);
    }

    if (rc == NGX_ERROR && !src->full) {
        src->full = 1;

        ngx_log_error(NGX_LOG_CRIT, src->log, 0,
                      "no room in \"restream_zone\" for all of stream "
                      "\"%V/%V\", increase its size",
                      &src->key.app, &src->key.name);
    }

    return rc;
}


/* another worker has the encoder: connections end, the broadcasts do not */

static void
ngx_rtmp_restream_source_let_go(ngx_rtmp_restream_source_t *src)
{
    ngx_log_error(NGX_LOG_NOTICE, src->log, 0,
                  "publisher of stream \"%V/%V\" is back on another worker",
                  &src->key.app, &src->key.name);

    ngx_rtmp_restream_source_destroy(src);
}


/* what is wanted, out of the zone */

static void
ngx_rtmp_restream_source_apply(ngx_rtmp_restream_source_t *src)
{
    ngx_uint_t                   n, generation;
    ngx_pool_t                  *pool;
    ngx_rtmp_restream_record_t  *records;

    pool = ngx_create_pool(4096, src->log);
    if (pool == NULL) {
        return;
    }

    /* read before the records: a change in between is applied next time */

    generation = ngx_rtmp_restream_zone_generation(src->zone);

    if (ngx_rtmp_restream_zone_get(src->zone, src->zs, pool, &records, &n)
        == NGX_OK)
    {
        ngx_rtmp_restream_source_plan(src, pool, records, n);
        src->generation = generation;
    }

    ngx_destroy_pool(pool);
}


static void
ngx_rtmp_restream_source_plan(ngx_rtmp_restream_source_t *src,
    ngx_pool_t *pool, ngx_rtmp_restream_record_t *records, ngx_uint_t n)
{
    uint32_t                      i, nhave, nsteps;
    ngx_queue_t                  *q;
    restream_plan_item_t         *wanted, *have;
    restream_plan_step_t         *steps, *st;
    ngx_rtmp_restream_output_t  **outs, *out;

    nhave = 0;

    for (q = ngx_queue_head(&src->outputs);
         q != ngx_queue_sentinel(&src->outputs);
         q = ngx_queue_next(q))
    {
        nhave++;
    }

    wanted = ngx_palloc(pool, n * sizeof(restream_plan_item_t) + 1);
    have = ngx_palloc(pool, nhave * sizeof(restream_plan_item_t) + 1);
    outs = ngx_palloc(pool, nhave * sizeof(void *) + 1);
    steps = ngx_palloc(pool, (n + nhave) * sizeof(restream_plan_step_t) + 1);

    if (wanted == NULL || have == NULL || outs == NULL || steps == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        wanted[i].id = records[i].id;
        wanted[i].revision = records[i].revision;
        wanted[i].target = records[i].dial;
    }

    nhave = 0;

    for (q = ngx_queue_head(&src->outputs);
         q != ngx_queue_sentinel(&src->outputs);
         q = ngx_queue_next(q))
    {
        out = ngx_queue_data(q, ngx_rtmp_restream_output_t, queue);

        if (out->removed) {
            continue;
        }

        have[nhave].id = out->record.id;
        have[nhave].revision = out->record.revision;
        have[nhave].target = out->record.dial;
        outs[nhave++] = out;
    }

    nsteps = restream_plan(wanted, (uint32_t) n, have, nhave, steps);

    for (i = 0; i < nsteps; i++) {
        st = &steps[i];

        switch (st->step) {

        case RESTREAM_PLAN_REMOVE:
            ngx_rtmp_restream_output_stop(outs[st->have],
                                          RESTREAM_REASON_DISABLED, 1);
            break;

        case RESTREAM_PLAN_ADD:
            out = ngx_rtmp_restream_output_create(src, &records[st->wanted]);

            if (out) {
                ngx_rtmp_restream_output_start(out);
            }

            break;

        default:
            ngx_rtmp_restream_output_update(outs[st->have],
                                            &records[st->wanted],
                                            st->step == RESTREAM_PLAN_RESTART);
            break;
        }
    }

    ngx_rtmp_restream_source_report(src, 1);
}


static void
ngx_rtmp_restream_source_report(ngx_rtmp_restream_source_t *src,
    ngx_uint_t all)
{
    ngx_uint_t                        n;
    ngx_queue_t                      *q;
    ngx_rtmp_restream_output_t       *out;
    ngx_rtmp_restream_zone_report_t   reports[64];

    if (src->zs == NULL) {
        return;
    }

    n = 0;

    for (q = ngx_queue_head(&src->outputs);
         q != ngx_queue_sentinel(&src->outputs);
         q = ngx_queue_next(q))
    {
        out = ngx_queue_data(q, ngx_rtmp_restream_output_t, queue);

        if (out->removed || !(out->changed || all)) {
            continue;
        }

        out->changed = 0;

        reports[n].id = out->record.id;
        reports[n].report = &out->report;

        if (++n == 64) {
            ngx_rtmp_restream_zone_report(src->zone, src->zs, reports, n);
            n = 0;
        }
    }

    if (n) {
        ngx_rtmp_restream_zone_report(src->zone, src->zs, reports, n);
    }
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
                  "stream \"%V/%V\" has ended", &src->key.app, &src->key.name);

    src->ending = 1;
    ngx_rtmp_restream_zone_release(src->zone, &src->zs);

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

        ngx_rtmp_restream_output_publisher(out, there);
    }

    ngx_rtmp_restream_source_report(src, 0);
}


/*
 * Keeps a header for those who join later.  NGX_DECLINED: a returning
 * publisher repeats what everybody has.
 */

static ngx_int_t
ngx_rtmp_restream_source_header(ngx_rtmp_restream_source_t *src,
    restream_frame_t *frm)
{
    restream_frame_t    *old;
    restream_headers_t  *headers;

    old = restream_headers_find(src->headers, frm);

    if (old && old->size == frm->size
        && ngx_memcmp(old->data, frm->data, frm->size) == 0)
    {
        return src->returned ? NGX_DECLINED : NGX_OK;
    }

    if (frm->header == RESTREAM_FLV_HEADER_METADATA) {
        src->no_video = memmem(frm->data, frm->size, "videocodecid", 12)
                        == NULL;
    }

    headers = restream_headers_with(src->headers, frm, src->epoch + 1);

    if (headers == NULL) {

        /* passed on, not kept */

        return NGX_OK;
    }

    src->epoch++;

    restream_headers_unref(&src->headers);
    src->headers = headers;

    return NGX_OK;
}


/* after a return, nothing that refers to frames before it */

static ngx_uint_t
ngx_rtmp_restream_source_wanted(ngx_rtmp_restream_source_t *src,
    restream_frame_t *frm)
{
    if (frm->type != RESTREAM_MSG_VIDEO) {
        return 1;
    }

    src->video = 1;

    if (frm->flags & (RESTREAM_FLV_HEADER|RESTREAM_FLV_EMPTY|RESTREAM_FLV_END))
    {
        return 1;
    }

    if (frm->flags & RESTREAM_FLV_KEY) {
        src->waiting_key = 0;
    }

    return !src->waiting_key;
}


/* until video has been seen: as metadata says, else by waiting for it */

static ngx_uint_t
ngx_rtmp_restream_source_audio_only(ngx_rtmp_restream_source_t *src)
{
    return !src->video
           && (src->no_video
               || ngx_current_msec - src->started
                  >= NGX_RTMP_RESTREAM_VIDEO_WAIT);
}


static size_t
ngx_rtmp_restream_source_copy(ngx_chain_t *in, u_char *p, size_t size)
{
    size_t  n, len;

    n = 0;

    for ( /* void */ ; in && n < size; in = in->next) {
        len = ngx_min((size_t) (in->buf->last - in->buf->pos), size - n);

        ngx_memcpy(p + n, in->buf->pos, len);
        n += len;
    }

    return n;
}
