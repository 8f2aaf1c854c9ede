/*
 * The store as the event loop sees it: calls that are handed to a pool thread
 * and answered later.
 *
 * One call at a time per worker, on the worker's one handle, which is opened by
 * the first call and closed when the worker exits.  Used by control, and to
 * seal anew what is stored.
 */

#ifndef _NGX_RTMP_RESTREAM_STORE_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_STORE_H_INCLUDED_


#include "ngx_rtmp_restream.h"
#include "ngx_rtmp_restream_task.h"


#define NGX_RTMP_RESTREAM_STORE_CALLS  1024     /* of a worker, at most, but for
                                                   LOAD */


typedef enum {
    NGX_RTMP_RESTREAM_STORE_GET = 0,
    NGX_RTMP_RESTREAM_STORE_LOAD,       /* as GET, for a stream that has
                                           started: however many wait, it goes
                                           before all but its like */
    NGX_RTMP_RESTREAM_STORE_LIST,
    NGX_RTMP_RESTREAM_STORE_CHANGE,
    NGX_RTMP_RESTREAM_STORE_RESEAL
} ngx_rtmp_restream_store_op_e;


/* ms that a call may take: the API answers within two seconds */
#define NGX_RTMP_RESTREAM_STORE_PATIENCE  1800


typedef struct ngx_rtmp_restream_store_call_s  ngx_rtmp_restream_store_call_t;

struct ngx_rtmp_restream_store_call_s {
    ngx_rtmp_restream_store_op_e     op;

    /* in; strings are malloc()ed and go with the call */
    restream_change_t               *change;    /* CHANGE */
    char                            *app;       /* GET, LOAD; LIST: NULL is
                                                   all */
    char                            *name;      /* GET, LOAD */
    char                            *q;         /* LIST: as restream_store.h's
                                                   filter */
    char                            *after_app;
    char                            *after_name;
    uint32_t                         limit;

    /* in and out */
    restream_store_reseal_t          reseal;    /* RESEAL */

    /* out */
    int                              rc;        /* as restream_store_*() */
    restream_store_err_t             err;       /* RESTREAM_ERROR */
    restream_change_outcome_t        outcome;   /* CHANGE */
    restream_stream_t               *stream;    /* GET, LOAD */
    uint64_t                         revision;  /* GET, LOAD: of the store */
    restream_stream_t              **list;      /* LIST: n of them */
    uint32_t                         n;

    /* on the event loop, once, also when the call could not be made; what it
     * does not take out of the call (and clear) is freed behind it */
    void                  (*done)(ngx_rtmp_restream_store_call_t *call);

    /* NULL: done comes when it comes.  Else it comes, of a call that cannot be
     * begun, within NGX_RTMP_RESTREAM_STORE_PATIENCE; and once that is over for
     * one that has begun this is called: its result belongs to a thread, done
     * comes later. */
    void                  (*late)(ngx_rtmp_restream_store_call_t *call);
    void                            *data;      /* done's and late's */

    ngx_rtmp_restream_store_conf_t  *conf;
};


/* Zeroed; NULL: no memory, or too many calls. */
ngx_rtmp_restream_store_call_t *ngx_rtmp_restream_store_create_call(
    ngx_rtmp_restream_store_conf_t *conf, ngx_rtmp_restream_store_op_e op);

/* Hands the call over: it ends by itself, with done. */
void ngx_rtmp_restream_store_post(ngx_rtmp_restream_store_call_t *call);

/* Frees a call that has not been posted. */
void ngx_rtmp_restream_store_free(ngx_rtmp_restream_store_call_t *call);

/* The store is not to be had; text is a literal, for whoever asked. */
void ngx_rtmp_restream_store_error(restream_store_err_t *err,
    const char *text);

/* The worker exits: no call runs any more. */
void ngx_rtmp_restream_store_exit(void);


#endif /* _NGX_RTMP_RESTREAM_STORE_H_INCLUDED_ */
