/*
 * A job on a named nginx thread pool: name resolution and other work that
 * blocks.
 *
 * The task owns its arguments and result (by value) until its handler has run;
 * the requester owns only the right to be told, and gives it up with
 * ngx_rtmp_restream_task_cancel().  A dozen jobs run at once per worker, the
 * rest wait in our own queue, so that slow name servers never fill nginx's.
 */

#ifndef _NGX_RTMP_RESTREAM_TASK_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_TASK_H_INCLUDED_


#include "ngx_rtmp_restream.h"


#define NGX_RTMP_RESTREAM_TASKS_RUNNING  12


typedef struct ngx_rtmp_restream_task_s  ngx_rtmp_restream_task_t;

struct ngx_rtmp_restream_task_s {
    void               *data;           /* arguments and result */

    /* on a pool thread: touches data and nothing else */
    void              (*run)(void *data);

    /* on the event loop, unless cancelled; the task is destroyed after it.
     * With data as it was posted when the pool refused a task that waited. */
    void              (*done)(void *owner, void *data);

    void               *owner;          /* NULL: cancelled */

    /* private */
    ngx_pool_t         *pool;
    ngx_queue_t         queue;
    ngx_thread_pool_t  *thread_pool;
    ngx_thread_task_t  *thread;
    unsigned            queued:1;
};


/*
 * A task with size zeroed bytes of data, on its own pool.  The caller fills
 * data, run, done and owner.  NULL: no memory.
 */
ngx_rtmp_restream_task_t *ngx_rtmp_restream_task_create(size_t size);

/*
 * Hands the task over: it ends by itself.
 *
 * in    tp        NULL: it does not block and is run at once; done is told as
 *                 ever, from the event loop
 * ret   NGX_OK
 *       NGX_ERROR  the pool refused it; it is destroyed, done is not called
 */
ngx_int_t ngx_rtmp_restream_task_post(ngx_rtmp_restream_task_t *task,
    ngx_thread_pool_t *tp);

/* done will not be called; *task is cleared */
void ngx_rtmp_restream_task_cancel(ngx_rtmp_restream_task_t **task);


#endif /* _NGX_RTMP_RESTREAM_TASK_H_INCLUDED_ */
