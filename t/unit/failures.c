/*
 * Failed authentications: twenty in any minute and no more, by address, in a
 * table that is never full.
 */

#include "test.h"

#include "model/restream_failures.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>


static restream_failures_t  table;


static restream_failures_key_t
address(const char *text)
{
    struct sockaddr_in       sin;
    struct sockaddr_in6      sin6;
    struct sockaddr_un       sun;
    restream_failures_key_t  key;

    memset(&key, 0xa5, sizeof(key));
    memset(&sin, 0, sizeof(sin));
    memset(&sin6, 0, sizeof(sin6));
    memset(&sun, 0, sizeof(sun));

    if (inet_pton(AF_INET, text, &sin.sin_addr) == 1) {
        sin.sin_family = AF_INET;
        restream_failures_key(&key, (struct sockaddr *) &sin);

    } else if (inet_pton(AF_INET6, text, &sin6.sin6_addr) == 1) {
        sin6.sin6_family = AF_INET6;
        restream_failures_key(&key, (struct sockaddr *) &sin6);

    } else {
        sun.sun_family = AF_UNIX;
        restream_failures_key(&key, (struct sockaddr *) &sun);
    }

    return key;
}


static void
test_keys(void)
{
    size_t                   i;
    restream_failures_key_t  a, b;
    static const struct {
        const char  *a;
        const char  *b;
        int          same;
    } cases[] = {
        { "192.0.2.1", "192.0.2.1", 1 },
        { "192.0.2.1", "192.0.2.2", 0 },
        { "192.0.2.1", "::ffff:192.0.2.1", 1 },
        { "::ffff:192.0.2.1", "::ffff:192.0.2.2", 0 },
        { "2001:db8:1:2::1", "2001:db8:1:2:ffff::2", 1 },
        { "2001:db8:1:2::1", "2001:db8:1:3::1", 0 },
        { "::1", "::2", 1 },
        { "::1", "0.0.0.0", 0 },
        { "::c000:201:0:0:0:0", "192.0.2.1", 0 },
        { "unix", "unix", 1 },
        { "unix", "0.0.0.0", 0 },
        { "unix", "::1", 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        a = address(cases[i].a);
        b = address(cases[i].b);

        is_uint(a.address == b.address && a.family == b.family, cases[i].same,
                "%s and %s are %s", cases[i].a, cases[i].b,
                cases[i].same ? "one" : "two");
        ok(a.family != 0, "%s is not a free place", cases[i].a);
    }
}


static void
test_minute(void)
{
    int                      i, told;
    uint32_t                 wait;
    uint64_t                 now;
    restream_failures_key_t  a, b;

    memset(&table, 0, sizeof(table));
    a = address("192.0.2.1");
    b = address("192.0.2.2");
    now = 1000003;
    told = 0;

    is_uint(restream_failures_wait(&table, &a, now), 0,
            "nobody waits at first");

    for (i = 0; i < RESTREAM_FAILURES_MAX; i++) {
        ok(restream_failures_wait(&table, &a, now) == 0,
           "attempt %d is looked at", i + 1);
        told += restream_failures_add(&table, &a, now);
    }

    is_uint(told, 1, "that it waits from now on is told once");

    wait = restream_failures_wait(&table, &a, now);
    ok(wait >= 60 && wait <= 70, "attempt 21 is not: it waits %u s", wait);
    is_uint(restream_failures_wait(&table, &b, now), 0, "another one does not");

    ok(restream_failures_wait(&table, &a, now + 59) > 0,
       "it waits for a minute");
    is_uint(restream_failures_wait(&table, &a, now + wait - 1), 1,
            "a second before the end there is a second left");
    is_uint(restream_failures_wait(&table, &a, now + wait), 0,
            "then it may try again");
}


/* however they are spread, no minute has more */

static void
test_any_minute(void)
{
    int                      worst;
    unsigned                 seed, n, from, i, in, most;
    uint64_t                 now, at[4096];
    restream_failures_key_t  a;

    a = address("2001:db8::1");
    most = 0;
    worst = 0;

    for (seed = 1; seed <= 40; seed++) {
        memset(&table, 0, sizeof(table));
        srand(seed);
        now = (uint64_t) (rand() % 100);
        n = 0;

        while (n < 1000) {
            if (restream_failures_wait(&table, &a, now) == 0) {
                (void) restream_failures_add(&table, &a, now);
                at[n++] = now;
            }

            now += (uint64_t) (rand() % (1 + (int) seed / 4));

            if (rand() % 50 == 0) {
                now += (uint64_t) (rand() % 200);
            }

            if (rand() % 3 && restream_failures_wait(&table, &a, now)) {
                now += restream_failures_wait(&table, &a, now);
            }
        }

        for (from = 0; from < n; from++) {
            for (i = from, in = 0; i < n && at[i] < at[from] + 60; i++) {
                in++;
            }

            if (in > most) {
                most = in;
                worst = (int) seed;
            }
        }
    }

    ok(most == RESTREAM_FAILURES_MAX,
       "the worst minute of 40,000 failures has %u (seed %d)", most, worst);
}


static void
test_slow(void)
{
    int                      i, waits;
    restream_failures_key_t  a;

    memset(&table, 0, sizeof(table));
    a = address("192.0.2.1");
    waits = 0;

    for (i = 0; i < 500; i++) {
        waits += restream_failures_add(&table, &a, 100 + (uint64_t) i * 4);
    }

    is_uint(waits, 0, "who fails every 4 seconds never waits");
}


static void
test_clocks(void)
{
    int                      i;
    restream_failures_key_t  a;

    memset(&table, 0, sizeof(table));
    a = address("192.0.2.1");

    for (i = 0; i < 10; i++) {
        (void) restream_failures_add(&table, &a, 1000);
        (void) restream_failures_add(&table, &a, 999);
    }

    ok(restream_failures_wait(&table, &a, 1000) > 0,
       "a process whose clock is a part behind counts with the others");
    ok(restream_failures_wait(&table, &a, 999) > 0, "and lets wait as well");

    memset(&table, 0, sizeof(table));

    for (i = 0; i < RESTREAM_FAILURES_MAX; i++) {
        (void) restream_failures_add(&table, &a, 0);
    }

    is_uint(restream_failures_wait(&table, &a, 0), 70,
            "a clock that begins at 0 is a clock");
    is_uint(restream_failures_wait(&table, &a, 70), 0, "that goes on");
}


static void
test_full(void)
{
    int                      i;
    restream_failures_key_t  a, other;

    memset(&table, 0, sizeof(table));
    a = address("192.0.2.1");

    for (i = 0; i < RESTREAM_FAILURES_MAX; i++) {
        (void) restream_failures_add(&table, &a, 100);
    }

    other.family = AF_INET6;

    for (i = 1; i < RESTREAM_FAILURES_SLOTS; i++) {
        other.address = (uint64_t) i << 32;
        (void) restream_failures_add(&table, &other, 110);
    }

    ok(restream_failures_wait(&table, &a, 120) > 0,
       "256 addresses are remembered");

    other.address = (uint64_t) i << 32;
    (void) restream_failures_add(&table, &other, 120);
    is_uint(restream_failures_wait(&table, &a, 120), 0,
            "of 257, the one of long ago is forgotten");

    for (i = 1; i < RESTREAM_FAILURES_MAX; i++) {
        (void) restream_failures_add(&table, &other, 120);
    }

    ok(restream_failures_wait(&table, &other, 120) > 0,
       "and the new one counts from one");

    ok(sizeof(table) <= 8192, "the table takes %zu bytes", sizeof(table));
}


int
main(void)
{
    test_keys();
    test_minute();
    test_any_minute();
    test_slow();
    test_clocks();
    test_full();

    return done_testing();
}
