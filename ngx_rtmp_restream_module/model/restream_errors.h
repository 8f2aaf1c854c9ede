/*
 * What is wrong with a request, all of it at once: what an answer in
 * problem+json lists.
 */

#ifndef _RESTREAM_ERRORS_H_INCLUDED_
#define _RESTREAM_ERRORS_H_INCLUDED_


#include "../lib/restream.h"


#define RESTREAM_ERRORS_MAX      100    /* listed; the rest is counted */
#define RESTREAM_ERRORS_DETAIL   512    /* bytes of a sentence */


typedef enum {
    RESTREAM_ERRORS_NONE = 0,
    RESTREAM_ERRORS_SYNTAX,             /* 400: it cannot be read */
    RESTREAM_ERRORS_CONTENT             /* 422: it says what cannot be */
} restream_errors_e;


typedef struct {
    char               *pointer;    /* RFC 6901, "" is all of it: into the
                                       body, or into the query taken for an
                                       object; NULL: it cannot be read */
    char               *detail;     /* a sentence; never holds a stream key or
                                       a password */
} restream_error_t;


typedef struct {
    restream_errors_e   kind;       /* of the first one */
    restream_error_t   *list;       /* n of them, in UTF-8 */
    uint32_t            n;
    uint32_t            total;      /* n, or more than could be listed */
    unsigned            nomem:1;    /* something could not be added */
} restream_errors_t;                /* zero-filled before the first */


/*
 * Adds an error about a value.
 *
 * in    base      pointer to the object or array that it is in, "" on top
 *       member    its name there, not escaped; NULL: the value is base itself
 *       fmt       of the detail
 */
void restream_errors_add(restream_errors_t *errors, const char *base,
    const char *member, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* what was to be read cannot be; this is the only one then */
void restream_errors_syntax(restream_errors_t *errors, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Frees the list; *errors is as new. */
void restream_errors_free(restream_errors_t *errors);


#endif /* _RESTREAM_ERRORS_H_INCLUDED_ */
