/*
 * JSON Web Tokens: see restream_jwt.h.
 */

#include "restream_jwt_token.h"
#include "../lib/restream_utf8.h"

#include <errno.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/err.h>


static int restream_jwt_header(const restream_jwt_t *jwt,
    restream_str_t part, restream_jwt_err_t *err);
static int restream_jwt_signature(const restream_jwt_t *jwt,
    const restream_jwt_token_t *token, restream_jwt_err_t *err);
static int restream_jwt_libjwt(const restream_jwt_t *jwt,
    const restream_jwt_token_t *token);
static int restream_jwt_eddsa(const restream_jwt_t *jwt,
    const restream_jwt_token_t *token, restream_str_t signature);


/* by restream_jwt_alg_e; libjwt 1.10 has no EdDSA */

static const struct {
    restream_str_t   name;
    jwt_alg_t        alg;
} restream_jwt_algs[] = {
    { restream_string(""), JWT_ALG_NONE },
    { restream_string("HS256"), JWT_ALG_HS256 },
    { restream_string("RS256"), JWT_ALG_RS256 },
    { restream_string("ES256"), JWT_ALG_ES256 },
    { restream_string("EdDSA"), JWT_ALG_NONE }
};


restream_jwt_alg_e
restream_jwt_alg(restream_str_t name)
{
    restream_jwt_alg_e  alg;

    for (alg = RESTREAM_JWT_EDDSA; alg; alg--) {
        if (name.len == restream_jwt_algs[alg].name.len
            && memcmp(name.data, restream_jwt_algs[alg].name.data, name.len)
               == 0)
        {
            break;
        }
    }

    return alg;
}


int
restream_jwt_verify(const restream_jwt_t *jwt, restream_str_t text,
    uint64_t now, restream_jwt_claims_t *claims, restream_jwt_err_t *err)
{
    int                    rc;
    json_t                *object;
    restream_jwt_token_t   token;

    if (restream_jwt_token_split(&token, text, err) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    rc = restream_jwt_header(jwt, token.header, err);
    if (rc != RESTREAM_OK) {
        return rc;
    }

    rc = restream_jwt_signature(jwt, &token, err);

    /* nginx takes what is left there for an error of a connection */
    ERR_clear_error();

    if (rc != RESTREAM_OK) {
        return rc;
    }

    object = restream_jwt_object(token.payload, "payload", err);
    if (object == NULL) {
        return RESTREAM_ERROR;
    }

    rc = restream_jwt_claims(claims, object, jwt->audience, jwt->issuer, now,
                             err);
    json_decref(object);

    return rc;
}


void
restream_jwt_free(restream_jwt_claims_t *claims)
{
    restream_access_free(&claims->access);
}


/* ret   OK, DECLINED another algorithm, ERROR */

static int
restream_jwt_header(const restream_jwt_t *jwt, restream_str_t part,
    restream_jwt_err_t *err)
{
    int              rc;
    char             shown[24];
    json_t          *header, *typ;
    restream_str_t   alg;

    header = restream_jwt_object(part, "header", err);
    if (header == NULL) {
        return RESTREAM_ERROR;
    }

    alg = restream_jwt_string(json_object_get(header, "alg"));
    typ = json_object_get(header, "typ");

    if (restream_jwt_alg(alg) != jwt->alg) {
        (void) restream_utf8_show(alg, shown, sizeof(shown));
        (void) restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                                 "the token is of algorithm \"%s\", expected "
                                 "\"%s\"", shown,
                                 restream_jwt_algs[jwt->alg].name.data);
        rc = RESTREAM_DECLINED;

    } else if (json_object_get(header, "crit")) {
        rc = restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                               "the token has a \"crit\" header, which names "
                               "what is not supported");

    } else if (typ && (!json_is_string(typ)
                       || strcasecmp(json_string_value(typ), "JWT") != 0))
    {
        rc = restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                               "the token is of another type, expected "
                               "\"JWT\"");

    } else {
        rc = RESTREAM_OK;
    }

    json_decref(header);

    return rc;
}


static int
restream_jwt_signature(const restream_jwt_t *jwt,
    const restream_jwt_token_t *token, restream_jwt_err_t *err)
{
    int              rc;
    restream_str_t   signature;

    signature.data = malloc(token->signature.len);
    if (signature.data == NULL) {
        return restream_jwt_fail(err, RESTREAM_JWT_INVALID, "no memory");
    }

    if (restream_jwt_decode(token->signature, signature.data, &signature.len)
        != RESTREAM_OK)
    {
        rc = EINVAL;

    } else if (jwt->alg == RESTREAM_JWT_EDDSA) {
        rc = restream_jwt_eddsa(jwt, token, signature);

    } else {
        rc = restream_jwt_libjwt(jwt, token);
    }

    free(signature.data);

    return rc == 0 ? RESTREAM_OK
           : restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                               rc == ENOMEM ? "no memory"
                               : "the signature of the token is not that of "
                                 "the configured key");
}


/* ret   0, EINVAL, ENOMEM */

static int
restream_jwt_libjwt(const restream_jwt_t *jwt,
    const restream_jwt_token_t *token)
{
    int     rc;
    char   *text;
    jwt_t  *parsed;
    size_t  len;

    len = token->input.len + 1 + token->signature.len;

    text = malloc(len + 1);
    if (text == NULL) {
        return ENOMEM;
    }

    memcpy(text, token->input.data, len);
    text[len] = '\0';

    rc = jwt_decode(&parsed, text, jwt->key, (int) jwt->len);

    free(text);

    if (rc != 0) {
        return rc;
    }

    /* what it took the token for is what the header said */

    if (jwt_get_alg(parsed) != restream_jwt_algs[jwt->alg].alg) {
        rc = EINVAL;
    }

    jwt_free(parsed);

    return rc;
}


static int
restream_jwt_eddsa(const restream_jwt_t *jwt,
    const restream_jwt_token_t *token, restream_str_t signature)
{
    int          rc;
    EVP_MD_CTX  *ctx;

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return ENOMEM;
    }

    rc = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, jwt->pkey) == 1
         && EVP_DigestVerify(ctx, signature.data, signature.len,
                             token->input.data, token->input.len)
            == 1
         ? 0 : EINVAL;

    EVP_MD_CTX_free(ctx);

    return rc;
}
