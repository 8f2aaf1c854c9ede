/*
 * The steps that a change is made of: private to restream_apply*.c.
 *
 * A step returns OK; DECLINED the answer is "no", outcome->result says which;
 * ERROR no memory.
 */

#ifndef _RESTREAM_APPLY_SET_H_INCLUDED_
#define _RESTREAM_APPLY_SET_H_INCLUDED_


#include "restream_change.h"


typedef struct {
    const restream_stream_t    *have;       /* NULL: nothing is stored */
    const restream_change_t    *change;
    restream_stream_t          *st;         /* in the making, a copy of have */
    restream_change_outcome_t  *outcome;
} restream_apply_t;


/* index: of change->destinations, see outcome */
int restream_apply_no(restream_apply_t *ap, restream_change_result_e result,
    uint32_t index);

/*
 * The destination that is meant, in the version that is meant.
 *
 * out   *dst   NULL: a config-made one, change->destination names it
 */
int restream_apply_find(restream_apply_t *ap, restream_destination_t **dst);

/* DECLINED: the stream is not in the version that is meant. */
int restream_apply_stream_version(restream_apply_t *ap);

/* The application has a destination of that name by itself. */
int restream_apply_config_made(const restream_apply_t *ap, const char *name);

/* Appends a destination whose name is free. */
int restream_apply_add(restream_apply_t *ap, uint32_t index);

/*
 * Sets the members of a destination.
 *
 * in    replace   title, description and audio that are not given are removed
 */
int restream_apply_set(restream_apply_t *ap, restream_destination_t *dst,
    uint32_t index, int replace);

/* The kinds of change that are switches. */
int restream_apply_switch_destination(restream_apply_t *ap);
int restream_apply_switch_stream(restream_apply_t *ap);

/* The switch of a config-made destination. */
int restream_apply_switch(restream_apply_t *ap, const char *name, int enabled);

/* DECLINED: there would be more destinations than there may be. */
int restream_apply_limit(restream_apply_t *ap);

/* Makes the destinations of the stream those of the change. */
int restream_apply_list(restream_apply_t *ap);


#endif /* _RESTREAM_APPLY_SET_H_INCLUDED_ */
