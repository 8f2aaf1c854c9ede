/*
 * A look at JSON before it is parsed: is it one value of RFC 8259, in UTF-8,
 * and small in every way that would cost more than its bytes?
 *
 * No allocation and no recursion deeper than RESTREAM_SCAN_DEPTH_MAX; the time
 * grows with the bytes, but for the sorting of an object's members.  What
 * passes is taken by jansson, unless a number with a fraction or an exponent is
 * beyond a double.
 */

#ifndef _RESTREAM_SCAN_H_INCLUDED_
#define _RESTREAM_SCAN_H_INCLUDED_


#include "../lib/restream.h"


#define RESTREAM_SCAN_DEPTH_MAX     16      /* arrays and objects */
#define RESTREAM_SCAN_MEMBERS_MAX   1024    /* of an object and those around
                                               it */
#define RESTREAM_SCAN_TEXT          128     /* bytes of a sentence */


typedef struct {
    char       text[RESTREAM_SCAN_TEXT];    /* what is wrong; quotes no value */
    size_t     offset;                      /* bytes before it */
    unsigned   line;                        /* from 1 */
} restream_scan_err_t;


/*
 * in    json      any bytes; there are numbers only of 64 bits, with a sign
 * out   *text     on OK: bytes of all strings, decoded, names of members, too
 *       *err      set on ERROR
 * ret   OK; DECLINED: nothing but white space; ERROR: the first thing that is
 *       wrong, but for members of an object with equal names, which are found
 *       at its end
 */
int restream_scan(restream_str_t json, size_t *text,
    restream_scan_err_t *err);


#endif /* _RESTREAM_SCAN_H_INCLUDED_ */
