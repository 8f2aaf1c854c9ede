/*
 * Name resolution by the system: see restream_resolve.h.
 */

#include "restream_resolve.h"

#include "../model/restream_network.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>


static int restream_resolve_own(restream_resolve_t *rs);


void
restream_resolve(restream_resolve_t *rs)
{
    int               rc;
    char              port[sizeof("65535")];
    struct addrinfo   hints, *res, *ai;

    rs->rc = RESTREAM_ERROR;
    rs->naddrs = 0;
    rs->err[0] = '\0';

    memset(&hints, 0, sizeof(hints));
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | (rs->numeric ? AI_NUMERICHOST : 0);

    (void) snprintf(port, sizeof(port), "%u", (unsigned) rs->port);

    rc = getaddrinfo(rs->host, port, &hints, &res);

    if (rc != 0) {
        (void) snprintf(rs->err, sizeof(rs->err), "%s", gai_strerror(rc));
        return;
    }

    for (ai = res; ai && rs->naddrs < RESTREAM_RESOLVE_MAX; ai = ai->ai_next) {

        if (ai->ai_addrlen > sizeof(struct sockaddr_storage)) {
            continue;
        }

        memcpy(&rs->addrs[rs->naddrs].sockaddr, ai->ai_addr, ai->ai_addrlen);
        rs->addrs[rs->naddrs].socklen = ai->ai_addrlen;
        rs->addrs[rs->naddrs].own = 0;
        rs->naddrs++;
    }

    freeaddrinfo(res);

    if (rs->naddrs == 0) {
        (void) snprintf(rs->err, sizeof(rs->err), "no address");
        return;
    }

    rs->rc = rs->find_own ? restream_resolve_own(rs) : RESTREAM_OK;
}


/* the kernel knows; it is asked each time, as addresses come and go */

static int
restream_resolve_own(restream_resolve_t *rs)
{
    uint32_t                  i;
    struct ifaddrs           *list, *ifa;
    restream_resolve_addr_t  *addr;

    if (getifaddrs(&list) != 0) {
        (void) snprintf(rs->err, sizeof(rs->err), "%s", strerror(errno));
        return RESTREAM_ERROR;
    }

    for (i = 0; i < rs->naddrs; i++) {
        addr = &rs->addrs[i];

        for (ifa = list; ifa && !addr->own; ifa = ifa->ifa_next) {
            addr->own = ifa->ifa_addr != NULL
                        && restream_network_same(ifa->ifa_addr,
                                      (struct sockaddr *) &addr->sockaddr);
        }
    }

    freeifaddrs(list);

    return RESTREAM_OK;
}
