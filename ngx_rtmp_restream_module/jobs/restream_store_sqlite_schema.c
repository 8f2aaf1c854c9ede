/*
 * The tables, and how those of older versions become them.
 *
 * The version is SQLite's user_version: the number of steps that have been
 * taken.  A step that was released is never changed; what comes later is a
 * step of its own.
 */

#include "restream_store_sqlite.h"

#include <stdio.h>


#define RESTREAM_STORE_SQLITE_ID  1920169069        /* "rstm" */
#define RESTREAM_STORE_SQLITE_STRING(n)   RESTREAM_STORE_SQLITE_STRING_(n)
#define RESTREAM_STORE_SQLITE_STRING_(n)  #n


static int restream_store_sqlite_check(restream_store_sqlite_t *s, int n,
    int *version, restream_store_err_t *err);
static int restream_store_sqlite_steps(restream_store_sqlite_t *s,
    const char *const *steps, int n, restream_store_err_t *err);


const char *const  restream_store_sqlite_schema[] = {

    /* a revision is a time in ms, or more; place is the order of making; url
     * and key are text, or a blob when sealed */

    "PRAGMA application_id = "
        RESTREAM_STORE_SQLITE_STRING(RESTREAM_STORE_SQLITE_ID) ";"

    "CREATE TABLE store ("
    "    revision INTEGER NOT NULL"
    ") STRICT;"

    "INSERT INTO store VALUES (strftime('%s', 'now') * 1000);"

    "CREATE TABLE streams ("
    "    id INTEGER PRIMARY KEY,"
    "    app TEXT NOT NULL,"
    "    name TEXT NOT NULL,"
    "    configured INTEGER NOT NULL,"
    "    maximum INTEGER NOT NULL,"
    "    version INTEGER NOT NULL,"
    "    revision INTEGER NOT NULL,"
    "    created_at INTEGER NOT NULL,"
    "    updated_at INTEGER NOT NULL,"
    "    UNIQUE (app, name)"
    ") STRICT;"

    "CREATE INDEX streams_configured ON streams (app, name)"
    "    WHERE configured = 1;"

    "CREATE TABLE destinations ("
    "    place INTEGER PRIMARY KEY,"
    "    id INTEGER NOT NULL UNIQUE,"
    "    stream INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,"
    "    version INTEGER NOT NULL,"
    "    created_at INTEGER NOT NULL,"
    "    updated_at INTEGER NOT NULL,"
    "    enabled INTEGER NOT NULL,"
    "    name TEXT NOT NULL,"
    "    url ANY NOT NULL,"
    "    key ANY NOT NULL,"
    "    title TEXT,"
    "    description TEXT,"
    "    audio TEXT,"
    "    UNIQUE (stream, name)"
    ") STRICT;"

    "CREATE TABLE switches ("
    "    stream INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,"
    "    name TEXT NOT NULL,"
    "    enabled INTEGER NOT NULL,"
    "    PRIMARY KEY (stream, name)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE requests ("
    "    who TEXT NOT NULL,"
    "    key TEXT NOT NULL,"
    "    hash BLOB NOT NULL,"
    "    app TEXT NOT NULL,"
    "    name TEXT NOT NULL,"
    "    destination INTEGER NOT NULL,"
    "    created_at INTEGER NOT NULL,"
    "    PRIMARY KEY (who, key)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE INDEX requests_by_age ON requests (created_at);",

    /* retired is the highest version that has lost its name; the hash of a
     * request is a MAC */

    "ALTER TABLE store ADD COLUMN retired INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE store ADD COLUMN secret BLOB NOT NULL DEFAULT x'';"

    "UPDATE store SET secret = restream_secret();"

    "UPDATE requests SET hash = restream_mac((SELECT secret FROM store),"
    "                                        hash);"
};

const int  restream_store_sqlite_nschema =
               sizeof(restream_store_sqlite_schema)
               / sizeof(restream_store_sqlite_schema[0]);


int
restream_store_sqlite_migrate(restream_store_sqlite_t *s,
    const char *const *steps, int n, restream_store_err_t *err)
{
    int  rc, version;

    if (restream_store_sqlite_check(s, n, &version, err) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    s->schema = n;

    if (version == n) {
        return RESTREAM_OK;
    }

    if (s->read_only) {
        return restream_store_sqlite_failed(s, SQLITE_READONLY, err);
    }

    rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (rc != SQLITE_OK) {
        return restream_store_sqlite_failed(s, rc, err);
    }

    if (restream_store_sqlite_steps(s, steps, n, err) == RESTREAM_OK) {
        return RESTREAM_OK;
    }

    (void) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);

    return RESTREAM_ERROR;
}


/*
 * Is it ours, and not of a later version?  Asked by one statement, since
 * another process may be making it.
 */

static int
restream_store_sqlite_check(restream_store_sqlite_t *s, int n, int *version,
    restream_store_err_t *err)
{
    int            rc;
    int64_t        found, id, objects;
    sqlite3_stmt  *stmt;

    rc = sqlite3_prepare_v2(s->db,
                            "SELECT user_version, application_id,"
                            " (SELECT count(*) FROM sqlite_schema)"
                            " FROM pragma_user_version, pragma_application_id",
                            -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
    }

    if (rc != SQLITE_ROW) {
        (void) restream_store_sqlite_failed(s, rc, err);
        (void) sqlite3_finalize(stmt);
        return RESTREAM_ERROR;
    }

    found = sqlite3_column_int64(stmt, 0);
    id = sqlite3_column_int64(stmt, 1);
    objects = sqlite3_column_int64(stmt, 2);

    (void) sqlite3_finalize(stmt);

    if (id != RESTREAM_STORE_SQLITE_ID
        && (id != 0 || found != 0 || objects != 0))
    {
        restream_store_error(err, RESTREAM_STORE_UNAVAILABLE,
                             "the store is another program's database",
                             "another program's database, give \"restream_"
                             "store\" a file of its own: \"%s\"", s->path);
        return RESTREAM_ERROR;
    }

    if (found < 0 || found > n) {
        restream_store_error(err, RESTREAM_STORE_UNAVAILABLE,
                             "the store was written by a newer version of this"
                             " module",
                             "the store was written by a newer version of this"
                             " module (%lld, this one knows %d), install that"
                             " or restore a backup: \"%s\"",
                             (long long) found, n, s->path);
        return RESTREAM_ERROR;
    }

    *version = (int) found;

    return RESTREAM_OK;
}


static int
restream_store_sqlite_steps(restream_store_sqlite_t *s,
    const char *const *steps, int n, restream_store_err_t *err)
{
    int   rc, version;
    char  set[sizeof("PRAGMA user_version = -2147483648")];

    /* another process may have been faster */

    if (restream_store_sqlite_check(s, n, &version, err) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    for ( /* void */ ; version < n; version++) {
        rc = sqlite3_exec(s->db, steps[version], NULL, NULL, NULL);
        if (rc != SQLITE_OK) {
            return restream_store_sqlite_failed(s, rc, err);
        }
    }

    (void) snprintf(set, sizeof(set), "PRAGMA user_version = %d", n);

    rc = sqlite3_exec(s->db, set, NULL, NULL, NULL);

    if (rc == SQLITE_OK) {
        rc = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
    }

    return rc == SQLITE_OK ? RESTREAM_OK
                           : restream_store_sqlite_failed(s, rc, err);
}
