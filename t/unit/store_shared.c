/*
 * Processes that change one store at the same time: If-Match lets one of them
 * through, every change has a revision of its own, none is lost.
 */

#include "test.h"

#include <sys/wait.h>

#include "store.h"


#define PROCESSES  4
#define CHANGES    50                   /* of each */


static uint64_t  revisions[PROCESSES * CHANGES];


/* adds one to a number that is kept in a title; 0: somebody else was faster */

static int
add_one(int to)
{
    int                 rc;
    char                title[16];
    restream_change_t  *c;
    restream_stream_t  *st;

    st = store_get(APP, NAME);
    if (st == NULL) {
        return -1;
    }

    snprintf(title, sizeof(title), "%d",
             atoi(st->destinations[0].title) + 1);

    c = change(RESTREAM_CHANGE_PATCH_DESTINATION);
    c->id = st->destinations[0].id;
    c->if_match = st->destinations[0].version;
    c->destinations = calloc(1, sizeof(restream_destination_set_t));
    c->ndestinations = 1;
    c->destinations->set = RESTREAM_SET_TITLE;
    c->destinations->title = strdup(title);

    restream_stream_destroy(&st);

    rc = store_change(c);

    if (rc == RESTREAM_CHANGED && write(to, &outcome.revision, 8) == 8) {
        return 1;
    }

    return rc == RESTREAM_CHANGE_VERSION ? 0 : -1;
}


static void
child(int to)
{
    int       rc;
    unsigned  n;

    /* a handle does not cross fork() */

    store = NULL;
    store_open();

    for (n = 0; n < CHANGES; n += rc) {
        rc = add_one(to);

        if (rc == -1) {
            printf("# %s\n", store_err.text);
            _exit(1);
        }
    }

    restream_store_close(&store);
    _exit(0);
}


static int
compare(const void *one, const void *two)
{
    uint64_t  a, b;

    a = *(const uint64_t *) one;
    b = *(const uint64_t *) two;

    return a < b ? -1 : a > b;
}


int
main(void)
{
    int                 n, status, good, fds[2];
    unsigned            twice;
    restream_change_t  *c;
    restream_stream_t  *st;

    store_init();
    store_open();

    c = change(RESTREAM_CHANGE_CREATE_STREAM);
    entry_texts(entry(c, "a", "rtmp://a/live", "key"), "0", NULL, NULL);
    store_change(c);
    restream_stream_destroy(&outcome.stream);

    restream_store_close(&store);

    if (pipe(fds) == -1) {
        return 2;
    }

    for (n = 0; n < PROCESSES; n++) {
        if (fork() == 0) {
            child(fds[1]);
        }
    }

    good = 0;

    for (n = 0; n < PROCESSES; n++) {
        good += wait(&status) > 0 && status == 0;
    }

    is_uint(good, PROCESSES, "all processes have made their changes");

    n = (int) (read(fds[0], revisions, sizeof(revisions)) / 8);
    qsort(revisions, (size_t) n, 8, compare);

    for (twice = 0; n > 1; n--) {
        twice += revisions[n - 1] == revisions[n - 2];
    }

    is_uint(twice, 0, "each has a revision of its own");

    store_open();
    st = store_get(APP, NAME);

    is_uint(atoi(st->destinations[0].title), PROCESSES * CHANGES,
            "no change is lost");
    is_uint(st->destinations[0].version, PROCESSES * CHANGES + 1,
            "each has made a version");
    is_uint(st->version, PROCESSES * CHANGES + 1, "of the stream, too");

    restream_stream_destroy(&st);
    store_done();

    return done_testing();
}
