/*
 * All that is known of a stream: see ngx_rtmp_restream_picture.h.
 */

#include "ngx_rtmp_restream_picture.h"
#include "ngx_rtmp_restream_control.h"
#include "ngx_rtmp_restream_core.h"
#include "ngx_rtmp_restream_reason.h"
#include "ngx_rtmp_restream_record.h"
#include "ngx_rtmp_restream_target.h"


static ngx_int_t ngx_rtmp_restream_picture_config(ngx_pool_t *pool,
    ngx_rtmp_restream_picture_t *pic, ngx_rtmp_restream_app_conf_t *conf);
static ngx_int_t ngx_rtmp_restream_picture_config_live(
    ngx_rtmp_restream_picture_t *pic);
static ngx_int_t ngx_rtmp_restream_picture_stored(ngx_pool_t *pool,
    ngx_rtmp_restream_picture_t *pic);
static void ngx_rtmp_restream_picture_cleanup(void *data);
static void ngx_rtmp_restream_picture_off(
    ngx_rtmp_restream_view_destination_t *vd);


ngx_rtmp_restream_picture_t *
ngx_rtmp_restream_picture(ngx_pool_t *pool,
    ngx_rtmp_restream_view_stream_t *view, ngx_str_t *app, ngx_str_t *name,
    restream_stream_t *stored)
{
    ngx_uint_t                      n;
    ngx_pool_cleanup_t             *cln;
    ngx_rtmp_restream_picture_t    *pic;
    ngx_rtmp_restream_app_conf_t   *conf;
    ngx_rtmp_restream_core_conf_t  *rccf;

    cln = ngx_pool_cleanup_add(pool, sizeof(ngx_rtmp_restream_picture_t));
    if (cln == NULL) {
        return NULL;
    }

    pic = cln->data;
    ngx_memzero(pic, sizeof(ngx_rtmp_restream_picture_t));

    cln->handler = ngx_rtmp_restream_picture_cleanup;

    pic->app = *app;
    pic->name = *name;
    pic->stored = stored;
    pic->view = view;

    rccf = ngx_rtmp_restream_core_get_conf((ngx_cycle_t *) ngx_cycle);
    conf = ngx_rtmp_restream_control_app(app);

    pic->maximum = stored && stored->maximum != RESTREAM_MAXIMUM_NONE
                   ? stored->maximum
                   : (conf ? conf : rccf->main->defaults)->max_destinations;

    n = (pic->view ? pic->view->ndestinations : 0)
        + (conf ? conf->destinations.nelts : 0)
        + (stored ? stored->ndestinations : 0);

    pic->destinations = ngx_pcalloc(pool,
                        n * sizeof(ngx_rtmp_restream_picture_destination_t)
                        + 1);
    if (pic->destinations == NULL
        || ngx_rtmp_restream_picture_config(pool, pic, conf) != NGX_OK
        || ngx_rtmp_restream_picture_stored(pool, pic) != NGX_OK)
    {
        return NULL;
    }

    return pic;
}


ngx_uint_t
ngx_rtmp_restream_picture_exists(ngx_rtmp_restream_picture_t *pic)
{
    return pic->view || (pic->stored && pic->stored->configured);
}


/* while it is live the zone has them, expanded for this publish */

static ngx_int_t
ngx_rtmp_restream_picture_config(ngx_pool_t *pool,
    ngx_rtmp_restream_picture_t *pic, ngx_rtmp_restream_app_conf_t *conf)
{
    ngx_uint_t                             i, j;
    restream_switch_t                     *sw;
    ngx_rtmp_restream_record_t            *record;
    ngx_rtmp_restream_destination_t       *dst;
    ngx_rtmp_restream_stream_key_t         key;

    if (pic->view) {
        return ngx_rtmp_restream_picture_config_live(pic);
    }

    if (conf == NULL) {
        return NGX_OK;
    }

    ngx_memzero(&key, sizeof(ngx_rtmp_restream_stream_key_t));

    key.app = pic->app;
    key.name = pic->name;
    dst = conf->destinations.elts;

    for (i = 0; i < conf->destinations.nelts; i++) {
        record = &pic->destinations[pic->ndestinations].view.record;

        if (ngx_rtmp_restream_record_config(pool, record, &dst[i], &key)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        for (j = 0; pic->stored && j < pic->stored->nswitches; j++) {
            sw = &pic->stored->switches[j];

            if (ngx_strlen(sw->name) == record->name.len
                && ngx_memcmp(sw->name, record->name.data, record->name.len)
                   == 0)
            {
                record->enabled = sw->enabled;
            }
        }

        ngx_rtmp_restream_picture_off(
            &pic->destinations[pic->ndestinations++].view);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rtmp_restream_picture_config_live(ngx_rtmp_restream_picture_t *pic)
{
    ngx_uint_t                             i;
    ngx_rtmp_restream_view_destination_t  *vd;

    for (i = 0; i < pic->view->ndestinations; i++) {
        vd = &pic->view->destinations[i];

        if (vd->record.origin == NGX_RTMP_RESTREAM_ORIGIN_CONFIG) {
            pic->destinations[pic->ndestinations++].view = *vd;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rtmp_restream_picture_stored(ngx_pool_t *pool,
    ngx_rtmp_restream_picture_t *pic)
{
    ngx_int_t                                 rc;
    ngx_uint_t                                i, j;
    restream_destination_t                   *dst;
    ngx_rtmp_restream_picture_destination_t  *pd;

    for (i = 0; pic->stored && i < pic->stored->ndestinations; i++) {
        dst = &pic->stored->destinations[i];
        pd = &pic->destinations[pic->ndestinations];

        rc = ngx_rtmp_restream_record_stored(pool, &pd->view.record, dst);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc != NGX_OK) {
            ngx_memzero(&pd->view.record.target,
                        sizeof(ngx_rtmp_restream_target_t));
        }

        pd->stored = dst;
        pic->ndestinations++;

        ngx_rtmp_restream_picture_off(&pd->view);

        for (j = 0; pic->view && j < pic->view->ndestinations; j++) {
            if (pic->view->destinations[j].record.id == dst->id) {
                pd->view.report = pic->view->destinations[j].report;
                break;
            }
        }
    }

    return NGX_OK;
}


/* of those that the store has the keys are here, too */

static void
ngx_rtmp_restream_picture_cleanup(void *data)
{
    ngx_rtmp_restream_picture_t *pic = data;

    ngx_uint_t                                i;
    ngx_rtmp_restream_picture_destination_t  *pd;

    for (i = 0; i < pic->ndestinations; i++) {
        pd = &pic->destinations[i];

        if (pd->stored) {
            ngx_rtmp_restream_target_wipe(&pd->view.record.target);
        }
    }
}


static void
ngx_rtmp_restream_picture_off(ngx_rtmp_restream_view_destination_t *vd)
{
    ngx_memzero(&vd->report, sizeof(ngx_rtmp_restream_report_t));

    ngx_rtmp_restream_reason_set(&vd->report.reason,
                                 vd->record.enabled ? RESTREAM_REASON_NOT_LIVE
                                                    : RESTREAM_REASON_DISABLED,
                                 NULL, NULL, NULL);
    vd->report.reason.at = 0;
}
