/*
 * What a change makes of a stream: one function for each kind of change.
 *
 * Questions are asked in the order of their answers: does it exist (404), is it
 * the version that was meant (412), and then what the change itself raises.
 */

#include "restream_apply.h"

#include <stdlib.h>
#include <string.h>

#include "restream_apply_set.h"


typedef int (*restream_apply_pt)(restream_apply_t *ap);


static int restream_apply_find_stream(restream_apply_t *ap);
static restream_stream_t *restream_apply_new_stream(
    const restream_change_t *change);
static void restream_apply_finish(restream_apply_t *ap);
static int restream_apply_version(restream_apply_t *ap, uint64_t version);
static int restream_apply_create_stream(restream_apply_t *ap);
static int restream_apply_patch_stream(restream_apply_t *ap);
static int restream_apply_maximum(restream_apply_t *ap);
static int restream_apply_delete_stream(restream_apply_t *ap);
static int restream_apply_create_destination(restream_apply_t *ap);
static int restream_apply_patch_destination(restream_apply_t *ap);
static int restream_apply_patch_config_made(restream_apply_t *ap);
static int restream_apply_delete_destination(restream_apply_t *ap);


static const restream_apply_pt  restream_apply_kinds[] = {
    NULL,
    restream_apply_create_stream,
    restream_apply_patch_stream,
    restream_apply_delete_stream,
    restream_apply_create_destination,
    restream_apply_patch_destination,
    restream_apply_delete_destination,
    restream_apply_switch_destination,
    restream_apply_switch_stream
};


int
restream_change_apply(const restream_stream_t *have,
    const restream_change_t *change, restream_stream_t **made,
    restream_change_outcome_t *outcome)
{
    int               rc;
    restream_apply_t  ap;

    memset(outcome, 0, sizeof(restream_change_outcome_t));
    *made = NULL;

    ap.have = have;
    ap.change = change;
    ap.st = NULL;
    ap.outcome = outcome;

    if (restream_apply_find_stream(&ap) != RESTREAM_OK) {
        return RESTREAM_OK;
    }

    ap.st = have ? restream_stream_copy(have)
                 : restream_apply_new_stream(change);
    if (ap.st == NULL) {
        return RESTREAM_ERROR;
    }

    rc = restream_apply_kinds[change->kind](&ap);

    if (rc == RESTREAM_OK && outcome->changed && ap.st) {
        restream_apply_finish(&ap);
        *made = ap.st;
        return RESTREAM_OK;
    }

    restream_stream_destroy(&ap.st);

    if (rc == RESTREAM_DECLINED) {
        outcome->id = 0;
        outcome->changed = 0;
        return RESTREAM_OK;
    }

    return rc;
}


static int
restream_apply_find_stream(restream_apply_t *ap)
{
    int  configured;

    configured = ap->have && ap->have->configured;

    if (ap->change->kind == RESTREAM_CHANGE_CREATE_STREAM) {
        return configured
               ? restream_apply_no(ap, RESTREAM_CHANGE_STREAM_EXISTS, 0)
               : RESTREAM_OK;
    }

    if (configured || ap->change->create_stream) {
        return RESTREAM_OK;
    }

    /* switches of a stream that was live once can be removed */

    if (ap->have && ap->change->kind == RESTREAM_CHANGE_DELETE_STREAM) {
        return RESTREAM_OK;
    }

    return restream_apply_no(ap, RESTREAM_CHANGE_NO_STREAM, 0);
}


static restream_stream_t *
restream_apply_new_stream(const restream_change_t *change)
{
    restream_stream_t  *st;

    st = calloc(1, sizeof(restream_stream_t));
    if (st == NULL) {
        return NULL;
    }

    st->created_at = change->now;
    st->app = strdup(change->app);
    st->name = strdup(change->name);

    if (st->app == NULL || st->name == NULL) {
        restream_stream_destroy(&st);
    }

    return st;
}


static void
restream_apply_finish(restream_apply_t *ap)
{
    restream_stream_t  *st;

    st = ap->st;
    st->updated_at = ap->change->now;

    if (st->configured) {
        st->version++;
        return;
    }

    if (ap->change->kind == RESTREAM_CHANGE_CREATE_STREAM
        || st->ndestinations
        || st->maximum != RESTREAM_MAXIMUM_NONE)
    {
        st->configured = 1;
        st->version = 1;
        st->created_at = ap->change->now;
    }
}


static int
restream_apply_version(restream_apply_t *ap, uint64_t version)
{
    uint64_t  wanted;

    wanted = ap->change->if_match;

    if (wanted == 0
        || wanted == version
        || (wanted == RESTREAM_VERSION_NONE && version == 0))
    {
        return RESTREAM_OK;
    }

    return restream_apply_no(ap, RESTREAM_CHANGE_VERSION, 0);
}


int
restream_apply_stream_version(restream_apply_t *ap)
{
    return restream_apply_version(ap, ap->have ? ap->have->version : 0);
}


/* there is no version to match */

static int
restream_apply_create_stream(restream_apply_t *ap)
{
    ap->outcome->changed = 1;

    if (restream_apply_maximum(ap) != RESTREAM_OK) {
        return RESTREAM_DECLINED;
    }

    return restream_apply_list(ap);
}


static int
restream_apply_patch_stream(restream_apply_t *ap)
{
    int  rc;

    rc = restream_apply_stream_version(ap);
    if (rc != RESTREAM_OK) {
        return rc;
    }

    if (restream_apply_maximum(ap) != RESTREAM_OK) {
        return RESTREAM_DECLINED;
    }

    return ap->change->set_destinations ? restream_apply_list(ap)
                                        : RESTREAM_OK;
}


/* what is shown may be sent back: the one in force is no change */

static int
restream_apply_maximum(restream_apply_t *ap)
{
    const restream_change_t  *change;

    change = ap->change;

    if (!change->set_maximum
        || change->maximum == ap->st->maximum
        || (ap->st->maximum == RESTREAM_MAXIMUM_NONE
            && change->maximum == change->max_destinations))
    {
        return RESTREAM_OK;
    }

    if (change->no_limits) {
        return restream_apply_no(ap, RESTREAM_CHANGE_NO_LIMITS, 0);
    }

    ap->st->maximum = change->maximum;
    ap->outcome->changed = 1;

    return RESTREAM_OK;
}


static int
restream_apply_delete_stream(restream_apply_t *ap)
{
    int  rc;

    rc = restream_apply_stream_version(ap);
    if (rc != RESTREAM_OK) {
        return rc;
    }

    ap->outcome->changed = (ap->have != NULL);
    restream_stream_destroy(&ap->st);

    return RESTREAM_OK;
}


static int
restream_apply_create_destination(restream_apply_t *ap)
{
    int          rc;
    const char  *name;

    rc = restream_apply_stream_version(ap);
    if (rc != RESTREAM_OK) {
        return rc;
    }

    name = ap->change->destinations[0].name;

    if (restream_stream_find_name(ap->st, name)
        || restream_apply_config_made(ap, name))
    {
        return restream_apply_no(ap, RESTREAM_CHANGE_NAME_TAKEN, 0);
    }

    rc = restream_apply_add(ap, 0);
    if (rc != RESTREAM_OK) {
        return rc;
    }

    return restream_apply_limit(ap);
}


static int
restream_apply_patch_destination(restream_apply_t *ap)
{
    int                               rc;
    restream_destination_t           *dst, *same;
    const restream_destination_set_t *set;

    rc = restream_apply_find(ap, &dst);
    if (rc != RESTREAM_OK) {
        return rc;
    }

    if (dst == NULL) {
        return restream_apply_patch_config_made(ap);
    }

    set = &ap->change->destinations[0];

    if ((set->set & RESTREAM_SET_NAME) && strcmp(set->name, dst->name) != 0) {
        same = restream_stream_find_name(ap->st, set->name);

        if (same || restream_apply_config_made(ap, set->name)) {
            return restream_apply_no(ap, RESTREAM_CHANGE_NAME_TAKEN, 0);
        }
    }

    return restream_apply_set(ap, dst, 0, 0);
}


static int
restream_apply_patch_config_made(restream_apply_t *ap)
{
    const restream_destination_set_t *set;

    set = &ap->change->destinations[0];

    if (set->set & ~RESTREAM_SET_ENABLED) {
        return restream_apply_no(ap, RESTREAM_CHANGE_READ_ONLY, 0);
    }

    return set->set ? restream_apply_switch(ap, ap->change->destination,
                                            set->enabled)
                    : RESTREAM_OK;
}


static int
restream_apply_delete_destination(restream_apply_t *ap)
{
    int                      rc;
    uint32_t                 i;
    restream_destination_t  *dst;

    rc = restream_apply_find(ap, &dst);
    if (rc != RESTREAM_OK) {
        return rc;
    }

    if (dst == NULL) {
        return restream_apply_no(ap, RESTREAM_CHANGE_READ_ONLY, 0);
    }

    i = (uint32_t) (dst - ap->st->destinations);

    restream_destination_clear(dst);

    ap->st->ndestinations--;
    memmove(dst, dst + 1,
            (ap->st->ndestinations - i) * sizeof(restream_destination_t));

    ap->outcome->changed = 1;

    return RESTREAM_OK;
}


/*
 * One that was stored before nginx.conf got one of the same name is what that
 * name means, so that it can still be renamed or removed by it; the id of the
 * other one tells them apart.
 */

int
restream_apply_find(restream_apply_t *ap, restream_destination_t **dst)
{
    const char  *name;

    name = ap->change->destination;

    if (ap->change->id) {
        *dst = restream_stream_find(ap->st, ap->change->id);

    } else if (name) {
        *dst = ap->change->config_made
               ? NULL : restream_stream_find_name(ap->st, name);

        if (*dst == NULL && restream_apply_config_made(ap, name)) {
            return restream_apply_version(ap, 0);
        }

    } else {
        *dst = NULL;
    }

    if (*dst == NULL) {
        return restream_apply_no(ap, RESTREAM_CHANGE_NO_DESTINATION, 0);
    }

    ap->outcome->id = (*dst)->id;

    return restream_apply_version(ap, (*dst)->version);
}
