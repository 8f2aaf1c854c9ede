/*
 * JSON before it is parsed: what is let through is JSON, in UTF-8 and small in
 * every way; of all else is said what is wrong, and where.
 */

#include "test.h"

#include "model/restream_scan.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>


#define TWICE   " is given twice"
#define CUT     "the JSON is cut off"


static size_t  bytes;       /* of the strings that were scanned last */


static int
scan(const char *text, size_t len, restream_scan_err_t *err)
{
    int             rc;
    restream_str_t  json;

    json.len = len;
    json.data = malloc(len);
    memcpy(json.data, text, len);

    memset(err, 0, sizeof(restream_scan_err_t));

    rc = restream_scan(json, &bytes, err);

    free(json.data);

    return rc;
}


static void
test_good(void)
{
    size_t                i;
    json_t               *root;
    restream_scan_err_t   err;

    static const char *const  texts[] = {
        "{}", "[]", "0", "-0", "1.5e-3", "true", "false", "null", "\"\"",
        " \t\r\n{ \"a\" : [ 1 , -2 , 3.0E+4 ] , \"b\" : null } \n",
        "[1,[2,[3,{\"a\":{}}]]]",
        "9223372036854775807", "-9223372036854775808", "[0,-1,10]",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\uD83D\\ude00\"",
        "\"\\ud800\\udc00\\udbff\\udfff\"",
        "\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80 \x7f\"",
        "{\"a\":1,\"A\":2,\"\":3,\"aa\":4,\"b\":5,\"\\u0062b\":6}",
        "{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":1}]}",
        "{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude01\":2,\"\\uff01\":3}"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ok(scan(texts[i], strlen(texts[i]), &err) == RESTREAM_OK,
           "this is let through: text %zu", i);

        root = json_loads(texts[i], JSON_DECODE_ANY | JSON_REJECT_DUPLICATES,
                          NULL);
        ok(root != NULL, "jansson takes text %zu, too", i);
        json_decref(root);
    }
}


static void
test_empty(void)
{
    restream_scan_err_t  err;

    ok(scan("", 0, &err) == RESTREAM_DECLINED, "nothing is empty");
    ok(scan(" \n\r\t", 4, &err) == RESTREAM_DECLINED, "white space is empty");
}


typedef struct {
    const char  *text;
    size_t       offset;
    unsigned     line;
    const char  *wrong;
} mistake_t;


static const mistake_t  mistakes[] = {

    { "\xef\xbb\xbf{}", 0, 1, "a byte order mark stands before the JSON" },
    { "{} {}", 3, 1, "something follows the end of the JSON" },
    { "{}]", 2, 1, "something follows the end of the JSON" },
    { "1 2", 2, 1, "something follows the end of the JSON" },
    { "01", 1, 1, "something follows the end of the JSON" },

    { "{", 1, 1, CUT },
    { "[1,", 3, 1, CUT },
    { "{\"a\"", 4, 1, CUT },
    { "{\"a\":", 5, 1, CUT },
    { "{\"a\":1", 6, 1, CUT },
    { "\"abc", 4, 1, CUT },

    { "{\n\"a\": 1\n\"b\": 2}", 9, 3, "\",\" or \"}\" expected" },
    { "[1 2]", 3, 1, "\",\" or \"]\" expected" },
    { "[1}", 2, 1, "\",\" or \"]\" expected" },
    { "{\"a\" 1}", 5, 1, "\":\" expected" },
    { "{\"a\":1,}", 7, 1, "the name of a member expected, in quotes" },
    { "{a:1}", 1, 1, "the name of a member expected, in quotes" },
    { "{'a':1}", 1, 1, "the name of a member expected, in quotes" },
    { "{1:1}", 1, 1, "the name of a member expected, in quotes" },
    { "[1,]", 3, 1, "a value expected" },
    { "[,1]", 1, 1, "a value expected" },
    { "secret", 0, 1, "a value expected" },
    { "tru", 0, 1, "a value expected" },
    { "nul", 0, 1, "a value expected" },
    { "falsy", 0, 1, "a value expected" },
    { "nullx", 4, 1, "something follows the end of the JSON" },
    { "NaN", 0, 1, "a value expected" },
    { "Infinity", 0, 1, "a value expected" },
    { "/* a */ 1", 0, 1, "a value expected" },

    { "-", 0, 1, "a value expected" },
    { "+1", 0, 1, "a value expected" },
    { ".5", 0, 1, "a value expected" },
    { "[1.]", 1, 1, "a number is cut off" },
    { "[1.e5]", 1, 1, "a number is cut off" },
    { "[1e]", 1, 1, "a number is cut off" },
    { "[1e+]", 1, 1, "a number is cut off" },
    { "[0x10]", 2, 1, "\",\" or \"]\" expected" },

    { "9223372036854775808", 0, 1, "an integer is beyond 64 bits" },
    { "-9223372036854775809", 0, 1, "an integer is beyond 64 bits" },
    { "[1,\n99999999999999999999999]", 4, 2, "an integer is beyond 64 bits" },
    { "18446744073709551616", 0, 1, "an integer is beyond 64 bits" },

    { "\"\\x\"", 1, 1, "an escape that JSON does not know is in a string" },
    { "\"\\'\"", 1, 1, "an escape that JSON does not know is in a string" },
    { "\"\\", 1, 1, "a string is cut off" },
    { "\"\\u12\"", 1, 1, "four hexadecimal digits expected behind \"\\u\"" },
    { "\"\\u12g4\"", 1, 1, "four hexadecimal digits expected behind \"\\u\"" },
    { "\"\\u 123\"", 1, 1, "four hexadecimal digits expected behind \"\\u\"" },
    { "\"\\u0000\"", 1, 1, "a NUL is in a string" },
    { "{\"a\\u0000\":1}", 3, 1, "a NUL is in a string" },
    { "\"\\ud83d\"", 1, 1, "half of a surrogate pair is in a string" },
    { "\"\\ude00\"", 1, 1, "half of a surrogate pair is in a string" },
    { "\"\\ud83dx\"", 1, 1, "half of a surrogate pair is in a string" },
    { "\"\\ud83d\\n\"", 1, 1, "half of a surrogate pair is in a string" },
    { "\"\\ud83d\\u0041\"", 1, 1, "half of a surrogate pair is in a string" },
    { "\"\\ud83d\\ud83d\"", 1, 1, "half of a surrogate pair is in a string" },
    { "\"\\ud83d\\ue000\"", 1, 1, "half of a surrogate pair is in a string" },
    { "\"\\ud83d\\ude0", 1, 1, "half of a surrogate pair is in a string" },

    { "\"a\nb\"", 2, 1, "a control character is in a string" },
    { "\"a\x1f\"", 2, 1, "a control character is in a string" },
    { "\"a\tb\"", 2, 1, "a control character is in a string" },
    { "\"a\xff\"", 2, 1, "this is not UTF-8" },
    { "\"\xc0\xaf\"", 1, 1, "this is not UTF-8" },
    { "\"\xed\xa0\x80\"", 1, 1, "this is not UTF-8" },
    { "\"\xf4\x90\x80\x80\"", 1, 1, "this is not UTF-8" },
    { "{\"\xc3\":1}", 2, 1, "this is not UTF-8" },
    { "\xc3\xa4", 0, 1, "a value expected" },

    { "{\"a\":1,\"a\":2}", 7, 1, "member \"a\"" TWICE },
    { "{\"a\":1,\n\"b\":2,\n\"a\":2}", 15, 3, "member \"a\"" TWICE },
    { "{\"b\":1,\"a\":2,\"b\":3,\"a\":4,\"b\":5}", 13, 1,
      "member \"b\"" TWICE },
    { "{\"key\":1,\"k\\u0065y\":2}", 9, 1, "member \"k\\u0065y\"" TWICE },
    { "{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}", 18, 1,
      "member \"\xf0\x9f\x98\x80\"" TWICE },
    { "{\"\":1,\"\":2}", 6, 1, "member \"\"" TWICE },
    { "{\"\\/\":1,\"/\":2}", 8, 1, "member \"/\"" TWICE },
    { "{\"\\n\":1,\"\\u000A\":2}", 8, 1, "member \"\\u000A\"" TWICE },
    { "{\"x\":{\"a\":1,\"a\":2}}", 12, 1, "member \"a\"" TWICE },
    { "[{\"a\":1},{\"a\":1,\"a\":1}]", 16, 1, "member \"a\"" TWICE }
};


static void
test_mistakes(void)
{
    size_t                i;
    json_t               *root;
    const mistake_t      *m;
    restream_scan_err_t   err;

    for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        m = &mistakes[i];

        ok(scan(m->text, strlen(m->text), &err) == RESTREAM_ERROR,
           "mistake %zu is refused", i);
        is_mem(err.text, strlen(err.text), m->wrong, strlen(m->wrong),
               "%s", m->wrong);
        is_uint(err.offset, m->offset, "the offset of mistake %zu", i);
        is_uint(err.line, m->line, "the line of mistake %zu", i);

        root = json_loads(m->text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES,
                          NULL);
        ok(root == NULL, "jansson does not take mistake %zu either", i);
        json_decref(root);
    }
}


static void
test_nul(void)
{
    size_t               i, wrong;
    char                 text[] = "{\"a\": [1, \"b\"], \"c\": null} ";
    restream_scan_err_t  err;

    ok(scan("\"a\0b\"", 5, &err) == RESTREAM_ERROR && err.offset == 2
       && strcmp(err.text, "a NUL is in the JSON") == 0, "a NUL in a string");
    ok(scan("{}\0", 3, &err) == RESTREAM_ERROR && err.offset == 2,
       "a NUL behind the JSON");

    wrong = 0;

    for (i = 0; i < sizeof(text) - 1; i++) {
        char  ch = text[i];

        text[i] = '\0';
        wrong += scan(text, sizeof(text) - 1, &err) == RESTREAM_OK;
        text[i] = ch;
    }

    is_uint(wrong, 0, "a NUL is refused anywhere");
}


static void
test_cut(void)
{
    size_t               n, taken;
    restream_scan_err_t  err;

    static const char  text[] = "{\"a\\u00e4\\ud83d\\ude00\xf0\x9f\x98\x80\": "
                                "[1, -2.5e+3, true, null, {\"b\": \"\"}]}";

    taken = 0;

    for (n = 1; n < sizeof(text) - 1; n++) {
        taken += scan(text, n, &err) != RESTREAM_ERROR || err.offset > n;
    }

    is_uint(taken, 0, "JSON that is cut off is refused, wherever");
    ok(scan(text, sizeof(text) - 1, &err) == RESTREAM_OK, "whole it is not");
}


static void
test_bytes(void)
{
    size_t               i;
    restream_scan_err_t  err;

    static const struct {
        const char  *text;
        size_t       bytes;
    } cases[] = {
        { "{}", 0 },
        { "\"\"", 0 },
        { "\"abc\"", 3 },
        { "[\"\xc3\xa4\",\"\xe2\x82\xac\",\"\xf0\x9f\x98\x80\"]", 9 },
        { "\"\\n\\\"\\/\"", 3 },
        { "\"\\u0001\\u007f\\u0080\\u07ff\\u0800\\uffff\"", 12 },
        { "\"\\ud83d\\ude00\"", 4 },
        { "{\"ab\":{\"c\":[\"de\",1,\"f\"]},\"g\":null}", 7 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok(scan(cases[i].text, strlen(cases[i].text), &err) == RESTREAM_OK
           && bytes == cases[i].bytes, "%zu bytes in strings",
           cases[i].bytes);
    }
}


static void
test_depth(void)
{
    char                 text[64];
    unsigned             i;
    restream_scan_err_t  err;

    for (i = 0; i < 32; i++) {
        text[i] = i < 16 ? '[' : ']';
    }

    ok(scan(text, 32, &err) == RESTREAM_OK, "sixteen levels");

    for (i = 0; i < 34; i++) {
        text[i] = i < 17 ? '[' : ']';
    }

    ok(scan(text, 34, &err) == RESTREAM_ERROR && err.offset == 16
       && strcmp(err.text, "arrays and objects are nested deeper than 16 "
                           "levels") == 0, "seventeen levels are refused");

    memset(text, '[', sizeof(text));
    ok(scan(text, sizeof(text), &err) == RESTREAM_ERROR && err.offset == 16,
       "sixty-four, too, before the rest is looked at");

    ok(scan("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]", 55, &err)
       == RESTREAM_OK, "what stands side by side is not deep");
}


/* n members; the name of the last is that of number twin, the others differ */

static size_t
object(char *out, unsigned n, unsigned twin)
{
    size_t    len;
    unsigned  i;

    len = sprintf(out, "{");

    for (i = 0; i < n; i++) {
        len += sprintf(out + len, "%s\"m%u\":%u", i ? "," : "",
                       i == n - 1 ? twin : i, i);
    }

    return len + sprintf(out + len, "}");
}


static void
test_members(void)
{
    char                 *text;
    size_t                len, again;
    unsigned              i, found;
    restream_scan_err_t   err;

    text = malloc(128 * 1024);

    len = object(text, RESTREAM_SCAN_MEMBERS_MAX, 9999);
    ok(scan(text, len, &err) == RESTREAM_OK, "1024 members");

    len = object(text, RESTREAM_SCAN_MEMBERS_MAX + 1, 9999);
    ok(scan(text, len, &err) == RESTREAM_ERROR
       && strcmp(err.text, "an object has too many members") == 0,
       "1025 are refused");

    found = 0;

    for (i = 0; i < 500; i++) {
        len = object(text, 501, i);
        again = len;

        while (text[again] != 'm') {
            again--;
        }

        found += scan(text, len, &err) == RESTREAM_ERROR
                 && err.offset == again - 1;
    }

    is_uint(found, 500, "a name that comes twice is found wherever it stands");

    /* members of objects that have ended do not count */

    strcpy(text, "[");
    len = 1;

    for (i = 0; i < 10; i++) {
        len += object(text + len, 900, 9999);
        text[len++] = i == 9 ? ']' : ',';
    }

    ok(scan(text, len, &err) == RESTREAM_OK, "ten objects of 900 members");

    free(text);
}


static void
test_long_name(void)
{
    char                 text[700];
    size_t               n;
    restream_scan_err_t  err;

    n = sprintf(text, "{\"%0300d\":1,\"%0300d\":2}", 0, 0);

    ok(scan(text, n, &err) == RESTREAM_ERROR && err.offset == 306
       && strlen(err.text) < 110 && strstr(err.text, "0...\"" TWICE),
       "a long name is shown in part");
}


int
main(void)
{
    test_good();
    test_empty();
    test_mistakes();
    test_nul();
    test_cut();
    test_bytes();
    test_depth();
    test_members();
    test_long_name();

    return done_testing();
}
