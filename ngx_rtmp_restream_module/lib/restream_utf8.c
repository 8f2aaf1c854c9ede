/*
 * UTF-8, strictly.
 */

#include "restream_utf8.h"

#include <string.h>


int32_t
restream_utf8_get(const uint8_t **p, const uint8_t *last)
{
    int32_t         cp, least;
    uint8_t         ch;
    unsigned        n;
    const uint8_t  *q;

    q = *p;
    ch = *q++;

    if (ch < 0x80) {
        *p = q;
        return ch;
    }

    if (ch >= 0xc0 && ch < 0xe0) {
        cp = ch & 0x1f;
        n = 1;
        least = 0x80;

    } else if (ch >= 0xe0 && ch < 0xf0) {
        cp = ch & 0x0f;
        n = 2;
        least = 0x800;

    } else if (ch >= 0xf0 && ch < 0xf8) {
        cp = ch & 0x07;
        n = 3;
        least = 0x10000;

    } else {
        return RESTREAM_ERROR;
    }

    for ( /* void */ ; n; n--) {
        if (q == last || (*q & 0xc0) != 0x80) {
            return RESTREAM_ERROR;
        }

        cp = cp << 6 | (*q++ & 0x3f);
    }

    if (cp < least || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff)) {
        return RESTREAM_ERROR;
    }

    *p = q;

    return cp;
}


int
restream_utf8_count(restream_str_t text, size_t *n)
{
    const uint8_t  *p, *last;

    p = text.data;
    last = p + text.len;

    for (*n = 0; p < last; (*n)++) {
        if (restream_utf8_get(&p, last) < 0) {
            return RESTREAM_ERROR;
        }
    }

    return RESTREAM_OK;
}


int
restream_utf8_control(int32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0);
}


size_t
restream_utf8_show(restream_str_t text, char *out, size_t size)
{
    char           *w, *fit;
    size_t          n;
    int32_t         cp;
    const uint8_t  *p, *from, *last;

    p = text.data;
    last = p + text.len;

    w = out;
    fit = out;          /* up to here the dots fit behind it */

    while (p < last) {
        from = p;
        cp = restream_utf8_get(&p, last);
        n = p - from;

        if (cp < 0) {
            p++;
        }

        if (cp < 0 || restream_utf8_control(cp)) {
            from = (const uint8_t *) "?";
            n = 1;
        }

        if (n >= size - (w - out)) {
            memcpy(fit, "...", sizeof("..."));
            return fit - out + 3;
        }

        memcpy(w, from, n);
        w += n;

        if (size - (w - out) >= sizeof("...")) {
            fit = w;
        }
    }

    *w = '\0';

    return w - out;
}
