/*
 * Secrets of the SQLite backend: plain values are text, sealed ones blobs, so
 * that neither can be taken for the other.
 *
 * What is sealed with a value is its place: column, destination, stream.
 */

#include "restream_store_sqlite.h"

#include <stdlib.h>
#include <string.h>


#define RESTREAM_STORE_SQLITE_PLACE                                           \
    (1 + 8 + RESTREAM_APP_MAX + 1 + RESTREAM_STREAM_NAME_MAX)


static int restream_store_sqlite_open_secret(restream_store_sqlite_t *s,
    restream_str_t sealed, restream_store_sqlite_secret_e which,
    const restream_stream_t *st, uint64_t id, char **secret,
    restream_store_err_t *err);
static int restream_store_sqlite_place(restream_store_sqlite_secret_e which,
    const restream_stream_t *st, uint64_t id, restream_str_t *place);


int
restream_store_sqlite_bind_secret(restream_store_sqlite_t *s,
    sqlite3_stmt *stmt, int parameter, restream_store_sqlite_secret_e which,
    const restream_stream_t *st, uint64_t id, const char *secret,
    restream_store_err_t *err)
{
    int              rc;
    size_t           len;
    uint8_t         *sealed, data[RESTREAM_STORE_SQLITE_PLACE];
    restream_str_t   plain, place;

    plain.data = (uint8_t *) secret;
    plain.len = strlen(secret);
    place.data = data;

    if (s->seal == NULL) {
        rc = sqlite3_bind_text(stmt, parameter, secret, (int) plain.len,
                               SQLITE_STATIC);

        return rc == SQLITE_OK ? RESTREAM_OK
                               : restream_store_sqlite_failed(s, rc, err);
    }

    if (restream_store_sqlite_place(which, st, id, &place) != RESTREAM_OK) {
        return restream_store_sqlite_failed(s, SQLITE_TOOBIG, err);
    }

    len = plain.len + RESTREAM_SEAL_OVERHEAD;

    sealed = malloc(len);
    if (sealed == NULL) {
        return restream_store_sqlite_failed(s, SQLITE_NOMEM, err);
    }

    if (restream_seal(s->seal, plain, place, sealed) != RESTREAM_OK) {
        free(sealed);
        restream_store_error(err, RESTREAM_STORE_UNAVAILABLE,
                             "a stream key cannot be encrypted",
                             "a stream key cannot be encrypted, OpenSSL has no"
                             " random numbers or no AES-256-GCM");
        return RESTREAM_ERROR;
    }

    /* which frees it, also when it fails */

    rc = sqlite3_bind_blob(stmt, parameter, sealed, (int) len, free);

    return rc == SQLITE_OK ? RESTREAM_OK
                           : restream_store_sqlite_failed(s, rc, err);
}


int
restream_store_sqlite_secret(restream_store_sqlite_t *s, sqlite3_stmt *stmt,
    int column, restream_store_sqlite_secret_e which,
    const restream_stream_t *st, uint64_t id, char **secret,
    restream_store_err_t *err)
{
    restream_str_t  sealed;

    *secret = NULL;

    if (sqlite3_column_type(stmt, column) != SQLITE_BLOB) {
        return restream_store_sqlite_text(s, stmt, column, secret, err);
    }

    sealed.data = (uint8_t *) sqlite3_column_blob(stmt, column);
    sealed.len = (size_t) sqlite3_column_bytes(stmt, column);

    return restream_store_sqlite_open_secret(s, sealed, which, st, id, secret,
                                             err);
}


static int
restream_store_sqlite_open_secret(restream_store_sqlite_t *s,
    restream_str_t sealed, restream_store_sqlite_secret_e which,
    const restream_stream_t *st, uint64_t id, char **secret,
    restream_store_err_t *err)
{
    int              rc;
    char            *plain;
    uint8_t          data[RESTREAM_STORE_SQLITE_PLACE];
    restream_str_t   place;

    place.data = data;
    rc = RESTREAM_DECLINED;
    plain = NULL;

    if (s->seal == NULL) {
        goto failed;
    }

    /* longer than what is in it, and ended by a zero */

    plain = calloc(1, sealed.len + 1);
    if (plain == NULL) {
        return restream_store_sqlite_failed(s, SQLITE_NOMEM, err);
    }

    rc = restream_store_sqlite_place(which, st, id, &place);

    if (rc == RESTREAM_OK) {
        rc = restream_seal_open(s->seal, sealed, place, (uint8_t *) plain);
    }

    if (rc == RESTREAM_OK) {
        *secret = plain;
        return RESTREAM_OK;
    }

failed:

    free(plain);

    restream_store_error(err, RESTREAM_STORE_UNAVAILABLE,
                         rc == RESTREAM_DECLINED
                         ? "stream keys are encrypted with a key that"
                           " \"restream_store_key\" does not give"
                         : "stream keys are damaged, restore a backup or"
                           " remove the stream",
                         rc == RESTREAM_DECLINED
                         ? "the stream keys of \"%.80s/%.80s\" are encrypted"
                           " with a key that \"restream_store_key\" does not"
                           " give"
                         : "the stream keys of \"%.80s/%.80s\" are damaged,"
                           " restore a backup or remove the stream",
                         st->app, st->name);

    return RESTREAM_ERROR;
}


static int
restream_store_sqlite_place(restream_store_sqlite_secret_e which,
    const restream_stream_t *st, uint64_t id, restream_str_t *place)
{
    size_t    i, app, name;
    uint8_t  *p;

    app = strlen(st->app);
    name = strlen(st->name);

    if (app > RESTREAM_APP_MAX || name > RESTREAM_STREAM_NAME_MAX) {
        return RESTREAM_ERROR;
    }

    p = place->data;
    *p++ = (uint8_t) which;

    for (i = 0; i < 8; i++) {
        *p++ = (uint8_t) (id >> (56 - 8 * i));
    }

    memcpy(p, st->app, app + 1);
    p += app + 1;
    memcpy(p, st->name, name);
    p += name;

    place->len = (size_t) (p - place->data);

    return RESTREAM_OK;
}
