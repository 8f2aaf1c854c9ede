/*
 * The rules for values: what is at a limit is fine, what is beyond it is not,
 * and a sentence says why without what is secret.
 */

#include "test.h"

#include "model/restream_check.h"

#include <stdlib.h>
#include <string.h>


#define RTMP    RESTREAM_SCHEME_RTMP
#define RTMPS   RESTREAM_SCHEME_RTMPS


typedef int (*check_pt)(restream_str_t value, restream_check_err_t *err);


static restream_str_t
counted(const char *text, size_t len)
{
    restream_str_t  value;

    value.len = len;
    value.data = malloc(len);
    memcpy(value.data, text, len);

    return value;
}


/* wrong NULL: it is fine */

static void
check(check_pt rule, const char *text, size_t len, const char *wrong,
    const char *name)
{
    int                    rc;
    restream_str_t         value;
    restream_check_err_t   err;

    value = counted(text, len);
    rc = rule(value, &err);
    free(value.data);

    ok((rc == RESTREAM_OK) == (wrong == NULL), "%s: %s", name,
       wrong ? "refused" : "fine");

    if (rc != RESTREAM_OK && wrong) {
        is_mem(err.text, strlen(err.text), wrong, strlen(wrong), "%s", wrong);
    }
}


/* n times the same character */

static void
check_many(check_pt rule, const char *ch, size_t n, const char *wrong,
    const char *name)
{
    char    *text;
    size_t   i, len;

    len = strlen(ch);
    text = malloc(n * len);

    for (i = 0; i < n; i++) {
        memcpy(text + i * len, ch, len);
    }

    check(rule, text, n * len, wrong, name);

    free(text);
}


static void
test_bytes(void)
{
    size_t    i;
    unsigned  fine;
    char      text[2];

    restream_str_t         value;
    restream_check_err_t   err;

    static const struct {
        const char  *what;
        check_pt     rule;
        size_t       max;
    } rules[] = {
        { "app", restream_check_app, RESTREAM_APP_MAX },
        { "name", restream_check_stream_name, RESTREAM_STREAM_NAME_MAX },
        { "key", restream_check_key, RESTREAM_KEY_MAX }
    };

    for (i = 0; i < 3; i++) {
        char  wrong[3][128];

        sprintf(wrong[0], "%s is empty, 1 to %zu bytes expected",
                rules[i].what, rules[i].max);
        sprintf(wrong[1], "%s is %zu bytes long, at most %zu expected",
                rules[i].what, rules[i].max + 1, rules[i].max);
        sprintf(wrong[2], "%s contains a control character", rules[i].what);

        check(rules[i].rule, "", 0, wrong[0], "nothing");
        check(rules[i].rule, "x", 1, NULL, "one byte");
        check_many(rules[i].rule, "x", rules[i].max, NULL, "all there may be");
        check_many(rules[i].rule, "x", rules[i].max + 1, wrong[1],
                   "one too many");
        check(rules[i].rule, "a\0b", 3, wrong[2], "a NUL");
        check(rules[i].rule, "a\nb", 3, wrong[2], "a line feed");

        fine = 0;
        value.data = (uint8_t *) text;
        value.len = 2;

        for (unsigned ch = 0; ch < 256; ch++) {
            text[0] = (char) ch;
            text[1] = 'x';
            fine += (rules[i].rule(value, &err) == RESTREAM_OK)
                    == (ch >= 0x20 && ch != 0x7f);
        }

        is_uint(fine, 256, "%s: every other byte is fine", rules[i].what);
    }
}


static void
test_text(void)
{
    check(restream_check_name, "", 0,
          "name is empty, 1 to 100 characters expected", "no name");
    check(restream_check_name, " ", 1, NULL, "a space");
    check(restream_check_name, "name:d_0123456789abcdef/start", 29, NULL,
          "a name that looks like a path");
    check_many(restream_check_name, "\xf0\x9f\x98\x80", 100, NULL,
               "a hundred characters of four bytes");
    check_many(restream_check_name, "x", 101,
               "name is 101 characters long, at most 100 expected",
               "a hundred and one");
    check(restream_check_name, "a\tb", 3, "name contains a control character",
          "a tab in a name");
    check(restream_check_name, "a\xc2\x85", 3,
          "name contains a control character", "a control character of C1");
    check(restream_check_name, "a\xc2\xa0", 3, NULL, "none of them");
    check(restream_check_name, "a\xff", 2, "name is not UTF-8", "no UTF-8");

    check(restream_check_title, "", 0, NULL, "an empty title");
    check_many(restream_check_title, "\xc3\xa4", 255, NULL, "a long title");
    check_many(restream_check_title, "\xc3\xa4", 256,
               "title is 256 characters long, at most 255 expected",
               "too long a title");
    check(restream_check_title, "a\nb", 3,
          "title contains a control character", "a title of two lines");

    check(restream_check_description, "a\r\n\tb\n", 6, NULL,
          "a description of two lines");
    check(restream_check_description, "a\x1b[0m", 5,
          "description contains a control character", "an escape");
    check(restream_check_description, "a\0b", 3,
          "description contains a control character", "a NUL");
    check_many(restream_check_description, "\xc3\xa4", 5000, NULL,
               "a long description");
    check_many(restream_check_description, "\xc3\xa4", 5001,
               "description is 5001 characters long, at most 5000 expected",
               "too long a description");
}


static void
test_audio(void)
{
    size_t  i;

    static const char *const  good[] = {
        "auto", "copy", "encode", "silence", "none"
    };

    for (i = 0; i < 5; i++) {
        check(restream_check_audio, good[i], strlen(good[i]), NULL, good[i]);
    }

    check(restream_check_audio, "loud", 4,
          "audio is \"loud\", one of auto, copy, encode, silence and none "
          "expected", "loud");
    check(restream_check_audio, "", 0,
          "audio is \"\", one of auto, copy, encode, silence and none expected",
          "no audio");
    check(restream_check_audio, "Auto", 4,
          "audio is \"Auto\", one of auto, copy, encode, silence and none "
          "expected", "a capital");
    check(restream_check_audio, "auto ", 5,
          "audio is \"auto \", one of auto, copy, encode, silence and none "
          "expected", "a space");
}


static void
test_maximum(void)
{
    size_t                 i;
    int                    rc;
    restream_check_err_t   err;

    static const struct {
        int64_t      value;
        const char  *wrong;
    } cases[] = {
        { 1, NULL },
        { 10000, NULL },
        { 0, "maximum is 0, 1 to 10000 or null expected" },
        { -1, "maximum is -1, 1 to 10000 or null expected" },
        { 10001, "maximum is 10001, 1 to 10000 or null expected" },
        { INT64_MAX, "maximum is 9223372036854775807, 1 to 10000 or null "
                     "expected" },
        { INT64_MIN, "maximum is -9223372036854775808, 1 to 10000 or null "
                     "expected" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rc = restream_check_maximum(cases[i].value, &err);

        ok((rc == RESTREAM_OK) == (cases[i].wrong == NULL), "maximum %lld",
           (long long) cases[i].value);

        if (rc != RESTREAM_OK && cases[i].wrong) {
            is_mem(err.text, strlen(err.text), cases[i].wrong,
                   strlen(cases[i].wrong), "%s", cases[i].wrong);
        }
    }
}


static void
test_url(void)
{
    int                    rc;
    size_t                 i;
    char                  *text;
    restream_str_t         url;
    restream_check_err_t   err;

    static const struct {
        const char  *url;
        unsigned     schemes;
        const char  *wrong;
    } cases[] = {
        { "rtmp://a.example/live", RTMP|RTMPS, NULL },
        { "rtmps://user:password@a.example:443/live?x=1/k", RTMPS, NULL },
        { "rtmp://a.example/$app/$name", RTMP, NULL },
        { "RTMP://a.example/live", RTMP, NULL },
        { "rtmp://a.example/\xc3\xa4", RTMP, NULL },
        { "rtmp://u:secret@a.example/live/secret", RTMPS,
          "url begins with \"rtmp://\", which is not allowed here" },
        { "rtmps://u:secret@a.example/live/secret", RTMP,
          "url begins with \"rtmps://\", which is not allowed here" },
        { "https://secret.example/live/secret", RTMP|RTMPS,
          "invalid url: scheme is not rtmp:// or rtmps://" },
        { "", RTMP|RTMPS, "invalid url: scheme is not rtmp:// or rtmps://" },
        { "rtmp://a.example", RTMP|RTMPS,
          "invalid url: no application after the host" },
        { "rtmp://secret@/live", RTMP|RTMPS, "invalid url: no host" },
        { "rtmp://$name/live", RTMP|RTMPS,
          "invalid url: invalid character in host" },
        { "rtmp://a.example/li ve", RTMP|RTMPS,
          "invalid url: url contains a space or a control character" },
        { "rtmp://a.example/li\nve", RTMP|RTMPS,
          "url contains a control character" },
        { "rtmp://a.example/li\xc2\x9bve", RTMP|RTMPS,
          "url contains a control character" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        url = counted(cases[i].url, strlen(cases[i].url));
        rc = restream_check_url(url, cases[i].schemes, &err);
        free(url.data);

        ok((rc == RESTREAM_OK) == (cases[i].wrong == NULL), "url %zu is %s", i,
           cases[i].wrong ? "refused" : "fine");

        if (rc != RESTREAM_OK && cases[i].wrong) {
            is_mem(err.text, strlen(err.text), cases[i].wrong,
                   strlen(cases[i].wrong), "%s", cases[i].wrong);
        }
    }

    text = malloc(RESTREAM_DESTINATION_URL_MAX + 1);
    memset(text, 'x', RESTREAM_DESTINATION_URL_MAX + 1);
    memcpy(text, "rtmp://h/", 9);

    url.data = (uint8_t *) text;
    url.len = RESTREAM_DESTINATION_URL_MAX;
    ok(restream_check_url(url, RTMP, &err) == RESTREAM_OK,
       "a url of 2048 bytes");

    url.len++;
    ok(restream_check_url(url, RTMP, &err) == RESTREAM_ERROR
       && strcmp(err.text, "url is 2049 bytes long, at most 2048 expected")
          == 0, "a longer one is refused");

    free(text);
}


static void
test_has_key(void)
{
    size_t          i;
    restream_str_t  url;

    static const struct {
        const char  *url;
        int          has;
    } cases[] = {
        { "rtmp://h/live/k", 1 },
        { "rtmp://h/live?backup=1/k", 1 },
        { "rtmp://h/live", 0 },
        { "rtmp://h/live/", 0 },
        { "rtmp://h/live?x=1", 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        url = counted(cases[i].url, strlen(cases[i].url));
        ok(restream_check_url_has_key(url) == cases[i].has, "%s has %s key",
           cases[i].url, cases[i].has ? "a" : "no");
        free(url.data);
    }
}


int
main(void)
{
    test_bytes();
    test_text();
    test_audio();
    test_maximum();
    test_url();
    test_has_key();

    return done_testing();
}
