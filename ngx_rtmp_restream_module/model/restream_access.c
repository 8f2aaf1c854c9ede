/*
 * Who may do what: see restream_access.h.
 */

#include "restream_access.h"
#include "restream_stream.h"

#include <stdlib.h>
#include <string.h>


static const char *restream_access_wrong(restream_str_t text);
static int restream_access_pattern(restream_pattern_t *pattern,
    restream_str_t text);
static int restream_access_matches(const restream_access_t *access,
    const restream_pattern_t *pattern, restream_str_t text);


/* the first name of a capability is the one that is shown */

static const struct {
    restream_str_t   name;
    unsigned         capability;
} restream_access_names[] = {
    { restream_string("read"), RESTREAM_CAN_READ },
    { restream_string("write"), RESTREAM_CAN_WRITE },
    { restream_string("start"), RESTREAM_CAN_START },
    { restream_string("stop"), RESTREAM_CAN_STOP },
    { restream_string("keys"), RESTREAM_CAN_KEYS },
    { restream_string("events"), RESTREAM_CAN_EVENTS },
    { restream_string("webhooks"), RESTREAM_CAN_WEBHOOKS },
    { restream_string("limits"), RESTREAM_CAN_LIMITS },
    { restream_string("start-broadcast-call"), RESTREAM_CAN_START },
    { restream_string("stop-broadcast-call"), RESTREAM_CAN_STOP }
};

#define RESTREAM_ACCESS_NAMES                                                 \
    (sizeof(restream_access_names) / sizeof(restream_access_names[0]))


unsigned
restream_access_capability(restream_str_t name)
{
    size_t                 i;
    const restream_str_t  *known;

    for (i = 0; i < RESTREAM_ACCESS_NAMES; i++) {
        known = &restream_access_names[i].name;

        if (known->len == name.len
            && memcmp(known->data, name.data, name.len) == 0)
        {
            return restream_access_names[i].capability;
        }
    }

    return 0;
}


const char *
restream_access_name(unsigned capability)
{
    size_t  i;

    for (i = 0; i < RESTREAM_ACCESS_NAMES; i++) {
        if (restream_access_names[i].capability == capability) {
            return (const char *) restream_access_names[i].name.data;
        }
    }

    return NULL;
}


void
restream_access_list(restream_str_t list, uint8_t separator,
    unsigned *capabilities, restream_str_t *unknown)
{
    uint8_t         *p, *last;
    unsigned         capability;
    restream_str_t   name;

    *capabilities = 0;
    unknown->len = 0;
    unknown->data = NULL;

    if (list.len == 0) {
        return;
    }

    p = list.data;
    last = p + list.len;

    for ( ;; ) {
        name.data = p;

        while (p < last && *p != separator) {
            p++;
        }

        name.len = (size_t) (p - name.data);

        if (name.len || separator != ' ') {
            capability = restream_access_capability(name);

            if (capability == 0 && unknown->data == NULL) {
                *unknown = name;
            }

            *capabilities |= capability;
        }

        if (p == last) {
            return;
        }

        p++;
    }
}


int
restream_access_add(restream_access_t *access, restream_str_t text,
    const char **err)
{
    const char          *wrong;
    restream_pattern_t  *pattern;

    access->limited = 1;

    wrong = restream_access_wrong(text);

    if (wrong) {
        *err = wrong;
        return RESTREAM_ERROR;
    }

    if (access->npatterns == RESTREAM_ACCESS_MAX) {
        *err = "there are over 64 stream patterns";
        return RESTREAM_ERROR;
    }

    pattern = realloc(access->patterns,
                      (access->npatterns + 1) * sizeof(restream_pattern_t));
    if (pattern == NULL) {
        *err = "no memory";
        return RESTREAM_ERROR;
    }

    access->patterns = pattern;
    pattern += access->npatterns;

    if (restream_access_pattern(pattern, text) != RESTREAM_OK) {
        *err = "no memory";
        return RESTREAM_ERROR;
    }

    access->npatterns++;

    return RESTREAM_OK;
}


/* what is wrong with a pattern; NULL: nothing */

static const char *
restream_access_wrong(restream_str_t text)
{
    uint8_t  *star;

    if (text.len == 0 || (text.len == 1 && text.data[0] == '~')) {
        return "a stream pattern is empty";
    }

    if (text.len > RESTREAM_ACCESS_PATTERN
        || memchr(text.data, '\0', text.len) != NULL)
    {
        return "a stream pattern has over 512 bytes or a zero byte";
    }

    if (text.data[0] == '~') {
        return NULL;
    }

    star = memchr(text.data, '*', text.len);

    if (star == NULL) {
        return memchr(text.data, '/', text.len)
               ? NULL : "a stream pattern is no \"app/name\"";
    }

    return star == text.data + text.len - 1
           ? NULL : "a stream pattern has its \"*\" not at the end";
}


static int
restream_access_pattern(restream_pattern_t *pattern, restream_str_t text)
{
    pattern->kind = RESTREAM_PATTERN_EXACT;
    pattern->regex = NULL;

    if (text.data[0] == '~') {
        pattern->kind = RESTREAM_PATTERN_REGEX;
        text.data++;
        text.len--;

    } else if (text.data[text.len - 1] == '*') {
        pattern->kind = RESTREAM_PATTERN_PREFIX;
        text.len--;
    }

    pattern->text = malloc(text.len + 1);
    if (pattern->text == NULL) {
        return RESTREAM_ERROR;
    }

    memcpy(pattern->text, text.data, text.len);
    pattern->text[text.len] = '\0';
    pattern->len = text.len;

    return RESTREAM_OK;
}


void
restream_access_free(restream_access_t *access)
{
    uint32_t  i;

    for (i = 0; i < access->npatterns; i++) {
        free(access->patterns[i].text);
    }

    free(access->patterns);
    memset(access, 0, sizeof(restream_access_t));
}


int
restream_access_allows(const restream_access_t *access, unsigned capability)
{
    return (access->capabilities & capability) == capability;
}


int
restream_access_sees(const restream_access_t *access, restream_str_t app,
    restream_str_t name)
{
    uint32_t         i;
    uint8_t          buf[RESTREAM_APP_MAX + 1 + RESTREAM_STREAM_NAME_MAX];
    restream_str_t   text;

    if (!access->limited) {
        return 1;
    }

    if (app.len == 0 || app.len > RESTREAM_APP_MAX
        || name.len == 0 || name.len > RESTREAM_STREAM_NAME_MAX
        || memchr(app.data, '/', app.len) != NULL)
    {
        return 0;
    }

    memcpy(buf, app.data, app.len);
    buf[app.len] = '/';
    memcpy(buf + app.len + 1, name.data, name.len);

    text.data = buf;
    text.len = app.len + 1 + name.len;

    for (i = 0; i < access->npatterns; i++) {
        if (restream_access_matches(access, &access->patterns[i], text)) {
            return 1;
        }
    }

    return 0;
}


static int
restream_access_matches(const restream_access_t *access,
    const restream_pattern_t *pattern, restream_str_t text)
{
    switch (pattern->kind) {

    case RESTREAM_PATTERN_REGEX:
        return access->match && pattern->regex
               && access->match(pattern->regex, text);

    case RESTREAM_PATTERN_PREFIX:
        return text.len >= pattern->len
               && memcmp(text.data, pattern->text, pattern->len) == 0;

    default:
        return text.len == pattern->len
               && memcmp(text.data, pattern->text, pattern->len) == 0;
    }
}
