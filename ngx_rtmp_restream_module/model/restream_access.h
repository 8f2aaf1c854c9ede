/*
 * Who may do what: capabilities, and the streams that they are for.
 *
 * A grant is what a token, a JWT or the local operator is allowed.  Regular
 * expressions are compiled and run by somebody else, through match.
 */

#ifndef _RESTREAM_ACCESS_H_INCLUDED_
#define _RESTREAM_ACCESS_H_INCLUDED_


#include "../lib/restream.h"


#define RESTREAM_CAN_READ        0x01
#define RESTREAM_CAN_WRITE       0x02
#define RESTREAM_CAN_START       0x04
#define RESTREAM_CAN_STOP        0x08
#define RESTREAM_CAN_KEYS        0x10
#define RESTREAM_CAN_EVENTS      0x20
#define RESTREAM_CAN_WEBHOOKS    0x40
#define RESTREAM_CAN_LIMITS      0x80
#define RESTREAM_CAN_ALL         0xff

#define RESTREAM_ACCESS_PATTERN  512    /* bytes of a pattern */
#define RESTREAM_ACCESS_MAX      64     /* patterns of a grant */


typedef enum {
    RESTREAM_PATTERN_EXACT = 0,         /* live/alice */
    RESTREAM_PATTERN_PREFIX,            /* live/alice* */
    RESTREAM_PATTERN_REGEX              /* ~^live/alice[0-9]+$ */
} restream_pattern_e;


typedef struct {
    restream_pattern_e           kind;
    size_t                       len;   /* of text, bytes */
    char                        *text;  /* terminated; no "~", no last "*" */
    void                        *regex; /* REGEX: for match; whose it is, who
                                           compiled it says; NULL: none */
} restream_pattern_t;


/* 1: it matches, anywhere in "app/name" as regular expressions do */
typedef int (*restream_access_match_pt)(void *regex, restream_str_t text);


typedef struct {
    unsigned                     capabilities;  /* RESTREAM_CAN_* */
    unsigned                     limited:1;     /* to streams of patterns; also
                                                   with none of them */
    uint32_t                     npatterns;
    restream_pattern_t          *patterns;
    restream_access_match_pt     match;         /* NULL: no regex matches */
} restream_access_t;                            /* zero-filled: nothing */


/* By name; "start-broadcast-call" is start, "stop-broadcast-call" is stop.
 * 0: there is none of that name. */
unsigned restream_access_capability(restream_str_t name);

/* of one RESTREAM_CAN_*, a literal; NULL: it is none */
const char *restream_access_name(unsigned capability);

/*
 * Reads a list of names, such as "read,write".
 *
 * in    separator ',' or ' '; a space may come more than once
 * out   *capabilities   of those that are known
 *       *unknown        the first that is not; len 0 without data: none.  Also
 *                       nothing between two commas is unknown.
 */
void restream_access_list(restream_str_t list, uint8_t separator,
    unsigned *capabilities, restream_str_t *unknown);


/*
 * Adds a pattern; the grant is limited from then on.
 *
 * out   *err      on ERROR: what is wrong, a literal
 * ret   OK, ERROR
 */
int restream_access_add(restream_access_t *access, restream_str_t pattern,
    const char **err);

/* Frees the patterns; *access is as new. */
void restream_access_free(restream_access_t *access);


/* 1: it may */
int restream_access_allows(const restream_access_t *access,
    unsigned capability);

/*
 * 1: the stream is there for the grant.  What is not is as if it did not exist:
 * neither shown nor counted, answered as a stream that is not there.
 *
 * Patterns are held against "app/name".  An application with a slash in its
 * name is seen by grants without limits only: live/a/b would be two streams.
 */
int restream_access_sees(const restream_access_t *access, restream_str_t app,
    restream_str_t name);


#endif /* _RESTREAM_ACCESS_H_INCLUDED_ */
