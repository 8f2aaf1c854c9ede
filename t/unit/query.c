/*
 * The parameters of a call: each with every value that it may have, nothing
 * else, and cursors that lead on from where a page ended.
 */

#include "nomem.h"
#include "test.h"

#include "model/restream_query.h"

#include <stdlib.h>
#include <string.h>


#define LIST   RESTREAM_CALL_LIST_STREAMS


static int
query(restream_query_t *q, restream_call_e call, const char *text,
    restream_errors_t *errors)
{
    int             rc;
    restream_str_t  s;

    memset(errors, 0, sizeof(restream_errors_t));

    s.len = strlen(text);
    s.data = malloc(s.len);
    memcpy(s.data, text, s.len);

    rc = restream_query_read(q, call, s, errors);

    free(s.data);

    return rc;
}


static void
test_good(void)
{
    size_t              i;
    restream_query_t    q;
    restream_errors_t   errors;

    static const struct {
        const char              *text;
        const char              *app;
        restream_query_live_e    live;
        const char              *q;
        uint32_t                 limit;
    } cases[] = {
        { "", "", RESTREAM_QUERY_ANY, "", 100 },
        { "&", "", RESTREAM_QUERY_ANY, "", 100 },
        { "app=&live=&q=&limit=&cursor=&reveal=", "", RESTREAM_QUERY_ANY, "",
          100 },
        { "app", "", RESTREAM_QUERY_ANY, "", 100 },
        { "app=live", "live", RESTREAM_QUERY_ANY, "", 100 },
        { "%61pp=l%69ve&", "live", RESTREAM_QUERY_ANY, "", 100 },
        { "app=a%2Fb+c%2Bd=e%26", "a/b c+d=e&", RESTREAM_QUERY_ANY, "", 100 },
        { "app=%ff", "\xff", RESTREAM_QUERY_ANY, "", 100 },
        { "live=true", "", RESTREAM_QUERY_LIVE, "", 100 },
        { "live=false", "", RESTREAM_QUERY_NOT_LIVE, "", 100 },
        { "q=sh%C3%B6w", "", RESTREAM_QUERY_ANY, "sh\xc3\xb6w", 100 },
        { "limit=1", "", RESTREAM_QUERY_ANY, "", 1 },
        { "limit=1000", "", RESTREAM_QUERY_ANY, "", 1000 },
        { "limit=007&&app=x&q=y&live=true", "x", RESTREAM_QUERY_LIVE, "y", 7 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok(query(&q, LIST, cases[i].text, &errors) == RESTREAM_OK
           && errors.n == 0, "\"%s\" is read", cases[i].text);
        ok(strcmp(q.app, cases[i].app) == 0 && q.live == cases[i].live
           && strcmp(q.q, cases[i].q) == 0 && q.limit == cases[i].limit
           && q.after_app[0] == '\0' && q.after_name[0] == '\0'
           && !q.reveal_key, "as it was meant");
    }
}


typedef struct {
    const char       *text;
    restream_call_e   call;
    const char       *pointer;
    const char       *detail;
} mistake_t;


static const mistake_t  mistakes[] = {

    { "ap=x", LIST, "/ap", "unknown parameter \"ap\"" },
    { "=x", LIST, "/", "unknown parameter \"\"" },
    { "App=x", LIST, "/App", "unknown parameter \"App\"" },
    { "a/b~=x", LIST, "/a~1b~0", "unknown parameter \"a/b~\"" },
    { "%ff%0a=x", LIST, "/??", "unknown parameter \"??\"" },
    { "%zz=x", LIST, "/%zz", "unknown parameter \"%zz\"" },
    { "alongnameforaparameter=x", LIST, "/alongnameforaparameter",
      "unknown parameter \"alongnameforaparameter\"" },
    { "app%00=x", LIST, "/app%00", "unknown parameter \"app%00\"" },
    { "app=a&app=a", LIST, "/app", "parameter \"app\" is given twice" },
    { "q=&q=a", LIST, "/q", "parameter \"q\" is given twice" },
    { "limit=5&l%69mit=5", LIST, "/limit",
      "parameter \"limit\" is given twice" },

    { "live=1", LIST, "/live", "live is \"1\", true or false expected" },
    { "live=TRUE", LIST, "/live", "live is \"TRUE\", true or false expected" },
    { "limit=0", LIST, "/limit", "limit is \"0\", 1 to 1000 expected" },
    { "limit=1001", LIST, "/limit", "limit is \"1001\", 1 to 1000 expected" },
    { "limit=4294967297", LIST, "/limit",
      "limit is \"4294967297\", 1 to 1000 expected" },
    { "limit=-1", LIST, "/limit", "limit is \"-1\", 1 to 1000 expected" },
    { "limit=+1", LIST, "/limit", "limit is \" 1\", 1 to 1000 expected" },
    { "limit=1e3", LIST, "/limit", "limit is \"1e3\", 1 to 1000 expected" },
    { "q=%ff", LIST, "/q",
      "q is \"?\", up to 255 characters of UTF-8 expected" },
    { "app=%0a", LIST, "/app", "app contains a control character" },
    { "reveal=keys", LIST, "/reveal", "reveal is \"keys\", \"key\" expected" },
    { "reveal=true", RESTREAM_CALL_GET_STREAM, "/reveal",
      "reveal is \"true\", \"key\" expected" },

    { "limit=5", RESTREAM_CALL_GET_STREAM, "/limit",
      "unknown parameter \"limit\"" },
    { "reveal=key", RESTREAM_CALL_PATCH_STREAM, "/reveal",
      "unknown parameter \"reveal\"" },
    { "reveal=key", RESTREAM_CALL_OPTIONS, "/reveal",
      "unknown parameter \"reveal\"" },
    { "token=secret", RESTREAM_CALL_HEALTH, "/token",
      "unknown parameter \"token\"" },

    { "cursor=%21", LIST, "/cursor", NULL },
    { "cursor=live", LIST, "/cursor", NULL },
    { "cursor=bGl2ZQBzaG93=", LIST, "/cursor", NULL },
    { "cursor=bGl2ZQBzaG93A", LIST, "/cursor", NULL },
    { "cursor=bGl2ZQBzaG9", LIST, "/cursor", NULL },
    { "cursor=bGl2ZQB", LIST, "/cursor", NULL },
    { "cursor=bGl2ZQA", LIST, "/cursor", NULL },
    { "cursor=bGl2ZQAA", LIST, "/cursor", NULL },
    { "cursor=AHNob3c", LIST, "/cursor", NULL },
    { "cursor=bGl2ZQBzAGg", LIST, "/cursor", NULL },
    { "cursor=AA", LIST, "/cursor", NULL }
};


static void
test_mistakes(void)
{
    size_t              i;
    const char         *detail;
    const mistake_t    *m;
    restream_query_t    q;
    restream_errors_t   errors;

    for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        m = &mistakes[i];

        if (!ok(query(&q, m->call, m->text, &errors) == RESTREAM_DECLINED
                && errors.n == 1 && errors.kind == RESTREAM_ERRORS_CONTENT,
                "\"%s\" is refused", m->text))
        {
            continue;
        }

        detail = m->detail ? m->detail
                           : "cursor is not one that a list has given";

        is_mem(errors.list[0].pointer, strlen(errors.list[0].pointer),
               m->pointer, strlen(m->pointer), "pointer %s", m->pointer);
        is_mem(errors.list[0].detail, strlen(errors.list[0].detail),
               detail, strlen(detail), "%s", detail);

        restream_errors_free(&errors);
    }
}


static void
test_unreadable(void)
{
    size_t              i;
    restream_query_t    q;
    restream_errors_t   errors;

    static const char *const  texts[] = {
        "app=%", "app=%4", "app=%zz", "app=a%00b", "x=1&app=%2&y=1"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ok(query(&q, LIST, texts[i], &errors) == RESTREAM_DECLINED
           && errors.n == 1 && errors.kind == RESTREAM_ERRORS_SYNTAX
           && errors.list[0].pointer == NULL, "\"%s\" cannot be read",
           texts[i]);

        restream_errors_free(&errors);
    }
}


static void
test_all_at_once(void)
{
    restream_query_t   q;
    restream_errors_t  errors;

    ok(query(&q, LIST, "live=x&limit=x&foo=x&app=a&app=b&reveal=x", &errors)
       == RESTREAM_DECLINED, "five mistakes");
    is_uint(errors.n, 5, "are told at once");

    restream_errors_free(&errors);
}


static void
test_reveal(void)
{
    size_t              i;
    restream_query_t    q;
    restream_errors_t   errors;

    static const restream_call_e  calls[] = {
        RESTREAM_CALL_LIST_STREAMS, RESTREAM_CALL_GET_STREAM,
        RESTREAM_CALL_LIST_DESTINATIONS, RESTREAM_CALL_GET_DESTINATION
    };

    for (i = 0; i < 4; i++) {
        ok(query(&q, calls[i], "reveal=key", &errors) == RESTREAM_OK
           && q.reveal_key, "keys are to be shown by call %zu", i);
    }
}


static void
test_long(void)
{
    char               *text;
    size_t              i;
    restream_query_t    q;
    restream_errors_t   errors;

    text = malloc(8192);

    strcpy(text, "q=");

    for (i = 0; i < 255; i++) {
        strcat(text, "%F0%9F%98%80");
    }

    ok(query(&q, LIST, text, &errors) == RESTREAM_OK && strlen(q.q) == 1020,
       "255 characters are searched for");

    strcat(text, "x");
    ok(query(&q, LIST, text, &errors) == RESTREAM_DECLINED && errors.n == 1
       && strlen(errors.list[0].detail) < 150, "256 are not");
    restream_errors_free(&errors);

    strcpy(text, "app=");
    memset(text + 4, 'x', 4095);
    text[4 + 4095] = '\0';
    ok(query(&q, LIST, text, &errors) == RESTREAM_DECLINED
       && errors.kind == RESTREAM_ERRORS_CONTENT, "a long value");
    restream_errors_free(&errors);

    strcat(text, "x");
    ok(query(&q, LIST, text, &errors) == RESTREAM_DECLINED
       && errors.kind == RESTREAM_ERRORS_SYNTAX, "too long a value");
    restream_errors_free(&errors);

    free(text);
}


static void
test_cursor(void)
{
    char                app[256], name[256], text[1024];
    char                cursor[RESTREAM_QUERY_CURSOR];
    size_t              i, j, fine;
    restream_query_t    q;
    restream_errors_t   errors;

    restream_query_cursor("live", "show", cursor);
    ok(strcmp(cursor, "bGl2ZQBzaG93") == 0, "a cursor is base64url");

    fine = 0;

    for (i = 1; i <= 255; i++) {
        for (j = 0; j < i; j++) {
            app[j] = (char) (0x80 + (j * 7 + i) % 0x80);
            name[255 - i + j] = (char) (0x20 + (j + i) % 0x5f);
        }

        app[i] = '\0';
        name[255] = '\0';

        restream_query_cursor(app, name + 255 - i, cursor);
        sprintf(text, "cursor=%s", cursor);

        fine += query(&q, LIST, text, &errors) == RESTREAM_OK
                && strcmp(q.after_app, app) == 0
                && strcmp(q.after_name, name + 255 - i) == 0;
    }

    is_uint(fine, 255, "cursors lead to the names that they were made of");
    is_uint(strlen(cursor), RESTREAM_QUERY_CURSOR - 1,
            "the longest of them, of 511 bytes");
}


static void
test_memory(void)
{
    restream_str_t     text;
    restream_query_t   q;
    restream_errors_t  errors;

    memset(&errors, 0, sizeof(errors));

    text.data = (uint8_t *) "x=1";
    text.len = 3;

    nomem_at = 1;
    ok(restream_query_read(&q, LIST, text, &errors) == RESTREAM_ERROR,
       "no memory for an error");
    nomem_at = 0;

    restream_errors_free(&errors);
}


int
main(void)
{
    test_good();
    test_mistakes();
    test_unreadable();
    test_all_at_once();
    test_reveal();
    test_long();
    test_cursor();
    test_memory();

    return done_testing();
}
