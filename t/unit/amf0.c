/*
 * AMF0: what is written, what is read, and what is refused.
 */

#include "lib/restream_amf0.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


/* a literal's bytes without its terminator */
#define bytes(s)  (const uint8_t *) (s), sizeof(s) - 1


static void put_values(void);
static void put_strings(void);
static void read_values(void);
static void read_skipped(void);
static void read_refused(void);
static void read_truncated(void);
static void read_depth(void);
static void find(void);
static void find_nothing(void);
static int read_one(const uint8_t *data, size_t size, size_t *taken,
    restream_amf0_value_t *v);
static size_t make_reply(uint8_t *out, size_t size);
static size_t make_nested(uint8_t *out, size_t size, unsigned depth,
    int arrays);
static int is_string(const restream_amf0_value_t *v, const char *want);


int
main(void)
{
    put_values();
    put_strings();
    read_values();
    read_skipped();
    read_refused();
    read_truncated();
    read_depth();
    find();
    find_nothing();

    return done_testing();
}


static void
put_values(void)
{
    uint8_t         mem[128];
    restream_buf_t  b;

    static const char  want[] =
        "\x00\x3f\xf8\0\0\0\0\0\0"
        "\x02\x00\x03" "abc"
        "\x05"
        "\x03" "\x00\x03" "app" "\x02\x00\x04" "live" "\x00\x00\x09"
        "\x0a\0\0\0\x02" "\x05" "\x05";

    restream_buf_init(&b, mem, sizeof(mem));

    restream_amf0_put_number(&b, 1.5);
    restream_amf0_put_cstring(&b, "abc");
    restream_amf0_put_null(&b);
    restream_amf0_put_object(&b);
    restream_amf0_put_key(&b, "app");
    restream_amf0_put_string(&b, "liveness", 4);
    restream_amf0_put_object_end(&b);
    restream_amf0_put_strict_array(&b, 2);
    restream_amf0_put_null(&b);
    restream_amf0_put_null(&b);

    is_mem(b.start, b.last - b.start, want, sizeof(want) - 1,
           "values are written");
    ok(!b.overflow, "values fit");

    restream_buf_init(&b, mem, 8);
    restream_amf0_put_number(&b, 1);
    ok(b.overflow, "a number does not fit 8 bytes");
}


static void
put_strings(void)
{
    char                   *text;
    size_t                  taken;
    uint8_t                *mem;
    restream_buf_t          b;
    restream_amf0_value_t   v;

    static const size_t  max = 65535;

    text = malloc(max + 2);
    mem = malloc(max + 6);

    if (text == NULL || mem == NULL) {
        ok(0, "memory for a long string");
        goto done;
    }

    memset(text, 'a', max + 1);
    text[max + 1] = '\0';

    restream_buf_init(&b, mem, max + 6);
    restream_amf0_put_string(&b, text, max);
    is_mem(mem, 3, "\x02\xff\xff", 3, "65535 bytes are a string");
    ok(read_one(mem, b.last - b.start, &taken, &v) == RESTREAM_OK
       && taken == max + 3 && v.type == RESTREAM_AMF0_STRING
       && v.string.len == max, "it is read");

    restream_buf_init(&b, mem, max + 6);
    restream_amf0_put_string(&b, text, max + 1);
    is_mem(mem, 5, "\x0c\0\x01\0\0", 5, "65536 bytes are a long string");
    ok(!b.overflow && b.last == b.end, "it has all of its bytes");
    ok(read_one(mem, b.last - b.start, &taken, &v) == RESTREAM_OK
       && taken == max + 6 && v.type == RESTREAM_AMF0_STRING
       && v.string.len == max + 1, "it is read");

#if SIZE_MAX > UINT32_MAX
    restream_buf_init(&b, mem, max + 6);
    restream_amf0_put_string(&b, text, (size_t) UINT32_MAX + 1);
    ok(b.overflow && b.last == b.start, "4 GiB are no string");
#endif

    restream_buf_init(&b, mem, max + 6);
    restream_amf0_put_key(&b, text + 1);
    ok(!b.overflow && b.last - b.start == (ptrdiff_t) max + 2,
       "a key may have 65535 bytes");

    restream_buf_init(&b, mem, max + 6);
    restream_amf0_put_key(&b, text);
    ok(b.overflow && b.last == b.start, "and no more");

done:

    free(mem);
    free(text);
}


static void
read_values(void)
{
    size_t                 size, taken;
    uint8_t                mem[256];
    const uint8_t         *p, *last;
    restream_amf0_value_t  v, property;

    ok(read_one(bytes(""), &taken, &v) == RESTREAM_DONE,
       "at the end there is no value");

    size = make_reply(mem, sizeof(mem));
    p = mem;
    last = mem + size;

    ok(restream_amf0_read(&p, last, &v) == RESTREAM_OK
       && is_string(&v, "_result"), "a string is read");
    ok(restream_amf0_read(&p, last, &v) == RESTREAM_OK
       && v.type == RESTREAM_AMF0_NUMBER && v.number == 1,
       "a number is read");
    ok(restream_amf0_read(&p, last, &v) == RESTREAM_OK
       && v.type == RESTREAM_AMF0_NULL, "null is read");
    ok(restream_amf0_read(&p, last, &v) == RESTREAM_OK
       && v.type == RESTREAM_AMF0_OBJECT, "an object is read");
    ok(restream_amf0_find(&v, "code", &property) == RESTREAM_OK
       && is_string(&property, "NetConnection.Connect.Success"),
       "a property of it is found");
    ok(restream_amf0_read(&p, last, &v) == RESTREAM_DONE && p == last,
       "then nothing is left");

    read_one(bytes("\x01\x00"), &taken, &v);
    ok(v.type == RESTREAM_AMF0_BOOLEAN && v.number == 0, "false is 0");

    read_one(bytes("\x01\x7f"), &taken, &v);
    ok(v.type == RESTREAM_AMF0_BOOLEAN && v.number == 1,
       "whatever is true is 1");

    read_one(bytes("\x00\x7f\xf8\0\0\0\0\0\0"), &taken, &v);
    ok(v.type == RESTREAM_AMF0_NUMBER && isnan(v.number),
       "not a number is one");

    read_one(bytes("\x00\xc1\xe0\0\0\0\0\0\0"), &taken, &v);
    ok(v.number == -2147483648.0, "a negative number is read");

    read_one(bytes("\x06"), &taken, &v);
    ok(v.type == RESTREAM_AMF0_NULL, "undefined is null");

    read_one(bytes("\x0c\0\0\0\x02" "ab"), &taken, &v);
    ok(is_string(&v, "ab"), "a long string may be short");

    read_one(bytes("\x02\0\0"), &taken, &v);
    ok(v.type == RESTREAM_AMF0_STRING && v.string.len == 0,
       "a string may be empty");

    read_one(bytes("\x10\0\x01" "C" "\0\x01" "k" "\x05" "\0\0\x09"), &taken,
             &v);
    ok(v.type == RESTREAM_AMF0_OBJECT && v.string.len == 4,
       "a typed object is an object without its class");

    read_one(bytes("\x08\0\0\0\x63" "\0\x01" "k" "\x05" "\0\0\x09"), &taken,
             &v);
    ok(v.type == RESTREAM_AMF0_ECMA_ARRAY && v.string.len == 4,
       "an ECMA array's count is not believed");
}


/* every value here is one, and its size is the literal's */

static void
read_skipped(void)
{
    unsigned               i;
    size_t                 taken;
    restream_amf0_value_t  v;

    static const struct {
        const char           *name;
        restream_amf0_type_e  type;
        size_t                size;
        const char           *data;
    } values[] = {
        { "a reference", RESTREAM_AMF0_OTHER, 3, "\x07\x00\x01" },
        { "a date", RESTREAM_AMF0_OTHER, 11, "\x0b" "12345678" "\0\0" },
        { "unsupported", RESTREAM_AMF0_OTHER, 1, "\x0d" },
        { "XML", RESTREAM_AMF0_OTHER, 9, "\x0f\0\0\0\x04<a/>" },
        { "a strict array", RESTREAM_AMF0_STRICT_ARRAY, 9,
          "\x0a\0\0\0\x02" "\x05" "\x02\0\0" },
        { "an empty strict array", RESTREAM_AMF0_STRICT_ARRAY, 5,
          "\x0a\0\0\0\0" },
        { "an empty object", RESTREAM_AMF0_OBJECT, 4, "\x03\0\0\x09" },
        { "an empty name", RESTREAM_AMF0_OBJECT, 7,
          "\x03" "\0\0\x05" "\0\0\x09" }
    };

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        ok(read_one((const uint8_t *) values[i].data, values[i].size, &taken,
                    &v) == RESTREAM_OK
           && taken == values[i].size && v.type == values[i].type,
           "%s is read over", values[i].name);
    }
}


static void
read_refused(void)
{
    unsigned               i;
    size_t                 taken;
    restream_amf0_value_t  v;

    static const struct {
        const char  *name;
        size_t       size;
        const char  *data;
    } values[] = {
        { "a movieclip", 9, "\x04" "12345678" },
        { "an object end outside of an object", 1, "\x09" },
        { "an object end behind a name", 6, "\x03" "\0\x01" "k" "\x09\x05" },
        { "a recordset", 9, "\x0e" "12345678" },
        { "an AMF3 value", 2, "\x11\x05" },
        { "an unknown type", 9, "\x12" "12345678" },
        { "a string of 65535 bytes in 3", 6, "\x02\xff\xff" "abc" },
        { "a long string of 4 GiB", 8, "\x0c\xff\xff\xff\xff" "abc" },
        { "a strict array of 4 G values", 7, "\x0a\xff\xff\xff\xff" "\x05\x05"
        },
        { "an object without an end", 5, "\x03" "\0\x01" "k" "\x05" },
        { "a bad value in an object", 5, "\x03" "\0\x01" "k" "\x12" },
        { "a bad value in an array", 6, "\x0a\0\0\0\x01" "\x12" }
    };

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        ok(read_one((const uint8_t *) values[i].data, values[i].size, &taken,
                    &v) == RESTREAM_ERROR
           && taken == 0, "%s is refused", values[i].name);
    }
}


/* a value is not there until its last byte is */

static void
read_truncated(void)
{
    size_t                 n, size, taken;
    restream_amf0_value_t  v;

    static const uint8_t  value[] =
        "\x08\0\0\0\x01"
        "\0\x01" "a" "\x00" "12345678"
        "\0\x01" "b" "\x01\x01"
        "\0\x01" "c" "\x02\0\x02" "cc"
        "\0\x01" "d" "\x0c\0\0\0\x02" "dd"
        "\0\x01" "e" "\x03" "\0\x01" "k" "\x05" "\0\0\x09"
        "\0\x01" "f" "\x0a\0\0\0\x02" "\x05" "\x07\0\0"
        "\0\x01" "g" "\x0b" "12345678" "\0\0"
        "\0\x01" "h" "\x0f\0\0\0\x04<a/>"
        "\0\x01" "i" "\x10\0\x01" "C" "\0\0\x09"
        "\0\0\x09";

    size = sizeof(value) - 1;

    for (n = 1; n < size; n++) {
        if (read_one(value, n, &taken, &v) != RESTREAM_ERROR || taken) {
            break;
        }
    }

    is_uint(n, size, "a value that ends early is refused, wherever it ends");
    ok(read_one(value, size, &taken, &v) == RESTREAM_OK && taken == size,
       "the whole of it is read");
}


static void
read_depth(void)
{
    int                    arrays;
    size_t                 size, taken;
    uint8_t                mem[256];
    restream_amf0_value_t  v;

    for (arrays = 0; arrays <= 1; arrays++) {
        size = make_nested(mem, sizeof(mem), RESTREAM_AMF0_MAX_DEPTH, arrays);
        ok(read_one(mem, size, &taken, &v) == RESTREAM_OK && taken == size,
           "%s may nest 16 deep", arrays ? "arrays" : "objects");

        size = make_nested(mem, sizeof(mem), RESTREAM_AMF0_MAX_DEPTH + 1,
                           arrays);
        ok(read_one(mem, size, &taken, &v) == RESTREAM_ERROR && taken == 0,
           "and not deeper");
    }
}


static void
find(void)
{
    const uint8_t         *p;
    restream_amf0_value_t  v, inner, property;

    static const uint8_t  object[] =
        "\x03"
        "\0\x04" "code" "\x02\0\x01" "a"
        "\0\x05" "codec" "\x02\0\x01" "b"
        "\0\x04" "code" "\x02\0\x01" "c"
        "\0\x00" "\x02\0\x01" "d"
        "\0\x04" "data" "\x08\0\0\0\0" "\0\x03" "url" "\x02\0\x01" "e"
        "\0\0\x09"
        "\0\x04" "last" "\x00\x40\x08\0\0\0\0\0\0"
        "\0\0\x09";

    p = object;
    restream_amf0_read(&p, object + sizeof(object) - 1, &v);

    ok(restream_amf0_find(&v, "code", &property) == RESTREAM_OK
       && is_string(&property, "a"), "the first of equal names counts");
    ok(restream_amf0_find(&v, "codec", &property) == RESTREAM_OK
       && is_string(&property, "b"), "a longer name is another one");
    ok(restream_amf0_find(&v, "", &property) == RESTREAM_OK
       && is_string(&property, "d"), "a name may be empty");
    ok(restream_amf0_find(&v, "last", &property) == RESTREAM_OK
       && property.number == 3, "the last property is found");

    ok(restream_amf0_find(&v, "data", &inner) == RESTREAM_OK
       && inner.type == RESTREAM_AMF0_ECMA_ARRAY, "an array is found");
    ok(restream_amf0_find(&inner, "url", &property) == RESTREAM_OK
       && is_string(&property, "e"), "and a property in it");

    property.number = 5;
    ok(restream_amf0_find(&v, "url", &property) == RESTREAM_DECLINED,
       "an inner name is not found outside");
    ok(restream_amf0_find(&v, "cod", &property) == RESTREAM_DECLINED,
       "nor is a part of a name");
    ok(property.number == 5, "what is not found leaves the value alone");
}


static void
find_nothing(void)
{
    size_t                 taken;
    restream_amf0_value_t  v, property;

    read_one(bytes("\x03\0\0\x09"), &taken, &v);
    ok(restream_amf0_find(&v, "", &property) == RESTREAM_DECLINED,
       "an empty object has no property");

    read_one(bytes("\x02\0\x04" "\0\x01" "k" "\x05"), &taken, &v);
    ok(restream_amf0_find(&v, "k", &property) == RESTREAM_DECLINED,
       "a string has no property");

    read_one(bytes("\x0a\0\0\0\x01" "\x02\0\0"), &taken, &v);
    ok(restream_amf0_find(&v, "", &property) == RESTREAM_DECLINED,
       "a strict array has no property");

    read_one(bytes("\x05"), &taken, &v);
    ok(restream_amf0_find(&v, "", &property) == RESTREAM_DECLINED,
       "null has no property");
}


/*
 * Reads from a copy in memory of exactly that size, for the sanitizer to
 * watch.  What v borrows is moved over to data.
 */

static int
read_one(const uint8_t *data, size_t size, size_t *taken,
    restream_amf0_value_t *v)
{
    int             rc;
    uint8_t        *copy;
    const uint8_t  *p;

    copy = malloc(size);
    if (copy == NULL) {
        *taken = 0;
        return RESTREAM_AGAIN;
    }

    memcpy(copy, data, size);

    p = copy;
    rc = restream_amf0_read(&p, copy + size, v);
    *taken = p - copy;

    if (rc == RESTREAM_OK && v->string.data) {
        v->string.data = (uint8_t *) data + (v->string.data - copy);
    }

    free(copy);

    return rc;
}


/* what a server answers to connect, written with the functions under test */

static size_t
make_reply(uint8_t *out, size_t size)
{
    restream_buf_t  b;

    restream_buf_init(&b, out, size);

    restream_amf0_put_cstring(&b, "_result");
    restream_amf0_put_number(&b, 1);
    restream_amf0_put_null(&b);
    restream_amf0_put_object(&b);
    restream_amf0_put_key(&b, "level");
    restream_amf0_put_cstring(&b, "status");
    restream_amf0_put_key(&b, "code");
    restream_amf0_put_cstring(&b, "NetConnection.Connect.Success");
    restream_amf0_put_object_end(&b);

    return b.last - b.start;
}


static size_t
make_nested(uint8_t *out, size_t size, unsigned depth, int arrays)
{
    unsigned        i;
    restream_buf_t  b;

    restream_buf_init(&b, out, size);

    for (i = 0; i < depth; i++) {
        if (arrays) {
            restream_amf0_put_strict_array(&b, 1);

        } else {
            restream_amf0_put_object(&b);
            restream_amf0_put_key(&b, "o");
        }
    }

    restream_amf0_put_null(&b);

    for (i = 0; i < depth && !arrays; i++) {
        restream_amf0_put_object_end(&b);
    }

    return b.last - b.start;
}


static int
is_string(const restream_amf0_value_t *v, const char *want)
{
    return v->type == RESTREAM_AMF0_STRING
           && v->string.len == strlen(want)
           && memcmp(v->string.data, want, v->string.len) == 0;
}
