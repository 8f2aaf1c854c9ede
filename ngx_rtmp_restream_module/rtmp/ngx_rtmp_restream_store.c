/*
 * The store as the event loop sees it: see ngx_rtmp_restream_store.h.
 */

#include "ngx_rtmp_restream_store.h"


#define NGX_RTMP_RESTREAM_STORE_HOLD  30000     /* ms */


typedef struct {
    ngx_rtmp_restream_store_call_t   call;
    ngx_rtmp_restream_task_t        *task;
    ngx_event_t                      timer;
} ngx_rtmp_restream_store_job_t;


static void ngx_rtmp_restream_store_count(ngx_int_t n);
static void ngx_rtmp_restream_store_hold_handler(ngx_event_t *ev);
static void ngx_rtmp_restream_store_timeout(ngx_event_t *ev);
static void ngx_rtmp_restream_store_run(void *data);
static void ngx_rtmp_restream_store_run_off(
    ngx_rtmp_restream_store_call_t *call);
static void ngx_rtmp_restream_store_done(void *owner, void *data);
static void ngx_rtmp_restream_store_clear(
    ngx_rtmp_restream_store_call_t *call);


/* of this worker: touched by the one call that runs */

static restream_store_t  *ngx_rtmp_restream_store_handle;

/* of this worker's event loop */

static ngx_uint_t         ngx_rtmp_restream_store_ncalls;
static ngx_event_t        ngx_rtmp_restream_store_hold;

/* the debug log wants the socket of every timer */

static ngx_connection_t   ngx_rtmp_restream_store_nobody = {
    .fd = (ngx_socket_t) -1
};


ngx_rtmp_restream_store_call_t *
ngx_rtmp_restream_store_create_call(ngx_rtmp_restream_store_conf_t *conf,
    ngx_rtmp_restream_store_op_e op)
{
    ngx_rtmp_restream_task_t       *task;
    ngx_rtmp_restream_store_job_t  *job;

    /* there is one load for each stream, and that cannot be asked to come
     * again */

    if (op != NGX_RTMP_RESTREAM_STORE_LOAD
        && ngx_rtmp_restream_store_ncalls >= NGX_RTMP_RESTREAM_STORE_CALLS)
    {
        return NULL;
    }

    task = ngx_rtmp_restream_task_create(sizeof(ngx_rtmp_restream_store_job_t));
    if (task == NULL) {
        return NULL;
    }

    job = task->data;
    job->task = task;
    job->call.op = op;
    job->call.conf = conf;

    task->run = ngx_rtmp_restream_store_run;
    task->done = ngx_rtmp_restream_store_done;
    task->owner = job;
    task->lane = NGX_RTMP_RESTREAM_TASK_STORE;
    task->first = (op == NGX_RTMP_RESTREAM_STORE_LOAD);

    /* as long as nobody has said otherwise */

    job->call.rc = RESTREAM_ERROR;
    ngx_rtmp_restream_store_error(&job->call.err,
                                  "the thread pool takes no more work");

    ngx_rtmp_restream_store_count(1);

    return &job->call;
}


/* a worker that exits answers first: its loop ends when no timer is left */

static void
ngx_rtmp_restream_store_count(ngx_int_t n)
{
    ngx_event_t  *ev;

    ngx_rtmp_restream_store_ncalls += n;

    ev = &ngx_rtmp_restream_store_hold;

    if (ngx_rtmp_restream_store_ncalls == 0) {
        if (ev->timer_set) {
            ngx_del_timer(ev);
        }

        return;
    }

    if (!ev->timer_set) {
        ev->handler = ngx_rtmp_restream_store_hold_handler;
        ev->data = &ngx_rtmp_restream_store_nobody;
        ev->log = ngx_cycle->log;

        ngx_add_timer(ev, NGX_RTMP_RESTREAM_STORE_HOLD);
    }
}


/* whatever holds up a call for so long holds up no worker for ever */

static void
ngx_rtmp_restream_store_hold_handler(ngx_event_t *ev)
{
    if (!ngx_exiting) {
        ngx_add_timer(ev, NGX_RTMP_RESTREAM_STORE_HOLD);
    }
}


void
ngx_rtmp_restream_store_post(ngx_rtmp_restream_store_call_t *call)
{
    ngx_rtmp_restream_store_job_t  *job;

    job = (ngx_rtmp_restream_store_job_t *) call;

    /* nothing blocks where there is nothing */

    if (call->conf->dsn.len == 0) {
        ngx_rtmp_restream_task_post(job->task, NULL);
        return;
    }

    if (call->late) {
        job->timer.handler = ngx_rtmp_restream_store_timeout;
        job->timer.data = &ngx_rtmp_restream_store_nobody;
        job->timer.log = ngx_cycle->log;

        ngx_add_timer(&job->timer, NGX_RTMP_RESTREAM_STORE_PATIENCE);
    }

    ngx_rtmp_restream_task_post(job->task, call->conf->thread_pool);
}


/* a call that waits is withdrawn: it has done nothing */

static void
ngx_rtmp_restream_store_timeout(ngx_event_t *ev)
{
    ngx_rtmp_restream_task_t       *task;
    ngx_rtmp_restream_store_job_t  *job;

    job = (ngx_rtmp_restream_store_job_t *)
              ((u_char *) ev - offsetof(ngx_rtmp_restream_store_job_t, timer));
    task = job->task;

    if (!task->waiting) {
        job->call.late(&job->call);
        return;
    }

    ngx_rtmp_restream_store_error(&job->call.err,
                                  "the store does not answer, look at its "
                                  "disk; nothing has been done");

    ngx_rtmp_restream_store_done(job, job);
    ngx_rtmp_restream_task_cancel(&task);
}


void
ngx_rtmp_restream_store_free(ngx_rtmp_restream_store_call_t *call)
{
    ngx_rtmp_restream_store_job_t  *job;

    job = (ngx_rtmp_restream_store_job_t *) call;

    ngx_rtmp_restream_store_clear(call);
    ngx_rtmp_restream_task_destroy(&job->task);

    ngx_rtmp_restream_store_count(-1);
}


void
ngx_rtmp_restream_store_exit(void)
{
    restream_store_close(&ngx_rtmp_restream_store_handle);
}


/* on a pool thread */

static void
ngx_rtmp_restream_store_run(void *data)
{
    restream_store_t                *store;
    restream_store_filter_t          filter;
    ngx_rtmp_restream_store_job_t   *job = data;
    ngx_rtmp_restream_store_call_t  *call = &job->call;

    if (call->conf->dsn.len == 0) {
        ngx_rtmp_restream_store_run_off(call);
        return;
    }

    store = ngx_rtmp_restream_store_handle;

    if (store == NULL) {
        store = restream_store_open((char *) call->conf->dsn.data,
                                    &call->conf->keys, &call->err);
        if (store == NULL) {
            return;
        }

        ngx_rtmp_restream_store_handle = store;
    }

    switch (call->op) {

    case NGX_RTMP_RESTREAM_STORE_GET:
    case NGX_RTMP_RESTREAM_STORE_LOAD:
        call->rc = restream_store_get(store, call->app, call->name,
                                      &call->stream, &call->revision,
                                      &call->err);
        break;

    case NGX_RTMP_RESTREAM_STORE_LIST:
        filter.app = call->app;
        filter.q = call->q;
        filter.after_app = call->after_app;
        filter.after_name = call->after_name;
        filter.limit = call->limit;

        call->rc = restream_store_list(store, &filter, &call->list, &call->n,
                                       &call->err);
        break;

    case NGX_RTMP_RESTREAM_STORE_CHANGE:
        call->rc = restream_store_change(store, call->change, &call->outcome,
                                         &call->err);
        break;

    case NGX_RTMP_RESTREAM_STORE_RESEAL:
        call->rc = restream_store_reseal(store, &call->reseal, &call->err);
        break;
    }
}


/* restream_store off: nothing is there, and nothing can be */

static void
ngx_rtmp_restream_store_run_off(ngx_rtmp_restream_store_call_t *call)
{
    if (call->op == NGX_RTMP_RESTREAM_STORE_CHANGE) {
        ngx_rtmp_restream_store_error(&call->err, "\"restream_store\" is off: "
                                      "nothing can be changed here");
        return;
    }

    call->rc = (call->op == NGX_RTMP_RESTREAM_STORE_LIST) ? RESTREAM_OK
                                                          : RESTREAM_DECLINED;
}


void
ngx_rtmp_restream_store_error(restream_store_err_t *err, const char *text)
{
    err->code = RESTREAM_STORE_UNAVAILABLE;
    err->told = text;

    ngx_cpystrn((u_char *) err->text, (u_char *) text, RESTREAM_STORE_ERR);
}


static void
ngx_rtmp_restream_store_done(void *owner, void *data)
{
    ngx_rtmp_restream_store_job_t  *job = data;

    if (job->timer.timer_set) {
        ngx_del_timer(&job->timer);
    }

    ngx_rtmp_restream_store_count(-1);

    job->call.done(&job->call);

    ngx_rtmp_restream_store_clear(&job->call);
}


static void
ngx_rtmp_restream_store_clear(ngx_rtmp_restream_store_call_t *call)
{
    uint32_t  i;

    restream_change_destroy(&call->change);
    restream_stream_destroy(&call->outcome.stream);
    restream_stream_destroy(&call->stream);

    for (i = 0; i < call->n; i++) {
        restream_stream_destroy(&call->list[i]);
    }

    free(call->list);
    free(call->app);
    free(call->name);
    free(call->q);
    free(call->after_app);
    free(call->after_name);
}
