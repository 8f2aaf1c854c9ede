/*
 * Paths: what is matched says the same when it is written and matched again,
 * with every byte of a name escaped; what is behind a prefix lies in the path.
 *
 * The first byte of the input chooses the method.
 */

#include "model/restream_route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define check(cond)  if (!(cond)) { abort(); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_route(const restream_route_t *route, restream_str_t method);
static char *put(char *p, const char *name);
static void check_name(const char *name);
static void check_prefix(restream_str_t path);
static void check_decode(restream_str_t text);


static const char *const  methods[] = {
    "GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "PUT", ""
};


static const char *const  paths[] = {
#define PATH(symbol, method, path, capability)  path,
    RESTREAM_CALLS(PATH)
#undef PATH
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                rc;
    restream_str_t     path, method;
    restream_route_t   route;

    if (size == 0) {
        return 0;
    }

    path.data = (uint8_t *) data + 1;
    path.len = size - 1;

    method.data = (uint8_t *) methods[data[0] % 8];
    method.len = strlen(methods[data[0] % 8]);

    rc = restream_route_find(&route, method, path);

    switch (rc) {

    case RESTREAM_OK:
        check(route.call < RESTREAM_CALL_MAX);
        check_route(&route, method);
        break;

    case RESTREAM_ERROR:
        check(route.methods);
        break;

    default:
        check(rc == RESTREAM_DECLINED);
    }

    check_prefix(path);
    check_decode(path);

    return 0;
}


static void
check_route(const restream_route_t *route, restream_str_t method)
{
    char               text[4096], *p;
    const char        *s;
    restream_str_t     path;
    restream_route_t   again;

    check_name(route->app);
    check_name(route->name);
    check_name(route->destination);
    check(route->id == 0 || route->destination[0] == '\0');

    if (route->call == RESTREAM_CALL_OPTIONS) {
        return;
    }

    p = text;

    for (s = paths[route->call]; *s; s++) {
        if (*s != '{') {
            *p++ = *s;
            continue;
        }

        if (strncmp(s, "{app}", 5) == 0) {
            p = put(p, route->app);

        } else if (strncmp(s, "{name}", 6) == 0) {
            p = put(p, route->name);

        } else if (route->id) {
            p += sprintf(p, "d_%016llx", (unsigned long long) route->id);

        } else {
            p += sprintf(p, "name:");
            p = put(p, route->destination);
        }

        s = strchr(s, '}');
    }

    path.data = (uint8_t *) text;
    path.len = p - text;

    check(restream_route_find(&again, method, path) == RESTREAM_OK);
    check(memcmp(&again, route, sizeof(again)) == 0);
}


static char *
put(char *p, const char *name)
{
    check(*name);

    for ( /* void */ ; *name; name++) {
        p += sprintf(p, "%%%02x", (unsigned char) *name);
    }

    return p;
}


static void
check_name(const char *name)
{
    check(strcmp(name, ".") != 0 && strcmp(name, "..") != 0);

    for ( /* void */ ; *name; name++) {
        check((unsigned char) *name >= 0x20 && *name != 0x7f);
    }
}


static void
check_prefix(restream_str_t path)
{
    restream_str_t  prefix, rest;

    prefix.data = (uint8_t *) "/a b/";

    for (prefix.len = 0; prefix.len <= 5; prefix.len++) {
        if (restream_route_prefix(path, prefix, &rest) == RESTREAM_OK) {
            check(rest.data >= path.data
                  && rest.data + rest.len <= path.data + path.len);
            check(memchr(rest.data, '?', rest.len) == NULL);
        }
    }
}


static void
check_decode(restream_str_t text)
{
    char    *out;
    size_t   size, n;

    for (size = 1; size <= text.len + 1; size += 1 + text.len / 4) {
        out = malloc(size);
        n = restream_route_decode(text, size & 1, out, size);

        check(n <= size && (n == size || strlen(out) == n));
        free(out);
    }
}
