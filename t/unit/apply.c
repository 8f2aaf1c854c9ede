/* What the making of a stream makes, and who may change what is none. */

#include "apply.h"


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
    test_long_list();

    restream_stream_destroy(&st);

    return done_testing();
}
