/*
 * Failed authentications, counted by address: who fails often has to wait.
 *
 * A table of a fixed size, for memory that several processes share; the caller
 * locks.  Time is that of a clock that does not jump, in seconds.  When all
 * places are taken, the address that has not failed for the longest time is
 * forgotten.
 */

#ifndef _RESTREAM_FAILURES_H_INCLUDED_
#define _RESTREAM_FAILURES_H_INCLUDED_


#include <sys/socket.h>

#include "../lib/restream.h"


#define RESTREAM_FAILURES_MAX      20       /* in any minute; the next one waits
                                               before it is looked at */
#define RESTREAM_FAILURES_SLOTS    256      /* addresses */

/*
 * A minute in parts of ten seconds: with the one that is running, seven of them
 * are never less than a minute.
 */
#define RESTREAM_FAILURES_PART     10
#define RESTREAM_FAILURES_PARTS    7


/* an IPv4 address, a /64 of IPv6, or unix sockets as a whole */

typedef struct {
    uint64_t                     address;
    uint32_t                     family;
} restream_failures_key_t;


typedef struct {
    restream_failures_key_t      key;       /* family 0: free */
    uint32_t                     part;      /* the last one with a failure */
    uint8_t                      counts[RESTREAM_FAILURES_PARTS];
                                            /* of a part, at part % PARTS */
} restream_failures_slot_t;


typedef struct {
    restream_failures_slot_t     slots[RESTREAM_FAILURES_SLOTS];
} restream_failures_t;                      /* zero-filled: nobody */


/* IPv4 within IPv6 is IPv4: else all of IPv4 would be one /64 */
void restream_failures_key(restream_failures_key_t *key,
    const struct sockaddr *sockaddr);

/* Seconds until an attempt of this address may be looked at; 0: now. */
uint32_t restream_failures_wait(const restream_failures_t *failures,
    const restream_failures_key_t *key, uint64_t now);

/* Counts one.  Returns 1 when it is the one after which to wait. */
int restream_failures_add(restream_failures_t *failures,
    const restream_failures_key_t *key, uint64_t now);


#endif /* _RESTREAM_FAILURES_H_INCLUDED_ */
