/*
 * The store's port: finds the backend of a dsn and passes calls on to it.
 */

#include "restream_store.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "restream_store_backend.h"


static const restream_store_backend_t *restream_store_find(const char *dsn,
    const char **address, restream_store_err_t *err);


static const restream_store_backend_t  *restream_store_backends[] = {
    &restream_store_sqlite,
    NULL
};


int
restream_store_check(const char *dsn, restream_store_err_t *err)
{
    const char                      *address;
    const restream_store_backend_t  *backend;

    backend = restream_store_find(dsn, &address, err);
    if (backend == NULL) {
        return RESTREAM_ERROR;
    }

    return backend->check(address, err);
}


restream_store_t *
restream_store_open(const char *dsn, const restream_store_keys_t *keys,
    restream_store_err_t *err)
{
    const char                      *address;
    restream_store_t                *store;
    const restream_store_backend_t  *backend;

    backend = restream_store_find(dsn, &address, err);
    if (backend == NULL) {
        return NULL;
    }

    store = backend->open(address, keys, err);

    if (store) {
        store->backend = backend;
    }

    return store;
}


static const restream_store_backend_t *
restream_store_find(const char *dsn, const char **address,
    restream_store_err_t *err)
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

    /* the text may hold a password one day and is not repeated */

    restream_store_error(err, RESTREAM_STORE_UNAVAILABLE,
                         "unknown kind of store, \"%s\" was expected",
                         restream_store_backends[0]->form);

    return NULL;
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


void
restream_store_error(restream_store_err_t *err, restream_store_error_e code,
    const char *fmt, ...)
{
    va_list  args;

    err->code = code;

    va_start(args, fmt);
    (void) vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
}
