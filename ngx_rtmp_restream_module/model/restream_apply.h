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


/*
 * Sets the versions of what a change has made or has given another name, so
 * that no version comes back under a name that had it: whoever has seen what
 * was removed changes nothing of what is in its place now.
 *
 * in    have, made  as of restream_change_apply(), with outcome->changed
 *       *retired    the highest version that has lost its name, in all of the
 *                   store; 0 in one that is new
 * out   *retired    with this change
 */
void restream_change_versions(const restream_stream_t *have,
    restream_stream_t *made, uint64_t *retired);


#endif /* _RESTREAM_APPLY_H_INCLUDED_ */
