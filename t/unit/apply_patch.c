/* What changes of a stream make of its destinations and its members. */

#include "apply.h"


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


int
main(void)
{
    test_patch_stream();
    test_patch_stream_members();
    test_patch_stream_texts();
    test_patch_stream_refused();
    test_patch_stream_config_made();

    restream_stream_destroy(&st);

    return done_testing();
}
