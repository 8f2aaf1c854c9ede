/*
 * AMF0: values into a bounded buffer, values out of borrowed bytes.
 *
 * Reading a value skips over it once, whatever it contains, and so proves that
 * all of it is there; the properties of an object are looked at when one is
 * asked for.
 */

#include "restream_amf0.h"

#include <string.h>


/* markers on the wire, as far as they differ from restream_amf0_type_e */

#define RESTREAM_AMF0_UNDEFINED     6
#define RESTREAM_AMF0_REFERENCE     7
#define RESTREAM_AMF0_OBJECT_END    9
#define RESTREAM_AMF0_DATE          11
#define RESTREAM_AMF0_LONG_STRING   12
#define RESTREAM_AMF0_UNSUPPORTED   13
#define RESTREAM_AMF0_XML           15
#define RESTREAM_AMF0_TYPED_OBJECT  16


static int restream_amf0_read_value(const uint8_t **p, const uint8_t *last,
    unsigned depth, restream_amf0_value_t *v);
static int restream_amf0_read_number(const uint8_t **p, const uint8_t *last,
    restream_amf0_value_t *v);
static int restream_amf0_read_boolean(const uint8_t **p, const uint8_t *last,
    restream_amf0_value_t *v);
static int restream_amf0_read_string(const uint8_t **p, const uint8_t *last,
    size_t prefix, restream_str_t *s);
static int restream_amf0_read_object(const uint8_t **p, const uint8_t *last,
    unsigned depth, restream_amf0_value_t *v);
static int restream_amf0_read_strict_array(const uint8_t **p,
    const uint8_t *last, unsigned depth);
static int restream_amf0_read_container(const uint8_t **p,
    const uint8_t *last, unsigned marker, unsigned depth,
    restream_amf0_value_t *v);
static int restream_amf0_skip_value(const uint8_t **p, const uint8_t *last,
    unsigned marker);
static int restream_amf0_skip(const uint8_t **p, const uint8_t *last,
    size_t n);


void
restream_amf0_put_number(restream_buf_t *b, double v)
{
    uint64_t  bits;

    memcpy(&bits, &v, sizeof(bits));

    restream_buf_put8(b, RESTREAM_AMF0_NUMBER);
    restream_buf_put64(b, bits);
}


void
restream_amf0_put_string(restream_buf_t *b, const void *data, size_t len)
{
    if ((uint64_t) len > UINT32_MAX) {
        b->overflow = 1;
        return;
    }

    if (len > UINT16_MAX) {
        restream_buf_put8(b, RESTREAM_AMF0_LONG_STRING);
        restream_buf_put32(b, (uint32_t) len);

    } else {
        restream_buf_put8(b, RESTREAM_AMF0_STRING);
        restream_buf_put16(b, (uint16_t) len);
    }

    restream_buf_put(b, data, len);
}


void
restream_amf0_put_cstring(restream_buf_t *b, const char *s)
{
    restream_amf0_put_string(b, s, strlen(s));
}


void
restream_amf0_put_null(restream_buf_t *b)
{
    restream_buf_put8(b, RESTREAM_AMF0_NULL);
}


void
restream_amf0_put_object(restream_buf_t *b)
{
    restream_buf_put8(b, RESTREAM_AMF0_OBJECT);
}


void
restream_amf0_put_key(restream_buf_t *b, const char *key)
{
    size_t  len;

    len = strlen(key);

    if (len > UINT16_MAX) {
        b->overflow = 1;
        return;
    }

    restream_buf_put16(b, (uint16_t) len);
    restream_buf_put(b, key, len);
}


void
restream_amf0_put_object_end(restream_buf_t *b)
{
    restream_buf_put16(b, 0);
    restream_buf_put8(b, RESTREAM_AMF0_OBJECT_END);
}


void
restream_amf0_put_strict_array(restream_buf_t *b, uint32_t count)
{
    restream_buf_put8(b, RESTREAM_AMF0_STRICT_ARRAY);
    restream_buf_put32(b, count);
}


int
restream_amf0_read(const uint8_t **p, const uint8_t *last,
    restream_amf0_value_t *v)
{
    const uint8_t  *pos;

    if (*p == last) {
        return RESTREAM_DONE;
    }

    pos = *p;

    if (restream_amf0_read_value(&pos, last, 0, v) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    *p = pos;

    return RESTREAM_OK;
}


int
restream_amf0_find(const restream_amf0_value_t *object, const char *name,
    restream_amf0_value_t *v)
{
    size_t                 len;
    restream_str_t         key;
    const uint8_t         *p, *last;
    restream_amf0_value_t  property;

    if (object->type != RESTREAM_AMF0_OBJECT
        && object->type != RESTREAM_AMF0_ECMA_ARRAY)
    {
        return RESTREAM_DECLINED;
    }

    len = strlen(name);
    p = object->string.data;
    last = p + object->string.len;

    while (p != last) {
        if (restream_amf0_read_string(&p, last, 2, &key) != RESTREAM_OK
            || restream_amf0_read_value(&p, last, 0, &property)
               != RESTREAM_OK)
        {
            break;
        }

        if (key.len == len && memcmp(key.data, name, len) == 0) {
            *v = property;
            return RESTREAM_OK;
        }
    }

    return RESTREAM_DECLINED;
}


/*
 * One value with its marker.  depth is the number of containers around it.
 *
 * Movieclips and recordsets are reserved, an object end stands only where a
 * property would, and AMF3 is never asked for: these are errors like any
 * unknown marker, since their length is not known.
 */

static int
restream_amf0_read_value(const uint8_t **p, const uint8_t *last,
    unsigned depth, restream_amf0_value_t *v)
{
    unsigned  marker;

    if (*p == last) {
        return RESTREAM_ERROR;
    }

    marker = *(*p)++;

    v->type = RESTREAM_AMF0_OTHER;
    v->number = 0;
    v->string.len = 0;
    v->string.data = NULL;

    switch (marker) {

    case RESTREAM_AMF0_NUMBER:
        return restream_amf0_read_number(p, last, v);

    case RESTREAM_AMF0_BOOLEAN:
        return restream_amf0_read_boolean(p, last, v);

    case RESTREAM_AMF0_STRING:
        v->type = RESTREAM_AMF0_STRING;
        return restream_amf0_read_string(p, last, 2, &v->string);

    case RESTREAM_AMF0_LONG_STRING:
        v->type = RESTREAM_AMF0_STRING;
        return restream_amf0_read_string(p, last, 4, &v->string);

    case RESTREAM_AMF0_NULL:
    case RESTREAM_AMF0_UNDEFINED:
        v->type = RESTREAM_AMF0_NULL;
        return RESTREAM_OK;

    case RESTREAM_AMF0_OBJECT:
    case RESTREAM_AMF0_TYPED_OBJECT:
    case RESTREAM_AMF0_ECMA_ARRAY:
    case RESTREAM_AMF0_STRICT_ARRAY:
        return restream_amf0_read_container(p, last, marker, depth + 1, v);

    default:
        return restream_amf0_skip_value(p, last, marker);
    }
}


static int
restream_amf0_read_container(const uint8_t **p, const uint8_t *last,
    unsigned marker, unsigned depth, restream_amf0_value_t *v)
{
    restream_str_t  name;

    switch (marker) {

    case RESTREAM_AMF0_TYPED_OBJECT:
        if (restream_amf0_read_string(p, last, 2, &name) != RESTREAM_OK) {
            return RESTREAM_ERROR;
        }

        /* fall through */

    case RESTREAM_AMF0_OBJECT:
        v->type = RESTREAM_AMF0_OBJECT;
        return restream_amf0_read_object(p, last, depth, v);

    case RESTREAM_AMF0_ECMA_ARRAY:

        /* its count is a hint that servers get wrong: the end marker rules */

        if (restream_amf0_skip(p, last, 4) != RESTREAM_OK) {
            return RESTREAM_ERROR;
        }

        v->type = RESTREAM_AMF0_ECMA_ARRAY;
        return restream_amf0_read_object(p, last, depth, v);

    default: /* RESTREAM_AMF0_STRICT_ARRAY */
        v->type = RESTREAM_AMF0_STRICT_ARRAY;
        return restream_amf0_read_strict_array(p, last, depth);
    }
}


/* values that nobody asks for */

static int
restream_amf0_skip_value(const uint8_t **p, const uint8_t *last,
    unsigned marker)
{
    restream_str_t  s;

    switch (marker) {

    case RESTREAM_AMF0_REFERENCE:
        return restream_amf0_skip(p, last, 2);

    case RESTREAM_AMF0_DATE:
        return restream_amf0_skip(p, last, 10);

    case RESTREAM_AMF0_UNSUPPORTED:
        return RESTREAM_OK;

    case RESTREAM_AMF0_XML:
        return restream_amf0_read_string(p, last, 4, &s);

    default:
        return RESTREAM_ERROR;
    }
}


static int
restream_amf0_read_number(const uint8_t **p, const uint8_t *last,
    restream_amf0_value_t *v)
{
    uint64_t        bits;
    const uint8_t  *data;

    data = *p;

    if (restream_amf0_skip(p, last, 8) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    bits = ((uint64_t) restream_get32(data) << 32) | restream_get32(data + 4);

    v->type = RESTREAM_AMF0_NUMBER;
    memcpy(&v->number, &bits, sizeof(v->number));

    return RESTREAM_OK;
}


static int
restream_amf0_read_boolean(const uint8_t **p, const uint8_t *last,
    restream_amf0_value_t *v)
{
    const uint8_t  *data;

    data = *p;

    if (restream_amf0_skip(p, last, 1) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    v->type = RESTREAM_AMF0_BOOLEAN;
    v->number = (*data != 0);

    return RESTREAM_OK;
}


/* Bytes behind a length of 2 or 4 bytes. */

static int
restream_amf0_read_string(const uint8_t **p, const uint8_t *last,
    size_t prefix, restream_str_t *s)
{
    const uint8_t  *data;

    data = *p;

    if (restream_amf0_skip(p, last, prefix) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    s->len = (prefix == 2) ? restream_get16(data) : restream_get32(data);
    s->data = (uint8_t *) *p;

    return restream_amf0_skip(p, last, s->len);
}


/* Properties up to the end marker, and the marker. */

static int
restream_amf0_read_object(const uint8_t **p, const uint8_t *last,
    unsigned depth, restream_amf0_value_t *v)
{
    const uint8_t          *start;
    restream_str_t          key;
    restream_amf0_value_t   property;

    if (depth > RESTREAM_AMF0_MAX_DEPTH) {
        return RESTREAM_ERROR;
    }

    start = *p;

    for ( ;; ) {
        if (restream_amf0_read_string(p, last, 2, &key) != RESTREAM_OK
            || *p == last)
        {
            return RESTREAM_ERROR;
        }

        /* an empty name alone is still a property */

        if (key.len == 0 && **p == RESTREAM_AMF0_OBJECT_END) {
            break;
        }

        if (restream_amf0_read_value(p, last, depth, &property)
            != RESTREAM_OK)
        {
            return RESTREAM_ERROR;
        }
    }

    v->string.data = (uint8_t *) start;
    v->string.len = key.data - 2 - start;

    (*p)++;

    return RESTREAM_OK;
}


static int
restream_amf0_read_strict_array(const uint8_t **p, const uint8_t *last,
    unsigned depth)
{
    uint32_t               n;
    const uint8_t         *data;
    restream_amf0_value_t  element;

    if (depth > RESTREAM_AMF0_MAX_DEPTH) {
        return RESTREAM_ERROR;
    }

    data = *p;

    if (restream_amf0_skip(p, last, 4) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    /* every element takes a byte, so a lying count ends with the input */

    for (n = restream_get32(data); n; n--) {
        if (restream_amf0_read_value(p, last, depth, &element)
            != RESTREAM_OK)
        {
            return RESTREAM_ERROR;
        }
    }

    return RESTREAM_OK;
}


static int
restream_amf0_skip(const uint8_t **p, const uint8_t *last, size_t n)
{
    if (n > (size_t) (last - *p)) {
        return RESTREAM_ERROR;
    }

    *p += n;

    return RESTREAM_OK;
}
