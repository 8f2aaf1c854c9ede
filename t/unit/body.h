/*
 * Bodies for the tests: read, and held against what is expected of them.
 */

#ifndef _BODY_H_INCLUDED_
#define _BODY_H_INCLUDED_


#include "test.h"

#include "model/restream_body.h"
#include "model/restream_check.h"

#include <stdlib.h>
#include <string.h>


typedef struct {
    int                  rc;
    restream_change_t   *change;
    restream_errors_t    errors;
} body_t;


static unsigned  body_schemes = RESTREAM_SCHEME_RTMP | RESTREAM_SCHEME_RTMPS;


/* the change of a call to live/show, its destination d_..07 or "yt" */

static inline restream_change_t *
body_begin(restream_call_e call)
{
    restream_route_t    route;
    restream_change_t  *change;

    memset(&route, 0, sizeof(route));
    route.call = call;

    if (call != RESTREAM_CALL_CREATE_STREAM) {
        strcpy(route.app, "live");
        strcpy(route.name, "show");
    }

    if (call == RESTREAM_CALL_PATCH_DESTINATION) {
        route.id = 7;
    }

    if (call == RESTREAM_CALL_START_DESTINATION) {
        strcpy(route.destination, "yt");
    }

    (void) restream_body_begin(&route, &change);

    return change;
}


static inline void
body_read_bytes(body_t *b, restream_call_e call, const char *text, size_t len)
{
    restream_str_t         s;
    restream_body_conf_t   conf;

    memset(b, 0, sizeof(body_t));
    memset(&conf, 0, sizeof(conf));
    conf.schemes = body_schemes;

    b->change = body_begin(call);

    s.len = len;
    s.data = malloc(len);
    memcpy(s.data, text, len);

    b->rc = restream_body_read(b->change, s, &conf, &b->errors);

    free(s.data);
}


static inline void
body_read(body_t *b, restream_call_e call, const char *text)
{
    body_read_bytes(b, call, text, strlen(text));
}


static inline void
body_free(body_t *b)
{
    restream_change_destroy(&b->change);
    restream_errors_free(&b->errors);
}


/* the body is refused with these errors, "pointer: detail" each */

static inline void
body_is_refused(restream_call_e call, const char *text, unsigned n,
    const char *const *errors)
{
    char      got[1024];
    body_t    b;
    unsigned  i;

    body_read(&b, call, text);

    ok(b.rc == RESTREAM_DECLINED && b.errors.kind == RESTREAM_ERRORS_CONTENT,
       "refused: %s", text);

    if (is_uint(b.errors.n, n, "for as many reasons")) {
        for (i = 0; i < n; i++) {
            snprintf(got, sizeof(got), "%s: %s", b.errors.list[i].pointer,
                     b.errors.list[i].detail);
            is_mem(got, strlen(got), errors[i], strlen(errors[i]), "%s",
                   errors[i]);
        }

    } else {
        for (i = 0; i < b.errors.n; i++) {
            printf("#   %s: %s\n", b.errors.list[i].pointer,
                   b.errors.list[i].detail);
        }
    }

    body_free(&b);
}


#define refused(call, text, ...)                                              \
    do {                                                                      \
        static const char *const  errors[] = { __VA_ARGS__ };                 \
        body_is_refused(call, text, sizeof(errors) / sizeof(errors[0]),       \
                        errors);                                              \
    } while (0)


/* NULL is a string that is not there */

static inline int
body_same(const char *got, const char *want)
{
    return got && want ? strcmp(got, want) == 0 : got == want;
}


#endif /* _BODY_H_INCLUDED_ */
