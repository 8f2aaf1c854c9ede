/* Versions of what is made anew under a name that had others. */

#include "test.h"

#include "change.h"
#include "model/restream_apply.h"


static restream_stream_t          *st;          /* as it is stored */
static uint64_t                    retired;
static restream_change_outcome_t   outcome;


/* carries it out, as a store would; c is gone */

static void
apply(restream_change_t *c)
{
    uint32_t            i;
    restream_stream_t  *made;

    static uint64_t     id = 100;

    if (restream_change_apply(st, c, &made, &outcome) != RESTREAM_OK
        || !outcome.changed)
    {
        ok(0, "a change");
    }

    restream_change_versions(st, made, &retired);
    restream_change_destroy(&c);

    for (i = 0; made && i < made->ndestinations; i++) {
        if (made->destinations[i].id == 0) {
            made->destinations[i].id = ++id;
        }
    }

    restream_stream_destroy(&st);
    st = made;
}


static void
create(void)
{
    restream_change_t  *c;

    c = change(RESTREAM_CHANGE_CREATE_STREAM);
    entry(c, "a", "rtmp://a.example/live", "key-a");
    apply(c);
}


static void
add(const char *name)
{
    restream_change_t  *c;

    c = change(RESTREAM_CHANGE_CREATE_DESTINATION);
    entry(c, name, "rtmp://b.example/live", "key-b");
    apply(c);
}


static void
rename_to(const char *name, const char *other)
{
    restream_change_t  *c;

    c = change_named(RESTREAM_CHANGE_PATCH_DESTINATION, name);
    entry(c, other, NULL, NULL);
    apply(c);
}


static uint64_t
version(const char *name)
{
    restream_destination_t  *dst;

    dst = restream_stream_find_name(st, name);

    return dst ? dst->version : 0;
}


static void
test_removed(void)
{
    create();
    ok(st->version == 1 && version("a") == 1, "the first ones are 1");

    apply(change_switch("a", 0));
    apply(change_switch("a", 1));
    ok(st->version == 3 && version("a") == 3 && retired == 0,
       "changes count");

    apply(change_named(RESTREAM_CHANGE_DELETE_DESTINATION, "a"));
    is_uint(retired, 3, "one is removed");

    add("b");
    is_uint(version("b"), 4, "the next is above it");
    add("a");
    is_uint(version("a"), 4, "also under its name");

    apply(change(RESTREAM_CHANGE_DELETE_STREAM));
    ok(st == NULL && retired == 6, "a stream is removed");

    create();
    ok(st->version == 7 && version("a") == 7,
       "the next of its name and what it has is above all of it");
}


static void
test_renamed(void)
{
    restream_change_t  *c;

    restream_stream_destroy(&st);
    retired = 0;
    create();

    rename_to("a", "b");
    ok(version("b") == 2 && retired == 1, "another name is a change");
    add("a");
    is_uint(version("a"), 2, "the name that has become free begins above");

    apply(change_named(RESTREAM_CHANGE_DELETE_DESTINATION, "b"));
    rename_to("a", "b");
    is_uint(version("b"), 3, "and so does what gets one that was free");

    c = change(RESTREAM_CHANGE_PATCH_STREAM);
    c->set_destinations = 1;
    entry(c, "c", "rtmp://c.example/live", "key-c");
    apply(c);
    ok(version("c") == 3 && retired == 3, "of a list, what is new");
}


/* what a live stream has switches of is not configured, and is version 0 */

static void
test_switches(void)
{
    restream_change_t  *c;

    restream_stream_destroy(&st);
    retired = 8;

    c = change_switch("conf", 0);
    config_name(c, "conf");
    c->create_stream = 1;
    apply(c);
    ok(!st->configured && st->version == 0, "switches alone have no version");

    create();
    is_uint(st->version, 9, "what is configured on them has");
}


int
main(void)
{
    test_removed();
    test_renamed();
    test_switches();

    restream_stream_destroy(&st);

    return done_testing();
}
