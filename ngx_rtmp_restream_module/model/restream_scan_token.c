/*
 * The words of JSON: strings, numbers and what stands alone.
 */

#include "restream_scan_token.h"
#include "../lib/restream_utf8.h"

#include <stdio.h>
#include <string.h>


static int restream_scan_escape(restream_scan_t *scan);
static int restream_scan_unicode(restream_scan_t *scan);
static int32_t restream_scan_hex4(const uint8_t *p, const uint8_t *last);
static int restream_scan_digits(restream_scan_t *scan);
static int restream_scan_integer(const uint8_t *p, const uint8_t *last);


int
restream_scan_string(restream_scan_t *scan)
{
    const uint8_t  *p;

    scan->p++;

    while (scan->p < scan->last) {
        p = scan->p;

        if (*p == '"') {
            scan->p++;
            return RESTREAM_OK;
        }

        if (*p == '\\') {
            if (restream_scan_escape(scan) != RESTREAM_OK) {
                return RESTREAM_ERROR;
            }

            continue;
        }

        if (*p == '\0') {
            return restream_scan_wrong(scan, p, "a NUL is in the JSON");
        }

        if (*p < 0x20) {
            return restream_scan_wrong(scan, p,
                                       "a control character is in a string");
        }

        if (restream_utf8_get(&scan->p, scan->last) < 0) {
            return restream_scan_wrong(scan, p, "this is not UTF-8");
        }

        scan->text += scan->p - p;
    }

    return restream_scan_wrong(scan, scan->p, "\"\"\" expected");
}


static int
restream_scan_escape(restream_scan_t *scan)
{
    const uint8_t  *p;

    p = scan->p;

    if (scan->last - p < 2) {
        return restream_scan_wrong(scan, p, "a string is cut off");
    }

    if (p[1] == 'u') {
        return restream_scan_unicode(scan);
    }

    if (p[1] == '\0' || strchr("\"\\/bfnrt", p[1]) == NULL) {
        return restream_scan_wrong(scan, p, "an escape that JSON does not know "
                                            "is in a string");
    }

    scan->p += 2;
    scan->text++;

    return RESTREAM_OK;
}


static int
restream_scan_unicode(restream_scan_t *scan)
{
    int32_t         cp, low;
    const uint8_t  *p;

    p = scan->p;

    cp = restream_scan_hex4(p + 2, scan->last);

    if (cp < 0) {
        return restream_scan_wrong(scan, p, "four hexadecimal digits expected "
                                            "behind \"\\u\"");
    }

    if (cp == 0) {
        return restream_scan_wrong(scan, p, "a NUL is in a string");
    }

    scan->p += 6;

    if (cp < 0xd800 || cp > 0xdfff) {
        scan->text += 1 + (cp >= 0x80) + (cp >= 0x800);
        return RESTREAM_OK;
    }

    low = -1;

    if (cp < 0xdc00 && scan->last - scan->p >= 2
        && scan->p[0] == '\\' && scan->p[1] == 'u')
    {
        low = restream_scan_hex4(scan->p + 2, scan->last);
    }

    if (low < 0xdc00 || low > 0xdfff) {
        return restream_scan_wrong(scan, p, "half of a surrogate pair is in a "
                                            "string");
    }

    scan->p += 6;
    scan->text += 4;

    return RESTREAM_OK;
}


static int32_t
restream_scan_hex4(const uint8_t *p, const uint8_t *last)
{
    int32_t         cp;
    uint8_t         ch;
    const uint8_t  *end;

    if (last - p < 4) {
        return -1;
    }

    cp = 0;

    for (end = p + 4; p < end; p++) {
        ch = *p;

        if (ch >= '0' && ch <= '9') {
            ch -= '0';

        } else if ((ch | 0x20) >= 'a' && (ch | 0x20) <= 'f') {
            ch = (ch | 0x20) - 'a' + 10;

        } else {
            return -1;
        }

        cp = cp << 4 | ch;
    }

    return cp;
}


int32_t
restream_scan_char(const uint8_t **p)
{
    int32_t         cp;
    const char     *found;
    const uint8_t  *q;

    static const char  letters[] = "bfnrt", controls[] = "\b\f\n\r\t";

    q = *p;

    if (*q == '"') {
        return -1;
    }

    if (*q != '\\') {
        /* it is whole: the closing quote comes behind it */
        return restream_utf8_get(p, q + 4);
    }

    if (q[1] == 'u') {
        *p += 6;
        cp = restream_scan_hex4(q + 2, q + 6);

        if (cp >= 0xd800 && cp < 0xdc00) {
            *p += 6;
            cp = 0x10000 + ((cp - 0xd800) << 10)
                 + restream_scan_hex4(q + 8, q + 12) - 0xdc00;
        }

        return cp;
    }

    *p += 2;
    found = strchr(letters, q[1]);

    return found ? controls[found - letters] : q[1];
}


int
restream_scan_number(restream_scan_t *scan)
{
    int             whole;
    const uint8_t  *p;

    p = scan->p;

    (void) restream_scan_at(scan, '-');

    /* no zero leads */

    if (!restream_scan_at(scan, '0') && !restream_scan_digits(scan)) {
        return restream_scan_wrong(scan, p, *p == '\0' ? "a NUL is in the JSON"
                                                       : "a value expected");
    }

    whole = 1;

    if (restream_scan_at(scan, '.')) {
        whole = 0;

        if (!restream_scan_digits(scan)) {
            return restream_scan_wrong(scan, p, "a number is cut off");
        }
    }

    if (restream_scan_at(scan, 'e') || restream_scan_at(scan, 'E')) {
        whole = 0;

        if (!restream_scan_at(scan, '+')) {
            (void) restream_scan_at(scan, '-');
        }

        if (!restream_scan_digits(scan)) {
            return restream_scan_wrong(scan, p, "a number is cut off");
        }
    }

    if (whole && !restream_scan_integer(p, scan->p)) {
        return restream_scan_wrong(scan, p, "an integer is beyond 64 bits");
    }

    return RESTREAM_OK;
}


static int
restream_scan_digits(restream_scan_t *scan)
{
    const uint8_t  *p;

    for (p = scan->p; p < scan->last && *p >= '0' && *p <= '9'; p++) {
        /* void */
    }

    if (p == scan->p) {
        return 0;
    }

    scan->p = p;

    return 1;
}


/* digits, a '-' before them: is it an int64_t? */

static int
restream_scan_integer(const uint8_t *p, const uint8_t *last)
{
    uint64_t  n, limit;

    limit = INT64_MAX;

    if (*p == '-') {
        limit++;
        p++;
    }

    for (n = 0; p < last; p++) {
        if (n > (limit - (*p - '0')) / 10) {
            return 0;
        }

        n = n * 10 + (*p - '0');
    }

    return 1;
}


int
restream_scan_literal(restream_scan_t *scan, const char *word)
{
    size_t  n;

    n = strlen(word);

    if ((size_t) (scan->last - scan->p) < n || memcmp(scan->p, word, n) != 0) {
        return restream_scan_wrong(scan, scan->p, "a value expected");
    }

    scan->p += n;

    return RESTREAM_OK;
}


void
restream_scan_space(restream_scan_t *scan)
{
    while (scan->p < scan->last
           && (*scan->p == ' ' || *scan->p == '\t' || *scan->p == '\n'
               || *scan->p == '\r'))
    {
        scan->p++;
    }
}


/* takes ch if it is there */

int
restream_scan_at(restream_scan_t *scan, uint8_t ch)
{
    if (scan->p == scan->last || *scan->p != ch) {
        return 0;
    }

    scan->p++;

    return 1;
}


int
restream_scan_wrong(restream_scan_t *scan, const uint8_t *at, const char *text)
{
    const uint8_t  *p;

    (void) snprintf(scan->err->text, sizeof(scan->err->text), "%s",
                    at < scan->last ? text : "the JSON is cut off");

    scan->err->offset = at - scan->start;
    scan->err->line = 1;

    for (p = scan->start; p < at; p++) {
        scan->err->line += (*p == '\n');
    }

    return RESTREAM_ERROR;
}
