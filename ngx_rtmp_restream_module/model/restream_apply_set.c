/*
 * The steps that a change is made of: what a destination's members become, a
 * new destination, the limit.
 */

#include "restream_apply_set.h"

#include <stdlib.h>
#include <string.h>

#include "restream_format.h"


static int restream_apply_members(restream_destination_t *dst,
    const restream_destination_set_t *set, unsigned given, int *changed);
static int restream_apply_target(restream_destination_t *dst,
    const restream_destination_set_t *set, int *changed);
static int restream_apply_url(restream_destination_t *dst, char *url);
static int restream_apply_split(restream_destination_t *dst);
static int restream_apply_secret(char **secret, const char *value);
static int restream_apply_text(char **text, const char *value, int *changed);


int
restream_apply_no(restream_apply_t *ap, restream_change_result_e result,
    uint32_t index)
{
    ap->outcome->result = result;
    ap->outcome->index = index;

    return RESTREAM_DECLINED;
}


int
restream_apply_config_made(const restream_apply_t *ap, const char *name)
{
    uint32_t  i;

    for (i = 0; i < ap->change->nconfig_names; i++) {
        if (strcmp(ap->change->config_names[i], name) == 0) {
            return 1;
        }
    }

    return 0;
}


int
restream_apply_add(restream_apply_t *ap, uint32_t index)
{
    uint32_t                 n;
    restream_destination_t  *dst;

    n = ap->st->ndestinations;

    dst = realloc(ap->st->destinations,
                  (n + 1) * sizeof(restream_destination_t));
    if (dst == NULL) {
        return RESTREAM_ERROR;
    }

    ap->st->destinations = dst;
    ap->st->ndestinations++;

    dst += n;
    memset(dst, 0, sizeof(restream_destination_t));

    dst->enabled = 1;
    dst->created_at = ap->change->now;

    return restream_apply_set(ap, dst, index, 0);
}


int
restream_apply_set(restream_apply_t *ap, restream_destination_t *dst,
    uint32_t index, int replace)
{
    int                               changed;
    unsigned                          given;
    const restream_destination_set_t *set;

    set = &ap->change->destinations[index];
    given = set->set;
    changed = 0;

    if (replace) {
        given |= RESTREAM_SET_TITLE|RESTREAM_SET_DESCRIPTION
                 |RESTREAM_SET_AUDIO;
    }

    if (restream_apply_members(dst, set, given, &changed) != RESTREAM_OK
        || restream_apply_target(dst, set, &changed) != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    if (restream_format_key(dst).len == 0) {
        return restream_apply_no(ap, RESTREAM_CHANGE_KEY_MISSING, index);
    }

    if (changed) {
        dst->version++;
        dst->updated_at = ap->change->now;
        ap->outcome->changed = 1;
    }

    return RESTREAM_OK;
}


/* all but url and key */

static int
restream_apply_members(restream_destination_t *dst,
    const restream_destination_set_t *set, unsigned given, int *changed)
{
    uint32_t  i;

    struct {
        unsigned      bit;
        char        **text;
        const char   *value;
    } texts[] = {
        { RESTREAM_SET_NAME, &dst->name, set->name },
        { RESTREAM_SET_TITLE, &dst->title, set->title },
        { RESTREAM_SET_DESCRIPTION, &dst->description, set->description },
        { RESTREAM_SET_AUDIO, &dst->audio, set->audio }
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if ((given & texts[i].bit)
            && restream_apply_text(texts[i].text, texts[i].value, changed)
               != RESTREAM_OK)
        {
            return RESTREAM_ERROR;
        }
    }

    if ((given & RESTREAM_SET_ENABLED) && dst->enabled != set->enabled) {
        dst->enabled = set->enabled;
        *changed = 1;
    }

    return RESTREAM_OK;
}


/*
 * The url before the key: what it says of the key depends on what is stored.
 */

static int
restream_apply_target(restream_destination_t *dst,
    const restream_destination_set_t *set, int *changed)
{
    int  moved;

    if (dst->url == NULL) {
        *changed = 1;

        if (restream_apply_secret(&dst->url, set->url) != RESTREAM_OK) {
            return RESTREAM_ERROR;
        }

        return restream_apply_secret(&dst->key, set->key ? set->key : "");
    }

    moved = (set->set & RESTREAM_SET_URL)
            && !restream_format_same_url(dst, set->url);

    if (moved) {
        *changed = 1;

        if (restream_apply_url(dst, set->url) != RESTREAM_OK) {
            return RESTREAM_ERROR;
        }
    }

    if ((set->set & RESTREAM_SET_KEY) == 0) {
        return RESTREAM_OK;
    }

    /* with a key beside it, the stored url ends where its own key began */

    if (set->key && set->key[0] && !moved
        && restream_apply_split(dst) != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    if (strcmp(dst->key, set->key ? set->key : "") == 0) {
        return RESTREAM_OK;
    }

    *changed = 1;

    return restream_apply_secret(&dst->key, set->key ? set->key : "");
}


/*
 * A url without a key goes with the key that there is, also where that has been
 * the end of the url before.
 */

static int
restream_apply_url(restream_destination_t *dst, char *url)
{
    restream_destination_t  given;

    memset(&given, 0, sizeof(restream_destination_t));
    given.url = url;
    given.key = dst->key;

    if (restream_format_key(&given).len == 0
        && restream_apply_split(dst) != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    return restream_apply_secret(&dst->url, url);
}


/* the key that is the end of the url becomes the key */

static int
restream_apply_split(restream_destination_t *dst)
{
    char            *last;
    restream_str_t   key;

    key = restream_format_key(dst);

    if (dst->key[0] != '\0' || key.len == 0) {
        return RESTREAM_OK;
    }

    if (restream_apply_secret(&dst->key, (char *) key.data) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    /* the slash before it */

    last = (char *) key.data - 1;
    explicit_bzero(last, strlen(last));

    return RESTREAM_OK;
}


static int
restream_apply_secret(char **secret, const char *value)
{
    char  *p;

    p = strdup(value);
    if (p == NULL) {
        return RESTREAM_ERROR;
    }

    restream_secret_free(secret);
    *secret = p;

    return RESTREAM_OK;
}


static int
restream_apply_text(char **text, const char *value, int *changed)
{
    char  *p;

    if (*text == value || (*text && value && strcmp(*text, value) == 0)) {
        return RESTREAM_OK;
    }

    p = value ? strdup(value) : NULL;

    if (value && p == NULL) {
        return RESTREAM_ERROR;
    }

    free(*text);
    *text = p;
    *changed = 1;

    return RESTREAM_OK;
}


int
restream_apply_limit(restream_apply_t *ap)
{
    uint32_t  maximum, count, before;

    maximum = ap->st->maximum;

    if (maximum == RESTREAM_MAXIMUM_NONE) {
        maximum = ap->change->max_destinations;
    }

    if (maximum == 0 || maximum > RESTREAM_MAXIMUM_MAX) {
        maximum = RESTREAM_MAXIMUM_MAX;
    }

    before = ap->have ? ap->have->ndestinations : 0;
    count = ap->st->ndestinations + ap->change->nconfig_names;

    if (count <= maximum || ap->st->ndestinations <= before) {
        return RESTREAM_OK;
    }

    ap->outcome->count = count;
    ap->outcome->maximum = maximum;

    return restream_apply_no(ap, RESTREAM_CHANGE_LIMIT, 0);
}
