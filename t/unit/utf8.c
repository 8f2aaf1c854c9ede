/*
 * UTF-8: every character and no other bytes, counted and made fit to be shown.
 */

#include "test.h"

#include "lib/restream_utf8.h"

#include <stdlib.h>
#include <string.h>


static size_t
encode(uint32_t cp, uint8_t *out)
{
    if (cp < 0x80) {
        out[0] = (uint8_t) cp;
        return 1;
    }

    if (cp < 0x800) {
        out[0] = (uint8_t) (0xc0 | cp >> 6);
        out[1] = (uint8_t) (0x80 | (cp & 0x3f));
        return 2;
    }

    if (cp < 0x10000) {
        out[0] = (uint8_t) (0xe0 | cp >> 12);
        out[1] = (uint8_t) (0x80 | (cp >> 6 & 0x3f));
        out[2] = (uint8_t) (0x80 | (cp & 0x3f));
        return 3;
    }

    out[0] = (uint8_t) (0xf0 | cp >> 18);
    out[1] = (uint8_t) (0x80 | (cp >> 12 & 0x3f));
    out[2] = (uint8_t) (0x80 | (cp >> 6 & 0x3f));
    out[3] = (uint8_t) (0x80 | (cp & 0x3f));

    return 4;
}


static void
test_characters(void)
{
    size_t          n;
    uint8_t         text[4], *copy;
    uint32_t        cp, good, whole, cut, surrogates;
    const uint8_t  *p;

    good = 0;
    whole = 0;
    cut = 0;
    surrogates = 0;

    for (cp = 0; cp <= 0x10ffff; cp++) {
        n = encode(cp, text);
        p = text;

        if (cp >= 0xd800 && cp <= 0xdfff) {
            surrogates += restream_utf8_get(&p, text + n) == RESTREAM_ERROR
                          && p == text;
            continue;
        }

        good++;
        whole += restream_utf8_get(&p, text + n) == (int32_t) cp
                 && p == text + n;

        if (n == 1) {
            cut++;

        } else if (cp % 61 == 0) {

            /* the byte that is not there is not looked at */

            copy = malloc(n - 1);
            memcpy(copy, text, n - 1);
            p = copy;
            cut += restream_utf8_get(&p, copy + n - 1) == RESTREAM_ERROR
                   && p == copy;
            free(copy);

        } else {
            p = text;
            cut += restream_utf8_get(&p, text + n - 1) == RESTREAM_ERROR;
        }
    }

    is_uint(whole, good, "every character is read");
    is_uint(cut, good, "none that is cut off is");
    is_uint(surrogates, 0x800, "nor a surrogate");
}


/* by the table of RFC 3629, section 4: the length of the character; 0: none */

static size_t
expected(const uint8_t *s)
{
    unsigned  i;

    static const struct {
        uint8_t   range[4][2];
        size_t    len;
    } rows[] = {
        { { { 0x00, 0x7f } }, 1 },
        { { { 0xc2, 0xdf }, { 0x80, 0xbf } }, 2 },
        { { { 0xe0, 0xe0 }, { 0xa0, 0xbf }, { 0x80, 0xbf } }, 3 },
        { { { 0xe1, 0xec }, { 0x80, 0xbf }, { 0x80, 0xbf } }, 3 },
        { { { 0xed, 0xed }, { 0x80, 0x9f }, { 0x80, 0xbf } }, 3 },
        { { { 0xee, 0xef }, { 0x80, 0xbf }, { 0x80, 0xbf } }, 3 },
        { { { 0xf0, 0xf0 }, { 0x90, 0xbf }, { 0x80, 0xbf }, { 0x80, 0xbf } },
          4 },
        { { { 0xf1, 0xf3 }, { 0x80, 0xbf }, { 0x80, 0xbf }, { 0x80, 0xbf } },
          4 },
        { { { 0xf4, 0xf4 }, { 0x80, 0x8f }, { 0x80, 0xbf }, { 0x80, 0xbf } },
          4 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t  n = 0;

        while (n < rows[i].len && s[n] >= rows[i].range[n][0]
               && s[n] <= rows[i].range[n][1])
        {
            n++;
        }

        if (n == rows[i].len) {
            return n;
        }
    }

    return 0;
}


static void
test_bytes(void)
{
    size_t          want;
    int32_t         cp;
    uint8_t         s[4];
    unsigned        i, j, k, l, wrong;
    const uint8_t  *p;

    static const uint8_t  edges[] = {
        0x00, 0x22, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff
    };

    wrong = 0;

    for (i = 0; i < 256; i++) {
        for (j = 0; j < 256; j++) {
            for (k = 0; k < sizeof(edges); k++) {
                for (l = 0; l < sizeof(edges); l++) {
                    s[0] = (uint8_t) i;
                    s[1] = (uint8_t) j;
                    s[2] = edges[k];
                    s[3] = edges[l];

                    p = s;
                    want = expected(s);
                    cp = restream_utf8_get(&p, s + 4);

                    wrong += (cp < 0) != (want == 0)
                             || (size_t) (p - s) != want;
                }
            }
        }
    }

    is_uint(wrong, 0, "nothing else is a character");
}


static void
test_count(void)
{
    size_t          i, n;
    restream_str_t  text;

    static const struct {
        const char  *text;
        size_t       count;
        int          rc;
    } cases[] = {
        { "", 0, RESTREAM_OK },
        { "abc", 3, RESTREAM_OK },
        { "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 3, RESTREAM_OK },
        { "e\xcc\x81", 2, RESTREAM_OK },
        { "a\xc3", 0, RESTREAM_ERROR },
        { "a\xff" "b", 0, RESTREAM_ERROR },
        { "\xc0\xaf", 0, RESTREAM_ERROR }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text.data = (uint8_t *) cases[i].text;
        text.len = strlen(cases[i].text);

        if (is_uint(restream_utf8_count(text, &n), cases[i].rc,
                    "text %zu is %s", i, cases[i].rc ? "not UTF-8" : "UTF-8")
            && cases[i].rc == RESTREAM_OK)
        {
            is_uint(n, cases[i].count, "characters of text %zu", i);
        }
    }
}


static void
test_show(void)
{
    char            out[16];
    size_t          i, n;
    restream_str_t  text;

    static const struct {
        const char  *text;
        size_t       size;
        const char  *shown;
    } cases[] = {
        { "", 4, "" },
        { "abc", 4, "abc" },
        { "abcd", 4, "..." },
        { "abcd", 5, "abcd" },
        { "abcdef", 6, "ab..." },
        { "a\nb\x7f" "c", 16, "a?b?c" },
        { "a\xc2\x9b" "b", 16, "a?b" },
        { "a\xff\xfe" "b", 16, "a??b" },
        { "a\xc3", 16, "a?" },
        { "\xc3\xa4\xc3\xb6\xc3\xbc", 7, "\xc3\xa4\xc3\xb6\xc3\xbc" },
        { "\xc3\xa4\xc3\xb6\xc3\xbc", 6, "\xc3\xa4..." },
        { "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 8, "\xf0\x9f\x98\x80..." },
        { "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 7, "..." }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text.data = (uint8_t *) cases[i].text;
        text.len = strlen(cases[i].text);

        n = restream_utf8_show(text, out, cases[i].size);

        ok(n < cases[i].size && out[n] == '\0', "text %zu fits into %zu", i,
           cases[i].size);
        is_mem(out, n, cases[i].shown, strlen(cases[i].shown),
               "text %zu as it is shown", i);
    }
}


int
main(void)
{
    test_characters();
    test_bytes();
    test_count();
    test_show();

    return done_testing();
}
