/*
 * Who may do what: names of capabilities, lists of them, patterns of streams,
 * and that what is not granted is neither allowed nor seen.
 */

#include "test.h"

#include "model/restream_access.h"

#include <stdlib.h>
#include <string.h>


static restream_str_t
str(const char *s)
{
    restream_str_t  text;

    text.data = (uint8_t *) s;
    text.len = strlen(s);

    return text;
}


static int
sees(const restream_access_t *access, const char *app, const char *name)
{
    return restream_access_sees(access, str(app), str(name));
}


static void
test_names(void)
{
    unsigned              bit, seen;
    size_t                i;
    const char           *name;
    static const struct {
        const char  *name;
        unsigned     capability;
    } others[] = {
        { "start-broadcast-call", RESTREAM_CAN_START },
        { "stop-broadcast-call", RESTREAM_CAN_STOP },
        { "", 0 }, { "Read", 0 }, { "rea", 0 }, { "reads", 0 }, { "all", 0 },
        { "*", 0 }, { "start-broadcast", 0 }
    };

    seen = 0;

    for (bit = 1; bit & RESTREAM_CAN_ALL; bit <<= 1) {
        name = restream_access_name(bit);

        if (ok(name != NULL, "capability 0x%02x has a name", bit)) {
            is_uint(restream_access_capability(str(name)), bit,
                    "\"%s\" is that capability", name);
        }

        seen |= bit;
    }

    is_uint(seen, RESTREAM_CAN_ALL, "there are no others");
    ok(restream_access_name(0) == NULL, "no capability has no name");
    ok(restream_access_name(RESTREAM_CAN_READ|RESTREAM_CAN_WRITE) == NULL,
       "two have none");

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        is_uint(restream_access_capability(str(others[i].name)),
                others[i].capability, "\"%s\" is 0x%02x", others[i].name,
                others[i].capability);
    }
}


static void
test_lists(void)
{
    size_t                i;
    unsigned              got;
    restream_str_t        unknown;
    static const struct {
        const char  *list;
        uint8_t      separator;
        unsigned     capabilities;
        const char  *unknown;
    } lists[] = {
        { "", ',', 0, NULL },
        { "read", ',', RESTREAM_CAN_READ, NULL },
        { "read,write,start,stop,keys,events,webhooks,limits", ',',
          RESTREAM_CAN_ALL, NULL },
        { "read,read", ',', RESTREAM_CAN_READ, NULL },
        { "read,admin,root,stop", ',', RESTREAM_CAN_READ|RESTREAM_CAN_STOP,
          "admin" },
        { "read,", ',', RESTREAM_CAN_READ, "" },
        { ",read", ',', RESTREAM_CAN_READ, "" },
        { ",", ',', 0, "" },
        { "read write", ',', 0, "read write" },
        { "  openid read  write ", ' ', RESTREAM_CAN_READ|RESTREAM_CAN_WRITE,
          "openid" },
        { "   ", ' ', 0, NULL }
    };

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        restream_access_list(str(lists[i].list), lists[i].separator, &got,
                             &unknown);

        is_uint(got, lists[i].capabilities, "\"%s\": what is known of it",
                lists[i].list);

        if (lists[i].unknown == NULL) {
            ok(unknown.data == NULL, "\"%s\": all is", lists[i].list);

        } else {
            ok(unknown.data != NULL, "\"%s\": not all is", lists[i].list);
            is_mem(unknown.data, unknown.len, lists[i].unknown,
                   strlen(lists[i].unknown), "\"%s\": this is not",
                   lists[i].list);
        }
    }
}


static void
test_allows(void)
{
    restream_access_t  access;

    memset(&access, 0, sizeof(access));
    ok(!restream_access_allows(&access, RESTREAM_CAN_READ),
       "a grant of nothing allows nothing");
    ok(sees(&access, "live", "a"), "but is not limited");

    access.capabilities = RESTREAM_CAN_READ|RESTREAM_CAN_START;
    ok(restream_access_allows(&access, RESTREAM_CAN_START), "start is allowed");
    ok(!restream_access_allows(&access, RESTREAM_CAN_STOP), "stop is not");
    ok(!restream_access_allows(&access, RESTREAM_CAN_READ|RESTREAM_CAN_KEYS),
       "of two, both have to be");
}


static void
test_patterns(void)
{
    size_t                i;
    const char           *err;
    restream_access_t     access;
    static const struct {
        const char  *pattern;
        const char  *app;
        const char  *name;
        int          seen;
    } cases[] = {
        { "live/alice", "live", "alice", 1 },
        { "live/alice", "live", "alice2", 0 },
        { "live/alice", "live", "alic", 0 },
        { "live/alice", "Live", "alice", 0 },
        { "live/alice", "liv", "e/alice", 0 },
        { "live/alice*", "live", "alice", 1 },
        { "live/alice*", "live", "alice/1", 1 },
        { "live/alice*", "live", "bob", 0 },
        { "live/alice*", "live", "ali", 0 },
        { "live/alice*", "live2", "alice", 0 },
        { "live/*", "live", "anything", 1 },
        { "live/*", "live2", "anything", 0 },
        { "live*", "live2", "anything", 1 },
        { "*", "any", "thing", 1 },
        { "*", "an/y", "thing", 0 },
        { "live/a/b", "live", "a/b", 1 },
        { "live/a/b", "live/a", "b", 0 },
        { "live/a%2Fb", "live", "a/b", 0 },
        { "*", "", "thing", 0 },
        { "*", "any", "", 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&access, 0, sizeof(access));

        is_uint(restream_access_add(&access, str(cases[i].pattern), &err),
                RESTREAM_OK, "\"%s\" is a pattern", cases[i].pattern);
        is_uint(sees(&access, cases[i].app, cases[i].name), cases[i].seen,
                "\"%s\" %s \"%s\" \"%s\"", cases[i].pattern,
                cases[i].seen ? "sees" : "does not see", cases[i].app,
                cases[i].name);

        restream_access_free(&access);
    }
}


static void
test_several(void)
{
    char                long_name[257];
    unsigned            i;
    const char         *err;
    restream_access_t   access;

    memset(&access, 0, sizeof(access));
    (void) restream_access_add(&access, str("live/alice"), &err);
    (void) restream_access_add(&access, str("vod/*"), &err);

    ok(sees(&access, "live", "alice"), "the first of two patterns");
    ok(sees(&access, "vod", "film"), "the second of two patterns");
    ok(!sees(&access, "live", "film"), "none of them");

    memset(long_name, 'x', sizeof(long_name) - 1);
    long_name[256] = '\0';
    ok(!sees(&access, "vod", long_name), "a name of 256 bytes is not seen");
    ok(sees(&access, "vod", long_name + 1), "one of 255 is");
    ok(!sees(&access, long_name, "x"), "an application of 256 is not");

    for (i = access.npatterns; i < RESTREAM_ACCESS_MAX; i++) {
        (void) restream_access_add(&access, str("a/b"), &err);
    }

    is_uint(access.npatterns, RESTREAM_ACCESS_MAX, "64 patterns");
    is_uint((uint32_t) restream_access_add(&access, str("c/d"), &err),
            (uint32_t) RESTREAM_ERROR, "and not one more");
    ok(!sees(&access, "c", "d"), "which is not seen then");

    restream_access_free(&access);
    ok(!access.limited && access.patterns == NULL, "freed is as new");
}


static void
test_wrong(void)
{
    char                 big[RESTREAM_ACCESS_PATTERN + 2];
    size_t               i;
    const char          *err;
    restream_access_t    access;
    restream_str_t       zero = restream_string("live/\0*");
    static const char   *wrong[] = {
        "", "~", "live", "alice", "a*b", "**", "live/*/x", "*live/x"
    };

    memset(&access, 0, sizeof(access));

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        err = NULL;
        is_uint((uint32_t) restream_access_add(&access, str(wrong[i]), &err),
                (uint32_t) RESTREAM_ERROR, "\"%s\" is no pattern", wrong[i]);
        ok(err && err[0], "and it is said why");
    }

    is_uint((uint32_t) restream_access_add(&access, zero, &err),
            (uint32_t) RESTREAM_ERROR, "nor is one with a zero byte");

    memset(big, 'x', sizeof(big));
    big[4] = '/';
    big[sizeof(big) - 1] = '\0';
    is_uint((uint32_t) restream_access_add(&access, str(big), &err),
            (uint32_t) RESTREAM_ERROR, "nor one of 513 bytes");
    is_uint(restream_access_add(&access, str(big + 1), &err), RESTREAM_OK,
            "one of 512 is");

    ok(!sees(&access, "live", "x"), "a grant with wrong patterns sees nothing");
    restream_access_free(&access);

    access.limited = 1;
    ok(!sees(&access, "live", "x"), "nor does one limited to nothing");
}


static int
begins(void *regex, restream_str_t text)
{
    size_t  len;

    len = strlen(regex);

    return text.len >= len && memcmp(text.data, regex, len) == 0;
}


static void
test_regex(void)
{
    const char         *err;
    restream_access_t   access;

    memset(&access, 0, sizeof(access));

    is_uint(restream_access_add(&access, str("~^live/[a-c]"), &err),
            RESTREAM_OK, "a regex");
    is_uint(access.patterns[0].kind, RESTREAM_PATTERN_REGEX, "is kept as such");
    ok(strcmp(access.patterns[0].text, "^live/[a-c]") == 0,
       "as it is compiled");

    ok(!sees(&access, "live", "a"), "it sees nothing without who matches");

    access.match = begins;
    ok(!sees(&access, "live", "a"), "nor when it was not compiled");

    access.patterns[0].regex = "live/b";
    ok(!sees(&access, "live", "a"), "nor what does not match");
    ok(sees(&access, "live", "b"), "it sees what does");
    ok(!sees(&access, "live/b", "x"),
       "but no application with a slash in its name");

    restream_access_free(&access);
}


int
main(void)
{
    test_names();
    test_lists();
    test_allows();
    test_patterns();
    test_several();
    test_wrong();
    test_regex();

    return done_testing();
}
