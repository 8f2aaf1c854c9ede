/*
 * Requests with an idempotency key: what has been done is remembered for a day
 * in the transaction that does it, so that a client which never got the answer
 * can ask again.
 */

#include "restream_store_sqlite.h"

#include <stdlib.h>
#include <string.h>


#define RESTREAM_STORE_SQLITE_DAY    (24 * 3600 * 1000)     /* ms */

/* how many old ones go with each new one */

#define RESTREAM_STORE_SQLITE_PRUNE  8


static uint64_t restream_store_sqlite_expired(const restream_change_t *change);


int
restream_store_sqlite_replay(restream_store_sqlite_change_t *ch)
{
    int                       rc;
    char                     *app, *name;
    const void               *hash;
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

    hash = sqlite3_column_blob(stmt, 0);

    if (hash == NULL || sqlite3_column_bytes(stmt, 0) != 32
        || memcmp(hash, change->request_hash, 32) != 0)
    {
        restream_store_sqlite_reset(stmt);
        ch->outcome->result = RESTREAM_CHANGE_REUSED;
        return RESTREAM_OK;
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
    const restream_change_t  *change;

    change = ch->change;

    if (restream_store_sqlite_run(ch->s, RESTREAM_STORE_SQLITE_SET_REQUEST,
                                  ch->err, "tthttuu",
                                  change->who ? change->who : "",
                                  change->idempotency_key,
                                  change->request_hash, change->app,
                                  change->name, ch->outcome->id, change->now)
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
