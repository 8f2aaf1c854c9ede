/*
 * JSON Web Tokens: who signed one, and what it grants.
 *
 * HS256, RS256 and ES256 are verified by libjwt, EdDSA (Ed25519) by OpenSSL.
 * What is trusted is fixed by configuration: one algorithm and one key.  A
 * token's header chooses nothing; kid, jku, jwk, x5c and x5u are not looked at.
 *
 * Does not block and keeps nothing between calls; verification is some ten to a
 * few hundred microseconds of computing.
 */

#ifndef _RESTREAM_JWT_H_INCLUDED_
#define _RESTREAM_JWT_H_INCLUDED_


#include "../model/restream_access.h"


#define RESTREAM_JWT_MAX         8192   /* bytes of a token */
#define RESTREAM_JWT_KEY_MAX     16384  /* bytes of a key file */
#define RESTREAM_JWT_SECRET_MIN  32     /* bytes, RFC 7518, 3.2 */
#define RESTREAM_JWT_RSA_MIN     2048   /* bits, RFC 7518, 3.3 */
#define RESTREAM_JWT_LEEWAY      60     /* seconds between two clocks */
#define RESTREAM_JWT_SUB         255    /* bytes */
#define RESTREAM_JWT_ERR         192


typedef enum {
    RESTREAM_JWT_HS256 = 1,
    RESTREAM_JWT_RS256,
    RESTREAM_JWT_ES256,
    RESTREAM_JWT_EDDSA
} restream_jwt_alg_e;


typedef enum {
    RESTREAM_JWT_INVALID = 1,           /* not from whom we trust, not for us,
                                           or not yet */
    RESTREAM_JWT_EXPIRED                /* it was all of that */
} restream_jwt_error_e;


typedef struct {
    restream_jwt_error_e   code;
    char                   text[RESTREAM_JWT_ERR];  /* for logs and answers; no
                                                       part of the signature */
} restream_jwt_err_t;


typedef struct restream_jwt_s  restream_jwt_t;


typedef struct {
    restream_access_t      access;      /* regexes are not compiled */
    uint64_t               expires_at;  /* UTC, s */
    char                   sub[RESTREAM_JWT_SUB + 1];   /* "": none */
} restream_jwt_claims_t;


/* HS256, RS256, ES256, EdDSA; 0: none of them */
restream_jwt_alg_e restream_jwt_alg(restream_str_t name);

/*
 * Whom to trust.
 *
 * in    key       RS256, ES256, EdDSA: a public key in PEM; HS256: the secret,
 *                 of which, when it is text, one line end is cut off
 *       audience  NULL: tokens that are for somebody are refused
 *       issuer    NULL: any
 * ret   NULL: err->text says what is wrong and what was expected
 */
restream_jwt_t *restream_jwt_create(restream_jwt_alg_e alg, restream_str_t key,
    const char *audience, const char *issuer, restream_jwt_err_t *err);

/* Wipes the secret; *jwt is cleared; NULL is fine. */
void restream_jwt_destroy(restream_jwt_t **jwt);

/*
 * Verifies a token and reads what it grants.
 *
 * in    now       UTC, s
 * out   *claims   on OK, to be given to restream_jwt_free()
 *       *err      otherwise
 * ret   OK; DECLINED: it is of another algorithm, no key was used; ERROR
 */
int restream_jwt_verify(const restream_jwt_t *jwt, restream_str_t token,
    uint64_t now, restream_jwt_claims_t *claims, restream_jwt_err_t *err);

void restream_jwt_free(restream_jwt_claims_t *claims);


#endif /* _RESTREAM_JWT_H_INCLUDED_ */
