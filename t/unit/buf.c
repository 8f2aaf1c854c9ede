/*
 * Bounded writing: byte order, the exact fit, the overflow that sticks.
 */

#include "lib/restream_buf.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>


static void put_every_size(void);
static void put_what_fits(void);
static void put_one(restream_buf_t *b, unsigned kind);
static void get_what_was_put(void);


int
main(void)
{
    put_every_size();
    put_what_fits();
    get_what_was_put();

    return done_testing();
}


static void
put_every_size(void)
{
    uint8_t         mem[32];
    restream_buf_t  b;

    static const uint8_t  want[] = {
        0x01,
        0x01, 0x02,
        0x01, 0x02, 0x03,
        0x01, 0x02, 0x03, 0x04,
        0x04, 0x03, 0x02, 0x01,
        0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
        'a', 'b', 'c'
    };

    restream_buf_init(&b, mem, sizeof(mem));

    restream_buf_put8(&b, 0x01);
    restream_buf_put16(&b, 0x0102);
    restream_buf_put24(&b, 0xff010203);
    restream_buf_put32(&b, 0x01020304);
    restream_buf_put32le(&b, 0x01020304);
    restream_buf_put64(&b, 0x0102030405060708);
    restream_buf_put(&b, "abc", 3);
    restream_buf_put(&b, NULL, 0);

    is_mem(b.start, b.last - b.start, want, sizeof(want),
           "the highest byte comes first");
    ok(!b.overflow, "what fits is no overflow");
}


static void
put_what_fits(void)
{
    size_t           n, size;
    unsigned         kind;
    uint8_t         *mem;
    restream_buf_t   b;

    static const size_t  sizes[] = { 1, 2, 3, 4, 4, 8, 5 };

    for (kind = 0; kind < sizeof(sizes) / sizeof(sizes[0]); kind++) {
        size = sizes[kind];

        for (n = size - 1; n <= size; n++) {

            /* exact memory, for the sanitizer to watch; malloc(0) is some */

            mem = malloc(n);
            if (mem == NULL) {
                ok(0, "memory for %zu bytes", n);
                return;
            }

            restream_buf_init(&b, mem, n);
            put_one(&b, kind);

            if (n == size) {
                ok(!b.overflow && b.last == b.end,
                   "write %u fits %zu bytes exactly", kind, n);

                restream_buf_put(&b, NULL, 0);
                ok(!b.overflow, "nothing fits a full buffer");

            } else {
                ok(b.overflow && b.last == b.start,
                   "write %u into %zu bytes writes nothing", kind, n);

                restream_buf_put8(&b, 1);
                restream_buf_put(&b, NULL, 0);
                ok(b.overflow && b.last == b.start,
                   "nor does a smaller one after it");
            }

            free(mem);
        }
    }
}


static void
put_one(restream_buf_t *b, unsigned kind)
{
    switch (kind) {
    case 0:
        restream_buf_put8(b, 0xff);
        break;
    case 1:
        restream_buf_put16(b, 0xffff);
        break;
    case 2:
        restream_buf_put24(b, 0xffffff);
        break;
    case 3:
        restream_buf_put32(b, 0xffffffff);
        break;
    case 4:
        restream_buf_put32le(b, 0xffffffff);
        break;
    case 5:
        restream_buf_put64(b, UINT64_MAX);
        break;
    default:
        restream_buf_put(b, "\xff\xff\xff\xff\xff", 5);
    }
}


static void
get_what_was_put(void)
{
    static const uint8_t  p[] = { 0xff, 0xfe, 0xfd, 0xfc };

    is_uint(restream_get16(p), 0xfffe, "16 bits are read");
    is_uint(restream_get24(p), 0xfffefd, "24 bits are read");
    is_uint(restream_get32(p), 0xfffefdfc, "32 bits are read");
    is_uint(restream_get32le(p), 0xfcfdfeff, "32 bits are read backwards");
    is_uint(restream_get16(p + 2), 0xfdfc, "an expression is read");
}
