/*
 * Where a destination may point: see restream_network.h.
 */

#include "restream_network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>


#define RESTREAM_NETWORK_TEXT  64       /* bytes of an address with prefix */


static int restream_network_of(const struct sockaddr *sa, uint8_t addr[16]);
static void restream_network_turn(uint8_t addr[16]);
static void restream_network_from_ipv4(const uint8_t ipv4[4],
    uint8_t addr[16]);
static int restream_network_has(const restream_network_rule_t *rule,
    const uint8_t addr[16]);


/* prefixes of forms that become IPv4, and where it stands in them */

static const struct {
    uint8_t    prefix[12];
    uint8_t    len;             /* bytes */
    uint8_t    at;
} restream_network_forms[] = {
    { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 12, 12 },   /* mapped */
    { { 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0 }, 12, 12 },   /* RFC 2765 */
    { { 0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0 }, 12, 12 }, /* NAT64 */
    { { 0x20, 0x02 }, 2, 2 }                                    /* 6to4 */
};


/* what is no host of the public internet: IANA's special-purpose registries */

static const restream_network_rule_t  restream_network_special[] = {
#define IPV4(a, b, c, d, bits)                                                \
    { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d }, 96 + bits, 0 }
    IPV4(0, 0, 0, 0, 8),                /* this host */
    IPV4(10, 0, 0, 0, 8),               /* private */
    IPV4(100, 64, 0, 0, 10),            /* shared, behind a carrier's NAT */
    IPV4(127, 0, 0, 0, 8),              /* loopback */
    IPV4(169, 254, 0, 0, 16),           /* link-local, cloud metadata */
    IPV4(172, 16, 0, 0, 12),            /* private */
    IPV4(192, 0, 0, 0, 24),             /* protocol assignments */
    IPV4(192, 0, 2, 0, 24),             /* documentation */
    IPV4(192, 168, 0, 0, 16),           /* private */
    IPV4(198, 18, 0, 0, 15),            /* benchmarks */
    IPV4(198, 51, 100, 0, 24),          /* documentation */
    IPV4(203, 0, 113, 0, 24),           /* documentation */
    IPV4(224, 0, 0, 0, 4),              /* multicast */
    IPV4(240, 0, 0, 0, 4),              /* reserved, broadcast */
#undef IPV4
    { { 0 }, 96, 0 },                   /* unspecified, ::1, compatible */
    { { 0x00, 0x64, 0xff, 0x9b, 0, 1 }, 48, 0 },        /* local NAT64 */
    { { 0x01 }, 64, 0 },                /* discard only */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32, 0 },              /* documentation */
    { { 0x3f, 0xff }, 20, 0 },          /* documentation */
    { { 0xfc }, 7, 0 },                 /* unique local */
    { { 0xfe, 0x80 }, 10, 0 },          /* link-local */
    { { 0xfe, 0xc0 }, 10, 0 },          /* site-local, once */
    { { 0xff }, 8, 0 }                  /* multicast */
};


int
restream_network_parse(restream_network_rule_t *rule, restream_str_t text)
{
    int       i, bits, max;
    char      buf[RESTREAM_NETWORK_TEXT], *slash, *end;
    uint8_t   ipv4[4];

    if (text.len == 0 || text.len >= sizeof(buf)) {
        return RESTREAM_ERROR;
    }

    memcpy(buf, text.data, text.len);
    buf[text.len] = '\0';

    slash = strchr(buf, '/');

    if (slash) {
        *slash++ = '\0';
    }

    if (inet_pton(AF_INET, buf, ipv4) == 1) {
        restream_network_from_ipv4(ipv4, rule->addr);
        max = 32;

    } else if (inet_pton(AF_INET6, buf, rule->addr) == 1) {
        max = 128;

    } else {
        return RESTREAM_ERROR;
    }

    bits = max;

    if (slash) {
        if (*slash < '0' || *slash > '9') {
            return RESTREAM_ERROR;
        }

        bits = (int) strtol(slash, &end, 10);

        if (*end != '\0' || end - slash > 3 || bits > max) {
            return RESTREAM_ERROR;
        }
    }

    rule->bits = (uint8_t) (bits + 128 - max);

    for (i = rule->bits; i < 128; i++) {
        rule->addr[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
    }

    return RESTREAM_OK;
}


int
restream_network_allows(const restream_network_rule_t *rules, uint32_t n,
    int restricted, int own, const struct sockaddr *sa)
{
    uint8_t   written[16], addr[16];
    uint32_t  i;

    if (!restream_network_of(sa, written)) {
        return 0;
    }

    memcpy(addr, written, 16);
    restream_network_turn(addr);

    for (i = 0; i < n; i++) {
        if (restream_network_has(&rules[i], addr)
            || (!rules[i].allow && restream_network_has(&rules[i], written)))
        {
            return rules[i].allow;
        }
    }

    return !restricted || (!own && restream_network_is_public(sa));
}


int
restream_network_is_public(const struct sockaddr *sa)
{
    size_t   i;
    uint8_t  addr[16];

    if (!restream_network_of(sa, addr)) {
        return 0;
    }

    restream_network_turn(addr);

    for (i = 0; i < sizeof(restream_network_special)
                    / sizeof(restream_network_special[0]); i++)
    {
        if (restream_network_has(&restream_network_special[i], addr)) {
            return 0;
        }
    }

    return 1;
}


int
restream_network_same(const struct sockaddr *a, const struct sockaddr *b)
{
    uint8_t  one[16], other[16];

    if (!restream_network_of(a, one) || !restream_network_of(b, other)) {
        return 0;
    }

    restream_network_turn(one);
    restream_network_turn(other);

    return memcmp(one, other, 16) == 0;
}


/* 0: it is no address of IP */

static int
restream_network_of(const struct sockaddr *sa, uint8_t addr[16])
{
    if (sa->sa_family == AF_INET) {
        restream_network_from_ipv4((const uint8_t *)
            &((const struct sockaddr_in *) (const void *) sa)->sin_addr, addr);
        return 1;
    }

    if (sa->sa_family != AF_INET6) {
        return 0;
    }

    memcpy(addr,
           &((const struct sockaddr_in6 *) (const void *) sa)->sin6_addr, 16);

    return 1;
}


/* what a host or a gateway makes of it */

static void
restream_network_turn(uint8_t addr[16])
{
    size_t  i;

    for (i = 0; i < sizeof(restream_network_forms)
                    / sizeof(restream_network_forms[0]); i++)
    {
        if (memcmp(addr, restream_network_forms[i].prefix,
                   restream_network_forms[i].len)
            == 0)
        {
            restream_network_from_ipv4(addr + restream_network_forms[i].at,
                                       addr);
            return;
        }
    }
}


static void
restream_network_from_ipv4(const uint8_t ipv4[4], uint8_t addr[16])
{
    uint8_t  copy[4];

    memcpy(copy, ipv4, 4);
    memset(addr, 0, 10);

    addr[10] = 0xff;
    addr[11] = 0xff;
    memcpy(addr + 12, copy, 4);
}


static int
restream_network_has(const restream_network_rule_t *rule,
    const uint8_t addr[16])
{
    unsigned              bytes, rest;
    static const uint8_t  ipv4[12] = { [10] = 0xff, [11] = 0xff };

    /* ::/0 is all of IPv6; that IPv4 is looked at as a part of it is our way */

    if (rule->bits < 96 && memcmp(addr, ipv4, sizeof(ipv4)) == 0) {
        return 0;
    }

    bytes = rule->bits / 8;
    rest = rule->bits % 8;

    if (memcmp(rule->addr, addr, bytes) != 0) {
        return 0;
    }

    return rest == 0
           || ((rule->addr[bytes] ^ addr[bytes]) >> (8 - rest)) == 0;
}
