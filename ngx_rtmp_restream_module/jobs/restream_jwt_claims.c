/*
 * The claims of a JSON Web Token, RFC 7519: who it is for and when, and what it
 * grants.
 */

#include "restream_jwt_token.h"
#include "../lib/restream_utf8.h"

#include <string.h>


static int restream_jwt_parties(const json_t *object, const char *audience,
    const char *issuer, restream_jwt_err_t *err);
static int restream_jwt_is_for(const json_t *aud, const char *audience);
static int restream_jwt_times(restream_jwt_claims_t *claims,
    const json_t *object, uint64_t now, restream_jwt_err_t *err);
static int restream_jwt_capabilities(restream_jwt_claims_t *claims,
    const json_t *object, restream_jwt_err_t *err);
static int restream_jwt_streams(restream_jwt_claims_t *claims,
    const json_t *streams, restream_jwt_err_t *err);
static int restream_jwt_sub(restream_jwt_claims_t *claims, const json_t *sub,
    restream_jwt_err_t *err);
static int restream_jwt_is_string(const json_t *value, const char *text);


int
restream_jwt_claims(restream_jwt_claims_t *claims, const json_t *object,
    const char *audience, const char *issuer, uint64_t now,
    restream_jwt_err_t *err)
{
    memset(claims, 0, sizeof(restream_jwt_claims_t));

    if (restream_jwt_parties(object, audience, issuer, err) != RESTREAM_OK
        || restream_jwt_times(claims, object, now, err) != RESTREAM_OK
        || restream_jwt_capabilities(claims, object, err) != RESTREAM_OK
        || restream_jwt_streams(claims, json_object_get(object, "streams"),
                                err)
           != RESTREAM_OK
        || restream_jwt_sub(claims, json_object_get(object, "sub"), err)
           != RESTREAM_OK)
    {
        restream_jwt_free(claims);
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


static int
restream_jwt_parties(const json_t *object, const char *audience,
    const char *issuer, restream_jwt_err_t *err)
{
    const json_t  *aud;

    if (issuer && !restream_jwt_is_string(json_object_get(object, "iss"),
                                          issuer))
    {
        return restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                                 "the token is of another issuer");
    }

    aud = json_object_get(object, "aud");

    /* RFC 7519, 4.1.3: who is not in it must refuse; without a name of ours we
     * are in none */

    if (audience == NULL) {
        return aud == NULL ? RESTREAM_OK
               : restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                                   "the token is for an audience, and "
                                   "\"restream_api_jwt\" has no \"audience=\"");
    }

    return restream_jwt_is_for(aud, audience) ? RESTREAM_OK
           : restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                               "the token is for another audience");
}


static int
restream_jwt_is_for(const json_t *aud, const char *audience)
{
    size_t  i;

    for (i = 0; i < json_array_size(aud); i++) {
        if (restream_jwt_is_string(json_array_get(aud, i), audience)) {
            return 1;
        }
    }

    return restream_jwt_is_string(aud, audience);
}


/* seconds since 1970, RFC 7519, 2, "NumericDate": they may have a fraction */

static int
restream_jwt_times(restream_jwt_claims_t *claims, const json_t *object,
    uint64_t now, restream_jwt_err_t *err)
{
    double         clock, value;
    const json_t  *exp, *nbf;

    exp = json_object_get(object, "exp");
    nbf = json_object_get(object, "nbf");
    clock = (double) now;

    if (!json_is_number(exp)) {
        return restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                                 "the token has no \"exp\", the time when it "
                                 "expires");
    }

    if (nbf && !json_is_number(nbf)) {
        return restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                                 "\"nbf\" of the token is no number");
    }

    value = json_number_value(exp);

    if (value + RESTREAM_JWT_LEEWAY <= clock) {
        return restream_jwt_fail(err, RESTREAM_JWT_EXPIRED,
                                 "the token has expired");
    }

    if (nbf && json_number_value(nbf) - RESTREAM_JWT_LEEWAY > clock) {
        return restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                                 "the token is not valid yet");
    }

    /* a double of 2^63 and more is no uint64_t in every rounding */

    claims->expires_at = value < 9e18 ? (uint64_t) value : UINT64_MAX;

    return RESTREAM_OK;
}


/* "capabilities", or else "scope"; what else there may be is for others */

static int
restream_jwt_capabilities(restream_jwt_claims_t *claims, const json_t *object,
    restream_jwt_err_t *err)
{
    size_t           i;
    unsigned        *all;
    const char      *name;
    const json_t    *list, *value;
    restream_str_t   unknown;

    all = &claims->access.capabilities;
    name = "capabilities";
    list = json_object_get(object, name);

    if (list == NULL) {
        name = "scope";
        list = json_object_get(object, name);

    } else if (json_is_array(list)) {

        for (i = 0; i < json_array_size(list); i++) {
            value = json_array_get(list, i);

            if (!json_is_string(value)) {
                goto failed;
            }

            *all |= restream_access_capability(restream_jwt_string(value));
        }

        return RESTREAM_OK;
    }

    if (list == NULL) {
        return RESTREAM_OK;
    }

    if (json_is_string(list)) {
        restream_access_list(restream_jwt_string(list), ' ', all, &unknown);
        return RESTREAM_OK;
    }

failed:

    return restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                             "\"%s\" of the token does not hold names", name);
}


static int
restream_jwt_streams(restream_jwt_claims_t *claims, const json_t *streams,
    restream_jwt_err_t *err)
{
    size_t         i;
    const char    *why;
    const json_t  *value;

    if (streams == NULL) {
        return RESTREAM_OK;
    }

    /* an empty list is of no stream */
    claims->access.limited = 1;

    why = "\"streams\" of the token does not hold patterns";
    value = streams;

    for (i = 0; !json_is_array(streams) || i < json_array_size(streams); i++) {

        if (json_is_array(streams)) {
            value = json_array_get(streams, i);
        }

        if (!json_is_string(value)
            || restream_access_add(&claims->access, restream_jwt_string(value),
                                   &why)
               != RESTREAM_OK)
        {
            return restream_jwt_fail(err, RESTREAM_JWT_INVALID, "%s", why);
        }

        if (value == streams) {
            break;
        }
    }

    return RESTREAM_OK;
}


/* it names a person in the log, where nothing of it may be lost */

static int
restream_jwt_sub(restream_jwt_claims_t *claims, const json_t *sub,
    restream_jwt_err_t *err)
{
    int32_t          cp;
    restream_str_t   text;
    const uint8_t   *p, *last;

    if (sub == NULL) {
        return RESTREAM_OK;
    }

    if (!json_is_string(sub) || json_string_length(sub) > RESTREAM_JWT_SUB) {
        return restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                                 "\"sub\" of the token is no string of at most "
                                 "%d bytes", RESTREAM_JWT_SUB);
    }

    text = restream_jwt_string(sub);
    p = text.data;
    last = p + text.len;

    while (p < last) {
        cp = restream_utf8_get(&p, last);

        if (cp < 0 || restream_utf8_control(cp)) {
            return restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                                     "\"sub\" of the token has a control "
                                     "character");
        }
    }

    memcpy(claims->sub, text.data, text.len);
    claims->sub[text.len] = '\0';

    return RESTREAM_OK;
}


static int
restream_jwt_is_string(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}
