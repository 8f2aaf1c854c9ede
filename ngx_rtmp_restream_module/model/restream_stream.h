/*
 * What is stored of a stream and its destinations: the words of the API, in
 * plain structs.
 *
 * Strings are UTF-8, terminated, never NULL unless said.  A stream owns all
 * that hangs on it.
 */

#ifndef _RESTREAM_STREAM_H_INCLUDED_
#define _RESTREAM_STREAM_H_INCLUDED_


#include "../lib/restream.h"


#define RESTREAM_APP_MAX            255     /* bytes */
#define RESTREAM_STREAM_NAME_MAX    255     /* bytes */
#define RESTREAM_NAME_MAX           100     /* characters, destination's name */
#define RESTREAM_DESTINATION_URL_MAX 2048   /* bytes */
#define RESTREAM_KEY_MAX            2048    /* bytes */
#define RESTREAM_TITLE_MAX          255     /* characters */
#define RESTREAM_DESCRIPTION_MAX    5000    /* characters */

#define RESTREAM_MAXIMUM_MAX        10000   /* destinations of a stream */

#define RESTREAM_MAXIMUM_NONE       0       /* restream_max_destinations */


typedef struct {
    uint64_t                  id;           /* random, never 0; "d_" and 16 hex
                                               digits outside */
    uint64_t                  version;      /* from 1; counts changes of what
                                               is configured */
    uint64_t                  created_at;   /* UTC, ms */
    uint64_t                  updated_at;   /* UTC, ms */
    int                       enabled;
    char                     *name;
    char                     *url;          /* rtmp:// or rtmps://, as given */
    char                     *key;          /* "": the last part of the url */
    char                     *title;        /* NULL: none */
    char                     *description;  /* NULL: none */
    char                     *audio;        /* NULL: as the application says */
} restream_destination_t;


/* the switch of a destination that nginx.conf makes */

typedef struct {
    char                     *name;
    int                       enabled;
} restream_switch_t;


typedef struct {
    char                     *app;
    char                     *name;
    int                       configured;   /* 0: only switches are stored */
    uint32_t                  maximum;      /* RESTREAM_MAXIMUM_NONE or the
                                               stream's own */
    uint64_t                  version;      /* from 1 or more; also counts
                                               changes of its destinations and
                                               switches;
                                               0: not configured */
    uint64_t                  revision;     /* of the whole store: grows with
                                               every change of anything here,
                                               switches included, and is at
                                               least the time of it, ms */
    uint64_t                  created_at;   /* UTC, ms */
    uint64_t                  updated_at;   /* UTC, ms */
    restream_destination_t   *destinations; /* n of them, in order of making */
    uint32_t                  ndestinations;
    restream_switch_t        *switches;
    uint32_t                  nswitches;
} restream_stream_t;


/* NULL: no memory */
restream_stream_t *restream_stream_copy(const restream_stream_t *st);

/* Wipes keys; *st is cleared; NULL is fine. */
void restream_stream_destroy(restream_stream_t **st);

/* Frees what hangs on it, not dst itself, which is zeroed. */
void restream_destination_clear(restream_destination_t *dst);

/* Wipes and frees a key, or a url, which may hold one; *s is cleared. */
void restream_secret_free(char **s);

/* NULL: no such id, or name */
restream_destination_t *restream_stream_find(const restream_stream_t *st,
    uint64_t id);
restream_destination_t *restream_stream_find_name(const restream_stream_t *st,
    const char *name);


#endif /* _RESTREAM_STREAM_H_INCLUDED_ */
