/* What is stored is there again: every field, every answer, over restarts. */

#include "test.h"

#include <sys/stat.h>

#include "store.h"


static int
same(const char *one, const char *two)
{
    return one == two || (one && two && strcmp(one, two) == 0);
}


static int
same_stream(const restream_stream_t *one, const restream_stream_t *two)
{
    uint32_t                       i;
    const restream_destination_t  *a, *b;

    if (one == NULL || two == NULL
        || strcmp(one->app, two->app) != 0
        || strcmp(one->name, two->name) != 0
        || one->configured != two->configured
        || one->maximum != two->maximum
        || one->version != two->version
        || one->revision != two->revision
        || one->created_at != two->created_at
        || one->updated_at != two->updated_at
        || one->ndestinations != two->ndestinations
        || one->nswitches != two->nswitches)
    {
        return 0;
    }

    for (i = 0; i < one->nswitches; i++) {
        if (strcmp(one->switches[i].name, two->switches[i].name) != 0
            || one->switches[i].enabled != two->switches[i].enabled)
        {
            return 0;
        }
    }

    for (i = 0; i < one->ndestinations; i++) {
        a = &one->destinations[i];
        b = &two->destinations[i];

        if (a->id != b->id
            || a->version != b->version
            || a->created_at != b->created_at
            || a->updated_at != b->updated_at
            || a->enabled != b->enabled
            || strcmp(a->name, b->name) != 0
            || strcmp(a->url, b->url) != 0
            || strcmp(a->key, b->key) != 0
            || !same(a->title, b->title)
            || !same(a->description, b->description)
            || !same(a->audio, b->audio))
        {
            return 0;
        }
    }

    return 1;
}


/* what the change said is what is read, now and by a handle of its own */

static void
is_stored(const char *name)
{
    restream_stream_t  *st;

    st = store_get(APP, NAME);
    ok(same_stream(outcome.stream, st), "%s: is read back", name);
    restream_stream_destroy(&st);

    store_open();

    st = store_get(APP, NAME);
    ok(same_stream(outcome.stream, st), "%s: is there after a restart", name);
    restream_stream_destroy(&st);
}


static void
test_check(void)
{
    char  path[1024];

    is_uint(restream_store_check("sqlite:/var/lib/x.db", &store_err),
            RESTREAM_OK, "a path");
    is_uint(restream_store_check("sqlite:x.db", &store_err), RESTREAM_OK,
            "a relative one, which is not opened");
    ok(restream_store_check("sqlite:", &store_err) == RESTREAM_ERROR
       && strstr(store_err.text, "sqlite:/path"), "no path");
    is_uint(restream_store_check("sqlite:/var/", &store_err), RESTREAM_ERROR,
            "a directory");
    ok(restream_store_check("postgres://u:secret@h/db", &store_err)
       == RESTREAM_ERROR
       && strstr(store_err.text, "sqlite:/path")
       && !strstr(store_err.text, "secret"),
       "an unknown kind: what was expected is said, not what was given");

    memset(path, 'x', sizeof(path));
    memcpy(path, "sqlite:/", 8);
    path[sizeof(path) - 1] = '\0';
    is_uint(restream_store_check(path, &store_err), RESTREAM_ERROR,
            "a path that is too long");

    ok(restream_store_open("sqlite:x.db", NULL, &store_err) == NULL
       && strstr(store_err.text, "absolute"), "a relative path");
    ok(restream_store_open("sqlite::memory:", NULL, &store_err) == NULL,
       "what SQLite would take for something else");
    ok(restream_store_open("nosql:/x", NULL, &store_err) == NULL,
       "an unknown kind");
    ok(restream_store_open("sqlite:/nonexistent/x.db", NULL, &store_err)
       == NULL && store_err.code == RESTREAM_STORE_UNAVAILABLE
       && strstr(store_err.text, "directory"), "no directory");
}


static void
test_files(void)
{
    char         name[320];
    mode_t       mask;
    unsigned     i;
    const char  *ends[] = { "", "-wal", "-shm" };
    struct stat  sb;

    mask = umask(0);

    store_open_new();
    store_create();

    for (i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "%s%s", store_path, ends[i]);
        ok(stat(name, &sb) == 0 && (sb.st_mode & 07777) == 0600,
           "restream.db%s is its owner's alone", ends[i]);
    }

    umask(mask);

    is_uint(store_sql("SELECT * FROM pragma_integrity_check WHERE"
                      " integrity_check = 'ok'"), 0, "it is a good database");
}


static void
test_fields(void)
{
    uint64_t            revision;
    restream_change_t  *c;

    store_open_new();

    c = change(RESTREAM_CHANGE_CREATE_STREAM);
    c->set_maximum = 1;
    c->maximum = 7;
    entry_texts(entry(c, "z", "rtmp://z.example/live?x=1", "key'z\"--"),
                "Title \xe2\x80\xa6 %_\\", "Text\nof lines", "auto");
    entry_enabled(entry(c, "a", "rtmps://u:p@a.example/live/key", NULL), 0);
    config_name(c, "conf");

    is_uint(store_change(c), RESTREAM_CHANGED, "a stream with all there is");
    ok(outcome.changed && outcome.id == 0
       && outcome.stream->destinations[0].id
       && outcome.stream->destinations[1].id
       && outcome.stream->destinations[0].id
          != outcome.stream->destinations[1].id, "ids are made");
    ok(strcmp(outcome.stream->destinations[0].name, "z") == 0,
       "in the order in which they are given");
    ok(outcome.stream->revision == outcome.revision && outcome.revision,
       "the revision is the store's");
    is_stored("create");
    revision = outcome.revision;

    c = change_switch("conf", 0);
    config_name(c, "conf");
    is_uint(store_change(c), RESTREAM_CHANGED, "a config-made one is stopped");
    is_uint(outcome.revision, revision + 1, "the next revision");
    is_stored("switch");

    c = change_switch("conf", 1);
    config_name(c, "conf");
    is_uint(store_change(c), RESTREAM_CHANGED, "and started");
    is_stored("switch back");
}


static void
test_changes(void)
{
    restream_change_t  *c;

    c = change_named(RESTREAM_CHANGE_PATCH_DESTINATION, "z");
    entry_texts(entry(c, "y", "rtmp://y.example/live", "key-y"), NULL, "",
                "none");
    is_uint(store_change(c), RESTREAM_CHANGED, "one is patched");
    ok(outcome.id == outcome.stream->destinations[0].id, "its id is told");
    is_stored("patch");

    c = change(RESTREAM_CHANGE_CREATE_DESTINATION);
    entry(c, "b", "rtmp://b.example/live", "key-b");
    is_uint(store_change(c), RESTREAM_CHANGED, "one is added");
    ok(outcome.id && outcome.id == outcome.stream->destinations[2].id,
       "its id is told");
    is_stored("add");

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    entry(c, "c", "rtmp://c.example/live", "key-c");
    entry(c, "b", "rtmp://b.example/other", NULL);
    is_uint(store_change(c), RESTREAM_CHANGED, "a list replaces");
    is_stored("replace");

    c = change_named(RESTREAM_CHANGE_DELETE_DESTINATION, "b");
    is_uint(store_change(c), RESTREAM_CHANGED, "one is removed");
    is_stored("remove");

    is_uint(store_change(change_switch(NULL, 0)), RESTREAM_CHANGED, "all stop");
    is_stored("stop");
}


/* of the clock, or one more: no two are the same, and none goes back */

static void
test_revision(void)
{
    uint64_t  revision, now;

    store_open_new();
    now = change_now;
    change_now = 3000000000000;

    store_create();
    is_uint(outcome.revision, change_now, "a revision is a time");

    change_now = now;
    revision = outcome.revision;

    store_change(change_switch("a", 0));
    is_uint(outcome.revision, revision + 1, "and goes on when that goes back");
    is_uint(outcome.stream->updated_at, change_now, "which times do not");
}


static void
test_unchanged(void)
{
    uint64_t            revision;
    restream_change_t  *c;
    restream_stream_t  *st;

    store_open_new();
    store_create();
    revision = outcome.revision;

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    entry(c, "a", "rtmp://a.example/live", "secret-key-a");
    is_uint(store_change(c), RESTREAM_CHANGED, "a patch with what there is");
    ok(!outcome.changed && outcome.revision == revision && outcome.stream
       && outcome.stream->version == 1, "no version, no revision");

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    c->if_match = 5;
    is_uint(store_change(c), RESTREAM_CHANGE_VERSION, "a wrong version");
    ok(outcome.stream && outcome.stream->version == 1 && !outcome.changed,
       "comes with the stream as it is");

    c = change(RESTREAM_CHANGE_DELETE_STREAM);
    c->if_match = 5;
    is_uint(store_change(c), RESTREAM_CHANGE_VERSION, "for a removal, too");
    ok(outcome.stream
       && strcmp(outcome.stream->destinations[0].key, "secret-key-a") == 0,
       "with its keys");

    st = store_get(APP, "other");
    ok(st == NULL && store_err.text[0] == '\0', "there is no other stream");
}


static void
test_delete(void)
{
    uint64_t            revision;
    restream_change_t  *c;
    restream_stream_t  *st;

    store_open_new();
    store_create();

    c = change_switch("conf", 0);
    config_name(c, "conf");
    store_change(c);
    revision = outcome.revision;

    is_uint(store_change(change(RESTREAM_CHANGE_DELETE_STREAM)),
            RESTREAM_CHANGED, "a stream is removed");
    ok(outcome.changed && outcome.stream == NULL
       && outcome.revision == revision + 1, "it is gone, in a revision");
    is_uint(store_sql("SELECT (SELECT count(*) FROM streams)"
                      " + (SELECT count(*) FROM destinations)"
                      " + (SELECT count(*) FROM switches)"), 0,
            "nothing of it is left");

    revision = 0;
    ok(restream_store_get(store, APP, NAME, &st, &revision, &store_err)
       == RESTREAM_DECLINED && revision == outcome.revision && st == NULL,
       "a read that finds nothing tells of which revision");

    is_uint(store_change(change(RESTREAM_CHANGE_DELETE_STREAM)),
            RESTREAM_CHANGE_NO_STREAM, "there is none any more");

    c = change_switch("conf", 0);
    c->create_stream = 1;
    config_name(c, "conf");
    is_uint(store_change(c), RESTREAM_CHANGED, "a switch of a live stream");
    ok(!outcome.stream->configured && outcome.stream->version == 0
       && outcome.stream->nswitches == 1, "which is not configured");
    is_stored("only a switch");

    is_uint(store_change(change(RESTREAM_CHANGE_DELETE_STREAM)),
            RESTREAM_CHANGED, "it can be removed, live or not");
    is_uint(store_sql("SELECT count(*) FROM switches"), 0, "it is gone");
}


static void
test_swap_names(void)
{
    restream_change_t  *c;

    store_open_new();
    store_create();

    c = change(RESTREAM_CHANGE_CREATE_DESTINATION);
    entry(c, "b", "rtmp://b.example/live", "key-b");
    store_change(c);

    c = change_named(RESTREAM_CHANGE_PATCH_DESTINATION, "a");
    entry(c, "c", NULL, NULL);
    is_uint(store_change(c), RESTREAM_CHANGED, "a name becomes free");

    c = change_named(RESTREAM_CHANGE_PATCH_DESTINATION, "b");
    entry(c, "a", NULL, NULL);
    is_uint(store_change(c), RESTREAM_CHANGED, "and can be taken");
    is_stored("renamed");
}


int
main(void)
{
    store_init();

    test_check();
    test_files();
    test_fields();
    test_changes();
    test_revision();
    test_unchanged();
    test_delete();
    test_swap_names();

    restream_stream_destroy(&outcome.stream);
    store_done();

    return done_testing();
}
