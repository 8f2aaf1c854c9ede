/*
 * Chunk headers as they are written, and that the reader understands them.
 */

#include "lib/restream_chunk_header.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>


#define MESSAGES      500
#define MESSAGE_MAX   3000
#define CSIDS         5


/* the message that is being written to a chunk stream */

typedef struct {
    uint32_t   timestamp;
    uint32_t   field;           /* as its first header has it */
    uint32_t   size;
    uint32_t   sent;
    unsigned   started:1;       /* there was one before */
} writer_t;


static void first_headers(void);
static void continuations(void);
static void parse(void);
static void messages(void);
static void round_trip(uint32_t chunk_size);
static void write_messages(restream_buf_t *b, uint32_t chunk_size);
static void write_first(restream_buf_t *b, writer_t *w, unsigned csid);
static void write_payload(restream_buf_t *b, writer_t *w, unsigned csid,
    uint32_t chunk_size);
static uint8_t content(unsigned csid, uint32_t timestamp, uint32_t pos);
static int is_content(const restream_chunk_msg_t *msg);
static uint32_t next_random(void);


static uint32_t  random_state = 1;


int
main(void)
{
    first_headers();
    continuations();
    parse();
    messages();

    round_trip(1);
    round_trip(128);
    round_trip(65536);

    return done_testing();
}


static void
first_headers(void)
{
    size_t   n;
    uint8_t  out[RESTREAM_CHUNK_HEADER_MAX];

    n = restream_chunk_put_header(out, 0, 4, 0x010203, 0x040506, 8, 0x0708090a);
    is_mem(out, n, "\x04\x01\x02\x03\x04\x05\x06\x08\x0a\x09\x08\x07", 12,
           "type 0, the message stream little-endian");

    n = restream_chunk_put_header(out, 1, 63, 0x010203, 0x040506, 9, 1);
    is_mem(out, n, "\x7f\x01\x02\x03\x04\x05\x06\x09", 8,
           "type 1 has no message stream");

    n = restream_chunk_put_header(out, 0, 2, 0xfffffe, 1, 9, 1);
    is_mem(out, n, "\x02\xff\xff\xfe\0\0\x01\x09\x01\0\0\0", 12,
           "the largest timestamp that is not extended");

    n = restream_chunk_put_header(out, 0, 2, 0xffffff, 1, 9, 1);
    is_mem(out, n, "\x02\xff\xff\xff\0\0\x01\x09\x01\0\0\0\0\xff\xff\xff", 16,
           "the smallest that is");

    n = restream_chunk_put_header(out, 0, 2, 0xfffffffe, 1, 9, 1);
    is_mem(out, n, "\x02\xff\xff\xff\0\0\x01\x09\x01\0\0\0\xff\xff\xff\xfe",
           16, "a timestamp of 32 bits");

    n = restream_chunk_put_header(out, 1, 2, 0x01020304, 1, 9, 1);
    is_mem(out, n, "\x42\xff\xff\xff\0\0\x01\x09\x01\x02\x03\x04", 12,
           "a delta of 32 bits");
}


static void
continuations(void)
{
    size_t   n;
    uint8_t  out[5];

    n = restream_chunk_put_continuation(out, 6, 0xfffffe);
    is_mem(out, n, "\xc6", 1, "type 3 without an extended timestamp");

    n = restream_chunk_put_continuation(out, 6, 0xffffff);
    is_mem(out, n, "\xc6\0\xff\xff\xff", 5, "type 3 with one");
}


/* what the reader has no state for: the longest header, byte by byte */

static void
parse(void)
{
    size_t                   n;
    restream_chunk_header_t  h;

    static const uint8_t  wire[] = {
        0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x02, 0x03, 0x14,
        0x04, 0x03, 0x02, 0x01, 0x0a, 0x0b, 0x0c, 0x0d, 0x99
    };

    for (n = 0; n < RESTREAM_CHUNK_HEADER_MAX; n++) {
        if (restream_chunk_header_parse(&h, wire, n) != RESTREAM_AGAIN) {
            break;
        }
    }

    is_uint(n, RESTREAM_CHUNK_HEADER_MAX, "a header is whole or none");

    ok(restream_chunk_header_parse(&h, wire, sizeof(wire)) == RESTREAM_OK
       && h.len == RESTREAM_CHUNK_HEADER_MAX, "what follows is not part of it");
    ok(h.fmt == 0 && h.csid == 65599 && h.type == 20 && h.extended,
       "its chunk stream and type");
    ok(h.timestamp == 0x0a0b0c0d && h.size == 0x010203
       && h.msid == 0x01020304, "its numbers");
}


static void
messages(void)
{
    uint8_t         mem[64];
    restream_buf_t  b;

    restream_buf_init(&b, mem, sizeof(mem));
    restream_chunk_put_message(&b, 3, 20, 1, (const uint8_t *) "abcdef", 6, 3);
    is_mem(mem, b.last - b.start,
           "\x03\0\0\0\0\0\x06\x14\x01\0\0\0" "abc" "\xc3" "def", 19,
           "a message of two full chunks");

    restream_buf_init(&b, mem, sizeof(mem));
    restream_chunk_put_message(&b, 3, 20, 1, (const uint8_t *) "abcdef", 6, 4);
    is_mem(mem, b.last - b.start,
           "\x03\0\0\0\0\0\x06\x14\x01\0\0\0" "abcd" "\xc3" "ef", 19,
           "a message with a rest");

    restream_buf_init(&b, mem, sizeof(mem));
    restream_chunk_put_message(&b, 3, 20, 1, (const uint8_t *) "ab", 2, 128);
    is_mem(mem, b.last - b.start, "\x03\0\0\0\0\0\x02\x14\x01\0\0\0" "ab", 14,
           "a message smaller than a chunk");

    restream_buf_init(&b, mem, sizeof(mem));
    restream_chunk_put_message(&b, 3, 20, 1, NULL, 0, 128);
    is_mem(mem, b.last - b.start, "\x03\0\0\0\0\0\0\x14\x01\0\0\0", 12,
           "an empty message");

    restream_buf_init(&b, mem, 18);
    restream_chunk_put_message(&b, 3, 20, 1, (const uint8_t *) "abcdef", 6, 3);
    ok(b.overflow, "a message that does not fit");

    restream_buf_init(&b, mem, sizeof(mem));
    restream_chunk_put_message(&b, 3, 20, 1, mem, 0x1000000, 3);
    ok(b.overflow && b.last == b.start, "a message of 16 MiB has no length");
}


/*
 * Messages of random sizes and times on several chunk streams at once, written
 * in chunks that take turns and read in random pieces: each arrives as it was.
 */

static void
round_trip(uint32_t chunk_size)
{
    int                       rc;
    size_t                    size;
    uint8_t                  *mem;
    unsigned                  n;
    const uint8_t            *p, *last;
    restream_buf_t            b;
    restream_chunk_msg_t      msg;
    restream_chunk_reader_t   r;

    size = MESSAGES * MESSAGE_MAX * 8;
    mem = malloc(size);
    if (mem == NULL) {
        ok(0, "memory for %u messages", MESSAGES);
        return;
    }

    restream_buf_init(&b, mem, size);
    write_messages(&b, chunk_size);

    restream_chunk_reader_init(&r);
    r.chunk_size = chunk_size;

    p = mem;
    last = mem;
    n = 0;

    for ( ;; ) {
        rc = restream_chunk_read(&r, &p, last, &msg);

        if (rc == RESTREAM_DONE && is_content(&msg)) {
            n++;
            continue;
        }

        if (rc != RESTREAM_AGAIN || last == b.last) {
            break;
        }

        size = next_random() % 4000;

        if (size > (size_t) (b.last - last)) {
            size = b.last - last;
        }

        last += size;
    }

    is_uint(n, MESSAGES, "all messages in chunks of %u arrive", chunk_size);
    ok(rc == RESTREAM_AGAIN && p == b.last, "all of their bytes are taken");
    is_uint(r.buffered, 0, "none is left over");

    restream_chunk_reader_cleanup(&r);
    free(mem);
}


static void
write_messages(restream_buf_t *b, uint32_t chunk_size)
{
    unsigned   n, csid;
    writer_t   writers[CSIDS], *w;

    memset(writers, 0, sizeof(writers));

    for (n = 0; n < MESSAGES; /* void */ ) {
        csid = next_random() % CSIDS;
        w = &writers[csid];

        if (w->sent == w->size) {
            write_first(b, w, 2 + csid);
            n++;
        }

        write_payload(b, w, 2 + csid, chunk_size);
    }

    for (csid = 0; csid < CSIDS; csid++) {
        w = &writers[csid];

        while (w->sent != w->size) {
            write_payload(b, w, 2 + csid, chunk_size);
        }
    }
}


/* a first header of type 0 or 1, with steps in time of all magnitudes */

static void
write_first(restream_buf_t *b, writer_t *w, unsigned csid)
{
    size_t    n;
    uint32_t  step;
    unsigned  fmt;
    uint8_t   header[RESTREAM_CHUNK_HEADER_MAX];

    step = next_random() >> (next_random() % 32);
    fmt = w->started ? next_random() % 2 : 0;

    w->timestamp += step;
    w->field = fmt ? step : w->timestamp;
    w->size = 1 + next_random() % MESSAGE_MAX;
    w->sent = 0;
    w->started = 1;

    n = restream_chunk_put_header(header, fmt, csid, w->field, w->size,
                                  RESTREAM_MSG_VIDEO, 1);
    restream_buf_put(b, header, n);
}


static void
write_payload(restream_buf_t *b, writer_t *w, unsigned csid,
    uint32_t chunk_size)
{
    size_t    n;
    uint32_t  i;
    uint8_t   header[RESTREAM_CHUNK_HEADER_MAX];

    if (w->sent) {
        n = restream_chunk_put_continuation(header, csid, w->field);
        restream_buf_put(b, header, n);
    }

    for (i = 0; i < chunk_size && w->sent != w->size; i++) {
        restream_buf_put8(b, content(csid, w->timestamp, w->sent++));
    }
}


/* payload that no other message has, so that a wrong timestamp shows */

static uint8_t
content(unsigned csid, uint32_t timestamp, uint32_t pos)
{
    return (uint8_t) ((timestamp + csid + pos) * 2654435761u >> 24);
}


static int
is_content(const restream_chunk_msg_t *msg)
{
    uint32_t  i;

    for (i = 0; i < msg->size; i++) {
        if (msg->data[i] != content(msg->csid, msg->timestamp, i)) {
            return 0;
        }
    }

    return msg->type == RESTREAM_MSG_VIDEO && msg->msid == 1;
}


static uint32_t
next_random(void)
{
    uint32_t  x;

    x = random_state;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;

    random_state = x;

    return x;
}
