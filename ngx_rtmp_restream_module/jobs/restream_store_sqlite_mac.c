/*
 * What is remembered of a request: a MAC, for the request may hold a stream key
 * and a plain hash would tell whether a guess of it is right.
 *
 * With restream_store_key the MAC's key is made of the first one, and those of
 * the others are still known; without, it is a random one that the file has.
 */

#include "restream_store_sqlite.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>


static int restream_store_sqlite_mac_by_file(restream_store_sqlite_t *s,
    restream_str_t hash, uint8_t *mac, restream_store_err_t *err);
static void restream_store_sqlite_secret_function(sqlite3_context *ctx, int n,
    sqlite3_value **args);
static void restream_store_sqlite_mac_function(sqlite3_context *ctx, int n,
    sqlite3_value **args);


int
restream_store_sqlite_mac(restream_store_sqlite_t *s, const uint8_t *hash,
    uint8_t *mac, restream_store_err_t *err)
{
    restream_str_t  text;

    text.data = (uint8_t *) hash;
    text.len = RESTREAM_SEAL_MAC;

    if (s->seal == NULL) {
        return restream_store_sqlite_mac_by_file(s, text, mac, err);
    }

    return restream_seal_mac(s->seal, 0, text, mac) == RESTREAM_OK
           ? RESTREAM_OK
           : restream_store_sqlite_failed(s, SQLITE_NOMEM, err);
}


int
restream_store_sqlite_is_mac(restream_store_sqlite_t *s, const uint8_t *hash,
    const uint8_t *mac, restream_store_err_t *err)
{
    uint8_t         other[RESTREAM_SEAL_MAC];
    uint32_t        i;
    restream_str_t  text;

    text.data = (uint8_t *) hash;
    text.len = RESTREAM_SEAL_MAC;

    for (i = 0;
         s->seal && restream_seal_mac(s->seal, i, text, other) == RESTREAM_OK;
         i++)
    {
        if (CRYPTO_memcmp(mac, other, RESTREAM_SEAL_MAC) == 0) {
            return RESTREAM_OK;
        }
    }

    /* before there was a key */

    if (restream_store_sqlite_mac_by_file(s, text, other, err) != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    return CRYPTO_memcmp(mac, other, RESTREAM_SEAL_MAC) == 0
           ? RESTREAM_OK : RESTREAM_DECLINED;
}


static int
restream_store_sqlite_mac_by_file(restream_store_sqlite_t *s,
    restream_str_t hash, uint8_t *mac, restream_store_err_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    stmt = restream_store_sqlite_query(s, RESTREAM_STORE_SQLITE_SECRET, err,
                                       "");
    if (stmt == NULL) {
        return RESTREAM_ERROR;
    }

    rc = restream_store_sqlite_step(s, stmt, err);

    if (rc != RESTREAM_OK) {
        return rc == RESTREAM_DONE
               ? restream_store_sqlite_failed(s, SQLITE_CORRUPT, err)
               : RESTREAM_ERROR;
    }

    rc = HMAC(EVP_sha256(), sqlite3_column_blob(stmt, 0),
              sqlite3_column_bytes(stmt, 0), hash.data, hash.len, mac, NULL)
         ? RESTREAM_OK : RESTREAM_ERROR;

    restream_store_sqlite_reset(stmt);

    return rc == RESTREAM_OK
           ? RESTREAM_OK : restream_store_sqlite_failed(s, SQLITE_NOMEM, err);
}


/* SQL has neither, and a file of an older version has hashes */

int
restream_store_sqlite_mac_functions(sqlite3 *db)
{
    int  rc;

    rc = sqlite3_create_function_v2(db, "restream_secret", 0,
                                    SQLITE_UTF8|SQLITE_DIRECTONLY, NULL,
                                    restream_store_sqlite_secret_function,
                                    NULL, NULL, NULL);
    if (rc != SQLITE_OK) {
        return rc;
    }

    return sqlite3_create_function_v2(db, "restream_mac", 2,
                                      SQLITE_UTF8|SQLITE_DIRECTONLY, NULL,
                                      restream_store_sqlite_mac_function,
                                      NULL, NULL, NULL);
}


/* restream_secret(): a new one */

static void
restream_store_sqlite_secret_function(sqlite3_context *ctx, int n,
    sqlite3_value **args)
{
    uint8_t  secret[RESTREAM_SEAL_MAC];

    (void) n;
    (void) args;

    if (RAND_bytes(secret, sizeof(secret)) != 1) {
        sqlite3_result_error_code(ctx, SQLITE_ERROR);
        return;
    }

    sqlite3_result_blob(ctx, secret, sizeof(secret), SQLITE_TRANSIENT);
    OPENSSL_cleanse(secret, sizeof(secret));
}


/* restream_mac(secret, hash) */

static void
restream_store_sqlite_mac_function(sqlite3_context *ctx, int n,
    sqlite3_value **args)
{
    uint8_t  mac[RESTREAM_SEAL_MAC];

    (void) n;

    if (HMAC(EVP_sha256(), sqlite3_value_blob(args[0]),
             sqlite3_value_bytes(args[0]), sqlite3_value_blob(args[1]),
             (size_t) sqlite3_value_bytes(args[1]), mac, NULL)
        == NULL)
    {
        sqlite3_result_error_nomem(ctx);
        return;
    }

    sqlite3_result_blob(ctx, mac, sizeof(mac), SQLITE_TRANSIENT);
}
