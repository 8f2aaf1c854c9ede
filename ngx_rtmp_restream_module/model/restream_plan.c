/*
 * What has to change so that what runs is what is wanted.
 *
 * Every item is looked up in the other list by a plain search: a stream has
 * tens of destinations, and plans are rare.
 */

#include "restream_plan.h"


static const restream_plan_item_t *restream_plan_find(
    const restream_plan_item_t *items, uint32_t n, uint64_t id);


uint32_t
restream_plan(const restream_plan_item_t *wanted, uint32_t nwanted,
    const restream_plan_item_t *have, uint32_t nhave,
    restream_plan_step_t *steps)
{
    uint32_t                     i;
    restream_plan_step_t        *st;
    const restream_plan_item_t  *h;

    st = steps;

    for (i = 0; i < nhave; i++) {
        if (restream_plan_find(wanted, nwanted, have[i].id) == NULL) {
            st->step = RESTREAM_PLAN_REMOVE;
            st->have = i;
            st++;
        }
    }

    for (i = 0; i < nwanted; i++) {
        h = restream_plan_find(have, nhave, wanted[i].id);

        if (h == NULL || (h->revision == wanted[i].revision
                          && h->target == wanted[i].target))
        {
            continue;
        }

        st->step = h->target == wanted[i].target ? RESTREAM_PLAN_UPDATE
                                                 : RESTREAM_PLAN_RESTART;
        st->wanted = i;
        st->have = (uint32_t) (h - have);
        st++;
    }

    /* last, for a restart may free the key that one of them takes over */

    for (i = 0; i < nwanted; i++) {
        if (restream_plan_find(have, nhave, wanted[i].id) == NULL) {
            st->step = RESTREAM_PLAN_ADD;
            st->wanted = i;
            st++;
        }
    }

    return (uint32_t) (st - steps);
}


static const restream_plan_item_t *
restream_plan_find(const restream_plan_item_t *items, uint32_t n, uint64_t id)
{
    uint32_t  i;

    for (i = 0; i < n; i++) {
        if (items[i].id == id) {
            return &items[i];
        }
    }

    return NULL;
}
