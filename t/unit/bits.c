/*
 * Bits out of bytes, codes out of bits, and a NAL unit's bytes out of those
 * that are put in between them; nothing behind the end.
 */

#include "test.h"
#include "bits.h"

#include "lib/restream_bits.h"


#define bytes(s)  (const uint8_t *) s, sizeof(s) - 1


static void
test_read(void)
{
    restream_bits_t  b;

    restream_bits_init(&b, bytes("\xa5\x0f\x12\x34\x56\x78\x9a"));

    is_uint(restream_bits_left(&b), 56, "all bits are left");
    is_uint(restream_bits_read(&b, 1), 1, "one bit");
    is_uint(restream_bits_read(&b, 3), 2, "three bits");
    is_uint(restream_bits_read(&b, 0), 0, "no bit");
    is_uint(restream_bits_read(&b, 7), 0x28, "over the end of a byte");
    is_uint(restream_bits_left(&b), 45, "as many are left");

    restream_bits_align(&b);
    is_uint(restream_bits_left(&b), 40, "to the next byte");
    restream_bits_align(&b);
    is_uint(restream_bits_read(&b, 32), 0x12345678, "32 bits");
    restream_bits_skip(&b, 4);
    is_uint(restream_bits_read(&b, 4), 0xa, "behind what is skipped");
    ok(!b.overflow, "nothing was read behind the end");
}


static void
test_end(void)
{
    restream_bits_t  b;

    restream_bits_init(&b, bytes("\xff\xff"));

    is_uint(restream_bits_read(&b, 12), 0xfff, "within the end");
    is_uint(restream_bits_read(&b, 5), 0, "over the end is 0");
    ok(b.overflow, "and an overflow");
    is_uint(restream_bits_read(&b, 1), 0, "which sticks");
    is_uint(restream_bits_left(&b), 0, "nothing is left");

    restream_bits_init(&b, bytes("\xff\xff"));
    restream_bits_skip(&b, 16);
    ok(!b.overflow, "all of it can be skipped");
    restream_bits_skip(&b, 1);
    ok(b.overflow, "no bit more");

    restream_bits_init(&b, bytes("\xff\xff"));
    restream_bits_skip(&b, 4000000);
    ok(b.overflow, "least of all millions");

    restream_bits_init(&b, bytes(""));
    is_uint(restream_bits_read(&b, 0), 0, "nothing of nothing");
    ok(!b.overflow, "is no overflow");
    is_uint(restream_bits_ue(&b), 0, "a code of nothing");
    ok(b.overflow, "is one");
}


static void
test_codes(void)
{
    bits_t           w;
    size_t           i, n;
    restream_bits_t  b;

    static const uint32_t  u[] = {
        0, 1, 2, 3, 6, 7, 8, 254, 255, 65534, 65535, 0x7ffffffe, 0x7fffffff,
        0xfffffffe
    };

    static const int32_t  s[] = {
        0, 1, -1, 2, -2, 255, -255, 32768, -32768, 0x7fffffff, -0x7fffffff
    };

    w.n = 0;

    for (i = 0; i < sizeof(u) / sizeof(u[0]); i++) {
        put_ue(&w, u[i]);
    }

    for (i = 0; i < sizeof(s) / sizeof(s[0]); i++) {
        put_se(&w, s[i]);
    }

    n = put_size(&w);
    restream_bits_init(&b, w.data, n);

    for (i = 0; i < sizeof(u) / sizeof(u[0]); i++) {
        is_uint(restream_bits_ue(&b), u[i], "ue(v) of %u", u[i]);
    }

    for (i = 0; i < sizeof(s) / sizeof(s[0]); i++) {
        is_uint(restream_bits_se(&b), s[i], "se(v) of %d", s[i]);
    }

    ok(!b.overflow, "all of them are within the end");

    restream_bits_init(&b, bytes("\x00\x00\x00\x00\xff\xff\xff\xff\xff"));
    is_uint(restream_bits_ue(&b), 0, "a code of 65 bits is none");
    ok(b.overflow, "but an overflow");
    is_uint(restream_bits_read(&b, 8), 0, "from where on nothing is read");

    restream_bits_init(&b, bytes("\xf0\0\0\0\x0f\xff\xff\xff\xff"));
    restream_bits_skip(&b, 4);
    is_uint(restream_bits_ue(&b), 0, "nor one that begins within a byte");
    is_uint(restream_bits_read(&b, 4), 0, "not even the rest of a byte");

    restream_bits_init(&b, bytes("\0\xff"));
    is_uint(restream_bits_ue(&b), 0, "a code cut off is none");
    ok(b.overflow, "but an overflow");
}


static void
test_nal(void)
{
    restream_bits_t  b;

    restream_bits_init_nal(&b, bytes("\x67\0\0\3\1\0\0\3\0\0\3\3\0\3\4"));

    is_uint(restream_bits_read(&b, 32), 0x67000001, "put in before 1");
    is_uint(restream_bits_read(&b, 32), 0x00000000, "before 0, and again");
    is_uint(restream_bits_read(&b, 32), 0x03000304, "a 3 of its own stays");
    is_uint(restream_bits_left(&b), 0, "the end");
    ok(!b.overflow, "was not passed");

    restream_bits_init_nal(&b, bytes("\0\0\3"));
    is_uint(restream_bits_read(&b, 16), 0, "put in at the end");
    is_uint(restream_bits_read(&b, 1), 0, "nothing is behind it");
    ok(b.overflow, "but the end");

    restream_bits_init_nal(&b, bytes("\0\0\0\3\x80"));
    is_uint(restream_bits_read(&b, 32), 0x80, "behind more zeros than two");

    restream_bits_init(&b, bytes("\0\0\3\1"));
    is_uint(restream_bits_read(&b, 32), 0x301, "elsewhere nothing is put in");
}


int
main(void)
{
    test_read();
    test_end();
    test_codes();
    test_nal();

    return done_testing();
}
