/*
 * A server's words, made fit to be shown and logged.
 *
 * Secrets are looked for in the bytes as they came, before anything is
 * replaced or cut, so that no part of one survives at an edge.
 */

#include "restream_client_text.h"

#include <string.h>

#include "restream_url.h"


#define RESTREAM_CLIENT_SHORT_SECRET  4
#define RESTREAM_CLIENT_SECRET_PART   8
#define RESTREAM_CLIENT_MAX_SOURCE    4096      /* looked at: bounds the work
                                                   when a text is all secret */


static size_t restream_client_text_secret(restream_str_t secret,
    restream_str_t src, size_t pos);
static size_t restream_client_text_match(restream_str_t secret,
    restream_str_t src, size_t *pos);
static int restream_client_text_same(uint8_t ch, restream_str_t src,
    size_t pos);
static int restream_client_text_is_token(restream_str_t src, size_t pos,
    size_t len);
static int restream_client_text_is_word(uint8_t ch);
static size_t restream_client_text_char(const uint8_t *p, size_t len);
static int restream_client_text_printable(uint32_t code);


size_t
restream_client_text(const restream_client_conf_t *conf, restream_str_t src,
    uint8_t *out, size_t size)
{
    size_t          pos, taken, len, n;
    const uint8_t  *p;

    len = 0;

    for (pos = 0; pos < src.len && pos < RESTREAM_CLIENT_MAX_SOURCE;
         pos += taken)
    {
        taken = restream_client_text_secret(conf->key, src, pos);
        n = restream_client_text_secret(conf->password, src, pos);

        if (n > taken) {
            taken = n;
        }

        if (taken) {
            p = (const uint8_t *) "***";
            n = 3;

        } else {
            p = src.data + pos;
            n = restream_client_text_char(p, src.len - pos);
            taken = n;

            if (n == 0) {
                p = (const uint8_t *) "?";
                n = 1;
                taken = 1;
            }
        }

        if (n > size - len) {
            break;
        }

        memcpy(out + len, p, n);
        len += n;
    }

    return len;
}


/*
 * How many bytes at pos are the secret or a part of it.
 *
 * Servers cut a key at their own limits and at its '?', and percent-encode it,
 * so a part of eight bytes counts as the secret, encoded or not.  A secret of
 * fewer than four bytes would turn up inside ordinary words and make the text
 * unreadable without hiding anything; it counts only where it stands alone.
 */

static size_t
restream_client_text_secret(restream_str_t secret, restream_str_t src,
    size_t pos)
{
    size_t          n, i, min, max, last, taken;
    restream_str_t  part;

    if (secret.len < RESTREAM_CLIENT_SHORT_SECRET) {

        if (secret.len == 0 || secret.len > src.len - pos
            || memcmp(src.data + pos, secret.data, secret.len) != 0
            || !restream_client_text_is_token(src, pos, secret.len))
        {
            return 0;
        }

        return secret.len;
    }

    min = secret.len < RESTREAM_CLIENT_SECRET_PART
          ? secret.len : RESTREAM_CLIENT_SECRET_PART;
    max = 0;
    taken = 0;

    for (i = 0; i + min <= secret.len; i++) {
        part.data = secret.data + i;
        part.len = secret.len - i;
        last = pos;

        n = restream_client_text_match(part, src, &last);

        if (n >= min && n > max) {
            max = n;
            taken = last - pos;
        }
    }

    return taken;
}


/* how many bytes of the secret stand at *pos, which moves behind them */

static size_t
restream_client_text_match(restream_str_t secret, restream_str_t src,
    size_t *pos)
{
    size_t  n, len;

    for (n = 0; n < secret.len && *pos < src.len; n++) {
        len = restream_client_text_same(secret.data[n], src, *pos);

        if (len == 0) {
            break;
        }

        *pos += len;
    }

    return n;
}


/* how many bytes at pos say ch: itself 1, as %XX 3; else 0 */

static int
restream_client_text_same(uint8_t ch, restream_str_t src, size_t pos)
{
    uint8_t         decoded[3];
    restream_str_t  code;

    if (src.data[pos] == ch) {
        return 1;
    }

    if (src.data[pos] != '%' || src.len - pos < sizeof(decoded)) {
        return 0;
    }

    code.data = src.data + pos;
    code.len = sizeof(decoded);

    return (restream_url_decode(code, decoded) == 1 && decoded[0] == ch) ? 3
                                                                         : 0;
}


static int
restream_client_text_is_token(restream_str_t src, size_t pos, size_t len)
{
    if (pos > 0 && restream_client_text_is_word(src.data[pos - 1])) {
        return 0;
    }

    return pos + len == src.len
           || !restream_client_text_is_word(src.data[pos + len]);
}


static int
restream_client_text_is_word(uint8_t ch)
{
    return (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z')
           || (ch >= 'a' && ch <= 'z') || ch == '_' || ch >= 0x80;
}


/* bytes of the printable UTF-8 character at p, 0: there is none */

static size_t
restream_client_text_char(const uint8_t *p, size_t len)
{
    size_t    i, n;
    uint32_t  code;

    static const uint32_t  smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };

    if (p[0] < 0x80) {
        return p[0] >= 0x20 && p[0] != 0x7f;
    }

    if (p[0] >= 0xc0 && p[0] < 0xe0) {
        n = 2;
        code = p[0] & 0x1f;

    } else if (p[0] >= 0xe0 && p[0] < 0xf0) {
        n = 3;
        code = p[0] & 0x0f;

    } else if (p[0] >= 0xf0 && p[0] < 0xf8) {
        n = 4;
        code = p[0] & 0x07;

    } else {
        return 0;
    }

    if (n > len) {
        return 0;
    }

    for (i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }

        code = (code << 6) | (p[i] & 0x3f);
    }

    if (code < smallest[n] || !restream_client_text_printable(code)) {
        return 0;
    }

    return n;
}


/* Beyond what Unicode does not assign, without what can forge a log line:
 * control characters, line separators, marks that change the direction. */

static int
restream_client_text_printable(uint32_t code)
{
    return code >= 0xa0
           && (code < 0x200b || code > 0x200f)
           && (code < 0x2028 || code > 0x202e)
           && (code < 0x2060 || code > 0x206f)
           && (code < 0xd800 || code > 0xdfff)
           && code != 0xfeff
           && code <= 0x10ffff;
}
