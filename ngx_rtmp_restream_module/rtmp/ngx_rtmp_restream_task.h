/*
 * A job on a named nginx thread pool: name resolution and other work that
 * blocks.
 *
 * The task owns its arguments and result (by value) until its handler has run;
 * the requester owns only the right to be told, and gives it up with
 * ngx_rtmp_restream_task_cancel().  A dozen jobs run at once per worker, two of
 * them of one group (one host name), and beside them one of the store and one
 * that reads a file; the rest wait in our own queue.  So slow name servers fill
 * no pool of nginx, and hold up neither the names of others nor the API.
 */

#ifndef _NGX_RTMP_RESTREAM_TASK_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_TASK_H_INCLUDED_


#include "ngx_rtmp_restream.h"


#define NGX_RTMP_RESTREAM_TASKS_RUNNING  12
#define NGX_RTMP_RESTREAM_TASKS_GROUP    2


/* what runs beside each other, and what counts apart */

typedef enum {
    NGX_RTMP_RESTREAM_TASK_NETWORK = 0,
    NGX_RTMP_RESTREAM_TASK_STORE,       /* one at a time, in the order of
                                           posting but for those that are
                                           first */
    NGX_RTMP_RESTREAM_TASK_FILE,        /* one at a time: what has to be seen
                                           soon, whatever names and the store
                                           take */
    NGX_RTMP_RESTREAM_TASK_LANES
} ngx_rtmp_restream_task_lane_e;


typedef struct ngx_rtmp_restream_task_s  ngx_rtmp_restream_task_t;

struct ngx_rtmp_restream_task_s {
    void               *data;           /* arguments and result */

    /* on a pool thread: touches data and nothing else */
    void              (*run)(void *data);

    /* on the event loop, unless cancelled; the task is destroyed after it.
     * With data as it was posted when the pool refused the task. */
    void              (*done)(void *owner, void *data);

    void               *owner;          /* NULL: cancelled */
    uint64_t            group;          /* what it may hold up; 0: nothing */

    ngx_rtmp_restream_task_lane_e  lane;
    unsigned            first:1;        /* waits before those that are not */

    /* private */
    ngx_pool_t         *pool;
    ngx_queue_t         queue;          /* waiting or running */
    ngx_thread_pool_t  *thread_pool;
    ngx_thread_task_t  *thread;
    unsigned            waiting:1;
    unsigned            running:1;
};


/*
 * A task with size zeroed bytes of data, on its own pool.  The caller fills
 * data, run, done, owner and group.  NULL: no memory.
 */
ngx_rtmp_restream_task_t *ngx_rtmp_restream_task_create(size_t size);

/*
 * Hands the task over: it ends by itself.
 *
 * in    tp        NULL: it does not block and is run at once; done is called as
 *                 ever, from the event loop
 */
void ngx_rtmp_restream_task_post(ngx_rtmp_restream_task_t *task,
    ngx_thread_pool_t *tp);

/* one that has not been posted; *task is cleared */
void ngx_rtmp_restream_task_destroy(ngx_rtmp_restream_task_t **task);

/* done will not be called; *task is cleared */
void ngx_rtmp_restream_task_cancel(ngx_rtmp_restream_task_t **task);


#endif /* _NGX_RTMP_RESTREAM_TASK_H_INCLUDED_ */
