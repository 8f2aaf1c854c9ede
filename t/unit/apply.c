/* What each kind of change makes of a stream, and what it is refused for. */

#include "test.h"

#include "change.h"
#include "model/restream_apply.h"


static restream_stream_t          *st;          /* as it is stored */
static restream_change_outcome_t   outcome;


/* carries it out, as a store would; c is gone */

static restream_change_result_e
apply(restream_change_t *c)
{
    int                 rc;
    uint32_t            i;
    restream_stream_t  *made;

    static uint64_t     id = 100;

    rc = restream_change_apply(st, c, &made, &outcome);
    restream_change_destroy(&c);

    if (rc != RESTREAM_OK) {
        ok(0, "a change without an error");
        return 1000;
    }

    if (!outcome.changed) {
        if (made) {
            ok(0, "nothing is made of no change");
        }

        return outcome.result;
    }

    for (i = 0; made && i < made->ndestinations; i++) {
        if (made->destinations[i].id == 0) {
            made->destinations[i].id = ++id;
        }
    }

    restream_stream_destroy(&st);
    st = made;

    return outcome.result;
}


/* two destinations, a and b; version 1 */

static void
stream(void)
{
    restream_change_t  *c;

    restream_stream_destroy(&st);

    c = change(RESTREAM_CHANGE_CREATE_STREAM);
    entry(c, "a", "rtmp://a.example/live", "key-a");
    entry_texts(entry(c, "b", "rtmp://b.example/live", "key-b"), "Title",
                "Text", "auto");

    if (apply(c) != RESTREAM_CHANGED) {
        ok(0, "a stream to begin with");
    }
}


static restream_destination_t *
dst(const char *name)
{
    return restream_stream_find_name(st, name);
}


static void
test_create_stream(void)
{
    uint64_t            now;
    restream_change_t  *c;

    stream();

    ok(st->configured && st->version == 1 && st->ndestinations == 2,
       "a stream is created with its destinations");
    ok(st->created_at == change_now && st->updated_at == change_now,
       "its times are those of the change");
    ok(strcmp(st->app, APP) == 0 && strcmp(st->name, NAME) == 0,
       "app and name");
    ok(strcmp(dst("a")->url, "rtmp://a.example/live") == 0
       && strcmp(dst("a")->key, "key-a") == 0
       && dst("a")->title == NULL && dst("a")->audio == NULL,
       "members that are not given are none");
    ok(strcmp(dst("b")->title, "Title") == 0
       && strcmp(dst("b")->description, "Text") == 0
       && strcmp(dst("b")->audio, "auto") == 0,
       "members that are given");
    ok(dst("a")->version == 1 && dst("a")->enabled
       && dst("a")->created_at == change_now
       && dst("a")->updated_at == change_now,
       "a destination is enabled, in version 1");

    now = change_now;

    is_uint(apply(change(RESTREAM_CHANGE_CREATE_STREAM)),
            RESTREAM_CHANGE_STREAM_EXISTS, "a stream is created once");
    is_uint(st->updated_at, now, "and is left alone then");

    restream_stream_destroy(&st);

    c = change(RESTREAM_CHANGE_CREATE_STREAM);
    c->set_maximum = 1;
    c->maximum = 3;
    entry_enabled(entry(c, "a", "rtmp://a/live/key-in-url", NULL), 0);
    is_uint(apply(c), RESTREAM_CHANGED, "a key may be the end of the url");
    ok(st->maximum == 3 && !dst("a")->enabled && dst("a")->key[0] == '\0',
       "maximum and enabled as they are given");
}


static void
test_create_stream_refused(void)
{
    restream_change_t  *c;

    restream_stream_destroy(&st);

    c = change(RESTREAM_CHANGE_CREATE_STREAM);
    entry(c, "a", "rtmp://a/live", "key");
    entry(c, "b", "rtmp://a/live", "key");
    entry(c, "a", "rtmp://a/live", "key");
    is_uint(apply(c), RESTREAM_CHANGE_NAME_TAKEN, "a name twice in a list");
    ok(outcome.index == 2 && st == NULL, "the second is told, nothing is made");

    c = change(RESTREAM_CHANGE_CREATE_STREAM);
    config_name(c, "b");
    entry(c, "a", "rtmp://a/live", "key");
    entry(c, "b", "rtmp://a/live", "key");
    is_uint(apply(c), RESTREAM_CHANGE_NAME_TAKEN, "a config-made name");
    is_uint(outcome.index, 1, "its index is told");

    c = change(RESTREAM_CHANGE_CREATE_STREAM);
    entry(c, "a", "rtmp://a/live", "key");
    entry(c, "b", "rtmp://a/live", NULL);
    is_uint(apply(c), RESTREAM_CHANGE_KEY_MISSING, "no key, none in the url");
    is_uint(outcome.index, 1, "its index is told, too");

    c = change(RESTREAM_CHANGE_CREATE_STREAM);
    c->max_destinations = 2;
    config_name(c, "x");
    entry(c, "a", "rtmp://a/live", "key");
    entry(c, "b", "rtmp://a/live", "key");
    is_uint(apply(c), RESTREAM_CHANGE_LIMIT, "more than there may be");
    ok(outcome.count == 3 && outcome.maximum == 2 && st == NULL,
       "both numbers are told, config-made ones counted");
}


static void
test_no_stream(void)
{
    unsigned            kind;
    restream_change_t  *c;

    restream_stream_destroy(&st);

    for (kind = RESTREAM_CHANGE_PATCH_STREAM;
         kind <= RESTREAM_CHANGE_SWITCH_STREAM;
         kind++)
    {
        c = change_named(kind, "a");
        entry(c, "a", "rtmp://a/live", "key");
        is_uint(apply(c), RESTREAM_CHANGE_NO_STREAM,
                "change %u of no stream", kind);
    }
}


static void
test_live(void)
{
    restream_change_t  *c;

    restream_stream_destroy(&st);

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    c->create_stream = 1;
    is_uint(apply(c), RESTREAM_CHANGED, "a live stream without a row");
    ok(!outcome.changed && st == NULL, "is not stored for nothing");

    c = change(RESTREAM_CHANGE_DELETE_STREAM);
    c->create_stream = 1;
    is_uint(apply(c), RESTREAM_CHANGED, "it may be deleted");
    ok(!outcome.changed, "with nothing to do");

    c = change_switch("x", 0);
    c->create_stream = 1;
    config_name(c, "x");
    is_uint(apply(c), RESTREAM_CHANGED, "switching a config-made destination");
    ok(st && !st->configured && st->version == 0 && st->nswitches == 1
       && st->created_at == change_now,
       "leaves a row of switches");

    c = change_switch("x", 1);
    config_name(c, "x");
    is_uint(apply(c), RESTREAM_CHANGE_NO_STREAM,
            "which makes no stream of it when it is not live any more");

    c = change(RESTREAM_CHANGE_CREATE_DESTINATION);
    c->create_stream = 1;
    c->if_match = 1;
    entry(c, "a", "rtmp://a/live", "key");
    is_uint(apply(c), RESTREAM_CHANGE_VERSION, "it has no version 1");

    c = change(RESTREAM_CHANGE_CREATE_DESTINATION);
    c->create_stream = 1;
    c->if_match = RESTREAM_VERSION_NONE;
    entry(c, "a", "rtmp://a/live", "key");
    is_uint(apply(c), RESTREAM_CHANGED, "a destination, if not configured");
    ok(st->configured && st->version == 1 && st->nswitches == 1
       && st->created_at == change_now,
       "configures the stream and keeps its switches");

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    c->if_match = RESTREAM_VERSION_NONE;
    is_uint(apply(c), RESTREAM_CHANGE_VERSION, "now it is configured");

    is_uint(apply(change(RESTREAM_CHANGE_DELETE_STREAM)), RESTREAM_CHANGED,
            "a stream is deleted");
    ok(outcome.changed && st == NULL, "switches and all");
}


static void
test_patch_stream(void)
{
    uint64_t            id_a, now;
    restream_change_t  *c;

    stream();
    id_a = dst("a")->id;
    now = change_now;

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    entry_texts(entry(c, "b", "rtmp://b.example/live", NULL), "Title", "Text",
                "auto");
    entry(c, "a", NULL, NULL);
    is_uint(apply(c), RESTREAM_CHANGED, "a list of what there is");
    ok(!outcome.changed && st->updated_at == now && st->version == 1,
       "changes nothing, whatever its order");

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    entry(c, "c", "rtmp://c.example/live", "key-c");
    entry(c, "a", "rtmp://a.example/other", NULL);
    is_uint(apply(c), RESTREAM_CHANGED, "a list that replaces");
    ok(st->ndestinations == 2 && dst("b") == NULL, "what is absent is gone");
    ok(st->destinations[0].id == id_a && dst("a")->version == 2
       && dst("a")->updated_at == change_now && dst("a")->created_at == now
       && strcmp(dst("a")->url, "rtmp://a.example/other") == 0
       && strcmp(dst("a")->key, "key-a") == 0,
       "what is matched keeps id, place and key");
    ok(dst("c")->version == 1 && dst("c") == &st->destinations[1],
       "what is new is behind it");
    ok(st->version == 2 && st->updated_at == change_now
       && st->created_at == now, "the stream is one version on");

    entry_enabled(entry(c = change(RESTREAM_CHANGE_PATCH_STREAM), "a", NULL,
                        NULL), 0);
    entry(c, "c", NULL, NULL);
    is_uint(apply(c), RESTREAM_CHANGED, "a list that disables");
    ok(!dst("a")->enabled && dst("a")->version == 3 && dst("c")->version == 1,
       "only the entry that differs has a new version");

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    entry(c, "a", NULL, NULL);
    entry(c, "c", NULL, NULL);
    apply(c);
    ok(!outcome.changed && !dst("a")->enabled,
       "an entry that does not give enabled leaves it");

}


static void
test_patch_stream_members(void)
{
    restream_change_t  *c;

    is_uint(apply(change(RESTREAM_CHANGE_PATCH_STREAM)), RESTREAM_CHANGED,
            "an empty list");
    ok(outcome.changed && st->ndestinations == 0 && st->configured,
       "removes all, the stream stays");

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    c->set_destinations = 0;
    c->set_maximum = 1;
    c->maximum = 5;
    c->if_match = st->version;
    is_uint(apply(c), RESTREAM_CHANGED, "maximum alone, in the right version");
    is_uint(st->maximum, 5, "is set");

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    c->if_match = st->version - 1;
    is_uint(apply(c), RESTREAM_CHANGE_VERSION, "an older version");
}


static void
test_patch_stream_texts(void)
{
    restream_change_t  *c;

    stream();

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    entry(c, "a", NULL, NULL);
    entry(c, "b", NULL, NULL);
    is_uint(apply(c), RESTREAM_CHANGED, "a list without texts");
    ok(dst("b")->title == NULL && dst("b")->description == NULL
       && dst("b")->audio == NULL && dst("b")->version == 2,
       "removes them");
    is_uint(dst("a")->version, 1, "where there were some");
}


static void
test_patch_stream_refused(void)
{
    restream_change_t  *c;

    stream();

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    entry(c, "a", NULL, NULL);
    entry(c, "c", "rtmp://c/live", NULL);
    is_uint(apply(c), RESTREAM_CHANGE_KEY_MISSING, "a new name needs a key");
    ok(outcome.index == 1 && st->ndestinations == 2, "nothing was done");

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    entry(c, "a", NULL, NULL);
    entry(c, "a", NULL, "other");
    is_uint(apply(c), RESTREAM_CHANGE_NAME_TAKEN, "a stored name twice");
    ok(outcome.index == 1 && strcmp(dst("a")->key, "key-a") == 0,
       "nothing was done, either");

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    c->max_destinations = 2;
    entry(c, "c", "rtmp://c/live", "key");
    entry(c, "d", "rtmp://c/live", "key");
    entry(c, "e", "rtmp://c/live", "key");
    is_uint(apply(c), RESTREAM_CHANGE_LIMIT, "a list that is too long");
    ok(outcome.count == 3 && outcome.maximum == 2, "by the application's");

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    c->max_destinations = 1;
    entry(c, "c", "rtmp://c/live", "key");
    entry(c, "d", "rtmp://c/live", "key");
    is_uint(apply(c), RESTREAM_CHANGED,
            "a limit below what there is lets as many be replaced");

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    c->set_maximum = 1;
    c->maximum = 2;
    entry(c, "c", NULL, NULL);
    entry(c, "d", NULL, NULL);
    entry(c, "e", "rtmp://c/live", "key");
    is_uint(apply(c), RESTREAM_CHANGE_LIMIT, "a maximum in the same change");
    is_uint(st->maximum, 0, "is not set either");
}


static void
test_patch_stream_config_made(void)
{
    restream_change_t  *c;

    stream();

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    config_name(c, "x");
    entry(c, "a", NULL, NULL);
    entry(c, "x", "rtmp://shown/app", NULL);
    is_uint(apply(c), RESTREAM_CHANGED, "a config-made one sent back");
    ok(st->nswitches == 0 && dst("x") == NULL && st->ndestinations == 1,
       "is neither stored nor switched");

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    config_name(c, "x");
    entry(c, "a", NULL, NULL);
    entry_enabled(entry(c, "x", NULL, NULL), 0);
    is_uint(apply(c), RESTREAM_CHANGED, "with enabled");
    ok(st->nswitches == 1 && st->switches[0].enabled == 0, "it is switched");

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    config_name(c, "x");
    entry(c, "a", NULL, NULL);
    entry(c, "x", NULL, "key");
    is_uint(apply(c), RESTREAM_CHANGE_READ_ONLY, "with a key");
    is_uint(outcome.index, 1, "it is refused");
}


static void
test_long_list(void)
{
    char                name[16];
    uint32_t            i, n;
    restream_change_t  *c;

    restream_stream_destroy(&st);

    n = 5000;

    for (i = 0; i < 3; i++) {
        uint32_t  k;

        c = change(i ? RESTREAM_CHANGE_PATCH_STREAM
                     : RESTREAM_CHANGE_CREATE_STREAM);
        c->max_destinations = RESTREAM_MAXIMUM_MAX;

        for (k = 0; k < n; k++) {
            /* the second time every other, the third none of the same */
            snprintf(name, sizeof(name), "%u", i < 2 ? k * (i + 1) : k + 20000);
            entry(c, name, "rtmp://a/live", "key");
        }

        is_uint(apply(c), RESTREAM_CHANGED, "%u destinations", n);
        is_uint(st->ndestinations, n, "all there are");
    }

    c = change(RESTREAM_CHANGE_CREATE_DESTINATION);
    c->max_destinations = 0;
    entry(c, "one", "rtmp://a/live", "key");
    is_uint(apply(c), RESTREAM_CHANGED, "no limit is the greatest there is");
}


int
main(void)
{
    test_create_stream();
    test_create_stream_refused();
    test_no_stream();
    test_live();
    test_patch_stream();
    test_patch_stream_members();
    test_patch_stream_texts();
    test_patch_stream_refused();
    test_patch_stream_config_made();
    test_long_list();

    restream_stream_destroy(&st);

    return done_testing();
}
