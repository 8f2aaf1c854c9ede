/*
 * The claims of JSON Web Tokens that are rightly signed: when, for whom, and
 * what they grant.
 */

#include "test.h"
#include "sign.h"


static const char  *audience, *issuer;


static int
verify(const char *payload, restream_jwt_claims_t *claims,
    restream_jwt_err_t *err)
{
    int              rc;
    char            *text;
    restream_jwt_t  *jwt;

    jwt = restream_jwt_create(RESTREAM_JWT_HS256, jwt_str(SECRET), audience,
                              issuer, err);
    must(jwt);

    text = jwt_hmac(jwt_str(SECRET), "{\"alg\":\"HS256\"}", payload);
    rc = restream_jwt_verify(jwt, jwt_str(text), NOW, claims, err);

    free(text);
    restream_jwt_destroy(&jwt);

    return rc;
}


static void
refused(const char *payload, restream_jwt_error_e code, const char *said)
{
    restream_jwt_err_t      err;
    restream_jwt_claims_t   claims;

    memset(&err, 0, sizeof(err));

    is_uint((uint32_t) verify(payload, &claims, &err),
            (uint32_t) RESTREAM_ERROR, "%.60s is refused", payload);
    is_uint(err.code, code, "as such");
    ok(strstr(err.text, said) != NULL, "because %s", err.text);
}


static int
granted(const char *payload, restream_jwt_claims_t *claims)
{
    int                 rc;
    restream_jwt_err_t  err;

    rc = verify(payload, claims, &err);

    return is_uint((uint32_t) rc, RESTREAM_OK, "%.60s is taken%s%s", payload,
                   rc == RESTREAM_OK ? "" : ", not: ",
                   rc == RESTREAM_OK ? "" : err.text);
}


static void
test_times(void)
{
    size_t                  i;
    restream_jwt_claims_t   claims;
    static const char      *good[] = {
        "{\"exp\":1800000001}", "{\"exp\":1799999941}",
        "{\"exp\":1800000000.5}", "{\"exp\":1e300}",
        "{\"exp\":9223372036854775807}",
        "{\"exp\":1800000600,\"nbf\":1800000060}",
        "{\"exp\":1800000600,\"nbf\":-1}",
        "{\"exp\":1800000600,\"iat\":1900000000}"
    };
    static const char      *expired[] = {
        "{\"exp\":1799999940}", "{\"exp\":1799999939.9}", "{\"exp\":0}",
        "{\"exp\":-1}", "{\"exp\":-9223372036854775808}"
    };

    for (i = 0; i < count(good); i++) {
        if (granted(good[i], &claims)) {
            restream_jwt_free(&claims);
        }
    }

    for (i = 0; i < count(expired); i++) {
        refused(expired[i], RESTREAM_JWT_EXPIRED, "has expired");
    }

    refused("{}", RESTREAM_JWT_INVALID, "no \"exp\"");
    refused("{\"exp\":null}", RESTREAM_JWT_INVALID, "no \"exp\"");
    refused("{\"exp\":\"1800000600\"}", RESTREAM_JWT_INVALID, "no \"exp\"");
    refused("{\"exp\":true}", RESTREAM_JWT_INVALID, "no \"exp\"");
    refused("{\"exp\":1800000600,\"nbf\":1800000061}", RESTREAM_JWT_INVALID,
            "not valid yet");
    refused("{\"exp\":1800000600,\"nbf\":1e300}", RESTREAM_JWT_INVALID,
            "not valid yet");
    refused("{\"exp\":1800000600,\"nbf\":\"1\"}", RESTREAM_JWT_INVALID,
            "\"nbf\" of the token is no number");

    /* what libjwt cannot parse it takes for a wrong signature */

    refused("{\"exp\":1e999}", RESTREAM_JWT_INVALID, "of the token");
    refused("{\"exp\":18446744073709551616}", RESTREAM_JWT_INVALID,
            "of the token");
}


static void
test_parties(void)
{
    restream_jwt_claims_t  claims;

    refused("{\"exp\":1800000600,\"aud\":\"restream\"}", RESTREAM_JWT_INVALID,
            "has no \"audience=\"");
    refused("{\"exp\":1800000600,\"aud\":[]}", RESTREAM_JWT_INVALID,
            "has no \"audience=\"");

    audience = "restream";

    (void) granted("{\"exp\":1800000600,\"aud\":\"restream\"}", &claims);
    (void) granted("{\"exp\":1800000600,\"aud\":[\"a\",\"restream\"]}",
                   &claims);
    refused("{\"exp\":1800000600}", RESTREAM_JWT_INVALID, "another audience");
    refused("{\"exp\":1800000600,\"aud\":\"restream2\"}",
            RESTREAM_JWT_INVALID, "another audience");
    refused("{\"exp\":1800000600,\"aud\":\"Restream\"}", RESTREAM_JWT_INVALID,
            "another audience");
    refused("{\"exp\":1800000600,\"aud\":[]}", RESTREAM_JWT_INVALID,
            "another audience");
    refused("{\"exp\":1800000600,\"aud\":[[\"restream\"]]}",
            RESTREAM_JWT_INVALID, "another audience");
    refused("{\"exp\":1800000600,\"aud\":{\"restream\":1}}",
            RESTREAM_JWT_INVALID, "another audience");
    refused("{\"exp\":1,\"aud\":\"b\"}", RESTREAM_JWT_INVALID,
            "another audience");

    audience = NULL;
    issuer = "https://login.example";

    (void) granted("{\"exp\":1800000600,\"iss\":\"https://login.example\"}",
                   &claims);
    refused("{\"exp\":1800000600}", RESTREAM_JWT_INVALID, "another issuer");
    refused("{\"exp\":1800000600,\"iss\":\"https://login.example/\"}",
            RESTREAM_JWT_INVALID, "another issuer");
    refused("{\"exp\":1800000600,\"iss\":[\"https://login.example\"]}",
            RESTREAM_JWT_INVALID, "another issuer");

    issuer = NULL;
}


static void
test_capabilities(void)
{
    size_t                  i;
    char                    payload[256];
    restream_jwt_claims_t   claims;
    static const struct {
        const char  *member;
        unsigned     capabilities;
    } good[] = {
        { "\"x\":1", 0 },
        { "\"capabilities\":[]", 0 },
        { "\"capabilities\":[\"read\",\"write\"]",
          RESTREAM_CAN_READ|RESTREAM_CAN_WRITE },
        { "\"capabilities\":\"read keys\"",
          RESTREAM_CAN_READ|RESTREAM_CAN_KEYS },
        { "\"capabilities\":[\"start-broadcast-call\","
          "\"stop-broadcast-call\"]", RESTREAM_CAN_START|RESTREAM_CAN_STOP },
        { "\"capabilities\":[\"read write\",\"READ\",\"admin\"]", 0 },
        { "\"scope\":\"openid  read profile limits \"",
          RESTREAM_CAN_READ|RESTREAM_CAN_LIMITS },
        { "\"scope\":\"read,write\"", 0 },
        { "\"scope\":\"read\",\"capabilities\":[]", 0 },
        { "\"scope\":\"read\",\"capabilities\":[\"stop\"]", RESTREAM_CAN_STOP }
    };
    static const char  *bad[] = {
        "\"capabilities\":null", "\"capabilities\":[\"read\",1]",
        "\"capabilities\":{\"read\":true}", "\"capabilities\":true",
        "\"scope\":[\"read\"]", "\"scope\":1"
    };

    for (i = 0; i < count(good); i++) {
        (void) snprintf(payload, sizeof(payload), "{\"exp\":1800000600,%s}",
                        good[i].member);

        if (granted(payload, &claims)) {
            is_uint(claims.access.capabilities, good[i].capabilities, "%s",
                    good[i].member);
            ok(!claims.access.limited, "of every stream");
            restream_jwt_free(&claims);
        }
    }

    for (i = 0; i < count(bad); i++) {
        (void) snprintf(payload, sizeof(payload), "{\"exp\":1800000600,%s}",
                        bad[i]);
        refused(payload, RESTREAM_JWT_INVALID, "does not hold names");
    }
}


static void
test_streams(void)
{
    restream_str_t          app = restream_string("live");
    restream_str_t          a = restream_string("a");
    restream_str_t          b = restream_string("b");
    restream_jwt_claims_t   claims;

    if (granted("{\"exp\":1800000600,\"streams\":[\"live/a*\",\"~^x\"]}",
                &claims))
    {
        is_uint(claims.access.npatterns, 2, "two patterns");
        ok(restream_access_sees(&claims.access, app, a), "one stream is seen");
        ok(!restream_access_sees(&claims.access, app, b), "another is not");
        restream_jwt_free(&claims);
    }

    if (granted("{\"exp\":1800000600,\"streams\":\"live/b\"}", &claims)) {
        ok(!restream_access_sees(&claims.access, app, a), "a string: not a");
        ok(restream_access_sees(&claims.access, app, b), "but b");
        restream_jwt_free(&claims);
    }

    if (granted("{\"exp\":1800000600,\"streams\":[]}", &claims)) {
        ok(!restream_access_sees(&claims.access, app, a),
           "an empty list is no stream, and not every one");
        restream_jwt_free(&claims);
    }

    refused("{\"exp\":1800000600,\"streams\":null}", RESTREAM_JWT_INVALID,
            "does not hold patterns");
    refused("{\"exp\":1800000600,\"streams\":{}}", RESTREAM_JWT_INVALID,
            "does not hold patterns");
    refused("{\"exp\":1800000600,\"streams\":[\"live/a\",7]}",
            RESTREAM_JWT_INVALID, "does not hold patterns");
    refused("{\"exp\":1800000600,\"streams\":\"\"}", RESTREAM_JWT_INVALID,
            "a stream pattern is empty");
    refused("{\"exp\":1800000600,\"streams\":[\"live/a\",\"live\"]}",
            RESTREAM_JWT_INVALID, "no \"app/name\"");
}


static void
test_sub(void)
{
    char                    payload[512], sub[257];
    restream_jwt_claims_t   claims;

    memset(sub, 'x', sizeof(sub));
    sub[255] = '\0';
    (void) snprintf(payload, sizeof(payload),
                    "{\"exp\":1800000600,\"sub\":\"%s\"}", sub);

    if (granted(payload, &claims)) {
        is_uint(strlen(claims.sub), 255, "the longest name");
    }

    sub[255] = 'x';
    sub[256] = '\0';
    (void) snprintf(payload, sizeof(payload),
                    "{\"exp\":1800000600,\"sub\":\"%s\"}", sub);
    refused(payload, RESTREAM_JWT_INVALID, "at most 255 bytes");

    if (granted("{\"exp\":1800000600,\"sub\":\"Zo\xc3\xab\"}", &claims)) {
        is_mem(claims.sub, strlen(claims.sub), "Zo\xc3\xab", 4, "in UTF-8");
    }

    if (granted("{\"exp\":1800000600}", &claims)) {
        is_uint(strlen(claims.sub), 0, "without a name");
    }

    refused("{\"exp\":1800000600,\"sub\":1}", RESTREAM_JWT_INVALID,
            "no string");
    refused("{\"exp\":1800000600,\"sub\":\"a\\nb\"}", RESTREAM_JWT_INVALID,
            "control character");
    refused("{\"exp\":1800000600,\"sub\":\"a\\u0085b\"}", RESTREAM_JWT_INVALID,
            "control character");
    refused("{\"exp\":1800000600,\"sub\":\"a\\u0000b\"}", RESTREAM_JWT_INVALID,
            "of the token");
}


static void
test_payloads(void)
{
    size_t              i;
    char                deep[4096];
    static const char  *bad[] = {
        "[]", "1", "\"x\"", "null", "{\"exp\":1800000600",
        "{\"exp\":1800000600}}", "{\"exp\":1800000600} {}",
        "{\"exp\":1800000600,\"exp\":1}", "{\"exp\":1,\"exp\":1800000600}",
        "{\"exp\":1800000600,\"streams\":[\"a/b\"],\"streams\":[\"*\"]}",
        "{\"exp\":1800000600,\"x\":{\"y\":1,\"y\":2}}",
        "{\"exp\":1800000600,\"x\":\"\xff\"}"
    };

    for (i = 0; i < count(bad); i++) {
        refused(bad[i], RESTREAM_JWT_INVALID, "token");
    }

    memset(deep, '[', sizeof(deep));
    memcpy(deep, "{\"x\":", 5);
    deep[sizeof(deep) - 1] = '\0';
    refused(deep, RESTREAM_JWT_INVALID, "token");
}


int
main(void)
{
    test_times();
    test_parties();
    test_capabilities();
    test_streams();
    test_sub();
    test_payloads();

    return done_testing();
}
