/*
 * AMF0 values one behind the other: each is found again in just its own bytes,
 * and in none fewer; what it borrows lies within them.
 */

#include "lib/restream_amf0.h"

#include <stdlib.h>
#include <string.h>


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_value(const uint8_t *start, const uint8_t *end,
    const restream_amf0_value_t *v);
static void check_properties(const restream_amf0_value_t *object);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                     rc;
    const uint8_t          *p, *start, *last;
    restream_amf0_value_t   v;

    p = data;
    last = data + size;

    for ( ;; ) {
        start = p;
        rc = restream_amf0_read(&p, last, &v);

        if (rc != RESTREAM_OK) {
            break;
        }

        check(p > start && p <= last);
        check_value(start, p, &v);
    }

    check(p == start);
    check(rc == (p == last ? RESTREAM_DONE : RESTREAM_ERROR));

    return 0;
}


static void
check_value(const uint8_t *start, const uint8_t *end,
    const restream_amf0_value_t *v)
{
    const uint8_t          *p;
    restream_amf0_value_t   same, property;

    p = start;
    check(restream_amf0_read(&p, end, &same) == RESTREAM_OK && p == end);

    check(same.type == v->type);
    check(memcmp(&same.number, &v->number, sizeof(double)) == 0);
    check(same.string.data == v->string.data);
    check(same.string.len == v->string.len);

    p = start;
    check(restream_amf0_read(&p, end - 1, &same) != RESTREAM_OK && p == start);

    if (v->string.data) {
        check(v->string.data > start && v->string.data <= end);
        check(v->string.len <= (size_t) (end - v->string.data));
    }

    if (v->type == RESTREAM_AMF0_OBJECT || v->type == RESTREAM_AMF0_ECMA_ARRAY)
    {
        check_properties(v);

    } else {
        check(restream_amf0_find(v, "", &property) == RESTREAM_DECLINED);
    }
}


/* every property is there under its name, or another one before it is */

static void
check_properties(const restream_amf0_value_t *object)
{
    char                    name[32];
    size_t                  len;
    const uint8_t          *p, *last;
    restream_amf0_value_t   v, found;

    p = object->string.data;
    last = p + object->string.len;

    while (p != last) {
        len = restream_get16(p);
        p += 2;

        memset(name, 0, sizeof(name));
        memcpy(name, p, len < sizeof(name) ? len : sizeof(name) - 1);
        p += len;

        check(restream_amf0_read(&p, last, &v) == RESTREAM_OK);

        if (strlen(name) == len) {
            check(restream_amf0_find(object, name, &found) == RESTREAM_OK);
            check(found.string.data <= v.string.data || !v.string.data);
        }
    }
}
