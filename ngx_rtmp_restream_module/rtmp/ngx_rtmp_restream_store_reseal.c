/*
 * What is stored is sealed anew: see ngx_rtmp_restream_store_reseal.h.
 */

#include "ngx_rtmp_restream_store_reseal.h"
#include "ngx_rtmp_restream_store.h"


#define NGX_RTMP_RESTREAM_STORE_RESEAL_FIRST  1000      /* ms */
#define NGX_RTMP_RESTREAM_STORE_RESEAL_NEXT   20
#define NGX_RTMP_RESTREAM_STORE_RESEAL_AGAIN  30000


static void ngx_rtmp_restream_store_reseal_handler(ngx_event_t *ev);
static void ngx_rtmp_restream_store_reseal_done(
    ngx_rtmp_restream_store_call_t *call);
static void ngx_rtmp_restream_store_reseal_finish(
    restream_store_reseal_t *reseal);


/* of this worker */

typedef struct {
    ngx_rtmp_restream_store_conf_t  *conf;
    restream_store_reseal_t          reseal;
    ngx_event_t                      timer;
    ngx_uint_t                       failing;   /* which is told once */
} ngx_rtmp_restream_store_resealing_t;

static ngx_rtmp_restream_store_resealing_t  ngx_rtmp_restream_store_resealing;

/* the debug log wants the socket of every timer */

static ngx_connection_t  ngx_rtmp_restream_store_reseal_nobody = {
    .fd = (ngx_socket_t) -1
};


void
ngx_rtmp_restream_store_reseal(ngx_rtmp_restream_store_conf_t *conf)
{
    ngx_event_t  *ev;

    if (conf->dsn.len == 0 || conf->keys.n == 0) {
        return;
    }

    ngx_rtmp_restream_store_resealing.conf = conf;

    ev = &ngx_rtmp_restream_store_resealing.timer;

    ev->handler = ngx_rtmp_restream_store_reseal_handler;
    ev->data = &ngx_rtmp_restream_store_reseal_nobody;
    ev->log = ngx_cycle->log;
    ev->cancelable = 1;

    ngx_add_timer(ev, NGX_RTMP_RESTREAM_STORE_RESEAL_FIRST);
}


static void
ngx_rtmp_restream_store_reseal_handler(ngx_event_t *ev)
{
    ngx_rtmp_restream_store_call_t       *call;
    ngx_rtmp_restream_store_resealing_t  *rs;

    rs = &ngx_rtmp_restream_store_resealing;

    if (ngx_exiting) {
        return;
    }

    call = ngx_rtmp_restream_store_create_call(rs->conf,
                                               NGX_RTMP_RESTREAM_STORE_RESEAL);
    if (call == NULL) {
        ngx_add_timer(ev, NGX_RTMP_RESTREAM_STORE_RESEAL_AGAIN);
        return;
    }

    call->reseal = rs->reseal;
    call->done = ngx_rtmp_restream_store_reseal_done;

    ngx_rtmp_restream_store_post(call);
}


static void
ngx_rtmp_restream_store_reseal_done(ngx_rtmp_restream_store_call_t *call)
{
    ngx_msec_t                            wait;
    ngx_rtmp_restream_store_resealing_t  *rs;

    rs = &ngx_rtmp_restream_store_resealing;
    wait = NGX_RTMP_RESTREAM_STORE_RESEAL_NEXT;

    if (call->rc == RESTREAM_ERROR) {
        wait = NGX_RTMP_RESTREAM_STORE_RESEAL_AGAIN;

        if (!rs->failing) {
            rs->failing = 1;

            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "the store cannot be encrypted with the first key "
                          "of \"restream_store_key\" yet: %s", call->err.text);
        }

    } else {
        rs->failing = 0;
        rs->reseal = call->reseal;
    }

    if (call->rc == RESTREAM_DONE) {
        ngx_rtmp_restream_store_reseal_finish(&rs->reseal);
        return;
    }

    ngx_add_timer(&rs->timer, wait);
}


static void
ngx_rtmp_restream_store_reseal_finish(restream_store_reseal_t *reseal)
{
    if (reseal->lost) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "%uL destinations of the store cannot be decrypted with "
                      "any key of \"restream_store_key\", %uL others have been "
                      "encrypted with the first one anew",
                      reseal->lost, reseal->sealed);
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "all destinations of the store are encrypted with the first "
                  "key of \"restream_store_key\", %uL of them anew",
                  reseal->sealed);
}
