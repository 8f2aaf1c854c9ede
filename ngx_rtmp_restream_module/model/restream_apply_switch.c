/* The steps that a change is made of: switches. */

#include "restream_apply_set.h"

#include <stdlib.h>
#include <string.h>


static int restream_apply_may_start(restream_apply_t *ap);
static void restream_apply_enable(restream_apply_t *ap,
    restream_destination_t *dst);


int
restream_apply_switch_destination(restream_apply_t *ap)
{
    int                      rc;
    restream_destination_t  *dst;

    rc = restream_apply_find(ap, &dst);
    if (rc != RESTREAM_OK) {
        return rc;
    }

    rc = restream_apply_may_start(ap);
    if (rc != RESTREAM_OK) {
        return rc;
    }

    if (dst == NULL) {
        return restream_apply_switch(ap, ap->change->destination,
                                     ap->change->enabled);
    }

    restream_apply_enable(ap, dst);

    return RESTREAM_OK;
}


int
restream_apply_switch_stream(restream_apply_t *ap)
{
    int       rc;
    uint32_t  i;

    rc = restream_apply_stream_version(ap);

    if (rc == RESTREAM_OK) {
        rc = restream_apply_may_start(ap);
    }

    for (i = 0; rc == RESTREAM_OK && i < ap->change->nconfig_names; i++) {
        rc = restream_apply_switch(ap, ap->change->config_names[i],
                                   ap->change->enabled);
    }

    if (rc != RESTREAM_OK) {
        return rc;
    }

    for (i = 0; i < ap->st->ndestinations; i++) {
        restream_apply_enable(ap, &ap->st->destinations[i]);
    }

    return RESTREAM_OK;
}


static int
restream_apply_may_start(restream_apply_t *ap)
{
    return ap->change->need_live && ap->change->enabled
           ? restream_apply_no(ap, RESTREAM_CHANGE_NOT_LIVE, 0)
           : RESTREAM_OK;
}


static void
restream_apply_enable(restream_apply_t *ap, restream_destination_t *dst)
{
    if (dst->enabled == ap->change->enabled) {
        return;
    }

    dst->enabled = ap->change->enabled;
    dst->version++;
    dst->updated_at = ap->change->now;

    ap->outcome->changed = 1;
}


int
restream_apply_switch(restream_apply_t *ap, const char *name, int enabled)
{
    uint32_t            i;
    restream_switch_t  *sw;

    for (i = 0; i < ap->st->nswitches; i++) {
        sw = &ap->st->switches[i];

        if (strcmp(sw->name, name) == 0) {
            ap->outcome->changed |= (sw->enabled != enabled);
            sw->enabled = enabled;
            return RESTREAM_OK;
        }
    }

    /* nginx.conf may say either by itself, so that both are worth a row */

    sw = realloc(ap->st->switches, (i + 1) * sizeof(restream_switch_t));
    if (sw == NULL) {
        return RESTREAM_ERROR;
    }

    ap->st->switches = sw;

    sw[i].enabled = enabled;
    sw[i].name = strdup(name);

    if (sw[i].name == NULL) {
        return RESTREAM_ERROR;
    }

    ap->st->nswitches++;
    ap->outcome->changed = 1;

    return RESTREAM_OK;
}
