/*
 * JSON Web Tokens: those of the specifications, those that others made to look
 * like ours, and keys that are none.
 */

#include "test.h"
#include "sign.h"

#include <openssl/err.h>


#define NOW      1800000000
#define SECRET   "0123456789abcdef0123456789abcdef"
#define GOOD     "{\"exp\":1800000600,\"sub\":\"alice\","                      \
                 "\"capabilities\":[\"read\",\"stop\"]}"

/* {"iss":"joe", "exp":1300819380, "http://example.com/is_root":true} */
#define JOE                                                                   \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv" \
    "bS9pc19yb290Ijp0cnVlfQ"

#define count(list)  (sizeof(list) / sizeof(list[0]))


static EVP_PKEY  *rsa, *weak, *p256, *p384, *ed25519, *other;


static void
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


static void
free_keys(void)
{
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(weak);
    EVP_PKEY_free(p256);
    EVP_PKEY_free(p384);
    EVP_PKEY_free(ed25519);
    EVP_PKEY_free(other);
}


static restream_jwt_t *
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


static restream_jwt_t *
trust_secret(const char *audience, const char *issuer)
{
    restream_jwt_err_t  err;

    return restream_jwt_create(RESTREAM_JWT_HS256, jwt_str(SECRET), audience,
                               issuer, &err);
}


/* takes text; in memory of exactly its size */

static int
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


static void
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


/* an attacker chooses the header, and has the public key */

static void
test_confusion(void)
{
    char                *pem, *input;
    size_t               i;
    restream_jwt_t      *jwt, *hs;
    static const char   *headers[] = {
        "{\"alg\":\"none\"}", "{\"alg\":\"None\"}", "{\"alg\":\"NONE\"}",
        "{\"alg\":\"nOnE\"}", "{\"alg\":\"\"}", "{\"alg\":null}", "{}",
        "{\"alg\":[\"RS256\"]}", "{\"alg\":0}", "{\"Alg\":\"RS256\"}",
        "{\"alg\":\"rs256\"}", "{\"alg\":\"RS256 \"}",
        "{\"alg\":\"RS384\"}", "{\"alg\":\"PS256\"}", "{\"alg\":\"ES256\"}",
        "{\"alg\":\"EdDSA\"}", "{\"alg\":\"HS256\"}", "{\"alg\":\"HS512\"}"
    };

    jwt = trust(RESTREAM_JWT_RS256, rsa);
    hs = trust_secret(NULL, NULL);
    pem = jwt_pem(rsa, 0);

    for (i = 0; i < count(headers); i++) {
        refused(jwt, jwt_make(rsa, headers[i], GOOD), RESTREAM_DECLINED,
                "expected \"RS256\"", headers[i]);
        refused(jwt, jwt_hmac(jwt_str(pem), headers[i], GOOD),
                RESTREAM_DECLINED, "expected \"RS256\"",
                "signed with the public key as a secret");

        input = jwt_input(headers[i], GOOD);
        refused(jwt, jwt_join(input, ""), RESTREAM_ERROR,
                "the token is not signed", "without a signature");
        free(input);
    }

    refused(jwt, jwt_hmac(jwt_str(pem), "{\"alg\":\"RS256\"}", GOOD),
            RESTREAM_ERROR, "not that of the configured key",
            "an HMAC of the public key that says RS256");
    refused(hs, jwt_make(rsa, "{\"alg\":\"HS256\"}", GOOD), RESTREAM_ERROR,
            "not that of the configured key", "RSA that says HS256");
    refused(hs, jwt_hmac(jwt_str(""), "{\"alg\":\"HS256\"}", GOOD),
            RESTREAM_ERROR, "not that of the configured key",
            "an HMAC of an empty secret");
    refused(hs, jwt_hmac(jwt_str(SECRET "\n"), "{\"alg\":\"HS256\"}", GOOD),
            RESTREAM_ERROR, "not that of the configured key",
            "an HMAC of another secret");

    free(pem);
    restream_jwt_destroy(&hs);
    restream_jwt_destroy(&jwt);
}


/* where a header says to find the key is not looked at */

static void
test_header(void)
{
    char                    header[512];
    char                   *text;
    size_t                  i;
    restream_jwt_t         *jwt;
    restream_jwt_err_t      err;
    restream_jwt_claims_t   claims;
    static const char      *members[] = {
        "\"kid\":\"../../../../dev/null\"", "\"kid\":\"x' UNION SELECT 'y\"",
        "\"kid\":[1]", "\"jku\":\"http://127.0.0.1/keys\"",
        "\"x5u\":\"file:///etc/passwd\"",
        "\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}", "\"x5c\":[\"AAAA\"]"
    };
    static const char      *bad[][2] = {
        { "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", "\"crit\" header" },
        { "{\"alg\":\"HS256\",\"crit\":[],\"b64\":false}", "\"crit\" header" },
        { "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", "another type" },
        { "{\"alg\":\"HS256\",\"typ\":1}", "another type" },
        { "{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
          "header of the token is no" },
        { "{\"alg\":\"none\",\"alg\":\"HS256\"}", "header of the token is no" },
        { "{\"alg\":\"HS256\\u0000\"}", "header of the token is no" },
        { "[{\"alg\":\"HS256\"}]", "header of the token is no" },
        { "\"HS256\"", "header of the token is no" },
        { "{\"alg\":\"HS256\"}x", "header of the token is no" }
    };

    jwt = trust_secret(NULL, NULL);

    for (i = 0; i < count(members); i++) {
        (void) snprintf(header, sizeof(header), "{\"alg\":\"HS256\",%s}",
                        members[i]);

        if (is_uint(verify(jwt, jwt_hmac(jwt_str(SECRET), header, GOOD),
                           &claims, &err),
                    RESTREAM_OK, "%s changes nothing", members[i]))
        {
            restream_jwt_free(&claims);
        }

        refused(jwt, jwt_hmac(jwt_str(""), header, GOOD), RESTREAM_ERROR,
                "not that of the configured key", members[i]);
    }

    for (i = 0; i < count(bad); i++) {
        refused(jwt, jwt_hmac(jwt_str(SECRET), bad[i][0], GOOD),
                RESTREAM_ERROR, bad[i][1], bad[i][0]);
    }

    /* a header changed behind the signature */

    text = jwt_hmac(jwt_str(SECRET), "{\"alg\":\"HS256\"}", GOOD);
    text[3] ^= 1;
    ok(verify(jwt, text, &claims, &err) != RESTREAM_OK,
       "a changed header is refused: %s", err.text);

    restream_jwt_destroy(&jwt);
}


static void
test_signatures(void)
{
    char            *input, *text;
    size_t           len;
    uint8_t          sig[1024];
    restream_jwt_t  *jwt;

    static const char  *header = "{\"alg\":\"ES256\"}";
    static const char  *no = "not that of the configured key";

    jwt = trust(RESTREAM_JWT_ES256, p256);
    input = jwt_input(header, GOOD);
    len = jwt_sign(p256, input, sig);
    is_uint(len, 64, "a signature of ES256 has 64 bytes");

    refused(jwt, jwt_signed(input, sig, 63), RESTREAM_ERROR, no, "63 bytes");
    sig[64] = 0;
    refused(jwt, jwt_signed(input, sig, 65), RESTREAM_ERROR, no, "65 bytes");
    refused(jwt, jwt_signed(input, sig, 1), RESTREAM_ERROR, no, "one byte");
    refused(jwt, jwt_signed(input, sig, 1024), RESTREAM_ERROR, no, "1024");

    /* four bits of the last character are none of the 64 bytes */

    text = jwt_signed(input, sig, 64);
    text[strlen(text) - 1]++;
    refused(jwt, text, RESTREAM_ERROR, no,
            "the same 64 bytes written in another way");

    memset(sig, 0, 64);
    refused(jwt, jwt_signed(input, sig, 64), RESTREAM_ERROR, no,
            "r and s are 0, CVE-2022-21449");
    memset(sig, 0xff, 64);
    refused(jwt, jwt_signed(input, sig, 64), RESTREAM_ERROR, no,
            "r and s are above the order");

    refused(jwt, jwt_make(other, header, GOOD), RESTREAM_ERROR, no,
            "another key of the curve");
    refused(jwt, jwt_make(p384, header, GOOD), RESTREAM_ERROR, no,
            "a key of another curve");

    /* signed for one payload, sent with another */

    text = jwt_input(header, "{\"exp\":1800000600,\"scope\":\"read\"}");
    len = jwt_sign(p256, input, sig);
    refused(jwt, jwt_signed(text, sig, len), RESTREAM_ERROR, no,
            "another payload");
    free(text);

    free(input);
    restream_jwt_destroy(&jwt);

    jwt = trust(RESTREAM_JWT_EDDSA, ed25519);
    input = jwt_input("{\"alg\":\"EdDSA\"}", GOOD);
    len = jwt_sign(ed25519, input, sig);
    refused(jwt, jwt_signed(input, sig, len - 1), RESTREAM_ERROR, no,
            "Ed25519: 63 bytes");
    sig[64] = 0;
    refused(jwt, jwt_signed(input, sig, len + 1), RESTREAM_ERROR, no,
            "Ed25519: 65 bytes");
    sig[10] ^= 1;
    refused(jwt, jwt_signed(input, sig, len), RESTREAM_ERROR, no,
            "Ed25519: a bit of it");
    free(input);
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


static void
test_keys(void)
{
    char                 text[128];
    char                *pem;
    size_t               i;
    restream_str_t       key;
    restream_jwt_t      *jwt;
    restream_jwt_err_t   err;
    struct {
        restream_jwt_alg_e   alg;
        EVP_PKEY            *pkey;
        int                  private_key;
        const char          *said;
    } bad[] = {
        { RESTREAM_JWT_RS256, weak, 0, "another key, expected a public key of "
          "RSA in PEM, of 2048 bits or more" },
        { RESTREAM_JWT_RS256, p256, 0, "another key, expected a public key of "
          "RSA" },
        { RESTREAM_JWT_RS256, rsa, 1, "a private key, expected a public" },
        { RESTREAM_JWT_ES256, rsa, 0, "another key, expected a public key of "
          "the curve P-256" },
        { RESTREAM_JWT_ES256, p384, 0, "of the curve P-256 in PEM" },
        { RESTREAM_JWT_ES256, ed25519, 0, "of the curve P-256 in PEM" },
        { RESTREAM_JWT_ES256, p256, 1, "a private key" },
        { RESTREAM_JWT_EDDSA, p256, 0, "of Ed25519" },
        { RESTREAM_JWT_EDDSA, ed25519, 1, "a private key" },
        { RESTREAM_JWT_HS256, rsa, 0, "a key in PEM, expected a secret" },
        { RESTREAM_JWT_HS256, rsa, 1, "a key in PEM, expected a secret" }
    };
    static const struct {
        const char  *secret;
        size_t       len;
        int          good;
    } secrets[] = {
        { SECRET, 32, 1 }, { SECRET "\n", 33, 1 }, { SECRET "\r\n", 34, 1 },
        { SECRET "\n\n", 34, 1 }, { SECRET, 31, 0 }, { SECRET, 0, 0 },
        { "0123456789abcdef0123456789abcde\n", 32, 0 },
        { "\n", 1, 0 }, { "\r\n", 2, 0 },
        { "\x01" "123456789abcdef0123456789abcde\n", 32, 1 }
    };

    for (i = 0; i < count(bad); i++) {
        pem = jwt_pem(bad[i].pkey, bad[i].private_key);
        jwt = restream_jwt_create(bad[i].alg, jwt_str(pem), NULL, NULL, &err);
        ok(jwt == NULL && strstr(err.text, bad[i].said), "%s", err.text);
        restream_jwt_destroy(&jwt);
        free(pem);
    }

    for (i = 0; i < count(secrets); i++) {
        key.data = (uint8_t *) secrets[i].secret;
        key.len = secrets[i].len;
        jwt = restream_jwt_create(RESTREAM_JWT_HS256, key, NULL, NULL, &err);
        is_uint(jwt != NULL, secrets[i].good, "a secret of %zu bytes is %s",
                key.len, secrets[i].good ? "taken" : err.text);
        restream_jwt_destroy(&jwt);
    }

    (void) snprintf(text, sizeof(text),
                    "-----BEGIN PUBLIC KEY-----\n%s\n"
                    "-----END PUBLIC KEY-----\n", "AAAA");
    jwt = restream_jwt_create(RESTREAM_JWT_ES256, jwt_str(text), NULL, NULL,
                              &err);
    ok(jwt == NULL && ERR_peek_error() == 0, "broken PEM: %s", err.text);

    jwt = restream_jwt_create(RESTREAM_JWT_ES256, jwt_str(""), NULL, NULL,
                              &err);
    ok(jwt == NULL, "an empty file: %s", err.text);
}


int
main(void)
{
    make_keys();

    test_algorithms();
    test_rfc_hs256();
    test_rfc_es256();
    test_rfc_eddsa();
    test_confusion();
    test_header();
    test_signatures();
    test_shapes();
    test_keys();

    free_keys();

    return done_testing();
}
