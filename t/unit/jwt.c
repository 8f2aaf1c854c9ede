/*
 * JSON Web Tokens: those of the specifications, of each algorithm, and what has
 * not even the shape of one.
 */

#include "tokens.h"


/* {"iss":"joe", "exp":1300819380, "http://example.com/is_root":true} */
#define JOE                                                                   \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv" \
    "bS9pc19yb290Ijp0cnVlfQ"


static void
test_algorithms(void)
{
    size_t                  i;
    restream_jwt_t         *jwt;
    restream_jwt_err_t      err;
    restream_jwt_claims_t   claims;
    struct {
        restream_jwt_alg_e   alg;
        EVP_PKEY            *pkey;
        const char          *header;
    } cases[] = {
        { RESTREAM_JWT_RS256, rsa, "{\"alg\":\"RS256\",\"typ\":\"JWT\"}" },
        { RESTREAM_JWT_ES256, p256, "{\"alg\":\"ES256\"}" },
        { RESTREAM_JWT_EDDSA, ed25519, "{\"typ\":\"jwt\",\"alg\":\"EdDSA\"}" }
    };

    for (i = 0; i < count(cases); i++) {
        jwt = trust(cases[i].alg, cases[i].pkey);

        is_uint(verify(jwt, jwt_make(cases[i].pkey, cases[i].header, GOOD),
                       &claims, &err),
                RESTREAM_OK, "%s: a good token", cases[i].header);
        ok(strcmp(claims.sub, "alice") == 0, "who has it");
        is_uint(claims.access.capabilities,
                RESTREAM_CAN_READ|RESTREAM_CAN_STOP, "what for");
        is_uint(claims.expires_at, 1800000600, "until when");

        restream_jwt_free(&claims);
        restream_jwt_destroy(&jwt);
        ok(jwt == NULL, "destroyed is cleared");
    }

    jwt = trust_secret(NULL, NULL);
    is_uint(verify(jwt, jwt_hmac(jwt_str(SECRET), "{\"alg\":\"HS256\"}", GOOD),
                   &claims, &err),
            RESTREAM_OK, "HS256: a good token");
    restream_jwt_free(&claims);
    restream_jwt_destroy(&jwt);
    restream_jwt_destroy(&jwt);

    is_uint(restream_jwt_alg(jwt_str("EdDSA")), RESTREAM_JWT_EDDSA, "EdDSA");
    is_uint(restream_jwt_alg(jwt_str("HS256")), RESTREAM_JWT_HS256, "HS256");
    is_uint(restream_jwt_alg(jwt_str("none")), 0, "none is not known");
    is_uint(restream_jwt_alg(jwt_str("hs256")), 0, "nor is hs256");
    is_uint(restream_jwt_alg(jwt_str("")), 0, "nor nothing");
}


/* RFC 7515, A.1 */

static void
test_rfc_hs256(void)
{
    restream_str_t          secret, token;
    restream_jwt_t         *jwt;
    restream_jwt_err_t      err;
    restream_jwt_claims_t   claims;
    static const uint8_t    key[] =
        "\x03\x23\x35\x4b\x2b\x0f\xa5\xbc\x83\x7e\x06\x65\x77\x7b\xa6\x8f"
        "\x5a\xb3\x28\xe6\xf0\x54\xc9\x28\xa9\x0f\x84\xb2\xd2\x50\x2e\xbf"
        "\xd3\xfb\x5a\x92\xd2\x06\x47\xef\x96\x8a\xb4\xc3\x77\x62\x3d\x22"
        "\x3d\x2e\x21\x72\x05\x2e\x4f\x08\xc0\xcd\x9a\xf5\x67\xd0\x80\xa3";

    secret.data = (uint8_t *) key;
    secret.len = sizeof(key) - 1;
    jwt = restream_jwt_create(RESTREAM_JWT_HS256, secret, NULL, "joe", &err);

    token = jwt_str("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." JOE
                    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");

    is_uint(restream_jwt_verify(jwt, token, 1300819439, &claims, &err),
            RESTREAM_OK, "the token of RFC 7515, A.1, a minute late");
    is_uint(claims.access.capabilities, 0, "it may nothing");
    is_uint((uint32_t) restream_jwt_verify(jwt, token, 1300819440, &claims,
                                           &err),
            (uint32_t) RESTREAM_ERROR, "a second later it is refused");
    is_uint(err.code, RESTREAM_JWT_EXPIRED, "since it has expired");

    restream_jwt_destroy(&jwt);
}


/* RFC 7515, A.3 */

static void
test_rfc_es256(void)
{
    EVP_PKEY               *pkey;
    restream_jwt_t         *jwt;
    const unsigned char    *p;
    restream_jwt_err_t      err;
    restream_jwt_claims_t   claims;
    static const uint8_t    spki[] =
        "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a"
        "\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04"
        "\x7f\xcd\xce\x27\x70\xf6\xc4\x5d\x41\x83\xcb\xee\x6f\xdb\x4b\x7b"
        "\x58\x07\x33\x35\x7b\xe9\xef\x13\xba\xcf\x6e\x3c\x7b\xd1\x54\x45"
        "\xc7\xf1\x44\xcd\x1b\xbd\x9b\x7e\x87\x2c\xdf\xed\xb9\xee\xb9\xf4"
        "\xb3\x69\x5d\x6e\xa9\x0b\x24\xad\x8a\x46\x23\x28\x85\x88\xe5\xad";

    p = spki;
    pkey = d2i_PUBKEY(NULL, &p, sizeof(spki) - 1);
    must(pkey);
    jwt = trust(RESTREAM_JWT_ES256, pkey);
    EVP_PKEY_free(pkey);

    is_uint(restream_jwt_verify(jwt,
                jwt_str("eyJhbGciOiJFUzI1NiJ9." JOE
                        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDx"
                        "w5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
                1300819380, &claims, &err),
            RESTREAM_OK, "the token of RFC 7515, A.3");

    restream_jwt_destroy(&jwt);
}


/* RFC 8037, A.4 */

static void
test_rfc_eddsa(void)
{
    EVP_PKEY              *pkey;
    restream_jwt_t        *jwt;
    static const uint8_t   key[] =
        "\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a"
        "\x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68\xf7\x07\x51\x1a";

    pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, 32);
    must(pkey);
    jwt = trust(RESTREAM_JWT_EDDSA, pkey);
    EVP_PKEY_free(pkey);

    refused(jwt, strdup("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25p"
                        "bmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhij"
                        "cNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"),
            RESTREAM_ERROR, "the payload of the token is no JSON object",
            "RFC 8037, A.4, a good signature of a text");

    restream_jwt_destroy(&jwt);
}


static void
test_shapes(void)
{
    char                name[32];
    char               *good, *big;
    size_t              i, len;
    restream_jwt_t     *jwt;
    static const char  *bad[] = {
        "", ".", "..", "...", "a", "a.b", ".b.c", "a..c", "a.b.c.d",
        "token with spaces", "eyJhbGciOiJIUzI1NiJ9", "a.b\n.c", "a.b.c=",
        "a+b.c/d.e", "\xff.\xff.\xff"
    };

    jwt = trust_secret(NULL, NULL);

    for (i = 0; i < count(bad); i++) {
        (void) snprintf(name, sizeof(name), "shape %zu that is none", i);
        refused(jwt, strdup(bad[i]), RESTREAM_ERROR, "token", name);
    }

    /* one character more, one less */

    good = jwt_hmac(jwt_str(SECRET), "{\"alg\":\"HS256\"}", GOOD);
    len = strlen(good);

    big = jwt_join(good, "");
    big[len] = 'A';
    refused(jwt, big, RESTREAM_ERROR, "not that of", "a character more");

    big = strdup(good);
    big[len - 1] = '\0';
    refused(jwt, big, RESTREAM_ERROR, "not that of", "a character less");
    free(good);

    /* the longest, and one that is longer */

    big = malloc(RESTREAM_JWT_MAX + 2);
    memset(big, 'A', RESTREAM_JWT_MAX + 1);
    big[100] = big[200] = '.';
    big[RESTREAM_JWT_MAX + 1] = '\0';
    refused(jwt, strdup(big + 1), RESTREAM_ERROR, "header of the token",
            "8192 bytes");
    refused(jwt, big, RESTREAM_ERROR, "has over 8192 bytes", "8193 bytes");

    restream_jwt_destroy(&jwt);
}


int
main(void)
{
    make_keys();

    test_algorithms();
    test_rfc_hs256();
    test_rfc_es256();
    test_rfc_eddsa();
    test_shapes();

    free_keys();

    return done_testing();
}
