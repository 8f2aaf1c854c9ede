/*
 * Where a destination may point.
 */

#include "model/restream_network.h"
#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>


static const struct sockaddr *
address(const char *text)
{
    static struct sockaddr_storage  ss;
    struct sockaddr_in             *sin;
    struct sockaddr_in6            *sin6;

    memset(&ss, 0, sizeof(ss));

    sin = (struct sockaddr_in *) &ss;
    sin6 = (struct sockaddr_in6 *) &ss;

    if (inet_pton(AF_INET, text, &sin->sin_addr) == 1) {
        ss.ss_family = AF_INET;

    } else if (inet_pton(AF_INET6, text, &sin6->sin6_addr) == 1) {
        ss.ss_family = AF_INET6;
    }

    return (const struct sockaddr *) &ss;
}


static void
special_addresses_are_not_public(void)
{
    size_t             i;
    static const char *not[] = {
        "0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.127.255.255",
        "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1",
        "172.31.255.255", "192.168.1.1", "192.0.0.8", "198.19.0.1",
        "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "::ffff:0:10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::", "2002:a00:1::1", "64:ff9b:1::1", "fc00::1", "fd12::1",
        "fe80::1", "febf::1", "fec0::1", "ff02::1", "2001:db8::1", "not one"
    };
    static const char *are[] = {
        "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255",
        "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
        "192.169.0.0", "198.17.255.255", "223.255.255.255",
        "2606:4700:4700::1111", "2a00:1450::1", "64:ff9b::1.1.1.1",
        "2002:101:101::1", "::ffff:8.8.8.8"
    };

    for (i = 0; i < sizeof(not) / sizeof(not[0]); i++) {
        ok(!restream_network_is_public(address(not[i])), "%s is not", not[i]);
    }

    for (i = 0; i < sizeof(are) / sizeof(are[0]); i++) {
        ok(restream_network_is_public(address(are[i])), "%s is", are[i]);
    }
}


static int
parse(restream_network_rule_t *rule, const char *text)
{
    restream_str_t  s;

    s.len = strlen(text);
    s.data = (uint8_t *) text;

    return restream_network_parse(rule, s);
}


static void
prefixes_are_read(void)
{
    size_t                   i;
    restream_network_rule_t  rule;
    static const char       *bad[] = {
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
        "10.0.0/8", "010.0.0.1", "::/129", "::/ 1", "localhost", "::1%lo",
        "10.0.0.0/0008", "1111111111111111111111111111111111111111111111111111"
        "11111111111111111111"
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ok(parse(&rule, bad[i]) == RESTREAM_ERROR, "\"%s\" is none", bad[i]);
    }

    ok(parse(&rule, "10.1.2.3/8") == RESTREAM_OK, "one of IPv4");
    is_uint(rule.bits, 104, "and its bits");
    is_mem(rule.addr, 16, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\0", 16,
           "what is behind them is cleared");
    ok(parse(&rule, "fe80::1") == RESTREAM_OK, "an address of IPv6");
    is_uint(rule.bits, 128, "is all of them");
    ok(parse(&rule, "0.0.0.0/0") == RESTREAM_OK, "all of IPv4");
    is_uint(rule.bits, 96, "and no more");
}


static void
the_first_rule_decides(void)
{
    restream_network_rule_t  rules[3];

    (void) parse(&rules[0], "10.1.0.0/16");
    rules[0].allow = 1;
    (void) parse(&rules[1], "10.0.0.0/8");
    rules[1].allow = 0;
    (void) parse(&rules[2], "2a00::/16");
    rules[2].allow = 0;

    ok(restream_network_allows(rules, 3, 1, 0, address("10.1.2.3")),
       "allowed though private");
    ok(!restream_network_allows(rules, 3, 0, 0, address("10.2.2.3")),
       "denied also where nothing is restricted");
    ok(!restream_network_allows(rules, 3, 0, 0, address("2a00:1::1")),
       "denied though public");
    ok(restream_network_allows(rules, 3, 1, 0, address("::ffff:10.1.0.1")),
       "a mapped address is what it maps to");
    ok(!restream_network_allows(rules, 3, 1, 0, address("192.168.0.1")),
       "what no rule names is denied, restricted");
    ok(restream_network_allows(rules, 3, 0, 0, address("192.168.0.1")),
       "and allowed otherwise");
    ok(!restream_network_allows(NULL, 0, 0, 0, address("nothing")),
       "what is no address is never");

    ok(!restream_network_allows(rules, 3, 1, 1, address("8.8.8.8")),
       "an address of this host is denied, restricted");
    ok(restream_network_allows(rules, 3, 1, 1, address("10.1.2.3")),
       "unless a rule allows it");
    ok(restream_network_allows(rules, 3, 0, 1, address("8.8.8.8")),
       "and allowed otherwise");
}


static int
allows(const char *rule, int allow, const char *addr)
{
    restream_network_rule_t  one;

    if (parse(&one, rule) != RESTREAM_OK) {
        return -1;
    }

    one.allow = (uint8_t) allow;

    return restream_network_allows(&one, 1, allow, 0, address(addr));
}


static void
forms_of_ipv4_are_both(void)
{
    ok(!allows("64:ff9b::/96", 0, "64:ff9b::808:808"),
       "a form is denied as it is written");
    ok(!allows("2002::/16", 0, "2002:808:808::1"), "6to4, too");
    ok(!allows("8.8.8.8", 0, "64:ff9b::808:808"),
       "and as what it turns into");
    ok(allows("10.0.0.0/8", 1, "64:ff9b::a00:1"),
       "it is allowed as what it turns into");
    ok(!allows("64:ff9b::/96", 1, "64:ff9b::a00:1"),
       "and not as it is written");

    ok(!allows("::/0", 0, "2a00::1"), "all of IPv6");
    ok(allows("::/0", 0, "8.8.8.8"), "has no IPv4 in it");
    ok(allows("::/0", 0, "::ffff:8.8.8.8"), "mapped or not");
    ok(allows("::/0", 1, "fd00::1"), "all of IPv6 may be allowed");
    ok(!allows("::/0", 1, "127.0.0.1"), "which opens no IPv4");
    ok(!allows("::/0", 1, "::ffff:127.0.0.1"), "mapped");
    ok(!allows("::/0", 1, "2002:7f00:1::1"), "or as 6to4");
    ok(!allows("::ffff:0:0/96", 0, "8.8.8.8"), "as what is mapped it has");
}


static int
same(const char *a, const char *b)
{
    struct sockaddr_storage  one;

    memcpy(&one, address(a), sizeof(one));

    return restream_network_same((const struct sockaddr *) &one, address(b));
}


static void
forms_lead_to_the_same_host(void)
{
    ok(same("45.1.2.3", "45.1.2.3"), "an address is the same");
    ok(same("45.1.2.3", "::ffff:45.1.2.3"), "mapped, too");
    ok(same("64:ff9b::2d01:203", "2002:2d01:203::9"), "in any form");
    ok(same("2a00::1", "2a00::1"), "and of IPv6");
    ok(!same("45.1.2.3", "45.1.2.4"), "another one is not");
    ok(!same("2a00::1", "2a00::2"), "nor one of IPv6");
    ok(!same("nothing", "nothing"), "nor what is none");
}


int
main(void)
{
    special_addresses_are_not_public();
    prefixes_are_read();
    the_first_rule_decides();
    forms_of_ipv4_are_both();
    forms_lead_to_the_same_host();

    return done_testing();
}
