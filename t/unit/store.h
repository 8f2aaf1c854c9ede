/*
 * A store in a directory of its own, for the tests of the store.
 *
 * The file is also looked at from below, by a connection of the test's own.
 */

#ifndef _STORE_H_INCLUDED_
#define _STORE_H_INCLUDED_


#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "jobs/restream_store.h"


static char                        store_dir[256];
static char                        store_path[300];
static char                        store_dsn[320];
static restream_store_t           *store;
static restream_store_err_t        store_err;
static restream_change_outcome_t   outcome;     /* of the last change */


static inline void
store_name(const char *name)
{
    snprintf(store_path, sizeof(store_path), "%s/%s", store_dir, name);
    snprintf(store_dsn, sizeof(store_dsn), "sqlite:%s", store_path);
}


/* makes the directory, in memory, where syncing is quick; no file yet */

static inline void
store_init(void)
{
    snprintf(store_dir, sizeof(store_dir), "%s/restream-unit-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");

    if (mkdtemp(store_dir) == NULL) {
        perror("mkdtemp()");
        exit(2);
    }

    store_name("restream.db");
}


static inline void
store_remove_file(void)
{
    char         name[320];
    unsigned     i;
    const char  *ends[] = { "", "-wal", "-shm", "-journal" };

    for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", store_path, ends[i]);
        (void) unlink(name);
    }
}


static inline void
store_open_keys(const restream_store_keys_t *keys)
{
    restream_store_close(&store);
    store = restream_store_open(store_dsn, keys, &store_err);

    if (store == NULL) {
        ok(0, "a store: %s", store_err.text);
        exit(done_testing());
    }
}


static inline void
store_open(void)
{
    store_open_keys(NULL);
}


/* of a file that is not there */

static inline void
store_open_new(void)
{
    restream_store_close(&store);
    store_remove_file();
    store_open();
}


static inline void
store_done(void)
{
    restream_store_close(&store);
    store_remove_file();
    (void) rmdir(store_dir);
}


/* carries a change out and frees it; -1: ERROR, store_err says why */

static inline int
store_change(restream_change_t *c)
{
    int  rc;

    restream_stream_destroy(&outcome.stream);

    rc = restream_store_change(store, c, &outcome, &store_err);
    restream_change_destroy(&c);

    return rc == RESTREAM_OK ? (int) outcome.result : -1;
}


/* the caller's; NULL: there is none, or an error */

static inline restream_stream_t *
store_get(const char *app, const char *name)
{
    restream_stream_t  *st;

    store_err.text[0] = '\0';

    (void) restream_store_get(store, app, name, &st, NULL, &store_err);

    return st;
}


/* the stream live/show with one destination, a */

static inline void
store_create(void)
{
    restream_change_t  *c;

    c = change(RESTREAM_CHANGE_CREATE_STREAM);
    entry(c, "a", "rtmp://a.example/live", "secret-key-a");

    if (store_change(c) != RESTREAM_CHANGED) {
        ok(0, "a stream to begin with: %s", store_err.text);
    }
}


/* the first number that SQL gives, by a connection that is closed again */

static inline int64_t
store_sql(const char *sql)
{
    int            rc;
    int64_t        n;
    sqlite3       *db;
    sqlite3_stmt  *stmt;

    n = -1;
    stmt = NULL;

    rc = sqlite3_open_v2(store_path, &db, SQLITE_OPEN_READWRITE, NULL);

    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(db, 5000);
        rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    }

    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
    }

    if (rc == SQLITE_ROW) {
        n = sqlite3_column_int64(stmt, 0);

    } else if (rc != SQLITE_DONE) {
        printf("# %s: %s\n", sql, sqlite3_errmsg(db));
    }

    sqlite3_finalize(stmt);
    sqlite3_close(db);

    return n;
}


#endif /* _STORE_H_INCLUDED_ */
