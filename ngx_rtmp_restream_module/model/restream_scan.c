/*
 * A look at JSON before it is parsed: values, arrays and objects.
 */

#include "restream_scan.h"
#include "restream_scan_token.h"
#include "../lib/restream_utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define RESTREAM_SCAN_NAME   80     /* bytes of a member's name, as shown */


static int restream_scan_all(restream_scan_t *scan);
static int restream_scan_value(restream_scan_t *scan);
static int restream_scan_nested(restream_scan_t *scan);
static int restream_scan_array(restream_scan_t *scan);
static int restream_scan_object(restream_scan_t *scan);
static int restream_scan_member(restream_scan_t *scan);
static int restream_scan_duplicate(restream_scan_t *scan, unsigned first);
static int restream_scan_twice(restream_scan_t *scan, const uint8_t *key);
static int restream_scan_compare_key(const void *one, const void *two);
static int restream_scan_compare(const uint8_t *a, const uint8_t *b);


int
restream_scan(restream_str_t json, size_t *text, restream_scan_err_t *err)
{
    restream_scan_t  scan;

    if (json.len == 0) {
        return RESTREAM_DECLINED;
    }

    scan.start = json.data;
    scan.p = json.data;
    scan.last = json.data + json.len;
    scan.text = 0;
    scan.depth = 0;
    scan.nkeys = 0;
    scan.err = err;

    restream_scan_space(&scan);

    if (scan.p == scan.last) {
        return RESTREAM_DECLINED;
    }

    if (restream_scan_all(&scan) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    *text = scan.text;

    return RESTREAM_OK;
}


static int
restream_scan_all(restream_scan_t *scan)
{
    if (scan->last - scan->p >= 3 && memcmp(scan->p, "\xef\xbb\xbf", 3) == 0) {
        return restream_scan_wrong(scan, scan->p,
                                   "a byte order mark stands before the JSON");
    }

    if (restream_scan_value(scan) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    restream_scan_space(scan);

    if (scan->p < scan->last) {
        return restream_scan_wrong(scan, scan->p,
                                   "something follows the end of the JSON");
    }

    return RESTREAM_OK;
}


static int
restream_scan_value(restream_scan_t *scan)
{
    if (scan->p == scan->last) {
        return restream_scan_wrong(scan, scan->p, "a value expected");
    }

    switch (*scan->p) {

    case '{':
    case '[':
        return restream_scan_nested(scan);

    case '"':
        return restream_scan_string(scan);

    case 't':
        return restream_scan_literal(scan, "true");

    case 'f':
        return restream_scan_literal(scan, "false");

    case 'n':
        return restream_scan_literal(scan, "null");

    default:
        return restream_scan_number(scan);
    }
}


static int
restream_scan_nested(restream_scan_t *scan)
{
    int  rc;

    if (scan->depth == RESTREAM_SCAN_DEPTH_MAX) {
        return restream_scan_wrong(scan, scan->p,
                                   "arrays and objects are nested deeper than "
                                   "16 levels");
    }

    scan->depth++;
    rc = *scan->p == '{' ? restream_scan_object(scan)
                         : restream_scan_array(scan);
    scan->depth--;

    return rc;
}


static int
restream_scan_array(restream_scan_t *scan)
{
    scan->p++;
    restream_scan_space(scan);

    if (restream_scan_at(scan, ']')) {
        return RESTREAM_OK;
    }

    for ( ;; ) {
        if (restream_scan_value(scan) != RESTREAM_OK) {
            return RESTREAM_ERROR;
        }

        restream_scan_space(scan);

        if (restream_scan_at(scan, ']')) {
            return RESTREAM_OK;
        }

        if (!restream_scan_at(scan, ',')) {
            return restream_scan_wrong(scan, scan->p,
                                       "\",\" or \"]\" expected");
        }

        restream_scan_space(scan);
    }
}


static int
restream_scan_object(restream_scan_t *scan)
{
    unsigned  first;

    first = scan->nkeys;

    scan->p++;
    restream_scan_space(scan);

    if (restream_scan_at(scan, '}')) {
        return RESTREAM_OK;
    }

    for ( ;; ) {
        if (restream_scan_member(scan) != RESTREAM_OK) {
            return RESTREAM_ERROR;
        }

        restream_scan_space(scan);

        if (restream_scan_at(scan, '}')) {
            break;
        }

        if (!restream_scan_at(scan, ',')) {
            return restream_scan_wrong(scan, scan->p,
                                       "\",\" or \"}\" expected");
        }

        restream_scan_space(scan);
    }

    return restream_scan_duplicate(scan, first);
}


static int
restream_scan_member(restream_scan_t *scan)
{
    if (scan->p == scan->last || *scan->p != '"') {
        return restream_scan_wrong(scan, scan->p,
                                   "the name of a member expected, in quotes");
    }

    if (scan->nkeys == RESTREAM_SCAN_MEMBERS_MAX) {
        return restream_scan_wrong(scan, scan->p,
                                   "an object has too many members");
    }

    scan->keys[scan->nkeys++] = scan->p + 1;

    if (restream_scan_string(scan) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    restream_scan_space(scan);

    if (!restream_scan_at(scan, ':')) {
        return restream_scan_wrong(scan, scan->p, "\":\" expected");
    }

    restream_scan_space(scan);

    return restream_scan_value(scan);
}


/*
 * Sorted rather than hashed: no choice of names makes that slow.  The members
 * from first on are those of the object that ends here.
 */

static int
restream_scan_duplicate(restream_scan_t *scan, unsigned first)
{
    unsigned         i, n;
    const uint8_t  **keys, *again;

    keys = &scan->keys[first];
    n = scan->nkeys - first;
    scan->nkeys = first;

    qsort(keys, n, sizeof(const uint8_t *), restream_scan_compare_key);

    again = NULL;

    for (i = 1; i < n; i++) {
        if (restream_scan_compare(keys[i - 1], keys[i]) == 0
            && (again == NULL || keys[i] < again))
        {
            again = keys[i];
        }
    }

    return again ? restream_scan_twice(scan, again) : RESTREAM_OK;
}


static int
restream_scan_twice(restream_scan_t *scan, const uint8_t *key)
{
    char            name[RESTREAM_SCAN_NAME], text[RESTREAM_SCAN_TEXT];
    restream_str_t  written;
    const uint8_t  *p;

    p = key;

    while (restream_scan_char(&p) >= 0) {
        /* void */
    }

    written.data = (uint8_t *) key;
    written.len = p - key;

    (void) restream_utf8_show(written, name, sizeof(name));
    (void) snprintf(text, sizeof(text), "member \"%s\" is given twice", name);

    return restream_scan_wrong(scan, key - 1, text);
}


/* of equal ones the first in the text comes first */

static int
restream_scan_compare_key(const void *one, const void *two)
{
    int                     rc;
    const uint8_t *const   *a, *const *b;

    a = one;
    b = two;

    rc = restream_scan_compare(*a, *b);

    return rc ? rc : (*a > *b) - (*a < *b);
}


static int
restream_scan_compare(const uint8_t *a, const uint8_t *b)
{
    int32_t  ca, cb;

    do {
        ca = restream_scan_char(&a);
        cb = restream_scan_char(&b);
    } while (ca == cb && ca >= 0);

    return ca - cb;
}
