/* JSON Web Tokens that others made to look like ours. */

#include "tokens.h"


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


int
main(void)
{
    make_keys();

    test_confusion();
    test_header();
    test_signatures();

    free_keys();

    return done_testing();
}
