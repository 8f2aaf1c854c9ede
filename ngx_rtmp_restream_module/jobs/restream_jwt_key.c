/*
 * Whom to trust: the key of restream_jwt_t, checked before any token comes.
 */

#include "restream_jwt_token.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>


static int restream_jwt_set_secret(restream_jwt_t *jwt, restream_str_t key,
    restream_jwt_err_t *err);
static int restream_jwt_set_pem(restream_jwt_t *jwt, restream_str_t key,
    restream_jwt_err_t *err);
static int restream_jwt_check_pkey(restream_jwt_t *jwt,
    restream_jwt_err_t *err);
static int restream_jwt_copy_pem(restream_jwt_t *jwt);
static int restream_jwt_key_has(restream_str_t key, const char *text);
static int restream_jwt_no_password(char *buf, int size, int rwflag, void *u);


/* by restream_jwt_alg_e */

static const struct {
    int              type;              /* EVP_PKEY_* */
    const char      *expected;
} restream_jwt_keys[] = {
    { EVP_PKEY_NONE, NULL },
    { EVP_PKEY_NONE, "a secret of 32 bytes or more" },
    { EVP_PKEY_RSA, "a public key of RSA in PEM, of 2048 bits or more" },
    { EVP_PKEY_EC, "a public key of the curve P-256 in PEM" },
    { EVP_PKEY_ED25519, "a public key of Ed25519 in PEM" }
};


restream_jwt_t *
restream_jwt_create(restream_jwt_alg_e alg, restream_str_t key,
    const char *audience, const char *issuer, restream_jwt_err_t *err)
{
    int              rc;
    restream_jwt_t  *jwt;

    (void) restream_jwt_fail(err, RESTREAM_JWT_INVALID, "no memory");

    jwt = calloc(1, sizeof(restream_jwt_t));
    if (jwt == NULL) {
        return NULL;
    }

    jwt->alg = alg;

    if (audience) {
        jwt->audience = strdup(audience);
        if (jwt->audience == NULL) {
            goto failed;
        }
    }

    if (issuer) {
        jwt->issuer = strdup(issuer);
        if (jwt->issuer == NULL) {
            goto failed;
        }
    }

    rc = (alg == RESTREAM_JWT_HS256) ? restream_jwt_set_secret(jwt, key, err)
                                     : restream_jwt_set_pem(jwt, key, err);
    if (rc != RESTREAM_OK) {
        goto failed;
    }

    return jwt;

failed:

    restream_jwt_destroy(&jwt);

    return NULL;
}


void
restream_jwt_destroy(restream_jwt_t **jwtp)
{
    restream_jwt_t  *jwt;

    jwt = *jwtp;
    *jwtp = NULL;

    if (jwt == NULL) {
        return;
    }

    if (jwt->key) {
        OPENSSL_cleanse(jwt->key, jwt->len);
    }

    EVP_PKEY_free(jwt->pkey);
    free(jwt->key);
    free(jwt->audience);
    free(jwt->issuer);
    free(jwt);
}


static int
restream_jwt_set_secret(restream_jwt_t *jwt, restream_str_t key,
    restream_jwt_err_t *err)
{
    size_t  i, len;

    len = key.len;

    /* an editor ends text with a line end; random bytes end as they do */

    if (len && key.data[len - 1] == '\n') {
        len -= (len > 1 && key.data[len - 2] == '\r') ? 2 : 1;

        for (i = 0; i < len; i++) {
            if (key.data[i] < ' ' || key.data[i] > '~') {
                len = key.len;
                break;
            }
        }
    }

    if (len < RESTREAM_JWT_SECRET_MIN) {
        return restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                                 "a secret of %zu bytes, expected %s", len,
                                 restream_jwt_keys[jwt->alg].expected);
    }

    /* a public key is known to everybody */

    if (restream_jwt_key_has(key, "-----BEGIN ")) {
        return restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                                 "a key in PEM, expected %s",
                                 restream_jwt_keys[jwt->alg].expected);
    }

    jwt->key = malloc(len);
    if (jwt->key == NULL) {
        return RESTREAM_ERROR;
    }

    memcpy(jwt->key, key.data, len);
    jwt->len = len;

    return RESTREAM_OK;
}


static int
restream_jwt_set_pem(restream_jwt_t *jwt, restream_str_t key,
    restream_jwt_err_t *err)
{
    int   rc;
    BIO  *bio;

    if (restream_jwt_key_has(key, "PRIVATE KEY-----")) {
        return restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                                 "a private key, expected %s",
                                 restream_jwt_keys[jwt->alg].expected);
    }

    bio = BIO_new_mem_buf(key.data, (int) key.len);
    if (bio == NULL) {
        return RESTREAM_ERROR;
    }

    jwt->pkey = PEM_read_bio_PUBKEY(bio, NULL, restream_jwt_no_password, NULL);
    BIO_free(bio);

    rc = restream_jwt_check_pkey(jwt, err);

    if (rc == RESTREAM_OK) {
        rc = restream_jwt_copy_pem(jwt);
    }

    ERR_clear_error();

    return rc;
}


static int
restream_jwt_check_pkey(restream_jwt_t *jwt, restream_jwt_err_t *err)
{
    int   good;
    char  curve[32];

    good = jwt->pkey && EVP_PKEY_get_base_id(jwt->pkey)
                        == restream_jwt_keys[jwt->alg].type;

    if (good && jwt->alg == RESTREAM_JWT_RS256) {
        good = EVP_PKEY_get_bits(jwt->pkey) >= RESTREAM_JWT_RSA_MIN;
    }

    if (good && jwt->alg == RESTREAM_JWT_ES256) {
        good = EVP_PKEY_get_group_name(jwt->pkey, curve, sizeof(curve), NULL)
               && strcmp(curve, "prime256v1") == 0;
    }

    return good ? RESTREAM_OK
           : restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                               "another key, expected %s",
                               restream_jwt_keys[jwt->alg].expected);
}


/* for libjwt, which reads the key anew with every token: nothing but the key */

static int
restream_jwt_copy_pem(restream_jwt_t *jwt)
{
    int    rc;
    BIO   *bio;
    char  *data;
    long   len;

    bio = BIO_new(BIO_s_mem());
    if (bio == NULL) {
        return RESTREAM_ERROR;
    }

    rc = RESTREAM_ERROR;

    if (PEM_write_bio_PUBKEY(bio, jwt->pkey) == 1) {
        len = BIO_get_mem_data(bio, &data);
        jwt->key = malloc((size_t) len);

        if (jwt->key) {
            memcpy(jwt->key, data, (size_t) len);
            jwt->len = (size_t) len;
            rc = RESTREAM_OK;
        }
    }

    BIO_free(bio);

    return rc;
}


static int
restream_jwt_key_has(restream_str_t key, const char *text)
{
    size_t  i, len;

    len = strlen(text);

    for (i = 0; i + len <= key.len; i++) {
        if (memcmp(key.data + i, text, len) == 0) {
            return 1;
        }
    }

    return 0;
}


/* else OpenSSL would ask at the terminal */

static int
restream_jwt_no_password(char *buf, int size, int rwflag, void *u)
{
    (void) buf;
    (void) size;
    (void) rwflag;
    (void) u;

    return -1;
}
