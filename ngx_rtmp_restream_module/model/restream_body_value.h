/*
 * What the files of restream_body share.
 *
 * A value in a body is told by a pointer (RFC 6901) to what it is in, base, and
 * its name there, member; NULL: it is what base points to.
 */

#ifndef _RESTREAM_BODY_VALUE_H_INCLUDED_
#define _RESTREAM_BODY_VALUE_H_INCLUDED_


#include "restream_body.h"

#include <jansson.h>


typedef struct {
    restream_change_t            *change;
    const restream_body_conf_t   *conf;
    restream_errors_t            *errors;
} restream_body_t;


/* Reads a destination; set is zero-filled and on its way into the change. */
void restream_body_destination(restream_body_t *body, const char *base,
    json_t *object, restream_destination_set_t *set);


/* 1: nothing is stored yet of what the body describes */
int restream_body_creates(const restream_body_t *body);

/* 1: name is one of names, which end in NULL */
int restream_body_found(const char *const *names, const char *name);

/* These add an error: a member that nobody knows, a value of another type. */

void restream_body_unknown(restream_body_t *body, const char *base,
    const char *member);
void restream_body_type(restream_body_t *body, const char *base,
    const char *member, json_t *value, const char *expected);

/* of a string; borrowed, terminated, and with no other zero in it */
restream_str_t restream_body_text(json_t *value);

/* NULL: errors->nomem is set */
char *restream_body_copy(restream_errors_t *errors, const char *text);


#endif /* _RESTREAM_BODY_VALUE_H_INCLUDED_ */
