/*
 * Statements of the SQLite backend: prepared at their first use, kept for as
 * long as the file is open, and reset with nothing left in them, for what is
 * bound is borrowed.
 */

#include "restream_store_sqlite.h"

#include <stdarg.h>
#include <string.h>


static sqlite3_stmt *restream_store_sqlite_prepare(restream_store_sqlite_t *s,
    restream_store_sqlite_statement_e id, restream_store_err_t *err,
    const char *fmt, va_list args);
static int restream_store_sqlite_bind(sqlite3_stmt *stmt, const char *fmt,
    va_list args);


#define X(name, sql)  sql,

static const char *const  restream_store_sqlite_sql[] = {
    RESTREAM_STORE_SQLITE_STATEMENTS(X)
};

#undef X


int
restream_store_sqlite_run(restream_store_sqlite_t *s,
    restream_store_sqlite_statement_e id, restream_store_err_t *err,
    const char *fmt, ...)
{
    int            rc;
    va_list        args;
    sqlite3_stmt  *stmt;

    va_start(args, fmt);
    stmt = restream_store_sqlite_prepare(s, id, err, fmt, args);
    va_end(args);

    if (stmt == NULL) {
        return RESTREAM_ERROR;
    }

    rc = restream_store_sqlite_step(s, stmt, err);

    return rc == RESTREAM_DONE ? RESTREAM_OK : RESTREAM_ERROR;
}


sqlite3_stmt *
restream_store_sqlite_query(restream_store_sqlite_t *s,
    restream_store_sqlite_statement_e id, restream_store_err_t *err,
    const char *fmt, ...)
{
    va_list        args;
    sqlite3_stmt  *stmt;

    va_start(args, fmt);
    stmt = restream_store_sqlite_prepare(s, id, err, fmt, args);
    va_end(args);

    return stmt;
}


static sqlite3_stmt *
restream_store_sqlite_prepare(restream_store_sqlite_t *s,
    restream_store_sqlite_statement_e id, restream_store_err_t *err,
    const char *fmt, va_list args)
{
    int            rc;
    sqlite3_stmt  *stmt;

    if (s->statements[id] == NULL) {
        rc = sqlite3_prepare_v3(s->db, restream_store_sqlite_sql[id], -1,
                                SQLITE_PREPARE_PERSISTENT, &s->statements[id],
                                NULL);
        if (rc != SQLITE_OK) {
            (void) restream_store_sqlite_failed(s, rc, err);
            return NULL;
        }
    }

    stmt = s->statements[id];

    rc = restream_store_sqlite_bind(stmt, fmt, args);

    if (rc != SQLITE_OK) {
        restream_store_sqlite_reset(stmt);
        (void) restream_store_sqlite_failed(s, rc, err);
        return NULL;
    }

    return stmt;
}


static int
restream_store_sqlite_bind(sqlite3_stmt *stmt, const char *fmt, va_list args)
{
    int   i, rc;

    rc = SQLITE_OK;

    for (i = 1; *fmt && rc == SQLITE_OK; i++, fmt++) {

        switch (*fmt) {

        case 'i':
            rc = sqlite3_bind_int64(stmt, i, va_arg(args, int64_t));
            break;

        case 'u':
            rc = sqlite3_bind_int64(stmt, i,
                                    (int64_t) va_arg(args, uint64_t));
            break;

        case 'h':
            rc = sqlite3_bind_blob(stmt, i, va_arg(args, const uint8_t *), 32,
                                   SQLITE_STATIC);
            break;

        case '_':
            break;

        default: /* 't' */
            rc = sqlite3_bind_text(stmt, i, va_arg(args, const char *), -1,
                                   SQLITE_STATIC);
        }
    }

    return rc;
}


int
restream_store_sqlite_step(restream_store_sqlite_t *s, sqlite3_stmt *stmt,
    restream_store_err_t *err)
{
    int  rc;

    rc = sqlite3_step(stmt);

    if (rc == SQLITE_ROW) {
        return RESTREAM_OK;
    }

    /* before the reset, which may lose the system's error */

    if (rc != SQLITE_DONE) {
        (void) restream_store_sqlite_failed(s, rc, err);
    }

    restream_store_sqlite_reset(stmt);

    return rc == SQLITE_DONE ? RESTREAM_DONE : RESTREAM_ERROR;
}


void
restream_store_sqlite_reset(sqlite3_stmt *stmt)
{
    (void) sqlite3_reset(stmt);
    (void) sqlite3_clear_bindings(stmt);
}


int
restream_store_sqlite_text(restream_store_sqlite_t *s, sqlite3_stmt *stmt,
    int column, char **text, restream_store_err_t *err)
{
    const char  *value;

    *text = NULL;

    if (sqlite3_column_type(stmt, column) == SQLITE_NULL) {
        return RESTREAM_OK;
    }

    value = (const char *) sqlite3_column_text(stmt, column);

    if (value) {
        *text = strdup(value);
    }

    return *text ? RESTREAM_OK
                 : restream_store_sqlite_failed(s, SQLITE_NOMEM, err);
}


int
restream_store_sqlite_number(restream_store_sqlite_t *s,
    restream_store_sqlite_statement_e id, uint64_t *n,
    restream_store_err_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    stmt = restream_store_sqlite_query(s, id, err, "");
    if (stmt == NULL) {
        return RESTREAM_ERROR;
    }

    rc = restream_store_sqlite_step(s, stmt, err);

    if (rc == RESTREAM_OK) {
        *n = (uint64_t) sqlite3_column_int64(stmt, 0);
        restream_store_sqlite_reset(stmt);
        return RESTREAM_OK;
    }

    return rc == RESTREAM_DONE
           ? restream_store_sqlite_failed(s, SQLITE_CORRUPT, err)
           : RESTREAM_ERROR;
}
