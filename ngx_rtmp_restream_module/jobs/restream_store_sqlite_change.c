/*
 * A change of the SQLite store: the stream is read under the lock, the rules
 * say what becomes of it, the difference is written.
 */

#include "restream_store_sqlite.h"

#include <string.h>
#include <sys/random.h>

#include "../model/restream_apply.h"


static int restream_store_sqlite_attempt(restream_store_sqlite_t *s,
    const restream_change_t *change, restream_change_outcome_t *outcome,
    restream_store_err_t *err);
static int restream_store_sqlite_transact(restream_store_sqlite_change_t *ch,
    int *write);
static int restream_store_sqlite_count(
    restream_store_sqlite_change_t *ch);
static int restream_store_sqlite_apply(restream_store_sqlite_change_t *ch);
static int restream_store_sqlite_save(restream_store_sqlite_change_t *ch);
static int restream_store_sqlite_save_stream(
    restream_store_sqlite_change_t *ch);
static int restream_store_sqlite_save_destinations(
    restream_store_sqlite_change_t *ch);
static int restream_store_sqlite_put_destination(
    restream_store_sqlite_change_t *ch, restream_store_sqlite_statement_e id,
    restream_destination_t *dst);
static int restream_store_sqlite_save_switches(
    restream_store_sqlite_change_t *ch);
static uint64_t restream_store_sqlite_id(void);


/*
 * A full disk may have room for a change yet: where the log stands, as soon as
 * all of it is in the file.
 */

int
restream_store_sqlite_change(restream_store_t *store,
    const restream_change_t *change, restream_change_outcome_t *outcome,
    restream_store_err_t *err)
{
    int                       rc;
    restream_store_sqlite_t  *s;

    s = (restream_store_sqlite_t *) store;

    rc = restream_store_sqlite_attempt(s, change, outcome, err);

    if (rc == RESTREAM_ERROR && err->code == RESTREAM_STORE_FULL
        && restream_store_sqlite_empty_log(s) == RESTREAM_OK)
    {
        rc = restream_store_sqlite_attempt(s, change, outcome, err);
    }

    return rc;
}


static int
restream_store_sqlite_attempt(restream_store_sqlite_t *s,
    const restream_change_t *change, restream_change_outcome_t *outcome,
    restream_store_err_t *err)
{
    int                             rc, write;
    restream_store_sqlite_change_t  ch;

    memset(outcome, 0, sizeof(restream_change_outcome_t));
    memset(&ch, 0, sizeof(restream_store_sqlite_change_t));

    ch.s = s;
    ch.change = change;
    ch.outcome = outcome;
    ch.err = err;

    if (restream_store_sqlite_begin(s, 1, err) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    write = 0;
    rc = restream_store_sqlite_transact(&ch, &write);

    if (rc == RESTREAM_OK && write) {
        rc = restream_store_sqlite_commit(s, err);

    } else {
        restream_store_sqlite_rollback(s);
    }

    if (rc != RESTREAM_OK) {
        memset(outcome, 0, sizeof(restream_change_outcome_t));

    } else if (outcome->changed) {
        outcome->stream = ch.made;
        ch.made = NULL;

    } else {
        outcome->stream = ch.have.st;
        ch.have.st = NULL;
    }

    restream_stream_destroy(&ch.made);
    restream_stream_destroy(&ch.have.st);

    return rc;
}


/* out *write  there is something to commit */

static int
restream_store_sqlite_transact(restream_store_sqlite_change_t *ch, int *write)
{
    int                         rc;
    const restream_change_t    *change;
    restream_change_outcome_t  *outcome;

    change = ch->change;
    outcome = ch->outcome;

    if (restream_store_sqlite_number(ch->s, RESTREAM_STORE_SQLITE_REVISION,
                                     &ch->revision, ch->err)
        != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    if (change->idempotency_key) {
        rc = restream_store_sqlite_replay(ch);

        if (rc != RESTREAM_DECLINED) {
            outcome->revision = ch->revision;
            return rc;
        }
    }

    if (restream_store_sqlite_apply(ch) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    *write = outcome->changed;

    if (outcome->changed
        && (restream_store_sqlite_count(ch) != RESTREAM_OK
            || restream_store_sqlite_save(ch) != RESTREAM_OK))
    {
        return RESTREAM_ERROR;
    }

    outcome->revision = ch->revision;

    if (change->idempotency_key && outcome->result == RESTREAM_CHANGED) {
        *write = 1;
        return restream_store_sqlite_remember(ch);
    }

    return RESTREAM_OK;
}


/* the revision of the store, and the versions of what has changed */

static int
restream_store_sqlite_count(restream_store_sqlite_change_t *ch)
{
    ch->revision++;

    /* by the clock, so that those of another file that is put in the place of
     * this one, restored or begun anew, go on from here */

    if (ch->revision < ch->change->now) {
        ch->revision = ch->change->now;
    }

    if (restream_store_sqlite_number(ch->s, RESTREAM_STORE_SQLITE_RETIRED,
                                     &ch->retired, ch->err)
        != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    restream_change_versions(ch->have.st, ch->made, &ch->retired);

    return RESTREAM_OK;
}


static int
restream_store_sqlite_apply(restream_store_sqlite_change_t *ch)
{
    int                       secrets;
    const restream_change_t  *change;

    change = ch->change;

    /* a stream whose keys cannot be decrypted any more can be removed */

    secrets = change->kind != RESTREAM_CHANGE_DELETE_STREAM;

    if (restream_store_sqlite_load(ch->s, change->app, change->name, secrets,
                                   &ch->have, ch->err)
        != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    if (restream_change_apply(ch->have.st, change, &ch->made, ch->outcome)
        != RESTREAM_OK)
    {
        return restream_store_sqlite_failed(ch->s, SQLITE_NOMEM, ch->err);
    }

    if (secrets || ch->outcome->changed || ch->have.st == NULL) {
        return RESTREAM_OK;
    }

    /* it stays, and is shown */

    restream_stream_destroy(&ch->have.st);

    return restream_store_sqlite_load(ch->s, change->app, change->name, 1,
                                      &ch->have, ch->err);
}


static int
restream_store_sqlite_save(restream_store_sqlite_change_t *ch)
{
    if (restream_store_sqlite_run(ch->s, RESTREAM_STORE_SQLITE_SET_REVISION,
                                  ch->err, "uu", ch->revision, ch->retired)
        != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    if (ch->made == NULL) {
        return restream_store_sqlite_run(ch->s,
                                         RESTREAM_STORE_SQLITE_DELETE_STREAM,
                                         ch->err, "i", ch->have.row);
    }

    ch->made->revision = ch->revision;

    if (restream_store_sqlite_save_stream(ch) != RESTREAM_OK
        || restream_store_sqlite_save_destinations(ch) != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    return restream_store_sqlite_save_switches(ch);
}


static int
restream_store_sqlite_save_stream(restream_store_sqlite_change_t *ch)
{
    restream_stream_t        *st;
    restream_store_sqlite_t  *s;

    s = ch->s;
    st = ch->made;

    if (ch->have.st) {
        return restream_store_sqlite_run(s,
                                         RESTREAM_STORE_SQLITE_UPDATE_STREAM,
                                         ch->err, "iiiuuuu", ch->have.row,
                                         (int64_t) st->configured,
                                         (int64_t) st->maximum, st->version,
                                         st->revision, st->created_at,
                                         st->updated_at);
    }

    if (restream_store_sqlite_run(s, RESTREAM_STORE_SQLITE_INSERT_STREAM,
                                  ch->err, "ttiiuuuu", st->app, st->name,
                                  (int64_t) st->configured,
                                  (int64_t) st->maximum, st->version,
                                  st->revision, st->created_at,
                                  st->updated_at)
        != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    ch->have.row = sqlite3_last_insert_rowid(s->db);

    return RESTREAM_OK;
}


/*
 * Both lists are in the same order: what is left of the stored one, then what
 * is new.
 */

static int
restream_store_sqlite_save_destinations(restream_store_sqlite_change_t *ch)
{
    int                           rc;
    uint32_t                      i, n;
    restream_stream_t            *st;
    const restream_stream_t      *have;
    const restream_destination_t *old;

    st = ch->made;
    have = ch->have.st;
    rc = RESTREAM_OK;
    n = 0;

    for (i = 0; have && i < have->ndestinations && rc == RESTREAM_OK; i++) {
        old = &have->destinations[i];

        if (n == st->ndestinations || st->destinations[n].id != old->id) {
            rc = restream_store_sqlite_run(ch->s,
                                     RESTREAM_STORE_SQLITE_DELETE_DESTINATION,
                                     ch->err, "u", old->id);
            continue;
        }

        if (st->destinations[n].version != old->version) {
            rc = restream_store_sqlite_put_destination(ch,
                                     RESTREAM_STORE_SQLITE_UPDATE_DESTINATION,
                                     &st->destinations[n]);
        }

        n++;
    }

    for ( /* void */ ; n < st->ndestinations && rc == RESTREAM_OK; n++) {
        st->destinations[n].id = restream_store_sqlite_id();

        if (st->destinations[n].id == 0) {
            restream_store_error(ch->err, RESTREAM_STORE_UNAVAILABLE,
                                 "the system gives no random numbers",
                                 "the system gives no random numbers");
            return RESTREAM_ERROR;
        }

        if (ch->change->kind == RESTREAM_CHANGE_CREATE_DESTINATION) {
            ch->outcome->id = st->destinations[n].id;
        }

        rc = restream_store_sqlite_put_destination(ch,
                                     RESTREAM_STORE_SQLITE_INSERT_DESTINATION,
                                     &st->destinations[n]);
    }

    return rc;
}


/* the parameters of both statements are the same; 7 and 8 are secrets */

static int
restream_store_sqlite_put_destination(restream_store_sqlite_change_t *ch,
    restream_store_sqlite_statement_e id, restream_destination_t *dst)
{
    int            rc;
    sqlite3_stmt  *stmt;

    stmt = restream_store_sqlite_query(ch->s, id, ch->err, "uuuuit__ttti",
                                       dst->id, dst->version, dst->created_at,
                                       dst->updated_at,
                                       (int64_t) dst->enabled, dst->name,
                                       dst->title, dst->description,
                                       dst->audio, ch->have.row);
    if (stmt == NULL) {
        return RESTREAM_ERROR;
    }

    if (restream_store_sqlite_bind_secret(ch->s, stmt, 7,
                                          RESTREAM_STORE_SQLITE_URL, ch->made,
                                          dst->id, dst->url, ch->err)
           != RESTREAM_OK
        || restream_store_sqlite_bind_secret(ch->s, stmt, 8,
                                             RESTREAM_STORE_SQLITE_KEY,
                                             ch->made, dst->id, dst->key,
                                             ch->err)
           != RESTREAM_OK)
    {
        restream_store_sqlite_reset(stmt);
        return RESTREAM_ERROR;
    }

    rc = restream_store_sqlite_step(ch->s, stmt, ch->err);

    return rc == RESTREAM_DONE ? RESTREAM_OK : RESTREAM_ERROR;
}


/* none goes; those that were stored come first */

static int
restream_store_sqlite_save_switches(restream_store_sqlite_change_t *ch)
{
    uint32_t                  i;
    const restream_switch_t  *sw;
    const restream_stream_t  *have;

    have = ch->have.st;

    for (i = 0; i < ch->made->nswitches; i++) {
        sw = &ch->made->switches[i];

        if (have && i < have->nswitches
            && have->switches[i].enabled == sw->enabled)
        {
            continue;
        }

        if (restream_store_sqlite_run(ch->s, RESTREAM_STORE_SQLITE_SET_SWITCH,
                                      ch->err, "iti", ch->have.row, sw->name,
                                      (int64_t) sw->enabled)
            != RESTREAM_OK)
        {
            return RESTREAM_ERROR;
        }
    }

    return RESTREAM_OK;
}


/* random, so that ids tell nothing; 0: there are no random numbers */

static uint64_t
restream_store_sqlite_id(void)
{
    uint64_t  id;

    do {
        /* so few bytes come whole */

        if (getrandom(&id, sizeof(uint64_t), 0) != sizeof(uint64_t)) {
            return 0;
        }

    } while (id == 0);

    return id;
}
