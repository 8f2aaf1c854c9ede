/*
 * Changes a store, one change after the other, until it is killed; shows what
 * is in it.  For t/store_crash.t.
 *
 *     store_writer write <dsn> <n>   from the n-th change on; its number goes
 *                                    to stdout when it has been made
 *     store_writer show <dsn>        every stream, and what SQLite thinks
 *
 * The n-th change is of one stream of seven, in turn.  Each of them is created,
 * patched twice by a list and deleted, over and over.  All that the n-th change
 * leaves has n for its title.  It has an idempotency key: where the first one
 * was made already, before a crash, it is not made again.
 */

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jobs/restream_store.h"


#define STREAMS  7

#define die(...)                                                              \
    (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), exit(1))


static restream_store_err_t  err;


static void
add(restream_change_t *c, const char *name, const char *title)
{
    char                         text[2000];
    restream_destination_set_t  *set;

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';

    set = &c->destinations[c->ndestinations++];
    memset(set, 0, sizeof(restream_destination_set_t));

    set->set = RESTREAM_SET_NAME|RESTREAM_SET_URL|RESTREAM_SET_KEY
               |RESTREAM_SET_TITLE|RESTREAM_SET_DESCRIPTION;
    set->name = strdup(name);
    set->url = strdup("rtmp://a.example/live");
    set->key = strdup("secret-key");
    set->title = strdup(title);
    set->description = strdup(text);
}


static restream_change_t *
make(unsigned long n)
{
    char                n_text[24], name[24];
    const char        **p;
    restream_change_t  *c;

    static const char *const  lists[][4] = {
        { "a", "b", "c", NULL },
        { "b", "c", "d", NULL },
        { "a", "c", NULL },
        { NULL }
    };

    static const restream_change_e  kinds[] = {
        RESTREAM_CHANGE_CREATE_STREAM,
        RESTREAM_CHANGE_PATCH_STREAM,
        RESTREAM_CHANGE_PATCH_STREAM,
        RESTREAM_CHANGE_DELETE_STREAM
    };

    snprintf(n_text, sizeof(n_text), "%lu", n);
    snprintf(name, sizeof(name), "s%lu", (n - 1) % STREAMS);

    c = calloc(1, sizeof(restream_change_t));
    c->kind = kinds[(n - 1) / STREAMS % 4];
    c->now = 1700000000000 + n;
    c->app = strdup("live");
    c->name = strdup(name);
    c->idempotency_key = strdup(n_text);
    c->set_destinations = 1;
    c->destinations = calloc(4, sizeof(restream_destination_set_t));

    for (p = (const char **) lists[(n - 1) / STREAMS % 4]; *p; p++) {
        add(c, *p, n_text);
    }

    return c;
}


static void
write_all(restream_store_t *store, unsigned long n)
{
    int                         rc;
    char                        line[24];
    size_t                      len;
    unsigned long               first;
    restream_change_t          *c;
    restream_change_outcome_t   outcome;

    for (first = n; /* void */ ; n++) {
        c = make(n);
        rc = restream_store_change(store, c, &outcome, &err);
        restream_change_destroy(&c);

        if (rc != RESTREAM_OK) {
            die("change %lu: %s", n, err.text);
        }

        if (outcome.result != RESTREAM_CHANGED
            && (outcome.result != RESTREAM_CHANGE_REPLAYED || n != first))
        {
            die("change %lu: the answer is %d", n, outcome.result);
        }

        restream_stream_destroy(&outcome.stream);

        len = (size_t) snprintf(line, sizeof(line), "%lu\n", n);

        if (write(STDOUT_FILENO, line, len) != (ssize_t) len) {
            exit(0);
        }
    }
}


static void
show_stream(restream_store_t *store, unsigned n)
{
    int                       rc;
    char                      name[24];
    uint32_t                  i;
    restream_stream_t        *st;
    restream_destination_t   *dst;

    snprintf(name, sizeof(name), "s%u", n);

    rc = restream_store_get(store, "live", name, &st, NULL, &err);

    if (rc == RESTREAM_ERROR) {
        die("%s: %s", name, err.text);
    }

    printf("%s:", name);

    for (i = 0; st && i < st->ndestinations; i++) {
        dst = &st->destinations[i];
        printf(" %s=%s", dst->name, dst->title);

        if (strcmp(dst->key, "secret-key") != 0) {
            die("%s: the key has changed", name);
        }
    }

    printf("\n");
    restream_stream_destroy(&st);
}


static void
show_integrity(const char *path)
{
    sqlite3       *db;
    sqlite3_stmt  *stmt;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK
        || sqlite3_prepare_v2(db, "SELECT integrity_check,"
                              " (SELECT max(CAST(key AS INTEGER))"
                              " FROM requests), (SELECT count(*)"
                              " FROM pragma_foreign_key_check)"
                              " FROM pragma_integrity_check", -1, &stmt, NULL)
           != SQLITE_OK
        || sqlite3_step(stmt) != SQLITE_ROW)
    {
        die("%s: %s", path, sqlite3_errmsg(db));
    }

    printf("integrity: %s\n", sqlite3_column_text(stmt, 0));
    printf("made: %d\n", sqlite3_column_int(stmt, 1));
    printf("orphans: %d\n", sqlite3_column_int(stmt, 2));

    sqlite3_finalize(stmt);
    sqlite3_close(db);
}


int
main(int argc, char **argv)
{
    unsigned                n;
    restream_store_t       *store;
    restream_store_keys_t   keys;

    if (argc < 3) {
        die("usage: store_writer write <dsn> <n> | show <dsn>");
    }

    keys.keys = (uint8_t *) "a key of thirty-two bytes, to seal";
    keys.n = 1;

    store = restream_store_open(argv[2], &keys, &err);
    if (store == NULL) {
        die("%s", err.text);
    }

    if (strcmp(argv[1], "write") == 0 && argc == 4) {
        write_all(store, strtoul(argv[3], NULL, 10));
    }

    for (n = 0; n < STREAMS; n++) {
        show_stream(store, n);
    }

    show_integrity(strchr(argv[2], ':') + 1);
    restream_store_close(&store);

    return 0;
}
