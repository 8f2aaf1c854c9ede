/*
 * The chunk stream reader: what governs it, what it refuses, what it holds.
 */

#include "chunk.h"
#include "nomem.h"


static void chunk_sizes(void);
static void aborts(void);
static void limits(void);
static void refused(void);
static void memory(void);


int
main(void)
{
    chunk_sizes();
    aborts();
    limits();
    refused();
    memory();

    return done_testing();
}


static void
chunk_sizes(void)
{
    begin();
    set_chunk_size(4);
    type0(3, 0, 10, 20, 0); text("aaaa"); type3(3); text("bbbb");
    type3(3); text("cc");
    expect("smaller chunks",
           "2:0@0 1 \\x00\\x00\\x00\\x04\n" "3:0@0 20 a*4b*4cc\n");

    begin();
    set_chunk_size(1);
    type0(3, 0, 3, 20, 0); text("a"); type3(3); text("b"); type3(3); text("c");
    expect("chunks of one byte",
           "2:0@0 1 \\x00\\x00\\x00\\x01\n" "3:0@0 20 abc\n");

    begin();
    set_chunk_size(1000);
    type0(3, 0, 900, 20, 0); fill('a', 900);
    type0(3, 0, 1001, 20, 0); fill('b', 1000); type3(3); text("c");
    expect("chunks above the message",
           "2:0@0 1 \\x00\\x00\\x03\\xe8\n"
           "3:0@0 20 a*900\n" "3:0@0 20 b*1000c\n");

    begin();
    type0(3, 0, 400, 20, 0); fill('a', 128);
    set_chunk_size(10);
    type3(3); fill('b', 10);
    set_chunk_size(300);
    type3(3); fill('c', 262);
    expect("a change between the chunks of a message",
           "2:0@0 1 \\x00\\x00\\x00\\x0a\n"
           "2:0@0 1 \\x00\\x00\\x01,\n"
           "3:0@0 20 a*128b*10c*262\n");

    begin();
    set_chunk_size(0x7fffffff);
    type0(3, 0, 5000, 20, 0); fill('a', 5000);
    expect("the largest chunk size",
           "2:0@0 1 \\x7f\\xff\\xff\\xff\n" "3:0@0 20 a*5000\n");

    begin();
    type0(9, 0, 6, 1, 7); number(2); text("..");
    type0(3, 0, 3, 20, 0); text("ab"); type3(3); text("c");
    expect("on any stream, with more behind it",
           "9:7@0 1 \\x00\\x00\\x00\\x02..\n" "3:0@0 20 abc\n");
}


static void
aborts(void)
{
    begin();
    type0(3, 50, 300, 20, 0); fill('a', 128);
    type0(4, 50, 300, 20, 0); fill('k', 128);
    abort_message(3);
    type1(3, 10, 2, 20); text("bc");
    type3(4); fill('l', 128); type3(4); fill('m', 44);
    expect("the message is dropped, another is not",
           "2:0@0 2 \\x00\\x00\\x00\\x03\n"
           "3:0@60 20 bc\n"
           "4:0@50 20 k*128l*128m*44\n");

    begin();
    type0(3, 50, 129, 20, 0); fill('a', 128);
    abort_message(3);
    type3(3); fill('b', 128); type3(3); text("c");
    expect("type 3 then begins a message",
           "2:0@0 2 \\x00\\x00\\x00\\x03\n" "3:0@100 20 b*128c\n");

    begin();
    type0(3, 0, 30000, 20, 0); fill('a', 128);
    abort_message(3);
    type0(4, 0, 30000, 20, 0); fill('a', 128);
    abort_message(4);
    expect("what it held is free",
           "2:0@0 2 \\x00\\x00\\x00\\x03\n" "2:0@0 2 \\x00\\x00\\x00\\x04\n");

    begin();
    type0(3, 50, 1, 20, 0); text("a");
    abort_message(3);
    abort_message(99);
    abort_message(0);
    abort_message(2);
    type3(3); text("b");
    expect("where there is none, nothing happens",
           "3:0@50 20 a\n"
           "2:0@0 2 \\x00\\x00\\x00\\x03\n"
           "2:0@0 2 \\x00\\x00\\x00c\n"
           "2:0@0 2 \\x00*4\n"
           "2:0@0 2 \\x00\\x00\\x00\\x02\n"
           "3:0@100 20 b\n");
}


static void
limits(void)
{
    unsigned  i;

    begin();
    for (i = 2; i < 2 + RESTREAM_CHUNK_MAX_STREAMS; i++) {
        type0(i, 0, 0, 20, 0);
    }
    type3(2);
    type0(i, 0, 0, 20, 0);
    expect("16 chunk streams, and no more",
           "2:0@0 20 \n" "3:0@0 20 \n" "4:0@0 20 \n" "5:0@0 20 \n"
           "6:0@0 20 \n" "7:0@0 20 \n" "8:0@0 20 \n" "9:0@0 20 \n"
           "10:0@0 20 \n" "11:0@0 20 \n" "12:0@0 20 \n" "13:0@0 20 \n"
           "14:0@0 20 \n" "15:0@0 20 \n" "16:0@0 20 \n" "17:0@0 20 \n"
           "2:0@0 20 \n"
           "error: too many chunk streams\n");

    begin();
    type0(3, 0, RESTREAM_CHUNK_MAX_BUFFERED + 1, 20, 0); text("a");
    expect("a message of 32769 bytes is too large",
           "error: unfinished messages are too large\n");

    begin();
    type0(3, 0, 0xffffff, 20, 0); text("a");
    expect("the largest message is too large",
           "error: unfinished messages are too large\n");

    begin();
    type0(3, 0, 20000, 20, 0); fill('a', 128);
    type0(4, 0, 12768, 20, 0); fill('b', 128);
    type0(5, 0, 0, 20, 0);
    type0(5, 0, 1, 20, 0); text("c");
    expect("so are several together",
           "5:0@0 20 \n"
           "error: unfinished messages are too large\nbuffered 32768\n");

    begin();
    set_chunk_size(32768);
    type0(3, 0, 32768, 20, 0); fill('a', 32768);
    type0(3, 0, 32767, 20, 0); fill('b', 32767);
    type0(4, 0, 1, 20, 0); text("c");
    expect("a message of 32768 bytes is not, again and again",
           "2:0@0 1 \\x00\\x00\\x80\\x00\n"
           "3:0@0 20 a*32768\n" "3:0@0 20 b*32767\n" "4:0@0 20 c\n");
}


static void
refused(void)
{
    begin();
    type2(3, 0); text("a");
    expect("type 2 on an unknown chunk stream",
           "error: unknown chunk stream\n");

    begin();
    type0(4, 0, 1, 20, 0); text("a");
    type3(3); text("a");
    expect("type 3 on an unknown chunk stream",
           "4:0@0 20 a\n" "error: unknown chunk stream\n");

    begin();
    type0(3, 0, 129, 20, 0); fill('a', 128);
    type0(3, 0, 129, 20, 0);
    expect("type 0 inside a message",
           "error: message inside a message\nbuffered 129\n");

    begin();
    type0(3, 0, 129, 20, 0); fill('a', 128);
    type1(3, 0, 129, 20);
    expect("type 1 inside a message",
           "error: message inside a message\nbuffered 129\n");

    begin();
    type0(3, 0, 129, 20, 0); fill('a', 128);
    type2(3, 0);
    expect("type 2 inside a message",
           "error: message inside a message\nbuffered 129\n");

    begin();
    set_chunk_size(0);
    expect("a chunk size of 0", "error: invalid chunk size\n");

    begin();
    set_chunk_size(0x80000080);
    expect("a chunk size with the high bit", "error: invalid chunk size\n");

    begin();
    type0(2, 0, 3, 1, 0); text("\x01\x01\x01");
    expect("a chunk size of three bytes",
           "error: truncated control message\n");

    begin();
    type0(2, 0, 0, 2, 0);
    expect("an empty abort message", "error: truncated control message\n");
}


static void
memory(void)
{
    const uint8_t            *p;
    restream_chunk_msg_t      msg;
    restream_chunk_reader_t   r;

    restream_chunk_reader_init(&r);
    restream_chunk_reader_cleanup(&r);

    begin();
    type0(3, 0, 3, 20, 0); text("abc");
    type0(4, 0, 300, 20, 0); fill('a', 50);

    p = wire.start;
    ok(restream_chunk_read(&r, &p, wire.last, &msg) == RESTREAM_DONE
       && p == wire.start + 15, "the reader stops behind a message");
    is_uint(r.buffered, 0, "a finished message is not buffered");

    restream_chunk_reader_cleanup(&r);
    restream_chunk_reader_cleanup(&r);
    ok(1, "cleanup frees what is lent, once");

    restream_chunk_reader_init(&r);

    p = wire.start;
    restream_chunk_read(&r, &p, wire.last, &msg);
    ok(restream_chunk_read(&r, &p, wire.last, &msg) == RESTREAM_AGAIN
       && p == wire.last, "then it takes all input");
    is_uint(r.buffered, 300, "an unfinished message is charged its size");

    restream_chunk_reader_cleanup(&r);
    is_uint(r.buffered, 0, "cleanup frees it");

    restream_chunk_reader_init(&r);

    nomem_at = 1;
    p = wire.start;
    ok(restream_chunk_read(&r, &p, wire.last, &msg) == RESTREAM_ERROR,
       "no memory is an error");
    is_mem(r.err, strlen(r.err), "no memory", 9, "it says so");
    is_uint(r.buffered, 0, "nothing is charged");

    restream_chunk_reader_cleanup(&r);

    restream_chunk_reader_init(&r);

    begin();
    set_chunk_size(0x7fffffff);

    p = wire.start;
    restream_chunk_read(&r, &p, wire.last, &msg);
    is_uint(r.chunk_size, RESTREAM_CHUNK_SIZE_MAX,
            "a chunk is never larger than a message can be");

    restream_chunk_reader_cleanup(&r);
}
