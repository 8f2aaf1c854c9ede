/*
 * The parameters of a call.
 */

#include "restream_query.h"
#include "restream_check.h"
#include "../lib/restream_utf8.h"

#include <string.h>


#define RESTREAM_QUERY_NAME    16       /* bytes, the longest is "cursor" */
#define RESTREAM_QUERY_VALUE   4096     /* bytes of any value, decoded */

/* what a cursor holds: app, a zero, name */

#define RESTREAM_QUERY_PAIR    (RESTREAM_APP_MAX + 1 + RESTREAM_STREAM_NAME_MAX)


typedef struct {
    restream_query_t      *query;
    restream_errors_t     *errors;
    restream_call_e        call;
    unsigned               seen;        /* bits, by place in the table */
} restream_query_reader_t;


typedef struct {
    const char            *name;
    void                 (*read)(restream_query_reader_t *reader,
                                 restream_str_t value);
    unsigned               calls;       /* RESTREAM_QUERY_CALL() */
} restream_query_parameter_t;


static void restream_query_pair(restream_query_reader_t *reader,
    restream_str_t pair);
static void restream_query_parameter(restream_query_reader_t *reader,
    restream_str_t name, restream_str_t value);
static void restream_query_app(restream_query_reader_t *reader,
    restream_str_t value);
static void restream_query_live(restream_query_reader_t *reader,
    restream_str_t value);
static void restream_query_q(restream_query_reader_t *reader,
    restream_str_t value);
static void restream_query_limit(restream_query_reader_t *reader,
    restream_str_t value);
static void restream_query_after(restream_query_reader_t *reader,
    restream_str_t value);
static void restream_query_reveal(restream_query_reader_t *reader,
    restream_str_t value);
static void restream_query_wrong(restream_query_reader_t *reader,
    const char *name, restream_str_t value, const char *expected);
static size_t restream_query_base64url(restream_str_t text, uint8_t *out,
    size_t size);
static int restream_query_digit(uint8_t ch);
static int restream_query_is(restream_str_t value, const char *word);


#define RESTREAM_QUERY_CALL(symbol)  (1u << RESTREAM_CALL_##symbol)

#define RESTREAM_QUERY_READS                                                  \
    (RESTREAM_QUERY_CALL(LIST_STREAMS) | RESTREAM_QUERY_CALL(GET_STREAM)      \
     | RESTREAM_QUERY_CALL(LIST_DESTINATIONS)                                 \
     | RESTREAM_QUERY_CALL(GET_DESTINATION))


static const restream_query_parameter_t  restream_query_parameters[] = {
    { "app", restream_query_app, RESTREAM_QUERY_CALL(LIST_STREAMS) },
    { "live", restream_query_live, RESTREAM_QUERY_CALL(LIST_STREAMS) },
    { "q", restream_query_q, RESTREAM_QUERY_CALL(LIST_STREAMS) },
    { "limit", restream_query_limit, RESTREAM_QUERY_CALL(LIST_STREAMS) },
    { "cursor", restream_query_after, RESTREAM_QUERY_CALL(LIST_STREAMS) },
    { "reveal", restream_query_reveal, RESTREAM_QUERY_READS },
    { NULL, NULL, 0 }
};


/* RFC 4648, 5 */

static const char  restream_query_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";


int
restream_query_read(restream_query_t *query, restream_call_e call,
    restream_str_t text, restream_errors_t *errors)
{
    const uint8_t            *p, *last;
    restream_str_t            pair;
    restream_query_reader_t   reader;

    memset(query, 0, sizeof(restream_query_t));
    query->limit = RESTREAM_QUERY_LIMIT;

    reader.query = query;
    reader.errors = errors;
    reader.call = call;
    reader.seen = 0;

    p = text.data;
    last = p + text.len;

    while (p < last) {
        pair.data = (uint8_t *) p;

        while (p < last && *p != '&') {
            p++;
        }

        pair.len = p++ - pair.data;

        if (pair.len) {
            restream_query_pair(&reader, pair);
        }

        if (errors->kind == RESTREAM_ERRORS_SYNTAX) {
            break;
        }
    }

    if (errors->nomem) {
        return RESTREAM_ERROR;
    }

    return errors->total ? RESTREAM_DECLINED : RESTREAM_OK;
}


static void
restream_query_pair(restream_query_reader_t *reader, restream_str_t pair)
{
    char            name[RESTREAM_QUERY_NAME], value[RESTREAM_QUERY_VALUE];
    uint8_t        *equals;
    restream_str_t  n, v;

    n = pair;
    v.data = pair.data + pair.len;
    v.len = 0;

    equals = memchr(pair.data, '=', pair.len);

    if (equals) {
        n.len = equals - pair.data;
        v.data = equals + 1;
        v.len = pair.len - n.len - 1;
    }

    pair = n;
    n.len = restream_route_decode(n, 1, name, sizeof(name));
    v.len = restream_route_decode(v, 1, value, sizeof(value));

    if (v.len == sizeof(value)) {
        restream_errors_syntax(reader->errors, "a value of the query is too "
                               "long, has a \"%%\" without two hexadecimal "
                               "digits or holds a NUL");
        return;
    }

    /* a name that does not fit is shown as it was written */

    n.data = n.len == sizeof(name) ? pair.data : (uint8_t *) name;
    n.len = n.len == sizeof(name) ? pair.len : n.len;
    v.data = (uint8_t *) value;

    restream_query_parameter(reader, n, v);
}


static void
restream_query_parameter(restream_query_reader_t *reader, restream_str_t name,
    restream_str_t value)
{
    char                               shown[RESTREAM_CHECK_SHOWN];
    unsigned                           bit;
    const restream_query_parameter_t  *p;

    (void) restream_utf8_show(name, shown, sizeof(shown));

    for (p = restream_query_parameters; p->name; p++) {
        if (restream_query_is(name, p->name)
            && (p->calls & 1u << reader->call))
        {
            break;
        }
    }

    if (p->name == NULL) {
        restream_errors_add(reader->errors, "", shown,
                                  "unknown parameter \"%s\"", shown);
        return;
    }

    bit = 1u << (p - restream_query_parameters);

    if (reader->seen & bit) {
        restream_errors_add(reader->errors, "", shown,
                                  "parameter \"%s\" is given twice", shown);
        return;
    }

    reader->seen |= bit;

    if (value.len) {
        p->read(reader, value);
    }
}


static void
restream_query_app(restream_query_reader_t *reader, restream_str_t value)
{
    restream_check_err_t  err;

    if (restream_check_app(value, &err) != RESTREAM_OK) {
        restream_errors_add(reader->errors, "", "app", "%s", err.text);
        return;
    }

    memcpy(reader->query->app, value.data, value.len + 1);
}


static void
restream_query_live(restream_query_reader_t *reader, restream_str_t value)
{
    if (restream_query_is(value, "true")) {
        reader->query->live = RESTREAM_QUERY_LIVE;

    } else if (restream_query_is(value, "false")) {
        reader->query->live = RESTREAM_QUERY_NOT_LIVE;

    } else {
        restream_query_wrong(reader, "live", value, "true or false");
    }
}


static void
restream_query_q(restream_query_reader_t *reader, restream_str_t value)
{
    size_t  n;

    if (restream_utf8_count(value, &n) != RESTREAM_OK
        || n > RESTREAM_QUERY_Q_MAX)
    {
        restream_query_wrong(reader, "q", value, "up to 255 characters of "
                                                 "UTF-8");
        return;
    }

    memcpy(reader->query->q, value.data, value.len + 1);
}


static void
restream_query_limit(restream_query_reader_t *reader, restream_str_t value)
{
    size_t    i;
    uint32_t  n;

    n = 0;

    for (i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9'
            || n > RESTREAM_QUERY_LIMIT_MAX)
        {
            n = 0;
            break;
        }

        n = n * 10 + (value.data[i] - '0');
    }

    if (n < 1 || n > RESTREAM_QUERY_LIMIT_MAX) {
        restream_query_wrong(reader, "limit", value, "1 to 1000");
        return;
    }

    reader->query->limit = n;
}


static void
restream_query_after(restream_query_reader_t *reader, restream_str_t value)
{
    size_t                 n;
    uint8_t                pair[RESTREAM_QUERY_PAIR + 1];
    restream_str_t         app, name;
    restream_check_err_t   err;

    n = restream_query_base64url(value, pair, sizeof(pair) - 1);
    pair[n] = '\0';

    app.data = pair;
    app.len = strlen((char *) pair);

    name.data = pair + app.len + 1;
    name.len = n > app.len ? n - app.len - 1 : 0;

    if (restream_check_app(app, &err) != RESTREAM_OK
        || restream_check_stream_name(name, &err) != RESTREAM_OK)
    {
        restream_errors_add(reader->errors, "", "cursor",
                                  "cursor is not one that a list has given");
        return;
    }

    memcpy(reader->query->after_app, app.data, app.len);
    memcpy(reader->query->after_name, name.data, name.len);
}


static void
restream_query_reveal(restream_query_reader_t *reader, restream_str_t value)
{
    if (!restream_query_is(value, "key")) {
        restream_query_wrong(reader, "reveal", value, "\"key\"");
        return;
    }

    reader->query->reveal_key = 1;
}


static void
restream_query_wrong(restream_query_reader_t *reader, const char *name,
    restream_str_t value, const char *expected)
{
    char  shown[RESTREAM_CHECK_SHOWN];

    (void) restream_utf8_show(value, shown, sizeof(shown));

    restream_errors_add(reader->errors, "", name,
                              "%s is \"%s\", %s expected", name, shown,
                              expected);
}


void
restream_query_cursor(const char *app, const char *name,
    char out[RESTREAM_QUERY_CURSOR])
{
    size_t    i, n;
    uint8_t   pair[RESTREAM_QUERY_PAIR];
    uint32_t  bits, nbits;

    n = strlen(app) + 1;
    memcpy(pair, app, n);
    memcpy(pair + n, name, strlen(name));
    n += strlen(name);

    bits = 0;
    nbits = 0;

    for (i = 0; i < n; i++) {
        bits = (bits << 8 | pair[i]) & 0xffff;

        for (nbits += 8; nbits >= 6; nbits -= 6) {
            *out++ = restream_query_digits[bits >> (nbits - 6) & 0x3f];
        }
    }

    if (nbits) {
        *out++ = restream_query_digits[bits << (6 - nbits) & 0x3f];
    }

    *out = '\0';
}


/* bytes of base64url; 0: it is none, as restream_query_cursor() writes it */

static size_t
restream_query_base64url(restream_str_t text, uint8_t *out, size_t size)
{
    int       digit;
    size_t    i, n;
    uint32_t  bits, nbits;

    bits = 0;
    nbits = 0;
    n = 0;

    for (i = 0; i < text.len; i++) {
        digit = restream_query_digit(text.data[i]);

        if (digit == -1) {
            return 0;
        }

        bits = (bits << 6 | digit) & 0xffff;
        nbits += 6;

        if (nbits >= 8) {
            if (n == size) {
                return 0;
            }

            nbits -= 8;
            out[n++] = (uint8_t) (bits >> nbits);
        }
    }

    /* a whole digit too many, or bits that nobody wrote */

    return nbits < 6 && (bits & ((1u << nbits) - 1)) == 0 ? n : 0;
}


static int
restream_query_digit(uint8_t ch)
{
    const char  *digit;

    digit = ch ? strchr(restream_query_digits, ch) : NULL;

    return digit ? (int) (digit - restream_query_digits) : -1;
}


static int
restream_query_is(restream_str_t value, const char *word)
{
    return value.len == strlen(word)
           && memcmp(value.data, word, value.len) == 0;
}
