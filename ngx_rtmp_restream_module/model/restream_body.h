/*
 * The body of a call: from JSON to the change that it asks for.
 *
 *     restream_route_find()   method and path -> route
 *     restream_body_begin()   route -> change, with what the path says
 *     restream_body_read()    body -> what the client wants in it, or all that
 *                             is wrong with it
 *
 * Nothing here knows what is stored: what only that can tell is the store's.
 */

#ifndef _RESTREAM_BODY_H_INCLUDED_
#define _RESTREAM_BODY_H_INCLUDED_


#include "restream_change.h"
#include "restream_errors.h"
#include "restream_format.h"
#include "restream_route.h"


typedef struct {
    unsigned   schemes;         /* RESTREAM_SCHEME_*, those of urls allowed */
    uint8_t    random[RESTREAM_FORMAT_RANDOM];  /* names a stream that is
                                                   created without a name */
} restream_body_conf_t;


/*
 * Begins the change that a call makes: its kind, which stream and destination,
 * and what a start or stop switches.  All else is zero.
 *
 * out   *change   the caller's; NULL unless OK
 * ret   OK; DECLINED: the call changes nothing; ERROR: no memory
 */
int restream_body_begin(const restream_route_t *route,
    restream_change_t **change);

/*
 * Reads the body that comes with the change.
 *
 * Members that are only ever read (id, state, stats, keyHint and the like) may
 * be sent back and are ignored, any other that is not known is an error.  A
 * stream's app and name may be sent back to its own path.
 *
 * null takes away title, description, audio, maximum and key.  A destination
 * without a key has it at the end of its url.  What is created without a name
 * gets one, if it is a stream.
 *
 * A start or stop has no body, or {}.  A DELETE has none that is looked at.
 *
 * in    body      any bytes
 * out   *change   completed on OK; else to be destroyed only
 *       *errors   set on DECLINED
 * ret   OK, DECLINED; ERROR: no memory
 */
int restream_body_read(restream_change_t *change, restream_str_t body,
    const restream_body_conf_t *conf, restream_errors_t *errors);


#endif /* _RESTREAM_BODY_H_INCLUDED_ */
