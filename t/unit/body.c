/*
 * Bodies about a destination, and what is the same for all bodies: what they
 * ask for arrives in the change, what is wrong is told, all of it at once.
 */

#include "nomem.h"
#include "body.h"


#define CREATE   RESTREAM_CALL_CREATE_DESTINATION
#define PATCH    RESTREAM_CALL_PATCH_DESTINATION

#define URL      "\"url\":\"rtmp://a.example/live\""


static restream_destination_set_t *
one(body_t *b)
{
    return b->change->ndestinations == 1 ? b->change->destinations : NULL;
}


static void
test_begin(void)
{
    unsigned            call, kinds;
    restream_route_t    route;
    restream_change_t  *change;

    kinds = 0;

    for (call = 0; call < RESTREAM_CALL_MAX; call++) {
        memset(&route, 0, sizeof(route));
        route.call = call;

        if (restream_body_begin(&route, &change) == RESTREAM_OK) {
            kinds |= 1u << change->kind;
            restream_change_destroy(&change);

        } else {
            kinds += (change != NULL);
        }
    }

    is_uint(kinds, 0x1fe, "there is a call for every kind of change");

    memset(&route, 0, sizeof(route));
    route.call = RESTREAM_CALL_START_DESTINATION;
    strcpy(route.app, "live");
    strcpy(route.name, "show");
    strcpy(route.destination, "yt");

    ok(restream_body_begin(&route, &change) == RESTREAM_OK
       && change->kind == RESTREAM_CHANGE_SWITCH_DESTINATION
       && change->enabled == 1 && change->id == 0
       && body_same(change->app, "live") && body_same(change->name, "show")
       && body_same(change->destination, "yt"),
       "start by name switches it on");
    restream_change_destroy(&change);

    route.call = RESTREAM_CALL_STOP_DESTINATION;
    route.destination[0] = '\0';
    route.id = 7;

    ok(restream_body_begin(&route, &change) == RESTREAM_OK
       && change->enabled == 0 && change->id == 7
       && change->destination == NULL, "stop by id switches it off");
    restream_change_destroy(&change);

    route.call = RESTREAM_CALL_GET_DESTINATION;
    ok(restream_body_begin(&route, &change) == RESTREAM_DECLINED
       && change == NULL, "a GET changes nothing");
}


static void
test_create(void)
{
    body_t                       b;
    restream_destination_set_t  *set;

    body_read(&b, CREATE,
              "{\"name\":\"yt\",\"url\":\"rtmps://u:p@a.example/$app?x=1\","
              "\"key\":\"a$name/b?c\",\"enabled\":false,\"title\":\"T\","
              "\"description\":\"a\\nb\",\"audio\":\"copy\"}");

    ok(b.rc == RESTREAM_OK && (set = one(&b)) != NULL
       && set->set == 0x7f && body_same(set->name, "yt")
       && body_same(set->url, "rtmps://u:p@a.example/$app?x=1")
       && body_same(set->key, "a$name/b?c") && set->enabled == 0
       && body_same(set->title, "T") && body_same(set->description, "a\nb")
       && body_same(set->audio, "copy"), "a destination with every member");
    body_free(&b);

    body_read(&b, CREATE, "{\"name\":\"yt\"," URL ",\"key\":\"k\"}");

    ok(b.rc == RESTREAM_OK && (set = one(&b)) != NULL
       && set->set == (RESTREAM_SET_NAME|RESTREAM_SET_URL|RESTREAM_SET_KEY)
       && set->title == NULL && set->audio == NULL,
       "one with as few as there may be");
    body_free(&b);

    body_read(&b, CREATE, "{\"name\":\"yt\",\"url\":\"rtmp://a/live/k\"}");

    ok(b.rc == RESTREAM_OK && (set = one(&b)) != NULL
       && set->set == (RESTREAM_SET_NAME|RESTREAM_SET_URL)
       && body_same(set->url, "rtmp://a/live/k"), "one whose url has the key");
    body_free(&b);

    body_read(&b, CREATE,
              "{\"name\":\"yt\",\"url\":\"rtmp://a/live/k\",\"key\":null,"
              "\"title\":null,\"description\":null,\"audio\":null}");

    ok(b.rc == RESTREAM_OK && (set = one(&b)) != NULL
       && set->set == (RESTREAM_SET_NAME|RESTREAM_SET_URL),
       "null is as nothing in what is new");
    body_free(&b);

    body_read(&b, CREATE,
              "{\"name\":\"\\ud83d\\ude00\"," URL ",\"key\":\"\\u00e4\"}");

    ok(b.rc == RESTREAM_OK && (set = one(&b)) != NULL
       && body_same(set->name, "\xf0\x9f\x98\x80")
       && body_same(set->key, "\xc3\xa4"), "escapes");
    body_free(&b);
}


static void
test_shown(void)
{
    body_t  b;

    body_read(&b, PATCH,
              "{\"id\":\"d_0000000000000001\",\"keyHint\":\"x\",\"origin\":1,"
              "\"state\":\"live\",\"reason\":null,\"since\":[],"
              "\"lastError\":{},\"tls\":{\"version\":1},\"stats\":{\"a\":[]},"
              "\"createdAt\":\"\",\"updatedAt\":\"\",\"version\":17}");

    ok(b.rc == RESTREAM_OK && one(&b) && one(&b)->set == 0,
       "what is only shown may be sent back");
    body_free(&b);

    refused(PATCH, "{\"worker\":1,\"Name\":\"x\",\"state/x\":1,\"\":2}",
            "/worker: unknown member \"worker\"",
            "/Name: unknown member \"Name\"",
            "/state~1x: unknown member \"state/x\"",
            "/: unknown member \"\"");
}


static void
test_patch(void)
{
    body_t                       b;
    restream_destination_set_t  *set;

    body_read(&b, PATCH, "{}");
    ok(b.rc == RESTREAM_OK && one(&b) && one(&b)->set == 0
       && b.change->id == 7, "nothing changes");
    body_free(&b);

    body_read(&b, PATCH, "{\"enabled\":true}");
    ok(b.rc == RESTREAM_OK && one(&b)->set == RESTREAM_SET_ENABLED
       && one(&b)->enabled == 1, "one member");
    body_free(&b);

    body_read(&b, PATCH, "{\"key\":null,\"title\":null,\"description\":null,"
                         "\"audio\":null}");
    set = one(&b);
    ok(b.rc == RESTREAM_OK
       && set->set == (RESTREAM_SET_KEY|RESTREAM_SET_TITLE
                       |RESTREAM_SET_DESCRIPTION|RESTREAM_SET_AUDIO)
       && set->key == NULL && set->title == NULL, "null takes away");
    body_free(&b);

    body_read(&b, PATCH, "{\"key\":null,\"url\":\"rtmp://a/live/k\"}");
    ok(b.rc == RESTREAM_OK, "the key moves into the url");
    body_free(&b);

    body_read(&b, PATCH, "{" URL "}");
    ok(b.rc == RESTREAM_OK, "a url alone, for the key that is stored");
    body_free(&b);

    refused(PATCH, "{\"key\":null," URL "}",
            "/key: key is missing, and the url does not end with one");
    refused(PATCH, "{\"name\":null,\"url\":null,\"enabled\":null}",
            "/name: name is null, a string expected",
            "/url: url is null, a string expected",
            "/enabled: enabled is null, true or false expected");
}


static void
test_wrong(void)
{
    refused(CREATE, "{}", "/name: name is missing", "/url: url is missing");
    refused(CREATE, "{\"name\":\"yt\"," URL "}",
            "/key: key is missing, and the url does not end with one");
    refused(CREATE, "{\"name\":\"yt\"," URL ",\"key\":null}",
            "/key: key is missing, and the url does not end with one");
    refused(CREATE, "{\"name\":\"yt\"," URL ",\"key\":\"\"}",
            "/key: key is empty, 1 to 2048 bytes expected");

    refused(CREATE, "{\"name\":1,\"url\":true,\"key\":[],\"title\":{},"
                    "\"description\":1.5,\"audio\":false,\"enabled\":\"yes\","
                    "\"secret\":1}",
            "/name: name is a number, a string expected",
            "/url: url is true, a string expected",
            "/key: key is an array, a string or null expected",
            "/title: title is an object, a string or null expected",
            "/description: description is a number, a string or null expected",
            "/audio: audio is false, a string or null expected",
            "/enabled: enabled is a string, true or false expected",
            "/secret: unknown member \"secret\"");

    refused(PATCH, "{\"name\":\"\",\"url\":\"http://u:secret@h/secret\","
                   "\"key\":\"sec\\tret\",\"title\":\"\\u001b\","
                   "\"description\":\"\\u0007\",\"audio\":\"loud\"}",
            "/name: name is empty, 1 to 100 characters expected",
            "/url: invalid url: scheme is not rtmp:// or rtmps://",
            "/key: key contains a control character",
            "/title: title contains a control character",
            "/description: description contains a control character",
            "/audio: audio is \"loud\", one of auto, copy, encode, silence and "
            "none expected");

    refused(CREATE, "[]", ": the body is an array, an object expected");
    refused(CREATE, "\"x\"", ": the body is a string, an object expected");
    refused(CREATE, "12", ": the body is a number, an object expected");
    refused(CREATE, " null ", ": the body is null, an object expected");

    body_schemes = RESTREAM_SCHEME_RTMPS;
    refused(PATCH, "{" URL "}",
            "/url: url begins with \"rtmp://\", which is not allowed here");
    body_schemes |= RESTREAM_SCHEME_RTMP;
}


static void
test_syntax(void)
{
    body_t  b;
    size_t  i;

    static const struct {
        const char  *text;
        const char  *detail;
    } cases[] = {
        { "", "the body is empty, a JSON object expected" },
        { " \n", "the body is empty, a JSON object expected" },
        { "{\"name\":\"a\",\n\"name\":\"a\"}",
          "line 2, offset 13: member \"name\" is given twice" },
        { "{\"key\":\"secret", "line 1, offset 14: the JSON is cut off" },
        { "name=secret", "line 1, offset 0: a value expected" },
        { "{\"version\":99999999999999999999}",
          "line 1, offset 11: an integer is beyond 64 bits" },
        { "{\"version\":1e999}",
          "line 1, offset 16: a number is too large" },
        { "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
          "line 1, offset 16: arrays and objects are nested deeper than 16 "
          "levels" },
        { "{\"name\":\"\\u0000\"}", "line 1, offset 9: a NUL is in a string" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        body_read(&b, CREATE, cases[i].text);

        if (ok(b.rc == RESTREAM_DECLINED && b.errors.n == 1
               && b.errors.kind == RESTREAM_ERRORS_SYNTAX
               && b.errors.list[0].pointer == NULL, "body %zu cannot be read",
               i))
        {
            is_mem(b.errors.list[0].detail, strlen(b.errors.list[0].detail),
                   cases[i].detail, strlen(cases[i].detail), "%s",
                   cases[i].detail);
        }

        body_free(&b);
    }

    body_read_bytes(&b, CREATE, "{\"a\":\"\0\"}", 9);
    ok(b.rc == RESTREAM_DECLINED && b.errors.kind == RESTREAM_ERRORS_SYNTAX,
       "a NUL");
    body_free(&b);
}


static void
test_switch(void)
{
    size_t             i, j;
    body_t             b;
    restream_call_e    call;

    static const restream_call_e  calls[] = {
        RESTREAM_CALL_START_STREAM, RESTREAM_CALL_STOP_STREAM,
        RESTREAM_CALL_START_DESTINATION, RESTREAM_CALL_STOP_DESTINATION
    };

    static const char *const  fine[] = { "", " \r\n", "{}", " { } " };

    for (i = 0; i < 4; i++) {
        call = calls[i];

        for (j = 0; j < 4; j++) {
            body_read(&b, call, fine[j]);
            ok(b.rc == RESTREAM_OK && b.change->ndestinations == 0,
               "call %d without a body, form %zu", call, j);
            body_free(&b);
        }

        refused(call, "{\"enabled\":true,\"id\":1}",
                "/enabled: unknown member \"enabled\"",
                "/id: unknown member \"id\"");
        refused(call, "true", ": the body is true, an object expected");

        body_read(&b, call, "{");
        ok(b.rc == RESTREAM_DECLINED
           && b.errors.kind == RESTREAM_ERRORS_SYNTAX, "no JSON is no body");
        body_free(&b);
    }

    body_read(&b, RESTREAM_CALL_DELETE_STREAM, "{{{");
    ok(b.rc == RESTREAM_OK, "the body of a DELETE is not looked at");
    body_free(&b);
}


/* no key, no password, nothing of a url in what is told */

static void
test_secrets(void)
{
    char    text[256];
    body_t  b;
    size_t  i, j, n, leaks;

    static const char *const  bodies[] = {
        "{\"url\":\"http://CANARY:CANARY@h/CANARY\"}",
        "{\"url\":\"rtmp://CANARY:CANARY@h\"}",
        "{\"url\":\"rtmp://CANARY:CANARY@h:0/live/CANARY?CANARY\"}",
        "{\"url\":\"rtmp://h/live/CANARY \"}",
        "{\"url\":[\"rtmp://h/live/CANARY\"]}",
        "{\"key\":\"CANARY\\n\"}",
        "{\"key\":[\"CANARY\"]}",
        "{\"key\":{\"CANARY\":\"CANARY\"}}",
        "{\"key\":\"CANARY",
        "{\"key\":CANARY}",
        "{\"key\":\"CANARY\\x\"}",
        "{\"key\":\"CANARY\",}",
        "{\"key\":\"CANARY\",\"key\":\"CANARY\"}",
        "{\"key\":\"CANARY\"} CANARY"
    };

    leaks = 0;
    n = 0;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        strcpy(text, bodies[i]);
        body_read(&b, CREATE, text);
        n += b.errors.n > 0;

        for (j = 0; j < b.errors.n; j++) {
            leaks += strstr(b.errors.list[j].detail, "CANARY") != NULL;
        }

        body_free(&b);
    }

    is_uint(n, sizeof(bodies) / sizeof(bodies[0]), "bodies with secrets");
    is_uint(leaks, 0, "none of which is told");
}


static void
test_memory(void)
{
    int                    rc;
    unsigned               i;
    restream_str_t         text;
    restream_route_t       route;
    restream_change_t     *change;
    restream_errors_t      errors;
    restream_body_conf_t   conf;

    static const char  json[] =
        "{\"name\":\"yt\"," URL ",\"key\":\"k\",\"title\":\"t\",\"x\":1}";

    memset(&route, 0, sizeof(route));
    memset(&conf, 0, sizeof(conf));
    memset(&errors, 0, sizeof(errors));

    route.call = RESTREAM_CALL_START_DESTINATION;
    strcpy(route.app, "live");
    strcpy(route.name, "show");
    strcpy(route.destination, "yt");

    for (i = 1; i < 10; i++) {
        nomem_at = i;
        rc = restream_body_begin(&route, &change);
        nomem_at = 0;

        if (rc == RESTREAM_OK) {
            break;
        }

        ok(rc == RESTREAM_ERROR && change == NULL, "no memory to begin with");
    }

    is_uint(i, 5, "four allocations");
    restream_change_destroy(&change);

    conf.schemes = RESTREAM_SCHEME_RTMP;
    text.data = (uint8_t *) json;
    text.len = sizeof(json) - 1;
    route.call = CREATE;

    for (i = 1; i < 1000; i++) {
        if (restream_body_begin(&route, &change) != RESTREAM_OK) {
            break;
        }

        nomem_at = i;
        rc = restream_body_read(change, text, &conf, &errors);
        nomem_at = 0;

        restream_change_destroy(&change);

        if (rc != RESTREAM_ERROR) {
            break;
        }

        restream_errors_free(&errors);
    }

    ok(i > 10 && rc == RESTREAM_DECLINED && errors.n == 1,
       "whichever of %u allocations fails is told", i - 1);

    restream_errors_free(&errors);
}


int
main(void)
{
    test_begin();
    test_create();
    test_shown();
    test_patch();
    test_wrong();
    test_syntax();
    test_switch();
    test_secrets();
    test_memory();

    return done_testing();
}
