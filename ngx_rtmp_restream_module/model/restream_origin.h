/*
 * Host and Origin of a request, as far as they tell who asks: the person at
 * this machine, or a page of another site in that person's browser.
 */

#ifndef _RESTREAM_ORIGIN_H_INCLUDED_
#define _RESTREAM_ORIGIN_H_INCLUDED_


#include "../lib/restream.h"


/*
 * 1: host names this machine and nothing else: localhost, 127.0.0.0/8 or [::1],
 * with or without a port.  A name that merely resolves to it does not: that is
 * what DNS rebinding does.
 */
int restream_origin_host_is_loopback(restream_str_t host);

/*
 * 1: the origin is that of the host itself, and of its port.
 *
 * in    origin    header Origin, "scheme://host[:port]"; "null" is of no host
 *       host      header Host, "host[:port]"; without a port that of origin's
 *                 scheme
 */
int restream_origin_is_host(restream_str_t origin, restream_str_t host);

/*
 * Says whether text is an origin as browsers write one: scheme http or https,
 * all in lower case, no default port, nothing behind.
 *
 * ret   OK, ERROR
 */
int restream_origin_check(restream_str_t text);


#endif /* _RESTREAM_ORIGIN_H_INCLUDED_ */
