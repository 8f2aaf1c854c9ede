/*
 * Text made of urls: never more than there is room for, nothing unprintable,
 * percent encoding undone, variables filled in.
 */

#include "test.h"

#include "lib/restream_url.h"

#include <stdlib.h>
#include <string.h>


/* in memory of exactly its size, so that a read past the end is a report */

static restream_str_t
counted(const char *s)
{
    restream_str_t  str;

    str.len = strlen(s);
    str.data = malloc(str.len);
    memcpy(str.data, s, str.len);

    return str;
}


static void
test_output(void)
{
    size_t           n, size;
    uint8_t         *out, whole[64];
    unsigned         good;
    const char      *err;
    restream_str_t   text = restream_string("rtmps://[::1]:1935/app?q/key");
    restream_url_t   u;

    restream_url_parse(&u, text, 1, &err);
    n = restream_url_tc_url(&u, whole, sizeof(whole));
    good = 1;

    for (size = 0; size < n; size++) {
        out = malloc(size + 1);
        good &= restream_url_tc_url(&u, out, size) <= size;
        good &= restream_url_redact(&u, out, size) <= size;
        free(out);
    }

    ok(good, "no more is written than there is room");

    u.app = (restream_str_t) restream_string("a\nb\x1b[0m\x7f?c");
    n = restream_url_redact(&u, whole, sizeof(whole));
    is_mem(whole, n, "rtmps://[::1]:1935/a?b?[0m?", 27,
           "control characters of an expanded app are not shown");
}


static void
test_decode(void)
{
    size_t           i, n;
    uint8_t          out[64];
    restream_str_t   text;
    static const struct {
        const char  *text;
        const char  *decoded;
    } pairs[] = {
        { "", "" },
        { "plain", "plain" },
        { "a%3Ab%40c%2fd%25", "a:b@c/d%" },
        { "%", "%" }, { "%4", "%4" }, { "%4g%g4%%41", "%4g%g4%A" },
        { "%2541", "%41" }
    };

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        text = counted(pairs[i].text);
        n = restream_url_decode(text, out);
        is_mem(out, n, pairs[i].decoded, strlen(pairs[i].decoded),
               "\"%s\" decoded", pairs[i].text);

        n = restream_url_decode(text, text.data);
        is_mem(text.data, n, pairs[i].decoded, strlen(pairs[i].decoded),
               "\"%s\" decoded in place", pairs[i].text);
        free(text.data);
    }

    text = counted("%00%ff");
    n = restream_url_decode(text, out);
    is_mem(out, n, "\x00\xff", 2, "any byte may be decoded");
    free(text.data);
}


static void
test_expand(void)
{
    size_t           i, n;
    uint8_t          out[64], *small;
    restream_str_t   text;
    static const restream_url_vars_t  vars = {
        restream_string("live"), restream_string("show$app"), { 0, NULL }
    };
    static const struct {
        const char  *text;
        const char  *expanded;
    } pairs[] = {
        { "", "" },
        { "plain", "plain" },
        { "$name", "show$app" },
        { "$app/$name", "live/show$app" },
        { "$app$app", "livelive" },
        { "a$args", "a" },
        { "$appx $app_ $names $Name", "$appx $app_ $names $Name" },
        { "$", "$" }, { "$$app", "$live" }, { "pa$$", "pa$$" },
        { "${app}-$app-", "${app}-live-" },
        { "$1$app?$args=$name", "$1live?=show$app" }
    };

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        text = counted(pairs[i].text);
        n = restream_url_expand(text, &vars, NULL, 0);
        is_uint(n, strlen(pairs[i].expanded), "\"%s\" needs its size",
                pairs[i].text);

        small = malloc(n ? n - 1 : 0);
        is_uint(restream_url_expand(text, &vars, small, n ? n - 1 : 0), n,
                "\"%s\" in too little room", pairs[i].text);
        free(small);

        n = restream_url_expand(text, &vars, out, n);
        is_mem(out, n, pairs[i].expanded, strlen(pairs[i].expanded),
               "\"%s\" expanded", pairs[i].text);
        free(text.data);
    }
}


int
main(void)
{
    test_output();
    test_decode();
    test_expand();

    return done_testing();
}
