/*
 * The SQLite backend of the store, seen from its own files
 * jobs/restream_store_sqlite*.c.
 *
 * Functions return RESTREAM_OK, or RESTREAM_ERROR with *err set, unless said.
 * get, list, change and reseal are those of the port: see restream_store.h.
 */

#ifndef _RESTREAM_STORE_SQLITE_H_INCLUDED_
#define _RESTREAM_STORE_SQLITE_H_INCLUDED_


#include <sqlite3.h>
#include <sys/types.h>

#include "restream_seal.h"
#include "restream_store_backend.h"
#include "restream_store_sqlite_sql.h"


#define RESTREAM_STORE_SQLITE_BUSY_MS   1500    /* the API answers within 2 s */
#define RESTREAM_STORE_SQLITE_PATH_MAX  500     /* SQLite takes 512, "-wal"
                                                   and all */


typedef struct {
    restream_store_t          store;
    char                     *path;
    restream_seal_t          *seal;         /* NULL: stored as it is */

    sqlite3                  *db;           /* NULL: to be opened again */
    sqlite3_stmt             *statements[RESTREAM_STORE_SQLITE_NSTATEMENTS];
    dev_t                     dev;          /* which file it is; ino 0: not */
    ino_t                     ino;          /* known yet */
    int                       schema;       /* version that it was opened at */
    int                       read_only;    /* so it had to be opened */
    int                       broken;       /* by an error, to be opened again
                                               at the next call */
    uint64_t                  waiting_ms;   /* for a lock, since; monotonic */
    unsigned                  patience_ms;  /* for a lock */
} restream_store_sqlite_t;


/* restream_store_sqlite.c */

/*
 * Says of an error what it is, and whether the file has to be opened again.
 *
 * in    rc    SQLite's extended code, the last of s->db
 * ret   ERROR, so that it can be returned
 */
int restream_store_sqlite_failed(restream_store_sqlite_t *s, int rc,
    restream_store_err_t *err);

/*
 * Begins a transaction, with the file opened and in its place.
 *
 * in    write    the lock is taken at once
 */
int restream_store_sqlite_begin(restream_store_sqlite_t *s, int write,
    restream_store_err_t *err);

/* Ends it: on OK what it wrote is on the disk. */
int restream_store_sqlite_commit(restream_store_sqlite_t *s,
    restream_store_err_t *err);

/* Leaves a transaction, whatever has become of it. */
void restream_store_sqlite_rollback(restream_store_sqlite_t *s);


/* restream_store_sqlite_file.c */

/* Makes the file, readable for its owner alone, unless it is there. */
int restream_store_sqlite_create_file(restream_store_sqlite_t *s,
    restream_store_err_t *err);

/* Opens the file that is there, in the newest schema; or s->db stays NULL. */
int restream_store_sqlite_open_file(restream_store_sqlite_t *s,
    restream_store_err_t *err);

/* With its statements; the next transaction opens it again. */
void restream_store_sqlite_close_file(restream_store_sqlite_t *s);

/*
 * Moves all of the log into the file, so that it begins anew.  ERROR, without
 * words: a reader or the disk is in the way.
 */
int restream_store_sqlite_empty_log(restream_store_sqlite_t *s);

/* The same, and the log keeps nothing of what was in it; if it can be. */
void restream_store_sqlite_cut_log(restream_store_sqlite_t *s);

/* Is it the file that was opened first? */
int restream_store_sqlite_in_place(restream_store_sqlite_t *s,
    restream_store_err_t *err);


/* restream_store_sqlite_schema.c */

extern const char *const  restream_store_sqlite_schema[];
extern const int          restream_store_sqlite_nschema;

/*
 * Brings a file to version n: steps[v] is SQL that makes v + 1 of version v.
 * Each process that finds an old one may try; one does it, in one transaction.
 */
int restream_store_sqlite_migrate(restream_store_sqlite_t *s,
    const char *const *steps, int n, restream_store_err_t *err);


/* restream_store_sqlite_statement.c */

/*
 * Runs a statement that gives no rows.  fmt has a letter for each parameter:
 *
 *     i   int64_t, as it is
 *     u   uint64_t, its bits
 *     t   const char *, NULL: null
 *     h   const uint8_t *, 32 bytes
 *     _   none yet
 */
int restream_store_sqlite_run(restream_store_sqlite_t *s,
    restream_store_sqlite_statement_e id, restream_store_err_t *err,
    const char *fmt, ...);

/* Begins a statement that gives rows: NULL, or what step() goes on with. */
sqlite3_stmt *restream_store_sqlite_query(restream_store_sqlite_t *s,
    restream_store_sqlite_statement_e id, restream_store_err_t *err,
    const char *fmt, ...);

/* OK: there is a row; DONE or ERROR: no more, the statement is reset */
int restream_store_sqlite_step(restream_store_sqlite_t *s, sqlite3_stmt *stmt,
    restream_store_err_t *err);

/* Before its last row. */
void restream_store_sqlite_reset(sqlite3_stmt *stmt);

/* A column as a string that is the caller's; null stays NULL. */
int restream_store_sqlite_text(restream_store_sqlite_t *s, sqlite3_stmt *stmt,
    int column, char **text, restream_store_err_t *err);

/* The only column of the only row. */
int restream_store_sqlite_number(restream_store_sqlite_t *s,
    restream_store_sqlite_statement_e id, uint64_t *n,
    restream_store_err_t *err);


/* restream_store_sqlite_secret.c */

/* which column of a row a secret is in */

typedef enum {
    RESTREAM_STORE_SQLITE_URL = 'u',
    RESTREAM_STORE_SQLITE_KEY = 'k'
} restream_store_sqlite_secret_e;

/* Binds a secret to a parameter, sealed when there are keys. */
int restream_store_sqlite_bind_secret(restream_store_sqlite_t *s,
    sqlite3_stmt *stmt, int parameter, restream_store_sqlite_secret_e which,
    const restream_stream_t *st, uint64_t id, const char *secret,
    restream_store_err_t *err);

/* Reads a secret out of a column: text is plain, a blob is sealed. */
int restream_store_sqlite_secret(restream_store_sqlite_t *s,
    sqlite3_stmt *stmt, int column, restream_store_sqlite_secret_e which,
    const restream_stream_t *st, uint64_t id, char **secret,
    restream_store_err_t *err);


/* restream_store_sqlite_mac.c */

/*
 * What is stored of the hash of a request.
 *
 * in    hash      32 bytes, as many as the mac
 */
int restream_store_sqlite_mac(restream_store_sqlite_t *s, const uint8_t *hash,
    uint8_t *mac, restream_store_err_t *err);

/* OK: mac is of hash, by any of the keys; DECLINED: it is not */
int restream_store_sqlite_is_mac(restream_store_sqlite_t *s,
    const uint8_t *hash, const uint8_t *mac, restream_store_err_t *err);

/* What steps of the schema call: restream_secret(), restream_mac(). */
int restream_store_sqlite_mac_functions(sqlite3 *db);


/* restream_store_sqlite_reseal.c */

int restream_store_sqlite_reseal(restream_store_t *store,
    restream_store_reseal_t *re, restream_store_err_t *err);


/* restream_store_sqlite_read.c */

typedef struct {
    restream_stream_t        *st;           /* NULL: nothing is stored */
    int64_t                   row;
} restream_store_sqlite_stream_t;

/*
 * Reads a stream, in a transaction.
 *
 * in    secrets   0: urls and keys stay empty, so that a stream whose key is
 *                 lost can be removed
 */
int restream_store_sqlite_load(restream_store_sqlite_t *s, const char *app,
    const char *name, int secrets, restream_store_sqlite_stream_t *stream,
    restream_store_err_t *err);

/*
 * The halves of that: a row of streams, and what belongs to it.  On ERROR what
 * has been read hangs on stream->st, the caller's.
 */
int restream_store_sqlite_stream(restream_store_sqlite_t *s,
    sqlite3_stmt *stmt, restream_store_sqlite_stream_t *stream,
    restream_store_err_t *err);
int restream_store_sqlite_children(restream_store_sqlite_t *s, int secrets,
    restream_store_sqlite_stream_t *stream, restream_store_err_t *err);

int restream_store_sqlite_get(restream_store_t *store, const char *app,
    const char *name, restream_stream_t **st, uint64_t *revision,
    restream_store_err_t *err);


/* restream_store_sqlite_list.c */

int restream_store_sqlite_list(restream_store_t *store,
    const restream_store_filter_t *filter, restream_stream_t ***list,
    uint32_t *n, restream_store_err_t *err);


/* restream_store_sqlite_change.c */

typedef struct {
    restream_store_sqlite_t         *s;
    const restream_change_t         *change;
    restream_change_outcome_t       *outcome;
    restream_store_err_t            *err;

    restream_store_sqlite_stream_t   have;      /* as it is stored */
    restream_stream_t               *made;      /* as it is to be stored */
    uint64_t                         revision;  /* of the store */
    uint64_t                         retired;   /* as restream_apply.h says */
} restream_store_sqlite_change_t;

int restream_store_sqlite_change(restream_store_t *store,
    const restream_change_t *change, restream_change_outcome_t *outcome,
    restream_store_err_t *err);


/* restream_store_sqlite_request.c */

/*
 * Has a request with that idempotency key been here?  DECLINED: no; OK: yes,
 * the outcome says so, and have is its stream
 */
int restream_store_sqlite_replay(restream_store_sqlite_change_t *ch);

/* Remembers the request, and forgets a few that are too old. */
int restream_store_sqlite_remember(restream_store_sqlite_change_t *ch);


#endif /* _RESTREAM_STORE_SQLITE_H_INCLUDED_ */
