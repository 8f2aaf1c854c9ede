/*
 * A server's words made fit to be shown: no key, no password, nothing that is
 * not printable, nothing cut in the middle.
 */

#include <stdio.h>
#include <string.h>

#include "lib/restream_client_text.h"

#include "test.h"


static uint8_t  key[2048], text[8192];


static void
check(const char *stream_key, const char *password, const char *src,
    const char *want, const char *name)
{
    size_t                   n;
    uint8_t                  out[RESTREAM_CLIENT_MAX_TEXT];
    restream_str_t           s;
    restream_client_conf_t   conf;

    memset(&conf, 0, sizeof(conf));

    conf.key.data = (uint8_t *) stream_key;
    conf.key.len = strlen(stream_key);
    conf.password.data = (uint8_t *) password;
    conf.password.len = strlen(password);

    s.data = (uint8_t *) src;
    s.len = strlen(src);

    n = restream_client_text(&conf, s, out, sizeof(out));

    is_mem(out, n, want, strlen(want), "%s", name);
}


static void
secrets_do_not_show(void)
{
    check("live_1234_abcd", "", "Stream live_1234_abcd is in use",
          "Stream *** is in use", "the key");
    check("live_1234_abcd", "", "live_1234_abcd", "***", "the key alone");
    check("live_1234_abcd", "", "live_1234_abcdlive_1234_abcd", "******",
          "the key twice");
    check("live_1234_abcd", "", "xlive_1234_abcdx", "x***x",
          "the key inside a word");
    check("live_1234_abcd", "", "live_1234_abc is cut", "*** is cut",
          "the key without its end");
    check("live_1234_abcd", "", "'_1234_abcd'", "'***'",
          "the key without its beginning");
    check("live_1234_abcd", "", "live_12", "live_12",
          "seven bytes of the key are no secret");
    check("live_1234_abcd", "", "live_123 4_abcd", "*** 4_abcd",
          "eight bytes are");
    check("name?token=0123456789", "", "/app/name", "/app/name",
          "a short name in front of the query is no secret");
    check("longername?token=0123456789", "", "no stream longername",
          "no stream ***", "a long one is");
    check("name?token=0123456789", "", "args 'token=0123456789'", "args '***'",
          "the query of the key");
    check("abcd", "", "abcdefabcd", "***ef***",
          "a key of four bytes, anywhere");
    check("aaaaaaaaaa", "", "baaaaaaaaaaaaaaaaaaaab", "b******b",
          "a key of equal bytes");
    check("abababababab", "", "ababababababab", "***ab",
          "the longest part counts");
    check("k\x01\xff\n-0123", "", "key k\x01\xff\n-0123", "key ***",
          "a key of any bytes");

    check("a/b?c=d&e f", "", "no a%2Fb%3fc%3Dd%26e%20f here", "no *** here",
          "a key that is percent-encoded");
    check("live%41key", "", "live%41key", "***", "one that looks so itself");
    check("live_1234_abcd", "", "x%5F1234%5Fabcd%", "x***%",
          "a part of one, encoded");
    check("live_1234_abcd", "", "100%_1234_abc%5", "100%***%5",
          "a percent sign that is none");

    check("stream-key", "passw0rd!", "user:passw0rd!@stream-key",
          "user:***@***", "key and password");
    check("stream-key", "stream-key-2", "stream-key-2", "***",
          "the longer one of two");
    check("stream-key-2", "stream-key", "stream-key-2", "***",
          "in either order");
    check("stream-key", "pw", "the pw of pwd is 'pw'",
          "the *** of pwd is '***'", "a short password");
}


static void
short_keys_are_whole_words(void)
{
    check("a", "", "a stream named a, already", "*** stream named ***, already",
          "one byte");
    check("1", "", "1 10 01 1_ _1 (1) 1", "*** 10 01 1_ _1 (***) ***",
          "numbers and underscores belong to a word");
    check("cam", "", "camera cam cam2 [cam]", "camera *** cam2 [***]",
          "three bytes");
    check("a", "", "\xc3\xa4" "a a\xc3\xa4", "\xc3\xa4" "a a\xc3\xa4",
          "letters beyond ASCII belong to a word");
    check("", "", "nothing to hide", "nothing to hide", "no key");
}


static void
only_printable_text_shows(void)
{
    check("key0", "", "a\tb\r\nc\x1b[31m\x7f", "a?b??c?[31m?",
          "control characters");
    check("key0", "", "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x8e\xa5",
          "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x8e\xa5",
          "UTF-8 of two, three and four bytes");
    check("key0", "", "\x80 \xbf \xc3 \xc3( \xe2\x82 \xf0\x9f\x8e \xff \xfe",
          "? ? ? ?( ?? ??? ? ?", "broken UTF-8");
    check("key0", "", "\xc0\xaf \xe0\x80\xaf \xf0\x80\x80\xaf \xc1\xbf",
          "?? ??? ???? ??", "overlong UTF-8");
    check("key0", "", "\xed\xa0\x80 \xf4\x90\x80\x80 \xf8\x88\x80\x80\x80",
          "??? ???? ?????", "surrogates, and beyond Unicode");
    check("key0", "", "\xf4\x8f\xbf\xbf \xed\x9f\xbf \xee\x80\x80",
          "\xf4\x8f\xbf\xbf \xed\x9f\xbf \xee\x80\x80", "their neighbours");
    check("key0", "", "\xc2\x80\xc2\x9f\xc2\xa0", "????\xc2\xa0",
          "control characters of two bytes");
    check("key0", "", "\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8f"
                      "\xef\xbb\xbf", "???????????????",
          "separators and marks of direction");
}


static void
length_is_bounded(void)
{
    size_t                   i, n, size, failed;
    uint8_t                  out[RESTREAM_CLIENT_MAX_TEXT];
    restream_str_t           s;
    restream_client_conf_t   conf;

    memset(&conf, 0, sizeof(conf));

    s.data = text;
    s.len = sizeof(text);
    memset(text, 'x', sizeof(text));

    is_uint(restream_client_text(&conf, s, out, sizeof(out)), sizeof(out),
            "a long text is cut");
    is_uint(restream_client_text(&conf, s, out, 0), 0, "to nothing even");

    /* no size cuts a character or the stars */

    conf.key.data = (uint8_t *) "stream-key";
    conf.key.len = 10;
    s.data = (uint8_t *) "\xe2\x82\xac" "stream-key" "\xf0\x9f\x8e\xa5";
    s.len = 17;

    failed = 0;

    for (size = 0; size <= 12; size++) {
        memset(out, '#', sizeof(out));
        n = restream_client_text(&conf, s, out, size);
        failed += n != (size_t) (size < 3 ? 0 : size < 6 ? 3 : size < 10 ? 6
                                                                   : 10)
                  || out[n] != '#';
    }

    is_uint(failed, 0, "nothing is cut in the middle");

    /* the longest key, cut where the server likes, found at once */

    for (i = 0; i < sizeof(key); i++) {
        key[i] = (uint8_t) ('a' + i * i % 23);
    }

    conf.key.data = key;
    conf.key.len = sizeof(key);
    memcpy(text, "no ", 3);
    memcpy(text + 3, key, sizeof(key));
    memcpy(text + 3 + sizeof(key), " here", 5);
    s.data = text;
    s.len = sizeof(key) + 8;

    n = restream_client_text(&conf, s, out, sizeof(out));
    is_mem(out, n, "no *** here", 11, "a key of 2048 bytes");

    /* what lies beyond the bytes looked at is not shown, secret or not */

    memset(text, 'x', sizeof(text));
    conf.key.data = (uint8_t *) "xxxxxxxx";
    conf.key.len = 8;
    s.len = sizeof(text);

    n = restream_client_text(&conf, s, out, sizeof(out));
    ok(n == sizeof(out) - 1 && memcmp(out, "******", 6) == 0
       && memchr(out, 'x', n) == NULL, "secrets up to the end");
}


int
main(void)
{
    secrets_do_not_show();
    short_keys_are_whole_words();
    only_printable_text_shows();
    length_is_bounded();

    return done_testing();
}
