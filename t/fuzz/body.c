/*
 * Bodies: what is let through into a change keeps to the rules and says the
 * same when it is written and read again; of what is not, something is said.
 *
 * The first byte of the input says which call it is, which schemes are allowed
 * and whether the rest is the body or chooses the members and values of one.
 */

#include "lib/restream_utf8.h"
#include "model/restream_body.h"
#include "model/restream_check.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>


#define check(cond)  if (!(cond)) { abort(); }

#define COMPOSED   0x80         /* of the first byte */
#define CHOICES    1024         /* bytes that compose a body, at most */
#define ROOM       65536        /* bytes of what comes out, more than enough */


typedef struct {
    const uint8_t   *p;
    const uint8_t   *last;
    char            *out;       /* ROOM bytes */
    size_t           len;
} composer_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t compose(const uint8_t *data, size_t size, int stream, char *out);
static void compose_object(composer_t *c, int stream);
static void compose_list(composer_t *c);
static void compose_text(composer_t *c, const char *text);
static unsigned choose(composer_t *c, unsigned n);
static restream_change_t *begin(restream_call_e call);
static int read_body(restream_change_t *change, const void *data, size_t size,
    unsigned schemes, restream_errors_t *errors);
static void check_change(const restream_change_t *change, unsigned schemes);
static void check_set(const restream_destination_set_t *set, unsigned schemes);
static void check_again(const restream_destination_set_t *set);
static int same(const char *a, const char *b);
static restream_str_t counted(const char *text);
static void check_errors(const restream_errors_t *errors);
static void check_text(const char *text);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                  rc;
    char                 composed[ROOM];
    size_t               len;
    unsigned             schemes;
    const void          *body;
    restream_call_e      call;
    restream_change_t   *change;
    restream_errors_t    errors;

    static const restream_call_e  calls[] = {
        RESTREAM_CALL_CREATE_STREAM, RESTREAM_CALL_PATCH_STREAM,
        RESTREAM_CALL_CREATE_DESTINATION, RESTREAM_CALL_PATCH_DESTINATION,
        RESTREAM_CALL_START_STREAM, RESTREAM_CALL_STOP_DESTINATION
    };

    if (size == 0) {
        return 0;
    }

    call = calls[(data[0] & 0x3f) % 6];

    body = data + 1;
    len = size - 1;

    if (data[0] & COMPOSED) {
        body = composed;
        len = compose(data + 1, size - 1, (data[0] & 0x3f) % 6 < 2, composed);
    }

    schemes = data[0] & 0x40 ? RESTREAM_SCHEME_RTMPS
                             : RESTREAM_SCHEME_RTMP|RESTREAM_SCHEME_RTMPS;

    change = begin(call);
    rc = read_body(change, body, len, schemes, &errors);

    if (rc == RESTREAM_OK) {
        check(errors.n == 0 && errors.total == 0 && errors.list == NULL);
        check_change(change, schemes);

    } else {
        check(rc == RESTREAM_DECLINED);
        check_errors(&errors);
    }

    restream_errors_free(&errors);
    restream_change_destroy(&change);

    return 0;
}


/* one of them in so many is left out; those of a stream come first */

static const struct {
    const char  *name;
    unsigned     rare;
    const char  *good[3];
} members[] = {
    { "app", 16, { "\"live\"", "\"live\"", "\"a/b\"" } },
    { "name", 4, { "\"show\"", "\"show\"", "\"c\"" } },
    { "maximum", 2, { "1", "10000", "null" } },
    { "destinations", 8, { "[]", "[]", "[]" } },
    { "ingest", 2, { "{\"a\":{\"b\":[1.5]}}", "{}", "null" } },

    { "name", 32, { "\"a\"", "\"\\ud83d\\ude00\"", "\"name:b\"" } },
    { "url", 32, { "\"rtmp://h/a/k\"", "\"rtmp://u:p@h:1936/a?b=c/d\"",
                   "\"rtmps://[::1]/$app\"" } },
    { "key", 4, { "\"k\"", "\"abcd-efgh-ijkl-x9f2?a=b\"", "null" } },
    { "title", 2, { "\"T\"", "\"\"", "null" } },
    { "description", 2, { "\"a\\r\\n\\tb\"", "\"\"", "null" } },
    { "audio", 2, { "\"copy\"", "\"none\"", "null" } },
    { "enabled", 2, { "true", "false", "true" } },
    { "id", 2, { "\"d_0123456789abcdef\"", "1", "null" } }
};

#define MEMBERS   (sizeof(members) / sizeof(members[0]))
#define STREAM    5     /* of them are a stream's */


static const char *const  values[] = {
    "\"a\"", "\"\"", "null", "true", "1", "10001", "0", "-1", "1.5", "1e999",
    "9223372036854775808", "\"http://h/a\"", "\"rtmps://h\"", "\"loud\"",
    "\"\\u0000\"", "\"a\\nb\"", "\"\\u0080\"", "\"\xc3\xa4\"", "\"\xff\"", "[]",
    "{}", "[[{\"a\":[1,{}]}]]", "\"a b\"", "\"\\u0061\""
};


static size_t
compose(const uint8_t *data, size_t size, int stream, char *out)
{
    composer_t  c;

    c.p = data;
    c.last = data + (size < CHOICES ? size : CHOICES);
    c.out = out;
    c.len = 0;

    compose_object(&c, stream);

    return c.len;
}


static void
compose_object(composer_t *c, int stream)
{
    unsigned     i, last, comma;
    const char  *value;

    compose_text(c, "{");

    i = stream ? 0 : STREAM;
    last = stream ? STREAM : MEMBERS;

    for (comma = 0; i < last; i++) {
        if (choose(c, members[i].rare) == 0) {
            continue;
        }

        compose_text(c, comma ? ",\"" : "\"");
        compose_text(c, choose(c, 64) ? members[i].name : "x~/");
        compose_text(c, "\":");

        comma = 1;
        value = members[i].good[choose(c, 3)];

        if (choose(c, 24) == 0) {
            value = values[choose(c, sizeof(values) / sizeof(values[0]))];
        }

        if (strcmp(value, "[]") == 0) {
            compose_list(c);

        } else {
            compose_text(c, value);
        }
    }

    compose_text(c, "}");
}


static void
compose_list(composer_t *c)
{
    unsigned  i, n;

    n = choose(c, 5);

    compose_text(c, "[");

    for (i = 0; i < n; i++) {
        compose_text(c, i ? "," : "");
        compose_object(c, 0);
    }

    compose_text(c, "]");
}


static void
compose_text(composer_t *c, const char *text)
{
    size_t  len;

    len = strlen(text);
    check(len < ROOM - c->len);

    memcpy(c->out + c->len, text, len);
    c->len += len;
}


/* what has run out of bytes ends soon */

static unsigned
choose(composer_t *c, unsigned n)
{
    return c->p < c->last ? *c->p++ % n : n - 1;
}


static restream_change_t *
begin(restream_call_e call)
{
    restream_route_t    route;
    restream_change_t  *change;

    memset(&route, 0, sizeof(route));
    route.call = call;

    if (call != RESTREAM_CALL_CREATE_STREAM) {
        strcpy(route.app, "live");
        strcpy(route.name, "show");
        route.id = 1;
    }

    check(restream_body_begin(&route, &change) == RESTREAM_OK);

    return change;
}


static int
read_body(restream_change_t *change, const void *data, size_t size,
    unsigned schemes, restream_errors_t *errors)
{
    restream_str_t         text;
    restream_body_conf_t   conf;

    memset(errors, 0, sizeof(restream_errors_t));
    memset(&conf, 0x5a, sizeof(conf));
    conf.schemes = schemes;

    text.data = (uint8_t *) data;
    text.len = size;

    return restream_body_read(change, text, &conf, errors);
}


static void
check_change(const restream_change_t *change, unsigned schemes)
{
    uint32_t               i, j;
    restream_check_err_t   err;

    check(restream_check_app(counted(change->app), &err) == RESTREAM_OK);
    check(restream_check_stream_name(counted(change->name), &err)
          == RESTREAM_OK);
    check(change->maximum <= RESTREAM_MAXIMUM_MAX);
    check(change->set_maximum || change->maximum == RESTREAM_MAXIMUM_NONE);

    for (i = 0; i < change->ndestinations; i++) {
        check_set(&change->destinations[i], schemes);

        for (j = 0; j < i && i < 32; j++) {
            check(strcmp(change->destinations[i].name,
                         change->destinations[j].name) != 0);
        }

        if (change->kind != RESTREAM_CHANGE_PATCH_DESTINATION) {
            check(change->destinations[i].name && change->destinations[i].url);
        }

        if (change->kind == RESTREAM_CHANGE_CREATE_DESTINATION
            || change->kind == RESTREAM_CHANGE_CREATE_STREAM)
        {
            check(change->destinations[i].key
                  || restream_check_url_has_key(
                                       counted(change->destinations[i].url)));
        }
    }
}


static void
check_set(const restream_destination_set_t *set, unsigned schemes)
{
    restream_check_err_t  err;

    check((set->name != NULL) == ((set->set & RESTREAM_SET_NAME) != 0));
    check((set->url != NULL) == ((set->set & RESTREAM_SET_URL) != 0));
    check((set->set & RESTREAM_SET_KEY) || set->key == NULL);
    check((set->set & RESTREAM_SET_TITLE) || set->title == NULL);
    check((set->set & RESTREAM_SET_DESCRIPTION) || set->description == NULL);
    check((set->set & RESTREAM_SET_AUDIO) || set->audio == NULL);
    check((set->set & RESTREAM_SET_ENABLED) || set->enabled == 0);

    check(set->name == NULL
          || restream_check_name(counted(set->name), &err) == RESTREAM_OK);
    check(set->url == NULL
          || restream_check_url(counted(set->url), schemes, &err)
             == RESTREAM_OK);
    check(set->key == NULL
          || restream_check_key(counted(set->key), &err) == RESTREAM_OK);
    check(set->title == NULL
          || restream_check_title(counted(set->title), &err) == RESTREAM_OK);
    check(set->description == NULL
          || restream_check_description(counted(set->description), &err)
             == RESTREAM_OK);
    check(set->audio == NULL
          || restream_check_audio(counted(set->audio), &err) == RESTREAM_OK);

    check_again(set);
}


static void
check_again(const restream_destination_set_t *set)
{
    char                              *text;
    json_t                            *json;
    restream_change_t                 *change;
    restream_errors_t                  errors;
    const restream_destination_set_t  *again;

    json = json_pack("{s:s*, s:s*}", "name", set->name, "url", set->url);
    check(json);

    if (set->set & RESTREAM_SET_KEY) {
        json_object_set_new(json, "key", json_pack("s?", set->key));
    }

    if (set->set & RESTREAM_SET_TITLE) {
        json_object_set_new(json, "title", json_pack("s?", set->title));
    }

    if (set->set & RESTREAM_SET_DESCRIPTION) {
        json_object_set_new(json, "description",
                            json_pack("s?", set->description));
    }

    if (set->set & RESTREAM_SET_AUDIO) {
        json_object_set_new(json, "audio", json_pack("s?", set->audio));
    }

    if (set->set & RESTREAM_SET_ENABLED) {
        json_object_set_new(json, "enabled", json_boolean(set->enabled));
    }

    text = json_dumps(json, JSON_ENSURE_ASCII);
    change = begin(RESTREAM_CALL_PATCH_DESTINATION);

    check(read_body(change, text, strlen(text),
                    RESTREAM_SCHEME_RTMP|RESTREAM_SCHEME_RTMPS, &errors)
          == RESTREAM_OK);

    again = change->destinations;

    check(again->set == set->set && again->enabled == set->enabled);
    check(same(again->name, set->name) && same(again->url, set->url)
          && same(again->key, set->key) && same(again->title, set->title)
          && same(again->description, set->description)
          && same(again->audio, set->audio));

    restream_change_destroy(&change);
    json_decref(json);
    free(text);
}


static int
same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}


static restream_str_t
counted(const char *text)
{
    restream_str_t  s;

    check(text);

    s.data = (uint8_t *) text;
    s.len = strlen(text);

    return s;
}


static void
check_errors(const restream_errors_t *errors)
{
    uint32_t  i;

    check(errors->n >= 1 && errors->n <= RESTREAM_ERRORS_MAX);
    check(errors->total >= errors->n && !errors->nomem);

    for (i = 0; i < errors->n; i++) {
        check(errors->list[i].detail[0]);
        check_text(errors->list[i].detail);

        if (errors->kind == RESTREAM_ERRORS_SYNTAX) {
            check(errors->n == 1 && errors->list[i].pointer == NULL);
            continue;
        }

        check(errors->list[i].pointer[0] == '\0'
              || errors->list[i].pointer[0] == '/');
        check_text(errors->list[i].pointer);
    }
}


static void
check_text(const char *text)
{
    size_t  n;

    check(restream_utf8_count(counted(text), &n) == RESTREAM_OK);
}
