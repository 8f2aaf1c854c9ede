/*
 * Values as they are written outside.
 */

#include "restream_format.h"
#include "../lib/restream_url.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>


#define RESTREAM_FORMAT_TIME_MAX   253402300799999  /* end of 9999, ms */
#define RESTREAM_FORMAT_HINT_MIN   12               /* bytes of a key */
#define RESTREAM_FORMAT_HINT_LAST  4                /* characters shown of it */


static int restream_format_split(const restream_destination_t *dst,
    restream_url_t *u);


void
restream_format_id(uint64_t id, char out[RESTREAM_FORMAT_ID])
{
    (void) snprintf(out, RESTREAM_FORMAT_ID, "d_%016" PRIx64, id);
}


int
restream_format_parse_id(restream_str_t text, uint64_t *id)
{
    size_t   i;
    uint8_t  ch;

    if (text.len != RESTREAM_FORMAT_ID - 1
        || text.data[0] != 'd' || text.data[1] != '_')
    {
        return RESTREAM_ERROR;
    }

    *id = 0;

    for (i = 2; i < text.len; i++) {
        ch = text.data[i];

        if (ch >= '0' && ch <= '9') {
            ch -= '0';

        } else if (ch >= 'a' && ch <= 'f') {
            ch -= 'a' - 10;

        } else {
            return RESTREAM_ERROR;
        }

        *id = *id << 4 | ch;
    }

    return *id ? RESTREAM_OK : RESTREAM_ERROR;
}


void
restream_format_time(uint64_t at, char out[RESTREAM_FORMAT_TIME])
{
    time_t     sec;
    struct tm  tm;

    if (at > RESTREAM_FORMAT_TIME_MAX) {
        at = RESTREAM_FORMAT_TIME_MAX;
    }

    sec = (time_t) (at / 1000);
    (void) gmtime_r(&sec, &tm);

    /* the remainders are for compilers that warn of what could be cut */

    (void) snprintf(out, RESTREAM_FORMAT_TIME,
                    "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
                    (unsigned) (tm.tm_year + 1900) % 10000,
                    (unsigned) (tm.tm_mon + 1) % 100,
                    (unsigned) tm.tm_mday % 100, (unsigned) tm.tm_hour % 100,
                    (unsigned) tm.tm_min % 100, (unsigned) tm.tm_sec % 100,
                    (unsigned) (at % 1000));
}


size_t
restream_format_hint(restream_str_t key, char out[RESTREAM_FORMAT_HINT])
{
    size_t    n;
    unsigned  chars;

    n = 0;

    if (key.len >= RESTREAM_FORMAT_HINT_MIN) {
        chars = 0;

        /* of UTF-8, every byte that is no continuation begins a character */

        while (chars < RESTREAM_FORMAT_HINT_LAST && n < 16 && n < key.len / 2) {
            n++;
            chars += (key.data[key.len - n] & 0xc0) != 0x80;
        }

        if (chars < RESTREAM_FORMAT_HINT_LAST) {
            n = 0;
        }
    }

    memcpy(out, "\xe2\x80\xa6", 3);

    if (n) {
        memcpy(out + 3, key.data + key.len - n, n);
    }

    out[3 + n] = '\0';

    return 3 + n;
}


size_t
restream_format_url(const restream_destination_t *dst, uint8_t *out,
    size_t size)
{
    restream_url_t  u;

    if (restream_format_split(dst, &u) != RESTREAM_OK) {
        return 0;
    }

    return restream_url_redact(&u, out, size);
}


int
restream_format_same_url(const restream_destination_t *dst, const char *url)
{
    size_t   n;
    uint8_t  shown[RESTREAM_DESTINATION_URL_MAX];

    if (strcmp(dst->url, url) == 0) {
        return 1;
    }

    n = restream_format_url(dst, shown, sizeof(shown));

    return n && strlen(url) == n && memcmp(url, shown, n) == 0;
}


restream_str_t
restream_format_key(const restream_destination_t *dst)
{
    restream_str_t  key;
    restream_url_t  u;

    key.data = (uint8_t *) dst->key;
    key.len = strlen(dst->key);

    if (key.len == 0 && restream_format_split(dst, &u) == RESTREAM_OK) {
        key = u.key;
    }

    return key;
}


static int
restream_format_split(const restream_destination_t *dst, restream_url_t *u)
{
    const char      *err;
    restream_str_t   url;

    url.data = (uint8_t *) dst->url;
    url.len = strlen(dst->url);

    return restream_url_parse(u, url, dst->key[0] == '\0', &err);
}


/* five bits a letter, Crockford's alphabet: no i, l, o, u */

void
restream_format_name(const uint8_t random[RESTREAM_FORMAT_RANDOM],
    char out[RESTREAM_FORMAT_NAME])
{
    unsigned  i, bits, nbits;

    static const char  letters[] = "0123456789abcdefghjkmnpqrstvwxyz";

    bits = 0;
    nbits = 0;

    for (i = 0; i < RESTREAM_FORMAT_RANDOM; i++) {
        bits = (bits << 8 | random[i]) & 0xfff;

        for (nbits += 8; nbits >= 5; nbits -= 5) {
            *out++ = letters[bits >> (nbits - 5) & 0x1f];
        }
    }

    /* three of 128 are left */

    *out++ = letters[bits << (5 - nbits) & 0x1f];
    *out = '\0';
}
