/*
 * Use cases that ask the store: see ngx_rtmp_restream_control.h.
 */

#include "ngx_rtmp_restream_control_store.h"
#include "ngx_rtmp_restream_core.h"


static ngx_rtmp_restream_control_t *ngx_rtmp_restream_control_create(
    ngx_rtmp_restream_store_op_e op, ngx_rtmp_restream_control_pt done,
    void *owner);
static void ngx_rtmp_restream_control_destroy(
    ngx_rtmp_restream_control_t *control);
static void ngx_rtmp_restream_control_handler(
    ngx_rtmp_restream_store_call_t *store);
static void ngx_rtmp_restream_control_late(
    ngx_rtmp_restream_store_call_t *store);


ngx_rtmp_restream_control_t *
ngx_rtmp_restream_control_get(const char *app, const char *name,
    ngx_rtmp_restream_control_pt done, void *owner)
{
    ngx_rtmp_restream_control_t  *control;

    control = ngx_rtmp_restream_control_create(NGX_RTMP_RESTREAM_STORE_GET,
                                               done, owner);
    if (control == NULL) {
        return NULL;
    }

    control->store->app = ngx_rtmp_restream_control_copy(app);
    control->store->name = ngx_rtmp_restream_control_copy(name);

    if (control->store->app == NULL || control->store->name == NULL) {
        ngx_rtmp_restream_control_destroy(control);
        return NULL;
    }

    ngx_rtmp_restream_store_post(control->store);

    return control;
}


ngx_rtmp_restream_control_t *
ngx_rtmp_restream_control_list(const restream_store_filter_t *filter,
    ngx_rtmp_restream_control_pt done, void *owner)
{
    ngx_rtmp_restream_control_t     *control;
    ngx_rtmp_restream_store_call_t  *store;

    control = ngx_rtmp_restream_control_create(NGX_RTMP_RESTREAM_STORE_LIST,
                                               done, owner);
    if (control == NULL) {
        return NULL;
    }

    store = control->store;

    store->app = ngx_rtmp_restream_control_copy(filter->app);
    store->q = ngx_rtmp_restream_control_copy(filter->q);
    store->after_app = ngx_rtmp_restream_control_copy(filter->after_app);
    store->after_name = ngx_rtmp_restream_control_copy(filter->after_name);
    store->limit = filter->limit;

    if ((filter->app && store->app == NULL)
        || (filter->q && store->q == NULL)
        || (filter->after_app && store->after_app == NULL)
        || (filter->after_name && store->after_name == NULL))
    {
        ngx_rtmp_restream_control_destroy(control);
        return NULL;
    }

    ngx_rtmp_restream_store_post(store);

    return control;
}


ngx_rtmp_restream_control_t *
ngx_rtmp_restream_control_change(restream_change_t **change,
    ngx_rtmp_restream_control_pt done, void *owner)
{
    ngx_rtmp_restream_control_t  *control;

    control = ngx_rtmp_restream_control_create(NGX_RTMP_RESTREAM_STORE_CHANGE,
                                               done, owner);
    if (control == NULL) {
        return NULL;
    }

    if (ngx_rtmp_restream_control_complete(*change) != NGX_OK) {
        ngx_rtmp_restream_control_destroy(control);
        return NULL;
    }

    control->store->change = *change;
    *change = NULL;

    /* nobody waits for an answer: it is made, however long that takes */

    if (owner == NULL) {
        control->store->late = NULL;
    }

    ngx_rtmp_restream_store_post(control->store);

    return control;
}


void
ngx_rtmp_restream_control_cancel(ngx_rtmp_restream_control_t **control)
{
    (*control)->done = NULL;
    *control = NULL;
}


static ngx_rtmp_restream_control_t *
ngx_rtmp_restream_control_create(ngx_rtmp_restream_store_op_e op,
    ngx_rtmp_restream_control_pt done, void *owner)
{
    ngx_rtmp_restream_control_t    *control;
    ngx_rtmp_restream_core_conf_t  *rccf;

    rccf = ngx_rtmp_restream_core_get_conf((ngx_cycle_t *) ngx_cycle);

    control = ngx_calloc(sizeof(ngx_rtmp_restream_control_t), ngx_cycle->log);
    if (control == NULL) {
        return NULL;
    }

    control->store = ngx_rtmp_restream_store_create_call(&rccf->main->store,
                                                         op);
    if (control->store == NULL) {
        ngx_free(control);
        return NULL;
    }

    control->done = done;
    control->owner = owner;
    control->zone = rccf->main->shm_zone->data;

    control->store->done = ngx_rtmp_restream_control_handler;
    control->store->late = ngx_rtmp_restream_control_late;
    control->store->data = control;

    return control;
}


static void
ngx_rtmp_restream_control_destroy(ngx_rtmp_restream_control_t *control)
{
    ngx_rtmp_restream_store_free(control->store);
    ngx_free(control);
}


char *
ngx_rtmp_restream_control_copy(const char *text)
{
    return text ? strdup(text) : NULL;
}


static void
ngx_rtmp_restream_control_handler(ngx_rtmp_restream_store_call_t *store)
{
    ngx_rtmp_restream_control_t  *control;

    control = store->data;

    if (store->op == NGX_RTMP_RESTREAM_STORE_CHANGE
        && store->rc == RESTREAM_OK)
    {
        ngx_rtmp_restream_control_changed(control);
    }

    if (control->done) {
        control->done(control->owner, control);
    }

    ngx_free(control);
}


/* whoever asked is told now; what is under way is seen to when it ends */

static void
ngx_rtmp_restream_control_late(ngx_rtmp_restream_store_call_t *store)
{
    ngx_rtmp_restream_control_t     *control;
    ngx_rtmp_restream_store_call_t   late;

    control = store->data;

    if (control->done == NULL) {
        return;
    }

    ngx_memzero(&late, sizeof(ngx_rtmp_restream_store_call_t));

    late.op = store->op;
    late.rc = RESTREAM_ERROR;
    ngx_rtmp_restream_store_error(&late.err,
                                  "the store does not answer, look at its "
                                  "disk; a change may still be made");

    control->store = &late;
    control->done(control->owner, control);

    control->store = store;
    control->done = NULL;
}
