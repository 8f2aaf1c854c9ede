/*
 * Failed authentications, counted by address: see restream_failures.h.
 */

#include "restream_failures.h"

#include <netinet/in.h>
#include <string.h>


static restream_failures_slot_t *restream_failures_find(
    const restream_failures_t *failures, const restream_failures_key_t *key);
static restream_failures_slot_t *restream_failures_take(
    restream_failures_t *failures, const restream_failures_key_t *key,
    uint32_t part);


void
restream_failures_key(restream_failures_key_t *key,
    const struct sockaddr *sockaddr)
{
    size_t                      i, n;
    const uint8_t              *p;
    const struct sockaddr_in   *sin;
    const struct sockaddr_in6  *sin6;

    key->address = 0;
    key->family = AF_UNIX;

    if (sockaddr->sa_family == AF_INET) {
        sin = (const struct sockaddr_in *) sockaddr;
        p = (const uint8_t *) &sin->sin_addr;
        n = 4;
        key->family = AF_INET;

    } else if (sockaddr->sa_family == AF_INET6) {
        sin6 = (const struct sockaddr_in6 *) sockaddr;
        p = (const uint8_t *) &sin6->sin6_addr;
        n = 8;
        key->family = AF_INET6;

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            p += 12;
            n = 4;
            key->family = AF_INET;
        }

    } else {
        return;
    }

    for (i = 0; i < n; i++) {
        key->address = key->address << 8 | p[i];
    }
}


uint32_t
restream_failures_wait(const restream_failures_t *failures,
    const restream_failures_key_t *key, uint64_t now)
{
    uint32_t                         i, n, part, running;
    const restream_failures_slot_t  *slot;

    slot = restream_failures_find(failures, key);

    if (slot == NULL) {
        return 0;
    }

    /* from the newest part back: the one that makes it too many has to pass */

    running = (uint32_t) (now / RESTREAM_FAILURES_PART);
    n = 0;

    for (i = 0; i < RESTREAM_FAILURES_PARTS && i <= slot->part; i++) {
        part = slot->part - i;

        if (part + RESTREAM_FAILURES_PARTS <= running) {
            break;
        }

        n += slot->counts[part % RESTREAM_FAILURES_PARTS];

        if (n >= RESTREAM_FAILURES_MAX) {
            return (uint32_t) ((uint64_t) (part + RESTREAM_FAILURES_PARTS)
                               * RESTREAM_FAILURES_PART - now);
        }
    }

    return 0;
}


int
restream_failures_add(restream_failures_t *failures,
    const restream_failures_key_t *key, uint64_t now)
{
    uint8_t                   *count;
    uint32_t                   part;
    restream_failures_slot_t  *slot;

    part = (uint32_t) (now / RESTREAM_FAILURES_PART);

    slot = restream_failures_find(failures, key);

    if (slot == NULL) {
        slot = restream_failures_take(failures, key, part);
    }

    /* parts that have passed without a failure take the places of old ones */

    if (part > slot->part + RESTREAM_FAILURES_PARTS) {
        slot->part = part - RESTREAM_FAILURES_PARTS;
    }

    while (slot->part < part) {
        slot->part++;
        slot->counts[slot->part % RESTREAM_FAILURES_PARTS] = 0;
    }

    /* a process whose clock is behind counts with the others */

    count = &slot->counts[slot->part % RESTREAM_FAILURES_PARTS];

    if (*count < RESTREAM_FAILURES_MAX) {
        (*count)++;
    }

    return restream_failures_wait(failures, key, now) != 0;
}


static restream_failures_slot_t *
restream_failures_find(const restream_failures_t *failures,
    const restream_failures_key_t *key)
{
    uint32_t                         i;
    const restream_failures_slot_t  *slot;

    for (i = 0; i < RESTREAM_FAILURES_SLOTS; i++) {
        slot = &failures->slots[i];

        if (slot->key.address == key->address
            && slot->key.family == key->family)
        {
            return (restream_failures_slot_t *) slot;
        }
    }

    return NULL;
}


static restream_failures_slot_t *
restream_failures_take(restream_failures_t *failures,
    const restream_failures_key_t *key, uint32_t part)
{
    uint32_t                   i;
    restream_failures_slot_t  *slot;

    slot = &failures->slots[0];

    for (i = 1; i < RESTREAM_FAILURES_SLOTS && slot->key.family; i++) {
        if (failures->slots[i].key.family == 0
            || failures->slots[i].part < slot->part)
        {
            slot = &failures->slots[i];
        }
    }

    memset(slot, 0, sizeof(restream_failures_slot_t));

    slot->key = *key;
    slot->part = part;

    return slot;
}
