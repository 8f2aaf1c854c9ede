/*
 * The publishing client: whatever a server says, and however its bytes come
 * in, the output keeps its bound, no publish starts that was not asked for,
 * no secret shows, and events and output are the same.
 *
 * The first byte chooses: 1 no handshake in front of the rest, 2 credentials,
 * 4 and 8 the step of authentication that the query is of, 16 small chunks,
 * 32 an unpublish at the end.  The second is the size of the pieces.
 */

#include "lib/restream_client.h"

#include <stdlib.h>
#include <string.h>


#define FUZZ_NO_HANDSHAKE  1
#define FUZZ_CREDENTIALS   2
#define FUZZ_FIRST_STEP    4
#define FUZZ_SECOND_STEP   8
#define FUZZ_SMALL_CHUNKS  16
#define FUZZ_UNPUBLISH     32

#define FUZZ_HANDSHAKE     (1 + 2 * RESTREAM_HANDSHAKE_SIZE)
#define FUZZ_KEPT          32768        /* output and events looked at */

/* a byte makes 16 at most (the acknowledgement of an empty message): less than
 * overflows an output that is not drained */

#define FUZZ_MAX_SIZE      3500


#define check(cond)  if (!(cond)) { abort(); }


typedef struct {
    restream_client_t   cl;
    int                 rc;
    uint8_t             out[FUZZ_KEPT];
    size_t              out_len;
    uint8_t             events[FUZZ_KEPT];
    size_t              events_len;
    unsigned            published;
    unsigned            ended;
} fuzz_run_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_conf(restream_client_conf_t *conf, unsigned flags);
static void fuzz_md5(const void *data, size_t size, uint8_t *out);
static void fuzz_run(fuzz_run_t *run, unsigned flags, const uint8_t *data,
    size_t size, size_t piece);
static void fuzz_feed(fuzz_run_t *run, const uint8_t *data, size_t size);
static void fuzz_event(fuzz_run_t *run, const restream_client_event_t *ev);
static void fuzz_keep(fuzz_run_t *run, const void *data, size_t size);
static void fuzz_drain(fuzz_run_t *run, int all);
static int fuzz_said_publish(const fuzz_run_t *run);
static int fuzz_contains(const uint8_t *data, size_t size, const char *what);


static const char  fuzz_key[] = "secret-stream-key";
static const char  fuzz_password[] = "hidden-password";

static fuzz_run_t  whole, pieces;


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned  flags, piece;

    if (size < 2 || size > FUZZ_MAX_SIZE) {
        return 0;
    }

    flags = data[0];
    piece = data[1] ? data[1] : 256;

    fuzz_run(&whole, flags, data + 2, size - 2, size);
    fuzz_run(&pieces, flags, data + 2, size - 2, piece);

    check(whole.rc == pieces.rc);
    check(whole.out_len == pieces.out_len);
    check(memcmp(whole.out, pieces.out, whole.out_len) == 0);
    check(whole.events_len == pieces.events_len);
    check(memcmp(whole.events, pieces.events, whole.events_len) == 0);

    return 0;
}


static void
fuzz_conf(restream_client_conf_t *conf, unsigned flags)
{

#define fuzz_set(field, s)                                                    \
    conf->field.data = (uint8_t *) s;                                         \
    conf->field.len = strlen(s)

    memset(conf, 0, sizeof(restream_client_conf_t));

    fuzz_set(app, "live");
    fuzz_set(tc_url, "rtmp://host/live");
    fuzz_set(key, fuzz_key);

    if (flags & FUZZ_CREDENTIALS) {
        fuzz_set(user, "us/er");
        fuzz_set(password, fuzz_password);
    }

    if (flags & FUZZ_FIRST_STEP) {
        fuzz_set(query, "?authmod=adobe&user=us%2Fer");
    }

    if (flags & FUZZ_SECOND_STEP) {
        fuzz_set(query, "?authmod=adobe&user=us%2Fer&challenge=c&response=r");
    }

    conf->chunk_size = (flags & FUZZ_SMALL_CHUNKS) ? 128 : 65536;
    conf->md5 = fuzz_md5;
}


/* any function of the bytes will do */

static void
fuzz_md5(const void *data, size_t size, uint8_t *out)
{
    size_t          i;
    const uint8_t  *p;

    p = data;
    memset(out, 0, 16);

    for (i = 0; i < size; i++) {
        out[i % 16] = (uint8_t) (out[i % 16] * 31 + p[i]);
    }
}


static void
fuzz_run(fuzz_run_t *run, unsigned flags, const uint8_t *data, size_t size,
    size_t piece)
{
    size_t                   n;
    restream_client_conf_t   conf;

    static const uint8_t  handshake[FUZZ_HANDSHAKE] = { 3 };

    run->out_len = 0;
    run->events_len = 0;
    run->published = 0;
    run->ended = 0;

    fuzz_conf(&conf, flags);
    check(restream_client_start(&run->cl, &conf) == RESTREAM_OK);

    run->rc = RESTREAM_AGAIN;

    if (!(flags & FUZZ_NO_HANDSHAKE)) {
        fuzz_feed(run, handshake, sizeof(handshake));
        check(run->rc == RESTREAM_AGAIN);
    }

    for ( /* void */ ; size && run->rc == RESTREAM_AGAIN; size -= n) {
        n = size < piece ? size : piece;
        fuzz_feed(run, data, n);
        data += n;
    }

    if (run->rc == RESTREAM_AGAIN && (flags & FUZZ_UNPUBLISH)) {
        restream_client_unpublish(&run->cl);
    }

    fuzz_drain(run, 1);
    restream_client_cleanup(&run->cl);
}


static void
fuzz_feed(fuzz_run_t *run, const uint8_t *data, size_t size)
{
    const uint8_t            *p;
    restream_client_event_t   ev;

    p = data;

    do {
        run->rc = restream_client_read(&run->cl, &p, data + size, &ev);
        fuzz_drain(run, 0);

        check(p >= data && p <= data + size);

        if (run->rc == RESTREAM_DONE) {
            fuzz_event(run, &ev);
        }

    } while (run->rc == RESTREAM_DONE);

    if (run->rc == RESTREAM_ERROR) {
        check(run->cl.err != NULL);
        return;
    }

    check(run->rc == RESTREAM_AGAIN);
    check(p == data + size);
}


static void
fuzz_event(fuzz_run_t *run, const restream_client_event_t *ev)
{
    check(!run->ended);
    check(ev->stage == run->cl.stage);
    check(ev->code.len <= RESTREAM_CLIENT_MAX_CODE);
    check(ev->text.len <= RESTREAM_CLIENT_MAX_TEXT);
    check(ev->url.len <= RESTREAM_CLIENT_MAX_URL);
    check(ev->query.len <= RESTREAM_CLIENT_MAX_QUERY);

    check(!fuzz_contains(ev->code.data, ev->code.len, "secret-s"));
    check(!fuzz_contains(ev->text.data, ev->text.len, "secret-s"));
    check(!fuzz_contains(ev->text.data, ev->text.len, "tream-ke"));

    switch (ev->type) {

    case RESTREAM_CLIENT_PUBLISHED:
        check(ev->stage == RESTREAM_CLIENT_STREAMING);
        check(run->published++ == 0);
        check(fuzz_said_publish(run));
        break;

    case RESTREAM_CLIENT_AUTHENTICATE:
        check(run->cl.conf.user.len && ev->query.len);
        check(ev->query.data[0] == '?');
        check(ev->stage == RESTREAM_CLIENT_CONNECT);
        check(!fuzz_contains(ev->query.data, ev->query.len, fuzz_password));
        run->ended = 1;
        break;

    case RESTREAM_CLIENT_REDIRECT:
        check(ev->url.len && ev->stage == RESTREAM_CLIENT_CONNECT);
        run->ended = 1;
        break;

    case RESTREAM_CLIENT_REJECTED:
    case RESTREAM_CLIENT_UNPUBLISHED:
        run->ended = 1;
        break;

    case RESTREAM_CLIENT_RECONNECT:
        break;

    default:
        abort();
    }

    fuzz_keep(run, &ev->type, sizeof(ev->type));
    fuzz_keep(run, &ev->stage, sizeof(ev->stage));
    fuzz_keep(run, ev->code.data, ev->code.len);
    fuzz_keep(run, ev->text.data, ev->text.len);
    fuzz_keep(run, ev->url.data, ev->url.len);
    fuzz_keep(run, ev->query.data, ev->query.len);
}


static void
fuzz_keep(fuzz_run_t *run, const void *data, size_t size)
{
    if (size && size <= sizeof(run->events) - run->events_len) {
        memcpy(run->events + run->events_len, data, size);
        run->events_len += size;
    }
}


/* Takes what waits, or part of it. */

static void
fuzz_drain(fuzz_run_t *run, int all)
{
    size_t          n, kept;
    restream_str_t  out;

    out = restream_client_output(&run->cl);

    check(out.len <= RESTREAM_CLIENT_MAX_OUTPUT);
    check(run->cl.out_size <= RESTREAM_CLIENT_MAX_OUTPUT);

    n = (all || out.len % 3) ? out.len : out.len / 3;
    kept = sizeof(run->out) - run->out_len;

    if (kept > n) {
        kept = n;
    }

    if (kept) {
        memcpy(run->out + run->out_len, out.data, kept);
        run->out_len += kept;
    }

    restream_client_sent(&run->cl, n);
    check(restream_client_output(&run->cl).len == out.len - n);
}


/* in what has been taken, or at the end of it and in what still waits */

static int
fuzz_said_publish(const fuzz_run_t *run)
{
    restream_str_t  out;

    static fuzz_run_t  joined;

    out = restream_client_output(&run->cl);

    memcpy(joined.out, run->out, run->out_len);
    joined.out_len = sizeof(joined.out) - run->out_len;
    joined.out_len = joined.out_len < out.len ? joined.out_len : out.len;

    if (joined.out_len) {
        memcpy(joined.out + run->out_len, out.data, joined.out_len);
    }

    return fuzz_contains(joined.out, run->out_len + joined.out_len,
                         "\x07publish");
}


static int
fuzz_contains(const uint8_t *data, size_t size, const char *what)
{
    size_t  i, len;

    len = strlen(what);

    for (i = 0; i + len <= size; i++) {
        if (memcmp(data + i, what, len) == 0) {
            return 1;
        }
    }

    return 0;
}
