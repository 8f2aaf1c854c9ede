/*
 * Destinations as they are wanted of one stream: see
 * ngx_rtmp_restream_record.h.
 */

#include "ngx_rtmp_restream_record.h"
#include "ngx_rtmp_restream_target.h"


ngx_int_t
ngx_rtmp_restream_record_config(ngx_pool_t *pool,
    ngx_rtmp_restream_record_t *record, ngx_rtmp_restream_destination_t *dst,
    ngx_rtmp_restream_stream_key_t *key)
{
    restream_url_vars_t  vars;

    vars.app = ngx_rtmp_restream_str(&key->app);
    vars.name = ngx_rtmp_restream_str(&key->name);
    vars.args = ngx_rtmp_restream_str(&key->args);

    if (ngx_rtmp_restream_target_expand(pool, &record->target, &dst->target,
                                        &vars)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (dst->key_file) {
        record->target.key = dst->target.key;
    }

    record->id = ngx_rtmp_restream_record_config_id(&dst->name, key);
    record->origin = NGX_RTMP_RESTREAM_ORIGIN_CONFIG;
    record->name = dst->name;
    record->target_hash = ngx_rtmp_restream_target_hash(&record->target,
                                                NGX_RTMP_RESTREAM_HASH_INIT);

    ngx_rtmp_restream_record_set_enabled(record, dst->enabled);

    return NGX_OK;
}


uint64_t
ngx_rtmp_restream_record_config_id(ngx_str_t *name,
    ngx_rtmp_restream_stream_key_t *key)
{
    uint64_t  hash;

    hash = ngx_rtmp_restream_hash(NGX_RTMP_RESTREAM_HASH_INIT, key->app.data,
                                  key->app.len);
    hash = ngx_rtmp_restream_hash(hash, key->name.data, key->name.len);

    return ngx_rtmp_restream_hash(hash, name->data, name->len);
}


ngx_int_t
ngx_rtmp_restream_record_stored(ngx_pool_t *pool,
    ngx_rtmp_restream_record_t *record, restream_destination_t *dst)
{
    ngx_str_t    url, key;
    const char  *err;

    url.data = (u_char *) dst->url;
    url.len = ngx_strlen(dst->url);
    key.data = (u_char *) dst->key;
    key.len = ngx_strlen(dst->key);

    if (ngx_rtmp_restream_target_parse(pool, &record->target, &url,
                                       key.len ? &key : NULL, &err)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    record->target.restricted = 1;

    record->id = dst->id;
    record->origin = NGX_RTMP_RESTREAM_ORIGIN_API;
    record->name.data = (u_char *) dst->name;
    record->name.len = ngx_strlen(dst->name);
    record->target_hash = ngx_rtmp_restream_target_hash(&record->target,
                                                NGX_RTMP_RESTREAM_HASH_INIT);

    ngx_rtmp_restream_record_set_enabled(record, dst->enabled);

    return NGX_OK;
}


void
ngx_rtmp_restream_record_set_enabled(ngx_rtmp_restream_record_t *record,
    ngx_uint_t enabled)
{
    uint64_t  hash;

    record->enabled = enabled;

    hash = ngx_rtmp_restream_hash(record->target_hash, record->name.data,
                                  record->name.len);
    record->revision = ngx_rtmp_restream_hash(hash, &record->enabled,
                                              sizeof(record->enabled));
}
