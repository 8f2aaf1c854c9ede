/*
 * A job on a named nginx thread pool: see ngx_rtmp_restream_task.h.
 */

#include "ngx_rtmp_restream_task.h"


static void ngx_rtmp_restream_task_start_queued(void);
static void ngx_rtmp_restream_task_run(void *data, ngx_log_t *log);
static void ngx_rtmp_restream_task_handler(ngx_event_t *ev);
static void ngx_rtmp_restream_task_destroy(ngx_rtmp_restream_task_t *task);


/* of this worker */

static ngx_uint_t   ngx_rtmp_restream_tasks_running;
static ngx_queue_t  ngx_rtmp_restream_tasks_queued;


ngx_rtmp_restream_task_t *
ngx_rtmp_restream_task_create(size_t size)
{
    ngx_pool_t                *pool;
    ngx_thread_task_t         *thread;
    ngx_rtmp_restream_task_t  *task;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    thread = ngx_thread_task_alloc(pool, sizeof(ngx_rtmp_restream_task_t));
    if (thread == NULL) {
        goto failed;
    }

    task = thread->ctx;
    ngx_memzero(task, sizeof(ngx_rtmp_restream_task_t));

    task->data = ngx_pcalloc(pool, size);
    if (task->data == NULL) {
        goto failed;
    }

    task->pool = pool;
    task->thread = thread;

    return task;

failed:

    ngx_destroy_pool(pool);

    return NULL;
}


ngx_int_t
ngx_rtmp_restream_task_post(ngx_rtmp_restream_task_t *task,
    ngx_thread_pool_t *tp)
{
    task->thread->handler = ngx_rtmp_restream_task_run;
    task->thread->event.handler = ngx_rtmp_restream_task_handler;
    task->thread->event.data = task;
    task->thread->event.log = ngx_cycle->log;
    task->thread_pool = tp;

    if (tp == NULL) {
        ngx_rtmp_restream_task_run(task, NULL);
        ngx_rtmp_restream_tasks_running++;
        ngx_post_event(&task->thread->event, &ngx_posted_events);

        return NGX_OK;
    }

    if (ngx_rtmp_restream_tasks_running >= NGX_RTMP_RESTREAM_TASKS_RUNNING) {

        if (ngx_rtmp_restream_tasks_queued.next == NULL) {
            ngx_queue_init(&ngx_rtmp_restream_tasks_queued);
        }

        ngx_queue_insert_tail(&ngx_rtmp_restream_tasks_queued, &task->queue);
        task->queued = 1;

        return NGX_OK;
    }

    if (ngx_thread_task_post(tp, task->thread) != NGX_OK) {
        ngx_rtmp_restream_task_destroy(task);
        return NGX_ERROR;
    }

    ngx_rtmp_restream_tasks_running++;

    return NGX_OK;
}


void
ngx_rtmp_restream_task_cancel(ngx_rtmp_restream_task_t **taskp)
{
    ngx_rtmp_restream_task_t  *task;

    task = *taskp;
    *taskp = NULL;

    if (task == NULL) {
        return;
    }

    task->owner = NULL;

    if (task->queued) {
        ngx_queue_remove(&task->queue);
        ngx_rtmp_restream_task_destroy(task);
    }
}


static void
ngx_rtmp_restream_task_start_queued(void)
{
    void                      *owner, *data;
    ngx_queue_t               *q;
    ngx_rtmp_restream_task_t  *task;

    if (ngx_rtmp_restream_tasks_queued.next == NULL) {
        return;
    }

    while (!ngx_queue_empty(&ngx_rtmp_restream_tasks_queued)
           && ngx_rtmp_restream_tasks_running < NGX_RTMP_RESTREAM_TASKS_RUNNING)
    {
        q = ngx_queue_head(&ngx_rtmp_restream_tasks_queued);
        task = ngx_queue_data(q, ngx_rtmp_restream_task_t, queue);

        ngx_queue_remove(q);
        task->queued = 0;

        if (ngx_thread_task_post(task->thread_pool, task->thread) == NGX_OK) {
            ngx_rtmp_restream_tasks_running++;
            continue;
        }

        /* told with the result as it was made: not run */

        owner = task->owner;
        data = task->data;
        task->owner = NULL;

        task->done(owner, data);
        ngx_rtmp_restream_task_destroy(task);
    }
}


static void
ngx_rtmp_restream_task_run(void *data, ngx_log_t *log)
{
    ngx_rtmp_restream_task_t  *task = data;

    task->run(task->data);
}


static void
ngx_rtmp_restream_task_handler(ngx_event_t *ev)
{
    ngx_rtmp_restream_task_t  *task = ev->data;

    ngx_rtmp_restream_tasks_running--;

    if (task->owner) {
        task->done(task->owner, task->data);
    }

    ngx_rtmp_restream_task_destroy(task);

    ngx_rtmp_restream_task_start_queued();
}


static void
ngx_rtmp_restream_task_destroy(ngx_rtmp_restream_task_t *task)
{
    ngx_destroy_pool(task->pool);
}
