/*
 * The rules for values: what a name, a url, a key and the others may be.
 *
 * Every function here says in one sentence what is wrong, lower case, without a
 * stop: it begins with what the value is and says what was expected.  No
 * sentence holds anything of a stream key or of a url, where keys and passwords
 * are.
 */

#ifndef _RESTREAM_CHECK_H_INCLUDED_
#define _RESTREAM_CHECK_H_INCLUDED_


#include "restream_stream.h"


#define RESTREAM_CHECK_TEXT     256     /* bytes of a sentence */
#define RESTREAM_CHECK_SHOWN    80      /* bytes of a value in a sentence, with
                                           the terminating zero */

#define RESTREAM_SCHEME_RTMP    0x01
#define RESTREAM_SCHEME_RTMPS   0x02


typedef struct {
    char    text[RESTREAM_CHECK_TEXT];
} restream_check_err_t;


/*
 * in    value     UTF-8 where it comes from a body, else any bytes
 * out   *err      set on ERROR
 * ret   OK, ERROR
 */

/* 1 to 255 bytes, none of them a control character; need not be UTF-8 */
int restream_check_app(restream_str_t value, restream_check_err_t *err);
int restream_check_stream_name(restream_str_t value,
    restream_check_err_t *err);

/* of a destination: 1 to 100 characters, none of them a control character */
int restream_check_name(restream_str_t value, restream_check_err_t *err);

/* any bytes but control characters, verbatim */
int restream_check_key(restream_str_t value, restream_check_err_t *err);

/* up to 255 characters in a line; up to 5000, in lines, with tabs */
int restream_check_title(restream_str_t value, restream_check_err_t *err);
int restream_check_description(restream_str_t value,
    restream_check_err_t *err);

/* auto, copy, encode, silence, none */
int restream_check_audio(restream_str_t value, restream_check_err_t *err);

/* 1 to RESTREAM_MAXIMUM_MAX */
int restream_check_maximum(int64_t value, restream_check_err_t *err);

/*
 * A url as lib/restream_url splits it; user:password and a query are fine.  A
 * '$' in it stands for itself: what the API makes is not expanded.
 *
 * in    schemes   RESTREAM_SCHEME_*, those allowed here
 */
int restream_check_url(restream_str_t value, unsigned schemes,
    restream_check_err_t *err);

/* 1: the url, which restream_check_url() let pass, ends with a stream key */
int restream_check_url_has_key(restream_str_t url);


#endif /* _RESTREAM_CHECK_H_INCLUDED_ */
