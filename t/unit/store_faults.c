/*
 * What happens to the file from outside: locked, full, read-only, damaged,
 * removed, replaced.  Each is said in words, and is over when it is over.
 */

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "store.h"


#define NOBODY  65534


static double
now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}


static restream_change_t *
another(const char *name)
{
    restream_change_t  *c;

    c = change(RESTREAM_CHANGE_CREATE_DESTINATION);
    c->max_destinations = 10000;
    entry(c, name, "rtmp://b.example/live", "secret-key-b");

    return c;
}


static int
is_failed(restream_store_error_e code, const char *words)
{
    return store_err.code == code && strstr(store_err.text, words)
           && strstr(store_err.text, store_path)
           && !strstr(store_err.text, "secret");
}


static int
is_readable(void)
{
    int                 rc;
    restream_stream_t  *st;

    st = store_get(APP, NAME);
    rc = st && strcmp(st->destinations[0].key, "secret-key-a") == 0;
    restream_stream_destroy(&st);

    return rc;
}


static void
test_locked(void)
{
    double    began, took;
    sqlite3  *db;

    store_open_new();
    store_create();

    sqlite3_open(store_path, &db);
    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

    began = now();
    ok(store_change(another("b")) == -1
       && is_failed(RESTREAM_STORE_UNAVAILABLE, "locked"),
       "another program keeps the lock: %s", store_err.text);
    took = now() - began;
    ok(took > 1 && took < 2, "which is waited for less than 2 s: %.2f", took);
    ok(is_readable(), "it can be read meanwhile");

    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(db);

    is_uint(store_change(another("b")), RESTREAM_CHANGED, "until it lets go");
}


/* a limit of this process for files is the disk's to SQLite */

static void
test_full(void)
{
    char                name[16], *text;
    unsigned            n;
    struct stat         sb;
    struct rlimit       limit, small;
    restream_change_t  *c;

    store_open_new();
    store_create();

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    small = limit;
    small.rlim_cur = 256 * 1024;
    setrlimit(RLIMIT_FSIZE, &small);

    text = malloc(5001);
    memset(text, 'x', 5000);
    text[5000] = '\0';

    for (n = 0; n < 1000; n++) {
        snprintf(name, sizeof(name), "%u", n);
        c = another(name);
        entry_texts(&c->destinations[0], NULL, text, NULL);

        if (store_change(c) == -1) {
            break;
        }
    }

    free(text);

    ok(n > 2 && n < 1000 && is_failed(RESTREAM_STORE_FULL, "no space"),
       "no space after %u: %s", n, store_err.text);
    ok(is_readable(), "it can be read");

    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_DFL);

    is_uint(store_change(another("x")), RESTREAM_CHANGED, "there is some");
    ok(outcome.stream->ndestinations == n + 2 && stat(store_path, &sb) == 0,
       "all that was told is there");
}


/* root may write anything, so somebody else is it */

static void
test_read_only(void)
{
    int                 status;
    restream_stream_t  *st;

    store_open_new();
    store_create();
    restream_store_close(&store);

    chmod(store_path, 0444);
    chmod(store_dir, 0777);

    if (fork() == 0) {
        if (geteuid() == 0 && setuid(NOBODY) == -1) {
            _exit(8);
        }

        status = 0;
        store = restream_store_open(store_dsn, NULL, &store_err);

        if (store == NULL) {
            printf("# %s\n", store_err.text);
            _exit(4);
        }

        status |= !is_readable();
        status |= (store_change(another("b")) != -1
                   || !is_failed(RESTREAM_STORE_UNAVAILABLE, "only be read"))
                  << 1;

        restream_store_close(&store);
        restream_stream_destroy(&outcome.stream);

        _exit(status);
    }

    ok(wait(&status) > 0 && status == 0,
       "a file that is read-only is read, and not written: status %x", status);

    chmod(store_path, 0600);
    chmod(store_dir, 0700);

    store_open();
    st = store_get(APP, NAME);
    is_uint(st->ndestinations, 1, "it is as it was");
    restream_stream_destroy(&st);
}


/* bytes of the file, all but its first page, turned over and back */

static void
flip(void)
{
    int       fd, i;
    off_t     at, size;
    uint8_t   page[4096];

    fd = open(store_path, O_RDWR);
    size = lseek(fd, 0, SEEK_END);

    for (at = 4096; at < size; at += 4096) {
        if (pread(fd, page, 4096, at) != 4096) {
            break;
        }

        for (i = 0; i < 4096; i++) {
            page[i] ^= 0xff;
        }

        if (pwrite(fd, page, 4096, at) != 4096) {
            break;
        }
    }

    close(fd);
}


static void
test_damaged(void)
{
    store_open_new();
    store_create();

    /* the log goes into the file */

    restream_store_close(&store);
    flip();
    store_open();

    ok(!is_readable() && is_failed(RESTREAM_STORE_UNAVAILABLE, "damaged"),
       "a damaged file: %s", store_err.text);
    ok(store_change(another("b")) == -1
       && is_failed(RESTREAM_STORE_UNAVAILABLE, "damaged"),
       "is not written, either");

    flip();
    ok(is_readable(), "mended, it is read by the same handle");
    is_uint(store_change(another("b")), RESTREAM_CHANGED, "and written");
}


static void
test_replaced(void)
{
    char  aside[320];

    store_open_new();
    store_create();

    snprintf(aside, sizeof(aside), "%s.aside", store_path);

    rename(store_path, aside);
    ok(!is_readable() && is_failed(RESTREAM_STORE_UNAVAILABLE, "found"),
       "a file that is gone: %s", store_err.text);
    ok(store_change(another("b")) == -1 && access(store_path, F_OK) == -1,
       "is not made anew");

    close(open(store_path, O_CREAT|O_RDWR, 0600));
    ok(store_change(another("b")) == -1
       && is_failed(RESTREAM_STORE_UNAVAILABLE, "replaced"),
       "nor is another in its place written: %s", store_err.text);

    rename(aside, store_path);
    is_uint(store_change(another("b")), RESTREAM_CHANGED, "it is back");
}


/* the log is started anew as soon as nobody reads from it */

static void
test_log(void)
{
    char                name[320], *text;
    off_t               most;
    unsigned            i;
    sqlite3            *db;
    struct stat         sb;
    restream_change_t  *c;

    store_open_new();
    store_create();

    text = malloc(5001);
    memset(text, 'x', 5000);
    text[5000] = '\0';

    sqlite3_open(store_path, &db);
    snprintf(name, sizeof(name), "%s-wal", store_path);
    most = 0;

    for (i = 0; i < 6000; i++) {

        /* a reader that stays for a while */

        if (i == 1000) {
            sqlite3_exec(db, "BEGIN; SELECT * FROM streams", NULL, NULL, NULL);

        } else if (i == 2000) {
            sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
        }

        text[i % 5000] ^= 1;
        c = change_named(RESTREAM_CHANGE_PATCH_DESTINATION, "a");
        entry_texts(entry(c, NULL, NULL, NULL), NULL, text, NULL);

        if (store_change(c) != RESTREAM_CHANGED) {
            ok(0, "change %u: %s", i, store_err.text);
            break;
        }

        if (stat(name, &sb) == 0 && sb.st_size > most) {
            most = sb.st_size;
        }
    }

    sqlite3_close(db);
    free(text);

    ok(i == 6000 && most > 12 << 20, "the log grows while it is read: %ld",
       (long) most);
    ok(stat(name, &sb) == 0 && sb.st_size <= 8 << 20,
       "and is short again behind that: %ld", (long) sb.st_size);
}


int
main(void)
{
    store_init();

    test_locked();
    test_full();
    test_read_only();
    test_damaged();
    test_replaced();
    test_log();

    restream_stream_destroy(&outcome.stream);
    store_done();

    return done_testing();
}
