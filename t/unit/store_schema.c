/* Files of other versions: migrated, or refused in words; files of others. */

#include "test.h"

#include <sys/wait.h>

#include "store.h"

#include "jobs/restream_store_sqlite.h"


#define N      2                                /* the newest version */
#define FIRST  restream_store_sqlite_schema[0]


static restream_store_sqlite_t *
handle(void)
{
    return (restream_store_sqlite_t *) store;
}


/* a file of the test's own making */

static void
make(const char *sql)
{
    sqlite3  *db;

    restream_store_close(&store);
    store_remove_file();

    sqlite3_open(store_path, &db);

    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        ok(0, "%s: %s", sql, sqlite3_errmsg(db));
    }

    sqlite3_close(db);
}


static void
is_refused(const char *words, const char *name)
{
    restream_store_close(&store);
    store = restream_store_open(store_dsn, NULL, &store_err);

    ok(store == NULL && store_err.code == RESTREAM_STORE_UNAVAILABLE
       && strstr(store_err.text, words) && strstr(store_err.text, store_path),
       "%s: %s", name, store == NULL ? store_err.text : "opened");
    ok(store == NULL && strstr(store_err.told, store_dir) == NULL,
       "%s: whoever asked is not told where", name);
}


static void
test_steps(void)
{
    const char         *steps[N + 2];
    restream_stream_t  *st;

    memcpy(steps, restream_store_sqlite_schema, N * sizeof(char *));

    steps[N] = "ALTER TABLE streams ADD COLUMN colour TEXT NOT NULL"
               " DEFAULT 'red';"
               "UPDATE streams SET colour = 'blue' WHERE name = 'show';";
    steps[N + 1] = "CREATE TABLE more (x INTEGER) STRICT; INSERT INTO nowhere"
               " VALUES (1);";

    store_open_new();
    store_create();

    is_uint(restream_store_sqlite_nschema, N, "so many steps there are");
    is_uint(store_sql("PRAGMA user_version"), N,
            "a new file has the newest version");

    is_uint(restream_store_sqlite_migrate(handle(), steps, N + 2, &store_err),
            RESTREAM_ERROR, "a step that fails");
    ok(store_sql("PRAGMA user_version") == N
       && store_sql("SELECT count(*) FROM pragma_table_info('streams')"
                    " WHERE name = 'colour'") == 0
       && sqlite3_get_autocommit(handle()->db),
       "leaves the version before all of them");

    is_uint(restream_store_sqlite_migrate(handle(), steps, N + 1, &store_err),
            RESTREAM_OK, "an older file is brought on");
    ok(store_sql("PRAGMA user_version") == N + 1
       && store_sql("SELECT count(*) FROM streams WHERE colour = 'blue'") == 1,
       "with what is in it");
    is_uint(restream_store_sqlite_migrate(handle(), steps, N + 1, &store_err),
            RESTREAM_OK, "once");

    st = store_get(APP, NAME);
    ok(st != NULL, "old columns are read as before");
    restream_stream_destroy(&st);
}


/* a request that the first version has remembered by its hash */

static void
test_first(void)
{
    char                sql[4096];
    restream_change_t  *c;

    snprintf(sql, sizeof(sql),
             "%s INSERT INTO streams VALUES (1, '" APP "', '" NAME "', 1, %u,"
             " 3, 1, 1, 1);"
             "INSERT INTO requests VALUES ('a', 'k', x'%s', '" APP "', '" NAME
             "', 0, %llu); PRAGMA user_version = 1", FIRST,
             RESTREAM_MAXIMUM_NONE, "0707070707070707070707070707070707070707"
             "070707070707070707070707", (unsigned long long) change_now);

    make(sql);
    store_open();

    is_uint(store_sql("SELECT count(*) FROM requests WHERE hash = x'07070707"
                      "07070707070707070707070707070707070707070707070707070"
                      "707'"), 0, "a file of version 1: its hashes are gone");
    is_uint(store_sql("SELECT length(secret) FROM store"), 32,
            "it has got a secret");

    c = change(RESTREAM_CHANGE_CREATE_STREAM);
    c->who = strdup("a");
    c->idempotency_key = strdup("k");
    memset(c->request_hash, 7, 32);
    is_uint(store_change(c), RESTREAM_CHANGE_REPLAYED,
            "and the request is known");
    is_uint(outcome.stream->version, 3, "with its stream");
}


static void
test_newer(void)
{
    restream_stream_t  *st;

    store_open_new();
    store_create();
    store_sql("PRAGMA user_version = 9");

    ok(store_change(change_switch("a", 0)) == -1
       && strstr(store_err.text, "newer"),
       "a handle whose file has got newer writes nothing: %s",
       store_err.text);

    st = store_get(APP, NAME);
    ok(st != NULL && st->destinations[0].enabled, "but reads");
    restream_stream_destroy(&st);

    is_refused("newer", "a newer file");
    is_uint(store_sql("SELECT count(*) FROM destinations"), 1,
            "and is left as it is");

    store_sql("PRAGMA user_version = -1");
    is_refused("newer", "a version that cannot be");
}


static void
test_others(void)
{
    FILE  *f;

    make("CREATE TABLE t (x)");
    is_refused("another program", "another program's file");
    is_uint(store_sql("SELECT count(*) FROM pragma_journal_mode"
                      " WHERE journal_mode = 'delete'"), 1,
            "which is left as it is");

    make("CREATE TABLE t (x); PRAGMA application_id = 77;"
         "PRAGMA user_version = 1");
    is_refused("another program", "one that says so");

    make("PRAGMA user_version = 1");
    is_refused("another program", "one with a version and no tables");

    restream_store_close(&store);
    store_remove_file();

    f = fopen(store_path, "w");
    fprintf(f, "%4000d", 1);
    fclose(f);
    is_refused("no database", "a text file");

    store_remove_file();
    f = fopen(store_path, "w");
    fclose(f);
    store_open();
    store_create();
    ok(outcome.changed, "an empty file becomes a store");
}


static void
test_together(void)
{
    int       n, status, good;
    unsigned  round;

    good = 0;

    for (round = 0; round < 5; round++) {
        restream_store_close(&store);
        store_remove_file();

        for (n = 0; n < 4; n++) {
            if (fork() == 0) {
                store = restream_store_open(store_dsn, NULL, &store_err);

                if (store == NULL) {
                    printf("# %s\n", store_err.text);
                    _exit(1);
                }

                restream_store_close(&store);
                _exit(0);
            }
        }

        for (n = 0; n < 4; n++) {
            good += wait(&status) > 0 && status == 0;
        }
    }

    is_uint(good, 20, "four processes that make the file together");
    is_uint(store_sql("SELECT count(*) FROM store"), 1, "make it once");
}


int
main(void)
{
    store_init();

    test_steps();
    test_first();
    test_newer();
    test_others();
    test_together();

    restream_stream_destroy(&outcome.stream);
    store_done();

    return done_testing();
}
