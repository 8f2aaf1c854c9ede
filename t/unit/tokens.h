/*
 * Keys of each kind, and tokens that are shown to those who trust one.
 */

#ifndef _TOKENS_H_INCLUDED_
#define _TOKENS_H_INCLUDED_


#include "test.h"
#include "sign.h"

#include <openssl/err.h>


#define GOOD     "{\"exp\":1800000600,\"sub\":\"alice\","                      \
                 "\"capabilities\":[\"read\",\"stop\"]}"


static EVP_PKEY  *rsa, *weak, *p256, *p384, *ed25519, *other;


static inline void
make_keys(void)
{
    rsa = EVP_RSA_gen(2048);
    weak = EVP_RSA_gen(1024);
    p256 = EVP_EC_gen("P-256");
    p384 = EVP_EC_gen("P-384");
    ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    other = EVP_EC_gen("P-256");

    must(rsa && weak && p256 && p384 && ed25519 && other);
}


static inline void
free_keys(void)
{
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(weak);
    EVP_PKEY_free(p256);
    EVP_PKEY_free(p384);
    EVP_PKEY_free(ed25519);
    EVP_PKEY_free(other);
}


static inline restream_jwt_t *
trust(restream_jwt_alg_e alg, EVP_PKEY *pkey)
{
    char                *pem;
    restream_jwt_t      *jwt;
    restream_jwt_err_t   err;

    pem = jwt_pem(pkey, 0);
    jwt = restream_jwt_create(alg, jwt_str(pem), NULL, NULL, &err);
    free(pem);

    return jwt;
}


static inline restream_jwt_t *
trust_secret(const char *audience, const char *issuer)
{
    restream_jwt_err_t  err;

    return restream_jwt_create(RESTREAM_JWT_HS256, jwt_str(SECRET), audience,
                               issuer, &err);
}


/* takes text; in memory of exactly its size */

static inline int
verify(restream_jwt_t *jwt, char *text, restream_jwt_claims_t *claims,
    restream_jwt_err_t *err)
{
    int              rc;
    restream_str_t   token;

    memset(err, 0, sizeof(restream_jwt_err_t));

    token.len = strlen(text);
    token.data = malloc(token.len + !token.len);
    memcpy(token.data, text, token.len);

    rc = restream_jwt_verify(jwt, token, NOW, claims, err);

    must(ERR_peek_error() == 0);
    free(token.data);
    free(text);

    return rc;
}


static inline void
refused(restream_jwt_t *jwt, char *text, int rc, const char *said,
    const char *name)
{
    int                     got;
    restream_jwt_err_t      err;
    restream_jwt_claims_t   claims;

    got = verify(jwt, text, &claims, &err);

    if (got == RESTREAM_OK) {
        restream_jwt_free(&claims);
    }

    is_uint((uint32_t) got, (uint32_t) rc, "%s: is refused", name);
    ok(strstr(err.text, said) != NULL, "%s: because %s", name, err.text);
}


#endif /* _TOKENS_H_INCLUDED_ */
