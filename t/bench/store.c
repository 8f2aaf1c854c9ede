/*
 * What calls of the store take, alone in the process: no nginx, no HTTP.
 *
 *     store <dsn> <streams> <destinations> <calls> [sealed]
 *
 * Fills a store, unless it has been filled before, then measures reads of one
 * stream, pages of streams, searches and changes, each of streams drawn by
 * chance; and beside them what it takes to write a few pages to that disk.
 * Prints a line of JSON for each kind of call, durations in us.  With no calls
 * it only fills the store.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "histogram.h"
#include "jobs/restream_store.h"


#define die(...)                                                              \
    (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), exit(1))


typedef struct {
    const char  *name;
    void       (*call)(void);
    unsigned     share;                 /* one in so many calls is made */
} bench_t;


static restream_store_t      *store;
static restream_store_err_t   err;
static unsigned               streams;
static unsigned               destinations;
static uint64_t               clock_ms = 1700000000000;
static unsigned               count;    /* changes, so that each is new */
static int                    scratch;  /* a file on the same disk */


static uint64_t
now_us(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + (uint64_t) ts.tv_nsec / 1000;
}


static char *
format(const char *fmt, unsigned n)
{
    char  text[64];

    snprintf(text, sizeof(text), fmt, n);

    return strdup(text);
}


static unsigned
any(void)
{
    return (unsigned) random() % streams;
}


static restream_change_t *
change(restream_change_e kind, unsigned stream)
{
    restream_change_t  *c;

    c = calloc(1, sizeof(restream_change_t));
    c->kind = kind;
    c->now = ++clock_ms;
    c->app = strdup("live");
    c->name = format("stream-%06u", stream);

    return c;
}


static void
carry_out(restream_change_t *c)
{
    restream_change_outcome_t  outcome;

    if (restream_store_change(store, c, &outcome, &err) != RESTREAM_OK) {
        die("%s", err.text);
    }

    if (outcome.result != RESTREAM_CHANGED || !outcome.changed) {
        die("the answer is %d", outcome.result);
    }

    restream_stream_destroy(&outcome.stream);
    restream_change_destroy(&c);
}


static void
create(unsigned stream)
{
    unsigned                     i;
    restream_change_t           *c;
    restream_destination_set_t  *set;

    c = change(RESTREAM_CHANGE_CREATE_STREAM, stream);
    c->destinations = calloc(destinations, sizeof(restream_destination_set_t));
    c->ndestinations = destinations;

    for (i = 0; i < destinations; i++) {
        set = &c->destinations[i];
        set->set = RESTREAM_SET_NAME|RESTREAM_SET_URL|RESTREAM_SET_KEY
                   |RESTREAM_SET_TITLE;
        set->name = format("destination %u", i);
        set->url = format("rtmps://live-api-%u.platform.example:443/rtmp/", i);
        set->key = format("FB-1234567890123456-0-Ab3x9f2Kd8Lm-%u", i);
        set->title = format("Title of destination %u", i);
    }

    carry_out(c);
}


static void
get(void)
{
    char                name[32];
    restream_stream_t  *st;

    snprintf(name, sizeof(name), "stream-%06u", any());

    if (restream_store_get(store, "live", name, &st, NULL, &err)
        != RESTREAM_OK)
    {
        die("%s: %s", name, err.text);
    }

    restream_stream_destroy(&st);
}


static void
list(const char *q, uint32_t limit)
{
    char                      after[32];
    uint32_t                  i, n;
    restream_stream_t       **page;
    restream_store_filter_t   filter;

    snprintf(after, sizeof(after), "stream-%06u", q ? 0 : any());
    memset(&filter, 0, sizeof(restream_store_filter_t));

    filter.app = "live";
    filter.q = q;
    filter.after_app = "live";
    filter.after_name = after;
    filter.limit = limit;

    if (restream_store_list(store, &filter, &page, &n, &err) != RESTREAM_OK) {
        die("%s", err.text);
    }

    for (i = 0; i < n; i++) {
        restream_stream_destroy(&page[i]);
    }

    free(page);
}


static void
list_20(void)
{
    list(NULL, 20);
}


static void
list_100(void)
{
    list(NULL, 100);
}


static void
list_1000(void)
{
    list(NULL, 1000);
}


/* nothing is found, so that all is looked through */

static void
search(void)
{
    list("no such thing", 20);
}


static void
patch(void)
{
    restream_change_t  *c;

    c = change(RESTREAM_CHANGE_PATCH_DESTINATION, any());
    c->destination = format("destination %u", any() % destinations);
    c->destinations = calloc(1, sizeof(restream_destination_set_t));
    c->ndestinations = 1;
    c->destinations->set = RESTREAM_SET_TITLE;
    c->destinations->title = format("Title %u", ++count);

    carry_out(c);
}


static void
post(void)
{
    restream_change_t  *c;

    c = change(RESTREAM_CHANGE_CREATE_DESTINATION, any());
    c->idempotency_key = format("key-%u", ++count);
    c->destinations = calloc(1, sizeof(restream_destination_set_t));
    c->ndestinations = 1;
    c->destinations->set = RESTREAM_SET_NAME|RESTREAM_SET_URL|RESTREAM_SET_KEY;
    c->destinations->name = format("another %u", count);
    c->destinations->url = strdup("rtmp://a.example/live");
    c->destinations->key = strdup("key");

    carry_out(c);
}


static void
sync_pages(void)
{
    static char  pages[4 * 4096];

    if (pwrite(scratch, pages, sizeof(pages), ++count % 500 * sizeof(pages))
           != sizeof(pages)
        || fdatasync(scratch) == -1)
    {
        die("the file beside the store cannot be written");
    }
}


static void
measure(const bench_t *b, unsigned calls)
{
    uint64_t            began, took, most, sum;
    unsigned            i;
    static histogram_t  h;

    memset(&h, 0, sizeof(histogram_t));
    most = 0;
    sum = 0;

    for (i = 0; i < calls; i++) {
        began = now_us();
        b->call();
        took = now_us() - began;

        histogram_add(&h, took);
        sum += took;
        most = took > most ? took : most;
    }

    printf("{\"call\":\"%s\",\"calls\":%u,\"mean\":%.0f,\"p50\":%u,\"p99\":%u,"
           "\"max\":%u}\n", b->name, calls, (double) sum / calls,
           (unsigned) histogram_quantile(&h, 0.5),
           (unsigned) histogram_quantile(&h, 0.99), (unsigned) most);
    fflush(stdout);
}


static void
print_size(const char *path, const char *end)
{
    char         name[512];
    struct stat  sb;

    snprintf(name, sizeof(name), "%s%s", path, end);

    if (stat(name, &sb) == 0) {
        printf("{\"file\":\"%s\",\"bytes\":%ld}\n", end[0] ? end : "db",
               (long) sb.st_size);
    }
}


int
main(int argc, char **argv)
{
    char                    name[512];
    uint64_t                began;
    unsigned                i, calls;
    restream_stream_t      *st;
    restream_store_keys_t   keys;

    static const bench_t  benches[] = {
        { "get", get, 1 },
        { "list 20", list_20, 10 },
        { "list 100", list_100, 20 },
        { "list 1000", list_1000, 100 },
        { "search", search, 100 },
        { "patch", patch, 1 },
        { "post", post, 1 },
        { "write and sync", sync_pages, 1 }
    };

    if (argc < 5) {
        die("usage: store <dsn> <streams> <destinations> <calls> [sealed]");
    }

    streams = (unsigned) atoi(argv[2]);
    destinations = (unsigned) atoi(argv[3]);
    calls = (unsigned) atoi(argv[4]);

    keys.keys = (uint8_t *) "a key of thirty-two bytes, to seal";
    keys.n = argc > 5;

    store = restream_store_open(argv[1], &keys, &err);
    if (store == NULL) {
        die("%s", err.text);
    }

    snprintf(name, sizeof(name), "%s.scratch", strchr(argv[1], ':') + 1);
    scratch = open(name, O_CREAT|O_RDWR|O_TRUNC, 0600);
    count = (unsigned) time(NULL);

    if (restream_store_get(store, "live", "stream-000000", &st, NULL, &err)
        == RESTREAM_DECLINED)
    {
        began = now_us();

        for (i = 0; i < streams; i++) {
            create(i);
        }

        printf("{\"call\":\"create\",\"calls\":%u,\"mean\":%.0f}\n", streams,
               (double) (now_us() - began) / streams);
    }

    restream_stream_destroy(&st);
    restream_store_close(&store);

    began = now_us();
    store = restream_store_open(argv[1], &keys, &err);
    get();
    printf("{\"call\":\"open and get\",\"calls\":1,\"mean\":%u}\n",
           (unsigned) (now_us() - began));

    for (i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
        if (calls >= benches[i].share) {
            measure(&benches[i], calls / benches[i].share);
        }
    }

    print_size(strchr(argv[1], ':') + 1, "");
    print_size(strchr(argv[1], ':') + 1, "-wal");

    restream_store_close(&store);
    (void) unlink(name);

    return 0;
}
