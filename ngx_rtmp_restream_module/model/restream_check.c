/*
 * The rules for values.
 */

#include "restream_check.h"
#include "../lib/restream_url.h"
#include "../lib/restream_utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>


static int restream_check_bytes(restream_str_t value, const char *what,
    size_t max, restream_check_err_t *err);
static int restream_check_text(restream_str_t value, const char *what,
    size_t max, const char *controls, restream_check_err_t *err);
static int restream_check_control(restream_str_t value, const char *controls);
static int restream_check_wrong(restream_check_err_t *err, const char *fmt,
    ...) __attribute__((format(printf, 2, 3)));


static const char *const  restream_check_audios[] = {
    "auto", "copy", "encode", "silence", "none"
};


int
restream_check_app(restream_str_t value, restream_check_err_t *err)
{
    return restream_check_bytes(value, "app", RESTREAM_APP_MAX, err);
}


int
restream_check_stream_name(restream_str_t value, restream_check_err_t *err)
{
    return restream_check_bytes(value, "name", RESTREAM_STREAM_NAME_MAX, err);
}


int
restream_check_key(restream_str_t value, restream_check_err_t *err)
{
    return restream_check_bytes(value, "key", RESTREAM_KEY_MAX, err);
}


int
restream_check_name(restream_str_t value, restream_check_err_t *err)
{
    if (value.len == 0) {
        return restream_check_wrong(err, "name is empty, 1 to %d characters "
                                    "expected", RESTREAM_NAME_MAX);
    }

    return restream_check_text(value, "name", RESTREAM_NAME_MAX, "", err);
}


int
restream_check_title(restream_str_t value, restream_check_err_t *err)
{
    return restream_check_text(value, "title", RESTREAM_TITLE_MAX, "", err);
}


int
restream_check_description(restream_str_t value, restream_check_err_t *err)
{
    return restream_check_text(value, "description", RESTREAM_DESCRIPTION_MAX,
                               "\t\n\r", err);
}


int
restream_check_audio(restream_str_t value, restream_check_err_t *err)
{
    char          shown[RESTREAM_CHECK_SHOWN];
    size_t        i;
    const char   *audio;

    for (i = 0; i < sizeof(restream_check_audios) / sizeof(char *); i++) {
        audio = restream_check_audios[i];

        if (value.len == strlen(audio)
            && memcmp(value.data, audio, value.len) == 0)
        {
            return RESTREAM_OK;
        }
    }

    (void) restream_utf8_show(value, shown, sizeof(shown));

    return restream_check_wrong(err, "audio is \"%s\", one of auto, copy, "
                                "encode, silence and none expected", shown);
}


int
restream_check_maximum(int64_t value, restream_check_err_t *err)
{
    if (value < 1 || value > RESTREAM_MAXIMUM_MAX) {
        return restream_check_wrong(err, "maximum is %lld, 1 to %d or null "
                                    "expected", (long long) value,
                                    RESTREAM_MAXIMUM_MAX);
    }

    return RESTREAM_OK;
}


int
restream_check_url(restream_str_t value, unsigned schemes,
    restream_check_err_t *err)
{
    const char      *wrong;
    restream_url_t   u;

    if (value.len > RESTREAM_DESTINATION_URL_MAX) {
        return restream_check_wrong(err, "url is %zu bytes long, at most %d "
                                    "expected", value.len,
                                    RESTREAM_DESTINATION_URL_MAX);
    }

    /* those of C1, too, which the splitter takes for parts of a character */

    if (restream_check_control(value, "")) {
        return restream_check_wrong(err, "url contains a control character");
    }

    if (restream_url_parse(&u, value, 0, &wrong) != RESTREAM_OK) {
        return restream_check_wrong(err, "invalid url: %s", wrong);
    }

    if (!(schemes & (u.tls ? RESTREAM_SCHEME_RTMPS : RESTREAM_SCHEME_RTMP))) {
        return restream_check_wrong(err, "url begins with \"%s\", which is not "
                                    "allowed here", u.tls ? "rtmps://"
                                                          : "rtmp://");
    }

    return RESTREAM_OK;
}


int
restream_check_url_has_key(restream_str_t url)
{
    const char      *err;
    restream_url_t   u;

    return restream_url_parse(&u, url, 1, &err) == RESTREAM_OK;
}


/* what is not shown: a key, or a name whose bytes may be of any kind */

static int
restream_check_bytes(restream_str_t value, const char *what, size_t max,
    restream_check_err_t *err)
{
    size_t  i;

    if (value.len == 0) {
        return restream_check_wrong(err, "%s is empty, 1 to %zu bytes expected",
                                    what, max);
    }

    if (value.len > max) {
        return restream_check_wrong(err, "%s is %zu bytes long, at most %zu "
                                    "expected", what, value.len, max);
    }

    for (i = 0; i < value.len; i++) {
        if (value.data[i] < 0x20 || value.data[i] == 0x7f) {
            return restream_check_wrong(err, "%s contains a control character",
                                        what);
        }
    }

    return RESTREAM_OK;
}


/* controls: those that are fine */

static int
restream_check_text(restream_str_t value, const char *what, size_t max,
    const char *controls, restream_check_err_t *err)
{
    size_t  n;

    if (restream_utf8_count(value, &n) != RESTREAM_OK) {
        return restream_check_wrong(err, "%s is not UTF-8", what);
    }

    if (n > max) {
        return restream_check_wrong(err, "%s is %zu characters long, at most "
                                    "%zu expected", what, n, max);
    }

    if (restream_check_control(value, controls)) {
        return restream_check_wrong(err, "%s contains a control character",
                                    what);
    }

    return RESTREAM_OK;
}


/* bytes that are not UTF-8 are no control characters, nor anything else */

static int
restream_check_control(restream_str_t value, const char *controls)
{
    int32_t         cp;
    const uint8_t  *p, *last;

    p = value.data;
    last = p + value.len;

    while (p < last) {
        cp = restream_utf8_get(&p, last);

        if (cp < 0) {
            p++;

        } else if (restream_utf8_control(cp)
                   && (cp == 0 || strchr(controls, cp) == NULL))
        {
            return 1;
        }
    }

    return 0;
}


static int
restream_check_wrong(restream_check_err_t *err, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);

    return RESTREAM_ERROR;
}
