/*
 * A job on a named nginx thread pool: see ngx_rtmp_restream_task.h.
 */

#include "ngx_rtmp_restream_task.h"


static void ngx_rtmp_restream_task_wait(ngx_rtmp_restream_task_t *task);
static void ngx_rtmp_restream_task_start(void);
static ngx_uint_t ngx_rtmp_restream_task_held_up(
    ngx_rtmp_restream_task_t *task);
static void ngx_rtmp_restream_task_run(void *data, ngx_log_t *log);
static void ngx_rtmp_restream_task_handler(ngx_event_t *ev);


static const ngx_uint_t  ngx_rtmp_restream_task_max[] = {
    NGX_RTMP_RESTREAM_TASKS_RUNNING,
    1,
    1
};


/* of this worker */

static ngx_uint_t   ngx_rtmp_restream_task_nrunning[
                        NGX_RTMP_RESTREAM_TASK_LANES];
static ngx_queue_t  ngx_rtmp_restream_task_running;
static ngx_queue_t  ngx_rtmp_restream_task_waiting;


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


void
ngx_rtmp_restream_task_post(ngx_rtmp_restream_task_t *task,
    ngx_thread_pool_t *tp)
{
    task->thread->handler = ngx_rtmp_restream_task_run;
    task->thread->event.handler = ngx_rtmp_restream_task_handler;
    task->thread->event.data = task;
    task->thread->event.log = ngx_cycle->log;
    task->thread_pool = tp;

    if (tp == NULL) {
        task->run(task->data);
        ngx_post_event(&task->thread->event, &ngx_posted_events);
        return;
    }

    if (ngx_rtmp_restream_task_waiting.next == NULL) {
        ngx_queue_init(&ngx_rtmp_restream_task_waiting);
        ngx_queue_init(&ngx_rtmp_restream_task_running);
    }

    ngx_rtmp_restream_task_wait(task);

    ngx_rtmp_restream_task_start();
}


void
ngx_rtmp_restream_task_destroy(ngx_rtmp_restream_task_t **taskp)
{
    ngx_rtmp_restream_task_t  *task;

    task = *taskp;
    *taskp = NULL;

    ngx_destroy_pool(task->pool);
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

    if (task->waiting) {
        ngx_queue_remove(&task->queue);
        ngx_destroy_pool(task->pool);
    }
}


/* those that are first, then the others, each in the order of posting */

static void
ngx_rtmp_restream_task_wait(ngx_rtmp_restream_task_t *task)
{
    ngx_queue_t               *q;
    ngx_rtmp_restream_task_t  *waiting;

    q = ngx_queue_sentinel(&ngx_rtmp_restream_task_waiting);

    if (task->first) {
        for (q = ngx_queue_head(&ngx_rtmp_restream_task_waiting);
             q != ngx_queue_sentinel(&ngx_rtmp_restream_task_waiting);
             q = ngx_queue_next(q))
        {
            waiting = ngx_queue_data(q, ngx_rtmp_restream_task_t, queue);

            if (!waiting->first) {
                break;
            }
        }
    }

    ngx_queue_insert_tail(q, &task->queue);
    task->waiting = 1;
}


/* as many of those that wait as there is room for, the oldest first */

static void
ngx_rtmp_restream_task_start(void)
{
    ngx_queue_t               *q, *next;
    ngx_rtmp_restream_task_t  *task;

    if (ngx_rtmp_restream_task_waiting.next == NULL) {
        return;
    }

    for (q = ngx_queue_head(&ngx_rtmp_restream_task_waiting);
         q != ngx_queue_sentinel(&ngx_rtmp_restream_task_waiting);
         q = next)
    {
        next = ngx_queue_next(q);
        task = ngx_queue_data(q, ngx_rtmp_restream_task_t, queue);

        if (ngx_rtmp_restream_task_nrunning[task->lane]
            == ngx_rtmp_restream_task_max[task->lane]
            || ngx_rtmp_restream_task_held_up(task))
        {
            continue;
        }

        ngx_queue_remove(q);
        task->waiting = 0;

        if (ngx_thread_task_post(task->thread_pool, task->thread) != NGX_OK) {

            /* told without having run, and not from inside its post */

            ngx_post_event(&task->thread->event, &ngx_posted_events);
            continue;
        }

        ngx_queue_insert_tail(&ngx_rtmp_restream_task_running, q);
        ngx_rtmp_restream_task_nrunning[task->lane]++;
        task->running = 1;
    }
}


static ngx_uint_t
ngx_rtmp_restream_task_held_up(ngx_rtmp_restream_task_t *task)
{
    ngx_uint_t                 n;
    ngx_queue_t               *q;
    ngx_rtmp_restream_task_t  *running;

    if (task->group == 0) {
        return 0;
    }

    n = 0;

    for (q = ngx_queue_head(&ngx_rtmp_restream_task_running);
         q != ngx_queue_sentinel(&ngx_rtmp_restream_task_running);
         q = ngx_queue_next(q))
    {
        running = ngx_queue_data(q, ngx_rtmp_restream_task_t, queue);

        n += (running->group == task->group);
    }

    return n >= NGX_RTMP_RESTREAM_TASKS_GROUP;
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

    if (task->running) {
        ngx_queue_remove(&task->queue);
        ngx_rtmp_restream_task_nrunning[task->lane]--;
    }

    if (task->owner) {
        task->done(task->owner, task->data);
    }

    ngx_destroy_pool(task->pool);

    ngx_rtmp_restream_task_start();
}
