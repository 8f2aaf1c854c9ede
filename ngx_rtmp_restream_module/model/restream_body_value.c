/*
 * Values in the body of a call.
 */

#include "restream_body_value.h"
#include "restream_check.h"
#include "../lib/restream_utf8.h"

#include <stdlib.h>
#include <string.h>


int
restream_body_creates(const restream_body_t *body)
{
    return body->change->kind == RESTREAM_CHANGE_CREATE_STREAM
           || body->change->kind == RESTREAM_CHANGE_CREATE_DESTINATION;
}


void
restream_body_unknown(restream_body_t *body, const char *base,
    const char *member)
{
    char            shown[RESTREAM_CHECK_SHOWN];
    restream_str_t  text;

    text.data = (uint8_t *) member;
    text.len = strlen(member);

    (void) restream_utf8_show(text, shown, sizeof(shown));

    restream_errors_add(body->errors, base, member, "unknown member \"%s\"",
                        shown);
}


int
restream_body_found(const char *const *names, const char *name)
{
    for ( /* void */ ; *names; names++) {
        if (strcmp(*names, name) == 0) {
            return 1;
        }
    }

    return 0;
}


void
restream_body_type(restream_body_t *body, const char *base,
    const char *member, json_t *value, const char *expected)
{
    const char  *what, *type;

    static const char *const  types[] = {
        [JSON_OBJECT] = "an object",
        [JSON_ARRAY] = "an array",
        [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number",
        [JSON_REAL] = "a number",
        [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",
        [JSON_NULL] = "null"
    };

    what = member ? member : base[0] ? "a destination" : "the body";
    type = types[json_typeof(value)];

    restream_errors_add(body->errors, base, member, "%s is %s, %s expected",
                        what, type, expected);
}


restream_str_t
restream_body_text(json_t *value)
{
    restream_str_t  text;

    text.data = (uint8_t *) json_string_value(value);
    text.len = json_string_length(value);

    return text;
}


char *
restream_body_copy(restream_errors_t *errors, const char *text)
{
    char    *copy;
    size_t   size;

    size = strlen(text) + 1;

    copy = malloc(size);
    if (copy == NULL) {
        errors->nomem = 1;
        return NULL;
    }

    memcpy(copy, text, size);

    return copy;
}
