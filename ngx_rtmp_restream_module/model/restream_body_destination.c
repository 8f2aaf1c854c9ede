/*
 * A destination in the body of a call.
 */

#include "restream_body_value.h"
#include "restream_check.h"

#include <string.h>


/* a member of a destination that is a string */

typedef struct {
    const char                   *name;
    unsigned                      bit;      /* RESTREAM_SET_* */
    size_t                        offset;   /* in restream_destination_set_t */
    unsigned                      null;     /* 1: null takes it away */
    int                         (*check)(restream_str_t value,
                                         restream_check_err_t *err);
} restream_body_member_t;


static unsigned restream_body_member(restream_body_t *body, const char *base,
    const char *member, json_t *value, restream_destination_set_t *set);
static void restream_body_string(restream_body_t *body, const char *base,
    const restream_body_member_t *m, json_t *value,
    restream_destination_set_t *set);
static void restream_body_enabled(restream_body_t *body, const char *base,
    json_t *value, restream_destination_set_t *set);
static void restream_body_complete(restream_body_t *body, const char *base,
    unsigned given, const restream_destination_set_t *set);


#define RESTREAM_BODY_AT(field)  offsetof(restream_destination_set_t, field)

static const restream_body_member_t  restream_body_members[] = {
    { "name", RESTREAM_SET_NAME, RESTREAM_BODY_AT(name), 0,
      restream_check_name },
    { "url", RESTREAM_SET_URL, RESTREAM_BODY_AT(url), 0,
      NULL },                               /* needs to know the schemes */
    { "key", RESTREAM_SET_KEY, RESTREAM_BODY_AT(key), 1,
      restream_check_key },
    { "title", RESTREAM_SET_TITLE, RESTREAM_BODY_AT(title), 1,
      restream_check_title },
    { "description", RESTREAM_SET_DESCRIPTION, RESTREAM_BODY_AT(description),
      1, restream_check_description },
    { "audio", RESTREAM_SET_AUDIO, RESTREAM_BODY_AT(audio), 1,
      restream_check_audio },
    { NULL, 0, 0, 0, NULL }
};


/* what is shown and cannot be set */

static const char *const  restream_body_destination_shown[] = {
    "id", "keyHint", "origin", "state", "reason", "since", "lastError", "tls",
    "stats", "createdAt", "updatedAt", "version", NULL
};


void
restream_body_destination(restream_body_t *body, const char *base,
    json_t *object, restream_destination_set_t *set)
{
    json_t      *value;
    unsigned     given;
    const char  *member;

    if (!json_is_object(object)) {
        restream_body_type(body, base, NULL, object, "an object");
        return;
    }

    given = 0;

    json_object_foreach(object, member, value) {
        given |= restream_body_member(body, base, member, value, set);
    }

    restream_body_complete(body, base, given, set);
}


/* the bit of the member, if it is one that can be set */

static unsigned
restream_body_member(restream_body_t *body, const char *base,
    const char *member, json_t *value, restream_destination_set_t *set)
{
    const restream_body_member_t  *m;

    for (m = restream_body_members; m->name; m++) {
        if (strcmp(member, m->name) == 0) {
            break;
        }
    }

    if (m->name) {

        /* what is new has nothing that null could take away */

        if (json_is_null(value) && m->null && restream_body_creates(body)) {
            return 0;
        }

        restream_body_string(body, base, m, value, set);
        return m->bit;
    }

    if (strcmp(member, "enabled") == 0) {
        restream_body_enabled(body, base, value, set);
        return RESTREAM_SET_ENABLED;
    }

    if (!restream_body_found(restream_body_destination_shown, member)) {
        restream_body_unknown(body, base, member);
    }

    return 0;
}


static void
restream_body_string(restream_body_t *body, const char *base,
    const restream_body_member_t *m, json_t *value,
    restream_destination_set_t *set)
{
    int                     rc;
    char                  **field;
    restream_str_t          text;
    restream_check_err_t    err;

    if (json_is_null(value) && m->null) {
        set->set |= m->bit;
        return;
    }

    if (!json_is_string(value)) {
        restream_body_type(body, base, m->name, value,
                           m->null ? "a string or null" : "a string");
        return;
    }

    text = restream_body_text(value);

    rc = m->check ? m->check(text, &err)
                  : restream_check_url(text, body->conf->schemes, &err);

    if (rc != RESTREAM_OK) {
        restream_errors_add(body->errors, base, m->name, "%s", err.text);
        return;
    }

    field = (char **) ((char *) set + m->offset);
    *field = restream_body_copy(body->errors, json_string_value(value));

    set->set |= m->bit;
}


/* null does not switch: by what is missing nothing should go on air */

static void
restream_body_enabled(restream_body_t *body, const char *base, json_t *value,
    restream_destination_set_t *set)
{
    if (!json_is_boolean(value)) {
        restream_body_type(body, base, "enabled", value, "true or false");
        return;
    }

    set->enabled = json_is_true(value);
    set->set |= RESTREAM_SET_ENABLED;
}


/*
 * What a destination has to have, as far as that does not depend on what is
 * stored: an entry of a list may be a new one or one that has a key.
 */

static void
restream_body_complete(restream_body_t *body, const char *base,
    unsigned given, const restream_destination_set_t *set)
{
    int             keyless;
    restream_str_t  url;

    if (body->change->kind != RESTREAM_CHANGE_PATCH_DESTINATION) {

        if (!(given & RESTREAM_SET_NAME)) {
            restream_errors_add(body->errors, base, "name", "name is missing");
        }

        if (!(given & RESTREAM_SET_URL)) {
            restream_errors_add(body->errors, base, "url", "url is missing");
        }
    }

    keyless = restream_body_creates(body)
              ? !(given & RESTREAM_SET_KEY)
              : (set->set & RESTREAM_SET_KEY) && set->key == NULL;

    if (!keyless || set->url == NULL) {
        return;
    }

    url.data = (uint8_t *) set->url;
    url.len = strlen(set->url);

    if (!restream_check_url_has_key(url)) {
        restream_errors_add(body->errors, base, "key",
                            "key is missing, and the url does not end with "
                            "one");
    }
}
