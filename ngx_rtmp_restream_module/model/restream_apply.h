/*
 * What a change makes of a stream: the rules of the control plane, the same
 * for every backend of the store.
 *
 * Pure: a backend reads the stored stream under its lock, asks here, and
 * writes the difference.
 */

#ifndef _RESTREAM_APPLY_H_INCLUDED_
#define _RESTREAM_APPLY_H_INCLUDED_


#include "restream_change.h"


/*
 * in    have      as stored; NULL: nothing is
 * out   *made     with outcome->changed: as it is to be stored, the caller's,
 *                 or NULL: it is to be removed; else NULL.  Destinations and
 *                 switches of have stand in the same order, those that are new
 *                 behind them.  The backend sets what only it can: the id of
 *                 new destinations, which is 0, and the revision.
 *       *outcome  all but revision, the id of a new destination and stream
 * ret   OK; ERROR no memory
 */
int restream_change_apply(const restream_stream_t *have,
    const restream_change_t *change, restream_stream_t **made,
    restream_change_outcome_t *outcome);


#endif /* _RESTREAM_APPLY_H_INCLUDED_ */
