/*
 * The SQLite backend of the store: its handle, transactions, and the words for
 * what went wrong.
 *
 * The file is of one inode for as long as a handle lives.  SQLite finds the
 * write-ahead log by name: two files that take turns under one name would
 * share it, and lose what was acknowledged.  So a file that has been replaced
 * or removed is refused, not opened anew.
 */

#include "restream_store_sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    int                       rc;           /* 0: all others */
    restream_store_error_e    code;
    int                       system;       /* the system said why, and the
                                               file has to be opened again */
    const char               *text;
} restream_store_sqlite_error_t;


static int restream_store_sqlite_check_path(const char *path,
    restream_store_err_t *err);
static int restream_store_sqlite_locate(const char *path, const char *prefix,
    char **located, char **directory);
static restream_store_t *restream_store_sqlite_open(const char *path,
    const restream_store_keys_t *keys, restream_store_err_t *err);
static void restream_store_sqlite_close(restream_store_t *store);
static int restream_store_sqlite_ready(restream_store_sqlite_t *s, int write,
    restream_store_err_t *err);


const restream_store_backend_t  restream_store_sqlite = {
    "sqlite:",
    "sqlite:/path",
    restream_store_sqlite_check_path,
    restream_store_sqlite_locate,
    restream_store_sqlite_open,
    restream_store_sqlite_close,
    restream_store_sqlite_change,
    restream_store_sqlite_get,
    restream_store_sqlite_list,
    restream_store_sqlite_reseal
};


/* that of a full disk is the first */

static const restream_store_sqlite_error_t  restream_store_sqlite_errors[] = {

    { SQLITE_FULL, RESTREAM_STORE_FULL, 0,
      "no space is left for the store" },

    { SQLITE_IOERR, RESTREAM_STORE_UNAVAILABLE, 1,
      "the store cannot be read or written, look at its disk" },

    { SQLITE_CANTOPEN, RESTREAM_STORE_UNAVAILABLE, 1,
      "the store cannot be opened, it and its directory have to belong to"
      " nginx's user" },

    { SQLITE_READONLY, RESTREAM_STORE_UNAVAILABLE, 0,
      "the store can only be read, it and its directory have to be writable"
      " for nginx's user" },

    { SQLITE_BUSY, RESTREAM_STORE_UNAVAILABLE, 0,
      "the store is kept locked, see which other program has it open" },

    { SQLITE_CORRUPT, RESTREAM_STORE_UNAVAILABLE, 1,
      "the store is damaged, stop nginx and restore a backup" },

    { SQLITE_NOTADB, RESTREAM_STORE_UNAVAILABLE, 1,
      "the store is no database, stop nginx and restore a backup, or name"
      " another file" },

    { SQLITE_NOMEM, RESTREAM_STORE_UNAVAILABLE, 0,
      "there is no memory for the store" },

    { 0, RESTREAM_STORE_UNAVAILABLE, 0,
      "the store failed" }
};


static int
restream_store_sqlite_check_path(const char *path, restream_store_err_t *err)
{
    size_t  len;

    len = strlen(path);

    if (len == 0 || path[len - 1] == '/') {
        restream_store_error(err, RESTREAM_STORE_UNAVAILABLE,
                             "the store cannot be opened",
                             "no file in \"sqlite:%s\", \"sqlite:/path\" was"
                             " expected", path);
        return RESTREAM_ERROR;
    }

    if (len > RESTREAM_STORE_SQLITE_PATH_MAX) {
        restream_store_error(err, RESTREAM_STORE_UNAVAILABLE,
                             "the store cannot be opened",
                             "the path of the store has %zu bytes, at most %d"
                             " were expected", len,
                             RESTREAM_STORE_SQLITE_PATH_MAX);
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


static int
restream_store_sqlite_locate(const char *path, const char *prefix,
    char **located, char **directory)
{
    size_t       size;
    const char  *slash;

    *directory = NULL;

    if (path[0] == '/') {
        prefix = "";
    }

    size = strlen(prefix) + strlen(path) + 1;

    *located = malloc(size);
    if (*located == NULL) {
        return RESTREAM_ERROR;
    }

    (void) snprintf(*located, size, "%s%s", prefix, path);

    slash = strrchr(*located, '/');

    if (slash == NULL || slash == *located) {
        return RESTREAM_OK;
    }

    *directory = strndup(*located, (size_t) (slash - *located));

    if (*directory == NULL) {
        free(*located);
        *located = NULL;
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


static restream_store_t *
restream_store_sqlite_open(const char *path,
    const restream_store_keys_t *keys, restream_store_err_t *err)
{
    restream_store_sqlite_t  *s;

    if (restream_store_sqlite_check_path(path, err) != RESTREAM_OK) {
        return NULL;
    }

    /* what else SQLite takes for a path has a meaning of its own */

    if (path[0] != '/') {
        restream_store_error(err, RESTREAM_STORE_UNAVAILABLE,
                             "the store cannot be opened",
                             "an absolute path was expected: \"%s\"", path);
        return NULL;
    }

    s = calloc(1, sizeof(restream_store_sqlite_t));
    if (s == NULL) {
        goto nomem;
    }

    s->path = strdup(path);
    if (s->path == NULL) {
        goto nomem;
    }

    if (keys && keys->n) {
        s->seal = restream_seal_create(keys->keys, keys->n);
        if (s->seal == NULL) {
            goto nomem;
        }
    }

    if (restream_store_sqlite_create_file(s, err) != RESTREAM_OK
        || restream_store_sqlite_open_file(s, err) != RESTREAM_OK)
    {
        restream_store_sqlite_close(&s->store);
        return NULL;
    }

    return &s->store;

nomem:

    restream_store_error(err, RESTREAM_STORE_UNAVAILABLE,
                         "there is no memory for the store",
                         "there is no memory for the store: \"%s\"", path);

    if (s) {
        restream_store_sqlite_close(&s->store);
    }

    return NULL;
}


static void
restream_store_sqlite_close(restream_store_t *store)
{
    restream_store_sqlite_t  *s;

    s = (restream_store_sqlite_t *) store;

    restream_store_sqlite_close_file(s);
    restream_seal_destroy(&s->seal);
    free(s->path);
    free(s);
}


/* what had to be opened read-only may have become writable */

static int
restream_store_sqlite_ready(restream_store_sqlite_t *s, int write,
    restream_store_err_t *err)
{
    if (restream_store_sqlite_in_place(s, err) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    if (s->broken || (write && s->read_only)) {
        restream_store_sqlite_close_file(s);
    }

    if (s->db == NULL
        && restream_store_sqlite_open_file(s, err) != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    if (write && s->read_only) {
        return restream_store_sqlite_failed(s, SQLITE_READONLY, err);
    }

    return RESTREAM_OK;
}


int
restream_store_sqlite_begin(restream_store_sqlite_t *s, int write,
    restream_store_err_t *err)
{
    uint64_t  schema;

    errno = 0;

    if (restream_store_sqlite_ready(s, write, err) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    if (!write) {
        return restream_store_sqlite_run(s, RESTREAM_STORE_SQLITE_BEGIN, err,
                                         "");
    }

    if (restream_store_sqlite_run(s, RESTREAM_STORE_SQLITE_BEGIN_WRITE, err,
                                  "")
        != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    /* old workers live on beside new ones that may know more columns */

    if (restream_store_sqlite_number(s, RESTREAM_STORE_SQLITE_SCHEMA, &schema,
                                     err)
        != RESTREAM_OK)
    {
        goto failed;
    }

    if (schema != (uint64_t) s->schema) {
        restream_store_error(err, RESTREAM_STORE_UNAVAILABLE,
                             "the store now belongs to a newer version of this"
                             " module, this worker only reads it",
                             "the store now belongs to a newer version of this"
                             " module, this worker only reads it: \"%s\"",
                             s->path);
        goto failed;
    }

    return RESTREAM_OK;

failed:

    restream_store_sqlite_rollback(s);

    return RESTREAM_ERROR;
}


int
restream_store_sqlite_commit(restream_store_sqlite_t *s,
    restream_store_err_t *err)
{
    if (restream_store_sqlite_run(s, RESTREAM_STORE_SQLITE_COMMIT, err, "")
        == RESTREAM_OK)
    {
        return RESTREAM_OK;
    }

    restream_store_sqlite_rollback(s);

    return RESTREAM_ERROR;
}


/* of some errors SQLite rolls back by itself */

void
restream_store_sqlite_rollback(restream_store_sqlite_t *s)
{
    restream_store_err_t  err;

    if (!sqlite3_get_autocommit(s->db)) {
        (void) restream_store_sqlite_run(s, RESTREAM_STORE_SQLITE_ROLLBACK,
                                         &err, "");
    }

    /* SQLite would not let go of the lock */

    if (!sqlite3_get_autocommit(s->db)) {
        s->broken = 1;
    }
}


/*
 * What is said is made of SQLite's fixed texts and of the system's: SQLite's
 * messages for a connection may quote values.
 */

int
restream_store_sqlite_failed(restream_store_sqlite_t *s, int rc,
    restream_store_err_t *err)
{
    int                                  sys;
    const char                          *why;
    const restream_store_sqlite_error_t *e;

    for (e = restream_store_sqlite_errors; e->rc && e->rc != (rc & 0xff); e++)
    {
        /* void */
    }

    why = sqlite3_errstr(rc);
    s->broken |= e->system;

    if (e->system) {
        sys = sqlite3_system_errno(s->db);

        /* which SQLite does not keep when a commit fails */

        if (sys == 0) {
            sys = errno;
        }

        if (sys == ENOSPC || sys == EDQUOT || sys == EFBIG) {
            e = restream_store_sqlite_errors;
        }

        if (sys) {
            why = strerror(sys);
        }
    }

    restream_store_error(err, e->code, e->text, "%s (%s): \"%s\"", e->text, why,
                         s->path);

    return RESTREAM_ERROR;
}
