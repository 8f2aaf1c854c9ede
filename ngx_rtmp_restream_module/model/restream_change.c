/* A change that is not needed any more. */

#include "restream_change.h"

#include <stdlib.h>


static void restream_change_clear_set(restream_destination_set_t *set);


void
restream_change_destroy(restream_change_t **change)
{
    uint32_t            i;
    restream_change_t  *c;

    c = *change;

    if (c == NULL) {
        return;
    }

    for (i = 0; i < c->ndestinations; i++) {
        restream_change_clear_set(&c->destinations[i]);
    }

    for (i = 0; i < c->nconfig_names; i++) {
        free(c->config_names[i]);
    }

    free(c->destinations);
    free(c->config_names);
    free(c->app);
    free(c->name);
    free(c->destination);
    free(c->idempotency_key);
    free(c->who);
    free(c);

    *change = NULL;
}


static void
restream_change_clear_set(restream_destination_set_t *set)
{
    restream_secret_free(&set->url);
    restream_secret_free(&set->key);
    free(set->name);
    free(set->title);
    free(set->description);
    free(set->audio);
}
