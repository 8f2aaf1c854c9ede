/* Keys and secrets that are taken for JSON Web Tokens, and that are not. */

#include "tokens.h"


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

    test_keys();

    free_keys();

    return done_testing();
}
