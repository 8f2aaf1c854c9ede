/*
 * The publisher authentication of Adobe's and Limelight's servers.
 *
 * Each step needs a new connection, whose app and tcUrl carry the answer:
 *
 *     connect                       [ code=403 need auth; authmod=adobe ]
 *     connect ?authmod=adobe&user=  [ authmod=adobe ] : ?reason=needauth
 *                                   &user=&salt=&challenge=&opaque=
 *     connect ?authmod=adobe&user=&challenge=&response=&opaque=
 *                                   _result, or ?reason=authfailed
 *
 * Nothing is kept between the steps but the query itself.
 */

#include "restream_client_auth.h"

#include <string.h>


#define RESTREAM_CLIENT_AUTH_MAX_VALUE  256     /* salt, challenge, ... */
#define RESTREAM_CLIENT_AUTH_MAX_INPUT  8192    /* of one digest, bytes */
#define RESTREAM_CLIENT_AUTH_HEX        32      /* a digest in hexadecimal */
#define RESTREAM_CLIENT_AUTH_BASE64     24      /* and in base64 */
#define RESTREAM_CLIENT_AUTH_NONCE      8       /* conf.nonce in hexadecimal */

#define RESTREAM_CLIENT_AUTH_COUNT      "00000001"      /* uses of a cnonce */


typedef struct {
    restream_str_t   user;
    restream_str_t   salt;
    restream_str_t   challenge;
    restream_str_t   opaque;
    restream_str_t   nonce;
} restream_client_auth_params_t;


static int restream_client_auth_adobe(const restream_client_conf_t *conf,
    const restream_client_auth_params_t *params, restream_buf_t *query);
static int restream_client_auth_llnw(const restream_client_conf_t *conf,
    const restream_client_auth_params_t *params, restream_buf_t *query);
static int restream_client_auth_params(const restream_client_conf_t *conf,
    restream_str_t text, restream_client_auth_params_t *params);
static restream_str_t *restream_client_auth_param(
    restream_client_auth_params_t *params, const uint8_t *name, size_t len);
static void restream_client_auth_put_user(const restream_client_conf_t *conf,
    const char *mod, restream_buf_t *query);
static int restream_client_auth_is_plain(restream_str_t s);
static int restream_client_auth_is_plain_char(uint8_t ch);
static void restream_client_auth_hash(const restream_client_conf_t *conf,
    const restream_str_t *parts, size_t n, uint8_t *digest,
    restream_buf_t *query);
static void restream_client_auth_hex(const uint8_t *src, size_t size,
    uint8_t *out);
static void restream_client_auth_base64(const uint8_t *digest, uint8_t *out);
static const uint8_t *restream_client_auth_find(restream_str_t text,
    const char *what);
static void restream_client_auth_put(restream_buf_t *b, const char *s);


int
restream_client_auth(const restream_client_conf_t *conf, restream_str_t text,
    restream_buf_t *query)
{
    int                            adobe;
    restream_client_auth_params_t  params;

    if (conf->user.len == 0) {
        return RESTREAM_DECLINED;
    }

    adobe = restream_client_auth_find(text, "authmod=adobe") != NULL;

    if (!adobe && restream_client_auth_find(text, "authmod=llnw") == NULL) {
        return RESTREAM_DECLINED;
    }

    if (restream_client_auth_find(conf->query, "&response=") != NULL) {
        return RESTREAM_DECLINED;
    }

    if (restream_client_auth_params(conf, text, &params) == RESTREAM_OK) {
        return adobe ? restream_client_auth_adobe(conf, &params, query)
                     : restream_client_auth_llnw(conf, &params, query);
    }

    if (conf->query.len
        || restream_client_auth_find(text, "code=403 need auth") == NULL)
    {
        return RESTREAM_DECLINED;
    }

    restream_client_auth_put_user(conf, adobe ? "adobe" : "llnw", query);

    return query->overflow ? RESTREAM_DECLINED : RESTREAM_OK;
}


/* response = base64(md5(base64(md5(user salt password)) opaque nonce)), with
 * the challenge where there is no opaque; the nonce is ours */

static int
restream_client_auth_adobe(const restream_client_conf_t *conf,
    const restream_client_auth_params_t *params, restream_buf_t *query)
{
    uint8_t  digest[16], secret[RESTREAM_CLIENT_AUTH_BASE64];
    uint8_t  response[RESTREAM_CLIENT_AUTH_BASE64];
    uint8_t  nonce[RESTREAM_CLIENT_AUTH_NONCE];

    restream_str_t  first[] = { params->user, params->salt, conf->password };
    restream_str_t  second[] = {
        { sizeof(secret), secret },
        params->opaque.len ? params->opaque : params->challenge,
        { sizeof(nonce), nonce }
    };

    if (second[1].len == 0) {
        return RESTREAM_DECLINED;
    }

    restream_client_auth_hex(conf->nonce, sizeof(conf->nonce), nonce);

    restream_client_auth_hash(conf, first, 3, digest, query);
    restream_client_auth_base64(digest, secret);
    restream_client_auth_hash(conf, second, 3, digest, query);
    restream_client_auth_base64(digest, response);

    restream_client_auth_put_user(conf, "adobe", query);
    restream_client_auth_put(query, "&challenge=");
    restream_buf_put(query, nonce, sizeof(nonce));
    restream_client_auth_put(query, "&response=");
    restream_buf_put(query, response, sizeof(response));

    if (params->opaque.len) {
        restream_client_auth_put(query, "&opaque=");
        restream_buf_put(query, params->opaque.data, params->opaque.len);
    }

    return query->overflow ? RESTREAM_DECLINED : RESTREAM_OK;
}


/* HTTP's digest authentication (RFC 2617, 3.2.2) with words of its own */

static int
restream_client_auth_llnw(const restream_client_conf_t *conf,
    const restream_client_auth_params_t *params, restream_buf_t *query)
{
    uint8_t         digest[16], nonce[RESTREAM_CLIENT_AUTH_NONCE];
    uint8_t         secret[RESTREAM_CLIENT_AUTH_HEX];
    uint8_t         method[RESTREAM_CLIENT_AUTH_HEX];
    uint8_t         response[RESTREAM_CLIENT_AUTH_HEX];
    const uint8_t  *p;

    restream_str_t  first[] = {
        params->user, restream_string(":live:"), conf->password
    };
    restream_str_t  second[] = {
        restream_string("publish:/"), conf->app,
        restream_string("/_definst_")
    };
    restream_str_t  third[] = {
        { sizeof(secret), secret }, restream_string(":"), params->nonce,
        restream_string(":" RESTREAM_CLIENT_AUTH_COUNT ":"),
        { sizeof(nonce), nonce }, restream_string(":auth:"),
        { sizeof(method), method }
    };

    if (params->nonce.len == 0) {
        return RESTREAM_DECLINED;
    }

    restream_client_auth_hex(conf->nonce, sizeof(conf->nonce), nonce);

    /* the app without its query; "_definst_" is the default instance */

    p = restream_client_auth_find(conf->app, "?");
    if (p != NULL) {
        second[1].len = p - conf->app.data;
    }

    if (restream_client_auth_find(second[1], "/") != NULL) {
        second[2].len = 0;
    }

    restream_client_auth_hash(conf, first, 3, digest, query);
    restream_client_auth_hex(digest, sizeof(digest), secret);
    restream_client_auth_hash(conf, second, 3, digest, query);
    restream_client_auth_hex(digest, sizeof(digest), method);
    restream_client_auth_hash(conf, third, 7, digest, query);
    restream_client_auth_hex(digest, sizeof(digest), response);

    restream_client_auth_put_user(conf, "llnw", query);
    restream_client_auth_put(query, "&nonce=");
    restream_buf_put(query, params->nonce.data, params->nonce.len);
    restream_client_auth_put(query, "&cnonce=");
    restream_buf_put(query, nonce, sizeof(nonce));
    restream_client_auth_put(query, "&nc=" RESTREAM_CLIENT_AUTH_COUNT
                                    "&response=");
    restream_buf_put(query, response, sizeof(response));

    return query->overflow ? RESTREAM_DECLINED : RESTREAM_OK;
}


/*
 * The challenge in the server's words: ?reason=needauth&name=value&...
 *
 * Its values stay as they came, in the digests and in the answer: they are out
 * of a query and go into one.
 *
 * ret   OK
 *       DECLINED  there is none, or a value is too long or not ASCII
 */

static int
restream_client_auth_params(const restream_client_conf_t *conf,
    restream_str_t text, restream_client_auth_params_t *params)
{
    const uint8_t   *p, *last, *next, *value;
    restream_str_t  *param;

    memset(params, 0, sizeof(restream_client_auth_params_t));

    p = restream_client_auth_find(text, "?reason=needauth");
    if (p == NULL) {
        return RESTREAM_DECLINED;
    }

    for (last = p; last < text.data + text.len && *last > ' '; last++) {
        if (*last >= 0x7f) {
            return RESTREAM_DECLINED;
        }
    }

    for ( /* void */ ; p < last; p = next) {

        p++;

        next = memchr(p, '&', last - p);
        if (next == NULL) {
            next = last;
        }

        value = memchr(p, '=', next - p);
        if (value == NULL) {
            continue;
        }

        param = restream_client_auth_param(params, p, value - p);
        if (param == NULL) {
            continue;
        }

        value++;

        if (next - value > RESTREAM_CLIENT_AUTH_MAX_VALUE) {
            return RESTREAM_DECLINED;
        }

        param->data = (uint8_t *) value;
        param->len = next - value;
    }

    /* OBS and FFmpeg put the user into the digest as the server repeats it;
     * what it makes of an escaped one is not known */

    if (params->user.len == 0 || !restream_client_auth_is_plain(conf->user)) {
        params->user = conf->user;
    }

    return RESTREAM_OK;
}


static restream_str_t *
restream_client_auth_param(restream_client_auth_params_t *params,
    const uint8_t *name, size_t len)
{
    size_t  i;

    const struct {
        restream_str_t   name;
        restream_str_t  *param;
    } known[] = {
        { restream_string("user"), &params->user },
        { restream_string("salt"), &params->salt },
        { restream_string("challenge"), &params->challenge },
        { restream_string("opaque"), &params->opaque },
        { restream_string("nonce"), &params->nonce }
    };

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (len == known[i].name.len
            && memcmp(name, known[i].name.data, len) == 0)
        {
            return known[i].param;
        }
    }

    return NULL;
}


static void
restream_client_auth_put_user(const restream_client_conf_t *conf,
    const char *mod, restream_buf_t *query)
{
    size_t    i;
    uint8_t   ch;

    static const uint8_t  hex[] = "0123456789ABCDEF";

    /* the app may come with a query of its own: live2?backup=1 */

    restream_client_auth_put(query,
                     restream_client_auth_find(conf->app, "?") ? "&" : "?");
    restream_client_auth_put(query, "authmod=");
    restream_client_auth_put(query, mod);
    restream_client_auth_put(query, "&user=");

    for (i = 0; i < conf->user.len; i++) {
        ch = conf->user.data[i];

        if (restream_client_auth_is_plain_char(ch)) {
            restream_buf_put8(query, ch);
            continue;
        }

        restream_buf_put8(query, '%');
        restream_buf_put8(query, hex[ch >> 4]);
        restream_buf_put8(query, hex[ch & 0x0f]);
    }
}


static int
restream_client_auth_is_plain(restream_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (!restream_client_auth_is_plain_char(s.data[i])) {
            return 0;
        }
    }

    return 1;
}


/* Escaped is only what would end the value, or look like an escape: OBS and
 * FFmpeg escape nothing, so servers may not decode. */

static int
restream_client_auth_is_plain_char(uint8_t ch)
{
    return ch > ' ' && ch < 0x7f && ch != '%' && ch != '&' && ch != '#'
           && ch != '?' && ch != '/';
}


/* The digest of n parts, one behind the other.  Where they are too long the
 * query overflows, as if it were that itself. */

static void
restream_client_auth_hash(const restream_client_conf_t *conf,
    const restream_str_t *parts, size_t n, uint8_t *digest,
    restream_buf_t *query)
{
    size_t          i;
    uint8_t         data[RESTREAM_CLIENT_AUTH_MAX_INPUT];
    restream_buf_t  b;

    restream_buf_init(&b, data, sizeof(data));

    for (i = 0; i < n; i++) {
        restream_buf_put(&b, parts[i].data, parts[i].len);
    }

    conf->md5(b.start, b.last - b.start, digest);

    if (b.overflow) {
        query->overflow = 1;
    }
}


static void
restream_client_auth_hex(const uint8_t *src, size_t size, uint8_t *out)
{
    size_t  i;

    static const uint8_t  hex[] = "0123456789abcdef";

    for (i = 0; i < size; i++) {
        *out++ = hex[src[i] >> 4];
        *out++ = hex[src[i] & 0x0f];
    }
}


/* of a digest: sixteen bytes make five groups of four characters, and two
 * characters with their padding */

static void
restream_client_auth_base64(const uint8_t *digest, uint8_t *out)
{
    size_t  i;

    static const uint8_t  base64[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (i = 0; i < 15; i += 3) {
        *out++ = base64[digest[i] >> 2];
        *out++ = base64[(digest[i] & 0x03) << 4 | digest[i + 1] >> 4];
        *out++ = base64[(digest[i + 1] & 0x0f) << 2 | digest[i + 2] >> 6];
        *out++ = base64[digest[i + 2] & 0x3f];
    }

    *out++ = base64[digest[15] >> 2];
    *out++ = base64[(digest[15] & 0x03) << 4];
    *out++ = '=';
    *out++ = '=';
}


/* the first occurrence of what, NULL: none */

static const uint8_t *
restream_client_auth_find(restream_str_t text, const char *what)
{
    size_t  i, len;

    len = strlen(what);

    for (i = 0; len <= text.len && i <= text.len - len; i++) {
        if (memcmp(text.data + i, what, len) == 0) {
            return text.data + i;
        }
    }

    return NULL;
}


static void
restream_client_auth_put(restream_buf_t *b, const char *s)
{
    restream_buf_put(b, s, strlen(s));
}
