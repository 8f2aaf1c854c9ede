/*
 * Which hosts are this machine, which origins are that of the host, and which
 * are none at all.
 */

#include "test.h"

#include "model/restream_origin.h"

#include <stdlib.h>
#include <string.h>


#define count(list)  (sizeof(list) / sizeof(list[0]))


/* in memory of exactly its size, so that a read past the end is a report */

static restream_str_t
counted(const char *s)
{
    restream_str_t  str;

    str.len = strlen(s);
    str.data = malloc(str.len + !str.len);
    memcpy(str.data, s, str.len);

    return str;
}


static void
test_loopback(void)
{
    size_t               i;
    restream_str_t       host;
    restream_str_t       zero = restream_string("localhost\0.evil.example");
    restream_str_t       zero6 = restream_string("[::1\0]");
    restream_str_t       none = { 0, NULL };
    static const char   *yes[] = {
        "localhost", "LocalHost", "localhost:8080", "127.0.0.1",
        "127.0.0.1:80", "127.255.255.254", "127.1.2.3:65535", "[::1]",
        "[::1]:443", "[0:0:0:0:0:0:0:1]", "[0::1]:1"
    };
    static const char   *no[] = {
        "", ":", ":80", "localhost:", "localhost:0", "localhost:65536",
        "localhost:80x", "localhost:+80", "localhost:000080", "localhost.",
        "localhost.evil.example", "evil.localhost", "localhost:80:80",
        "localhos", "localhostt", " localhost", "localhost ",
        "evil.example", "evil.example:127", "127.0.0.1.evil.example",
        "127.0.0.1.", "127.1", "127.0.1", "127", "0177.0.0.1", "0x7f.0.0.1",
        "127.0.0.256", "2130706433", "0.0.0.0", "10.0.0.1", "128.0.0.1",
        "::1", "[::1", "::1]", "[::2]", "[::]", "[::ffff:127.0.0.1]",
        "[::1%lo]", "[::1]x", "[::1]80", "[]", "[localhost]", "[127.0.0.1]",
        "user@localhost", "localhost/x", "localhost#", "localhost,127.0.0.1",
        "a\\localhost", "xn--localhost", "\xc5\x82ocalhost"
    };

    for (i = 0; i < count(yes); i++) {
        host = counted(yes[i]);
        ok(restream_origin_host_is_loopback(host), "\"%s\" is here", yes[i]);
        free(host.data);
    }

    for (i = 0; i < count(no); i++) {
        host = counted(no[i]);
        ok(!restream_origin_host_is_loopback(host), "\"%s\" is not", no[i]);
        free(host.data);
    }

    ok(!restream_origin_host_is_loopback(zero), "nor with a zero byte in it");
    ok(!restream_origin_host_is_loopback(zero6), "nor in an address");
    ok(!restream_origin_host_is_loopback(none), "nor is nothing");
}


static void
test_origin(void)
{
    size_t                i;
    restream_str_t        origin, host;
    static const struct {
        const char  *origin;
        const char  *host;
        int          same;
    } cases[] = {
        { "http://localhost", "localhost", 1 },
        { "http://localhost:8080", "localhost:8080", 1 },
        { "http://LOCALHOST:8080", "localhost:8080", 1 },
        { "https://localhost", "localhost:443", 1 },
        { "http://localhost:80", "localhost", 1 },
        { "http://[::1]:8080", "[::1]:8080", 1 },
        { "http://localhost:8081", "localhost:8080", 0 },
        { "http://localhost", "localhost:8080", 0 },
        { "https://localhost", "localhost:80", 0 },
        { "http://127.0.0.1", "localhost", 0 },
        { "http://evil.example", "localhost", 0 },
        { "http://localhost.evil.example", "localhost", 0 },
        { "http://localhostx", "localhost", 0 },
        { "http://localhost/", "localhost", 0 },
        { "http://localhost@evil.example", "localhost", 0 },
        { "http://evil.example#localhost", "localhost", 0 },
        { "null", "localhost", 0 }, { "", "localhost", 0 },
        { "http://", "", 0 }, { "localhost", "localhost", 0 },
        { "file://", "localhost", 0 }, { "ftp://localhost", "localhost", 0 },
        { "http://localhost, http://evil.example", "localhost", 0 },
        { "http://localhost http://evil.example", "localhost", 0 }
    };

    for (i = 0; i < count(cases); i++) {
        origin = counted(cases[i].origin);
        host = counted(cases[i].host);

        is_uint(restream_origin_is_host(origin, host), cases[i].same,
                "\"%s\" is %sof \"%s\"", cases[i].origin,
                cases[i].same ? "" : "not ", cases[i].host);

        free(host.data);
        free(origin.data);
    }
}


static void
test_check(void)
{
    size_t               i;
    restream_str_t       text;
    static const char   *good[] = {
        "https://panel.example", "http://panel.example:8080",
        "http://localhost:3000", "https://[2001:db8::1]:8443",
        "https://192.0.2.1", "http://panel.example:443"
    };
    static const char   *bad[] = {
        "", "*", "null", "panel.example", "https://", "https://:443",
        "https://panel.example/", "https://panel.example/x",
        "https://Panel.example", "HTTPS://panel.example",
        "https://panel.example:443", "http://panel.example:80",
        "https://panel.example:0", "https://*.example?", "ws://panel.example",
        "https://user@panel.example", "https://a,b", "https://a b"
    };

    for (i = 0; i < count(good); i++) {
        text = counted(good[i]);
        is_uint(restream_origin_check(text), RESTREAM_OK,
                "\"%s\" is an origin", good[i]);
        free(text.data);
    }

    for (i = 0; i < count(bad); i++) {
        text = counted(bad[i]);
        is_uint((uint32_t) restream_origin_check(text),
                (uint32_t) RESTREAM_ERROR, "\"%s\" is none", bad[i]);
        free(text.data);
    }
}


int
main(void)
{
    test_loopback();
    test_origin();
    test_check();

    return done_testing();
}
