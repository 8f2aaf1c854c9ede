/*
 * A file of tokens: see restream_token_file.h.
 */

#include "restream_token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


/* the clocks of file systems are finer than that */
#define RESTREAM_TOKEN_FILE_SETTLED  2000000000ull      /* ns */


static int restream_token_file_stat(int fd, restream_token_stamp_t *stamp);
static uint64_t restream_token_file_ns(const struct timespec *ts);
static int restream_token_file_same(const restream_token_stamp_t *a,
    const restream_token_stamp_t *b);
static int restream_token_file_parse(restream_token_file_t *tf, int fd,
    size_t size);
static ssize_t restream_token_file_read(int fd, uint8_t *buf, size_t size);
static void restream_token_file_failed(restream_token_file_t *tf, int error);


void
restream_token_file(restream_token_file_t *tf)
{
    int                      fd;
    restream_token_stamp_t   stamp;

    memset(&tf->tokens, 0, sizeof(restream_tokens_t));
    memset(&tf->err, 0, sizeof(restream_token_err_t));

    /* a fifo would keep the thread */

    fd = open(tf->path, O_RDONLY|O_NONBLOCK|O_CLOEXEC|O_NOCTTY);

    if (fd == -1 || restream_token_file_stat(fd, &stamp) != RESTREAM_OK) {
        goto failed;
    }

    tf->changed = !restream_token_file_same(&tf->stamp, &stamp);

    if (!tf->changed && tf->stamp.settled) {
        tf->rc = RESTREAM_DECLINED;
        (void) close(fd);
        return;
    }

    tf->rc = restream_token_file_parse(tf, fd, (size_t) stamp.size);

    if (tf->rc == RESTREAM_AGAIN) {
        goto failed;
    }

    /* what is wrong is told again only when somebody has written it again */

    if (tf->rc == RESTREAM_ERROR && !tf->changed) {
        tf->rc = RESTREAM_DECLINED;
    }

    tf->stamp = stamp;
    (void) close(fd);

    return;

failed:

    restream_token_file_failed(tf, errno);

    if (fd != -1) {
        (void) close(fd);
    }
}


/* ret   OK, ERROR: errno says why */

static int
restream_token_file_stat(int fd, restream_token_stamp_t *stamp)
{
    struct stat       st;
    struct timespec   now;

    if (fstat(fd, &st) == -1) {
        return RESTREAM_ERROR;
    }

    if (!S_ISREG(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
        return RESTREAM_ERROR;
    }

    if (st.st_size > RESTREAM_TOKENS_SIZE) {
        errno = EFBIG;
        return RESTREAM_ERROR;
    }

    stamp->device = (uint64_t) st.st_dev;
    stamp->inode = (uint64_t) st.st_ino;
    stamp->size = (uint64_t) st.st_size;
    stamp->mtime = restream_token_file_ns(&st.st_mtim);
    stamp->ctime = restream_token_file_ns(&st.st_ctim);
    stamp->error = 0;

    (void) clock_gettime(CLOCK_REALTIME, &now);

    stamp->settled = restream_token_file_ns(&now)
                     > stamp->ctime + RESTREAM_TOKEN_FILE_SETTLED;

    return RESTREAM_OK;
}


static uint64_t
restream_token_file_ns(const struct timespec *ts)
{
    return (uint64_t) ts->tv_sec * 1000000000 + (uint64_t) ts->tv_nsec;
}


static int
restream_token_file_same(const restream_token_stamp_t *a,
    const restream_token_stamp_t *b)
{
    return a->error == b->error && a->device == b->device
           && a->inode == b->inode && a->size == b->size
           && a->mtime == b->mtime && a->ctime == b->ctime;
}


/* ret   OK; ERROR: tf->err says why; AGAIN: errno does */

static int
restream_token_file_parse(restream_token_file_t *tf, int fd, size_t size)
{
    int              rc, error;
    ssize_t          n;
    restream_str_t   text;

    text.data = malloc(size + 1);
    if (text.data == NULL) {
        return RESTREAM_AGAIN;
    }

    rc = RESTREAM_AGAIN;
    n = restream_token_file_read(fd, text.data, size);
    error = errno;

    if (n >= 0) {
        text.len = (size_t) n;
        rc = restream_tokens_read(&tf->tokens, text, &tf->err);

        if (rc != RESTREAM_OK) {
            restream_tokens_free(&tf->tokens);
        }
    }

    free(text.data);
    errno = error;

    return rc;
}


/* less than size when somebody has just made it shorter; -1: errno */

static ssize_t
restream_token_file_read(int fd, uint8_t *buf, size_t size)
{
    size_t   len;
    ssize_t  n;

    for (len = 0; len < size; len += (size_t) n) {
        n = read(fd, buf + len, size - len);

        if (n == -1 && errno == EINTR) {
            n = 0;
            continue;
        }

        if (n == -1) {
            return -1;
        }

        if (n == 0) {
            break;
        }
    }

    return (ssize_t) len;
}


static void
restream_token_file_failed(restream_token_file_t *tf, int error)
{
    tf->changed = (tf->stamp.error != error);

    if (!tf->changed) {
        tf->rc = RESTREAM_DECLINED;
        return;
    }

    memset(&tf->stamp, 0, sizeof(restream_token_stamp_t));
    tf->stamp.error = error;

    tf->rc = RESTREAM_ERROR;
    tf->err.line = 0;

    (void) snprintf(tf->err.text, sizeof(tf->err.text),
                    "it cannot be read (%d: %s), expected a file of at most "
                    "%d bytes that nginx's workers may read", error,
                    strerror(error), RESTREAM_TOKENS_SIZE);
}
