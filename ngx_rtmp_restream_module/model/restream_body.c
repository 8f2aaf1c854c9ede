/*
 * The body of a call: from JSON to the change that it asks for.
 *
 * What is wrong is added to the errors and reading goes on, so that all of it
 * is told at once.  What is not right is not set in the change either.
 */

#include "restream_body.h"
#include "restream_body_value.h"
#include "restream_check.h"
#include "restream_scan.h"
#include "../lib/restream_utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define RESTREAM_BODY_BASE   sizeof("/destinations/4294967295")


static int restream_body_parse(restream_str_t text, json_t **root,
    restream_errors_t *errors);
static size_t restream_body_bytes(json_t *value);
static void restream_body_root(restream_body_t *body, json_t *root);
static void restream_body_nothing(restream_body_t *body, json_t *object);
static void restream_body_one(restream_body_t *body, json_t *object);
static void restream_body_stream(restream_body_t *body, json_t *object);
static int restream_body_stream_member(restream_body_t *body,
    const char *member, json_t *value);
static void restream_body_identity(restream_body_t *body, const char *member,
    json_t *value, char **field);
static void restream_body_created(restream_body_t *body, json_t *object);
static void restream_body_maximum(restream_body_t *body, json_t *value);
static void restream_body_list(restream_body_t *body, json_t *array);
static void restream_body_name_once(restream_body_t *body, const char *base,
    const char *name, json_t *names);


static const struct {
    restream_change_e             kind;
    int                           enabled;
} restream_body_changes[RESTREAM_CALL_MAX] = {
    [RESTREAM_CALL_CREATE_STREAM] = { RESTREAM_CHANGE_CREATE_STREAM, 0 },
    [RESTREAM_CALL_PATCH_STREAM] = { RESTREAM_CHANGE_PATCH_STREAM, 0 },
    [RESTREAM_CALL_DELETE_STREAM] = { RESTREAM_CHANGE_DELETE_STREAM, 0 },
    [RESTREAM_CALL_START_STREAM] = { RESTREAM_CHANGE_SWITCH_STREAM, 1 },
    [RESTREAM_CALL_STOP_STREAM] = { RESTREAM_CHANGE_SWITCH_STREAM, 0 },
    [RESTREAM_CALL_CREATE_DESTINATION] = {
        RESTREAM_CHANGE_CREATE_DESTINATION, 0 },
    [RESTREAM_CALL_PATCH_DESTINATION] = {
        RESTREAM_CHANGE_PATCH_DESTINATION, 0 },
    [RESTREAM_CALL_DELETE_DESTINATION] = {
        RESTREAM_CHANGE_DELETE_DESTINATION, 0 },
    [RESTREAM_CALL_START_DESTINATION] = {
        RESTREAM_CHANGE_SWITCH_DESTINATION, 1 },
    [RESTREAM_CALL_STOP_DESTINATION] = {
        RESTREAM_CHANGE_SWITCH_DESTINATION, 0 }
};


/* what is shown and cannot be set */

static const char *const  restream_body_stream_shown[] = {
    "live", "broadcasting", "since", "worker", "ingest", "configured",
    "createdAt", "updatedAt", "version", NULL
};


int
restream_body_begin(const restream_route_t *route, restream_change_t **change)
{
    restream_change_t  *c;
    restream_errors_t   errors;

    *change = NULL;

    if (restream_body_changes[route->call].kind == 0) {
        return RESTREAM_DECLINED;
    }

    c = calloc(1, sizeof(restream_change_t));
    if (c == NULL) {
        return RESTREAM_ERROR;
    }

    memset(&errors, 0, sizeof(restream_errors_t));

    c->kind = restream_body_changes[route->call].kind;
    c->enabled = restream_body_changes[route->call].enabled;
    c->id = route->id;

    if (route->name[0]) {
        c->app = restream_body_copy(&errors, route->app);
        c->name = restream_body_copy(&errors, route->name);
    }

    if (route->destination[0]) {
        c->destination = restream_body_copy(&errors, route->destination);
    }

    if (errors.nomem) {
        restream_change_destroy(&c);
        return RESTREAM_ERROR;
    }

    *change = c;

    return RESTREAM_OK;
}


int
restream_body_read(restream_change_t *change, restream_str_t text,
    const restream_body_conf_t *conf, restream_errors_t *errors)
{
    int               rc, deletes, switches;
    json_t           *root;
    restream_body_t   body;

    deletes = change->kind == RESTREAM_CHANGE_DELETE_STREAM
              || change->kind == RESTREAM_CHANGE_DELETE_DESTINATION;
    switches = change->kind == RESTREAM_CHANGE_SWITCH_STREAM
               || change->kind == RESTREAM_CHANGE_SWITCH_DESTINATION;

    if (deletes) {
        return RESTREAM_OK;
    }

    rc = restream_body_parse(text, &root, errors);

    if (rc == RESTREAM_DONE && switches) {
        return RESTREAM_OK;
    }

    if (rc == RESTREAM_DONE) {
        restream_errors_syntax(errors, "the body is empty, a JSON object "
                                       "expected");
    }

    if (rc == RESTREAM_OK) {
        body.change = change;
        body.conf = conf;
        body.errors = errors;

        restream_body_root(&body, root);
        json_decref(root);
    }

    if (rc == RESTREAM_ERROR || errors->nomem) {
        return RESTREAM_ERROR;
    }

    return errors->total ? RESTREAM_DECLINED : RESTREAM_OK;
}


/* DONE: there is none; DECLINED: the errors say why; ERROR: no memory */

static int
restream_body_parse(restream_str_t text, json_t **root,
    restream_errors_t *errors)
{
    size_t               bytes;
    json_error_t         error;
    restream_scan_err_t  err;

    switch (restream_scan(text, &bytes, &err)) {

    case RESTREAM_DECLINED:
        return RESTREAM_DONE;

    case RESTREAM_ERROR:
        restream_errors_syntax(errors, "line %u, offset %zu: %s", err.line,
                               err.offset, err.text);
        return RESTREAM_DECLINED;

    default:
        break;
    }

    memset(&error, 0, sizeof(json_error_t));

    *root = json_loadb((const char *) text.data, text.len, JSON_DECODE_ANY,
                       &error);

    /* where jansson cannot grow its buffer it leaves out a byte, silently */

    if (*root && restream_body_bytes(*root) == bytes) {
        return RESTREAM_OK;
    }

    if (*root) {
        json_decref(*root);
        return RESTREAM_ERROR;
    }

    if (json_error_code(&error) == json_error_numeric_overflow) {
        restream_errors_syntax(errors, "line %d, offset %d: a number is too "
                               "large", error.line, error.position);
        return RESTREAM_DECLINED;
    }

    return RESTREAM_ERROR;
}


/* of all strings, names of members, too */

static size_t
restream_body_bytes(json_t *value)
{
    size_t       i, bytes;
    json_t      *item;
    const char  *member;

    bytes = json_string_length(value);

    json_object_foreach(value, member, item) {
        bytes += strlen(member) + restream_body_bytes(item);
    }

    json_array_foreach(value, i, item) {
        bytes += restream_body_bytes(item);
    }

    return bytes;
}


static void
restream_body_root(restream_body_t *body, json_t *root)
{
    if (!json_is_object(root)) {
        restream_body_type(body, "", NULL, root, "an object");
        return;
    }

    switch (body->change->kind) {

    case RESTREAM_CHANGE_CREATE_STREAM:
    case RESTREAM_CHANGE_PATCH_STREAM:
        restream_body_stream(body, root);
        break;

    case RESTREAM_CHANGE_CREATE_DESTINATION:
    case RESTREAM_CHANGE_PATCH_DESTINATION:
        restream_body_one(body, root);
        break;

    default:
        restream_body_nothing(body, root);
    }
}


static void
restream_body_nothing(restream_body_t *body, json_t *object)
{
    json_t      *value;
    const char  *member;

    json_object_foreach(object, member, value) {
        restream_body_unknown(body, "", member);
    }
}


static void
restream_body_one(restream_body_t *body, json_t *object)
{
    restream_destination_set_t  *set;

    set = calloc(1, sizeof(restream_destination_set_t));
    if (set == NULL) {
        body->errors->nomem = 1;
        return;
    }

    body->change->destinations = set;
    body->change->ndestinations = 1;

    restream_body_destination(body, "", object, set);
}


static void
restream_body_stream(restream_body_t *body, json_t *object)
{
    json_t      *value;
    const char  *member;

    json_object_foreach(object, member, value) {
        if (restream_body_stream_member(body, member, value) != RESTREAM_OK
            && !restream_body_found(restream_body_stream_shown, member))
        {
            restream_body_unknown(body, "", member);
        }
    }

    if (restream_body_creates(body)) {
        restream_body_created(body, object);
    }
}


static int
restream_body_stream_member(restream_body_t *body, const char *member,
    json_t *value)
{
    if (strcmp(member, "app") == 0) {
        restream_body_identity(body, member, value, &body->change->app);

    } else if (strcmp(member, "name") == 0) {
        restream_body_identity(body, member, value, &body->change->name);

    } else if (strcmp(member, "maximum") == 0) {
        restream_body_maximum(body, value);

    } else if (strcmp(member, "destinations") == 0) {
        restream_body_list(body, value);

    } else {
        return RESTREAM_DECLINED;
    }

    return RESTREAM_OK;
}


/* app or name: what is created gets it, what is there has it */

static void
restream_body_identity(restream_body_t *body, const char *member,
    json_t *value, char **field)
{
    int                    rc;
    char                   shown[RESTREAM_CHECK_SHOWN];
    restream_str_t         text;
    restream_check_err_t   err;

    if (!json_is_string(value)) {
        restream_body_type(body, "", member, value, "a string");
        return;
    }

    text = restream_body_text(value);

    if (restream_body_creates(body)) {
        rc = strcmp(member, "app") == 0
             ? restream_check_app(text, &err)
             : restream_check_stream_name(text, &err);

        if (rc != RESTREAM_OK) {
            restream_errors_add(body->errors, "", member, "%s", err.text);
            return;
        }

        *field = restream_body_copy(body->errors, json_string_value(value));
        return;
    }

    if (strcmp(json_string_value(value), *field) != 0) {
        (void) restream_utf8_show(text, shown, sizeof(shown));
        restream_errors_add(body->errors, "", member,
                            "%s is \"%s\", which is not that of this stream "
                            "and cannot be changed", member, shown);
    }
}


static void
restream_body_created(restream_body_t *body, json_t *object)
{
    char  name[RESTREAM_FORMAT_NAME];

    if (json_object_get(object, "app") == NULL) {
        restream_errors_add(body->errors, "", "app", "app is missing");
    }

    if (json_object_get(object, "name") == NULL) {
        restream_format_name(body->conf->random, name);
        body->change->name = restream_body_copy(body->errors, name);
    }
}


static void
restream_body_maximum(restream_body_t *body, json_t *value)
{
    restream_check_err_t  err;

    if (json_is_null(value)) {
        body->change->set_maximum = 1;
        body->change->maximum = RESTREAM_MAXIMUM_NONE;
        return;
    }

    if (!json_is_integer(value)) {
        restream_body_type(body, "", "maximum", value, "an integer or null");
        return;
    }

    if (restream_check_maximum(json_integer_value(value), &err)
        != RESTREAM_OK)
    {
        restream_errors_add(body->errors, "", "maximum", "%s", err.text);
        return;
    }

    body->change->set_maximum = 1;
    body->change->maximum = (uint32_t) json_integer_value(value);
}


static void
restream_body_list(restream_body_t *body, json_t *array)
{
    char                base[RESTREAM_BODY_BASE];
    size_t              i, n;
    json_t             *names;
    restream_change_t  *change;

    if (!json_is_array(array)) {
        restream_body_type(body, "", "destinations", array, "an array");
        return;
    }

    n = json_array_size(array);

    if (n > RESTREAM_MAXIMUM_MAX) {
        restream_errors_add(body->errors, "", "destinations",
                            "destinations are %zu, at most %d expected", n,
                            RESTREAM_MAXIMUM_MAX);
        return;
    }

    change = body->change;
    change->set_destinations = 1;

    if (n == 0) {
        return;
    }

    names = json_object();
    change->destinations = calloc(n, sizeof(restream_destination_set_t));

    if (names == NULL || change->destinations == NULL) {
        body->errors->nomem = 1;
        json_decref(names);
        return;
    }

    change->ndestinations = (uint32_t) n;

    for (i = 0; i < n; i++) {
        (void) snprintf(base, sizeof(base), "/destinations/%u", (unsigned) i);

        restream_body_destination(body, base, json_array_get(array, i),
                                  &change->destinations[i]);
        restream_body_name_once(body, base, change->destinations[i].name,
                                names);
    }

    json_decref(names);
}


/* in an object, which is a hash that nobody can make slow */

static void
restream_body_name_once(restream_body_t *body, const char *base,
    const char *name, json_t *names)
{
    char            shown[RESTREAM_CHECK_SHOWN];
    restream_str_t  text;

    if (name == NULL) {
        return;
    }

    if (json_object_get(names, name)) {
        text.data = (uint8_t *) name;
        text.len = strlen(name);

        (void) restream_utf8_show(text, shown, sizeof(shown));

        restream_errors_add(body->errors, base, "name",
                            "name is \"%s\", as another one of the list has",
                            shown);
        return;
    }

    if (json_object_set_new(names, name, json_true()) == -1) {
        body->errors->nomem = 1;
    }
}
