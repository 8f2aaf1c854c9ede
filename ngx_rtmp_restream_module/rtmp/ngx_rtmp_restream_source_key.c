/*
 * What a source's stream is called: see ngx_rtmp_restream_source_key.h.
 */

#include "ngx_rtmp_restream_source_key.h"


ngx_int_t
ngx_rtmp_restream_source_key_copy(ngx_rtmp_restream_source_t *src,
    ngx_rtmp_restream_stream_key_t *key)
{
    src->key = *key;
    src->key.app.data = ngx_pstrdup(src->pool, &key->app);
    src->key.name.data = ngx_pstrdup(src->pool, &key->name);
    src->key.label.data = ngx_pstrdup(src->pool, &key->label);
    src->key.args.len = 0;

    if (src->key.app.data == NULL || src->key.name.data == NULL
        || src->key.label.data == NULL)
    {
        return NGX_ERROR;
    }

    return ngx_rtmp_restream_source_key_set_args(src, &key->args);
}


ngx_int_t
ngx_rtmp_restream_source_key_set_args(ngx_rtmp_restream_source_t *src,
    ngx_str_t *args)
{
    u_char  *p;

    p = (u_char *) "";

    if (args->len) {
        p = ngx_alloc(args->len, src->log);
        if (p == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(p, args->data, args->len);
    }

    ngx_rtmp_restream_source_key_drop_args(src);

    src->key.args.len = args->len;
    src->key.args.data = p;

    return NGX_OK;
}


void
ngx_rtmp_restream_source_key_drop_args(ngx_rtmp_restream_source_t *src)
{
    if (src->key.args.len) {
        ngx_explicit_memzero(src->key.args.data, src->key.args.len);
        ngx_free(src->key.args.data);
    }
}
