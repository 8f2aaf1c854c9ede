/*
 * The parameters of a call: "app=live&limit=20".
 */

#ifndef _RESTREAM_QUERY_H_INCLUDED_
#define _RESTREAM_QUERY_H_INCLUDED_


#include "restream_errors.h"
#include "restream_route.h"
#include "restream_stream.h"


#define RESTREAM_QUERY_LIMIT       100      /* items of a page, by default */
#define RESTREAM_QUERY_LIMIT_MAX   1000
#define RESTREAM_QUERY_Q_MAX       255      /* characters searched for */

/* bytes of a cursor, with the terminating zero: base64url of two names */

#define RESTREAM_QUERY_CURSOR                                                 \
    (((RESTREAM_APP_MAX + 1 + RESTREAM_STREAM_NAME_MAX) * 4 + 2) / 3 + 1)


typedef enum {
    RESTREAM_QUERY_ANY = 0,
    RESTREAM_QUERY_LIVE,
    RESTREAM_QUERY_NOT_LIVE
} restream_query_live_e;


/* all strings are terminated, and empty where nothing was given */

typedef struct {
    char                    app[RESTREAM_APP_MAX + 1];
    restream_query_live_e   live;
    char                    q[4 * RESTREAM_QUERY_Q_MAX + 1];
    uint32_t                limit;
    char                    after_app[RESTREAM_APP_MAX + 1];
    char                    after_name[RESTREAM_STREAM_NAME_MAX + 1];
    unsigned                reveal_key:1;   /* needs RESTREAM_CAN_KEYS */
} restream_query_t;


/*
 * Reads the query of a call.  Names and values are percent-decoded once, a '+'
 * is a space.  A parameter without a value is as none; what the call does not
 * know, and what is given twice, is an error: a misspelt filter would answer
 * with everything.
 *
 *     app, live=true|false, q, limit, cursor   of LIST_STREAMS
 *     reveal=key                               of every call that reads streams
 *                                              or destinations
 *
 * in    text      behind the '?'
 * out   *query
 *       *errors   on DECLINED: named by parameter
 * ret   OK, DECLINED; ERROR: no memory for the errors
 */
int restream_query_read(restream_query_t *query, restream_call_e call,
    restream_str_t text, restream_errors_t *errors);

/*
 * The cursor of the page behind a stream.  It is opaque to clients, and says
 * no more than they have seen.
 *
 * in    app, name  1 to 255 bytes each, without control characters
 */
void restream_query_cursor(const char *app, const char *name,
    char out[RESTREAM_QUERY_CURSOR]);


#endif /* _RESTREAM_QUERY_H_INCLUDED_ */
