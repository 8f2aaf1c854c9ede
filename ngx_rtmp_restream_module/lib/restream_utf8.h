/*
 * UTF-8, strictly: RFC 3629.  No overlong form, no surrogate, nothing above
 * U+10FFFF.
 */

#ifndef _RESTREAM_UTF8_H_INCLUDED_
#define _RESTREAM_UTF8_H_INCLUDED_


#include "restream.h"


/*
 * Reads one character from [*p, last), which holds a byte or more.
 *
 * out   *p        behind it; not moved on ERROR
 * ret   its code point; RESTREAM_ERROR: no character of UTF-8 begins there, or
 *       it is cut off
 */
int32_t restream_utf8_get(const uint8_t **p, const uint8_t *last);

/*
 * out   *n        characters of text
 * ret   OK, ERROR: it is not UTF-8
 */
int restream_utf8_count(restream_str_t text, size_t *n);

/* U+0000 to U+001F, U+007F to U+009F */
int restream_utf8_control(int32_t cp);

/*
 * Copies text fit to be shown inside a sentence: control characters and what is
 * not UTF-8 become '?', and where it does not fit it ends in "...".
 *
 * in    size      room in out, 4 or more
 * ret   bytes written without the terminating zero
 */
size_t restream_utf8_show(restream_str_t text, char *out, size_t size);


#endif /* _RESTREAM_UTF8_H_INCLUDED_ */
