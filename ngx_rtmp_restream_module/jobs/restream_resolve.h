/*
 * Name resolution by the system (getaddrinfo: /etc/hosts, nsswitch, IPv4 and
 * IPv6).  Blocks; runs on a pool thread.
 */

#ifndef _RESTREAM_RESOLVE_H_INCLUDED_
#define _RESTREAM_RESOLVE_H_INCLUDED_


#include <sys/socket.h>

#include "../lib/restream.h"


#define RESTREAM_RESOLVE_MAX   16       /* addresses kept of a name */
#define RESTREAM_RESOLVE_HOST  256      /* bytes of a name, terminated */


typedef struct {
    struct sockaddr_storage  sockaddr;
    socklen_t                socklen;
    uint8_t                  own;       /* 1: of this host; see find_own */
} restream_resolve_addr_t;


typedef struct {
    char                      host[RESTREAM_RESOLVE_HOST];   /* in */
    uint16_t                  port;                          /* in */
    unsigned                  numeric:1;  /* in; 1: an address, no look-up */
    unsigned                  find_own:1; /* in; 1: own is told, else it is 0 */

    int                       rc;         /* out: RESTREAM_OK or _ERROR */
    restream_resolve_addr_t   addrs[RESTREAM_RESOLVE_MAX];
    uint32_t                  naddrs;     /* out: at least 1 with RESTREAM_OK */
    char                      err[64];    /* out: RESTREAM_ERROR, in words */
} restream_resolve_t;


/* Fills the out part.  With numeric set it does not block. */
void restream_resolve(restream_resolve_t *rs);


#endif /* _RESTREAM_RESOLVE_H_INCLUDED_ */
