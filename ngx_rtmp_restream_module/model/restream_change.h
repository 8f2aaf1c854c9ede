/*
 * One change of what is stored, as a request asks for it: built by whoever
 * reads the request, carried out whole or not at all by the store.
 *
 * Values have been validated; what only the stored rows can tell (does it
 * exist, is the name free, is the version right, is there room) is the
 * store's to find out, in the transaction that makes the change.
 */

#ifndef _RESTREAM_CHANGE_H_INCLUDED_
#define _RESTREAM_CHANGE_H_INCLUDED_


#include "restream_stream.h"


/* if_match of a stream that is not configured, or of a config-made one */

#define RESTREAM_VERSION_NONE       UINT64_MAX


typedef enum {
    RESTREAM_CHANGE_CREATE_STREAM = 1,
    RESTREAM_CHANGE_PATCH_STREAM,
    RESTREAM_CHANGE_DELETE_STREAM,
    RESTREAM_CHANGE_CREATE_DESTINATION,
    RESTREAM_CHANGE_PATCH_DESTINATION,
    RESTREAM_CHANGE_DELETE_DESTINATION,
    RESTREAM_CHANGE_SWITCH_DESTINATION,     /* start, stop; also of a
                                               config-made one */
    RESTREAM_CHANGE_SWITCH_STREAM           /* all destinations of it */
} restream_change_e;


/* which members a request gave */

#define RESTREAM_SET_NAME           0x01
#define RESTREAM_SET_URL            0x02
#define RESTREAM_SET_KEY            0x04
#define RESTREAM_SET_ENABLED        0x08
#define RESTREAM_SET_TITLE          0x10
#define RESTREAM_SET_DESCRIPTION    0x20
#define RESTREAM_SET_AUDIO          0x40


/* a destination as a body gives it; members that are not set are NULL or 0 */

typedef struct {
    unsigned                  set;          /* RESTREAM_SET_* */
    int                       enabled;
    char                     *name;
    char                     *url;
    char                     *key;
    char                     *title;        /* NULL with its bit: removed */
    char                     *description;
    char                     *audio;        /* NULL with its bit: removed */
} restream_destination_set_t;


typedef struct {
    restream_change_e             kind;
    uint64_t                      now;          /* UTC, ms */

    char                         *app;
    char                         *name;         /* of the stream */

    /* which destination: id, or name when id is 0 */
    uint64_t                      id;
    char                         *destination;  /* NULL: id */
    int                           config_made;  /* the config-made one of that
                                                   name, whatever is stored */

    uint64_t                      if_match;     /* version of the destination
                                                   that is named, else of the
                                                   stream; 0: any */

    int                           create_stream; /* it is live: it exists, also
                                                   when nothing is stored */

    /* CREATE_STREAM, PATCH_STREAM */
    int                           set_maximum;
    int                           no_limits;    /* who asks may not change it:
                                                   without "limits" */
    uint32_t                      maximum;      /* RESTREAM_MAXIMUM_NONE:
                                                   removed */
    int                           set_destinations; /* the list is given: it
                                                   replaces what is there */

    /* CREATE_STREAM, PATCH_STREAM: the list; *_DESTINATION: one */
    restream_destination_set_t   *destinations;
    uint32_t                      ndestinations;

    int                           enabled;      /* SWITCH_* */
    int                           need_live;    /* SWITCH_* on: refused, since
                                                   the stream is not live */

    /* what the application has by itself: their names are taken, their
     * switches may be set, they count for the limit */
    char                        **config_names;
    uint32_t                      nconfig_names;
    uint32_t                      max_destinations; /* for streams without a
                                                   maximum of their own; 0:
                                                   RESTREAM_MAXIMUM_MAX */

    /* POST only: NULL or the client's, unique together with who */
    char                         *idempotency_key;
    char                         *who;          /* token's name, jwt's sub */
    uint8_t                       request_hash[32]; /* SHA-256 of method, path
                                                   and body; the store keeps a
                                                   MAC of it */
} restream_change_t;


/*
 * What changes are, beyond what the words say:
 *
 *   A stream exists when it is configured or live.  One that only has switches
 *   has version 0, and so has a config-made destination.
 *
 *   version counts changes of what is stored and shown, enabled included,
 *   whether a PATCH or a switch set it: If-Match protects from both.  What is
 *   observed (state, counters) does not count.  A change adds one to each
 *   destination that it touches and one to the stream, whatever it touches.
 *   What is so already is no change.  What is made begins with 1, or above all
 *   versions that have been removed, whatever their names.
 *
 *   A list replaces: the destinations that it does not name go.  An entry with
 *   the name of a stored one keeps that one's id and place, and its url, key
 *   and enabled where it gives none; title, description and audio that it does
 *   not give are removed.  An entry with the name of a config-made one may set
 *   its switch; what else it holds has been sent back and is ignored, but a
 *   key, which is never sent, is RESTREAM_CHANGE_READ_ONLY.
 *
 *   A PATCH of a config-made destination may set enabled and nothing else.
 *
 *   The limit is looked at when there would be more destinations than before.
 */


typedef enum {
    RESTREAM_CHANGED = 0,               /* or nothing had to change */
    RESTREAM_CHANGE_REPLAYED,           /* done before, same idempotency key */
    RESTREAM_CHANGE_NO_STREAM,
    RESTREAM_CHANGE_NO_DESTINATION,
    RESTREAM_CHANGE_STREAM_EXISTS,
    RESTREAM_CHANGE_NAME_TAKEN,         /* index: which of the list */
    RESTREAM_CHANGE_LIMIT,              /* count and maximum say it */
    RESTREAM_CHANGE_VERSION,            /* if_match is not the version */
    RESTREAM_CHANGE_KEY_MISSING,        /* index: a new name without a key and
                                           a url that has none */
    RESTREAM_CHANGE_READ_ONLY,          /* config-made: only its switch */
    RESTREAM_CHANGE_NOT_LIVE,           /* need_live */
    RESTREAM_CHANGE_NO_LIMITS,          /* maximum is another, and no_limits */
    RESTREAM_CHANGE_REUSED              /* idempotency key of another request */
} restream_change_result_e;


typedef struct {
    restream_change_result_e      result;
    uint32_t                      index;        /* of change->destinations */
    uint32_t                      count;        /* there would be */
    uint32_t                      maximum;
    uint64_t                      id;           /* of the destination that was
                                                   made, patched, switched or
                                                   removed; 0: config-made, or
                                                   none */
    uint64_t                      revision;     /* of the store behind it */
    int                           changed;      /* 0: all was so already */
    restream_stream_t            *stream;       /* read back, the caller's;
                                                   NULL: it is gone */
} restream_change_outcome_t;


/* Frees all that hangs on it, keys wiped; *change is cleared. */
void restream_change_destroy(restream_change_t **change);


#endif /* _RESTREAM_CHANGE_H_INCLUDED_ */
