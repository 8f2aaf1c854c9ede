/*
 * Host and Origin of a request: see restream_origin.h.
 */

#include "restream_origin.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>


typedef struct {
    restream_str_t   host;      /* an IPv6 address in its brackets */
    uint32_t         port;      /* 0: none was given */
} restream_authority_t;


static int restream_origin_scheme(restream_str_t *origin, uint32_t *port);
static int restream_origin_authority(restream_authority_t *a,
    restream_str_t text);
static int restream_origin_port(const uint8_t *p, const uint8_t *last,
    uint32_t *port);
static int restream_origin_address(int family, restream_str_t host,
    void *addr);


int
restream_origin_host_is_loopback(restream_str_t host)
{
    uint8_t                addr[sizeof(struct in6_addr)];
    restream_str_t         inner;
    restream_authority_t   a;

    if (restream_origin_authority(&a, host) != RESTREAM_OK) {
        return 0;
    }

    if (a.host.len == sizeof("localhost") - 1
        && strncasecmp((char *) a.host.data, "localhost", a.host.len) == 0)
    {
        return 1;
    }

    if (a.host.data[0] == '[') {
        inner.data = a.host.data + 1;
        inner.len = a.host.len - 2;

        return restream_origin_address(AF_INET6, inner, addr) == RESTREAM_OK
               && memcmp(addr, &in6addr_loopback, sizeof(addr)) == 0;
    }

    return restream_origin_address(AF_INET, a.host, addr) == RESTREAM_OK
           && addr[0] == 127;
}


int
restream_origin_is_host(restream_str_t origin, restream_str_t host)
{
    uint32_t               port;
    restream_authority_t   a, b;

    if (restream_origin_scheme(&origin, &port) != RESTREAM_OK
        || restream_origin_authority(&a, origin) != RESTREAM_OK
        || restream_origin_authority(&b, host) != RESTREAM_OK)
    {
        return 0;
    }

    return a.host.len == b.host.len
           && strncasecmp((char *) a.host.data, (char *) b.host.data,
                          a.host.len) == 0
           && (a.port ? a.port : port) == (b.port ? b.port : port);
}


int
restream_origin_check(restream_str_t text)
{
    size_t                 i;
    uint32_t               port;
    restream_authority_t   a;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] >= 'A' && text.data[i] <= 'Z') {
            return RESTREAM_ERROR;
        }
    }

    if (restream_origin_scheme(&text, &port) != RESTREAM_OK
        || restream_origin_authority(&a, text) != RESTREAM_OK
        || a.port == port)
    {
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


/* takes the scheme off; port is its default */

static int
restream_origin_scheme(restream_str_t *origin, uint32_t *port)
{
    size_t                       i, len;
    static const restream_str_t  schemes[] = {
        restream_string("http://"), restream_string("https://")
    };
    static const uint32_t        ports[] = { 80, 443 };

    for (i = 0; i < 2; i++) {
        len = schemes[i].len;

        if (origin->len > len
            && strncasecmp((char *) origin->data, (char *) schemes[i].data,
                           len) == 0)
        {
            origin->data += len;
            origin->len -= len;
            *port = ports[i];
            return RESTREAM_OK;
        }
    }

    return RESTREAM_ERROR;
}


static int
restream_origin_authority(restream_authority_t *a, restream_str_t text)
{
    uint8_t  *p, *last;

    if (text.len == 0) {
        return RESTREAM_ERROR;
    }

    p = text.data;
    last = p + text.len;

    if (*p == '[') {
        p++;

        while (p < last && *p && strchr("0123456789abcdefABCDEF:.", *p)) {
            p++;
        }

        if (p == last || *p != ']') {
            return RESTREAM_ERROR;
        }

        p++;

    } else {

        /* to what can be no part of a name */

        while (p < last && *p > ' ' && *p < 0x7f
               && strchr("/\\?#@,:[]", *p) == NULL)
        {
            p++;
        }
    }

    a->host.data = text.data;
    a->host.len = (size_t) (p - text.data);
    a->port = 0;

    if (a->host.len == 0) {
        return RESTREAM_ERROR;
    }

    return p == last ? RESTREAM_OK : restream_origin_port(p, last, &a->port);
}


/* ":1935" */

static int
restream_origin_port(const uint8_t *p, const uint8_t *last, uint32_t *port)
{
    uint32_t  n;

    if (*p++ != ':' || p == last || last - p > 5) {
        return RESTREAM_ERROR;
    }

    for (n = 0; p < last; p++) {

        if (*p < '0' || *p > '9') {
            return RESTREAM_ERROR;
        }

        n = n * 10 + (uint32_t) (*p - '0');
    }

    if (n == 0 || n > 65535) {
        return RESTREAM_ERROR;
    }

    *port = n;

    return RESTREAM_OK;
}


/* inet_pton() takes the full form of IPv4 only: no 127.1, no octal */

static int
restream_origin_address(int family, restream_str_t host, void *addr)
{
    char  text[INET6_ADDRSTRLEN];

    if (host.len >= sizeof(text)) {
        return RESTREAM_ERROR;
    }

    memcpy(text, host.data, host.len);
    text[host.len] = '\0';

    return inet_pton(family, text, addr) == 1 ? RESTREAM_OK : RESTREAM_ERROR;
}
