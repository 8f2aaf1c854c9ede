/*
 * Use cases that ask the store: see ngx_rtmp_restream_control.h.
 */

#include "ngx_rtmp_restream_control_store.h"
#include "ngx_rtmp_restream_core.h"
#include "ngx_rtmp_restream_record.h"
#include "ngx_rtmp_restream_target.h"


#define NGX_RTMP_RESTREAM_CONTROL_MEMBERS  128
#define NGX_RTMP_RESTREAM_CONTROL_STREAM                                      \
    (RESTREAM_APP_MAX + RESTREAM_STREAM_NAME_MAX + 1)


/* a stream that is being loaded, on a pool of its own */

typedef struct {
    ngx_pool_t                        *pool;
    ngx_rtmp_restream_zone_t          *zone;
    ngx_rtmp_restream_app_conf_t      *conf;
    ngx_rtmp_restream_stream_key_t     key;
} ngx_rtmp_restream_load_t;


static ngx_rtmp_restream_load_t *ngx_rtmp_restream_control_create_load(
    ngx_rtmp_restream_stream_key_t *key);
static void ngx_rtmp_restream_control_loaded(
    ngx_rtmp_restream_store_call_t *store);
static ngx_int_t ngx_rtmp_restream_control_install(
    ngx_rtmp_restream_zone_t *zone, ngx_rtmp_restream_stream_key_t *key,
    restream_stream_t *st, uint64_t revision);
static ngx_uint_t ngx_rtmp_restream_control_records(ngx_pool_t *pool,
    restream_stream_t *st, ngx_rtmp_restream_record_t *records);
static ngx_rtmp_restream_control_t *ngx_rtmp_restream_control_create(
    ngx_rtmp_restream_store_op_e op, ngx_rtmp_restream_control_pt done,
    void *owner);
static void ngx_rtmp_restream_control_destroy(
    ngx_rtmp_restream_control_t *control);
static char *ngx_rtmp_restream_control_copy(const char *text);
static ngx_int_t ngx_rtmp_restream_control_complete(
    restream_change_t *change);
static ngx_int_t ngx_rtmp_restream_control_config_names(
    restream_change_t *change, ngx_rtmp_restream_app_conf_t *conf);
static ngx_int_t ngx_rtmp_restream_control_config_id(
    restream_change_t *change, ngx_rtmp_restream_app_conf_t *conf,
    ngx_rtmp_restream_stream_key_t *key);
static void ngx_rtmp_restream_control_handler(
    ngx_rtmp_restream_store_call_t *store);
static void ngx_rtmp_restream_control_late(
    ngx_rtmp_restream_store_call_t *store);
static void ngx_rtmp_restream_control_changed(
    ngx_rtmp_restream_control_t *control);
static void ngx_rtmp_restream_control_log(restream_change_t *change,
    restream_change_outcome_t *outcome);
static void ngx_rtmp_restream_control_members(restream_change_t *change,
    u_char *out, size_t size);


/* of this worker: a store that fails is told once, and a zone that is full */

static ngx_uint_t  ngx_rtmp_restream_control_failing;
static ngx_uint_t  ngx_rtmp_restream_control_full;


ngx_int_t
ngx_rtmp_restream_control_load(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_app_conf_t *conf, ngx_rtmp_restream_stream_key_t *key)
{
    ngx_rtmp_restream_load_t        *load;
    ngx_rtmp_restream_store_call_t  *store;

    load = ngx_rtmp_restream_control_create_load(key);
    if (load == NULL) {
        return NGX_ERROR;
    }

    load->zone = zone;
    load->conf = conf;

    store = ngx_rtmp_restream_store_create_call(&conf->main->store,
                                                NGX_RTMP_RESTREAM_STORE_GET);
    if (store == NULL) {
        ngx_destroy_pool(load->pool);
        return NGX_ERROR;
    }

    store->app = ngx_rtmp_restream_control_copy((char *) load->key.app.data);
    store->name = ngx_rtmp_restream_control_copy((char *) load->key.name.data);
    store->done = ngx_rtmp_restream_control_loaded;
    store->data = load;

    if (store->app == NULL || store->name == NULL) {
        ngx_rtmp_restream_store_free(store);
        ngx_destroy_pool(load->pool);
        return NGX_ERROR;
    }

    ngx_rtmp_restream_store_post(store);

    return NGX_AGAIN;
}


/* a copy of the key, terminated */

static ngx_rtmp_restream_load_t *
ngx_rtmp_restream_control_create_load(ngx_rtmp_restream_stream_key_t *key)
{
    ngx_uint_t                 i;
    ngx_str_t                 *to[3], *from[3];
    ngx_pool_t                *pool;
    ngx_rtmp_restream_load_t  *load;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    load = ngx_pcalloc(pool, sizeof(ngx_rtmp_restream_load_t));
    if (load == NULL) {
        goto failed;
    }

    load->pool = pool;

    to[0] = &load->key.app;
    from[0] = &key->app;
    to[1] = &load->key.name;
    from[1] = &key->name;
    to[2] = &load->key.args;
    from[2] = &key->args;

    for (i = 0; i < 3; i++) {
        to[i]->len = from[i]->len;
        to[i]->data = ngx_pcalloc(pool, from[i]->len + 1);

        if (to[i]->data == NULL) {
            goto failed;
        }

        ngx_memcpy(to[i]->data, from[i]->data, from[i]->len);
    }

    return load;

failed:

    ngx_destroy_pool(pool);

    return NULL;
}


/* the source may be gone, or another worker's: the zone knows */

static void
ngx_rtmp_restream_control_loaded(ngx_rtmp_restream_store_call_t *store)
{
    ngx_int_t                  rc;
    ngx_rtmp_restream_load_t  *load;

    load = store->data;

    rc = NGX_OK;

    if (store->rc == RESTREAM_ERROR) {

        if (!ngx_rtmp_restream_control_failing) {
            ngx_rtmp_restream_control_failing = 1;

            ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                          "streams start without the destinations of the "
                          "store: %s", store->err.text);
        }

    } else {
        ngx_rtmp_restream_control_failing = 0;

        rc = ngx_rtmp_restream_control_install(load->zone, &load->key,
                                               store->stream,
                                               store->revision);
    }

    /* behind the switches, that none is dialled which is off */

    if (ngx_rtmp_restream_control_put(load->zone, &load->conf->destinations,
                                      &load->key)
        == NGX_ERROR)
    {
        rc = NGX_ERROR;
    }

    ngx_rtmp_restream_zone_loaded(load->zone, &load->key);

    if (rc == NGX_ERROR) {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                      "no room in \"restream_zone\" for all of a stream in "
                      "application \"%V\", increase its size",
                      &load->key.app);
    }

    ngx_explicit_memzero(load->key.args.data, load->key.args.len);
    ngx_destroy_pool(load->pool);
}


/* what the store has of a stream goes into the zone; st NULL: nothing */

static ngx_int_t
ngx_rtmp_restream_control_install(ngx_rtmp_restream_zone_t *zone,
    ngx_rtmp_restream_stream_key_t *key, restream_stream_t *st,
    uint64_t revision)
{
    ngx_int_t                    rc;
    ngx_uint_t                   i, n, ndestinations, nswitches;
    ngx_pool_t                  *pool;
    ngx_rtmp_restream_record_t  *records;
    ngx_rtmp_restream_switch_t  *switches;

    pool = ngx_create_pool(4096, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    ndestinations = st ? st->ndestinations : 0;
    nswitches = st ? st->nswitches : 0;

    records = ngx_pcalloc(pool, ndestinations
                                * sizeof(ngx_rtmp_restream_record_t) + 1);
    switches = ngx_pcalloc(pool, nswitches
                                 * sizeof(ngx_rtmp_restream_switch_t) + 1);

    if (records == NULL || switches == NULL) {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    n = st ? ngx_rtmp_restream_control_records(pool, st, records) : 0;

    for (i = 0; i < nswitches; i++) {
        switches[i].name.data = (u_char *) st->switches[i].name;
        switches[i].name.len = ngx_strlen(st->switches[i].name);
        switches[i].enabled = st->switches[i].enabled;
    }

    rc = ngx_rtmp_restream_zone_put_stored(zone, key, revision, records, n,
                                           switches, nswitches);

    for (i = 0; i < n; i++) {
        ngx_rtmp_restream_target_wipe(&records[i].target);
    }

    ngx_destroy_pool(pool);

    return rc;
}


static ngx_uint_t
ngx_rtmp_restream_control_records(ngx_pool_t *pool, restream_stream_t *st,
    ngx_rtmp_restream_record_t *records)
{
    ngx_uint_t  i, n;

    n = 0;

    for (i = 0; i < st->ndestinations; i++) {
        if (ngx_rtmp_restream_record_stored(pool, &records[n],
                                            &st->destinations[i])
            == NGX_OK)
        {
            n++;
        }
    }

    return n;
}


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


static char *
ngx_rtmp_restream_control_copy(const char *text)
{
    return text ? strdup(text) : NULL;
}


ngx_rtmp_restream_app_conf_t *
ngx_rtmp_restream_control_app(ngx_str_t *app)
{
    ngx_uint_t                      i;
    ngx_rtmp_restream_app_conf_t  **racf;
    ngx_rtmp_restream_core_conf_t  *rccf;

    rccf = ngx_rtmp_restream_core_get_conf((ngx_cycle_t *) ngx_cycle);
    racf = rccf->apps.elts;

    for (i = 0; i < rccf->apps.nelts; i++) {
        if (ngx_rtmp_restream_str_equal(&racf[i]->name, app)) {
            return racf[i];
        }
    }

    return NULL;
}


unsigned
ngx_rtmp_restream_control_schemes(void)
{
    ngx_rtmp_restream_core_conf_t  *rccf;

    rccf = ngx_rtmp_restream_core_get_conf((ngx_cycle_t *) ngx_cycle);

    return rccf->main->schemes;
}


/* what the configuration has to say to a change, and whether it is live */

static ngx_int_t
ngx_rtmp_restream_control_complete(restream_change_t *change)
{
    ngx_str_t                        app;
    ngx_rtmp_restream_app_conf_t    *conf;
    ngx_rtmp_restream_core_conf_t   *rccf;
    ngx_rtmp_restream_stream_key_t   key;

    rccf = ngx_rtmp_restream_core_get_conf((ngx_cycle_t *) ngx_cycle);

    app.data = (u_char *) change->app;
    app.len = ngx_strlen(change->app);

    ngx_memzero(&key, sizeof(ngx_rtmp_restream_stream_key_t));

    key.app = app;
    key.name.data = (u_char *) change->name;
    key.name.len = ngx_strlen(change->name);

    change->create_stream = ngx_rtmp_restream_zone_has(
                                rccf->main->shm_zone->data, &key);

    conf = ngx_rtmp_restream_control_app(&app);

    if (conf == NULL) {
        conf = rccf->main->defaults;
    }

    change->max_destinations = conf->max_destinations;
    change->need_live = !change->create_stream && !conf->offline_start;

    if (ngx_rtmp_restream_control_config_names(change, conf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_rtmp_restream_control_config_id(change, conf, &key);
}


static ngx_int_t
ngx_rtmp_restream_control_config_names(restream_change_t *change,
    ngx_rtmp_restream_app_conf_t *conf)
{
    ngx_uint_t                        i;
    ngx_rtmp_restream_destination_t  *dst;

    dst = conf->destinations.elts;

    change->config_names = calloc(conf->destinations.nelts + 1,
                                  sizeof(char *));
    if (change->config_names == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < conf->destinations.nelts; i++) {
        change->config_names[i] = strndup((char *) dst[i].name.data,
                                          dst[i].name.len);
        if (change->config_names[i] == NULL) {
            return NGX_ERROR;
        }

        change->nconfig_names++;
    }

    return NGX_OK;
}


/* the store knows those of nginx.conf by name alone */

static ngx_int_t
ngx_rtmp_restream_control_config_id(restream_change_t *change,
    ngx_rtmp_restream_app_conf_t *conf, ngx_rtmp_restream_stream_key_t *key)
{
    ngx_uint_t                        i;
    ngx_rtmp_restream_destination_t  *dst;

    dst = conf->destinations.elts;

    for (i = 0; change->id && i < conf->destinations.nelts; i++) {

        if (ngx_rtmp_restream_record_config_id(&dst[i].name, key)
            != change->id)
        {
            continue;
        }

        change->destination = ngx_rtmp_restream_control_copy(
                                                     change->config_names[i]);
        if (change->destination == NULL) {
            return NGX_ERROR;
        }

        change->id = 0;
    }

    return NGX_OK;
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


/*
 * It is on the disk: now those who relay it.  Also when all was so already: a
 * worker may have died between the two, and this is the client's second try.
 */

static void
ngx_rtmp_restream_control_changed(ngx_rtmp_restream_control_t *control)
{
    const char                      *app, *name;
    restream_change_t               *change;
    restream_change_outcome_t       *outcome;
    ngx_rtmp_restream_stream_key_t   key;

    change = control->store->change;
    outcome = &control->store->outcome;

    if (outcome->result == RESTREAM_CHANGED && outcome->changed) {
        ngx_rtmp_restream_control_log(change, outcome);

        app = change->app;
        name = change->name;

    } else if ((outcome->result == RESTREAM_CHANGED
                || outcome->result == RESTREAM_CHANGE_REPLAYED)
               && outcome->stream)
    {
        /* of a replay the name may be the one that was made up then */

        app = outcome->stream->app;
        name = outcome->stream->name;

    } else {
        return;
    }

    ngx_memzero(&key, sizeof(ngx_rtmp_restream_stream_key_t));

    key.app.data = (u_char *) app;
    key.app.len = ngx_strlen(app);
    key.name.data = (u_char *) name;
    key.name.len = ngx_strlen(name);

    if (ngx_rtmp_restream_control_install(control->zone, &key, outcome->stream,
                                          outcome->revision)
        != NGX_ERROR)
    {
        ngx_rtmp_restream_control_full = 0;
        return;
    }

    control->zone_full = 1;

    if (!ngx_rtmp_restream_control_full) {
        ngx_rtmp_restream_control_full = 1;

        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                      "no room in \"restream_zone\" for all that is stored of "
                      "a live stream, set it to %uzk or more",
                      ngx_rtmp_restream_control_zone_wanted() / 1024);
    }
}


size_t
ngx_rtmp_restream_control_zone_wanted(void)
{
    ngx_rtmp_restream_core_conf_t  *rccf;

    rccf = ngx_rtmp_restream_core_get_conf((ngx_cycle_t *) ngx_cycle);

    return 2 * rccf->main->shm_zone->shm.size;
}


/* who, what and which members: never a value */

static void
ngx_rtmp_restream_control_log(restream_change_t *change,
    restream_change_outcome_t *outcome)
{
    u_char             members[NGX_RTMP_RESTREAM_CONTROL_MEMBERS];
    u_char             id[sizeof(" d_0123456789abcdef")];
    u_char             stream[NGX_RTMP_RESTREAM_CONTROL_STREAM];
    ngx_str_t          label;
    static const char *what[] = {
        "", "made", "changed", "removed", "made destination of",
        "changed destination of", "removed destination of",
        "switched destination of", "switched"
    };

    ngx_rtmp_restream_control_members(change, members, sizeof(members));

    id[0] = '\0';

    if (outcome->id) {
        ngx_sprintf(id, " d_%016xL%Z", outcome->id);
    }

    label.data = stream;
    label.len = ngx_snprintf(stream, sizeof(stream), "%s/%s", change->app,
                             change->name)
                - stream;

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "%s %s stream \"%V\"%s%s%s", change->who,
                  what[change->kind], &label, id,
                  members[0] ? ": " : "", members);
}


/* names of what is set; of a switch on or off */

static void
ngx_rtmp_restream_control_members(restream_change_t *change, u_char *out,
    size_t size)
{
    u_char            *p;
    unsigned           set;
    ngx_uint_t         i;
    static const char *names[] = {
        "name", "url", "key", "enabled", "title", "description", "audio"
    };

    out[0] = '\0';
    p = out;

    if (change->kind == RESTREAM_CHANGE_SWITCH_DESTINATION
        || change->kind == RESTREAM_CHANGE_SWITCH_STREAM)
    {
        ngx_sprintf(out, change->enabled ? "on%Z" : "off%Z");
        return;
    }

    set = 0;

    for (i = 0; i < change->ndestinations; i++) {
        set |= change->destinations[i].set;
    }

    if (change->set_maximum) {
        p = ngx_slprintf(p, out + size - 1, "maximum");
    }

    if (change->set_destinations) {
        p = ngx_slprintf(p, out + size - 1, "%sdestinations",
                         p == out ? "" : ", ");
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (set & (1u << i)) {
            p = ngx_slprintf(p, out + size - 1, "%s%s", p == out ? "" : ", ",
                             names[i]);
        }
    }

    *p = '\0';
}
