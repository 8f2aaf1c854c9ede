/*
 * Cases for the chunk stream reader: bytes, put together by the functions
 * below, and what must come of them, in any split.
 *
 * What comes of them is a line "csid:msid@timestamp type payload" for each
 * message, a line for an error, and one for what is still buffered at the end.
 * Payload is text, as in C; four or more equal bytes are one with a count.
 */

#ifndef _CHUNK_H_INCLUDED_
#define _CHUNK_H_INCLUDED_


#include "lib/restream_chunk.h"
#include "test.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>


#define EXTENDED  0xffffff


static uint8_t         wire_mem[98304];
static restream_buf_t  wire;


static inline void
begin(void)
{
    restream_buf_init(&wire, wire_mem, sizeof(wire_mem));
}


static inline void
byte(unsigned v)
{
    restream_buf_put8(&wire, (uint8_t) v);
}


static inline void
number(uint32_t v)
{
    restream_buf_put32(&wire, v);
}


static inline void
fill(char c, size_t n)
{
    while (n--) {
        byte((unsigned char) c);
    }
}


static inline void
text(const char *s)
{
    restream_buf_put(&wire, s, strlen(s));
}


static inline void
basic_header(unsigned fmt, unsigned csid)
{
    if (csid < 64) {
        byte(fmt << 6 | csid);

    } else if (csid < 320) {
        byte(fmt << 6);
        byte(csid - 64);

    } else {
        byte(fmt << 6 | 1);
        byte((csid - 64) & 0xff);
        byte((csid - 64) >> 8);
    }
}


static inline void
type0(unsigned csid, uint32_t timestamp, uint32_t size, uint8_t type,
    uint32_t msid)
{
    basic_header(0, csid);
    restream_buf_put24(&wire, timestamp < EXTENDED ? timestamp : EXTENDED);
    restream_buf_put24(&wire, size);
    restream_buf_put8(&wire, type);
    restream_buf_put32le(&wire, msid);

    if (timestamp >= EXTENDED) {
        number(timestamp);
    }
}


static inline void
type1(unsigned csid, uint32_t delta, uint32_t size, uint8_t type)
{
    basic_header(1, csid);
    restream_buf_put24(&wire, delta < EXTENDED ? delta : EXTENDED);
    restream_buf_put24(&wire, size);
    restream_buf_put8(&wire, type);

    if (delta >= EXTENDED) {
        number(delta);
    }
}


static inline void
type2(unsigned csid, uint32_t delta)
{
    basic_header(2, csid);
    restream_buf_put24(&wire, delta);
}


static inline void
type3(unsigned csid)
{
    basic_header(3, csid);
}


static inline void
set_chunk_size(uint32_t size)
{
    type0(2, 0, 4, RESTREAM_MSG_CHUNK_SIZE, 0);
    number(size);
}


static inline void
abort_message(uint32_t csid)
{
    type0(2, 0, 4, RESTREAM_MSG_ABORT, 0);
    number(csid);
}


__attribute__((format(printf, 2, 3)))
static inline void
print(restream_buf_t *out, const char *fmt, ...)
{
    int      n;
    char     line[64];
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);

    restream_buf_put(out, line, n);
}


static inline void
print_message(restream_buf_t *out, const restream_chunk_msg_t *msg)
{
    uint32_t  i, n, run;

    print(out, "%u:%u@%u %u ", msg->csid, msg->msid, msg->timestamp,
          msg->type);

    for (i = 0; i < msg->size; i += run) {

        for (n = 1; i + n < msg->size && msg->data[i + n] == msg->data[i]; n++)
        {
            /* void */
        }

        print(out, isgraph(msg->data[i]) ? "%c" : "\\x%02x", msg->data[i]);

        run = (n < 4) ? 1 : n;

        if (run > 1) {
            print(out, "*%u", n);
        }
    }

    print(out, "\n");
}


/* Feeds a piece, in memory of exactly its size; nothing after an error. */

static inline void
feed(restream_chunk_reader_t *r, size_t pos, size_t size, restream_buf_t *out)
{
    int                    rc;
    uint8_t               *copy;
    const uint8_t         *p;
    restream_chunk_msg_t   msg;

    copy = malloc(size);

    if (copy == NULL || r->err) {
        free(copy);
        return;
    }

    memcpy(copy, wire.start + pos, size);
    p = copy;

    do {
        rc = restream_chunk_read(r, &p, copy + size, &msg);

        if (rc == RESTREAM_DONE) {
            print_message(out, &msg);
        }

    } while (rc == RESTREAM_DONE);

    if (rc == RESTREAM_ERROR) {
        print(out, "error: %s\n", r->err);

    } else if (p != copy + size) {
        print(out, "%zu bytes not taken\n", (size_t) (copy + size - p));
    }

    free(copy);
}


/* Reads the wire in two parts, the first of them in pieces. */

static inline size_t
read_wire(char *got, size_t size, size_t first, size_t piece)
{
    size_t                   n, pos;
    restream_buf_t           out;
    restream_chunk_reader_t  r;

    restream_buf_init(&out, (uint8_t *) got, size);
    restream_chunk_reader_init(&r);

    for (pos = 0; pos < first; pos += n) {
        n = (first - pos < piece) ? first - pos : piece;
        feed(&r, pos, n, &out);
    }

    feed(&r, pos, wire.last - wire.start - pos, &out);

    if (r.buffered) {
        print(&out, "buffered %u\n", r.buffered);
    }

    restream_chunk_reader_cleanup(&r);

    return out.last - out.start;
}


static inline int
expect_read(const char *name, const char *want, size_t first, size_t piece)
{
    char    got[4096];
    size_t  size;

    size = read_wire(got, sizeof(got), first, piece);

    if (size == strlen(want) && memcmp(got, want, size) == 0) {
        return 1;
    }

    ok(0, "%s: %zu bytes in pieces of %zu, then the rest", name, first, piece);
    printf("# got\n%.*s# expected\n%s", (int) size, got, want);

    return 0;
}


/* One assertion: whole, byte by byte, and split at every byte. */

static inline void
expect(const char *name, const char *want)
{
    size_t  n, at, step;

    n = wire.last - wire.start;

    if (!expect_read(name, want, 0, 1) || !expect_read(name, want, n, 1)) {
        return;
    }

    step = (n < 4096) ? 1 : 997;

    for (at = 1; at < n; at += step) {
        if (!expect_read(name, want, at, at)) {
            return;
        }
    }

    ok(1, "%s", name);
}


#endif /* _CHUNK_H_INCLUDED_ */
