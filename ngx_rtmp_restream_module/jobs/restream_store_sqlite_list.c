/*
 * A page of streams of the SQLite store, as of one moment: the rows of streams
 * first, by a scan of their index from where the last page ended, then what
 * belongs to each.
 */

#include "restream_store_sqlite.h"

#include <stdlib.h>
#include <string.h>


#define RESTREAM_STORE_SQLITE_PAGE_MAX  1000

/* bytes of a text to search for that can be part of something */

#define RESTREAM_STORE_SQLITE_Q_MAX     (4 * RESTREAM_TITLE_MAX)


static int restream_store_sqlite_page(restream_store_sqlite_t *s,
    const restream_store_filter_t *filter, uint32_t limit,
    restream_store_sqlite_stream_t *page, uint32_t *n,
    restream_store_err_t *err);
static sqlite3_stmt *restream_store_sqlite_page_query(
    restream_store_sqlite_t *s, const restream_store_filter_t *filter,
    uint32_t limit, const char *like, restream_store_err_t *err);
static int restream_store_sqlite_is_empty(
    const restream_store_filter_t *filter);
static void restream_store_sqlite_like(const char *q, char *like);


int
restream_store_sqlite_list(restream_store_t *store,
    const restream_store_filter_t *filter, restream_stream_t ***list,
    uint32_t *n, restream_store_err_t *err)
{
    int                              rc;
    uint32_t                         i, limit;
    restream_store_sqlite_t         *s;
    restream_store_sqlite_stream_t  *page;

    s = (restream_store_sqlite_t *) store;
    *list = NULL;
    *n = 0;

    limit = filter->limit;

    if (limit == 0 || limit > RESTREAM_STORE_SQLITE_PAGE_MAX) {
        limit = RESTREAM_STORE_SQLITE_PAGE_MAX;
    }

    page = calloc(limit, sizeof(restream_store_sqlite_stream_t));
    *list = calloc(limit, sizeof(restream_stream_t *));

    if (page == NULL || *list == NULL) {
        rc = restream_store_sqlite_failed(s, SQLITE_NOMEM, err);
        goto done;
    }

    rc = restream_store_sqlite_begin(s, 0, err);

    if (rc == RESTREAM_OK) {
        rc = restream_store_sqlite_page(s, filter, limit, page, n, err);
        restream_store_sqlite_rollback(s);
    }

    for (i = 0; i < *n; i++) {
        if (rc == RESTREAM_OK) {
            (*list)[i] = page[i].st;

        } else {
            restream_stream_destroy(&page[i].st);
        }
    }

done:

    free(page);

    if (rc != RESTREAM_OK) {
        free(*list);
        *list = NULL;
        *n = 0;
    }

    return rc;
}


/* on ERROR, too, *n streams have been begun */

static int
restream_store_sqlite_page(restream_store_sqlite_t *s,
    const restream_store_filter_t *filter, uint32_t limit,
    restream_store_sqlite_stream_t *page, uint32_t *n,
    restream_store_err_t *err)
{
    int            rc;
    char           like[2 * RESTREAM_STORE_SQLITE_Q_MAX + sizeof("%%")];
    uint32_t       i;
    sqlite3_stmt  *stmt;

    if (restream_store_sqlite_is_empty(filter)) {
        return RESTREAM_OK;
    }

    like[0] = '\0';

    if (filter->q && filter->q[0]) {
        restream_store_sqlite_like(filter->q, like);
    }

    stmt = restream_store_sqlite_page_query(s, filter, limit,
                                            like[0] ? like : NULL, err);
    if (stmt == NULL) {
        return RESTREAM_ERROR;
    }

    while ((rc = restream_store_sqlite_step(s, stmt, err)) == RESTREAM_OK) {

        if (restream_store_sqlite_stream(s, stmt, &page[(*n)++], err)
            != RESTREAM_OK)
        {
            restream_store_sqlite_reset(stmt);
            return RESTREAM_ERROR;
        }
    }

    if (rc != RESTREAM_DONE) {
        return RESTREAM_ERROR;
    }

    for (i = 0; i < *n; i++) {
        if (restream_store_sqlite_children(s, 1, &page[i], err)
            != RESTREAM_OK)
        {
            return RESTREAM_ERROR;
        }
    }

    return RESTREAM_OK;
}


/* no name is empty, so that all of them are behind "" */

static sqlite3_stmt *
restream_store_sqlite_page_query(restream_store_sqlite_t *s,
    const restream_store_filter_t *filter, uint32_t limit, const char *like,
    restream_store_err_t *err)
{
    const char  *app, *name;

    app = filter->after_app ? filter->after_app : "";
    name = filter->after_app ? filter->after_name : "";

    if (filter->app == NULL) {
        return restream_store_sqlite_query(s, RESTREAM_STORE_SQLITE_LIST, err,
                                           "ttit", app, name, (int64_t) limit,
                                           like);
    }

    if (strcmp(app, filter->app) < 0) {
        name = "";
    }

    return restream_store_sqlite_query(s, RESTREAM_STORE_SQLITE_LIST_APP, err,
                                       "ttit", filter->app, name,
                                       (int64_t) limit, like);
}


/* what no index has to be asked for */

static int
restream_store_sqlite_is_empty(const restream_store_filter_t *filter)
{
    if (filter->q && strlen(filter->q) > RESTREAM_STORE_SQLITE_Q_MAX) {
        return 1;
    }

    return filter->app && filter->after_app
           && strcmp(filter->after_app, filter->app) > 0;
}


/* LIKE folds the case of ASCII, as it should; its signs are escaped */

static void
restream_store_sqlite_like(const char *q, char *like)
{
    *like++ = '%';

    for ( /* void */ ; *q; q++) {
        if (*q == '%' || *q == '_' || *q == '\\') {
            *like++ = '\\';
        }

        *like++ = *q;
    }

    *like++ = '%';
    *like = '\0';
}
