/* What changes of one destination, and switches, make of a stream. */

#include "apply.h"


static void
create(const char *name, const char *url, const char *key)
{
    restream_change_t  *c;

    c = change(RESTREAM_CHANGE_CREATE_DESTINATION);
    c->create_stream = 1;
    entry(c, name, url, key);

    if (apply(c) != RESTREAM_CHANGED) {
        ok(0, "a destination to begin with");
    }
}


/* a and b, made one after the other */

static void
begin(void)
{
    restream_stream_destroy(&st);
    create("a", "rtmp://user:pass@a.example/live?backup=1", "key-a");
    create("b", "rtmp://b.example/live/key-b", NULL);
}


static restream_change_t *
patch(const char *name, const char *url, const char *key)
{
    restream_change_t  *c;

    c = change_named(RESTREAM_CHANGE_PATCH_DESTINATION, name);
    entry(c, NULL, url, key);

    return c;
}


static int
is_target(const char *name, const char *url, const char *key)
{
    return strcmp(dst(name)->url, url) == 0
           && strcmp(dst(name)->key, key) == 0;
}


static void
test_create(void)
{
    restream_change_t  *c;

    begin();

    ok(st->ndestinations == 2 && st->version == 2, "two are created");

    c = change(RESTREAM_CHANGE_CREATE_DESTINATION);
    entry(c, "b", "rtmp://a/live", "key");
    is_uint(apply(c), RESTREAM_CHANGE_NAME_TAKEN, "a stored name");

    c = change(RESTREAM_CHANGE_CREATE_DESTINATION);
    config_name(c, "x");
    entry(c, "x", "rtmp://a/live", "key");
    is_uint(apply(c), RESTREAM_CHANGE_NAME_TAKEN, "a config-made name");

    c = change(RESTREAM_CHANGE_CREATE_DESTINATION);
    entry(c, "c", "rtmp://a/live", NULL);
    is_uint(apply(c), RESTREAM_CHANGE_KEY_MISSING, "no key");

    c = change(RESTREAM_CHANGE_CREATE_DESTINATION);
    c->max_destinations = 2;
    entry(c, "c", "rtmp://a/live", "key");
    is_uint(apply(c), RESTREAM_CHANGE_LIMIT, "one too many");
    ok(outcome.count == 3 && outcome.maximum == 2 && st->ndestinations == 2,
       "both numbers are told");

    c = change(RESTREAM_CHANGE_CREATE_DESTINATION);
    c->if_match = 1;
    entry(c, "c", "rtmp://a/live", "key");
    is_uint(apply(c), RESTREAM_CHANGE_VERSION, "the stream's older version");
}


static void
test_patch(void)
{
    restream_change_t  *c;

    begin();

    c = change(RESTREAM_CHANGE_PATCH_DESTINATION);
    c->id = 1;
    c->if_match = 1;
    entry_texts(entry(c, "new", NULL, NULL), "Title", NULL, "auto");
    is_uint(apply(c), RESTREAM_CHANGED, "by its id, in the right version");
    ok(dst("a") == NULL && dst("new") && outcome.id == 1, "it is renamed");
    ok(strcmp(dst("new")->title, "Title") == 0
       && strcmp(dst("new")->audio, "auto") == 0, "and has texts");
    ok(dst("new")->version == 2 && st->version == 3
       && dst("new")->updated_at == change_now
       && dst("b")->version == 1, "versions of both are one on");

    c = change_named(RESTREAM_CHANGE_PATCH_DESTINATION, "new");
    entry_texts(entry(c, "new", NULL, "key-a"), "Title", NULL, "auto");
    is_uint(apply(c), RESTREAM_CHANGED, "a patch with what there is");
    ok(!outcome.changed && outcome.id == 1 && dst("new")->version == 2,
       "is no change, and tells which it is");

    c = change_named(RESTREAM_CHANGE_PATCH_DESTINATION, "new");
    entry_texts(entry(c, NULL, NULL, NULL), NULL, NULL, NULL);
    is_uint(apply(c), RESTREAM_CHANGED, "texts can be removed");
    ok(dst("new")->title == NULL && dst("new")->audio == NULL, "so they are");

    c = change_named(RESTREAM_CHANGE_PATCH_DESTINATION, "new");
    entry_enabled(entry(c, NULL, NULL, NULL), 0);
    is_uint(apply(c), RESTREAM_CHANGED, "enabled can be set");
    ok(!dst("new")->enabled && dst("new")->version == 4, "a new version");
}


static void
test_patch_refused(void)
{
    restream_change_t  *c;

    begin();

    c = change(RESTREAM_CHANGE_PATCH_DESTINATION);
    c->id = 99;
    entry(c, NULL, NULL, "key");
    is_uint(apply(c), RESTREAM_CHANGE_NO_DESTINATION, "no such id");
    is_uint(apply(patch("c", NULL, "key")), RESTREAM_CHANGE_NO_DESTINATION,
            "no such name");

    c = change(RESTREAM_CHANGE_PATCH_DESTINATION);
    entry(c, NULL, NULL, "key");
    is_uint(apply(c), RESTREAM_CHANGE_NO_DESTINATION, "neither id nor name");

    c = patch("a", NULL, "key");
    c->if_match = 7;
    is_uint(apply(c), RESTREAM_CHANGE_VERSION, "another version");
    is_uint(outcome.id, 0, "no id where the answer is no");

    c = change_named(RESTREAM_CHANGE_PATCH_DESTINATION, "a");
    entry(c, "b", NULL, NULL);
    is_uint(apply(c), RESTREAM_CHANGE_NAME_TAKEN, "the name of another");

    c = change_named(RESTREAM_CHANGE_PATCH_DESTINATION, "a");
    config_name(c, "x");
    entry(c, "x", NULL, NULL);
    is_uint(apply(c), RESTREAM_CHANGE_NAME_TAKEN, "a config-made name");

    c = patch("a", NULL, NULL);
    c->destinations[0].set = RESTREAM_SET_KEY;
    is_uint(apply(c), RESTREAM_CHANGE_KEY_MISSING,
            "a key removed and none in the url");
    ok(strcmp(dst("a")->key, "key-a") == 0, "stays");
}


static void
test_target(void)
{
    begin();

    apply(patch("a", "rtmp://a.example/live", NULL));
    ok(!outcome.changed, "a url as it was shown is no change");
    apply(patch("b", "rtmp://b.example/live", NULL));
    ok(!outcome.changed, "also one that has its key at its end");
    apply(patch("b", NULL, "key-b"));
    ok(!outcome.changed, "nor is the key that it has there");

    apply(patch("a", "rtmp://other/app", NULL));
    ok(is_target("a", "rtmp://other/app", "key-a"), "a url without a key");
    apply(patch("a", "rtmp://other/app", "new"));
    ok(is_target("a", "rtmp://other/app", "new"), "a new key");

    apply(patch("b", "rtmp://other/app/key-2", NULL));
    ok(is_target("b", "rtmp://other/app/key-2", ""), "a url with its key");
    apply(patch("b", "rtmp://third/app", NULL));
    ok(is_target("b", "rtmp://third/app", "key-2"),
       "the key that was the end of the url before");

    begin();
    apply(patch("b", NULL, "new"));
    ok(is_target("b", "rtmp://b.example/live", "new"),
       "a new key beside a url takes the place of that in it");

    begin();
    apply(patch("b", "rtmp://third/app/instance", "new"));
    ok(is_target("b", "rtmp://third/app/instance", "new"),
       "a url with a key beside it is all app");
}


static void
test_config_made(void)
{
    restream_change_t  *c;

    begin();

    c = patch("x", NULL, "key");
    config_name(c, "x");
    is_uint(apply(c), RESTREAM_CHANGE_READ_ONLY, "a key for a config-made one");

    c = change_named(RESTREAM_CHANGE_DELETE_DESTINATION, "x");
    config_name(c, "x");
    is_uint(apply(c), RESTREAM_CHANGE_READ_ONLY, "it cannot be removed");

    c = patch("x", NULL, NULL);
    config_name(c, "x");
    is_uint(apply(c), RESTREAM_CHANGED, "an empty patch");
    ok(!outcome.changed, "does nothing");

    c = patch("x", NULL, NULL);
    config_name(c, "x");
    entry_enabled(c->destinations, 1);
    is_uint(apply(c), RESTREAM_CHANGED, "enabled alone");
    ok(outcome.changed && outcome.id == 0 && st->nswitches == 1
       && st->switches[0].enabled && strcmp(st->switches[0].name, "x") == 0,
       "is its switch, stored also when it is on");

    c = change_switch("x", 0);
    config_name(c, "x");
    c->if_match = 3;
    is_uint(apply(c), RESTREAM_CHANGE_VERSION, "it has no version");

    /* nginx.conf has got a name that is stored */

    c = patch("a", NULL, "new");
    config_name(c, "a");
    is_uint(apply(c), RESTREAM_CHANGED, "a name of both is the stored one");

    c = change_switch("a", 0);
    config_name(c, "a");
    c->config_made = 1;
    is_uint(apply(c), RESTREAM_CHANGED, "unless the other one is meant");
    ok(outcome.id == 0 && dst("a")->enabled, "which is switched alone");

    c = change_named(RESTREAM_CHANGE_DELETE_DESTINATION, "a");
    config_name(c, "a");
    c->config_made = 1;
    is_uint(apply(c), RESTREAM_CHANGE_READ_ONLY, "and cannot be removed");
    ok(dst("a") != NULL, "nor is the stored one");
}


static void
test_delete(void)
{
    restream_change_t  *c;

    begin();
    create("c", "rtmp://c/live", "key-c");

    c = change_named(RESTREAM_CHANGE_DELETE_DESTINATION, "b");
    c->if_match = 9;
    is_uint(apply(c), RESTREAM_CHANGE_VERSION, "another version");

    c = change(RESTREAM_CHANGE_DELETE_DESTINATION);
    c->id = 2;
    is_uint(apply(c), RESTREAM_CHANGED, "removed by its id");
    ok(st->ndestinations == 2 && outcome.id == 2
       && strcmp(st->destinations[0].name, "a") == 0
       && strcmp(st->destinations[1].name, "c") == 0,
       "the others are left in their order");
    is_uint(st->version, 4, "the stream is one version on");

    apply(change_named(RESTREAM_CHANGE_DELETE_DESTINATION, "c"));
    apply(change_named(RESTREAM_CHANGE_DELETE_DESTINATION, "a"));
    ok(st->ndestinations == 0 && st->configured, "the stream stays without");
}


static void
test_switch(void)
{
    uint64_t            version;
    restream_change_t  *c;

    begin();
    version = st->version;

    is_uint(apply(change_switch("a", 1)), RESTREAM_CHANGED, "starting");
    ok(!outcome.changed && outcome.id == 1 && st->version == version,
       "what is enabled is no change");

    is_uint(apply(change_switch("a", 0)), RESTREAM_CHANGED, "stopping");
    ok(outcome.changed && !dst("a")->enabled && dst("a")->version == 2
       && dst("a")->updated_at == change_now && st->version == version + 1,
       "is a change of what is configured");
    is_uint(apply(change_switch("c", 0)), RESTREAM_CHANGE_NO_DESTINATION,
            "none of that name");

    c = change_switch(NULL, 0);
    config_name(c, "x");
    config_name(c, "y");
    is_uint(apply(c), RESTREAM_CHANGED, "stopping all");
    ok(!dst("a")->enabled && !dst("b")->enabled && st->nswitches == 2
       && !st->switches[0].enabled && !st->switches[1].enabled,
       "config-made ones, too");
    ok(dst("a")->version == 2 && dst("b")->version == 2
       && st->version == version + 2, "a version for what was not so");

    c = change_switch(NULL, 0);
    config_name(c, "y");
    config_name(c, "x");
    apply(c);
    ok(!outcome.changed && st->nswitches == 2, "again, no change");

    c = change_switch("y", 1);
    config_name(c, "y");
    apply(c);
    ok(outcome.changed && !st->switches[0].enabled && st->switches[1].enabled
       && st->version == version + 3, "one of them on again");
}


static void
test_need_live(void)
{
    restream_change_t  *c;

    begin();
    apply(change_switch("a", 0));

    c = change_switch("a", 1);
    c->need_live = 1;
    is_uint(apply(c), RESTREAM_CHANGE_NOT_LIVE, "starting when it is not live");
    ok(!dst("a")->enabled && !outcome.changed, "does nothing");

    c = change_switch(NULL, 1);
    c->need_live = 1;
    config_name(c, "x");
    is_uint(apply(c), RESTREAM_CHANGE_NOT_LIVE, "all of them, too");
    is_uint(st->nswitches, 0, "config-made ones included");

    c = change_switch("none", 1);
    c->need_live = 1;
    is_uint(apply(c), RESTREAM_CHANGE_NO_DESTINATION,
            "what is not there is told first");

    c = change_switch("b", 0);
    c->need_live = 1;
    is_uint(apply(c), RESTREAM_CHANGED, "stopping is always possible");
}


int
main(void)
{
    test_create();
    test_patch();
    test_patch_refused();
    test_target();
    test_config_made();
    test_delete();
    test_switch();
    test_need_live();

    restream_stream_destroy(&st);

    return done_testing();
}
