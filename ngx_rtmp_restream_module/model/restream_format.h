/*
 * Values as they are written outside: ids, times, what is shown of a url and of
 * a key, and the names that are made.
 */

#ifndef _RESTREAM_FORMAT_H_INCLUDED_
#define _RESTREAM_FORMAT_H_INCLUDED_


#include "restream_stream.h"


/* bytes with the terminating zero */

#define RESTREAM_FORMAT_ID      sizeof("d_0123456789abcdef")
#define RESTREAM_FORMAT_TIME    sizeof("1970-01-01T00:00:00.000Z")
#define RESTREAM_FORMAT_HINT    sizeof("\xe2\x80\xa6" "xxxxyyyyzzzzwwww")
#define RESTREAM_FORMAT_NAME    27

#define RESTREAM_FORMAT_RANDOM  16      /* bytes that make a name */


/* "d_" and 16 hexadecimal digits, lower case */
void restream_format_id(uint64_t id, char out[RESTREAM_FORMAT_ID]);

/*
 * out   *id       not 0
 * ret   OK; ERROR: it is no id as restream_format_id() writes it
 */
int restream_format_parse_id(restream_str_t text, uint64_t *id);

/*
 * UTC in ms -> RFC 3339, "2026-01-02T03:04:05.678Z"; what is beyond the year
 * 9999 becomes its last millisecond
 */
void restream_format_time(uint64_t at, char out[RESTREAM_FORMAT_TIME]);

/*
 * Enough of a stream key for its owner to know it by: an ellipsis and its last
 * four characters; of a key below 12 bytes, where they would be too much of
 * it, the ellipsis alone.
 *
 * ret   bytes written without the terminating zero
 */
size_t restream_format_hint(restream_str_t key,
    char out[RESTREAM_FORMAT_HINT]);

/*
 * The url of a destination as it is shown: no user, password, key or query.
 *
 * in    dst       its url and its key, which tell where the url's key begins
 *       size      RESTREAM_DESTINATION_URL_MAX is enough
 * ret   bytes written, not terminated; 0: the url is none
 */
size_t restream_format_url(const restream_destination_t *dst, uint8_t *out,
    size_t size);

/*
 * 1: url is the destination's, or what is shown of it, sent back: nobody means
 * to take away by it what was not shown.
 */
int restream_format_same_url(const restream_destination_t *dst,
    const char *url);

/*
 * The stream key of a destination, which may be the end of its url.
 *
 * ret   borrows from dst; empty: the url is none
 */
restream_str_t restream_format_key(const restream_destination_t *dst);

/*
 * A name for a stream that nobody guesses: 26 letters and digits, that stand
 * in a url as they are, without those that are taken for others.
 */
void restream_format_name(const uint8_t random[RESTREAM_FORMAT_RANDOM],
    char out[RESTREAM_FORMAT_NAME]);


#endif /* _RESTREAM_FORMAT_H_INCLUDED_ */
