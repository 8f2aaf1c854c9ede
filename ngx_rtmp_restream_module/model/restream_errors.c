/*
 * The list of what is wrong with a request.
 */

#include "restream_errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static void restream_errors_put(restream_errors_t *errors,
    restream_errors_e kind, char *pointer, const char *fmt, va_list args);
static char *restream_errors_pointer(const char *base, const char *member);
static char *restream_errors_copy(const char *text);


void
restream_errors_add(restream_errors_t *errors, const char *base,
    const char *member, const char *fmt, ...)
{
    char     *pointer;
    va_list   args;

    /* pointers of those that are not listed would be work for nothing */

    if (errors->n == RESTREAM_ERRORS_MAX) {
        errors->total++;
        return;
    }

    pointer = restream_errors_pointer(base, member);
    if (pointer == NULL) {
        errors->nomem = 1;
        return;
    }

    va_start(args, fmt);
    restream_errors_put(errors, RESTREAM_ERRORS_CONTENT, pointer, fmt, args);
    va_end(args);
}


void
restream_errors_syntax(restream_errors_t *errors, const char *fmt, ...)
{
    va_list  args;

    restream_errors_free(errors);

    va_start(args, fmt);
    restream_errors_put(errors, RESTREAM_ERRORS_SYNTAX, NULL, fmt, args);
    va_end(args);
}


/* owns pointer from here on; there is room for one more */

static void
restream_errors_put(restream_errors_t *errors, restream_errors_e kind,
    char *pointer, const char *fmt, va_list args)
{
    char  *detail, text[RESTREAM_ERRORS_DETAIL];

    errors->total++;

    if (errors->list == NULL) {
        errors->list = malloc(RESTREAM_ERRORS_MAX * sizeof(restream_error_t));
    }

    (void) vsnprintf(text, sizeof(text), fmt, args);

    detail = restream_errors_copy(text);

    if (errors->list == NULL || detail == NULL) {
        errors->nomem = 1;
        free(pointer);
        free(detail);
        return;
    }

    if (errors->n == 0) {
        errors->kind = kind;
    }

    errors->list[errors->n].pointer = pointer;
    errors->list[errors->n].detail = detail;
    errors->n++;
}


/* RFC 6901: "~" is written as "~0" and "/" as "~1" */

static char *
restream_errors_pointer(const char *base, const char *member)
{
    char        *pointer, *w;
    const char  *p;

    if (member == NULL) {
        return restream_errors_copy(base);
    }

    pointer = malloc(strlen(base) + 1 + 2 * strlen(member) + 1);
    if (pointer == NULL) {
        return NULL;
    }

    w = pointer + sprintf(pointer, "%s/", base);

    for (p = member; *p; p++) {
        if (*p == '~' || *p == '/') {
            *w++ = '~';
            *w++ = *p == '~' ? '0' : '1';

        } else {
            *w++ = *p;
        }
    }

    *w = '\0';

    return pointer;
}


/* strdup() would do, but for the tests that let allocations fail */

static char *
restream_errors_copy(const char *text)
{
    char    *copy;
    size_t   size;

    size = strlen(text) + 1;

    copy = malloc(size);
    if (copy == NULL) {
        return NULL;
    }

    memcpy(copy, text, size);

    return copy;
}


void
restream_errors_free(restream_errors_t *errors)
{
    uint32_t  i;

    for (i = 0; i < errors->n; i++) {
        free(errors->list[i].pointer);
        free(errors->list[i].detail);
    }

    free(errors->list);

    memset(errors, 0, sizeof(restream_errors_t));
}
