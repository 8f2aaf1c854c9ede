/*
 * Whom to trust, a token in its parts, and the claims in it.  Between the files
 * of restream_jwt only.
 */

#ifndef _RESTREAM_JWT_TOKEN_H_INCLUDED_
#define _RESTREAM_JWT_TOKEN_H_INCLUDED_


#include <jansson.h>
#include <openssl/evp.h>

#include "restream_jwt.h"


struct restream_jwt_s {
    restream_jwt_alg_e   alg;
    uint8_t             *key;           /* secret, or PEM */
    size_t               len;           /* of key, bytes */
    EVP_PKEY            *pkey;          /* NULL with HS256 */
    char                *audience;      /* NULL: none of ours */
    char                *issuer;        /* NULL: any */
};


typedef struct {
    restream_str_t   input;         /* what is signed: header "." payload */
    restream_str_t   header;        /* parts as they came, base64url */
    restream_str_t   payload;
    restream_str_t   signature;
} restream_jwt_token_t;             /* all borrowed from the text */


/* Sets *err; what follows ret is always RESTREAM_ERROR. */
int restream_jwt_fail(restream_jwt_err_t *err, restream_jwt_error_e code,
    const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Splits; ret OK, ERROR. */
int restream_jwt_token_split(restream_jwt_token_t *token, restream_str_t text,
    restream_jwt_err_t *err);

/*
 * base64url as RFC 7515 has it: no padding, nothing else between, and of one
 * value only one form.
 *
 * in    out       room for text.len bytes
 * out   *len
 * ret   OK, ERROR
 */
int restream_jwt_decode(restream_str_t text, uint8_t *out, size_t *len);

/*
 * The object that a part is, each member of it once.
 *
 * in    what      of the sentence
 * ret   NULL: *err is set
 */
json_t *restream_jwt_object(restream_str_t part, const char *what,
    restream_jwt_err_t *err);

/* The value's own bytes; "" of what is no string, also of NULL. */
restream_str_t restream_jwt_string(const json_t *value);


/*
 * What the claims of a verified token grant.
 *
 * in    audience, issuer   NULL as in restream_jwt_create()
 * out   *claims   on OK
 * ret   OK, ERROR
 */
int restream_jwt_claims(restream_jwt_claims_t *claims, const json_t *object,
    const char *audience, const char *issuer, uint64_t now,
    restream_jwt_err_t *err);


#endif /* _RESTREAM_JWT_TOKEN_H_INCLUDED_ */
