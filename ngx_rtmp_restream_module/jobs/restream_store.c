/*
 * The store's port: finds the backend of a dsn and passes calls on to it.
 */

#include "restream_store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "restream_store_backend.h"


static const restream_store_backend_t *restream_store_find(const char *dsn,
    const char **address);
static void restream_store_unknown(restream_store_err_t *err);


/* the first one is the default */

static const restream_store_backend_t  *restream_store_backends[] = {
    &restream_store_sqlite,
    NULL
};


const char *
restream_store_scheme(void)
{
    return restream_store_backends[0]->prefix;
}


int
restream_store_check(const char *dsn, restream_store_err_t *err)
{
    const char                      *address;
    const restream_store_backend_t  *backend;

    backend = restream_store_find(dsn, &address);
    if (backend == NULL) {
        restream_store_unknown(err);
        return RESTREAM_ERROR;
    }

    return backend->check(address, err);
}


int
restream_store_locate(const char *dsn, const char *prefix, char **located,
    char **directory)
{
    int                              rc;
    char                            *completed;
    size_t                           size;
    const char                      *address;
    const restream_store_backend_t  *backend;

    *located = NULL;
    *directory = NULL;

    backend = restream_store_find(dsn, &address);

    if (backend == NULL
        || backend->locate(address, prefix, &completed, directory)
           != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    rc = RESTREAM_ERROR;
    size = strlen(backend->prefix) + strlen(completed) + 1;

    *located = malloc(size);

    if (*located) {
        (void) snprintf(*located, size, "%s%s", backend->prefix, completed);
        rc = RESTREAM_OK;

    } else {
        free(*directory);
        *directory = NULL;
    }

    free(completed);

    return rc;
}


restream_store_t *
restream_store_open(const char *dsn, const restream_store_keys_t *keys,
    restream_store_err_t *err)
{
    const char                      *address;
    restream_store_t                *store;
    const restream_store_backend_t  *backend;

    backend = restream_store_find(dsn, &address);
    if (backend == NULL) {
        restream_store_unknown(err);
        return NULL;
    }

    store = backend->open(address, keys, err);

    if (store) {
        store->backend = backend;
    }

    return store;
}


static const restream_store_backend_t *
restream_store_find(const char *dsn, const char **address)
{
    size_t                            len;
    const restream_store_backend_t  **backend;

    for (backend = restream_store_backends; *backend; backend++) {
        len = strlen((*backend)->prefix);

        if (strncmp(dsn, (*backend)->prefix, len) == 0) {
            *address = dsn + len;
            return *backend;
        }
    }

    return NULL;
}


/* the text may hold a password one day and is not repeated */

static void
restream_store_unknown(restream_store_err_t *err)
{
    restream_store_error(err, RESTREAM_STORE_UNAVAILABLE,
                         "the store cannot be opened",
                         "unknown kind of store, \"%s\" was expected",
                         restream_store_backends[0]->form);
}


void
restream_store_close(restream_store_t **store)
{
    if (*store) {
        (*store)->backend->close(*store);
        *store = NULL;
    }
}


int
restream_store_change(restream_store_t *store,
    const restream_change_t *change, restream_change_outcome_t *outcome,
    restream_store_err_t *err)
{
    return store->backend->change(store, change, outcome, err);
}


int
restream_store_get(restream_store_t *store, const char *app, const char *name,
    restream_stream_t **st, uint64_t *revision, restream_store_err_t *err)
{
    return store->backend->get(store, app, name, st, revision, err);
}


int
restream_store_list(restream_store_t *store,
    const restream_store_filter_t *filter, restream_stream_t ***list,
    uint32_t *n, restream_store_err_t *err)
{
    return store->backend->list(store, filter, list, n, err);
}


int
restream_store_reseal(restream_store_t *store, restream_store_reseal_t *re,
    restream_store_err_t *err)
{
    return store->backend->reseal(store, re, err);
}


void
restream_store_error(restream_store_err_t *err, restream_store_error_e code,
    const char *told, const char *fmt, ...)
{
    va_list  args;

    err->code = code;
    err->told = told;

    va_start(args, fmt);
    (void) vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
}
