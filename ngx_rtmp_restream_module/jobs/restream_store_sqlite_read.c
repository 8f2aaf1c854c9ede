/* Reading a stream out of the SQLite store, all of it as of one moment. */

#include "restream_store_sqlite.h"

#include <stdlib.h>
#include <string.h>


static int restream_store_sqlite_destinations(restream_store_sqlite_t *s,
    int secrets, restream_store_sqlite_stream_t *stream,
    restream_store_err_t *err);
static int restream_store_sqlite_destination(restream_store_sqlite_t *s,
    sqlite3_stmt *stmt, int secrets, const restream_stream_t *st,
    restream_destination_t *dst, restream_store_err_t *err);
static int restream_store_sqlite_switches(restream_store_sqlite_t *s,
    restream_store_sqlite_stream_t *stream, restream_store_err_t *err);
static void *restream_store_sqlite_grow(void *items, uint32_t n, size_t size);


int
restream_store_sqlite_get(restream_store_t *store, const char *app,
    const char *name, restream_stream_t **st, uint64_t *revision,
    restream_store_err_t *err)
{
    int                              rc;
    uint64_t                         now;
    restream_store_sqlite_t         *s;
    restream_store_sqlite_stream_t   stream;

    s = (restream_store_sqlite_t *) store;
    *st = NULL;

    if (restream_store_sqlite_begin(s, 0, err) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    stream.st = NULL;

    rc = restream_store_sqlite_number(s, RESTREAM_STORE_SQLITE_REVISION, &now,
                                      err);

    if (rc == RESTREAM_OK) {
        rc = restream_store_sqlite_load(s, app, name, 1, &stream, err);
    }

    restream_store_sqlite_rollback(s);

    if (rc != RESTREAM_OK) {
        return rc;
    }

    if (revision) {
        *revision = now;
    }

    *st = stream.st;

    return stream.st ? RESTREAM_OK : RESTREAM_DECLINED;
}


int
restream_store_sqlite_load(restream_store_sqlite_t *s, const char *app,
    const char *name, int secrets, restream_store_sqlite_stream_t *stream,
    restream_store_err_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    stream->st = NULL;

    stmt = restream_store_sqlite_query(s, RESTREAM_STORE_SQLITE_STREAM, err,
                                       "tt", app, name);
    if (stmt == NULL) {
        return RESTREAM_ERROR;
    }

    rc = restream_store_sqlite_step(s, stmt, err);

    if (rc != RESTREAM_OK) {
        return rc == RESTREAM_DONE ? RESTREAM_OK : RESTREAM_ERROR;
    }

    rc = restream_store_sqlite_stream(s, stmt, stream, err);
    restream_store_sqlite_reset(stmt);

    if (rc == RESTREAM_OK) {
        rc = restream_store_sqlite_children(s, secrets, stream, err);
    }

    if (rc != RESTREAM_OK) {
        restream_stream_destroy(&stream->st);
    }

    return rc;
}


int
restream_store_sqlite_stream(restream_store_sqlite_t *s, sqlite3_stmt *stmt,
    restream_store_sqlite_stream_t *stream, restream_store_err_t *err)
{
    restream_stream_t  *st;

    st = calloc(1, sizeof(restream_stream_t));
    if (st == NULL) {
        return restream_store_sqlite_failed(s, SQLITE_NOMEM, err);
    }

    stream->st = st;
    stream->row = sqlite3_column_int64(stmt, 0);

    st->configured = sqlite3_column_int(stmt, 3);
    st->maximum = (uint32_t) sqlite3_column_int64(stmt, 4);
    st->version = (uint64_t) sqlite3_column_int64(stmt, 5);
    st->revision = (uint64_t) sqlite3_column_int64(stmt, 6);
    st->created_at = (uint64_t) sqlite3_column_int64(stmt, 7);
    st->updated_at = (uint64_t) sqlite3_column_int64(stmt, 8);

    if (restream_store_sqlite_text(s, stmt, 1, &st->app, err) != RESTREAM_OK
        || restream_store_sqlite_text(s, stmt, 2, &st->name, err)
           != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


int
restream_store_sqlite_children(restream_store_sqlite_t *s, int secrets,
    restream_store_sqlite_stream_t *stream, restream_store_err_t *err)
{
    if (restream_store_sqlite_destinations(s, secrets, stream, err)
        != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    return restream_store_sqlite_switches(s, stream, err);
}


static int
restream_store_sqlite_destinations(restream_store_sqlite_t *s, int secrets,
    restream_store_sqlite_stream_t *stream, restream_store_err_t *err)
{
    int                      rc;
    sqlite3_stmt            *stmt;
    restream_stream_t       *st;
    restream_destination_t  *dst;

    st = stream->st;

    stmt = restream_store_sqlite_query(s, RESTREAM_STORE_SQLITE_DESTINATIONS,
                                       err, "i", stream->row);
    if (stmt == NULL) {
        return RESTREAM_ERROR;
    }

    while ((rc = restream_store_sqlite_step(s, stmt, err)) == RESTREAM_OK) {

        dst = restream_store_sqlite_grow(st->destinations, st->ndestinations,
                                         sizeof(restream_destination_t));
        if (dst == NULL) {
            restream_store_sqlite_reset(stmt);
            return restream_store_sqlite_failed(s, SQLITE_NOMEM, err);
        }

        st->destinations = dst;
        dst += st->ndestinations++;

        if (restream_store_sqlite_destination(s, stmt, secrets, st, dst, err)
            != RESTREAM_OK)
        {
            restream_store_sqlite_reset(stmt);
            return RESTREAM_ERROR;
        }
    }

    return rc == RESTREAM_DONE ? RESTREAM_OK : RESTREAM_ERROR;
}


static int
restream_store_sqlite_destination(restream_store_sqlite_t *s,
    sqlite3_stmt *stmt, int secrets, const restream_stream_t *st,
    restream_destination_t *dst, restream_store_err_t *err)
{
    memset(dst, 0, sizeof(restream_destination_t));

    dst->id = (uint64_t) sqlite3_column_int64(stmt, 0);
    dst->version = (uint64_t) sqlite3_column_int64(stmt, 1);
    dst->created_at = (uint64_t) sqlite3_column_int64(stmt, 2);
    dst->updated_at = (uint64_t) sqlite3_column_int64(stmt, 3);
    dst->enabled = sqlite3_column_int(stmt, 4);

    if (restream_store_sqlite_text(s, stmt, 5, &dst->name, err) != RESTREAM_OK
        || restream_store_sqlite_text(s, stmt, 8, &dst->title, err)
           != RESTREAM_OK
        || restream_store_sqlite_text(s, stmt, 9, &dst->description, err)
           != RESTREAM_OK
        || restream_store_sqlite_text(s, stmt, 10, &dst->audio, err)
           != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    if (!secrets) {
        dst->url = strdup("");
        dst->key = strdup("");

        return dst->url && dst->key
               ? RESTREAM_OK
               : restream_store_sqlite_failed(s, SQLITE_NOMEM, err);
    }

    if (restream_store_sqlite_secret(s, stmt, 6, RESTREAM_STORE_SQLITE_URL, st,
                                     dst->id, &dst->url, err)
        != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    return restream_store_sqlite_secret(s, stmt, 7, RESTREAM_STORE_SQLITE_KEY,
                                        st, dst->id, &dst->key, err);
}


static int
restream_store_sqlite_switches(restream_store_sqlite_t *s,
    restream_store_sqlite_stream_t *stream, restream_store_err_t *err)
{
    int                 rc;
    sqlite3_stmt       *stmt;
    restream_stream_t  *st;
    restream_switch_t  *sw;

    st = stream->st;

    stmt = restream_store_sqlite_query(s, RESTREAM_STORE_SQLITE_SWITCHES, err,
                                       "i", stream->row);
    if (stmt == NULL) {
        return RESTREAM_ERROR;
    }

    while ((rc = restream_store_sqlite_step(s, stmt, err)) == RESTREAM_OK) {

        sw = restream_store_sqlite_grow(st->switches, st->nswitches,
                                        sizeof(restream_switch_t));
        if (sw == NULL) {
            restream_store_sqlite_reset(stmt);
            return restream_store_sqlite_failed(s, SQLITE_NOMEM, err);
        }

        st->switches = sw;
        sw += st->nswitches++;

        sw->enabled = sqlite3_column_int(stmt, 1);

        if (restream_store_sqlite_text(s, stmt, 0, &sw->name, err)
            != RESTREAM_OK)
        {
            restream_store_sqlite_reset(stmt);
            return RESTREAM_ERROR;
        }
    }

    return rc == RESTREAM_DONE ? RESTREAM_OK : RESTREAM_ERROR;
}


/* Room for one more: there is as much as the next power of two. */

static void *
restream_store_sqlite_grow(void *items, uint32_t n, size_t size)
{
    if (n & (n - 1)) {
        return items;
    }

    return realloc(items, (n ? 2 * (size_t) n : 1) * size);
}
