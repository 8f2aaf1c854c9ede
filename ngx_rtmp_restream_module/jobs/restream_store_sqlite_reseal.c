/*
 * Secrets that are stored as they are, or sealed with a key that is not the
 * first one any more: sealed anew, a few rows at a time, so that the lock is
 * held for milliseconds.
 */

#include "restream_store_sqlite.h"

#include <string.h>


#define RESTREAM_STORE_SQLITE_RESEAL  64        /* rows looked at, a call */


static int restream_store_sqlite_reseal_rows(restream_store_sqlite_t *s,
    restream_store_reseal_t *re, uint64_t *sealed, int64_t *n,
    restream_store_err_t *err);
static int restream_store_sqlite_reseal_row(restream_store_sqlite_t *s,
    sqlite3_stmt *stmt, restream_store_reseal_t *re, uint64_t *sealed,
    restream_store_err_t *err);
static int restream_store_sqlite_reseal_write(restream_store_sqlite_t *s,
    int64_t place, const restream_stream_t *st,
    const restream_destination_t *dst, restream_store_err_t *err);
static int restream_store_sqlite_is_sealed(restream_store_sqlite_t *s,
    sqlite3_stmt *stmt, int column);


int
restream_store_sqlite_reseal(restream_store_t *store,
    restream_store_reseal_t *re, restream_store_err_t *err)
{
    int                       rc;
    int64_t                   n;
    uint64_t                  sealed;
    restream_store_sqlite_t  *s;
    restream_store_reseal_t   next;

    s = (restream_store_sqlite_t *) store;

    if (s->seal == NULL) {
        return RESTREAM_DONE;
    }

    if (restream_store_sqlite_begin(s, 1, err) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    n = 0;
    sealed = 0;
    next = *re;

    rc = restream_store_sqlite_reseal_rows(s, &next, &sealed, &n, err);

    if (rc == RESTREAM_OK && sealed) {
        rc = restream_store_sqlite_commit(s, err);

    } else {
        restream_store_sqlite_rollback(s);
    }

    if (rc != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    next.sealed += sealed;
    *re = next;

    if (n == RESTREAM_STORE_SQLITE_RESEAL) {
        return RESTREAM_OK;
    }

    if (re->sealed) {
        restream_store_sqlite_cut_log(s);
    }

    return RESTREAM_DONE;
}


static int
restream_store_sqlite_reseal_rows(restream_store_sqlite_t *s,
    restream_store_reseal_t *re, uint64_t *sealed, int64_t *n,
    restream_store_err_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    stmt = restream_store_sqlite_query(s, RESTREAM_STORE_SQLITE_SECRETS, err,
                                       "ii", re->place,
                                       (int64_t) RESTREAM_STORE_SQLITE_RESEAL);
    if (stmt == NULL) {
        return RESTREAM_ERROR;
    }

    while ((rc = restream_store_sqlite_step(s, stmt, err)) == RESTREAM_OK) {

        (*n)++;

        if (restream_store_sqlite_reseal_row(s, stmt, re, sealed, err)
            != RESTREAM_OK)
        {
            restream_store_sqlite_reset(stmt);
            return RESTREAM_ERROR;
        }
    }

    return rc == RESTREAM_DONE ? RESTREAM_OK : RESTREAM_ERROR;
}


/* a row that cannot be read is left for the day its key is given again */

static int
restream_store_sqlite_reseal_row(restream_store_sqlite_t *s,
    sqlite3_stmt *stmt, restream_store_reseal_t *re, uint64_t *sealed,
    restream_store_err_t *err)
{
    int                      rc;
    restream_stream_t        st;
    restream_store_err_t     why;
    restream_destination_t   dst;

    re->place = sqlite3_column_int64(stmt, 0);

    if (restream_store_sqlite_is_sealed(s, stmt, 4)
        && restream_store_sqlite_is_sealed(s, stmt, 5))
    {
        return RESTREAM_OK;
    }

    memset(&st, 0, sizeof(restream_stream_t));
    memset(&dst, 0, sizeof(restream_destination_t));

    dst.id = (uint64_t) sqlite3_column_int64(stmt, 1);
    st.app = (char *) sqlite3_column_text(stmt, 2);
    st.name = (char *) sqlite3_column_text(stmt, 3);

    if (st.app == NULL || st.name == NULL) {
        return restream_store_sqlite_failed(s, SQLITE_NOMEM, err);
    }

    if (restream_store_sqlite_secret(s, stmt, 4, RESTREAM_STORE_SQLITE_URL,
                                     &st, dst.id, &dst.url, &why)
           != RESTREAM_OK
        || restream_store_sqlite_secret(s, stmt, 5, RESTREAM_STORE_SQLITE_KEY,
                                        &st, dst.id, &dst.key, &why)
           != RESTREAM_OK)
    {
        re->lost++;
        rc = RESTREAM_OK;

    } else {
        (*sealed)++;
        rc = restream_store_sqlite_reseal_write(s, re->place, &st, &dst, err);
    }

    restream_destination_clear(&dst);

    return rc;
}


static int
restream_store_sqlite_reseal_write(restream_store_sqlite_t *s, int64_t place,
    const restream_stream_t *st, const restream_destination_t *dst,
    restream_store_err_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    stmt = restream_store_sqlite_query(s, RESTREAM_STORE_SQLITE_SET_SECRETS,
                                       err, "i__", place);
    if (stmt == NULL) {
        return RESTREAM_ERROR;
    }

    if (restream_store_sqlite_bind_secret(s, stmt, 2,
                                          RESTREAM_STORE_SQLITE_URL, st,
                                          dst->id, dst->url, err)
           != RESTREAM_OK
        || restream_store_sqlite_bind_secret(s, stmt, 3,
                                             RESTREAM_STORE_SQLITE_KEY, st,
                                             dst->id, dst->key, err)
           != RESTREAM_OK)
    {
        restream_store_sqlite_reset(stmt);
        return RESTREAM_ERROR;
    }

    rc = restream_store_sqlite_step(s, stmt, err);

    return rc == RESTREAM_DONE ? RESTREAM_OK : RESTREAM_ERROR;
}


/* 1: with the first key */

static int
restream_store_sqlite_is_sealed(restream_store_sqlite_t *s,
    sqlite3_stmt *stmt, int column)
{
    restream_str_t  sealed;

    if (sqlite3_column_type(stmt, column) != SQLITE_BLOB) {
        return 0;
    }

    sealed.data = (uint8_t *) sqlite3_column_blob(stmt, column);
    sealed.len = (size_t) sqlite3_column_bytes(stmt, column);

    return restream_seal_is_first(s->seal, sealed);
}
