/* Values are sealed with the first key and opened with any, in their place. */

#include "test.h"

#include <string.h>

#include "jobs/restream_seal.h"


#define PLAIN   "live_123456_secret"
#define SEALED  (sizeof(PLAIN) - 1 + RESTREAM_SEAL_OVERHEAD)


static const uint8_t  keys[2 * RESTREAM_SEAL_KEY] =
    "first key of thirty-two bytes !!second key, of thirty-two bytes!";

static uint8_t        out[64];


static restream_str_t
string(const char *s)
{
    restream_str_t  str;

    str.data = (uint8_t *) s;
    str.len = strlen(s);

    return str;
}


static restream_str_t
bytes(uint8_t *data, size_t len)
{
    restream_str_t  str;

    str.data = data;
    str.len = len;

    return str;
}


static void
test_known(void)
{
    uint8_t           plain[16];
    restream_seal_t  *seal;

    /* made by another implementation, with nonce 00 01 .. 0b */

    static uint8_t  sealed[] =
        "\x01\xbc\x03\x47\xc7\x6b\x12\x1d\x05\x00\x01\x02"
        "\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\xa9\xf9\x67"
        "\x26\xe4\x5c\x80\x45\x93\x20\x1c\x33\x72\x56\x2c"
        "\x3b\x88\x3b\x3c";

    seal = restream_seal_create(keys, 1);

    ok(restream_seal_open(seal, bytes(sealed, sizeof(sealed) - 1),
                          string("here"), plain) == RESTREAM_OK,
       "a value that another implementation has sealed");
    is_mem(plain, sizeof(sealed) - 1 - RESTREAM_SEAL_OVERHEAD, "abc", 3,
           "is opened");

    restream_seal_destroy(&seal);
}


static void
test_seal(void)
{
    uint8_t           again[SEALED], sealed[SEALED];
    restream_seal_t  *seal;

    seal = restream_seal_create(keys, 2);

    ok(restream_seal(seal, string(PLAIN), string("here"), sealed)
       == RESTREAM_OK, "a value is sealed");
    ok(memmem(sealed, SEALED, PLAIN, 6) == NULL, "it cannot be read");
    ok(restream_seal(seal, string(PLAIN), string("here"), again)
       == RESTREAM_OK && memcmp(sealed, again, SEALED) != 0,
       "another time it looks different");

    ok(restream_seal_open(seal, bytes(sealed, SEALED), string("here"), out)
       == RESTREAM_OK, "it is opened");
    is_mem(out, SEALED - RESTREAM_SEAL_OVERHEAD, PLAIN, sizeof(PLAIN) - 1,
           "and as it was");

    ok(restream_seal(seal, string(""), string("here"), sealed) == RESTREAM_OK
       && restream_seal_open(seal, bytes(sealed, RESTREAM_SEAL_OVERHEAD),
                             string("here"), out) == RESTREAM_OK,
       "an empty value");

    restream_seal_destroy(&seal);
    ok(seal == NULL, "it is gone");
    restream_seal_destroy(&seal);
}


static void
test_rotation(void)
{
    uint8_t           old[SEALED], new[SEALED], turned[sizeof(keys)];
    restream_seal_t  *seal;

    seal = restream_seal_create(keys, 1);
    restream_seal(seal, string(PLAIN), string("here"), old);
    restream_seal_destroy(&seal);

    memcpy(turned, keys + RESTREAM_SEAL_KEY, RESTREAM_SEAL_KEY);
    memcpy(turned + RESTREAM_SEAL_KEY, keys, RESTREAM_SEAL_KEY);

    seal = restream_seal_create(turned, 2);
    ok(restream_seal_open(seal, bytes(old, SEALED), string("here"), out)
       == RESTREAM_OK, "an older key opens what it has sealed");
    restream_seal(seal, string(PLAIN), string("here"), new);
    restream_seal_destroy(&seal);

    seal = restream_seal_create(turned, 1);
    ok(restream_seal_open(seal, bytes(new, SEALED), string("here"), out)
       == RESTREAM_OK, "the first one seals");
    ok(restream_seal_open(seal, bytes(old, SEALED), string("here"), out)
       == RESTREAM_DECLINED, "what another has sealed is told apart");
    restream_seal_destroy(&seal);
}


static void
test_damaged(void)
{
    size_t            i, n;
    unsigned          bit;
    uint8_t           sealed[SEALED];
    restream_seal_t  *seal;

    seal = restream_seal_create(keys, 1);
    restream_seal(seal, string(PLAIN), string("here"), sealed);

    ok(restream_seal_open(seal, bytes(sealed, SEALED), string("there"), out)
       == RESTREAM_ERROR, "it is not opened in another place");

    memset(out, 'x', sizeof(out));
    n = 0;

    for (i = 0; i < SEALED; i++) {
        for (bit = 0; bit < 8; bit++) {
            sealed[i] ^= 1 << bit;
            n += restream_seal_open(seal, bytes(sealed, SEALED),
                                    string("here"), out) != RESTREAM_OK;
            sealed[i] ^= 1 << bit;
        }
    }

    is_uint(n, SEALED * 8, "not with any bit of it changed");
    ok(memmem(out, sizeof(out), PLAIN, 6) == NULL, "nothing of it is left");

    for (n = 0, i = 0; i < SEALED; i++) {
        n += restream_seal_open(seal, bytes(sealed, i), string("here"), out)
             != RESTREAM_OK;
    }

    is_uint(n, SEALED, "nor with any of it missing");

    ok(restream_seal_open(seal, bytes(sealed, SEALED), string("here"), out)
       == RESTREAM_OK, "but as it is");

    restream_seal_destroy(&seal);
}


static void
test_mac(void)
{
    uint8_t           mac[RESTREAM_SEAL_MAC], other[RESTREAM_SEAL_MAC];
    restream_seal_t  *seal;

    /* made by another implementation */

    static uint8_t  known[] =
        "\xc1\x3e\x0a\x5b\x77\xd2\x87\x89\x64\x43\x35\x38"
        "\x83\xea\xf2\x9d\x1d\x7f\xb9\x1d\x05\x99\xf8\x70"
        "\x33\x4a\xcd\x25\xf0\xbd\xd1\x30";

    seal = restream_seal_create(keys, 2);

    is_uint(restream_seal_mac(seal, 0, string(PLAIN), mac), RESTREAM_OK,
            "a MAC");
    is_mem(mac, sizeof(mac), known, sizeof(known) - 1,
           "is what another one makes");
    is_uint(restream_seal_mac(seal, 1, string(PLAIN), other), RESTREAM_OK,
            "each key");
    ok(memcmp(mac, other, sizeof(mac)) != 0, "has one of its own");
    is_uint(restream_seal_mac(seal, 2, string(PLAIN), other),
            RESTREAM_DECLINED, "there are so many keys");

    restream_seal_destroy(&seal);
}


static void
test_first(void)
{
    restream_seal_t  *one, *two;

    one = restream_seal_create(keys + RESTREAM_SEAL_KEY, 1);
    two = restream_seal_create(keys, 2);

    is_uint(restream_seal(one, string(PLAIN), string("here"), out),
            RESTREAM_OK, "a value");
    ok(restream_seal_is_first(one, bytes(out, SEALED)),
       "of the first key here");
    ok(!restream_seal_is_first(two, bytes(out, SEALED)),
       "of the second one there");
    ok(!restream_seal_is_first(one, bytes(out, RESTREAM_SEAL_OVERHEAD - 1)),
       "what is too short is of none");

    restream_seal_destroy(&one);
    restream_seal_destroy(&two);
}


int
main(void)
{
    test_known();
    test_seal();
    test_rotation();
    test_damaged();
    test_mac();
    test_first();

    return done_testing();
}
