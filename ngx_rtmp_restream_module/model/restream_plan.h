/*
 * What has to change so that what runs is what is wanted.
 *
 * Pure: two lists in, one list of steps out.
 */

#ifndef _RESTREAM_PLAN_H_INCLUDED_
#define _RESTREAM_PLAN_H_INCLUDED_


#include "../lib/restream.h"


typedef struct {
    uint64_t   id;              /* stable identity of the destination */
    uint64_t   revision;        /* changes when anything of it changes */
    uint64_t   target;          /* changes when url, key or anything else that
                                   needs a new connection changes */
} restream_plan_item_t;


typedef enum {
    RESTREAM_PLAN_ADD = 1,      /* wanted, not there */
    RESTREAM_PLAN_REMOVE,       /* there, not wanted */
    RESTREAM_PLAN_RESTART,      /* there, its target changed */
    RESTREAM_PLAN_UPDATE        /* there, changed without a new connection */
} restream_plan_step_e;


typedef struct {
    restream_plan_step_e   step;
    uint32_t               wanted;      /* index; not set for REMOVE */
    uint32_t               have;        /* index; not set for ADD */
} restream_plan_step_t;


/*
 * in    wanted[nwanted], have[nhave]   ids are unique in each list; any order
 * out   steps     room for nwanted + nhave; removals come first and additions
 *                 last, so that no server sees the same key published twice
 * ret   number of steps
 */
uint32_t restream_plan(const restream_plan_item_t *wanted, uint32_t nwanted,
    const restream_plan_item_t *have, uint32_t nhave,
    restream_plan_step_t *steps);


#endif /* _RESTREAM_PLAN_H_INCLUDED_ */
