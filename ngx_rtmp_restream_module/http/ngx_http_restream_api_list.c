/*
 * GET /streams: a page of what is stored and of what is live, one list in the
 * order of application and name.
 *
 * The store gives pages of its own; what a grant does not see and what the
 * filters leave out is dropped here, so that an answer may take several of
 * them.  It ends with what it has after a number of pages: the cursor goes on.
 *
 * A cursor names a stream.  A limited grant is not told of one that it does not
 * see, nor that there is one: its answer ends with what it sees, however many
 * pages that takes, and the cursor names the last one that it was shown.
 */

#include "ngx_http_restream_api.h"
#include "ngx_http_restream_render.h"
#include "ngx_http_restream_reply.h"
#include "../rtmp/ngx_rtmp_restream_core.h"


#define NGX_HTTP_RESTREAM_LIST_PAGES  50    /* of the store, an answer */
#define NGX_HTTP_RESTREAM_LIST_PAGE   200   /* of it, for a limited grant */


struct ngx_http_restream_list_s {
    json_t                           *items;
    ngx_rtmp_restream_view_t         *view;
    ngx_rtmp_restream_view_stream_t **live;     /* sorted; nlive of them */
    ngx_uint_t                        nlive;
    ngx_uint_t                        next;     /* of live */
    ngx_uint_t                        pages;
    char                              after_app[RESTREAM_APP_MAX + 1];
    char                              after_name[RESTREAM_STREAM_NAME_MAX + 1];
                                                /* the last one looked at */
    char                              shown_app[RESTREAM_APP_MAX + 1];
    char                              shown_name[RESTREAM_STREAM_NAME_MAX + 1];
                                                /* the last one shown */
};


static ngx_int_t ngx_http_restream_list_live(ngx_http_restream_call_t *call);
static int ngx_libc_cdecl ngx_http_restream_list_cmp(const void *one,
    const void *two);
static ngx_int_t ngx_http_restream_list_page(ngx_http_restream_call_t *call);
static void ngx_http_restream_list_done(void *owner,
    ngx_rtmp_restream_control_t *control);
static ngx_int_t ngx_http_restream_list_merge(ngx_http_restream_call_t *call,
    ngx_rtmp_restream_store_call_t *page, ngx_uint_t *full);
static ngx_int_t ngx_http_restream_list_take(ngx_http_restream_call_t *call,
    ngx_rtmp_restream_view_stream_t *vs, restream_stream_t *st);
static ngx_uint_t ngx_http_restream_list_wanted(
    ngx_http_restream_call_t *call, ngx_str_t *app, ngx_str_t *name,
    ngx_rtmp_restream_view_stream_t *vs, restream_stream_t *st);
static ngx_int_t ngx_http_restream_list_reply(ngx_http_restream_call_t *call,
    const char *app, const char *name);
static void ngx_http_restream_list_cleanup(void *data);


ngx_int_t
ngx_http_restream_api_list(ngx_http_restream_call_t *call)
{
    ngx_int_t                  rc;
    ngx_pool_cleanup_t        *cln;
    ngx_http_restream_list_t  *list;

    cln = ngx_pool_cleanup_add(call->request->pool,
                               sizeof(ngx_http_restream_list_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    list = cln->data;
    ngx_memzero(list, sizeof(ngx_http_restream_list_t));
    cln->handler = ngx_http_restream_list_cleanup;

    call->list = list;
    list->items = json_array();

    ngx_memcpy(list->after_app, call->query.after_app,
               sizeof(list->after_app));
    ngx_memcpy(list->after_name, call->query.after_name,
               sizeof(list->after_name));

    if (list->items == NULL || ngx_http_restream_list_live(call) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_restream_list_page(call);

    if (rc == NGX_DONE) {
        call->request->main->count++;
    }

    return rc;
}


/* those that are live, behind the cursor, in order */

static ngx_int_t
ngx_http_restream_list_live(ngx_http_restream_call_t *call)
{
    ngx_uint_t                        i;
    ngx_http_restream_list_t         *list;
    ngx_rtmp_restream_zone_t         *zone;
    ngx_rtmp_restream_view_stream_t   after, *last;

    list = call->list;
    zone = ngx_rtmp_restream_core_zone();

    if (zone == NULL) {
        return NGX_OK;
    }

    list->view = ngx_rtmp_restream_zone_view(zone, call->request->pool);
    if (list->view == NULL) {
        return NGX_ERROR;
    }

    list->live = ngx_palloc(call->request->pool,
                            list->view->nstreams * sizeof(void *) + 1);
    if (list->live == NULL) {
        return NGX_ERROR;
    }

    ngx_http_restream_api_str(&after.app, list->after_app);
    ngx_http_restream_api_str(&after.name, list->after_name);
    last = &after;

    for (i = 0; i < list->view->nstreams; i++) {
        list->live[list->nlive] = &list->view->streams[i];

        if (after.app.len == 0
            || ngx_http_restream_list_cmp(&list->live[list->nlive], &last) > 0)
        {
            list->nlive++;
        }
    }

    ngx_qsort(list->live, list->nlive, sizeof(void *),
              ngx_http_restream_list_cmp);

    return NGX_OK;
}


/* by application, then name, bytewise: as the store has them */

static int ngx_libc_cdecl
ngx_http_restream_list_cmp(const void *one, const void *two)
{
    ngx_int_t                         rc;
    ngx_rtmp_restream_view_stream_t  *a, *b;

    a = *(ngx_rtmp_restream_view_stream_t **) one;
    b = *(ngx_rtmp_restream_view_stream_t **) two;

    rc = ngx_memn2cmp(a->app.data, b->app.data, a->app.len, b->app.len);

    return (int) (rc ? rc : ngx_memn2cmp(a->name.data, b->name.data,
                                         a->name.len, b->name.len));
}


static ngx_int_t
ngx_http_restream_list_page(ngx_http_restream_call_t *call)
{
    restream_store_filter_t  filter;

    ngx_memzero(&filter, sizeof(restream_store_filter_t));

    filter.limit = call->query.limit;

    if (call->grant.access->limited) {
        filter.limit = ngx_max(filter.limit, NGX_HTTP_RESTREAM_LIST_PAGE);
    }

    if (call->query.app[0]) {
        filter.app = call->query.app;
    }

    if (call->query.q[0]) {
        filter.q = call->query.q;
    }

    if (call->list->after_app[0]) {
        filter.after_app = call->list->after_app;
        filter.after_name = call->list->after_name;
    }

    call->control = ngx_rtmp_restream_control_list(&filter,
                                                   ngx_http_restream_list_done,
                                                   call);

    return call->control ? NGX_DONE : ngx_http_restream_api_busy(call);
}


static void
ngx_http_restream_list_done(void *owner, ngx_rtmp_restream_control_t *control)
{
    ngx_int_t                  rc;
    ngx_uint_t                 full;
    ngx_http_restream_call_t  *call = owner;

    call->control = NULL;

    if (control->store->rc == RESTREAM_ERROR) {
        rc = ngx_http_restream_api_store_problem(call, control);

    } else if (ngx_http_restream_list_merge(call, control->store, &full)
               != NGX_OK)
    {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else if (full) {
        rc = ngx_http_restream_list_reply(call, call->list->shown_app,
                                          call->list->shown_name);

    } else if (control->store->n < control->store->limit) {
        rc = ngx_http_restream_list_reply(call, NULL, NULL);

    } else if (++call->list->pages >= NGX_HTTP_RESTREAM_LIST_PAGES
               && !call->grant.access->limited)
    {
        rc = ngx_http_restream_list_reply(call, call->list->after_app,
                                          call->list->after_name);

    } else {
        rc = ngx_http_restream_list_page(call);

        if (rc == NGX_DONE) {
            return;
        }
    }

    ngx_http_restream_api_answer(call, rc);
}


/*
 * out   *full     1: the answer is, and there is more to look at
 */

static ngx_int_t
ngx_http_restream_list_merge(ngx_http_restream_call_t *call,
    ngx_rtmp_restream_store_call_t *page, ngx_uint_t *full)
{
    int                               cmp;
    uint32_t                          i;
    ngx_int_t                         rc;
    ngx_uint_t                        more;
    restream_stream_t                *st;
    ngx_http_restream_list_t         *list;
    ngx_rtmp_restream_view_stream_t  *vs, stored, *p;

    i = 0;
    p = &stored;
    list = call->list;
    more = (page->n == page->limit);

    *full = 0;

    for ( ;; ) {

        vs = list->next < list->nlive ? list->live[list->next] : NULL;
        st = i < page->n ? page->list[i] : NULL;

        /* what is live may stand behind stored ones of the next page */

        if (st == NULL && (more || vs == NULL)) {
            return NGX_OK;
        }

        cmp = 0;

        if (st) {
            ngx_http_restream_api_str(&stored.app, st->app);
            ngx_http_restream_api_str(&stored.name, st->name);

            cmp = vs ? ngx_http_restream_list_cmp(&vs, &p) : 1;

        } else {
            cmp = -1;
        }

        list->next += (cmp <= 0);
        i += (cmp >= 0);

        rc = ngx_http_restream_list_take(call, cmp <= 0 ? vs : NULL,
                                         cmp >= 0 ? st : NULL);

        if (rc == NGX_DONE) {
            *full = 1;
            return NGX_OK;
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }
}


/*
 * Adds a stream, if it is wanted; the cursor is behind it in any case, but for
 * NGX_DONE: it is wanted, and the answer has no room for it.
 */

static ngx_int_t
ngx_http_restream_list_take(ngx_http_restream_call_t *call,
    ngx_rtmp_restream_view_stream_t *vs, restream_stream_t *st)
{
    ngx_str_t                     app, name;
    ngx_uint_t                    wanted;
    ngx_http_restream_list_t     *list;
    ngx_rtmp_restream_picture_t  *pic;

    list = call->list;

    if (st) {
        ngx_http_restream_api_str(&app, st->app);
        ngx_http_restream_api_str(&name, st->name);

    } else {
        app = vs->app;
        name = vs->name;
    }

    wanted = ngx_http_restream_list_wanted(call, &app, &name, vs, st);

    if (wanted && json_array_size(list->items) == call->query.limit) {
        return NGX_DONE;
    }

    /* an encoder may have a longer name than the API takes: it is shown, but
     * a page does not end with it */

    if (app.len < sizeof(list->after_app)
        && name.len < sizeof(list->after_name))
    {
        ngx_cpystrn((u_char *) list->after_app, app.data, app.len + 1);
        ngx_cpystrn((u_char *) list->after_name, name.data, name.len + 1);
    }

    if (!wanted) {
        return NGX_OK;
    }

    ngx_memcpy(list->shown_app, list->after_app, sizeof(list->shown_app));
    ngx_memcpy(list->shown_name, list->after_name, sizeof(list->shown_name));

    pic = ngx_rtmp_restream_picture(call->request->pool, vs, &app, &name, st);
    if (pic == NULL) {
        return NGX_ERROR;
    }

    if (json_array_append_new(list->items,
                              ngx_http_restream_render_stream(pic,
                                                    call->query.reveal_key))
        == -1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_restream_list_wanted(ngx_http_restream_call_t *call, ngx_str_t *app,
    ngx_str_t *name, ngx_rtmp_restream_view_stream_t *vs,
    restream_stream_t *st)
{
    size_t             len;
    ngx_uint_t         live;
    restream_str_t     a, n;
    restream_query_t  *query;

    query = &call->query;
    live = vs && vs->live;

    if ((query->live == RESTREAM_QUERY_LIVE && !live)
        || (query->live == RESTREAM_QUERY_NOT_LIVE && live))
    {
        return 0;
    }

    len = ngx_strlen(query->app);

    if (len && (app->len != len || ngx_memcmp(app->data, query->app, len))) {
        return 0;
    }

    /* the store has looked for q in what it has */

    if (st == NULL && query->q[0]
        && ngx_strlcasestrn(name->data, name->data + name->len,
                            (u_char *) query->q, ngx_strlen(query->q) - 1)
           == NULL)
    {
        return 0;
    }

    a.len = app->len;
    a.data = app->data;
    n.len = name->len;
    n.data = name->data;

    return restream_access_sees(call->grant.access, a, n);
}


/* the next page is behind that stream; NULL: there is none */

static ngx_int_t
ngx_http_restream_list_reply(ngx_http_restream_call_t *call, const char *app,
    const char *name)
{
    char                       cursor[RESTREAM_QUERY_CURSOR];
    json_t                    *json;
    ngx_http_restream_list_t  *list;

    list = call->list;

    if (app) {
        restream_query_cursor(app, name, cursor);
    }

    json = json_pack("{s:O, s:o}", "items", list->items,
                     "nextCursor", app ? json_string(cursor) : json_null());

    return ngx_http_restream_reply(call->request, NGX_HTTP_OK, json);
}


static void
ngx_http_restream_list_cleanup(void *data)
{
    ngx_http_restream_list_t  *list = data;

    json_decref(list->items);
}
