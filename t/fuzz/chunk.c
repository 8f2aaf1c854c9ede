/*
 * The chunk stream reader: whatever the bytes are, the messages that come of
 * them do not depend on how they are split, and the memory is bounded.
 */

#include "lib/restream_chunk.h"

#include <stdlib.h>
#include <string.h>


#define check(cond)  if (!(cond)) { abort(); }


typedef struct {
    uint64_t      hash;         /* over all messages */
    size_t        messages;
    size_t        taken;        /* bytes */
    uint32_t      chunk_size;
    uint32_t      buffered;
    const char   *err;
} outcome_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_split(const uint8_t *data, size_t size, uint32_t seed,
    outcome_t *out);
static size_t piece_size(uint32_t *seed, size_t left);
static void add_message(outcome_t *out, const restream_chunk_msg_t *msg);
static void add_bytes(outcome_t *out, const void *data, size_t size);
static uint32_t unfinished(const restream_chunk_reader_t *r);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t   seed;
    outcome_t  whole, split;

    read_split(data, size, 0, &whole);

    /* byte by byte, then in two different ways */

    for (seed = 1; seed <= 3; seed++) {
        read_split(data, size, seed, &split);

        check(split.hash == whole.hash);
        check(split.messages == whole.messages);
        check(split.taken == whole.taken);
        check(split.chunk_size == whole.chunk_size);
        check(split.buffered == whole.buffered);
        check(split.err == whole.err);
    }

    return 0;
}


static void
read_split(const uint8_t *data, size_t size, uint32_t seed, outcome_t *out)
{
    int                       rc;
    size_t                    n, pos;
    const uint8_t            *p;
    restream_chunk_msg_t      msg;
    restream_chunk_reader_t   r;

    memset(out, 0, sizeof(outcome_t));
    out->hash = 14695981039346656037u;

    restream_chunk_reader_init(&r);

    rc = RESTREAM_AGAIN;

    for (pos = 0; pos < size && rc != RESTREAM_ERROR; pos += n) {
        n = piece_size(&seed, size - pos);
        p = data + pos;

        do {
            rc = restream_chunk_read(&r, &p, data + pos + n, &msg);

            check(r.buffered <= RESTREAM_CHUNK_MAX_BUFFERED);
            check(r.buffered == unfinished(&r));

            if (rc == RESTREAM_DONE) {
                add_message(out, &msg);
            }

        } while (rc == RESTREAM_DONE);

        out->taken = p - data;

        check(rc == RESTREAM_ERROR ? r.err != NULL : out->taken == pos + n);
    }

    out->chunk_size = r.chunk_size;
    out->buffered = r.buffered;
    out->err = r.err;

    restream_chunk_reader_cleanup(&r);

    check(r.buffered == 0 && unfinished(&r) == 0);
}


/* seed 0: all that is left; 1: a byte; else now this, now that */

static size_t
piece_size(uint32_t *seed, size_t left)
{
    size_t  n;

    if (*seed < 2) {
        return *seed ? 1 : left;
    }

    *seed = *seed * 1664525 + 1013904223;
    *seed |= 2;

    n = 1 + (*seed >> 8) % ((*seed >> 28) ? 9 : 500);

    return (n < left) ? n : left;
}


static void
add_message(outcome_t *out, const restream_chunk_msg_t *msg)
{
    out->messages++;

    add_bytes(out, &msg->csid, sizeof(msg->csid));
    add_bytes(out, &msg->msid, sizeof(msg->msid));
    add_bytes(out, &msg->timestamp, sizeof(msg->timestamp));
    add_bytes(out, &msg->size, sizeof(msg->size));
    add_bytes(out, &msg->type, sizeof(msg->type));
    add_bytes(out, msg->data, msg->size);
}


/* FNV-1a */

static void
add_bytes(outcome_t *out, const void *data, size_t size)
{
    size_t          i;
    const uint8_t  *p;

    p = data;

    for (i = 0; i < size; i++) {
        out->hash ^= p[i];
        out->hash *= 1099511628211u;
    }
}


static uint32_t
unfinished(const restream_chunk_reader_t *r)
{
    uint32_t                        sum;
    unsigned                        i;
    const restream_chunk_stream_t  *st;

    sum = 0;

    for (i = 0; i < RESTREAM_CHUNK_MAX_STREAMS; i++) {
        st = &r->streams[i];

        if (st->data && st != r->finished) {
            sum += st->size;
        }
    }

    return sum;
}
