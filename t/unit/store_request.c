/* A request with an idempotency key is carried out once in 24 hours. */

#include "test.h"

#include "store.h"


#define DAY  (24 * 3600 * 1000)


#define KEY_A  "first key of thirty-two bytes !!"
#define KEY_B  "second key, of thirty-two bytes!"


static restream_change_t *
request(restream_change_e kind, const char *who, const char *key, uint8_t hash)
{
    restream_change_t  *c;

    c = change(kind);
    c->who = who ? strdup(who) : NULL;
    c->idempotency_key = strdup(key);
    memset(c->request_hash, hash, sizeof(c->request_hash));

    return c;
}


/* POST of a stream whose name is made anew each time */

static restream_change_t *
post_stream(const char *name, const char *key)
{
    restream_change_t  *c;

    c = request(RESTREAM_CHANGE_CREATE_STREAM, "token a", key, 1);
    change_of(c, APP, name);

    return c;
}


static restream_change_t *
post_destination(const char *who, const char *key, const char *name,
    uint8_t hash)
{
    restream_change_t  *c;

    c = request(RESTREAM_CHANGE_CREATE_DESTINATION, who, key, hash);
    change_of(c, APP, "one");
    entry(c, name, "rtmp://a.example/live", "key");

    return c;
}


static void
test_replay(void)
{
    uint64_t  id, revision;

    is_uint(store_change(post_stream("one", "k1")), RESTREAM_CHANGED,
            "the first request");
    is_uint(store_change(post_stream("two", "k1")), RESTREAM_CHANGE_REPLAYED,
            "the same again, with another name made for it");
    ok(!outcome.changed && outcome.stream
       && strcmp(outcome.stream->name, "one") == 0,
       "the stream of the first one is told");
    is_uint(store_sql("SELECT count(*) FROM streams"), 1, "there is one");

    is_uint(store_change(post_destination("token a", "k2", "a", 2)),
            RESTREAM_CHANGED, "a destination");
    id = outcome.id;
    revision = outcome.revision;

    is_uint(store_change(post_destination("token a", "k2", "a", 2)),
            RESTREAM_CHANGE_REPLAYED, "the same again");
    ok(outcome.id == id && outcome.revision == revision
       && outcome.stream->ndestinations == 1, "is the same one");

    is_uint(store_change(post_destination("token a", "k2", "b", 3)),
            RESTREAM_CHANGE_REUSED, "the key of another request");
    ok(outcome.stream == NULL && !outcome.changed, "nothing is done");

    is_uint(store_change(post_destination("token b", "k2", "b", 3)),
            RESTREAM_CHANGED, "the key of another client");
    is_uint(store_change(post_destination(NULL, "k2", "c", 3)),
            RESTREAM_CHANGED, "and of one without a name");
    is_uint(store_change(post_destination(NULL, "k2", "c", 3)),
            RESTREAM_CHANGE_REPLAYED, "each has its own");

    store_open();
    is_uint(store_change(post_destination("token a", "k2", "a", 2)),
            RESTREAM_CHANGE_REPLAYED, "a restart forgets none");
}


static void
test_refused(void)
{
    restream_change_t  *c;

    is_uint(store_change(post_destination("token a", "k3", "a", 4)),
            RESTREAM_CHANGE_NAME_TAKEN, "a request that is refused");

    c = change_named(RESTREAM_CHANGE_DELETE_DESTINATION, "a");
    change_of(c, APP, "one");
    store_change(c);

    is_uint(store_change(post_destination("token a", "k3", "a", 4)),
            RESTREAM_CHANGED, "is not remembered");
}


static void
test_unchanged(void)
{
    uint64_t            revision;
    restream_change_t  *c;

    revision = outcome.revision;

    c = request(RESTREAM_CHANGE_SWITCH_STREAM, "token a", "k4", 5);
    change_of(c, APP, "one");
    c->enabled = 1;
    is_uint(store_change(c), RESTREAM_CHANGED, "a start of what is started");
    ok(!outcome.changed && outcome.revision == revision, "is no change");

    c = change_switch(NULL, 0);
    change_of(c, APP, "one");
    store_change(c);

    c = request(RESTREAM_CHANGE_SWITCH_STREAM, "token a", "k4", 5);
    change_of(c, APP, "one");
    c->enabled = 1;
    is_uint(store_change(c), RESTREAM_CHANGE_REPLAYED, "but is remembered");
    ok(!outcome.stream->destinations[0].enabled,
       "what has changed since is left");
}


static void
test_gone(void)
{
    restream_change_t  *c;

    c = change(RESTREAM_CHANGE_DELETE_STREAM);
    change_of(c, APP, "one");
    store_change(c);

    is_uint(store_change(post_stream("three", "k1")),
            RESTREAM_CHANGE_REPLAYED, "a replay of what has been removed");
    ok(outcome.stream == NULL, "tells that it is gone");
}


static void
test_age(void)
{
    char                key[16];
    unsigned            i;
    restream_change_t  *c;

    change_now += DAY - 60000;
    is_uint(store_change(post_stream("late", "k1")),
            RESTREAM_CHANGE_REPLAYED, "almost 24 hours later");

    change_now += 120000;
    is_uint(store_change(post_stream("late", "k1")), RESTREAM_CHANGED,
            "after 24 hours it is a new request");

    for (i = 0; i < 20; i++) {
        snprintf(key, sizeof(key), "old-%u", i);
        store_change(post_stream(key, key));
    }

    i = (unsigned) store_sql("SELECT count(*) FROM requests");
    change_now += 2 * DAY;

    store_change(post_stream("next", "next"));
    is_uint(store_sql("SELECT count(*) FROM requests"), i + 1 - 8,
            "each new one removes eight that are too old");

    for ( /* void */ ; i > 8; i -= 8) {
        snprintf(key, sizeof(key), "next-%u", i);
        store_change(post_stream(key, key));
    }

    ok(store_sql("SELECT count(*) FROM requests"
                 " WHERE key LIKE 'old%' OR key LIKE 'k%'") <= 0,
       "until none is left");

    /* a clock that is set back */

    change_now -= 30ull * DAY;
    c = post_stream("past", "next");
    is_uint(store_change(c), RESTREAM_CHANGE_REPLAYED,
            "a clock that goes back forgets none");
}


/* its key is not to be had with the file alone, and outlives a rotation */

static void
test_keys(void)
{
    unsigned                i;
    restream_store_keys_t   ring;

    struct {
        const char  *what;
        const char  *keys;
        uint32_t     n;
        int          result;
    } rings[] = {
        { "with a key in front of it", KEY_A, 1, RESTREAM_CHANGE_REPLAYED },
        { "with another one in front", KEY_B KEY_A, 2,
          RESTREAM_CHANGE_REPLAYED },
        { "without any", NULL, 0, RESTREAM_CHANGE_REPLAYED }
    };

    store_change(post_stream("plain", "plain"));
    is_uint(store_sql("SELECT count(*) FROM requests WHERE hash = x'01010101"
                      "01010101010101010101010101010101010101010101010101010"
                      "101'"), 0, "no hash of a request is stored");

    for (i = 0; i < 3; i++) {
        ring.keys = (uint8_t *) rings[i].keys;
        ring.n = rings[i].n;
        store_open_keys(&ring);

        is_uint(store_change(post_stream("plain", "plain")), rings[i].result,
                "a request of before any key, %s", rings[i].what);

        if (i == 0) {
            store_change(post_stream("sealed", "sealed"));
            continue;
        }

        is_uint(store_change(post_stream("sealed", "sealed")),
                i == 1 ? RESTREAM_CHANGE_REPLAYED : RESTREAM_CHANGE_REUSED,
                "one of the first key, %s", rings[i].what);
    }
}


int
main(void)
{
    store_init();
    store_open();

    test_replay();
    test_refused();
    test_unchanged();
    test_gone();
    test_age();
    test_keys();

    restream_stream_destroy(&outcome.stream);
    store_done();

    return done_testing();
}
