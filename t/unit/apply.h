/*
 * A stream that changes are applied to, one after the other, as a store does.
 */

#ifndef _APPLY_H_INCLUDED_
#define _APPLY_H_INCLUDED_


#include "test.h"

#include "change.h"
#include "model/restream_apply.h"


static restream_stream_t          *st;          /* as it is stored */
static restream_change_outcome_t   outcome;


/* what is new gets an id, counted from 1 */

static inline void
number(restream_stream_t *made)
{
    uint32_t  i;
    uint64_t  id;

    id = 0;

    for (i = 0; made && i < made->ndestinations; i++) {
        if (made->destinations[i].id > id) {
            id = made->destinations[i].id;
        }
    }

    for (i = 0; made && i < made->ndestinations; i++) {
        if (made->destinations[i].id == 0) {
            made->destinations[i].id = ++id;
        }
    }
}


/* carries it out, as a store would; c is gone */

static inline restream_change_result_e
apply(restream_change_t *c)
{
    int                 rc;
    restream_stream_t  *made;

    rc = restream_change_apply(st, c, &made, &outcome);
    restream_change_destroy(&c);

    if (rc != RESTREAM_OK) {
        ok(0, "a change without an error");
        return 1000;
    }

    if (!outcome.changed) {
        if (made) {
            ok(0, "nothing is made of no change");
        }

        return outcome.result;
    }

    number(made);

    restream_stream_destroy(&st);
    st = made;

    return outcome.result;
}


/* two destinations, a and b; version 1 */

static inline void
stream(void)
{
    restream_change_t  *c;

    restream_stream_destroy(&st);

    c = change(RESTREAM_CHANGE_CREATE_STREAM);
    entry(c, "a", "rtmp://a.example/live", "key-a");
    entry_texts(entry(c, "b", "rtmp://b.example/live", "key-b"), "Title",
                "Text", "auto");

    if (apply(c) != RESTREAM_CHANGED) {
        ok(0, "a stream to begin with");
    }
}


static inline restream_destination_t *
dst(const char *name)
{
    return restream_stream_find_name(st, name);
}


#endif /* _APPLY_H_INCLUDED_ */
