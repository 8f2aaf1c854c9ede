/*
 * Tokens that are in effect: see ngx_http_restream_tokens.h.
 */

#include "ngx_http_restream_tokens.h"
#include "ngx_http_restream_regex.h"
#include "../rtmp/ngx_rtmp_restream_task.h"

#include "../jobs/restream_token_file.h"


#define NGX_HTTP_RESTREAM_TOKENS_EVERY  1000            /* ms */


struct ngx_http_restream_token_set_s {
    restream_tokens_t                list;
    ngx_pool_t                      *pool;      /* of regexes; NULL: that of
                                                   the configuration */
    ngx_uint_t                       refs;
};


struct ngx_http_restream_tokens_s {
    ngx_http_restream_token_set_t   *set;       /* in effect */
    ngx_str_t                        path;      /* data NULL: of directives */
    restream_token_stamp_t           stamp;     /* of the file as it was read */
    ngx_thread_pool_t               *thread_pool;
    ngx_event_t                      timer;
    ngx_rtmp_restream_task_t        *task;      /* looks; NULL: none does */
};


static ngx_http_restream_token_set_t *ngx_http_restream_tokens_create_set(
    ngx_pool_t *pool);
static ngx_int_t ngx_http_restream_tokens_read(ngx_conf_t *cf,
    ngx_http_restream_tokens_t *tokens);
static ngx_int_t ngx_http_restream_tokens_compile(
    ngx_http_restream_token_set_t *set, ngx_pool_t *pool, uint32_t from,
    ngx_str_t *err);
static void ngx_http_restream_tokens_timer_handler(ngx_event_t *ev);
static void ngx_http_restream_tokens_run(void *data);
static void ngx_http_restream_tokens_done(void *owner, void *data);
static void ngx_http_restream_tokens_replace(
    ngx_http_restream_tokens_t *tokens, restream_token_file_t *tf);
static void ngx_http_restream_tokens_cleanup(void *data);


ngx_http_restream_tokens_t *
ngx_http_restream_tokens_create(ngx_conf_t *cf, ngx_str_t *path)
{
    ngx_pool_cleanup_t          *cln;
    ngx_http_restream_tokens_t  *tokens;

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_http_restream_tokens_t));
    if (cln == NULL) {
        return NULL;
    }

    tokens = cln->data;
    ngx_memzero(tokens, sizeof(ngx_http_restream_tokens_t));

    cln->handler = ngx_http_restream_tokens_cleanup;

    tokens->set = ngx_http_restream_tokens_create_set(NULL);
    if (tokens->set == NULL) {
        return NULL;
    }

    if (path) {
        tokens->path = *path;

        if (ngx_http_restream_tokens_read(cf, tokens) != NGX_OK) {
            return NULL;
        }
    }

    return tokens;
}


static ngx_http_restream_token_set_t *
ngx_http_restream_tokens_create_set(ngx_pool_t *pool)
{
    ngx_http_restream_token_set_t  *set;

    set = ngx_calloc(sizeof(ngx_http_restream_token_set_t), ngx_cycle->log);
    if (set == NULL) {
        return NULL;
    }

    set->pool = pool;
    set->refs = 1;

    return set;
}


ngx_int_t
ngx_http_restream_tokens_add(ngx_conf_t *cf,
    ngx_http_restream_tokens_t *tokens, ngx_str_t *words, ngx_uint_t n)
{
    u_char                 buf[NGX_MAX_CONF_ERRSTR];
    uint32_t               from;
    ngx_str_t              text;
    restream_token_err_t   err;

    from = tokens->set->list.n;

    if (restream_tokens_add(&tokens->set->list, (restream_str_t *) words,
                            (uint32_t) n, &err)
        != RESTREAM_OK)
    {
        /* the value is not shown: it may be a token itself */

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"restream_api_token\" value: %s",
                           err.text);
        return NGX_ERROR;
    }

    text.len = sizeof(buf);
    text.data = buf;

    if (ngx_http_restream_tokens_compile(tokens->set, cf->pool, from, &text)
        != NGX_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"restream_api_token\" value: %V, expected "
                           "a regular expression behind \"~\"", &text);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_restream_tokens_are_of_file(ngx_http_restream_tokens_t *tokens)
{
    return tokens->path.data != NULL;
}


static ngx_int_t
ngx_http_restream_tokens_read(ngx_conf_t *cf,
    ngx_http_restream_tokens_t *tokens)
{
    u_char                 buf[NGX_MAX_CONF_ERRSTR];
    ngx_int_t              rc;
    ngx_str_t              text;
    restream_token_file_t  *tf;

    rc = NGX_ERROR;

    tf = ngx_calloc(sizeof(restream_token_file_t), cf->log);
    if (tf == NULL) {
        return NGX_ERROR;
    }

    if (tokens->path.len >= sizeof(tf->path)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "file of \"restream_api_token\" has a path that is "
                           "too long, expected one of less than %uz bytes",
                           sizeof(tf->path));
        goto done;
    }

    ngx_memcpy(tf->path, tokens->path.data, tokens->path.len);

    restream_token_file(tf);

    if (tf->rc != RESTREAM_OK && tf->err.line) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "line %uD of \"restream_api_token\" file \"%V\": %s",
                           tf->err.line, &tokens->path, tf->err.text);
        goto done;
    }

    if (tf->rc != RESTREAM_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"restream_api_token\" file \"%V\": %s",
                           &tokens->path, tf->err.text);
        goto done;
    }

    tokens->stamp = tf->stamp;
    tokens->set->list = tf->tokens;

    text.len = sizeof(buf);
    text.data = buf;

    rc = ngx_http_restream_tokens_compile(tokens->set, cf->pool, 0, &text);

    if (rc != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"restream_api_token\" file \"%V\": %V, expected "
                           "a regular expression behind \"~\"",
                           &tokens->path, &text);
    }

done:

    ngx_free(tf);

    return rc;
}


/* of all tokens of a set but the first ones */

static ngx_int_t
ngx_http_restream_tokens_compile(ngx_http_restream_token_set_t *set,
    ngx_pool_t *pool, uint32_t from, ngx_str_t *err)
{
    uint32_t  i;

    for (i = from; i < set->list.n; i++) {
        if (ngx_http_restream_regex_compile(&set->list.list[i].access, pool,
                                            err)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_http_restream_tokens_watch(ngx_http_restream_tokens_t *tokens,
    ngx_thread_pool_t *tp)
{
    if (tp == NULL || tokens->path.data == NULL) {
        return;
    }

    tokens->thread_pool = tp;

    tokens->timer.handler = ngx_http_restream_tokens_timer_handler;
    tokens->timer.data = tokens;
    tokens->timer.log = ngx_cycle->log;
    tokens->timer.cancelable = 1;

    /* at once: the master could read it, a worker need not be allowed to */

    ngx_add_timer(&tokens->timer, 1);
}


static void
ngx_http_restream_tokens_timer_handler(ngx_event_t *ev)
{
    ngx_http_restream_tokens_t *tokens = ev->data;

    restream_token_file_t     *tf;
    ngx_rtmp_restream_task_t  *task;

    task = ngx_rtmp_restream_task_create(sizeof(restream_token_file_t));

    if (task == NULL) {
        ngx_add_timer(ev, NGX_HTTP_RESTREAM_TOKENS_EVERY);
        return;
    }

    tf = task->data;
    ngx_memcpy(tf->path, tokens->path.data, tokens->path.len);
    tf->stamp = tokens->stamp;

    /* as long as nobody has looked */
    tf->rc = RESTREAM_DECLINED;

    task->run = ngx_http_restream_tokens_run;
    task->done = ngx_http_restream_tokens_done;
    task->owner = tokens;
    task->lane = NGX_RTMP_RESTREAM_TASK_FILE;

    tokens->task = task;

    ngx_rtmp_restream_task_post(task, tokens->thread_pool);
}


/* on a pool thread */

static void
ngx_http_restream_tokens_run(void *data)
{
    restream_token_file(data);
}


static void
ngx_http_restream_tokens_done(void *owner, void *data)
{
    ngx_http_restream_tokens_t *tokens = owner;
    restream_token_file_t *tf = data;

    tokens->task = NULL;
    tokens->stamp = tf->stamp;

    if (tf->rc == RESTREAM_OK) {
        ngx_http_restream_tokens_replace(tokens, tf);

    } else if (tf->rc == RESTREAM_ERROR && tf->err.line) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "line %uD of \"restream_api_token\" file \"%V\": %s; "
                      "the tokens of before stay in effect",
                      tf->err.line, &tokens->path, tf->err.text);

    } else if (tf->rc == RESTREAM_ERROR) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "\"restream_api_token\" file \"%V\": %s; the tokens of "
                      "before stay in effect", &tokens->path, tf->err.text);
    }

    ngx_add_timer(&tokens->timer, NGX_HTTP_RESTREAM_TOKENS_EVERY);
}


static void
ngx_http_restream_tokens_replace(ngx_http_restream_tokens_t *tokens,
    restream_token_file_t *tf)
{
    u_char                          buf[NGX_MAX_CONF_ERRSTR];
    ngx_str_t                       text;
    ngx_pool_t                     *pool;
    ngx_http_restream_token_set_t  *set;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    set = pool ? ngx_http_restream_tokens_create_set(pool) : NULL;

    if (set == NULL) {
        restream_tokens_free(&tf->tokens);

        if (pool) {
            ngx_destroy_pool(pool);
        }

        /* the next look is one at a file that was never read */

        ngx_memzero(&tokens->stamp, sizeof(restream_token_stamp_t));
        return;
    }

    set->list = tf->tokens;

    text.len = sizeof(buf);
    text.data = buf;

    if (ngx_http_restream_tokens_compile(set, pool, 0, &text) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "\"restream_api_token\" file \"%V\": %V; the tokens of "
                      "before stay in effect", &tokens->path, &text);

        ngx_http_restream_tokens_release(&set);
        return;
    }

    if (tf->changed) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "\"restream_api_token\" file \"%V\" has changed, it has "
                      "%uD tokens", &tokens->path, set->list.n);
    }

    ngx_http_restream_tokens_release(&tokens->set);
    tokens->set = set;
}


restream_token_t *
ngx_http_restream_tokens_find(ngx_http_restream_tokens_t *tokens,
    u_char *hash, ngx_http_restream_token_set_t **set)
{
    restream_token_t  *token;

    token = (restream_token_t *) restream_tokens_find(&tokens->set->list, hash);

    if (token) {
        *set = tokens->set;
        tokens->set->refs++;
    }

    return token;
}


void
ngx_http_restream_tokens_release(ngx_http_restream_token_set_t **setp)
{
    ngx_http_restream_token_set_t  *set;

    set = *setp;
    *setp = NULL;

    if (set == NULL || --set->refs > 0) {
        return;
    }

    restream_tokens_free(&set->list);

    if (set->pool) {
        ngx_destroy_pool(set->pool);
    }

    ngx_free(set);
}


/* with the configuration */

static void
ngx_http_restream_tokens_cleanup(void *data)
{
    ngx_http_restream_tokens_t *tokens = data;

    ngx_rtmp_restream_task_cancel(&tokens->task);

    if (tokens->timer.timer_set) {
        ngx_del_timer(&tokens->timer);
    }

    ngx_http_restream_tokens_release(&tokens->set);
}
