/*
 * Which call a request makes.
 */

#include "restream_route.h"
#include "restream_check.h"
#include "restream_format.h"

#include <stdio.h>
#include <string.h>


#define RESTREAM_ROUTE_SEGMENTS   6
#define RESTREAM_ROUTE_BY_NAME    "name:"


typedef struct {
    unsigned       method;
    const char    *path;
    unsigned       capability;
} restream_route_call_t;


/* decoded; the longest is a destination's name */

typedef struct {
    size_t         len;
    char           text[sizeof(RESTREAM_ROUTE_BY_NAME)
                        + RESTREAM_ROUTE_DESTINATION];
} restream_route_segment_t;


static int restream_route_split(restream_str_t path,
    restream_route_segment_t *segments, unsigned *n);
static int restream_route_match(const char *path,
    const restream_route_segment_t *segments, unsigned n);
static int restream_route_capture(restream_route_t *route,
    const restream_route_segment_t *segments, unsigned n);
static int restream_route_destination(restream_route_t *route,
    const restream_route_segment_t *segment);
static restream_str_t restream_route_text(const restream_route_segment_t *s,
    size_t from);
static unsigned restream_route_method(restream_str_t method);
static size_t restream_route_byte(const uint8_t *p, const uint8_t *last,
    int *ch);


static const restream_route_call_t  restream_route_calls[] = {

#define RESTREAM_CALL_ROW(symbol, method, path, capability)                   \
    { RESTREAM_METHOD_##method, path, capability },
    RESTREAM_CALLS(RESTREAM_CALL_ROW)
#undef RESTREAM_CALL_ROW

};


static const struct {
    unsigned       bit;
    const char    *name;
} restream_route_methods[] = {
    { RESTREAM_METHOD_GET, "GET" },
    { RESTREAM_METHOD_HEAD, "HEAD" },
    { RESTREAM_METHOD_POST, "POST" },
    { RESTREAM_METHOD_PATCH, "PATCH" },
    { RESTREAM_METHOD_DELETE, "DELETE" },
    { RESTREAM_METHOD_OPTIONS, "OPTIONS" },
    { 0, NULL }
};


int
restream_route_prefix(restream_str_t path, restream_str_t prefix,
    restream_str_t *rest)
{
    int             ch;
    size_t          i, n;
    const uint8_t  *p, *last;

    p = path.data;

    for (last = p; last < p + path.len; last++) {
        if (*last == '?' || *last == '#') {
            break;
        }
    }

    for (i = 0; i < prefix.len; i++) {
        n = restream_route_byte(p, last, &ch);

        if (n == 0 || ch != prefix.data[i]) {
            return RESTREAM_DECLINED;
        }

        p += n;
    }

    /* "location /api" also gets "/apis", which is nothing of ours */

    if (prefix.len == 0 || prefix.data[prefix.len - 1] != '/') {

        if (p < last && *p != '/') {
            return RESTREAM_DECLINED;
        }

        p += p < last;
    }

    rest->data = (uint8_t *) p;
    rest->len = last - p;

    return RESTREAM_OK;
}


int
restream_route_find(restream_route_t *route, restream_str_t method,
    restream_str_t path)
{
    unsigned                       i, n, wanted;
    const restream_route_call_t   *call;
    restream_route_segment_t       segments[RESTREAM_ROUTE_SEGMENTS];

    memset(route, 0, sizeof(restream_route_t));
    route->call = RESTREAM_CALL_MAX;

    if (restream_route_split(path, segments, &n) != RESTREAM_OK) {
        return RESTREAM_DECLINED;
    }

    wanted = restream_route_method(method);

    for (i = 0; i < RESTREAM_CALL_OPTIONS; i++) {
        call = &restream_route_calls[i];

        if (!restream_route_match(call->path, segments, n)) {
            continue;
        }

        route->methods |= call->method;

        if (call->method == wanted) {
            route->call = i;
            route->capability = call->capability;
        }
    }

    if (route->methods == 0
        || restream_route_capture(route, segments, n) != RESTREAM_OK)
    {
        return RESTREAM_DECLINED;
    }

    if (route->methods & RESTREAM_METHOD_GET) {
        route->methods |= RESTREAM_METHOD_HEAD;
    }

    route->methods |= RESTREAM_METHOD_OPTIONS;

    if (wanted == RESTREAM_METHOD_OPTIONS) {
        route->call = RESTREAM_CALL_OPTIONS;
    }

    return route->call == RESTREAM_CALL_MAX ? RESTREAM_ERROR : RESTREAM_OK;
}


/* what has more segments, or a longer one, is no path of ours */

static int
restream_route_split(restream_str_t path, restream_route_segment_t *segments,
    unsigned *n)
{
    size_t                     i;
    restream_str_t             text;
    const uint8_t             *slash;
    restream_route_segment_t  *s;

    for (*n = 0; *n < RESTREAM_ROUTE_SEGMENTS; (*n)++) {

        slash = path.len ? memchr(path.data, '/', path.len) : NULL;

        text.data = path.data;
        text.len = slash ? (size_t) (slash - path.data) : path.len;

        s = &segments[*n];
        s->len = restream_route_decode(text, 0, s->text, sizeof(s->text));

        if (s->len == 0 || s->len == sizeof(s->text)
            || strcmp(s->text, ".") == 0 || strcmp(s->text, "..") == 0)
        {
            return RESTREAM_ERROR;
        }

        for (i = 0; i < s->len; i++) {
            if ((uint8_t) s->text[i] < 0x20 || s->text[i] == 0x7f) {
                return RESTREAM_ERROR;
            }
        }

        if (slash == NULL) {
            (*n)++;
            return RESTREAM_OK;
        }

        path.data += text.len + 1;
        path.len -= text.len + 1;
    }

    return RESTREAM_ERROR;
}


static int
restream_route_match(const char *path,
    const restream_route_segment_t *segments, unsigned n)
{
    size_t    len;
    unsigned  i;

    for (i = 0; i < n; i++) {
        len = strcspn(path, "/");

        if (path[0] != '{'
            && (len != segments[i].len
                || memcmp(path, segments[i].text, len) != 0))
        {
            return 0;
        }

        path += len;

        if (*path == '\0') {
            return i == n - 1;
        }

        path++;
    }

    return 0;
}


/* paths with names in them all begin in the same way */

static int
restream_route_capture(restream_route_t *route,
    const restream_route_segment_t *segments, unsigned n)
{
    restream_check_err_t   err;
    restream_str_t         app, name;

    if (n < 3) {
        return RESTREAM_OK;
    }

    app = restream_route_text(&segments[1], 0);
    name = restream_route_text(&segments[2], 0);

    if (restream_check_app(app, &err) != RESTREAM_OK
        || restream_check_stream_name(name, &err) != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    memcpy(route->app, app.data, app.len);
    memcpy(route->name, name.data, name.len);

    return n < 5 ? RESTREAM_OK
                 : restream_route_destination(route, &segments[4]);
}


/*
 * A destination is either an id or "name:" and a name, whatever the name looks
 * like.  That of a config-made one need not be UTF-8.
 */

static int
restream_route_destination(restream_route_t *route,
    const restream_route_segment_t *segment)
{
    size_t          n;
    restream_str_t  text;

    n = sizeof(RESTREAM_ROUTE_BY_NAME) - 1;

    if (strncmp(segment->text, RESTREAM_ROUTE_BY_NAME, n) != 0) {
        return restream_format_parse_id(restream_route_text(segment, 0),
                                        &route->id);
    }

    text = restream_route_text(segment, n);

    if (text.len == 0 || text.len >= sizeof(route->destination)) {
        return RESTREAM_ERROR;
    }

    memcpy(route->destination, text.data, text.len);

    return RESTREAM_OK;
}


static restream_str_t
restream_route_text(const restream_route_segment_t *s, size_t from)
{
    restream_str_t  text;

    text.data = (uint8_t *) s->text + from;
    text.len = s->len - from;

    return text;
}


/* 0: none that any path has */

static unsigned
restream_route_method(restream_str_t method)
{
    unsigned     i;
    const char  *name;

    for (i = 0; restream_route_methods[i].name; i++) {
        name = restream_route_methods[i].name;

        if (method.len == strlen(name)
            && memcmp(method.data, name, method.len) == 0)
        {
            if (restream_route_methods[i].bit == RESTREAM_METHOD_HEAD) {
                return RESTREAM_METHOD_GET;
            }

            return restream_route_methods[i].bit;
        }
    }

    return 0;
}


size_t
restream_route_allow(unsigned methods, char out[RESTREAM_ROUTE_ALLOW])
{
    size_t    n;
    unsigned  i;

    n = 0;
    out[0] = '\0';

    for (i = 0; restream_route_methods[i].name; i++) {
        if (methods & restream_route_methods[i].bit) {
            n += sprintf(out + n, "%s%s", n ? ", " : "",
                         restream_route_methods[i].name);
        }
    }

    return n;
}


size_t
restream_route_decode(restream_str_t text, int plus, char *out, size_t size)
{
    int             ch;
    size_t          n, written;
    const uint8_t  *p, *last;

    p = text.data;
    last = p + text.len;

    for (written = 0; p < last; p += n) {
        n = restream_route_byte(p, last, &ch);

        if (n == 0 || ch == '\0' || written == size - 1) {
            return size;
        }

        /* an escaped one is a plus */

        out[written++] = plus && *p == '+' ? ' ' : (char) ch;
    }

    out[written] = '\0';

    return written;
}


/* the byte at p, decoded; how many it takes, 0: it is none */

static size_t
restream_route_byte(const uint8_t *p, const uint8_t *last, int *ch)
{
    int       i, digit;
    unsigned  value;

    if (p == last) {
        return 0;
    }

    *ch = *p;

    if (*p != '%') {
        return 1;
    }

    if (last - p < 3) {
        return 0;
    }

    value = 0;

    for (i = 1; i < 3; i++) {
        digit = p[i];

        if (digit >= '0' && digit <= '9') {
            digit -= '0';

        } else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f') {
            digit = (digit | 0x20) - 'a' + 10;

        } else {
            return 0;
        }

        value = value << 4 | digit;
    }

    *ch = (int) value;

    return 3;
}
