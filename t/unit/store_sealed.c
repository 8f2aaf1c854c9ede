/* Stream keys at rest: sealed when there are keys, in their place, rotated. */

#include "test.h"

#include "store.h"


#define KEY_A  "first key of thirty-two bytes !!"
#define KEY_B  "second key, of thirty-two bytes!"


/* n keys, the first seals */

static void
reopen(const char *keys, uint32_t n)
{
    restream_store_keys_t  ring;

    ring.keys = (uint8_t *) keys;
    ring.n = n;

    store_open_keys(&ring);
}


/* what the files of the store hold, the log included */

static int
holds(const char *text)
{
    int          found;
    char         name[320], *data;
    FILE        *f;
    size_t       n;
    unsigned     i;
    const char  *ends[] = { "", "-wal" };

    found = 0;

    for (i = 0; i < 2; i++) {
        snprintf(name, sizeof(name), "%s%s", store_path, ends[i]);

        f = fopen(name, "rb");
        if (f == NULL) {
            continue;
        }

        data = malloc(1 << 22);
        n = fread(data, 1, 1 << 22, f);
        found |= memmem(data, n, text, strlen(text)) != NULL;

        free(data);
        fclose(f);
    }

    return found;
}


static const char *
key_of(const char *name)
{
    static char              key[64];
    restream_stream_t       *st;
    restream_destination_t  *dst;

    st = store_get(APP, NAME);
    dst = st ? restream_stream_find_name(st, name) : NULL;

    snprintf(key, sizeof(key), "%s", dst ? dst->key : "");
    restream_stream_destroy(&st);

    return key;
}


static void
test_sealed(void)
{
    restream_change_t  *c;

    reopen(KEY_A, 1);

    c = change(RESTREAM_CHANGE_CREATE_STREAM);
    entry(c, "a", "rtmp://user:secret-pass@a/live", "secret-key-a");
    entry(c, "b", "rtmp://b.example/live/secret-key-b", NULL);
    is_uint(store_change(c), RESTREAM_CHANGED, "a stream with keys at hand");
    ok(strcmp(outcome.stream->destinations[0].key, "secret-key-a") == 0,
       "the outcome has them plain");

    ok(!holds("secret-") && holds("live"), "the file has none of them");
    is_uint(store_sql("SELECT count(*) FROM destinations"
                      " WHERE typeof(url) = 'blob' AND typeof(key) = 'blob'"),
            2, "urls are sealed as well");

    reopen(KEY_A, 1);
    ok(strcmp(key_of("a"), "secret-key-a") == 0, "they are read back");
}


static void
test_plain(void)
{
    restream_store_close(&store);
    store_remove_file();
    store_open();
    store_create();

    ok(holds("secret-key-a"), "without keys it is stored as it is");

    reopen(KEY_A, 1);
    ok(strcmp(key_of("a"), "secret-key-a") == 0, "and read with keys");

    is_uint(store_change(change_switch("a", 0)), RESTREAM_CHANGED,
            "any change of a destination");
    is_uint(store_sql("SELECT count(*) FROM destinations"
                      " WHERE typeof(url) = 'blob' AND typeof(key) = 'blob'"),
            1, "seals it");
    ok(strcmp(key_of("a"), "secret-key-a") == 0, "as it was");

    restream_store_close(&store);
    ok(!holds("secret-key-a"), "nothing of it is left in the file");
}


/* calls until there is no more, of which there are *calls; -1: an error */

static int
reseal(restream_store_reseal_t *re, unsigned *calls)
{
    int  rc;

    memset(re, 0, sizeof(restream_store_reseal_t));
    *calls = 0;

    do {
        rc = restream_store_reseal(store, re, &store_err);
        ++*calls;
    } while (rc == RESTREAM_OK);

    return rc == RESTREAM_DONE ? 0 : -1;
}


/* plain, or sealed with whatever key: all of it with the first */

static void
test_reseal(void)
{
    char                      name[16];
    int64_t                   revision;
    unsigned                  i, calls;
    restream_change_t        *c;
    restream_store_reseal_t   re;

    restream_store_close(&store);
    store_remove_file();
    store_open();
    store_create();

    is_uint(reseal(&re, &calls), 0, "without keys nothing is sealed anew");
    is_uint(re.sealed, 0, "nothing");

    reopen(KEY_A, 1);

    for (i = 0; i < 150; i++) {
        c = change(RESTREAM_CHANGE_CREATE_DESTINATION);
        c->max_destinations = 1000;
        snprintf(name, sizeof(name), "d%u", i);
        entry(c, name, "rtmp://b/live", "secret-key-b");
        store_change(c);
    }

    reopen(KEY_B KEY_A, 2);
    revision = store_sql("SELECT revision FROM store");

    is_uint(reseal(&re, &calls), 0, "a new key in front");
    ok(re.sealed == 151 && re.lost == 0, "all of them are sealed with it");
    is_uint(calls, 3, "in steps");
    ok(store_sql("SELECT revision FROM store") == revision
       && store_sql("SELECT max(version) FROM destinations") == 1,
       "that change nothing of them");
    ok(!holds("secret-key"), "and what was plain is nowhere, the log included");

    is_uint(reseal(&re, &calls), 0, "again");
    is_uint(re.sealed, 0, "there is nothing to do");

    reopen(KEY_B, 1);
    ok(strcmp(key_of("a"), "secret-key-a") == 0
       && strcmp(key_of("d149"), "secret-key-b") == 0,
       "the old key is not needed any more");

    reopen(KEY_A, 1);
    is_uint(reseal(&re, &calls), 0, "another key alone");
    ok(re.sealed == 0 && re.lost == 151, "they are counted, and left");

    reopen(KEY_A KEY_B, 2);
    is_uint(reseal(&re, &calls), 0, "with theirs behind it");
    ok(re.sealed == 151 && re.lost == 0, "they are sealed");
}


static void
test_rotation(void)
{
    restream_change_t  *c;

    reopen(KEY_B KEY_A, 2);
    ok(strcmp(key_of("a"), "secret-key-a") == 0, "a new key in front of it");

    c = change(RESTREAM_CHANGE_CREATE_DESTINATION);
    entry(c, "b", "rtmp://b/live", "secret-key-b");
    is_uint(store_change(c), RESTREAM_CHANGED, "what is written now");

    reopen(KEY_B, 1);
    ok(store_get(APP, NAME) == NULL && store_err.text[0],
       "the old one is still needed for the rest");

    reopen(KEY_B KEY_A, 2);
    store_change(change_switch("a", 1));

    reopen(KEY_B, 1);
    ok(strcmp(key_of("a"), "secret-key-a") == 0
       && strcmp(key_of("b"), "secret-key-b") == 0,
       "until all has been written again");
}


static void
test_lost(void)
{
    uint32_t              n;
    restream_change_t    *c;
    restream_stream_t    *st, **list;
    restream_store_filter_t  filter = { NULL, NULL, NULL, NULL, 10 };

    reopen(KEY_A, 1);

    ok(restream_store_get(store, APP, NAME, &st, NULL, &store_err)
       == RESTREAM_ERROR && st == NULL
       && store_err.code == RESTREAM_STORE_UNAVAILABLE
       && strstr(store_err.text, "restream_store_key")
       && strstr(store_err.text, APP "/" NAME)
       && !strstr(store_err.told, NAME)
       && !strstr(store_err.text, "secret"),
       "another key: the error tells the directive and the stream");
    is_uint(restream_store_list(store, &filter, &list, &n, &store_err),
            RESTREAM_ERROR, "in a list, too");
    ok(list == NULL && n == 0, "which is none");

    c = change_switch("a", 0);
    ok(store_change(c) == -1, "nothing can be changed");

    c = change(RESTREAM_CHANGE_DELETE_STREAM);
    c->if_match = 99;
    ok(store_change(c) == -1, "nor be told");

    store_open();
    ok(store_get(APP, NAME) == NULL
       && strstr(store_err.text, "restream_store_key"), "no key at all");

    is_uint(store_change(change(RESTREAM_CHANGE_DELETE_STREAM)),
            RESTREAM_CHANGED, "the stream can be removed");
}


static void
test_moved(void)
{
    char                sql[256];
    unsigned            i;
    restream_change_t  *c;

    struct {
        const char  *what;
        const char  *set;
    } moves[] = {
        { "another destination's key",
          "key = (SELECT key FROM destinations WHERE name = 'b')" },
        { "the url in the place of the key", "key = url" },
        { "another stream's destination",
          "stream = (SELECT id FROM streams WHERE name = 'other')" },
        { "a byte less", "key = substr(key, 1, length(key) - 1)" },
        { "nothing", "key = x''" }
    };

    for (i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        restream_store_close(&store);
        store_remove_file();
        reopen(KEY_A, 1);

        c = change(RESTREAM_CHANGE_CREATE_STREAM);
        entry(c, "a", "rtmp://a/live", "secret-key-a");
        entry(c, "b", "rtmp://b/live", "secret-key-b");
        store_change(c);

        c = change(RESTREAM_CHANGE_CREATE_STREAM);
        change_of(c, APP, "other");
        store_change(c);

        snprintf(sql, sizeof(sql), "UPDATE destinations SET %s"
                                   " WHERE name = 'a'", moves[i].set);
        store_sql(sql);

        ok(store_get(APP, i == 2 ? "other" : NAME) == NULL
           && strstr(store_err.text, "damaged"), "%s is refused",
           moves[i].what);
    }
}


int
main(void)
{
    store_init();

    test_sealed();
    test_plain();
    test_rotation();
    test_lost();
    test_moved();
    test_reseal();

    restream_stream_destroy(&outcome.stream);
    store_done();

    return done_testing();
}
