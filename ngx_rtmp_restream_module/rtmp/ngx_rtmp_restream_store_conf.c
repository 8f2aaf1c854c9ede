/*
 * Where the store is and how it is sealed: see ngx_rtmp_restream_store_conf.h.
 */

#include "ngx_rtmp_restream_store_conf.h"
#include "ngx_rtmp_restream_conf.h"

#include "../jobs/restream_seal.h"


#define NGX_RTMP_RESTREAM_STORE_KEYS   16       /* in a file */
#define NGX_RTMP_RESTREAM_STORE_FILE   4096     /* bytes of it */

#define NGX_RTMP_RESTREAM_STORE_NAME   "restream/restream.db"

#define NGX_RTMP_RESTREAM_STORE_EXPECTED                                      \
    "\"off\" or \"sqlite:/path\", such as "                                   \
    "\"sqlite:/var/lib/nginx/restream/restream.db\""

#define NGX_RTMP_RESTREAM_STORE_KEY_EXPECTED                                  \
    "\"file:/path\" of a file with a key of 64 hexadecimal digits in each "   \
    "line, the newest first"


static ngx_int_t ngx_rtmp_restream_store_conf_keys(ngx_pool_t *pool,
    restream_store_keys_t *keys, u_char *text, size_t len);
static ngx_int_t ngx_rtmp_restream_store_conf_hex(u_char *out, u_char *text,
    size_t len);
static ngx_int_t ngx_rtmp_restream_store_conf_default(ngx_cycle_t *cycle,
    ngx_str_t *dsn);
static ngx_int_t ngx_rtmp_restream_store_conf_locate(ngx_cycle_t *cycle,
    ngx_str_t *dsn);
static ngx_int_t ngx_rtmp_restream_store_conf_directory(ngx_cycle_t *cycle,
    const char *directory);


char *
ngx_rtmp_restream_store_conf_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_rtmp_restream_main_conf_t *rmcf = conf;

    ngx_str_t             *value;
    restream_store_err_t   err;

    if (rmcf->store.given) {
        return "is duplicate";
    }

    rmcf->store.given = 1;
    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    if (restream_store_check((char *) value[1].data, &err) != RESTREAM_OK) {
        return ngx_rtmp_restream_conf_invalid(cf, &value[1],
                                              NGX_RTMP_RESTREAM_STORE_EXPECTED);
    }

    rmcf->store.dsn = value[1];

    return NGX_CONF_OK;
}


char *
ngx_rtmp_restream_store_conf_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_rtmp_restream_main_conf_t *rmcf = conf;

    ssize_t     n;
    ngx_fd_t    fd;
    ngx_int_t   rc;
    ngx_str_t  *value, path;
    u_char      text[NGX_RTMP_RESTREAM_STORE_FILE];

    if (rmcf->store.keys.n) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strncmp(value[1].data, "file:", 5) != 0) {
        return ngx_rtmp_restream_conf_invalid(cf, &value[1],
                                      NGX_RTMP_RESTREAM_STORE_KEY_EXPECTED);
    }

    path.data = value[1].data + 5;
    path.len = value[1].len - 5;

    if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    fd = ngx_open_file(path.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"restream_store_key\" file \"%V\" cannot be "
                           "opened", &path);
        return NGX_CONF_ERROR;
    }

    n = ngx_read_fd(fd, text, sizeof(text));

    (void) ngx_close_file(fd);

    rc = n > 0 ? ngx_rtmp_restream_store_conf_keys(cf->pool, &rmcf->store.keys,
                                                   text, n)
               : NGX_DECLINED;

    ngx_explicit_memzero(text, sizeof(text));

    if (rc == NGX_DECLINED) {
        return ngx_rtmp_restream_conf_invalid(cf, &value[1],
                                      NGX_RTMP_RESTREAM_STORE_KEY_EXPECTED);
    }

    return rc == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* NGX_DECLINED: they are not as expected */

static ngx_int_t
ngx_rtmp_restream_store_conf_keys(ngx_pool_t *pool,
    restream_store_keys_t *keys, u_char *text, size_t len)
{
    u_char  *p, *last, *end;

    keys->keys = ngx_pnalloc(pool, NGX_RTMP_RESTREAM_STORE_KEYS
                                   * RESTREAM_SEAL_KEY);
    if (keys->keys == NULL) {
        return NGX_ERROR;
    }

    last = text + len;

    for (p = text; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, '\n');

        if (end == NULL) {
            end = last;
        }

        if (end == p || (end == p + 1 && *p == '\r')) {
            continue;
        }

        if (keys->n == NGX_RTMP_RESTREAM_STORE_KEYS
            || ngx_rtmp_restream_store_conf_hex(keys->keys
                                                + keys->n * RESTREAM_SEAL_KEY,
                                                p, end - p - (end[-1] == '\r'))
               != NGX_OK)
        {
            return NGX_DECLINED;
        }

        keys->n++;
    }

    return keys->n ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_rtmp_restream_store_conf_hex(u_char *out, u_char *text, size_t len)
{
    size_t     i;
    ngx_int_t  n;

    if (len != 2 * RESTREAM_SEAL_KEY) {
        return NGX_ERROR;
    }

    for (i = 0; i < RESTREAM_SEAL_KEY; i++) {
        n = ngx_hextoi(&text[2 * i], 2);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        out[i] = (u_char) n;
    }

    return NGX_OK;
}


ngx_int_t
ngx_rtmp_restream_store_conf_init(ngx_cycle_t *cycle,
    ngx_rtmp_restream_store_conf_t *conf, ngx_uint_t needed)
{
    if (!conf->given && !needed) {
        return NGX_OK;
    }

    if (!conf->given
        && ngx_rtmp_restream_store_conf_default(cycle, &conf->dsn) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (conf->dsn.len == 0) {
        return NGX_OK;
    }

    if (ngx_rtmp_restream_store_conf_locate(cycle, &conf->dsn) != NGX_OK) {
        return NGX_ERROR;
    }

    if (conf->keys.n == 0 && ngx_is_init_cycle(cycle->old_cycle)) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "stream keys are stored as they are, "
                      "\"restream_store_key\" would encrypt them");
    }

    return NGX_OK;
}


/* where nginx keeps what its workers write, such as /var/lib/nginx */

static ngx_int_t
ngx_rtmp_restream_store_conf_default(ngx_cycle_t *cycle, ngx_str_t *dsn)
{
    u_char     *p;
    ngx_str_t   path = ngx_string(NGX_HTTP_CLIENT_TEMP_PATH);

    for (p = path.data + path.len; p > path.data && p[-1] != '/'; p--) {
        /* void */
    }

    path.len = p - path.data;

    dsn->data = ngx_pnalloc(cycle->pool,
                            ngx_strlen(restream_store_scheme()) + path.len
                            + sizeof(NGX_RTMP_RESTREAM_STORE_NAME));
    if (dsn->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(dsn->data, "%s%V%s", restream_store_scheme(), &path,
                    NGX_RTMP_RESTREAM_STORE_NAME);
    *p = '\0';

    dsn->len = p - dsn->data;

    return NGX_OK;
}


/* makes a relative path absolute, and sees to the directory */

static ngx_int_t
ngx_rtmp_restream_store_conf_locate(ngx_cycle_t *cycle, ngx_str_t *dsn)
{
    char       *located, *directory;
    u_char     *prefix;
    ngx_int_t   rc;

    /* not terminated as it is */

    prefix = ngx_pnalloc(cycle->pool, cycle->prefix.len + 1);
    if (prefix == NULL) {
        return NGX_ERROR;
    }

    ngx_cpystrn(prefix, cycle->prefix.data, cycle->prefix.len + 1);

    if (restream_store_locate((char *) dsn->data, (char *) prefix, &located,
                              &directory)
        != RESTREAM_OK)
    {
        return NGX_ERROR;
    }

    rc = directory ? ngx_rtmp_restream_store_conf_directory(cycle, directory)
                   : NGX_OK;

    dsn->len = ngx_strlen(located);
    dsn->data = ngx_pnalloc(cycle->pool, dsn->len + 1);

    if (dsn->data) {
        ngx_cpystrn(dsn->data, (u_char *) located, dsn->len + 1);
    }

    free(located);
    free(directory);

    return dsn->data ? rc : NGX_ERROR;
}


/*
 * nginx makes it and gives it to the workers' user, mode 0700.  One that is
 * there is left as it is: nginx would take /etc or /tmp for its workers, too.
 */

static ngx_int_t
ngx_rtmp_restream_store_conf_directory(ngx_cycle_t *cycle,
    const char *directory)
{
    size_t            len;
    ngx_path_t       *path, **slot;
    ngx_file_info_t   fi;

    if (ngx_file_info(directory, &fi) != NGX_FILE_ERROR) {
        return NGX_OK;
    }

    len = ngx_strlen(directory);

    path = ngx_pcalloc(cycle->pool, sizeof(ngx_path_t) + len + 1);
    if (path == NULL) {
        return NGX_ERROR;
    }

    path->name.len = len;
    path->name.data = (u_char *) &path[1];
    ngx_memcpy(path->name.data, directory, len);

    slot = ngx_array_push(&cycle->paths);
    if (slot == NULL) {
        return NGX_ERROR;
    }

    *slot = path;

    return NGX_OK;
}
