/*
 * A list of destinations takes the place of those that are stored.
 *
 * Names are looked up in sorted copies: a list has as many as a body can hold,
 * and all of this happens under the lock of the store.
 */

#include "restream_apply_set.h"

#include <stdlib.h>
#include <string.h>


typedef struct {
    const char               *name;
    uint32_t                  index;
} restream_apply_name_t;


typedef struct {
    restream_apply_name_t    *stored;       /* n of them, by name */
    uint8_t                  *kept;         /* by index */
    uint32_t                  n;
} restream_apply_stored_t;


static int restream_apply_unique(restream_apply_t *ap);
static int restream_apply_stored(restream_apply_t *ap,
    restream_apply_stored_t *old);
static int restream_apply_entry(restream_apply_t *ap,
    restream_apply_stored_t *old, uint32_t index);
static int restream_apply_entry_config_made(restream_apply_t *ap,
    uint32_t index);
static void restream_apply_remove(restream_apply_t *ap,
    const restream_apply_stored_t *old);
static int restream_apply_name_cmp(const void *one, const void *two);


int
restream_apply_list(restream_apply_t *ap)
{
    int                      rc;
    uint32_t                 i;
    restream_apply_stored_t  old;

    rc = restream_apply_unique(ap);
    if (rc != RESTREAM_OK) {
        return rc;
    }

    rc = restream_apply_stored(ap, &old);

    for (i = 0; rc == RESTREAM_OK && i < ap->change->ndestinations; i++) {
        rc = restream_apply_entry(ap, &old, i);
    }

    if (rc == RESTREAM_OK) {
        restream_apply_remove(ap, &old);
        rc = restream_apply_limit(ap);
    }

    free(old.stored);
    free(old.kept);

    return rc;
}


/* the bodies' reader has looked at this; a row twice would be worse */

static int
restream_apply_unique(restream_apply_t *ap)
{
    uint32_t                i, n, twice;
    restream_apply_name_t  *names;

    n = ap->change->ndestinations;

    if (n < 2) {
        return RESTREAM_OK;
    }

    names = malloc(n * sizeof(restream_apply_name_t));
    if (names == NULL) {
        return RESTREAM_ERROR;
    }

    for (i = 0; i < n; i++) {
        names[i].name = ap->change->destinations[i].name;
        names[i].index = i;
    }

    qsort(names, n, sizeof(restream_apply_name_t), restream_apply_name_cmp);

    twice = n;

    for (i = 1; i < n; i++) {
        if (strcmp(names[i - 1].name, names[i].name) == 0
            && names[i].index < twice)
        {
            twice = names[i].index;
        }
    }

    free(names);

    return twice == n ? RESTREAM_OK
                      : restream_apply_no(ap, RESTREAM_CHANGE_NAME_TAKEN,
                                          twice);
}


static int
restream_apply_stored(restream_apply_t *ap, restream_apply_stored_t *old)
{
    uint32_t  i;

    old->n = ap->st->ndestinations;
    old->stored = NULL;
    old->kept = NULL;

    if (old->n == 0) {
        return RESTREAM_OK;
    }

    old->stored = malloc(old->n * sizeof(restream_apply_name_t));
    old->kept = calloc(old->n, 1);

    if (old->stored == NULL || old->kept == NULL) {
        return RESTREAM_ERROR;
    }

    for (i = 0; i < old->n; i++) {
        old->stored[i].name = ap->st->destinations[i].name;
        old->stored[i].index = i;
    }

    qsort(old->stored, old->n, sizeof(restream_apply_name_t),
          restream_apply_name_cmp);

    return RESTREAM_OK;
}


static int
restream_apply_entry(restream_apply_t *ap, restream_apply_stored_t *old,
    uint32_t index)
{
    size_t       lo, hi, mid;
    int          order;
    const char  *name;

    name = ap->change->destinations[index].name;

    lo = 0;
    hi = old->n;

    while (lo < hi) {
        mid = lo + (hi - lo) / 2;
        order = strcmp(name, old->stored[mid].name);

        if (order == 0) {
            old->kept[old->stored[mid].index] = 1;
            return restream_apply_set(ap, &ap->st->destinations[
                                              old->stored[mid].index],
                                      index, 1);
        }

        if (order < 0) {
            hi = mid;

        } else {
            lo = mid + 1;
        }
    }

    return restream_apply_config_made(ap, name)
           ? restream_apply_entry_config_made(ap, index)
           : restream_apply_add(ap, index);
}


static int
restream_apply_entry_config_made(restream_apply_t *ap, uint32_t index)
{
    const restream_destination_set_t  *set;

    set = &ap->change->destinations[index];

    if (ap->change->kind == RESTREAM_CHANGE_CREATE_STREAM) {
        return restream_apply_no(ap, RESTREAM_CHANGE_NAME_TAKEN, index);
    }

    if (set->set & RESTREAM_SET_KEY) {
        return restream_apply_no(ap, RESTREAM_CHANGE_READ_ONLY, index);
    }

    return (set->set & RESTREAM_SET_ENABLED)
           ? restream_apply_switch(ap, set->name, set->enabled)
           : RESTREAM_OK;
}


/* what the list has not named; what it has added stands behind */

static void
restream_apply_remove(restream_apply_t *ap, const restream_apply_stored_t *old)
{
    uint32_t                 i, n;
    restream_destination_t  *dst;

    dst = ap->st->destinations;
    n = 0;

    for (i = 0; i < ap->st->ndestinations; i++) {
        if (i < old->n && !old->kept[i]) {
            restream_destination_clear(&dst[i]);
            ap->outcome->changed = 1;
            continue;
        }

        if (n != i) {
            dst[n] = dst[i];
        }

        n++;
    }

    ap->st->ndestinations = n;
}


static int
restream_apply_name_cmp(const void *one, const void *two)
{
    int                           order;
    const restream_apply_name_t  *a, *b;

    a = one;
    b = two;

    order = strcmp(a->name, b->name);

    if (order == 0) {
        order = a->index < b->index ? -1 : 1;
    }

    return order;
}
