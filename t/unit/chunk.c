/*
 * The chunk stream reader: headers, messages, timestamps.
 */

#include "chunk.h"


static void basic_headers(void);
static void message_headers(void);
static void message_sizes(void);
static void interleaved(void);
static void extended_repeated(void);
static void extended_not_repeated(void);
static void extended_look_ahead(void);
static void timestamps(void);


int
main(void)
{
    basic_headers();
    message_headers();
    message_sizes();
    interleaved();
    extended_repeated();
    extended_not_repeated();
    extended_look_ahead();
    timestamps();

    return done_testing();
}


static void
basic_headers(void)
{
    begin();
    type0(2, 0, 1, 20, 0); text("a");
    type0(63, 0, 1, 20, 0); text("b");
    expect("one byte of basic header",
           "2:0@0 20 a\n" "63:0@0 20 b\n");

    begin();
    type0(64, 0, 1, 20, 0); text("a");
    type0(319, 0, 1, 20, 0); text("b");
    expect("two bytes of basic header",
           "64:0@0 20 a\n" "319:0@0 20 b\n");

    begin();
    type0(320, 0, 1, 20, 0); text("a");
    type0(65599, 0, 1, 20, 0); text("b");
    expect("three bytes of basic header",
           "320:0@0 20 a\n" "65599:0@0 20 b\n");

    begin();
    type0(64, 0, 130, 20, 0); fill('a', 128);
    byte(0xc1); byte(0); byte(0); text("bc");
    expect("one chunk stream in two forms",
           "64:0@0 20 a*128bc\n");
}


static void
message_headers(void)
{
    begin();
    type0(3, 100, 3, 20, 0x01020304); text("abc");
    expect("type 0", "3:16909060@100 20 abc\n");

    begin();
    type0(3, 100, 3, 18, 1); text("abc");
    type1(3, 20, 2, 20); text("de");
    type2(3, 5); text("fg");
    type3(3); text("hi");
    type3(3); text("jk");
    type0(3, 7, 1, 9, 2); text("l");
    expect("each type inherits what it leaves out",
           "3:1@100 18 abc\n"
           "3:1@120 20 de\n"
           "3:1@125 20 fg\n"
           "3:1@130 20 hi\n"
           "3:1@135 20 jk\n"
           "3:2@7 9 l\n");

    begin();
    type1(2, 30, 1, 3); text("a");
    type2(2, 30); text("b");
    expect("type 1 may be the first", "2:0@30 3 a\n" "2:0@60 3 b\n");
}


static void
message_sizes(void)
{
    begin();
    type0(3, 0, 0, 20, 0);
    type3(3);
    type0(4, 0, 0, 8, 0);
    type2(3, 1);
    expect("messages may be empty",
           "3:0@0 20 \n" "3:0@0 20 \n" "4:0@0 8 \n" "3:0@1 20 \n");

    begin();
    type0(3, 0, 128, 20, 0); fill('a', 128);
    type0(3, 0, 1, 20, 0); text("b");
    expect("a message as large as a chunk is one",
           "3:0@0 20 a*128\n" "3:0@0 20 b\n");

    begin();
    type0(3, 0, 129, 20, 0); fill('a', 128); type3(3); text("b");
    expect("one byte more makes two", "3:0@0 20 a*128b\n");

    begin();
    type0(3, 0, 256, 20, 0); fill('a', 128); type3(3); fill('b', 128);
    type3(3); fill('c', 128); type3(3); fill('d', 128);
    expect("type 3 begins a message only when the last one is complete",
           "3:0@0 20 a*128b*128\n" "3:0@0 20 c*128d*128\n");
}


static void
interleaved(void)
{
    begin();
    type0(4, 10, 300, 8, 1); fill('a', 128);
    type0(70, 20, 200, 9, 1); fill('k', 128);
    type3(4); fill('b', 128);
    type0(2, 30, 2, 20, 0); text("xy");
    type3(70); fill('l', 72);
    type3(4); fill('c', 44);
    type3(70); fill('m', 128);
    type1(4, 1, 1, 8); text("d");
    type3(70); fill('n', 72);
    expect("chunk streams take turns",
           "2:0@30 20 xy\n"
           "70:1@20 9 k*128l*72\n"
           "4:1@10 8 a*128b*128c*44\n"
           "4:1@11 8 d\n"
           "70:1@40 9 m*128n*72\n");

    begin();
    type0(4, 10, 300, 8, 1); fill('a', 128);
    type0(5, 10, 200, 8, 1); fill('b', 100);
    expect("what is not finished stays buffered", "buffered 500\n");
}


static void
extended_repeated(void)
{
    begin();
    type0(3, 0xfffffe, 1, 20, 0); text("a");
    type0(3, EXTENDED, 1, 20, 0); text("b");
    type0(3, 0xffffffff, 1, 20, 0); text("c");
    expect("a timestamp of 24 ones is extended",
           "3:0@16777214 20 a\n"
           "3:0@16777215 20 b\n"
           "3:0@4294967295 20 c\n");

    begin();
    type0(3, 0x01020304, 300, 20, 0); fill('a', 128);
    type3(3); number(0x01020304); fill('b', 128);
    type3(3); number(0x01020304); fill('c', 44);
    expect("it repeats in every chunk", "3:0@16909060 20 a*128b*128c*44\n");

    begin();
    type0(3, 5, 130, 20, 0); fill('a', 128); type3(3); text("bc");
    type1(3, 0x01000000, 130, 20); fill('d', 128);
    type3(3); number(0x01000000); text("ef");
    type3(3); number(0x01000000); fill('g', 128);
    type3(3); number(0x01000000); text("hi");
    type2(3, 1); fill('j', 128); type3(3); text("kl");
    expect("so does a delta, in the next message too",
           "3:0@5 20 a*128bc\n"
           "3:0@16777221 20 d*128ef\n"
           "3:0@33554437 20 g*128hi\n"
           "3:0@33554438 20 j*128kl\n");

    begin();
    type0(3, 0x01000000, 130, 20, 0); fill('a', 128);
    type0(4, 0x02000000, 130, 20, 0); fill('k', 128);
    type3(3); number(0x01000000); text("bc");
    type3(4); number(0x02000000); text("lm");
    expect("each chunk stream has its own",
           "3:0@16777216 20 a*128bc\n" "4:0@33554432 20 k*128lm\n");

    begin();
    type0(3, 0x01000000, 4, 20, 0); text("abcd");
    type2(3, 1); text("efgh");
    type3(3); number(1);
    expect("a header without it ends it",
           "3:0@16777216 20 abcd\n"
           "3:0@16777217 20 efgh\n"
           "3:0@16777218 20 \\x00\\x00\\x00\\x01\n");

    begin();
    type0(3, 0x61626364, 0, 20, 0);
    type3(3); number(0x61626364);
    type0(3, 0x61626364, 4, 20, 0); text("abcd");
    expect("what equals it is payload in a type 0 chunk",
           "3:0@1633837924 20 \n"
           "3:0@3267675848 20 \n"
           "3:0@1633837924 20 abcd\n");
}


static void
extended_not_repeated(void)
{
    begin();
    type0(3, 0x01020304, 300, 20, 0); fill('a', 128);
    type3(3); fill('b', 128);
    type3(3); fill('c', 44);
    type3(3); fill('d', 128); type3(3); fill('e', 128); type3(3); fill('f', 44);
    expect("it need not repeat",
           "3:0@16909060 20 a*128b*128c*44\n"
           "3:0@33818120 20 d*128e*128f*44\n");

    /* 0x61626364 is "abcd" */

    begin();
    type0(3, 0x61626364, 261, 20, 0); fill('.', 128);
    type3(3); text("a"); fill('-', 127);
    type3(3); text("abcx!");
    expect("payload that begins like it is payload",
           "3:0@1633837924 20 .*128a-*127abcx!\n");

    begin();
    type0(3, 0x61626364, 260, 20, 0); fill('.', 128);
    type3(3); number(0x61626364); fill('-', 128);
    type3(3); text("x");
    text("yz!");
    expect("one chunk may have it and the next not",
           "3:0@1633837924 20 .*128-*128xyz!\n");
}


/*
 * The four bytes looked at reach beyond the chunk, when it is smaller and
 * begins like the timestamp.
 */

static void
extended_look_ahead(void)
{
    begin();
    type0(3, 0x61626364, 129, 20, 0); fill('.', 128);
    type3(3); text("x");
    expect("the last byte ends the message at once",
           "3:0@1633837924 20 .*128x\n");

    begin();
    type0(3, 0x61626364, 129, 20, 0); fill('.', 128);
    type3(3); text("a");
    type0(4, 0, 1, 20, 0); text("k");
    expect("one byte of payload, then a header",
           "3:0@1633837924 20 .*128a\n" "4:0@0 20 k\n");

    begin();
    type0(3, 0x61626364, 131, 20, 0); fill('.', 128);
    type3(3); text("abc");
    type1(3, 1, 1, 20); text("k");
    expect("three bytes of payload, then a header",
           "3:0@1633837924 20 .*128abc\n" "3:0@1633837925 20 k\n");

    /* 0x61c3c3c3: three type 3 headers of csid 3 are a part of it */

    begin();
    type0(3, 0x61c3c3c3, 129, 20, 0); fill('.', 128);
    type3(3); text("a");
    type3(3); fill('-', 128); type3(3); text("x");
    expect("a header that is looked at again",
           "3:0@1640219587 20 .*128a\n" "3:0@3280439174 20 -*128x\n");

    begin();
    type0(4, 0, 0, 8, 0);
    type0(5, 0xc4c4c4c4, 0, 9, 0);
    type3(5);
    type3(4); type3(4); type3(4);
    type3(5);
    type3(4); type3(4);
    text("\x05");
    expect("headers of empty messages that look like it",
           "4:0@0 8 \n"
           "5:0@3301229764 9 \n"
           "5:0@2307492232 9 \n"
           "4:0@0 8 \n" "4:0@0 8 \n" "4:0@0 8 \n"
           "5:0@1313754700 9 \n"
           "4:0@0 8 \n" "4:0@0 8 \n");

    begin();
    set_chunk_size(1);
    type0(3, 0xc3c304c4, 7, 20, 0); text("x");
    type3(3); byte(0xc3);
    type3(3); byte(0x04);
    type3(3); byte(0xc3);
    type3(3); byte(0xc3);
    type3(3); byte(0x04);
    type3(3); text("y");
    expect("chunks of one byte that look like it",
           "2:0@0 1 \\x00\\x00\\x00\\x01\n"
           "3:0@3284337860 20 x\\xc3\\x04\\xc3\\xc3\\x04y\n");
}


static void
timestamps(void)
{
    begin();
    type0(3, 1000, 1, 20, 0); text("a");
    type3(3); text("b");
    expect("type 3 after type 0 adds the timestamp",
           "3:0@1000 20 a\n" "3:0@2000 20 b\n");

    begin();
    type0(3, 1000, 129, 20, 0); fill('a', 128); type3(3); text("b");
    type1(3, 10, 129, 20); fill('c', 128); type3(3); text("d");
    expect("a continuation adds nothing",
           "3:0@1000 20 a*128b\n" "3:0@1010 20 c*128d\n");

    begin();
    type0(3, 0xfffffff0, 1, 20, 0); text("a");
    type1(3, 0x20, 1, 20); text("b");
    type1(3, 0xffffffff, 1, 20); text("c");
    expect("timestamps wrap at 32 bits",
           "3:0@4294967280 20 a\n" "3:0@16 20 b\n" "3:0@15 20 c\n");
}
