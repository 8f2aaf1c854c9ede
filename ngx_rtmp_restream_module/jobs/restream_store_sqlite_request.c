/*
 * Requests with an idempotency key: what has been done is remembered for a day
 * in the transaction that does it, so that a client which never got the answer
 * can ask again.
 */

#include "restream_store_sqlite.h"

#include <stdlib.h>


#define RESTREAM_STORE_SQLITE_DAY    (24 * 3600 * 1000)     /* ms */

/* how many old ones go with each new one */

#define RESTREAM_STORE_SQLITE_PRUNE  8


static uint64_t restream_store_sqlite_expired(const restream_change_t *change);


int
restream_store_sqlite_replay(restream_store_sqlite_change_t *ch)
{
    int                       rc;
    char                     *app, *name;
    const void               *mac;
    sqlite3_stmt             *stmt;
    const restream_change_t  *change;

    change = ch->change;

    stmt = restream_store_sqlite_query(ch->s, RESTREAM_STORE_SQLITE_REQUEST,
                                       ch->err, "ttu",
                                       change->who ? change->who : "",
                                       change->idempotency_key,
                                       restream_store_sqlite_expired(change));
    if (stmt == NULL) {
        return RESTREAM_ERROR;
    }

    rc = restream_store_sqlite_step(ch->s, stmt, ch->err);

    if (rc != RESTREAM_OK) {
        return rc == RESTREAM_DONE ? RESTREAM_DECLINED : RESTREAM_ERROR;
    }

    mac = sqlite3_column_blob(stmt, 0);

    rc = mac && sqlite3_column_bytes(stmt, 0) == RESTREAM_SEAL_MAC
         ? restream_store_sqlite_is_mac(ch->s, change->request_hash, mac,
                                        ch->err)
         : RESTREAM_DECLINED;

    if (rc != RESTREAM_OK) {
        restream_store_sqlite_reset(stmt);
        ch->outcome->result = RESTREAM_CHANGE_REUSED;
        return rc == RESTREAM_DECLINED ? RESTREAM_OK : RESTREAM_ERROR;
    }

    ch->outcome->result = RESTREAM_CHANGE_REPLAYED;
    ch->outcome->id = (uint64_t) sqlite3_column_int64(stmt, 3);

    app = NULL;
    name = NULL;

    rc = restream_store_sqlite_text(ch->s, stmt, 1, &app, ch->err);

    if (rc == RESTREAM_OK) {
        rc = restream_store_sqlite_text(ch->s, stmt, 2, &name, ch->err);
    }

    restream_store_sqlite_reset(stmt);

    if (rc == RESTREAM_OK) {
        rc = restream_store_sqlite_load(ch->s, app, name, 1, &ch->have,
                                        ch->err);
    }

    free(app);
    free(name);

    return rc;
}


int
restream_store_sqlite_remember(restream_store_sqlite_change_t *ch)
{
    uint8_t                   mac[RESTREAM_SEAL_MAC];
    const restream_change_t  *change;

    change = ch->change;

    if (restream_store_sqlite_mac(ch->s, change->request_hash, mac, ch->err)
        != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    if (restream_store_sqlite_run(ch->s, RESTREAM_STORE_SQLITE_SET_REQUEST,
                                  ch->err, "tthttuu",
                                  change->who ? change->who : "",
                                  change->idempotency_key,
                                  mac, change->app, change->name,
                                  ch->outcome->id, change->now)
        != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    return restream_store_sqlite_run(ch->s,
                                     RESTREAM_STORE_SQLITE_PRUNE_REQUESTS,
                                     ch->err, "ui",
                                     restream_store_sqlite_expired(change),
                                     (int64_t) RESTREAM_STORE_SQLITE_PRUNE);
}


/* requests up to that moment are forgotten */

static uint64_t
restream_store_sqlite_expired(const restream_change_t *change)
{
    return change->now > RESTREAM_STORE_SQLITE_DAY
           ? change->now - RESTREAM_STORE_SQLITE_DAY : 0;
}
