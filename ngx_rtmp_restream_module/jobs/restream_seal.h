/*
 * Secrets at rest: AES-256-GCM with a ring of keys, by OpenSSL.
 *
 * A sealed value:
 *
 *     version  1 byte    1
 *     key      8 bytes   which key: of SHA-256 of it the first
 *     nonce    12 bytes  random
 *     text     n bytes   as many as the plain value has
 *     tag      16 bytes
 *
 * The place of a value is sealed with it (additional data), so that a value
 * that has been copied to another row cannot be opened there.
 */

#ifndef _RESTREAM_SEAL_H_INCLUDED_
#define _RESTREAM_SEAL_H_INCLUDED_


#include "../lib/restream.h"


#define RESTREAM_SEAL_KEY       32      /* bytes of a key */
#define RESTREAM_SEAL_MAC       32      /* bytes of a MAC */
#define RESTREAM_SEAL_OVERHEAD  (1 + 8 + 12 + 16)


typedef struct restream_seal_s  restream_seal_t;


/*
 * in    keys[n * RESTREAM_SEAL_KEY]   copied; the first seals, all open; at
 *                                     least one
 * ret   NULL: no memory, or no AES-256-GCM
 */
restream_seal_t *restream_seal_create(const uint8_t *keys, uint32_t n);

/* Keys are wiped; *seal is cleared; NULL is fine. */
void restream_seal_destroy(restream_seal_t **seal);

/*
 * in    out       room for plain.len + RESTREAM_SEAL_OVERHEAD bytes
 *       place     names where the value will be, exactly as when it is opened
 * ret   OK: all of out is set; ERROR: OpenSSL failed, or plain is over 2^31
 */
int restream_seal(restream_seal_t *seal, restream_str_t plain,
    restream_str_t place, uint8_t *out);

/*
 * in    out       room for sealed.len bytes, of which the plain value takes
 *                 RESTREAM_SEAL_OVERHEAD less; wiped unless OK
 * ret   OK; DECLINED: sealed with a key that is not here;
 *       ERROR: damaged, or made for another place
 */
int restream_seal_open(restream_seal_t *seal, restream_str_t sealed,
    restream_str_t place, uint8_t *out);

/* 1: sealed with the first key, as what is sealed now */
int restream_seal_is_first(const restream_seal_t *seal,
    restream_str_t sealed);

/*
 * HMAC-SHA-256 under a key that is made of the i-th one for that alone.
 *
 * ret   OK; DECLINED: there are not so many keys; ERROR: OpenSSL failed
 */
int restream_seal_mac(const restream_seal_t *seal, uint32_t i,
    restream_str_t text, uint8_t mac[RESTREAM_SEAL_MAC]);


#endif /* _RESTREAM_SEAL_H_INCLUDED_ */
