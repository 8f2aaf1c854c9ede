/*
 * The chunk stream reader: chunks in any split, whole messages out.
 *
 * The reader gathers a chunk's header in r->header, byte by byte, until it is
 * known to be whole; r->current is set while the chunk's payload is read.  A
 * type 3 chunk may or may not repeat an extended timestamp: what is gathered
 * to find out and is none stays in r->header, and is read from there, as
 * payload or as the next header, before the input is.
 */

#include "restream_chunk.h"
#include "restream_chunk_header.h"

#include <stdlib.h>
#include <string.h>


static int restream_chunk_read_header(restream_chunk_reader_t *r,
    const uint8_t **p, const uint8_t *last);
static int restream_chunk_gather(restream_chunk_reader_t *r,
    restream_chunk_header_t *h);
static int restream_chunk_begin(restream_chunk_reader_t *r,
    const restream_chunk_header_t *h);
static int restream_chunk_begin_message(restream_chunk_reader_t *r,
    restream_chunk_stream_t *st, const restream_chunk_header_t *h);
static int restream_chunk_read_payload(restream_chunk_reader_t *r,
    const uint8_t **p, const uint8_t *last);
static void restream_chunk_store(restream_chunk_reader_t *r,
    const uint8_t *data, size_t n);
static void restream_chunk_header_shift(restream_chunk_reader_t *r, size_t n);
static int restream_chunk_finish(restream_chunk_reader_t *r,
    restream_chunk_msg_t *msg);
static int restream_chunk_control(restream_chunk_reader_t *r,
    const restream_chunk_msg_t *msg);
static void restream_chunk_abort(restream_chunk_reader_t *r, uint32_t csid);
static restream_chunk_stream_t *restream_chunk_get_stream(
    restream_chunk_reader_t *r, uint32_t csid);
static int restream_chunk_error(restream_chunk_reader_t *r, const char *err);


void
restream_chunk_reader_init(restream_chunk_reader_t *r)
{
    memset(r, 0, sizeof(restream_chunk_reader_t));

    r->chunk_size = RESTREAM_CHUNK_SIZE_DEFAULT;
}


void
restream_chunk_reader_cleanup(restream_chunk_reader_t *r)
{
    unsigned  i;

    for (i = 0; i < RESTREAM_CHUNK_MAX_STREAMS; i++) {
        free(r->streams[i].data);
        r->streams[i].data = NULL;
    }

    r->current = NULL;
    r->finished = NULL;
    r->buffered = 0;
}


int
restream_chunk_read(restream_chunk_reader_t *r, const uint8_t **p,
    const uint8_t *last, restream_chunk_msg_t *msg)
{
    int                       rc;
    restream_chunk_stream_t  *st;

    if (r->finished) {
        free(r->finished->data);
        r->finished->data = NULL;
        r->finished = NULL;
    }

    for ( ;; ) {

        if (r->current == NULL) {
            rc = restream_chunk_read_header(r, p, last);
            if (rc != RESTREAM_OK) {
                return rc;
            }
        }

        rc = restream_chunk_read_payload(r, p, last);
        if (rc != RESTREAM_OK) {
            return rc;
        }

        st = r->current;

        if (st->received == st->size) {
            return restream_chunk_finish(r, msg);
        }

        r->current = NULL;
    }
}


static int
restream_chunk_read_header(restream_chunk_reader_t *r, const uint8_t **p,
    const uint8_t *last)
{
    restream_chunk_header_t  h;

    while (restream_chunk_gather(r, &h) != RESTREAM_OK) {

        if (*p == last) {
            return RESTREAM_AGAIN;
        }

        r->header[r->header_len++] = *(*p)++;
    }

    restream_chunk_header_shift(r, h.len);

    return restream_chunk_begin(r, &h);
}


/*
 * The header in r->header: OK, or AGAIN when it needs another byte.
 *
 * Type 3 has the extended timestamp of the header before once more.  RTMP 1.0,
 * 5.3.1.3 says so, and nginx-rtmp and SRS write it; some servers do not.  The
 * first byte that differs tells: to wait for all four would hang where the
 * message ends with the bytes that are there.
 */

static int
restream_chunk_gather(restream_chunk_reader_t *r, restream_chunk_header_t *h)
{
    int                       rc;
    unsigned                  i;
    restream_chunk_stream_t  *st;

    rc = restream_chunk_header_parse(h, r->header, r->header_len);

    if (rc != RESTREAM_OK || h->fmt != 3) {
        return rc;
    }

    st = restream_chunk_get_stream(r, h->csid);

    if (st == NULL || !st->extended) {
        return RESTREAM_OK;
    }

    for (i = 0; i < 4; i++) {

        if (r->header_len == h->len + i) {
            return RESTREAM_AGAIN;
        }

        if (r->header[h->len + i] != (uint8_t) (st->delta >> (24 - 8 * i))) {
            return RESTREAM_OK;
        }
    }

    h->len += 4;

    return RESTREAM_OK;
}


/* Acts on a whole header: the chunk's payload is next. */

static int
restream_chunk_begin(restream_chunk_reader_t *r,
    const restream_chunk_header_t *h)
{
    int                       rc;
    uint32_t                  left;
    restream_chunk_stream_t  *st;

    st = restream_chunk_get_stream(r, h->csid);

    if (st == NULL) {

        /*
         * librtmp writes its first control message with type 1, and so do
         * servers built on it: its message stream is 0.  Types 2 and 3 lack
         * the length of the message.
         */

        if (h->fmt > 1) {
            return restream_chunk_error(r, "unknown chunk stream");
        }

        st = restream_chunk_get_stream(r, 0);
        if (st == NULL) {
            return restream_chunk_error(r, "too many chunk streams");
        }

        st->csid = h->csid;
    }

    if (st->data == NULL) {
        rc = restream_chunk_begin_message(r, st, h);
        if (rc != RESTREAM_OK) {
            return rc;
        }

    } else if (h->fmt != 3) {

        /*
         * Readers disagree on what it means (librtmp starts anew, FFmpeg goes
         * on when the size is the same, SRS refuses type 0), so no writer can
         * do it.
         */

        return restream_chunk_error(r, "message inside a message");
    }

    left = st->size - st->received;

    r->current = st;
    r->chunk_left = (left < r->chunk_size) ? left : r->chunk_size;

    return RESTREAM_OK;
}


static int
restream_chunk_begin_message(restream_chunk_reader_t *r,
    restream_chunk_stream_t *st, const restream_chunk_header_t *h)
{
    if (h->fmt < 3) {
        st->delta = h->timestamp;
        st->extended = h->extended;
    }

    if (h->fmt < 2) {
        st->size = h->size;
        st->type = h->type;
    }

    if (h->fmt == 0) {
        st->msid = h->msid;
        st->timestamp = 0;
    }

    /*
     * RTMP 1.0, 5.3.1.2.4: type 3 repeats the delta, and the timestamp itself
     * after type 0.  So read librtmp, FFmpeg and SRS; nginx-rtmp writes type 3
     * for an equal timestamp instead, whatever the delta before it was.
     */

    st->timestamp += st->delta;
    st->received = 0;

    if (st->size == 0) {
        return RESTREAM_OK;
    }

    if (st->size > RESTREAM_CHUNK_MAX_BUFFERED - r->buffered) {
        return restream_chunk_error(r, "unfinished messages are too large");
    }

    st->data = malloc(st->size);
    if (st->data == NULL) {
        return restream_chunk_error(r, "no memory");
    }

    r->buffered += st->size;

    return RESTREAM_OK;
}


/* OK when the chunk's payload is complete. */

static int
restream_chunk_read_payload(restream_chunk_reader_t *r, const uint8_t **p,
    const uint8_t *last)
{
    size_t  n;

    n = (r->header_len < r->chunk_left) ? r->header_len : r->chunk_left;

    if (n) {
        restream_chunk_store(r, r->header, n);
        restream_chunk_header_shift(r, n);
    }

    n = last - *p;

    if (n > r->chunk_left) {
        n = r->chunk_left;
    }

    if (n) {
        restream_chunk_store(r, *p, n);
        *p += n;
    }

    return r->chunk_left ? RESTREAM_AGAIN : RESTREAM_OK;
}


static void
restream_chunk_store(restream_chunk_reader_t *r, const uint8_t *data, size_t n)
{
    restream_chunk_stream_t  *st;

    st = r->current;

    memcpy(st->data + st->received, data, n);

    st->received += (uint32_t) n;
    r->chunk_left -= (uint32_t) n;
}


/* Removes the first n of the bytes gathered. */

static void
restream_chunk_header_shift(restream_chunk_reader_t *r, size_t n)
{
    r->header_len -= (uint8_t) n;

    memmove(r->header, r->header + n, r->header_len);
}


/* Lends the message of r->current to the caller. */

static int
restream_chunk_finish(restream_chunk_reader_t *r, restream_chunk_msg_t *msg)
{
    restream_chunk_stream_t  *st;

    st = r->current;

    r->current = NULL;
    r->finished = st;
    r->buffered -= st->size;

    msg->csid = st->csid;
    msg->msid = st->msid;
    msg->timestamp = st->timestamp;
    msg->size = st->size;
    msg->type = st->type;
    msg->data = st->data ? st->data : r->header;

    return restream_chunk_control(r, msg);
}


/*
 * Obeys the messages that govern the chunk stream itself (RTMP 1.0, 5.4),
 * whatever stream they came on: DONE.
 */

static int
restream_chunk_control(restream_chunk_reader_t *r,
    const restream_chunk_msg_t *msg)
{
    uint32_t  v;

    if (msg->type != RESTREAM_MSG_CHUNK_SIZE && msg->type != RESTREAM_MSG_ABORT)
    {
        return RESTREAM_DONE;
    }

    if (msg->size < 4) {
        return restream_chunk_error(r, "truncated control message");
    }

    v = restream_get32(msg->data);

    if (msg->type == RESTREAM_MSG_ABORT) {
        restream_chunk_abort(r, v);
        return RESTREAM_DONE;
    }

    if (v == 0 || v > 0x7fffffff) {
        return restream_chunk_error(r, "invalid chunk size");
    }

    /* RTMP 1.0, 5.4.1: larger ones are equivalent, as no message is larger */

    r->chunk_size = (v < RESTREAM_CHUNK_SIZE_MAX) ? v : RESTREAM_CHUNK_SIZE_MAX;

    return RESTREAM_DONE;
}


static void
restream_chunk_abort(restream_chunk_reader_t *r, uint32_t csid)
{
    restream_chunk_stream_t  *st;

    st = restream_chunk_get_stream(r, csid);

    /* what is finished can't be taken back: it is the abort message itself */

    if (st == NULL || st->data == NULL || st == r->finished) {
        return;
    }

    free(st->data);
    st->data = NULL;

    r->buffered -= st->size;
}


/* The chunk stream, an unused one for csid 0; NULL when there is none. */

static restream_chunk_stream_t *
restream_chunk_get_stream(restream_chunk_reader_t *r, uint32_t csid)
{
    unsigned  i;

    for (i = 0; i < RESTREAM_CHUNK_MAX_STREAMS; i++) {
        if (r->streams[i].csid == csid) {
            return &r->streams[i];
        }
    }

    return NULL;
}


static int
restream_chunk_error(restream_chunk_reader_t *r, const char *err)
{
    r->err = err;

    return RESTREAM_ERROR;
}
