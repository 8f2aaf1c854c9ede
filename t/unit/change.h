/*
 * Changes as the API makes them, for the tests of the rules and of the store.
 *
 *     c = change(RESTREAM_CHANGE_CREATE_STREAM);
 *     entry(c, "a", "rtmp://a/live", "key-a");
 *     ...
 *     restream_change_destroy(&c);
 */

#ifndef _CHANGE_H_INCLUDED_
#define _CHANGE_H_INCLUDED_


#include <stdlib.h>
#include <string.h>

#include "model/restream_change.h"


#define APP   "live"
#define NAME  "show"


static uint64_t  change_now = 1700000000000;


static inline void
change_of(restream_change_t *c, const char *app, const char *name)
{
    free(c->app);
    free(c->name);

    c->app = strdup(app);
    c->name = strdup(name);
}


/* a second after the one before, of the stream live/show */

static inline restream_change_t *
change(restream_change_e kind)
{
    restream_change_t  *c;

    c = calloc(1, sizeof(restream_change_t));

    c->kind = kind;
    c->max_destinations = 20;
    c->now = change_now += 1000;
    change_of(c, APP, NAME);

    c->set_destinations = kind == RESTREAM_CHANGE_PATCH_STREAM;

    return c;
}


/* a destination of the list; NULL: that member is not given */

static inline restream_destination_set_t *
entry(restream_change_t *c, const char *name, const char *url,
    const char *key)
{
    restream_destination_set_t  *set;

    c->destinations = realloc(c->destinations,
                              (c->ndestinations + 1)
                              * sizeof(restream_destination_set_t));
    set = &c->destinations[c->ndestinations++];
    memset(set, 0, sizeof(restream_destination_set_t));

    if (name) {
        set->set |= RESTREAM_SET_NAME;
        set->name = strdup(name);
    }

    if (url) {
        set->set |= RESTREAM_SET_URL;
        set->url = strdup(url);
    }

    if (key) {
        set->set |= RESTREAM_SET_KEY;
        set->key = strdup(key);
    }

    return set;
}


static inline void
entry_texts(restream_destination_set_t *set, const char *title,
    const char *description, const char *audio)
{
    set->set |= RESTREAM_SET_TITLE|RESTREAM_SET_DESCRIPTION
                |RESTREAM_SET_AUDIO;
    set->title = title ? strdup(title) : NULL;
    set->description = description ? strdup(description) : NULL;
    set->audio = audio ? strdup(audio) : NULL;
}


static inline void
entry_enabled(restream_destination_set_t *set, int enabled)
{
    set->set |= RESTREAM_SET_ENABLED;
    set->enabled = enabled;
}


/* the application has a destination of that name */

static inline void
config_name(restream_change_t *c, const char *name)
{
    c->config_names = realloc(c->config_names,
                              (c->nconfig_names + 1) * sizeof(char *));
    c->config_names[c->nconfig_names++] = strdup(name);
}


/* of one destination, by its name */

static inline restream_change_t *
change_named(restream_change_e kind, const char *name)
{
    restream_change_t  *c;

    c = change(kind);
    c->destination = strdup(name);

    return c;
}


static inline restream_change_t *
change_switch(const char *name, int enabled)
{
    restream_change_t  *c;

    c = change(RESTREAM_CHANGE_SWITCH_STREAM);
    c->enabled = enabled;

    if (name) {
        c->kind = RESTREAM_CHANGE_SWITCH_DESTINATION;
        c->destination = strdup(name);
    }

    return c;
}


#endif /* _CHANGE_H_INCLUDED_ */
