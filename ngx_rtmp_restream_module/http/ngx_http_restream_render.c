/*
 * Streams and destinations as the API shows them: see
 * ngx_http_restream_render.h.
 */

#include "ngx_http_restream_render.h"
#include "ngx_http_restream_json.h"

#include "../model/restream_format.h"


static ngx_uint_t ngx_http_restream_render_broadcasting(
    ngx_rtmp_restream_picture_t *pic);
static json_t *ngx_http_restream_render_one(
    ngx_rtmp_restream_picture_destination_t *pd, ngx_uint_t reveal);
static json_t *ngx_http_restream_render_hint(restream_destination_t *dst);
static json_t *ngx_http_restream_render_key(restream_destination_t *dst);
static json_t *ngx_http_restream_render_text(const char *text);


json_t *
ngx_http_restream_render_stream(ngx_rtmp_restream_picture_t *pic,
    ngx_uint_t reveal)
{
    json_t             *ingest;
    ngx_uint_t          live;
    restream_stream_t  *st;

    st = pic->stored;
    live = pic->view && pic->view->live;
    ingest = pic->view ? ngx_http_restream_json_ingest(&pic->view->ingest)
                       : json_null();

    return json_pack("{s:o, s:o, s:b, s:b, s:o, s:o, s:b, s:I, s:o, s:o, s:I}",
                     "app", ngx_http_restream_json_string(pic->app.data,
                                                          pic->app.len),
                     "name", ngx_http_restream_json_string(pic->name.data,
                                                           pic->name.len),
                     "live", (int) live,
                     "broadcasting",
                     (int) ngx_http_restream_render_broadcasting(pic),
                     "ingest", ingest,
                     "destinations",
                     ngx_http_restream_render_destinations(pic, reveal),
                     "configured", st && st->configured,
                     "maximum", (json_int_t) pic->maximum,
                     "createdAt",
                     ngx_http_restream_json_time(st ? st->created_at : 0),
                     "updatedAt",
                     ngx_http_restream_json_time(st ? st->updated_at : 0),
                     "version", (json_int_t) (st ? st->version : 0));
}


json_t *
ngx_http_restream_render_destinations(ngx_rtmp_restream_picture_t *pic,
    ngx_uint_t reveal)
{
    json_t      *list;
    ngx_uint_t   i;

    list = json_array();

    for (i = 0; list && i < pic->ndestinations; i++) {
        if (json_array_append_new(list,
                ngx_http_restream_render_one(&pic->destinations[i], reveal))
            == -1)
        {
            json_decref(list);
            list = NULL;
        }
    }

    return list;
}


json_t *
ngx_http_restream_render_destination(ngx_rtmp_restream_picture_t *pic,
    uint64_t id, ngx_str_t *name, ngx_uint_t reveal, ngx_uint_t *found,
    uint64_t *version)
{
    ngx_str_t                                *s;
    ngx_uint_t                                i;
    ngx_rtmp_restream_picture_destination_t  *pd;

    *found = 0;

    /* the last ones first: a name that nginx.conf has got later still means the
     * stored one */

    for (i = pic->ndestinations; i-- > 0; /* void */ ) {
        pd = &pic->destinations[i];
        s = &pd->view.record.name;

        if (id ? pd->view.record.id == id
               : (s->len == name->len
                  && ngx_memcmp(s->data, name->data, s->len) == 0))
        {
            *found = 1;
            *version = pd->stored ? pd->stored->version : 0;

            return ngx_http_restream_render_one(pd, reveal);
        }
    }

    return NULL;
}


/* 1: somebody out there receives it */

static ngx_uint_t
ngx_http_restream_render_broadcasting(ngx_rtmp_restream_picture_t *pic)
{
    ngx_uint_t  i;

    for (i = 0; i < pic->ndestinations; i++) {
        if (pic->destinations[i].view.report.state == NGX_RTMP_RESTREAM_LIVE) {
            return 1;
        }
    }

    return 0;
}


static json_t *
ngx_http_restream_render_one(ngx_rtmp_restream_picture_destination_t *pd,
    ngx_uint_t reveal)
{
    json_t                  *json, *more;
    restream_destination_t  *dst;

    dst = pd->stored;

    json = ngx_http_restream_json_destination(&pd->view);
    if (json == NULL) {
        return NULL;
    }

    more = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I}",
                     "keyHint", ngx_http_restream_render_hint(dst),
                     "title",
                     ngx_http_restream_render_text(dst ? dst->title : NULL),
                     "description",
                     ngx_http_restream_render_text(dst ? dst->description
                                                       : NULL),
                     "audio",
                     ngx_http_restream_render_text(dst ? dst->audio : NULL),
                     "createdAt",
                     ngx_http_restream_json_time(dst ? dst->created_at : 0),
                     "updatedAt",
                     ngx_http_restream_json_time(dst ? dst->updated_at : 0),
                     "version", (json_int_t) (dst ? dst->version : 0));

    if (more == NULL
        || json_object_update(json, more) == -1
        || (reveal
            && json_object_set_new(json, "key",
                                   ngx_http_restream_render_key(dst))
               == -1))
    {
        json_decref(json);
        json = NULL;
    }

    json_decref(more);

    return json;
}


static json_t *
ngx_http_restream_render_hint(restream_destination_t *dst)
{
    char  hint[RESTREAM_FORMAT_HINT];

    if (dst == NULL) {
        return json_null();
    }

    (void) restream_format_hint(restream_format_key(dst), hint);

    return json_string(hint);
}


static json_t *
ngx_http_restream_render_key(restream_destination_t *dst)
{
    restream_str_t  key;

    if (dst == NULL) {
        return json_null();
    }

    key = restream_format_key(dst);

    return ngx_http_restream_json_string(key.data, key.len);
}


static json_t *
ngx_http_restream_render_text(const char *text)
{
    return text ? json_string(text) : json_null();
}
