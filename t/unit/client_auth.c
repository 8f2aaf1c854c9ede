/*
 * Authentication as Adobe's and Limelight's servers want it: each step's
 * query, and when there is none.
 */

#include <stdio.h>
#include <string.h>

#include "server.h"


#define NEED_ADOBE  "[ AccessManager.Reject ] : [ code=403 need auth; "       \
                    "authmod=adobe ] : "
#define NEED_LLNW   "[ AccessManager.Reject ] : [ code=403 need auth; "       \
                    "authmod=llnw ] : "
#define ADOBE       "[ AccessManager.Reject ] : [ authmod=adobe ] : "
#define LLNW        "[ AccessManager.Reject ] : [ authmod=llnw ] : "


static server_t                server;
static run_t                   result;
static restream_client_conf_t  conf;


static void
credentials(const char *app, const char *user, const char *password,
    const char *query)
{
    run_conf(&conf);

    conf.app = run_string(app);
    conf.user = run_string(user);
    conf.password = run_string(password);
    conf.query = run_string(query);
}


static void
refuse(const char *text)
{
    server_until(&server, RESTREAM_CLIENT_CONNECT);
    server_info(&server, "_error", 1, "error",
                "NetConnection.Connect.Rejected", text);
    server_call(&server, "close", 0);
    run(&result, &conf, &server);
}


/* the query that is answered with; NULL: there is another event */

static const char *
answer(const char *text)
{
    char  *p;

    static const char  event[] = "AUTHENTICATE 1 [] [] [] [";

    refuse(text);

    if (result.rc != RESTREAM_AGAIN
        || strncmp(result.events, event, sizeof(event) - 1) != 0)
    {
        printf("# rc %d, events %s", result.rc, result.events);
        return NULL;
    }

    p = result.events + sizeof(event) - 1;
    p[strlen(p) - 2] = '\0';

    return p;
}


static int
answers(const char *text, const char *want)
{
    const char  *got;

    got = answer(text);

    if (got && strcmp(got, want) == 0) {
        return 1;
    }

    printf("# got %s\n", got ? got : "none");

    return 0;
}


static int
is_refusal(const char *text)
{
    static const char  event[] =
        "REJECTED 1 [NetConnection.Connect.Rejected] [";

    refuse(text);

    return result.rc == RESTREAM_AGAIN
           && strncmp(result.events, event, sizeof(event) - 1) == 0;
}


static void
first_step(void)
{
    credentials("live", "pub", "pa:ss", "");
    ok(answers(NEED_ADOBE, "?authmod=adobe&user=pub"), "adobe asks for a user");
    ok(answers(NEED_LLNW, "?authmod=llnw&user=pub"), "llnw asks for a user");
    ok(answers("code=403 need auth authmod=adobe", "?authmod=adobe&user=pub"),
       "in other words");

    credentials("live2?backup=1", "pub", "pa:ss", "");
    ok(answers(NEED_ADOBE, "&authmod=adobe&user=pub"),
       "the app has a query of its own");

    credentials("live", "a&b=c%d#e?f/g h\x01\xc3\xa4~+@:", "x", "");
    ok(answers(NEED_ADOBE, "?authmod=adobe&user=a%26b=c%25d%23e%3Ff%2Fg%20h"
                           "%01%C3%A4~+@:"),
       "what would break the query is escaped");

    credentials("live", "pub", "", "");
    ok(answers(NEED_ADOBE, "?authmod=adobe&user=pub"), "an empty password");
}


/* the vectors were made with openssl md5 and base64 in a shell:
 *
 *     h=$(printf 'pubSALT1234pa:ss' | openssl md5 -binary | base64)
 *     printf "${h}OPQ0123abcd" | openssl md5 -binary | base64 */

static void
second_step(void)
{
    credentials("live", "pub", "pa:ss", "?authmod=adobe&user=pub");

    ok(answers(ADOBE "?reason=needauth&user=pub&salt=SALT1234&challenge=CHAL"
               "&opaque=OPQ",
               "?authmod=adobe&user=pub&challenge=0123abcd"
               "&response=AcBhphL+groi0GVAmjrUvg==&opaque=OPQ"),
       "adobe with an opaque");

    ok(answers(ADOBE "?reason=needauth&user=pub&salt=SALT1234&challenge=CHAL",
               "?authmod=adobe&user=pub&challenge=0123abcd"
               "&response=f4EcC9YmQoqGO7DTOL2hgQ=="),
       "adobe with a challenge");

    credentials("live", "pub", "pa:ss", "?authmod=llnw&user=pub");

    ok(answers(LLNW "?reason=needauth&user=pub&nonce=N0NCE",
               "?authmod=llnw&user=pub&nonce=N0NCE&cnonce=0123abcd"
               "&nc=00000001&response=28538fbe0d5feac13a71da622b564264"),
       "llnw, the default instance");

    conf.app = run_string("live/inst?x=a/b");

    ok(answers(LLNW "?reason=needauth&user=pub&nonce=N0NCE",
               "&authmod=llnw&user=pub&nonce=N0NCE&cnonce=0123abcd"
               "&nc=00000001&response=473eba0346f006f0ff1891d85e2ff27b"),
       "llnw, an instance and a query");

    credentials("live", "pub", "pa:ss", "");

    ok(answers(ADOBE "?reason=needauth&user=pub&salt=SALT1234&opaque=OPQ "
               "more words",
               "?authmod=adobe&user=pub&challenge=0123abcd"
               "&response=AcBhphL+groi0GVAmjrUvg==&opaque=OPQ"),
       "without the first step, with words behind it");

    ok(answers(ADOBE "?reason=needauth&x&&=&salt&opaque=OPQ&salt=SALT1234&y=z&",
               "?authmod=adobe&user=pub&challenge=0123abcd"
               "&response=AcBhphL+groi0GVAmjrUvg==&opaque=OPQ"),
       "in another order, with names that are not known");
}


static void
digest(const char *a, const char *b, const char *c, char *out)
{
    char     data[2048];
    uint8_t  md5[16];

    snprintf(data, sizeof(data), "%s%s%s", a, b, c);
    run_md5(data, strlen(data), md5);
    EVP_EncodeBlock((uint8_t *) out, md5, 16);
}


/* against OpenSSL, for many salts and passwords */

static void
digests_are_right(void)
{
    int       i, failed;
    char      salt[64], opaque[64], password[64], text[512], want[512];
    char      first[32], second[32];

    failed = 0;

    for (i = 0; i < 200; i++) {
        snprintf(salt, sizeof(salt), "%x=%d+/", i * 7919, i);
        snprintf(opaque, sizeof(opaque), "%x==", i * 104729);
        snprintf(password, sizeof(password), "\x01\xff&?%d", i * 31);
        snprintf(text, sizeof(text),
                 ADOBE "?reason=needauth&user=u&salt=%s&challenge=c&opaque=%s",
                 salt, opaque);

        digest("u", salt, password, first);
        digest(first, opaque, "0123abcd", second);
        snprintf(want, sizeof(want), "?authmod=adobe&user=u&challenge=0123abcd"
                 "&response=%s&opaque=%s", second, opaque);

        credentials("live", "u", password, "?authmod=adobe&user=u");
        failed += !answers(text, want);
    }

    is_uint(failed, 0, "digests are those of OpenSSL");
}


/* OBS and FFmpeg take the user from the server's words */

static void
user_as_the_server_says(void)
{
    char  first[32], second[32], want[256];

    digest("PUB@realm", "s", "p", first);
    digest(first, "o", "0123abcd", second);
    snprintf(want, sizeof(want), "?authmod=adobe&user=pub&challenge=0123abcd"
             "&response=%s&opaque=o", second);

    credentials("live", "pub", "p", "");
    ok(answers(ADOBE "?reason=needauth&user=PUB@realm&salt=s&opaque=o", want),
       "the server's spelling of the user is in the digest");

    digest("a&b", "s", "p", first);
    digest(first, "o", "0123abcd", second);
    snprintf(want, sizeof(want), "?authmod=adobe&user=a%%26b"
             "&challenge=0123abcd&response=%s&opaque=o", second);

    credentials("live", "a&b", "p", "");
    ok(answers(ADOBE "?reason=needauth&user=a&b&salt=s&opaque=o", want),
       "but not where it had to be escaped");
}


static void
nothing_to_answer_with(void)
{
    credentials("live", "", "", "");
    ok(is_refusal(NEED_ADOBE), "no credentials");
    ok(is_refusal(ADOBE "?reason=needauth&user=&salt=s&opaque=o"),
       "no credentials, second step");

    credentials("live", "pub", "p", "");
    ok(is_refusal("[ AccessManager.Reject ] : [ code=403 need auth; "
                  "authmod=other ] : "), "an unknown method");
    ok(is_refusal("code=403 need auth"), "no method");
    ok(is_refusal("[ authmod=adobe ]"), "a method and nothing else");
    ok(is_refusal(ADOBE "?reason=authfailed&opaque=x"), "authfailed");
    ok(is_refusal(ADOBE "?reason=nosuchuser&opaque=x"), "nosuchuser");
    ok(is_refusal(LLNW "?reason=authfail"), "authfail");
    ok(is_refusal("no such app"), "an ordinary refusal");
    ok(is_refusal(""), "no words");
    ok(is_refusal(NULL), "no description");
}


static void
does_not_loop(void)
{
    char  query[512];

    credentials("live", "pub", "p", "?authmod=adobe&user=pub");
    ok(is_refusal(NEED_ADOBE), "the first step again");
    ok(is_refusal(NEED_LLNW), "the first step of another method");

    snprintf(query, sizeof(query), "%s",
             answer(ADOBE "?reason=needauth&salt=s&opaque=o"));

    conf.query = run_string(query);
    ok(is_refusal(ADOBE "?reason=needauth&salt=s&opaque=o"),
       "the second step again");
    ok(is_refusal(LLNW "?reason=needauth&nonce=n"),
       "the second step of another method");
    ok(is_refusal(NEED_ADOBE), "the first step behind the second");

    credentials("live", "x&response=", "p", "");
    snprintf(query, sizeof(query), "%s", answer(NEED_ADOBE));
    conf.query = run_string(query);
    ok(answer(ADOBE "?reason=needauth&salt=s&opaque=o") != NULL,
       "a user can't look like a response");
}


static void
absurd_challenges_are_refused(void)
{
    char    value[258], text[1024], user[1100], password[9000];
    size_t  i;

    credentials("live", "pub", "p", "");

    ok(is_refusal(ADOBE "?reason=needauth&user=pub&salt=s"),
       "adobe without a challenge");
    ok(is_refusal(ADOBE "?reason=needauth&salt=s&challenge=&opaque="),
       "adobe with an empty challenge");
    ok(is_refusal(LLNW "?reason=needauth&user=pub"), "llnw without a nonce");
    ok(is_refusal(ADOBE "?reason=needauth"), "without anything");
    ok(is_refusal(ADOBE "?reason=needauth&salt=s&opaque=\xc3\xa4"),
       "beyond ASCII");
    ok(is_refusal(ADOBE "?reason=needauth&salt=s&opaque=o\x7f"), "DEL");

    memset(value, 'v', sizeof(value));
    value[256] = '\0';
    snprintf(text, sizeof(text), ADOBE "?reason=needauth&salt=%s&opaque=%s",
             value, value);
    ok(answer(text) != NULL, "values of 256 bytes");

    value[256] = 'v';
    value[257] = '\0';
    snprintf(text, sizeof(text), ADOBE "?reason=needauth&salt=%s&opaque=o",
             value);
    ok(is_refusal(text), "a salt of 257 bytes");

    memset(user, 'u', sizeof(user));
    i = RESTREAM_CLIENT_MAX_QUERY - strlen("?authmod=adobe&user=");
    user[i] = '\0';
    credentials("live", user, "p", "");
    ok(answer(NEED_ADOBE) != NULL, "a query of 1024 bytes");
    ok(is_refusal(ADOBE "?reason=needauth&salt=s&opaque=o"),
       "a longer query, second step");

    user[i] = 'u';
    user[i + 1] = '\0';
    credentials("live", user, "p", "");
    ok(is_refusal(NEED_ADOBE), "a longer query");

    memset(password, 'p', sizeof(password));
    password[sizeof(password) - 1] = '\0';
    credentials("live", "pub", password, "");
    ok(is_refusal(ADOBE "?reason=needauth&salt=s&opaque=o")
       && is_refusal(LLNW "?reason=needauth&nonce=n"),
       "a password of 9000 bytes");

    credentials(password, "pub", "p", "");
    ok(is_refusal(LLNW "?reason=needauth&nonce=n"), "an app of 9000 bytes");
}


static void
query_is_appended(void)
{
    const uint8_t  *p, *last;

    credentials("live", "pub", "p", "?authmod=adobe&user=pub");
    server_until(&server, RESTREAM_CLIENT_CONNECT);
    run(&result, &conf, &server);

    p = result.out + SERVER_HANDSHAKE;
    last = result.out + result.out_len;

    ok(memmem(p, last - p, "\0\x03" "app" "\x02\0\x1b"
              "live?authmod=adobe&user=pub", 35) != NULL, "to app");
    ok(memmem(p, last - p, "\0\x05" "tcUrl" "\x02\0\x24"
              "rtmp://h/live?authmod=adobe&user=pub", 46) != NULL, "to tcUrl");
    ok(memmem(p, last - p, "\0\x06" "swfUrl" "\x02\0\x24"
              "rtmp://h/live?authmod=adobe&user=pub", 47) != NULL,
       "to swfUrl");
}


static void
password_does_not_show(void)
{
    credentials("live", "pub", "hunter22", "");
    refuse("no: pub:hunter22 at secret-key");
    is_str(result.events, "REJECTED 1 [NetConnection.Connect.Rejected] "
           "[no: pub:*** at ***] [] []\n", "in a refusal");
}


int
main(void)
{
    first_step();
    second_step();
    digests_are_right();
    user_as_the_server_says();
    nothing_to_answer_with();
    does_not_loop();
    absurd_challenges_are_refused();
    query_is_appended();
    password_does_not_show();

    return done_testing();
}
