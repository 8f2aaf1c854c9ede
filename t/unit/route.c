/*
 * Which call a request makes: every path of the API with every method, names of
 * all kinds in it, and nothing that only looks like a path.
 */

#include "test.h"

#include "model/restream_route.h"

#include <stdlib.h>
#include <string.h>


typedef struct {
    const char       *method;
    const char       *path;
    restream_call_e   call;
    unsigned          capability;
    const char       *app;
    const char       *name;
    uint64_t          id;
    const char       *destination;
} call_t;


#define ID    "d_00000000000000ff"

static const call_t  calls[] = {

    { "GET", "openapi.json", RESTREAM_CALL_OPENAPI, 0, "", "", 0, "" },
    { "GET", "health", RESTREAM_CALL_HEALTH, 0, "", "", 0, "" },
    { "GET", "platforms", RESTREAM_CALL_PLATFORMS, RESTREAM_CAN_READ,
      "", "", 0, "" },
    { "GET", "streams", RESTREAM_CALL_LIST_STREAMS, RESTREAM_CAN_READ,
      "", "", 0, "" },
    { "HEAD", "streams", RESTREAM_CALL_LIST_STREAMS, RESTREAM_CAN_READ,
      "", "", 0, "" },
    { "POST", "streams", RESTREAM_CALL_CREATE_STREAM, RESTREAM_CAN_WRITE,
      "", "", 0, "" },
    { "OPTIONS", "streams", RESTREAM_CALL_OPTIONS, 0, "", "", 0, "" },

    { "GET", "streams/live/show", RESTREAM_CALL_GET_STREAM,
      RESTREAM_CAN_READ, "live", "show", 0, "" },
    { "HEAD", "streams/live/show", RESTREAM_CALL_GET_STREAM,
      RESTREAM_CAN_READ, "live", "show", 0, "" },
    { "PATCH", "streams/live/show", RESTREAM_CALL_PATCH_STREAM,
      RESTREAM_CAN_WRITE, "live", "show", 0, "" },
    { "DELETE", "streams/live/show", RESTREAM_CALL_DELETE_STREAM,
      RESTREAM_CAN_WRITE, "live", "show", 0, "" },
    { "POST", "streams/live/show/start", RESTREAM_CALL_START_STREAM,
      RESTREAM_CAN_START, "live", "show", 0, "" },
    { "POST", "streams/live/show/stop", RESTREAM_CALL_STOP_STREAM,
      RESTREAM_CAN_STOP, "live", "show", 0, "" },

    { "GET", "streams/live/show/destinations",
      RESTREAM_CALL_LIST_DESTINATIONS, RESTREAM_CAN_READ,
      "live", "show", 0, "" },
    { "POST", "streams/live/show/destinations",
      RESTREAM_CALL_CREATE_DESTINATION, RESTREAM_CAN_WRITE,
      "live", "show", 0, "" },
    { "GET", "streams/live/show/destinations/" ID,
      RESTREAM_CALL_GET_DESTINATION, RESTREAM_CAN_READ,
      "live", "show", 255, "" },
    { "PATCH", "streams/live/show/destinations/" ID,
      RESTREAM_CALL_PATCH_DESTINATION, RESTREAM_CAN_WRITE,
      "live", "show", 255, "" },
    { "DELETE", "streams/live/show/destinations/" ID,
      RESTREAM_CALL_DELETE_DESTINATION, RESTREAM_CAN_WRITE,
      "live", "show", 255, "" },
    { "POST", "streams/live/show/destinations/" ID "/start",
      RESTREAM_CALL_START_DESTINATION, RESTREAM_CAN_START,
      "live", "show", 255, "" },
    { "POST", "streams/live/show/destinations/" ID "/stop",
      RESTREAM_CALL_STOP_DESTINATION, RESTREAM_CAN_STOP,
      "live", "show", 255, "" },
    { "OPTIONS", "streams/live/show/destinations/" ID "/stop",
      RESTREAM_CALL_OPTIONS, 0, "live", "show", 255, "" },

    /* names */

    { "GET", "streams/a%2Fb/c%2fd%2Fe", RESTREAM_CALL_GET_STREAM,
      RESTREAM_CAN_READ, "a/b", "c/d/e", 0, "" },
    { "GET", "streams/live/100%2525", RESTREAM_CALL_GET_STREAM,
      RESTREAM_CAN_READ, "live", "100%25", 0, "" },
    { "GET", "streams/live/a+b%20c", RESTREAM_CALL_GET_STREAM,
      RESTREAM_CAN_READ, "live", "a+b c", 0, "" },
    { "GET", "streams/live/%C3%A4%FF", RESTREAM_CALL_GET_STREAM,
      RESTREAM_CAN_READ, "live", "\xc3\xa4\xff", 0, "" },
    { "GET", "streams/live/\xc3\xa4", RESTREAM_CALL_GET_STREAM,
      RESTREAM_CAN_READ, "live", "\xc3\xa4", 0, "" },
    { "GET", "streams/live/...", RESTREAM_CALL_GET_STREAM,
      RESTREAM_CAN_READ, "live", "...", 0, "" },
    { "GET", "streams/live/%3Fq%23", RESTREAM_CALL_GET_STREAM,
      RESTREAM_CAN_READ, "live", "?q#", 0, "" },
    { "GET", "%73treams/live/show", RESTREAM_CALL_GET_STREAM,
      RESTREAM_CAN_READ, "live", "show", 0, "" },
    { "GET", "streams/streams/destinations", RESTREAM_CALL_GET_STREAM,
      RESTREAM_CAN_READ, "streams", "destinations", 0, "" },
    { "POST", "streams/start/stop/start", RESTREAM_CALL_START_STREAM,
      RESTREAM_CAN_START, "start", "stop", 0, "" },
    { "GET", "streams/%7Bapp%7D/{name}", RESTREAM_CALL_GET_STREAM,
      RESTREAM_CAN_READ, "{app}", "{name}", 0, "" },

    { "GET", "streams/live/show/destinations/name:youtube",
      RESTREAM_CALL_GET_DESTINATION, RESTREAM_CAN_READ,
      "live", "show", 0, "youtube" },
    { "GET", "streams/live/show/destinations/name%3Ayou%2Ftube",
      RESTREAM_CALL_GET_DESTINATION, RESTREAM_CAN_READ,
      "live", "show", 0, "you/tube" },
    { "GET", "streams/live/show/destinations/name:name:x",
      RESTREAM_CALL_GET_DESTINATION, RESTREAM_CAN_READ,
      "live", "show", 0, "name:x" },
    { "GET", "streams/live/show/destinations/name:" ID,
      RESTREAM_CALL_GET_DESTINATION, RESTREAM_CAN_READ,
      "live", "show", 0, ID },
    { "POST", "streams/live/show/destinations/name:start/stop",
      RESTREAM_CALL_STOP_DESTINATION, RESTREAM_CAN_STOP,
      "live", "show", 0, "start" }
};


static const char *const  nothing[] = {
    "", "/", "stream", "Streams", "streams/", "/streams", "streams//",
    "streams/live", "streams/live/", "streams//show", "streams/live/show/",
    "streams/live/show/other", "streams/live/show/start/",
    "streams/live/show/start/x", "streams/live/show/destinations/",
    "streams/live/show/destinations/x",
    "streams/live/show/destinations/name:",
    "streams/live/show/destinations/d_00000000000000FF",
    "streams/live/show/destinations/d_0000000000000000",
    "streams/live/show/destinations/" ID "0",
    "streams/live/show/destinations/" ID "/",
    "streams/live/show/destinations/" ID "/restart",
    "streams/live/show/destinations/" ID "/start/x",
    "streams/live/show/destinations/" ID "/start/",
    "streams/live/.", "streams/live/..", "streams/%2e%2E/show",
    "streams/./live/show", "streams/live/show/../show",
    "streams/live/%", "streams/live/%4", "streams/live/%zz", "streams/live/%4g",
    "streams/live/a%00b", "streams/live/a%0Ab", "streams/live/a%7Fb",
    "streams/live/a\nb", "streams%2Flive/show", "streams/live%2Fshow",
    "health/", "health/x", "openapi", "openapi.json/", "platforms/x",
    "streams/live/show/destinations/name:a%00",
    "streams/live/show/start%2Fx", "%", "%00", "."
};


static int
find(restream_route_t *route, const char *method, const char *path)
{
    int             rc;
    restream_str_t  m, p;

    m.data = (uint8_t *) method;
    m.len = strlen(method);

    p.len = strlen(path);
    p.data = malloc(p.len);
    memcpy(p.data, path, p.len);

    rc = restream_route_find(route, m, p);

    free(p.data);

    return rc;
}


static void
test_calls(void)
{
    size_t             i;
    const call_t      *c;
    restream_route_t   route;

    for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        c = &calls[i];

        ok(find(&route, c->method, c->path) == RESTREAM_OK, "%s %s",
           c->method, c->path);

        is_uint(route.call, c->call, "the call");
        is_uint(route.capability, c->capability, "what it needs");
        is_uint(route.id, c->id, "the id");
        ok(strcmp(route.app, c->app) == 0 && strcmp(route.name, c->name) == 0
           && strcmp(route.destination, c->destination) == 0, "the names");
    }
}


static void
test_nothing(void)
{
    size_t            i;
    restream_route_t  route;

    for (i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        ok(find(&route, "GET", nothing[i]) == RESTREAM_DECLINED
           && find(&route, "POST", nothing[i]) == RESTREAM_DECLINED
           && find(&route, "OPTIONS", nothing[i]) == RESTREAM_DECLINED,
           "there is no path %zu", i);
    }
}


static void
test_methods(void)
{
    size_t             i, j, n;
    char               allow[RESTREAM_ROUTE_ALLOW];
    restream_route_t   route;

    static const struct {
        const char  *path;
        const char  *allow;
    } paths[] = {
        { "openapi.json", "GET, HEAD, OPTIONS" },
        { "health", "GET, HEAD, OPTIONS" },
        { "platforms", "GET, HEAD, OPTIONS" },
        { "streams", "GET, HEAD, POST, OPTIONS" },
        { "streams/a/b", "GET, HEAD, PATCH, DELETE, OPTIONS" },
        { "streams/a/b/start", "POST, OPTIONS" },
        { "streams/a/b/stop", "POST, OPTIONS" },
        { "streams/a/b/destinations", "GET, HEAD, POST, OPTIONS" },
        { "streams/a/b/destinations/" ID,
          "GET, HEAD, PATCH, DELETE, OPTIONS" },
        { "streams/a/b/destinations/" ID "/start", "POST, OPTIONS" },
        { "streams/a/b/destinations/name:x/stop", "POST, OPTIONS" }
    };

    static const char *const  methods[] = {
        "GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "PUT", "TRACE",
        "get", "GETT", "", "PROPFIND"
    };

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        for (j = 0; j < sizeof(methods) / sizeof(methods[0]); j++) {
            int  rc = find(&route, methods[j], paths[i].path);

            n = strlen(methods[j]);
            ok(rc == (n && strstr(paths[i].allow, methods[j])
                      ? RESTREAM_OK : RESTREAM_ERROR),
               "\"%s\" of %s", methods[j], paths[i].path);

            n = restream_route_allow(route.methods, allow);
            is_mem(allow, n, paths[i].allow, strlen(paths[i].allow),
                   "the methods are said");
        }
    }

    is_uint(restream_route_allow(~0u, allow), RESTREAM_ROUTE_ALLOW - 1,
            "all methods just fit");
    is_uint(restream_route_allow(0, allow), 0, "no method");
}


static void
test_lengths(void)
{
    size_t             i;
    char               path[2048], name[1300];
    restream_route_t   route;

    memset(name, 'x', sizeof(name));

    for (i = 254; i <= 257; i++) {
        name[i] = '\0';

        sprintf(path, "streams/live/%s", name);
        ok((find(&route, "GET", path) == RESTREAM_OK) == (i <= 255),
           "a name of %zu bytes", i);

        sprintf(path, "streams/%s/show", name);
        ok((find(&route, "GET", path) == RESTREAM_OK) == (i <= 255),
           "an application of %zu bytes", i);

        name[i] = 'x';
    }

    for (i = 399; i <= 402; i++) {
        name[i] = '\0';

        sprintf(path, "streams/live/show/destinations/name:%s", name);
        ok((find(&route, "GET", path) == RESTREAM_OK) == (i <= 400),
           "a destination's name of %zu bytes", i);

        name[i] = 'x';
    }

    /* by escapes that take three bytes each */

    strcpy(path, "streams/live/show/destinations/name:");

    for (i = 0; i < 400; i++) {
        strcat(path, "%c3");
    }

    ok(find(&route, "GET", path) == RESTREAM_OK
       && strlen(route.destination) == 400, "a name in escapes");
}


static void
test_prefix(void)
{
    size_t          i;
    int             rc;
    restream_str_t  path, prefix, rest;

    static const struct {
        const char  *path;
        const char  *prefix;
        const char  *rest;          /* NULL: not there */
    } cases[] = {
        { "/restream/streams", "/restream/", "streams" },
        { "/restream/streams?app=live", "/restream/", "streams" },
        { "/restream/streams/a%3Fb?c/d", "/restream/", "streams/a%3Fb" },
        { "/restream/streams#x", "/restream/", "streams" },
        { "/restream/", "/restream/", "" },
        { "/restream/?x", "/restream/", "" },
        { "/restream", "/restream/", NULL },
        { "/rest%72eam/%2F", "/restream/", "%2F" },
        { "/restream%2Fstreams", "/restream/", "streams" },
        { "//restream/streams", "/restream/", NULL },
        { "/x/../restream/streams", "/restream/", NULL },
        { "/Restream/streams", "/restream/", NULL },
        { "/rest%7xeam/streams", "/restream/", NULL },
        { "/restream/streams", "/restream", "streams" },
        { "/restream//streams", "/restream", "/streams" },
        { "/restream", "/restream", "" },
        { "/restreams", "/restream", NULL },
        { "/restream%2Fstreams", "/restream", NULL },
        { "/streams", "/", "streams" },
        { "*", "/", NULL },
        { "/a b/x", "/a b/", "x" },
        { "/a%20b/x", "/a b/", "x" },
        { "/?/restream/", "/restream/", NULL }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        path.data = (uint8_t *) cases[i].path;
        path.len = strlen(cases[i].path);
        prefix.data = (uint8_t *) cases[i].prefix;
        prefix.len = strlen(cases[i].prefix);

        rc = restream_route_prefix(path, prefix, &rest);

        if (cases[i].rest == NULL) {
            ok(rc == RESTREAM_DECLINED, "\"%s\" is not below \"%s\"",
               cases[i].path, cases[i].prefix);

        } else if (ok(rc == RESTREAM_OK, "\"%s\" is below \"%s\"",
                      cases[i].path, cases[i].prefix))
        {
            is_mem(rest.data, rest.len, cases[i].rest, strlen(cases[i].rest),
                   "what is left of it");
        }
    }
}


static void
test_decode(void)
{
    char            out[8];
    restream_str_t  text;

    text.data = (uint8_t *) "a+b%2B";
    text.len = 6;

    ok(restream_route_decode(text, 0, out, 8) == 4 && strcmp(out, "a+b+") == 0,
       "a plus in a path");
    ok(restream_route_decode(text, 1, out, 8) == 4 && strcmp(out, "a b+") == 0,
       "a plus in a query");
    ok(restream_route_decode(text, 1, out, 5) == 4, "it just fits");
    ok(restream_route_decode(text, 1, out, 4) == 4, "it does not fit");

    text.len = 0;
    ok(restream_route_decode(text, 1, out, 1) == 0 && out[0] == '\0',
       "nothing");
}


int
main(void)
{
    test_calls();
    test_nothing();
    test_methods();
    test_lengths();
    test_prefix();
    test_decode();

    return done_testing();
}
