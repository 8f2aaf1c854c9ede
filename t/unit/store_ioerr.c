/*
 * Whatever operation on the files fails, a change is made whole or not at all,
 * and the next one is made.
 */

#include "test.h"

#include "faulty.h"
#include "store.h"


/* 0: none, 1: one, before the change that is tried; 2: another one, too */

static int
count(void)
{
    int                 n;
    restream_stream_t  *st;

    st = store_get(APP, NAME);
    n = st ? (int) st->ndestinations : -1;
    restream_stream_destroy(&st);

    return n;
}


static restream_change_t *
another(const char *name)
{
    restream_change_t  *c;

    c = change(RESTREAM_CHANGE_CREATE_DESTINATION);
    c->max_destinations = 1000;
    entry(c, name, "rtmp://b.example/live", "secret-key-b");

    return c;
}


/* sums of all rounds */

static unsigned  rounds, refused, wrong, stuck, leaky, unnamed;


/* what is there, by a handle that knows nothing of what went wrong */

static int
count_fresh(void)
{
    int                n;
    restream_store_t  *old;

    old = store;
    store = restream_store_open(store_dsn, NULL, &store_err);
    n = store ? count() : -2;
    restream_store_close(&store);
    store = old;

    return n;
}


static void
check_error(void)
{
    leaky += strstr(store_err.text, "secret") != NULL;
    unnamed += strstr(store_err.text, store_path) == NULL;
}


/* the n-th operation of a change fails; 0: there are not so many */

static int
try_change(unsigned n)
{
    int  rc, before;

    before = count();

    faulty_at = n;
    rc = store_change(another("b"));

    if (faulty_at) {
        faulty_at = 0;
        return 0;
    }

    rounds++;

    if (rc == -1) {
        refused++;
        check_error();

    } else {
        before++;
    }

    wrong += count_fresh() != before;

    /* the handle goes on */

    stuck += store_change(another("c")) != RESTREAM_CHANGED;
    wrong += count() != before + 1;

    return 1;
}


static void
test_change(int rc, const char *name)
{
    unsigned  n;

    faulty_rc = rc;
    rounds = refused = wrong = stuck = leaky = unnamed = 0;

    for (n = 1; n < 1000; n++) {
        store_open_new();
        store_create();

        if (!try_change(n)) {
            break;
        }
    }

    ok(n > 10 && (rc || refused),
       "%s: a change with %u operations, of which %u count", name, n - 1,
       refused);
    is_uint(wrong, 0, "%s: what is said is what is stored", name);
    is_uint(stuck, 0, "%s: the next change is made", name);
    ok(leaky == 0 && unnamed == 0, "%s: errors name the file and no key",
       name);
}


/* ... or that of a first change, opening included */

static void
test_open(void)
{
    int                 said;
    unsigned            n;
    restream_change_t  *c;

    faulty_rc = 0;
    rounds = refused = wrong = stuck = leaky = unnamed = 0;

    for (n = 1; n < 1000; n++) {
        restream_store_close(&store);
        store_remove_file();
        said = 0;

        faulty_at = n;
        store = restream_store_open(store_dsn, NULL, &store_err);

        if (store) {
            c = change(RESTREAM_CHANGE_CREATE_STREAM);
            said = store_change(c) == RESTREAM_CHANGED;
        }

        if (faulty_at) {
            faulty_at = 0;
            break;
        }

        if (!said) {
            refused++;
            check_error();
        }

        store_open();
        wrong += (count() == 0) != said;

        store_change(change(RESTREAM_CHANGE_CREATE_STREAM));
        stuck += count() != 0;
    }

    ok(n > 50 && refused, "making a file has %u operations, of which %u count",
       n - 1, refused);
    is_uint(wrong, 0, "what is said is what is stored");
    is_uint(stuck, 0, "the next attempt makes it");
    ok(leaky == 0 && unnamed == 0, "errors name the file and no key");
}


/* what was written can be written over: a stream can be stopped */

static void
test_full(void)
{
    char      name[8];
    unsigned  n;

    store_open_new();
    store_create();
    store_open();

    faulty_rc = 0;

    for (n = 0; n < 200; n++) {
        faulty_full = n >= 10;

        if (store_change(change_switch("a", n % 2)) != RESTREAM_CHANGED) {
            break;
        }
    }

    is_uint(n, 200, "changes that need no space are made on a full disk");

    for (n = 0; n < 200; n++) {
        snprintf(name, sizeof(name), "b%u", n);

        if (store_change(another(name)) == -1) {
            break;
        }
    }

    ok(n < 200 && store_err.code == RESTREAM_STORE_FULL
       && strstr(store_err.text, "no space"),
       "others are not: %s", store_err.text);
    is_uint(count(), n + 1, "reads go on");

    faulty_full = 0;

    is_uint(store_change(another("c")), RESTREAM_CHANGED,
            "when there is space again, all are made");
}


static void
test_synced(void)
{
    unsigned            n;
    restream_change_t  *c;

    store_open_new();
    store_create();

    n = faulty_syncs;
    store_change(another("b"));
    ok(faulty_syncs > n, "a change is synced before it is told");

    n = faulty_syncs;
    c = change_switch("b", 1);
    store_change(c);
    restream_stream_destroy(&outcome.stream);
    is_uint(faulty_syncs, n, "what changes nothing is not");
}


int
main(void)
{
    faulty_init();
    store_init();

    test_change(0, "i/o error");
    test_change(SQLITE_FULL, "full");
    test_open();
    test_full();
    test_synced();

    restream_stream_destroy(&outcome.stream);
    store_done();

    return done_testing();
}
