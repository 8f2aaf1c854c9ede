/*
 * A JSON Web Token in its parts: see restream_jwt_token.h.
 *
 * Stricter than libjwt, which parses the same bytes again: what passes here
 * means the same to both.
 */

#include "restream_jwt_token.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static int restream_jwt_part(restream_str_t *rest, restream_str_t *part);
static int restream_jwt_value(uint8_t ch);


int
restream_jwt_fail(restream_jwt_err_t *err, restream_jwt_error_e code,
    const char *fmt, ...)
{
    va_list  args;

    err->code = code;

    va_start(args, fmt);
    (void) vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);

    return RESTREAM_ERROR;
}


int
restream_jwt_token_split(restream_jwt_token_t *token, restream_str_t text,
    restream_jwt_err_t *err)
{
    size_t           i;
    restream_str_t   rest;

    if (text.len > RESTREAM_JWT_MAX) {
        return restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                                 "the token has over %d bytes",
                                 RESTREAM_JWT_MAX);
    }

    rest = text;

    /* libjwt's decoder is not made for anything else */

    for (i = 0; i < text.len; i++) {
        if (text.data[i] != '.' && restream_jwt_value(text.data[i]) < 0) {
            rest.len = 0;
            break;
        }
    }

    if (restream_jwt_part(&rest, &token->header) != RESTREAM_OK
        || restream_jwt_part(&rest, &token->payload) != RESTREAM_OK
        || memchr(rest.data, '.', rest.len) != NULL)
    {
        return restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                                 "the token is unknown and no JWT");
    }

    if (rest.len == 0) {
        return restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                                 "the token is not signed");
    }

    token->signature = rest;
    token->input.data = text.data;
    token->input.len = (size_t) (rest.data - text.data) - 1;

    return RESTREAM_OK;
}


/* takes off what stands before the next dot; not empty */

static int
restream_jwt_part(restream_str_t *rest, restream_str_t *part)
{
    uint8_t  *dot;

    if (rest->len == 0) {
        return RESTREAM_ERROR;
    }

    dot = memchr(rest->data, '.', rest->len);

    if (dot == NULL || dot == rest->data) {
        return RESTREAM_ERROR;
    }

    part->data = rest->data;
    part->len = (size_t) (dot - rest->data);

    rest->data += part->len + 1;
    rest->len -= part->len + 1;

    return RESTREAM_OK;
}


int
restream_jwt_decode(restream_str_t text, uint8_t *out, size_t *len)
{
    int        value;
    size_t     i;
    uint8_t   *p;
    unsigned   bits;
    uint32_t   group;

    p = out;
    bits = 0;
    group = 0;

    for (i = 0; i < text.len; i++) {
        value = restream_jwt_value(text.data[i]);

        if (value < 0) {
            return RESTREAM_ERROR;
        }

        group = (group << 6 | (uint32_t) value) & 0xffff;
        bits += 6;

        if (bits >= 8) {
            bits -= 8;
            *p++ = (uint8_t) (group >> bits);
        }
    }

    /* one character alone is no byte, and bits that are left over are zero */

    if (bits >= 6 || (group & ((1u << bits) - 1)) != 0) {
        return RESTREAM_ERROR;
    }

    *len = (size_t) (p - out);

    return RESTREAM_OK;
}


static int
restream_jwt_value(uint8_t ch)
{
    if (ch >= 'A' && ch <= 'Z') {
        return ch - 'A';
    }

    if (ch >= 'a' && ch <= 'z') {
        return ch - 'a' + 26;
    }

    if (ch >= '0' && ch <= '9') {
        return ch - '0' + 52;
    }

    return ch == '-' ? 62 : ch == '_' ? 63 : -1;
}


json_t *
restream_jwt_object(restream_str_t part, const char *what,
    restream_jwt_err_t *err)
{
    size_t    len;
    json_t   *object;
    uint8_t  *buf;

    buf = malloc(part.len);
    if (buf == NULL) {
        (void) restream_jwt_fail(err, RESTREAM_JWT_INVALID, "no memory");
        return NULL;
    }

    object = NULL;

    if (restream_jwt_decode(part, buf, &len) == RESTREAM_OK) {
        object = json_loadb((char *) buf, len, JSON_REJECT_DUPLICATES, NULL);
    }

    free(buf);

    if (!json_is_object(object)) {
        json_decref(object);
        (void) restream_jwt_fail(err, RESTREAM_JWT_INVALID,
                                 "the %s of the token is no JSON object in "
                                 "base64url, each member once", what);
        return NULL;
    }

    return object;
}


restream_str_t
restream_jwt_string(const json_t *value)
{
    restream_str_t  text = restream_string("");

    if (json_is_string(value)) {
        text.data = (uint8_t *) json_string_value(value);
        text.len = json_string_length(value);
    }

    return text;
}
