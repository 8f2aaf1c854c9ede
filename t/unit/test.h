/*
 * TAP out of a C program, just enough for t/unit.
 *
 *     int
 *     main(void)
 *     {
 *         ok(n < size, "%u frames fit", n);
 *         is_uint(n, 3, "three chunks");
 *         is_mem(p, n, "\x03\x00", 2, "header bytes");
 *         return done_testing();
 *     }
 *
 * Every name is a printf() format with its arguments.  The assertions are
 * worth 1 when they hold, so that a loop may stop at the first failure.
 */

#ifndef _TEST_H_INCLUDED_
#define _TEST_H_INCLUDED_


#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>


#define ok(cond, ...)                                                         \
    tap_ok((cond) ? 1 : 0, __FILE__, __LINE__, __VA_ARGS__)

#define is_uint(got, want, ...)                                               \
    tap_is_uint((uint64_t) (got), (uint64_t) (want), __FILE__, __LINE__,      \
                __VA_ARGS__)

#define is_mem(got, got_size, want, want_size, ...)                           \
    tap_is_mem(got, got_size, want, want_size, __FILE__, __LINE__,            \
               __VA_ARGS__)


static unsigned  tap_count;
static unsigned  tap_failures;


static inline int
tap_result(int passed, const char *file, int line, const char *fmt,
    va_list args)
{
    printf("%sok %u - ", passed ? "" : "not ", ++tap_count);
    vprintf(fmt, args);
    printf("\n");

    if (!passed) {
        tap_failures++;
        printf("#   at %s line %d\n", file, line);
    }

    /* what was printed must be there when a sanitizer ends the program */
    fflush(stdout);

    return passed;
}


__attribute__((format(printf, 4, 5)))
static inline int
tap_ok(int passed, const char *file, int line, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    tap_result(passed, file, line, fmt, args);
    va_end(args);

    return passed;
}


__attribute__((format(printf, 5, 6)))
static inline int
tap_is_uint(uint64_t got, uint64_t want, const char *file, int line,
    const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    tap_result(got == want, file, line, fmt, args);
    va_end(args);

    if (got != want) {
        printf("#   got %llu (0x%llx), expected %llu (0x%llx)\n",
               (unsigned long long) got, (unsigned long long) got,
               (unsigned long long) want, (unsigned long long) want);
    }

    return got == want;
}


/* sixteen bytes from where two memories begin to differ */

static inline void
tap_dump(const char *name, const uint8_t *data, size_t size, size_t pos)
{
    size_t  i;

    printf("#   %s: %zu bytes, at %zu:", name, size, pos);

    for (i = pos; i < size && i < pos + 16; i++) {
        printf(" %02x", data[i]);
    }

    printf("\n");
}


__attribute__((format(printf, 7, 8)))
static inline int
tap_is_mem(const void *got, size_t got_size, const void *want,
    size_t want_size, const char *file, int line, const char *fmt, ...)
{
    int             passed;
    size_t          i;
    va_list         args;
    const uint8_t  *g, *w;

    g = got;
    w = want;

    for (i = 0; i < got_size && i < want_size && g[i] == w[i]; i++) {
        /* void */
    }

    passed = (i == got_size && i == want_size);

    va_start(args, fmt);
    tap_result(passed, file, line, fmt, args);
    va_end(args);

    if (!passed) {
        tap_dump("got", g, got_size, i);
        tap_dump("expected", w, want_size, i);
    }

    return passed;
}


/* prints the plan; what main() returns */

static inline int
done_testing(void)
{
    printf("1..%u\n", tap_count);

    return tap_failures ? 1 : 0;
}


#endif /* _TEST_H_INCLUDED_ */
