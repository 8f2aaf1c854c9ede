/* Whatever allocation fails, it is said, and nothing is done or left behind. */

#include "test.h"

#include "nomem.h"
#include "store.h"


#define KEY  "a key of thirty-two bytes, to seal"


static restream_change_t *
replace(void)
{
    restream_change_t  *c;

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    config_name(c, "conf");
    c->idempotency_key = strdup("once");
    entry(c, "a", "rtmp://a.example/other", NULL);
    entry(c, "b", "rtmp://b.example/live", "secret-key-b");
    entry_enabled(entry(c, "conf", NULL, NULL), 0);

    return c;
}


static void
create(const restream_store_keys_t *keys)
{
    restream_store_close(&store);
    store_remove_file();
    store_open_keys(keys);
    store_create();
}


static void
test_change(const restream_store_keys_t *keys)
{
    int                 rc;
    unsigned            n, wrong;
    restream_change_t  *c;
    restream_stream_t  *st;

    create(keys);
    wrong = 0;
    rc = RESTREAM_ERROR;

    for (n = 1; rc == RESTREAM_ERROR && n < 2000; n++) {

        /* all statements are prepared anew */

        store_open_keys(keys);
        c = replace();
        restream_stream_destroy(&outcome.stream);

        nomem_at = n;
        rc = restream_store_change(store, c, &outcome, &store_err);
        nomem_at = 0;

        restream_change_destroy(&c);

        st = store_get(APP, NAME);
        wrong += st == NULL
                 || st->ndestinations != (rc == RESTREAM_ERROR ? 1 : 2)
                 || st->nswitches != (rc == RESTREAM_ERROR ? 0 : 1);
        restream_stream_destroy(&st);
    }

    ok(n > 100 && n < 2000, "a change that counts on %u allocations", n - 2);
    is_uint(wrong, 0, "what is said is what is stored");
}


static void
test_read(const restream_store_keys_t *keys)
{
    int                       rc;
    uint32_t                  count;
    unsigned                  n, refused, wrong;
    restream_stream_t        *st, **list;
    restream_store_filter_t   filter = { "live", "show", NULL, NULL, 10 };

    create(keys);
    refused = 0;
    wrong = 0;

    for (n = 1; n < 2000; n++) {
        nomem_at = n;
        rc = restream_store_get(store, APP, NAME, &st, NULL, &store_err);

        if (rc == RESTREAM_OK) {
            rc = restream_store_list(store, &filter, &list, &count,
                                     &store_err);
        }

        if (rc == RESTREAM_OK) {
            wrong += count != 1;
            restream_stream_destroy(&list[0]);
            free(list);

        } else {
            refused++;
            wrong += rc != RESTREAM_ERROR;
        }

        restream_stream_destroy(&st);

        if (nomem_at) {
            nomem_at = 0;
            break;
        }

        /* its statements are prepared again */

        store_open_keys(keys);
    }

    ok(refused > 10, "reads with %u allocations, of which %u count", n - 1,
       refused);
    is_uint(wrong, 0, "all or nothing is read");
}


static void
test_open(const restream_store_keys_t *keys)
{
    unsigned  n, refused;

    create(keys);
    refused = 0;

    for (n = 1; n < 2000; n++) {
        restream_store_close(&store);

        nomem_at = n;
        store = restream_store_open(store_dsn, keys, &store_err);

        if (nomem_at) {
            nomem_at = 0;
            break;
        }

        refused += store == NULL;
    }

    ok(refused > 10 && store, "opening has %u allocations, of which %u count",
       n - 1, refused);
}


int
main(void)
{
    restream_store_keys_t  keys;

    keys.keys = (uint8_t *) KEY;
    keys.n = 1;

    store_init();

    test_change(NULL);
    test_change(&keys);
    test_read(&keys);
    test_open(&keys);

    restream_stream_destroy(&outcome.stream);
    store_done();

    return done_testing();
}
