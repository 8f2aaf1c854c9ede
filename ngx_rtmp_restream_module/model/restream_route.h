/*
 * Which call a request makes: its method and its path, as the client wrote it.
 *
 * Paths are matched segment by segment, each of them decoded once, so that %2F
 * is a slash within a name.  What nginx makes of a path (decoded, with slashes
 * merged) would lose it.
 */

#ifndef _RESTREAM_ROUTE_H_INCLUDED_
#define _RESTREAM_ROUTE_H_INCLUDED_


#include "restream_access.h"
#include "restream_stream.h"


#define RESTREAM_METHOD_GET       0x01
#define RESTREAM_METHOD_HEAD      0x02
#define RESTREAM_METHOD_POST      0x04
#define RESTREAM_METHOD_PATCH     0x08
#define RESTREAM_METHOD_DELETE    0x10
#define RESTREAM_METHOD_OPTIONS   0x20

/* bytes, with the terminating zero: a name in UTF-8; every method */

#define RESTREAM_ROUTE_DESTINATION   (4 * RESTREAM_NAME_MAX + 1)
#define RESTREAM_ROUTE_ALLOW                                                  \
    sizeof("GET, HEAD, POST, PATCH, DELETE, OPTIONS")


/* symbol, method, path, capability */

#define RESTREAM_CALLS(X)                                                     \
    X(OPENAPI, GET, "openapi.json", 0)                                        \
    X(HEALTH, GET, "health", 0)                                               \
    X(PLATFORMS, GET, "platforms", RESTREAM_CAN_READ)                         \
    X(LIST_STREAMS, GET, "streams", RESTREAM_CAN_READ)                        \
    X(CREATE_STREAM, POST, "streams", RESTREAM_CAN_WRITE)                     \
    X(GET_STREAM, GET, "streams/{app}/{name}", RESTREAM_CAN_READ)             \
    X(PATCH_STREAM, PATCH, "streams/{app}/{name}", RESTREAM_CAN_WRITE)        \
    X(DELETE_STREAM, DELETE, "streams/{app}/{name}", RESTREAM_CAN_WRITE)      \
    X(START_STREAM, POST, "streams/{app}/{name}/start", RESTREAM_CAN_START)   \
    X(STOP_STREAM, POST, "streams/{app}/{name}/stop", RESTREAM_CAN_STOP)      \
    X(LIST_DESTINATIONS, GET, "streams/{app}/{name}/destinations",            \
      RESTREAM_CAN_READ)                                                      \
    X(CREATE_DESTINATION, POST, "streams/{app}/{name}/destinations",          \
      RESTREAM_CAN_WRITE)                                                     \
    X(GET_DESTINATION, GET, "streams/{app}/{name}/destinations/{id}",         \
      RESTREAM_CAN_READ)                                                      \
    X(PATCH_DESTINATION, PATCH, "streams/{app}/{name}/destinations/{id}",     \
      RESTREAM_CAN_WRITE)                                                     \
    X(DELETE_DESTINATION, DELETE, "streams/{app}/{name}/destinations/{id}",   \
      RESTREAM_CAN_WRITE)                                                     \
    X(START_DESTINATION, POST,                                                \
      "streams/{app}/{name}/destinations/{id}/start", RESTREAM_CAN_START)     \
    X(STOP_DESTINATION, POST,                                                 \
      "streams/{app}/{name}/destinations/{id}/stop", RESTREAM_CAN_STOP)


typedef enum {
#define RESTREAM_CALL_ENUM(symbol, method, path, capability)                  \
    RESTREAM_CALL_##symbol,
    RESTREAM_CALLS(RESTREAM_CALL_ENUM)
#undef RESTREAM_CALL_ENUM
    RESTREAM_CALL_OPTIONS,              /* of any path that there is */
    RESTREAM_CALL_MAX
} restream_call_e;


/* all strings are terminated, and empty where the path has none */

typedef struct {
    restream_call_e   call;
    unsigned          capability;       /* RESTREAM_CAN_*, 0: none is needed */
    unsigned          methods;          /* RESTREAM_METHOD_* of the path */

    char              app[RESTREAM_APP_MAX + 1];
    char              name[RESTREAM_STREAM_NAME_MAX + 1];

    /* which destination: id, or name when id is 0 */
    uint64_t          id;
    char              destination[RESTREAM_ROUTE_DESTINATION];
} restream_route_t;


/*
 * Takes the location's prefix off a path.
 *
 * in    path      as in the request line, with the query or without
 *       prefix    the location's name: decoded, with a slash in front
 * out   *rest     of path, behind the prefix and a slash, without the query
 * ret   OK; DECLINED: the path does not begin with the prefix, letter by
 *       letter ("//", "/./" and "/../" are not resolved)
 */
int restream_route_prefix(restream_str_t path, restream_str_t prefix,
    restream_str_t *rest);

/*
 * in    method    as in the request line; HEAD calls what GET does
 *       path      behind the location's prefix: no slash in front, no query
 * out   *route    on ERROR only its methods
 * ret   OK
 *       DECLINED  no such path: 404.  So are an empty segment, "." and "..", a
 *                 bad escape, a control character, a name that is too long,
 *                 what is no destination's id
 *       ERROR     the path does not have that method: 405
 */
int restream_route_find(restream_route_t *route, restream_str_t method,
    restream_str_t path);

/*
 * The value of Allow: "GET, HEAD, OPTIONS".
 *
 * ret   bytes written without the terminating zero
 */
size_t restream_route_allow(unsigned methods, char out[RESTREAM_ROUTE_ALLOW]);

/*
 * Decodes %XX, once.
 *
 * in    plus      1: a '+' is a space, as in the values of a query
 * out   out       room for size bytes; terminated
 * ret   bytes written without the terminating zero; size: it does not fit, a
 *       '%' is without two hexadecimal digits, or there is a NUL in it
 */
size_t restream_route_decode(restream_str_t text, int plus, char *out,
    size_t size);


#endif /* _RESTREAM_ROUTE_H_INCLUDED_ */
