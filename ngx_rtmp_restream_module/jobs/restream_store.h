/*
 * The store: what is configured of streams, kept over restarts.
 *
 * A port with backends behind it; the first is SQLite.  Nothing outside
 * jobs/restream_store* knows which one it is.  Everything here blocks and runs
 * on pool threads: a handle belongs to one job at a time, on whatever thread
 * that runs.  Opened after fork, one handle per worker.
 *
 * A change that returned RESTREAM_OK is on the disk.
 *
 * A handle goes on after a failure, as soon as what was wrong with the disk has
 * been mended.  While it can be read and not written, reads work.
 */

#ifndef _RESTREAM_STORE_H_INCLUDED_
#define _RESTREAM_STORE_H_INCLUDED_


#include "../model/restream_change.h"


#define RESTREAM_STORE_ERR   256


typedef struct restream_store_s  restream_store_t;


/* why a call failed; holds no key */

typedef enum {
    RESTREAM_STORE_UNAVAILABLE = 1,     /* cannot be opened, busy, damaged,
                                           read-only: 503 */
    RESTREAM_STORE_FULL                 /* no space on the disk: 507 */
} restream_store_error_e;

typedef struct {
    restream_store_error_e    code;
    const char               *told;     /* a literal for whoever has called:
                                           no path, no name, no word of the
                                           system */
    char                      text[RESTREAM_STORE_ERR];
                                        /* for the log, in words an operator
                                           can use */
} restream_store_err_t;


/* Keys that encrypt stream keys at rest: the first encrypts, all decrypt. */

typedef struct {
    uint8_t                  *keys;     /* n * 32 bytes */
    uint32_t                  n;        /* 0: stored as they are */
} restream_store_keys_t;


/* What the path of a store of the default kind stands behind. */
const char *restream_store_scheme(void);

/*
 * Where a store is, as restream_store gives it: "sqlite:/path".  To be opened,
 * the path has to be absolute.
 *
 * ret   OK; ERROR: err->text says what was expected
 */
int restream_store_check(const char *dsn, restream_store_err_t *err);

/*
 * Completes what restream_store_check() has passed.
 *
 * in    prefix     a relative path is below it; ends with a slash
 * out   *located   for restream_store_open(), to be given to free()
 *       *directory that has to be there before, to be given to free(); NULL:
 *                  none
 * ret   OK; ERROR no memory, both are NULL
 */
int restream_store_locate(const char *dsn, const char *prefix, char **located,
    char **directory);

/*
 * Opens, creates (mode 0600, in a directory that exists) and migrates.
 *
 * in    keys      copied; NULL: none.  With keys, what is written is sealed,
 *                 urls too, since they may hold a key; what was stored without
 *                 is read as it is until it is sealed anew.
 * ret   the handle; NULL: *err is set, another call may succeed later
 */
restream_store_t *restream_store_open(const char *dsn,
    const restream_store_keys_t *keys, restream_store_err_t *err);

/* *store is cleared */
void restream_store_close(restream_store_t **store);


/*
 * Carries a change out in one transaction: all of it, or nothing.  The rules
 * are those of model/restream_apply.h.
 *
 * A request with an idempotency key whose answer was "no" is not remembered;
 * RESTREAM_CHANGE_REPLAYED comes with the stream as it is now, which has the
 * name that the first request had: outcome->stream tells it.
 *
 * out   *outcome  set on OK, also when the answer is "no" (see result);
 *                 outcome->stream is the stream as it stands behind it
 * ret   OK; ERROR: nothing has changed, *err is set
 */
int restream_store_change(restream_store_t *store,
    const restream_change_t *change, restream_change_outcome_t *outcome,
    restream_store_err_t *err);

/*
 * What is stored of a stream, also when it is not configured and only has
 * switches.
 *
 * out   *st         the caller's, with keys decrypted; NULL unless OK
 *       *revision   of the store when it was read: what was found, or that
 *                   nothing was, is newer than all of smaller ones; NULL: not
 *                   wanted
 * ret   OK; DECLINED nothing is stored; ERROR *err is set
 */
int restream_store_get(restream_store_t *store, const char *app,
    const char *name, restream_stream_t **st, uint64_t *revision,
    restream_store_err_t *err);


/* A page of configured streams in the order of (app, name), bytewise. */

typedef struct {
    const char               *app;          /* NULL: all; else only this one */
    const char               *q;            /* NULL: all; else part of the name
                                               of stream or destination, or of
                                               a title; ASCII case folded */
    const char               *after_app;    /* NULL: from the beginning */
    const char               *after_name;   /* with after_app; the first is
                                               the one behind it, which need
                                               not exist */
    uint32_t                  limit;        /* 1 to 1000 */
} restream_store_filter_t;

/*
 * out   *list, *n   the caller's: each destroyed with
 *                   restream_stream_destroy(), the array with free(); fewer
 *                   than limit: there are no more
 * ret   OK; ERROR *err is set
 */
int restream_store_list(restream_store_t *store,
    const restream_store_filter_t *filter, restream_stream_t ***list,
    uint32_t *n, restream_store_err_t *err);


/* how far a store has been sealed anew; zero-filled before the first call */

typedef struct {
    uint64_t                  sealed;       /* destinations, by these calls */
    uint64_t                  lost;         /* those that no key opens */
    int64_t                   place;        /* where the next call goes on */
} restream_store_reseal_t;

/*
 * Seals with the first key what was stored without one or with another one: of
 * a few destinations, in one transaction.  Nothing else of them changes, and
 * no version.
 *
 * ret   OK: there may be more, to be called again; DONE: that was all; ERROR:
 *       *re is as it was, *err is set
 */
int restream_store_reseal(restream_store_t *store,
    restream_store_reseal_t *re, restream_store_err_t *err);


#endif /* _RESTREAM_STORE_H_INCLUDED_ */
