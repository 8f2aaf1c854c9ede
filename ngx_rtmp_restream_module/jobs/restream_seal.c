/*
 * Secrets at rest: see restream_seal.h.
 *
 * A nonce is random: with 2^32 values under one key the odds that two of them
 * share one are 2^-33, and a store has a key for as long as its operator likes.
 */

#include "restream_seal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>


#define RESTREAM_SEAL_VERSION  1
#define RESTREAM_SEAL_LABEL    "restream request"    /* what MACs are of */
#define RESTREAM_SEAL_ID       8
#define RESTREAM_SEAL_NONCE    12
#define RESTREAM_SEAL_TAG      16

/* where they stand in a sealed value */

#define RESTREAM_SEAL_AT_ID     1
#define RESTREAM_SEAL_AT_NONCE  (RESTREAM_SEAL_AT_ID + RESTREAM_SEAL_ID)
#define RESTREAM_SEAL_AT_TEXT   (RESTREAM_SEAL_AT_NONCE + RESTREAM_SEAL_NONCE)


typedef struct {
    uint8_t                id[RESTREAM_SEAL_ID];
    uint8_t                key[RESTREAM_SEAL_KEY];
} restream_seal_key_t;


struct restream_seal_s {
    EVP_CIPHER_CTX        *ctx;
    restream_seal_key_t   *keys;        /* n of them */
    uint32_t               n;
};


static int restream_seal_begin(restream_seal_t *seal,
    const restream_seal_key_t *key, const uint8_t *nonce,
    restream_str_t place, int encrypt);
static const restream_seal_key_t *restream_seal_find(
    const restream_seal_t *seal, const uint8_t *id);


restream_seal_t *
restream_seal_create(const uint8_t *keys, uint32_t n)
{
    uint32_t              i;
    uint8_t               digest[32];
    restream_seal_t      *seal;
    restream_seal_key_t  *key;

    seal = calloc(1, sizeof(restream_seal_t));
    if (seal == NULL) {
        return NULL;
    }

    seal->n = n;
    seal->keys = calloc(n, sizeof(restream_seal_key_t));
    seal->ctx = EVP_CIPHER_CTX_new();

    if (seal->keys == NULL || seal->ctx == NULL) {
        goto failed;
    }

    if (EVP_CipherInit_ex(seal->ctx, EVP_aes_256_gcm(), NULL, NULL, NULL, 1)
        != 1)
    {
        goto failed;
    }

    for (i = 0; i < n; i++) {
        key = &seal->keys[i];
        memcpy(key->key, keys + (size_t) i * RESTREAM_SEAL_KEY,
               RESTREAM_SEAL_KEY);

        if (EVP_Digest(key->key, RESTREAM_SEAL_KEY, digest, NULL, EVP_sha256(),
                       NULL)
            != 1)
        {
            goto failed;
        }

        memcpy(key->id, digest, RESTREAM_SEAL_ID);
    }

    return seal;

failed:

    restream_seal_destroy(&seal);

    return NULL;
}


void
restream_seal_destroy(restream_seal_t **seal)
{
    restream_seal_t  *s;

    s = *seal;

    if (s == NULL) {
        return;
    }

    if (s->keys) {
        OPENSSL_cleanse(s->keys, s->n * sizeof(restream_seal_key_t));
    }

    EVP_CIPHER_CTX_free(s->ctx);
    free(s->keys);
    free(s);

    *seal = NULL;
}


int
restream_seal(restream_seal_t *seal, restream_str_t plain,
    restream_str_t place, uint8_t *out)
{
    int       n;
    uint8_t  *text;

    if (plain.len > INT_MAX) {
        return RESTREAM_ERROR;
    }

    out[0] = RESTREAM_SEAL_VERSION;
    memcpy(out + RESTREAM_SEAL_AT_ID, seal->keys[0].id, RESTREAM_SEAL_ID);
    text = out + RESTREAM_SEAL_AT_TEXT;

    if (RAND_bytes(out + RESTREAM_SEAL_AT_NONCE, RESTREAM_SEAL_NONCE) != 1
        || restream_seal_begin(seal, &seal->keys[0],
                               out + RESTREAM_SEAL_AT_NONCE, place, 1)
           != RESTREAM_OK
        || EVP_CipherUpdate(seal->ctx, text, &n, plain.data, (int) plain.len)
           != 1
        || EVP_CipherFinal_ex(seal->ctx, text + n, &n) != 1
        || EVP_CIPHER_CTX_ctrl(seal->ctx, EVP_CTRL_GCM_GET_TAG,
                               RESTREAM_SEAL_TAG, text + plain.len)
           != 1)
    {
        /* nobody else looks at what this thread has collected */
        ERR_clear_error();
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


int
restream_seal_open(restream_seal_t *seal, restream_str_t sealed,
    restream_str_t place, uint8_t *out)
{
    int                         n;
    size_t                      len;
    uint8_t                    *text;
    const restream_seal_key_t  *key;

    if (sealed.len < RESTREAM_SEAL_OVERHEAD
        || sealed.len > INT_MAX
        || sealed.data[0] != RESTREAM_SEAL_VERSION)
    {
        return RESTREAM_ERROR;
    }

    key = restream_seal_find(seal, sealed.data + RESTREAM_SEAL_AT_ID);
    if (key == NULL) {
        return RESTREAM_DECLINED;
    }

    len = sealed.len - RESTREAM_SEAL_OVERHEAD;
    text = sealed.data + RESTREAM_SEAL_AT_TEXT;

    if (restream_seal_begin(seal, key, sealed.data + RESTREAM_SEAL_AT_NONCE,
                            place, 0)
           != RESTREAM_OK
        || EVP_CipherUpdate(seal->ctx, out, &n, text, (int) len) != 1
        || EVP_CIPHER_CTX_ctrl(seal->ctx, EVP_CTRL_GCM_SET_TAG,
                               RESTREAM_SEAL_TAG, text + len)
           != 1
        || EVP_CipherFinal_ex(seal->ctx, out + n, &n) != 1)
    {
        ERR_clear_error();
        OPENSSL_cleanse(out, len);
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


int
restream_seal_is_first(const restream_seal_t *seal, restream_str_t sealed)
{
    return sealed.len >= RESTREAM_SEAL_OVERHEAD
           && sealed.data[0] == RESTREAM_SEAL_VERSION
           && memcmp(sealed.data + RESTREAM_SEAL_AT_ID, seal->keys[0].id,
                     RESTREAM_SEAL_ID)
              == 0;
}


int
restream_seal_mac(const restream_seal_t *seal, uint32_t i,
    restream_str_t text, uint8_t mac[RESTREAM_SEAL_MAC])
{
    int      rc;
    uint8_t  key[RESTREAM_SEAL_MAC];

    if (i >= seal->n) {
        return RESTREAM_DECLINED;
    }

    rc = HMAC(EVP_sha256(), seal->keys[i].key, RESTREAM_SEAL_KEY,
              (uint8_t *) RESTREAM_SEAL_LABEL, sizeof(RESTREAM_SEAL_LABEL) - 1,
              key, NULL)
         && HMAC(EVP_sha256(), key, sizeof(key), text.data, text.len, mac,
                 NULL)
         ? RESTREAM_OK : RESTREAM_ERROR;

    OPENSSL_cleanse(key, sizeof(key));

    return rc;
}


static int
restream_seal_begin(restream_seal_t *seal, const restream_seal_key_t *key,
    const uint8_t *nonce, restream_str_t place, int encrypt)
{
    int  n;

    if (place.len > INT_MAX
        || EVP_CipherInit_ex(seal->ctx, NULL, NULL, key->key, nonce, encrypt)
           != 1
        || EVP_CipherUpdate(seal->ctx, NULL, &n, place.data, (int) place.len)
           != 1)
    {
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


static const restream_seal_key_t *
restream_seal_find(const restream_seal_t *seal, const uint8_t *id)
{
    uint32_t  i;

    for (i = 0; i < seal->n; i++) {
        if (memcmp(seal->keys[i].id, id, RESTREAM_SEAL_ID) == 0) {
            return &seal->keys[i];
        }
    }

    return NULL;
}
