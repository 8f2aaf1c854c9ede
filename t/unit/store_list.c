/* Pages of streams: their order, where they begin, what they leave out. */

#include "test.h"

#include "jobs/restream_store_sqlite_sql.h"
#include "store.h"


static char  found[1024];               /* names of a page */


static restream_store_filter_t *
filter(const char *app, const char *q, const char *after_app,
    const char *after_name, uint32_t limit)
{
    static restream_store_filter_t  f;

    f.app = app;
    f.q = q;
    f.after_app = after_app;
    f.after_name = after_name;
    f.limit = limit;

    return &f;
}


/* "app/name:destinations ..." */

static const char *
list(restream_store_filter_t *f)
{
    size_t               len;
    uint32_t             i, n;
    restream_stream_t  **streams;

    if (restream_store_list(store, f, &streams, &n, &store_err)
        != RESTREAM_OK)
    {
        return store_err.text;
    }

    len = 0;
    found[0] = '\0';

    for (i = 0; i < n; i++) {
        if (len < sizeof(found)) {
            len += (size_t) snprintf(found + len, sizeof(found) - len,
                                     "%s%s/%s:%u", i ? " " : "",
                                     streams[i]->app, streams[i]->name,
                                     streams[i]->ndestinations);
        }

        restream_stream_destroy(&streams[i]);
    }

    free(streams);

    return found;
}


#define is_list(f, want, name)                                                \
    ok(strcmp(list(f), want) == 0, "%s: %s", name, found)


static void
add(const char *app, const char *name, const char *destination,
    const char *title)
{
    restream_change_t  *c;

    c = change(RESTREAM_CHANGE_CREATE_STREAM);
    change_of(c, app, name);

    if (destination) {
        entry_texts(entry(c, destination, "rtmp://a/live", "key"), title,
                    "description", NULL);
    }

    store_change(c);
}


static void
test_order(void)
{
    is_list(filter(NULL, NULL, NULL, NULL, 10), "", "none");

    add("b", "x", NULL, NULL);
    add("a", "y", "youtube", "My Show");
    add("a", "\xc3\xa4", NULL, NULL);
    add("a", "Z", "50%_off", NULL);
    add("ab", "a", NULL, NULL);

    is_list(filter(NULL, NULL, NULL, NULL, 10),
            "a/Z:1 a/y:1 a/\xc3\xa4:0 ab/a:0 b/x:0", "all, bytewise");
    is_list(filter(NULL, NULL, NULL, NULL, 2), "a/Z:1 a/y:1", "a page");
    is_list(filter(NULL, NULL, "a", "y", 2), "a/\xc3\xa4:0 ab/a:0",
            "the next one");
    is_list(filter(NULL, NULL, "ab", "a", 2), "b/x:0", "the last one");
    is_list(filter(NULL, NULL, "b", "x", 2), "", "nothing behind it");
    is_list(filter(NULL, NULL, "a", "n", 1), "a/y:1",
            "behind one that is not there");
    is_list(filter(NULL, NULL, NULL, NULL, 0),
            "a/Z:1 a/y:1 a/\xc3\xa4:0 ab/a:0 b/x:0", "no limit is the most");
}


static void
test_app(void)
{
    is_list(filter("a", NULL, NULL, NULL, 10), "a/Z:1 a/y:1 a/\xc3\xa4:0",
            "of an application");
    is_list(filter("a", NULL, "a", "Z", 1), "a/y:1", "a page of it");
    is_list(filter("ab", NULL, "a", "z", 10), "ab/a:0",
            "behind another application");
    is_list(filter("a", NULL, "ab", "a", 10), "", "before another one");
    is_list(filter("none", NULL, NULL, NULL, 10), "", "of none");
}


static void
test_q(void)
{
    char  q[2000];

    is_list(filter(NULL, "TUB", NULL, NULL, 10), "a/y:1",
            "part of a destination's name, in any case");
    is_list(filter(NULL, "my s", NULL, NULL, 10), "a/y:1", "of a title");
    is_list(filter(NULL, "X", NULL, NULL, 10), "b/x:0", "of a stream's name");
    is_list(filter(NULL, "description", NULL, NULL, 10), "",
            "not of a description");
    is_list(filter(NULL, "\xc3\x84", NULL, NULL, 10), "",
            "the case of other letters is not folded");
    is_list(filter(NULL, "0%_", NULL, NULL, 10), "a/Z:1",
            "signs of LIKE are themselves");
    is_list(filter(NULL, "%", NULL, NULL, 10), "a/Z:1", "each of them");
    is_list(filter(NULL, "\\", NULL, NULL, 10), "", "the escape, too");
    is_list(filter("b", "tub", NULL, NULL, 10), "", "in another application");
    is_list(filter("a", "tub", "a", "Z", 10), "a/y:1", "in this one");
    is_list(filter(NULL, "", NULL, NULL, 1), "a/Z:1", "of nothing");

    memset(q, 'x', sizeof(q));
    q[sizeof(q) - 1] = '\0';
    is_list(filter(NULL, q, NULL, NULL, 10), "", "longer than anything");
    q[1020] = '\0';
    memset(q, '%', 1020);
    is_list(filter(NULL, q, NULL, NULL, 10), "", "as long as can be");
}


static void
test_unconfigured(void)
{
    restream_change_t  *c;

    c = change_switch("conf", 0);
    change_of(c, "a", "switched");
    c->create_stream = 1;
    config_name(c, "conf");
    store_change(c);

    is_list(filter("a", NULL, NULL, NULL, 10), "a/Z:1 a/y:1 a/\xc3\xa4:0",
            "a stream that only has switches is left out");
}


/* how a statement is carried out, in SQLite's words */

static const char *
plan(restream_store_sqlite_statement_e id)
{
    char           sql[2000];
    size_t         len;
    sqlite3       *db;
    sqlite3_stmt  *stmt;

    static const char *const  statements[] = {
#define X(name, sql)  sql,
        RESTREAM_STORE_SQLITE_STATEMENTS(X)
#undef X
    };

    len = 0;
    found[0] = '\0';
    snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", statements[id]);

    sqlite3_open(store_path, &db);
    sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

    while (sqlite3_step(stmt) == SQLITE_ROW && len < sizeof(found)) {
        len += (size_t) snprintf(found + len, sizeof(found) - len, "%s; ",
                                 sqlite3_column_text(stmt, 3));
    }

    sqlite3_finalize(stmt);
    sqlite3_close(db);

    return found;
}


static void
test_plan(void)
{
    ok(strstr(plan(RESTREAM_STORE_SQLITE_LIST),
              "SEARCH streams USING INDEX streams_configured"
              " ((app,name)>(?,?))")
       && !strstr(found, "B-TREE"), "a page begins by a search: %s", found);
    ok(strstr(plan(RESTREAM_STORE_SQLITE_LIST_APP),
              "SEARCH streams USING INDEX streams_configured"
              " (app=? AND name>?)")
       && !strstr(found, "B-TREE"), "also of an application: %s", found);
    ok(strncmp(plan(RESTREAM_STORE_SQLITE_STREAM), "SEARCH", 6) == 0,
       "a stream is searched: %s", found);
    ok(strncmp(plan(RESTREAM_STORE_SQLITE_DESTINATIONS), "SEARCH", 6) == 0,
       "so are its destinations: %s", found);
    ok(strncmp(plan(RESTREAM_STORE_SQLITE_PRUNE_REQUESTS), "SEARCH", 6) == 0
       && !strstr(found, "SCAN"), "and old requests: %s", found);
}


int
main(void)
{
    store_init();
    store_open();

    test_order();
    test_app();
    test_q();
    test_unconfigured();
    test_plan();

    restream_stream_destroy(&outcome.stream);
    store_done();

    return done_testing();
}
