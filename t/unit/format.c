/*
 * Values as they are written outside: what is written can be read, and what is
 * shown of urls and keys does not give them away.
 */

#include "test.h"

#include "model/restream_format.h"

#include <stdlib.h>
#include <string.h>


static restream_str_t
counted(const char *text)
{
    restream_str_t  s;

    s.data = (uint8_t *) text;
    s.len = strlen(text);

    return s;
}


static void
test_id(void)
{
    char      text[RESTREAM_FORMAT_ID];
    size_t    i;
    uint64_t  id;

    static const struct {
        uint64_t     id;
        const char  *text;
    } good[] = {
        { 1, "d_0000000000000001" },
        { 0x0123456789abcdef, "d_0123456789abcdef" },
        { UINT64_MAX, "d_ffffffffffffffff" }
    };

    static const char *const  bad[] = {
        "", "d_", "d_0000000000000000", "d_012345678abcdef",
        "d_0123456789abcdef0", "d_0123456789ABCDEF", "e_0123456789abcdef",
        "d-0123456789abcdef", "d_0123456789abcdeg", "d_ 123456789abcdef",
        "d_+123456789abcdef", "d_0x23456789abcdef", "name:x", "0123456789abcdef"
    };

    for (i = 0; i < 3; i++) {
        restream_format_id(good[i].id, text);
        is_mem(text, strlen(text), good[i].text, strlen(good[i].text),
               "%s is written", good[i].text);

        id = 0;
        ok(restream_format_parse_id(counted(good[i].text), &id) == RESTREAM_OK
           && id == good[i].id, "%s is read", good[i].text);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ok(restream_format_parse_id(counted(bad[i]), &id) == RESTREAM_ERROR,
           "\"%s\" is no id", bad[i]);
    }
}


static void
test_time(void)
{
    char    text[RESTREAM_FORMAT_TIME];
    size_t  i;

    static const struct {
        uint64_t     at;
        const char  *text;
    } cases[] = {
        { 0, "1970-01-01T00:00:00.000Z" },
        { 1, "1970-01-01T00:00:00.001Z" },
        { 951782399999, "2000-02-28T23:59:59.999Z" },
        { 951782400000, "2000-02-29T00:00:00.000Z" },
        { 1767323045678, "2026-01-02T03:04:05.678Z" },
        { 4107542400000, "2100-03-01T00:00:00.000Z" },
        { 253402300799999, "9999-12-31T23:59:59.999Z" },
        { 253402300800000, "9999-12-31T23:59:59.999Z" },
        { UINT64_MAX, "9999-12-31T23:59:59.999Z" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        restream_format_time(cases[i].at, text);
        is_mem(text, strlen(text), cases[i].text, strlen(cases[i].text),
               "%s", cases[i].text);
    }
}


static void
test_hint(void)
{
    char    text[RESTREAM_FORMAT_HINT];
    size_t  i, n;

    static const struct {
        const char  *key;
        const char  *hint;
    } cases[] = {
        { "abcd-efgh-ijkl-x9f2", "\xe2\x80\xa6x9f2" },
        { "abcdefghijkl", "\xe2\x80\xa6ijkl" },
        { "abcdefghijk", "\xe2\x80\xa6" },
        { "x9f2", "\xe2\x80\xa6" },
        { "", "\xe2\x80\xa6" },
        { "abcdefgh\xc3\xa4\xc3\xb6\xc3\xbcx",
          "\xe2\x80\xa6\xc3\xa4\xc3\xb6\xc3\xbcx" },
        { "\xf0\x9f\x98\x80\xf0\x9f\x98\x81\xf0\x9f\x98\x82", "\xe2\x80\xa6" },
        { "abcdefghijklmnop\xf0\x9f\x98\x80\xf0\x9f\x98\x81\xf0\x9f\x98\x82"
          "\xf0\x9f\x98\x83",
          "\xe2\x80\xa6\xf0\x9f\x98\x80\xf0\x9f\x98\x81\xf0\x9f\x98\x82"
          "\xf0\x9f\x98\x83" },
        { "\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf"
          "\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf"
          "\xbf\xbf", "\xe2\x80\xa6" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        n = restream_format_hint(counted(cases[i].key), text);

        ok(text[n] == '\0', "the hint is terminated");
        is_mem(text, n, cases[i].hint, strlen(cases[i].hint),
               "what is shown of key %zu", i);
    }
}


static void
test_destination(void)
{
    size_t                   i, n;
    uint8_t                  shown[RESTREAM_DESTINATION_URL_MAX];
    restream_str_t           key;
    restream_destination_t   dst;

    static const struct {
        const char  *url;
        const char  *key;
        const char  *shown;
        const char  *whole;         /* key */
        const char  *again;         /* the same url, other than as shown */
        const char  *other;         /* another one */
    } cases[] = {
        { "rtmp://h/live2", "KEY", "rtmp://h/live2", "KEY", "rtmp://h/live2",
          "rtmp://h/live" },
        { "rtmp://u:p@h/live2?backup=1", "KEY", "rtmp://h/live2", "KEY",
          "rtmp://u:p@h/live2?backup=1", "rtmp://h/live2?backup=1" },
        { "rtmp://h/live2/KEY", "", "rtmp://h/live2", "KEY",
          "rtmp://h/live2/KEY", "rtmp://h/live2/OTHER" },
        { "rtmp://h/live2/KEY", "k2", "rtmp://h/live2/KEY", "k2",
          "rtmp://h/live2/KEY", "rtmp://h/live2" },
        { "RTMPS://h:0443/a?b=1/KEY?c=2", "", "rtmps://h:443/a", "KEY?c=2",
          "RTMPS://h:0443/a?b=1/KEY?c=2", "rtmps://h/a" }
    };

    memset(&dst, 0, sizeof(dst));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        dst.url = (char *) cases[i].url;
        dst.key = (char *) cases[i].key;

        n = restream_format_url(&dst, shown, sizeof(shown));
        is_mem(shown, n, cases[i].shown, strlen(cases[i].shown),
               "%s as it is shown", cases[i].url);

        key = restream_format_key(&dst);
        is_mem(key.data, key.len, cases[i].whole, strlen(cases[i].whole),
               "the key of %s", cases[i].url);

        ok(restream_format_same_url(&dst, cases[i].shown)
           && restream_format_same_url(&dst, cases[i].again),
           "%s is the same when it is sent back", cases[i].url);
        ok(!restream_format_same_url(&dst, cases[i].other),
           "%s is another", cases[i].other);
    }

    dst.url = (char *) "nonsense";
    dst.key = (char *) "";

    ok(restream_format_url(&dst, shown, sizeof(shown)) == 0
       && restream_format_key(&dst).len == 0
       && restream_format_same_url(&dst, "nonsense")
       && !restream_format_same_url(&dst, ""),
       "of what is no url nothing is shown");
}


static void
test_name(void)
{
    char       name[RESTREAM_FORMAT_NAME], again[RESTREAM_FORMAT_NAME];
    uint8_t    random[RESTREAM_FORMAT_RANDOM];
    unsigned   i, differ;

    memset(random, 0, sizeof(random));
    restream_format_name(random, name);
    ok(strcmp(name, "00000000000000000000000000") == 0, "of zeros");

    memset(random, 0xff, sizeof(random));
    restream_format_name(random, name);
    ok(strcmp(name, "zzzzzzzzzzzzzzzzzzzzzzzzzw") == 0, "of ones");

    /* Crockford's base32 of 00 01 .. 0f */

    for (i = 0; i < sizeof(random); i++) {
        random[i] = (uint8_t) i;
    }

    restream_format_name(random, name);
    ok(strcmp(name, "000g40r40m30e209185gr38e1w") == 0, "of 0 to 15");

    differ = 0;

    for (i = 0; i < 128; i++) {
        random[i / 8] ^= 1u << i % 8;
        restream_format_name(random, again);
        random[i / 8] ^= 1u << i % 8;

        differ += strcmp(name, again) != 0;
    }

    is_uint(differ, 128, "every bit makes another name");
}


int
main(void)
{
    test_id();
    test_time();
    test_hint();
    test_destination();
    test_name();

    return done_testing();
}
