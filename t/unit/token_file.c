/*
 * A file of tokens: read when it has changed, left alone when it has not, and
 * what is wrong with it told once.
 */

#include "test.h"

#include "jobs/restream_token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


#define A                                                                     \
    "sha256:aaaaaaaabbbbbbbbccccccccdddddddd"                                 \
    "eeeeeeeeffffffff0000000011111111"
#define B                                                                     \
    "sha256:bbbbbbbbbbbbbbbbccccccccdddddddd"                                 \
    "eeeeeeeeffffffff0000000022222222"


static restream_token_file_t  tf;


static void
spew(const char *text)
{
    int  fd;

    fd = open(tf.path, O_WRONLY|O_CREAT|O_TRUNC, 0600);

    if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t) strlen(text)) {
        perror(tf.path);
        exit(1);
    }

    close(fd);
}


/* number of tokens, or -1 without a new list */

static int
look(void)
{
    int  n;

    restream_token_file(&tf);

    n = (tf.rc == RESTREAM_OK) ? (int) tf.tokens.n : -1;
    restream_tokens_free(&tf.tokens);

    return n;
}


/* as if it had been written some time ago: what has one time of change cannot
 * be changed again at that time */

static void
settle(void)
{
    (void) look();
    tf.stamp.settled = 1;
}


static void
test_change(void)
{
    spew(A " read\n");
    ok(look() == 1, "the first look reads it");
    ok(tf.changed, "it was never read before");
    ok(!tf.stamp.settled, "it has just been written");
    ok(look() == 1 && !tf.changed, "so it is read once more");

    settle();
    ok(look() == -1 && tf.rc == RESTREAM_DECLINED, "later it is not");
    ok(look() == -1 && tf.rc == RESTREAM_DECLINED, "nor ever after");

    spew(A " read\n" B " read\n");
    ok(look() == 2, "when it is written again it is read");

    settle();
    spew("");
    ok(look() == 0, "an empty one has no tokens");
}


static void
test_wrong(void)
{
    settle();
    spew(A " read\nnonsense\n");

    ok(look() == -1 && tf.rc == RESTREAM_ERROR, "a mistake is told");
    is_uint(tf.err.line, 2, "with its line");
    ok(tf.tokens.n == 0, "nothing of it is taken");
    ok(look() == -1 && tf.rc == RESTREAM_DECLINED, "once");

    tf.stamp.settled = 1;
    ok(look() == -1 && tf.rc == RESTREAM_DECLINED, "also later");

    spew(A " read\nanother mistake\n");
    ok(look() == -1 && tf.rc == RESTREAM_ERROR, "another mistake is told");

    spew(A " read\n");
    ok(look() == 1, "and what is right again is read");
}


static void
test_not_there(void)
{
    settle();
    unlink(tf.path);

    ok(look() == -1 && tf.rc == RESTREAM_ERROR, "a file that goes is told");
    is_uint(tf.err.line, 0, "of no line");
    ok(strstr(tf.err.text, "No such file") != NULL, "why: %s", tf.err.text);
    ok(look() == -1 && tf.rc == RESTREAM_DECLINED, "once");

    (void) mkdir(tf.path, 0700);
    ok(look() == -1 && tf.rc == RESTREAM_ERROR
       && strstr(tf.err.text, "directory") != NULL, "a directory: %s",
       tf.err.text);
    rmdir(tf.path);

    (void) mkfifo(tf.path, 0600);
    ok(look() == -1 && tf.rc == RESTREAM_ERROR, "a fifo does not block");
    unlink(tf.path);

    spew("");
    (void) truncate(tf.path, RESTREAM_TOKENS_SIZE + 1);
    ok(look() == -1 && tf.rc == RESTREAM_ERROR
       && strstr(tf.err.text, "at most 4194304 bytes") != NULL,
       "too big: %s", tf.err.text);

    spew(A " read\n");
    ok(look() == 1, "one that is back is read");
}


int
main(void)
{
    char  dir[] = "/tmp/restream-XXXXXX";

    if (mkdtemp(dir) == NULL) {
        perror(dir);
        return 1;
    }

    snprintf(tf.path, sizeof(tf.path), "%s/tokens", dir);

    test_change();
    test_wrong();
    test_not_there();

    unlink(tf.path);
    rmdir(dir);

    return done_testing();
}
