/*
 * JSON Web Tokens of strangers: none is taken; and claims that we have signed
 * ourselves: what they grant is within bounds.
 *
 * The first byte of the input says what the rest is: a whole token, the header
 * of a signed one, or its claims.
 */

#include "jobs/restream_jwt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>


#define NOW     1800000000
#define SECRET  "0123456789abcdef0123456789abcdef"

/* keys whose private halves nobody has any more */

#define ES256                                                                 \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"      \
    "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"          \
    "-----END PUBLIC KEY-----\n"

#define EDDSA                                                                 \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"          \
    "-----END PUBLIC KEY-----\n"

#define check(cond)  if (!(cond)) { abort(); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static restream_jwt_t *trust(restream_jwt_alg_e alg, const char *key);
static void verify(restream_jwt_t *jwt, const char *text, int signed_by_us);
static void check_claims(const restream_jwt_claims_t *claims);
static char *sign(const uint8_t *header, size_t header_len,
    const uint8_t *payload, size_t payload_len);
static size_t base64(const uint8_t *data, size_t len, char *out);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                   *text;
    static restream_jwt_t  *hs, *es, *ed;

    static const char  header[] = "{\"alg\":\"HS256\"}";
    static const char  payload[] = "{\"exp\":1800000600,\"scope\":\"read\"}";

    if (hs == NULL) {
        hs = trust(RESTREAM_JWT_HS256, SECRET);
        es = trust(RESTREAM_JWT_ES256, ES256);
        ed = trust(RESTREAM_JWT_EDDSA, EDDSA);
    }

    if (size == 0 || size > 4096) {
        return 0;
    }

    switch (data[0] & 3) {

    case 0:
        text = sign((uint8_t *) header, sizeof(header) - 1, data + 1,
                    size - 1);
        verify(hs, text, 1);
        break;

    case 1:
        text = sign(data + 1, size - 1, (uint8_t *) payload,
                    sizeof(payload) - 1);
        verify(hs, text, 1);
        break;

    default:
        text = malloc(size);
        memcpy(text, data + 1, size - 1);
        text[size - 1] = '\0';

        verify(hs, text, 0);
    }

    verify(es, text, 0);
    verify(ed, text, 0);
    free(text);

    return 0;
}


static restream_jwt_t *
trust(restream_jwt_alg_e alg, const char *key)
{
    restream_str_t       text;
    restream_jwt_t      *jwt;
    restream_jwt_err_t   err;

    text.data = (uint8_t *) key;
    text.len = strlen(key);

    jwt = restream_jwt_create(alg, text, NULL, NULL, &err);
    check(jwt);

    return jwt;
}


static void
verify(restream_jwt_t *jwt, const char *text, int signed_by_us)
{
    int                     rc;
    restream_str_t          token;
    restream_jwt_err_t      err;
    restream_jwt_claims_t   claims;

    token.len = strlen(text);
    token.data = malloc(token.len + !token.len);
    memcpy(token.data, text, token.len);
    memset(&err, 0, sizeof(err));

    rc = restream_jwt_verify(jwt, token, NOW, &claims, &err);
    free(token.data);

    check(ERR_peek_error() == 0);

    if (rc == RESTREAM_OK) {
        check(signed_by_us);
        check_claims(&claims);
        restream_jwt_free(&claims);
        return;
    }

    check(rc == RESTREAM_ERROR || rc == RESTREAM_DECLINED);
    check(err.text[0] && strlen(err.text) < sizeof(err.text));
    check(err.code == RESTREAM_JWT_INVALID || err.code == RESTREAM_JWT_EXPIRED);
}


static void
check_claims(const restream_jwt_claims_t *claims)
{
    const restream_access_t  *access;

    access = &claims->access;

    check(claims->expires_at + RESTREAM_JWT_LEEWAY > NOW
          || claims->expires_at == UINT64_MAX);
    check(strlen(claims->sub) <= RESTREAM_JWT_SUB);
    check((access->capabilities & ~(unsigned) RESTREAM_CAN_ALL) == 0);
    check(access->npatterns <= RESTREAM_ACCESS_MAX);
    check(access->limited || access->npatterns == 0);
}


static char *
sign(const uint8_t *header, size_t header_len, const uint8_t *payload,
    size_t payload_len)
{
    char      *text, *p;
    uint8_t    mac[EVP_MAX_MD_SIZE];
    unsigned   len;

    text = malloc((header_len + payload_len) * 2 + 128);
    p = text + base64(header, header_len, text);
    *p++ = '.';
    p += base64(payload, payload_len, p);

    HMAC(EVP_sha256(), SECRET, sizeof(SECRET) - 1, (uint8_t *) text,
         (size_t) (p - text), mac, &len);

    *p++ = '.';
    p += base64(mac, len, p);
    *p = '\0';

    return text;
}


static size_t
base64(const uint8_t *data, size_t len, char *out)
{
    int   i, n;

    n = EVP_EncodeBlock((unsigned char *) out, data, (int) len);

    while (n && out[n - 1] == '=') {
        n--;
    }

    for (i = 0; i < n; i++) {
        out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
    }

    return (size_t) n;
}
