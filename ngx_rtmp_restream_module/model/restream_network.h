/*
 * Where a destination may point: the addresses of the network policy.
 *
 * Every address is looked at as one of IPv6, those of IPv4 as ::ffff:a.b.c.d.
 * Forms of IPv6 that a host or a gateway turns into IPv4 (mapped, compatible,
 * NAT64, 6to4) count as what they turn into; a rule that denies is held against
 * both.  A rule of IPv6 that is wider than ::ffff:0:0/96 is none of IPv4.
 */

#ifndef _RESTREAM_NETWORK_H_INCLUDED_
#define _RESTREAM_NETWORK_H_INCLUDED_


#include <sys/socket.h>

#include "../lib/restream.h"


/* a line of restream_allow or restream_deny */

typedef struct {
    uint8_t    addr[16];        /* bits of them count */
    uint8_t    bits;            /* 0 to 128 */
    uint8_t    allow;           /* 1; 0: deny */
} restream_network_rule_t;


/*
 * Reads "10.0.0.0/8", "2001:db8::/32" or an address; bits behind the prefix are
 * cleared.
 *
 * ret   OK, ERROR
 */
int restream_network_parse(restream_network_rule_t *rule, restream_str_t text);

/*
 * Of the rules the first one that fits decides.
 *
 * in    restricted   1: what none of them says is denied to this host, to
 *                    networks behind it and to what is no single host
 *                    (restream_network_is_public()); 0: it is allowed
 *       own          1: sa is an address of this host, if a public one
 * ret   1: it may be connected to
 */
int restream_network_allows(const restream_network_rule_t *rules, uint32_t n,
    int restricted, int own, const struct sockaddr *sa);

/* 0: loopback, link-local, private, shared, multicast, reserved; or no IP */
int restream_network_is_public(const struct sockaddr *sa);

/* 1: both are addresses of IP, and of the same host; ports do not matter */
int restream_network_same(const struct sockaddr *a, const struct sockaddr *b);


#endif /* _RESTREAM_NETWORK_H_INCLUDED_ */
