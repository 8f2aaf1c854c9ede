/*
 * The file of the store: made, opened, set up, closed.
 */

#include "restream_store_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


/* pages of the log: when they are moved into the file, and when the log is
 * started anew even if readers have to be waited for; bytes it keeps then */

#define RESTREAM_STORE_SQLITE_LOG       2000
#define RESTREAM_STORE_SQLITE_LOG_MAX   10000
#define RESTREAM_STORE_SQLITE_LOG_KEPT  "8388608"

#define RESTREAM_STORE_SQLITE_LOG_MS    100     /* waited for readers */


static void restream_store_sqlite_sync_dir(const char *path);
static int restream_store_sqlite_configure(restream_store_sqlite_t *s,
    restream_store_err_t *err);
static int restream_store_sqlite_log(restream_store_sqlite_t *s,
    restream_store_err_t *err);
static int restream_store_sqlite_busy(void *data, int count);
static int restream_store_sqlite_committed(void *data, sqlite3 *db,
    const char *name, int pages);
static uint64_t restream_store_sqlite_now(void);


/*
 * SQLite would make it readable for all.  A file that is there is not opened
 * here: closing it would drop the locks that this process has on it.
 */

int
restream_store_sqlite_create_file(restream_store_sqlite_t *s,
    restream_store_err_t *err)
{
    int  fd;

    fd = open(s->path, O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0600);

    if (fd == -1) {
        if (errno == EEXIST) {
            return RESTREAM_OK;
        }

        restream_store_error(err, errno == ENOSPC || errno == EDQUOT
                                  ? RESTREAM_STORE_FULL
                                  : RESTREAM_STORE_UNAVAILABLE,
                             "the store cannot be created, its directory has"
                             " to belong to nginx's user",
                             "the store cannot be created (%s), its directory"
                             " has to belong to nginx's user: \"%s\"",
                             strerror(errno), s->path);
        return RESTREAM_ERROR;
    }

    (void) close(fd);
    restream_store_sqlite_sync_dir(s->path);

    return RESTREAM_OK;
}


/* SQLite does so for its log only; where it cannot be done it is not needed */

static void
restream_store_sqlite_sync_dir(const char *path)
{
    int     fd;
    char    dir[RESTREAM_STORE_SQLITE_PATH_MAX + 1];
    size_t  len;

    len = (size_t) (strrchr(path, '/') - path);

    memcpy(dir, path, len);
    dir[len] = '\0';

    fd = open(len ? dir : "/", O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (fd != -1) {
        (void) fsync(fd);
        (void) close(fd);
    }
}


int
restream_store_sqlite_open_file(restream_store_sqlite_t *s,
    restream_store_err_t *err)
{
    int  rc;

    s->broken = 0;
    s->patience_ms = RESTREAM_STORE_SQLITE_BUSY_MS;

    rc = sqlite3_open_v2(s->path, &s->db,
                         SQLITE_OPEN_READWRITE|SQLITE_OPEN_NOMUTEX
                         |SQLITE_OPEN_EXRESCODE, NULL);

    if (rc != SQLITE_OK) {
        (void) restream_store_sqlite_failed(s, rc, err);
        goto failed;
    }

    if (restream_store_sqlite_in_place(s, err) != RESTREAM_OK) {
        goto failed;
    }

    s->read_only = sqlite3_db_readonly(s->db, "main") == 1;

    /* another program's file is left as it is: the log comes last */

    if (restream_store_sqlite_configure(s, err) != RESTREAM_OK
        || restream_store_sqlite_migrate(s, restream_store_sqlite_schema,
                                         restream_store_sqlite_nschema, err)
           != RESTREAM_OK
        || restream_store_sqlite_log(s, err) != RESTREAM_OK)
    {
        goto failed;
    }

    return RESTREAM_OK;

failed:

    restream_store_sqlite_close_file(s);

    return RESTREAM_ERROR;
}


static int
restream_store_sqlite_configure(restream_store_sqlite_t *s,
    restream_store_err_t *err)
{
    int  rc;

    (void) sqlite3_busy_handler(s->db, restream_store_sqlite_busy, s);
    (void) sqlite3_wal_hook(s->db, restream_store_sqlite_committed, s);

    rc = restream_store_sqlite_mac_functions(s->db);
    if (rc != SQLITE_OK) {
        return restream_store_sqlite_failed(s, rc, err);
    }

    (void) sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void) sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);

    /* what was removed is overwritten, and nothing goes to files elsewhere */

    rc = sqlite3_exec(s->db,
                      "PRAGMA synchronous = FULL;"
                      "PRAGMA foreign_keys = ON;"
                      "PRAGMA secure_delete = ON;"
                      "PRAGMA temp_store = MEMORY;"
                      "PRAGMA cell_size_check = ON;"
                      "PRAGMA journal_size_limit = "
                      RESTREAM_STORE_SQLITE_LOG_KEPT ";",
                      NULL, NULL, NULL);

    return rc == SQLITE_OK ? RESTREAM_OK
                           : restream_store_sqlite_failed(s, rc, err);
}


/*
 * A write-ahead log, which the file then remembers.  Switching to it takes the
 * file alone and does not wait for that by the busy handler: of processes that
 * start together, all but one have to come again.
 */

static int
restream_store_sqlite_log(restream_store_sqlite_t *s,
    restream_store_err_t *err)
{
    int            rc;
    uint64_t       until;
    const char    *mode;
    sqlite3_stmt  *stmt;

    if (s->read_only) {
        return RESTREAM_OK;
    }

    rc = sqlite3_prepare_v2(s->db, "PRAGMA journal_mode = WAL", -1, &stmt,
                            NULL);
    if (rc != SQLITE_OK) {
        return restream_store_sqlite_failed(s, rc, err);
    }

    until = restream_store_sqlite_now() + RESTREAM_STORE_SQLITE_BUSY_MS;

    for ( ;; ) {
        rc = sqlite3_step(stmt);

        if ((rc & 0xff) != SQLITE_BUSY || restream_store_sqlite_now() > until) {
            break;
        }

        (void) sqlite3_reset(stmt);
        (void) usleep(2000);
    }

    if (rc != SQLITE_ROW) {
        (void) restream_store_sqlite_failed(s, rc, err);
        (void) sqlite3_finalize(stmt);
        return RESTREAM_ERROR;
    }

    mode = (const char *) sqlite3_column_text(stmt, 0);
    rc = mode && strcmp(mode, "wal") == 0 ? RESTREAM_OK : RESTREAM_ERROR;

    (void) sqlite3_finalize(stmt);

    if (rc == RESTREAM_ERROR) {
        restream_store_error(err, RESTREAM_STORE_UNAVAILABLE,
                             "no write-ahead log is possible there, give the"
                             " store a file on a local disk",
                             "no write-ahead log is possible there, give the"
                             " store a file on a local disk: \"%s\"", s->path);
    }

    return rc;
}


void
restream_store_sqlite_close_file(restream_store_sqlite_t *s)
{
    int  i;

    for (i = 0; i < RESTREAM_STORE_SQLITE_NSTATEMENTS; i++) {
        (void) sqlite3_finalize(s->statements[i]);
        s->statements[i] = NULL;
    }

    (void) sqlite3_close(s->db);
    s->db = NULL;
}


int
restream_store_sqlite_in_place(restream_store_sqlite_t *s,
    restream_store_err_t *err)
{
    struct stat  sb;

    if (stat(s->path, &sb) == -1) {
        restream_store_error(err, RESTREAM_STORE_UNAVAILABLE,
                             "the store cannot be found, put it back or"
                             " restart nginx",
                             "the store cannot be found (%s), put it back or"
                             " restart nginx: \"%s\"",
                             strerror(errno), s->path);
        return RESTREAM_ERROR;
    }

    if (s->ino == 0) {
        s->dev = sb.st_dev;
        s->ino = sb.st_ino;
        return RESTREAM_OK;
    }

    if (s->dev == sb.st_dev && s->ino == sb.st_ino) {
        return RESTREAM_OK;
    }

    restream_store_error(err, RESTREAM_STORE_UNAVAILABLE,
                         "the store has been replaced while it was open",
                         "the store has been replaced while it was open,"
                         " stop nginx, put it in place without its -wal and"
                         " -shm, start nginx: \"%s\"", s->path);

    return RESTREAM_ERROR;
}


/*
 * Waits for a lock.  Changes take a few milliseconds each, so it is asked for
 * often: SQLite's own handler would sleep for up to 100 ms at a time.
 */

static int
restream_store_sqlite_busy(void *data, int count)
{
    uint64_t                  now;
    struct timespec           ts;
    restream_store_sqlite_t  *s;

    s = data;
    now = restream_store_sqlite_now();

    if (count == 0) {
        s->waiting_ms = now;
    }

    if (now - s->waiting_ms >= s->patience_ms) {
        return 0;
    }

    ts.tv_sec = 0;
    ts.tv_nsec = count < 10 ? 500000 : 2000000;

    (void) nanosleep(&ts, NULL);

    return 1;
}


/*
 * Keeps the log short.  Behind a commit, which nothing here can undo: what
 * fails is tried again behind the next one.
 */

static int
restream_store_sqlite_committed(void *data, sqlite3 *db, const char *name,
    int pages)
{
    restream_store_sqlite_t  *s;

    s = data;

    if (pages >= RESTREAM_STORE_SQLITE_LOG_MAX) {
        (void) restream_store_sqlite_empty_log(s);

    } else if (pages >= RESTREAM_STORE_SQLITE_LOG) {
        (void) sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE,
                                         NULL, NULL);
    }

    return SQLITE_OK;
}


int
restream_store_sqlite_empty_log(restream_store_sqlite_t *s)
{
    int  rc;

    if (s->db == NULL || s->broken) {
        return RESTREAM_ERROR;
    }

    s->patience_ms = RESTREAM_STORE_SQLITE_LOG_MS;
    rc = sqlite3_wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_RESTART,
                                   NULL, NULL);
    s->patience_ms = RESTREAM_STORE_SQLITE_BUSY_MS;

    return rc == SQLITE_OK ? RESTREAM_OK : RESTREAM_ERROR;
}


void
restream_store_sqlite_cut_log(restream_store_sqlite_t *s)
{
    s->patience_ms = RESTREAM_STORE_SQLITE_LOG_MS;
    (void) sqlite3_wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_TRUNCATE,
                                     NULL, NULL);
    s->patience_ms = RESTREAM_STORE_SQLITE_BUSY_MS;
}


static uint64_t
restream_store_sqlite_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;
}
