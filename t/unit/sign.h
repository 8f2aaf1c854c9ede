/*
 * Makes JSON Web Tokens, right ones and wrong ones, and the keys for them.
 */

#ifndef _SIGN_H_INCLUDED_
#define _SIGN_H_INCLUDED_


#include "jobs/restream_jwt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>


#define NOW      1800000000
#define SECRET   "0123456789abcdef0123456789abcdef"

#define count(list)  (sizeof(list) / sizeof(list[0]))

#define must(cond)                                                            \
    if (!(cond)) {                                                            \
        fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);            \
        exit(2);                                                              \
    }


static inline restream_str_t
jwt_str(const char *s)
{
    restream_str_t  text;

    text.data = (uint8_t *) s;
    text.len = strlen(s);

    return text;
}


/* base64url without padding; the caller's to free */

static inline char *
jwt_base64(const void *data, size_t len)
{
    int    n;
    char  *text, *p;

    text = malloc(len * 4 / 3 + 5);
    must(text);

    n = EVP_EncodeBlock((unsigned char *) text, data, (int) len);

    while (n && text[n - 1] == '=') {
        text[--n] = '\0';
    }

    for (p = text; *p; p++) {
        *p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
    }

    return text;
}


static inline char *
jwt_join(const char *a, const char *b)
{
    char  *text;

    must(asprintf(&text, "%s.%s", a, b) >= 0);

    return text;
}


/* header "." payload */

static inline char *
jwt_input(const char *header, const char *payload)
{
    char  *h, *p, *text;

    h = jwt_base64(header, strlen(header));
    p = jwt_base64(payload, strlen(payload));
    text = jwt_join(h, p);

    free(h);
    free(p);

    return text;
}


static inline char *
jwt_signed(const char *input, const void *signature, size_t len)
{
    char  *s, *text;

    s = jwt_base64(signature, len);
    text = jwt_join(input, s);
    free(s);

    return text;
}


static inline char *
jwt_hmac(restream_str_t secret, const char *header, const char *payload)
{
    char      *input, *text;
    uint8_t    mac[EVP_MAX_MD_SIZE];
    unsigned   len;

    input = jwt_input(header, payload);
    must(HMAC(EVP_sha256(), secret.data, (int) secret.len, (uint8_t *) input,
              strlen(input), mac, &len));
    text = jwt_signed(input, mac, len);
    free(input);

    return text;
}


/* bytes of a signature by ECDSA as JWS has it, from that of OpenSSL */

static inline size_t
jwt_ecdsa(uint8_t *sig, size_t len, int size)
{
    ECDSA_SIG      *parts;
    const BIGNUM   *r, *s;
    const uint8_t  *p;

    p = sig;
    parts = d2i_ECDSA_SIG(NULL, &p, (long) len);
    must(parts);

    ECDSA_SIG_get0(parts, &r, &s);
    must(BN_bn2binpad(r, sig, size) == size);
    must(BN_bn2binpad(s, sig + size, size) == size);
    ECDSA_SIG_free(parts);

    return (size_t) size * 2;
}


/* signature of input; out has room for 1024 bytes */

static inline size_t
jwt_sign(EVP_PKEY *pkey, const char *input, uint8_t *out)
{
    int          type;
    size_t       len;
    EVP_MD_CTX  *ctx;

    type = EVP_PKEY_get_base_id(pkey);
    len = 1024;

    ctx = EVP_MD_CTX_new();
    must(EVP_DigestSignInit(ctx, NULL,
                            type == EVP_PKEY_ED25519 ? NULL : EVP_sha256(),
                            NULL, pkey)
         == 1);
    must(EVP_DigestSign(ctx, out, &len, (uint8_t *) input, strlen(input)) == 1);
    EVP_MD_CTX_free(ctx);

    return type == EVP_PKEY_EC
           ? jwt_ecdsa(out, len, (EVP_PKEY_get_bits(pkey) + 7) / 8) : len;
}


static inline char *
jwt_make(EVP_PKEY *pkey, const char *header, const char *payload)
{
    char     *input, *text;
    size_t    len;
    uint8_t   sig[1024];

    input = jwt_input(header, payload);
    len = jwt_sign(pkey, input, sig);
    text = jwt_signed(input, sig, len);
    free(input);

    return text;
}


/* in PEM, the caller's to free */

static inline char *
jwt_pem(EVP_PKEY *pkey, int private_key)
{
    BIO   *bio;
    char  *data, *text;
    long   len;

    bio = BIO_new(BIO_s_mem());
    must(bio);
    must(private_key
         ? PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL)
         : PEM_write_bio_PUBKEY(bio, pkey));

    len = BIO_get_mem_data(bio, &data);
    text = strndup(data, (size_t) len);
    BIO_free(bio);

    return text;
}


#endif /* _SIGN_H_INCLUDED_ */
