/*
 * Bodies about a stream: its names, its maximum, and its list of destinations.
 */

#include "nomem.h"
#include "body.h"


#define CREATE   RESTREAM_CALL_CREATE_STREAM
#define PATCH    RESTREAM_CALL_PATCH_STREAM

#define URL      "\"url\":\"rtmp://a.example/live\""
#define A        "{\"name\":\"a\"," URL ",\"key\":\"k\"}"
#define B        "{\"name\":\"b\"," URL ",\"key\":\"k\"}"


static void
test_create(void)
{
    body_t              b;
    restream_change_t  *c;

    body_read(&b, CREATE, "{\"app\":\"a/b\",\"name\":\"c/d\",\"maximum\":5,"
                          "\"destinations\":[" A "," B "]}");
    c = b.change;

    ok(b.rc == RESTREAM_OK && body_same(c->app, "a/b")
       && body_same(c->name, "c/d") && c->set_maximum && c->maximum == 5
       && c->set_destinations && c->ndestinations == 2
       && body_same(c->destinations[0].name, "a")
       && body_same(c->destinations[1].name, "b"), "a stream with all of it");
    body_free(&b);

    body_read(&b, CREATE, "{\"app\":\"live\"}");
    c = b.change;

    ok(b.rc == RESTREAM_OK && body_same(c->app, "live")
       && body_same(c->name, "00000000000000000000000000")
       && !c->set_maximum && !c->set_destinations && c->ndestinations == 0,
       "one without a name gets one");
    body_free(&b);

    refused(CREATE, "{}", "/app: app is missing");
    refused(CREATE, "{\"app\":null,\"name\":null}",
            "/app: app is null, a string expected",
            "/name: name is null, a string expected");
    refused(CREATE, "{\"app\":\"\",\"name\":\"a\\nb\"}",
            "/app: app is empty, 1 to 255 bytes expected",
            "/name: name contains a control character");
    refused(CREATE, "{\"app\":\"live\",\"destinations\":[{}]}",
            "/destinations/0/name: name is missing",
            "/destinations/0/url: url is missing");
    refused(CREATE, "{\"app\":\"live\",\"destinations\":[" A
                    ",{\"name\":\"b\"," URL "}]}",
            "/destinations/1/key: key is missing, and the url does not end "
            "with one");
}


static void
test_patch(void)
{
    body_t              b;
    restream_change_t  *c;

    body_read(&b, PATCH, "{}");
    ok(b.rc == RESTREAM_OK && !b.change->set_destinations
       && !b.change->set_maximum && body_same(b.change->name, "show"),
       "nothing changes");
    body_free(&b);

    body_read(&b, PATCH, "{\"destinations\":[]}");
    ok(b.rc == RESTREAM_OK && b.change->set_destinations
       && b.change->ndestinations == 0, "all destinations go");
    body_free(&b);

    body_read(&b, PATCH,
              "{\"destinations\":[{\"name\":\"a\"," URL "},{\"name\":\"b\","
              "\"url\":\"rtmp://a/b/c\",\"key\":null,\"title\":null}]}");
    c = b.change;
    ok(b.rc == RESTREAM_OK && c->ndestinations == 2
       && c->destinations[0].set == (RESTREAM_SET_NAME|RESTREAM_SET_URL)
       && c->destinations[1].set
          == (RESTREAM_SET_NAME|RESTREAM_SET_URL|RESTREAM_SET_KEY
              |RESTREAM_SET_TITLE)
       && c->destinations[1].key == NULL,
       "an entry without a key may have one that is stored");
    body_free(&b);

    body_read(&b, PATCH, "{\"maximum\":null}");
    ok(b.rc == RESTREAM_OK && b.change->set_maximum
       && b.change->maximum == RESTREAM_MAXIMUM_NONE, "no maximum any more");
    body_free(&b);

    refused(PATCH, "{\"destinations\":null,\"maximum\":0}",
            "/destinations: destinations is null, an array expected",
            "/maximum: maximum is 0, 1 to 10000 or null expected");
    refused(PATCH, "{\"maximum\":5.0}",
            "/maximum: maximum is a number, an integer or null expected");
    refused(PATCH, "{\"maximum\":\"5\"}",
            "/maximum: maximum is a string, an integer or null expected");
    refused(PATCH, "{\"destinations\":[1,{\"name\":\"a\"," URL
                   ",\"key\":null},{\"x\":1}]}",
            "/destinations/0: a destination is a number, an object expected",
            "/destinations/1/key: key is missing, and the url does not end "
            "with one",
            "/destinations/2/x: unknown member \"x\"",
            "/destinations/2/name: name is missing",
            "/destinations/2/url: url is missing");
}


static void
test_shown(void)
{
    body_t  b;

    body_read(&b, PATCH,
              "{\"app\":\"live\",\"name\":\"show\",\"live\":true,"
              "\"broadcasting\":false,\"since\":null,\"worker\":1,"
              "\"ingest\":{},\"configured\":true,\"createdAt\":\"\","
              "\"updatedAt\":\"\",\"version\":3}");
    ok(b.rc == RESTREAM_OK, "what was read may be sent back");
    body_free(&b);

    refused(PATCH, "{\"app\":\"other\",\"name\":\"Show\",\"state\":1}",
            "/app: app is \"other\", which is not that of this stream and "
            "cannot be changed",
            "/name: name is \"Show\", which is not that of this stream and "
            "cannot be changed",
            "/state: unknown member \"state\"");
}


static void
test_names(void)
{
    refused(CREATE, "{\"app\":\"live\",\"destinations\":[" A "," B "," A ","
                    B "]}",
            "/destinations/2/name: name is \"a\", as another one of the list "
            "has",
            "/destinations/3/name: name is \"b\", as another one of the list "
            "has");
    refused(PATCH, "{\"destinations\":[" A ",{\"name\":\"\\u0061\"," URL "}]}",
            "/destinations/1/name: name is \"a\", as another one of the list "
            "has");

    /* a name that is none is not one that is there twice */

    refused(PATCH, "{\"destinations\":[{\"name\":\"\"," URL "},"
                   "{\"name\":\"\"," URL "}]}",
            "/destinations/0/name: name is empty, 1 to 100 characters expected",
            "/destinations/1/name: name is empty, 1 to 100 characters "
            "expected");
}


static void
test_many(void)
{
    char    *text;
    body_t   b;
    size_t   len, i;

    text = malloc(1024 * 1024);

    len = sprintf(text, "{\"destinations\":[");

    for (i = 0; i < 10000; i++) {
        len += sprintf(text + len, "%s{\"name\":\"%zu\"," URL "}",
                       i ? "," : "", i);
    }

    sprintf(text + len, "]}");
    body_read(&b, PATCH, text);
    ok(b.rc == RESTREAM_OK && b.change->ndestinations == 10000,
       "ten thousand destinations");
    body_free(&b);

    sprintf(text + len, ",1]}");
    refused(PATCH, text,
            "/destinations: destinations are 10001, at most 10000 expected");

    len = sprintf(text, "{\"destinations\":[");

    for (i = 0; i < 5000; i++) {
        len += sprintf(text + len, "%s1", i ? "," : "");
    }

    sprintf(text + len, "]}");
    body_read(&b, PATCH, text);
    ok(b.rc == RESTREAM_DECLINED && b.errors.n == 100
       && b.errors.total == 5000, "a hundred of five thousand errors");
    body_free(&b);

    free(text);
}


static void
test_memory(void)
{
    int                    rc;
    unsigned               i;
    restream_str_t         text;
    restream_change_t     *change;
    restream_errors_t      errors;
    restream_body_conf_t   conf;

    static const char  json[] =
        "{\"app\":\"live\",\"destinations\":[" A "," B "," A "]}";

    memset(&conf, 0, sizeof(conf));
    memset(&errors, 0, sizeof(errors));

    conf.schemes = RESTREAM_SCHEME_RTMP;
    text.data = (uint8_t *) json;
    text.len = sizeof(json) - 1;

    for (i = 1; i < 1000; i++) {
        change = body_begin(CREATE);

        nomem_at = i;
        rc = restream_body_read(change, text, &conf, &errors);
        nomem_at = 0;

        restream_change_destroy(&change);

        if (rc != RESTREAM_ERROR) {
            break;
        }

        restream_errors_free(&errors);
    }

    ok(i > 20 && rc == RESTREAM_DECLINED && errors.n == 1,
       "whichever of %u allocations fails is told", i - 1);

    restream_errors_free(&errors);
}


int
main(void)
{
    test_create();
    test_patch();
    test_shown();
    test_names();
    test_many();
    test_memory();

    return done_testing();
}
