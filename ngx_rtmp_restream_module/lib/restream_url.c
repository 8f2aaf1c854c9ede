/*
 * Destination URLs.
 *
 * No general URL parser: RTMP clients agree on where the host ends and on
 * little else, and stream keys hold whatever a platform thought of.
 */

#include "restream_url.h"
#include "restream_buf.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>


#define RESTREAM_URL_HOST_MAX   253     /* RFC 1035 without the final dot */

#define RESTREAM_URL_PORT_RTMP   1935
#define RESTREAM_URL_PORT_RTMPS  443


static int restream_url_parse_scheme(restream_url_t *u, restream_str_t *text);
static const char *restream_url_parse_user(restream_url_t *u,
    restream_str_t *authority);
static const char *restream_url_parse_host(restream_url_t *u,
    restream_str_t *authority);
static int restream_url_valid_name(restream_str_t host);
static int restream_url_valid_ipv6(restream_str_t host);
static const char *restream_url_parse_port(restream_url_t *u,
    restream_str_t text);
static const char *restream_url_parse_path(restream_url_t *u,
    restream_str_t path, int with_key);
static size_t restream_url_key(restream_str_t path);
static void restream_url_put_server(restream_buf_t *b,
    const restream_url_t *u, int with_port);
static int restream_url_hex(uint8_t ch);
static int restream_url_word(uint8_t ch);
static restream_str_t restream_url_value(restream_str_t part,
    const restream_url_vars_t *vars);
static size_t restream_url_find(restream_str_t text, uint8_t ch);
static size_t restream_url_find_last(restream_str_t text, uint8_t ch);
static restream_str_t restream_url_slice(restream_str_t text, size_t from,
    size_t to);


int
restream_url_parse(restream_url_t *u, restream_str_t text, int with_key,
    const char **err)
{
    size_t          i, n;
    restream_str_t  authority;

    memset(u, 0, sizeof(restream_url_t));

    if (text.len > RESTREAM_URL_MAX) {
        *err = "url is longer than 4096 bytes";
        return RESTREAM_ERROR;
    }

    for (i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] == 0x7f) {
            *err = "url contains a space or a control character";
            return RESTREAM_ERROR;
        }
    }

    if (restream_url_parse_scheme(u, &text) != RESTREAM_OK) {
        *err = "scheme is not rtmp:// or rtmps://";
        return RESTREAM_ERROR;
    }

    n = restream_url_find(text, '/');
    authority = restream_url_slice(text, 0, n);
    text = restream_url_slice(text, n, text.len);

    *err = restream_url_parse_user(u, &authority);
    if (*err) {
        return RESTREAM_ERROR;
    }

    *err = restream_url_parse_host(u, &authority);
    if (*err) {
        return RESTREAM_ERROR;
    }

    *err = restream_url_parse_port(u, authority);
    if (*err) {
        return RESTREAM_ERROR;
    }

    *err = restream_url_parse_path(u, text, with_key);

    return *err ? RESTREAM_ERROR : RESTREAM_OK;
}


static int
restream_url_parse_scheme(restream_url_t *u, restream_str_t *text)
{
    size_t  n;

    if (text->len >= 7
        && strncasecmp((char *) text->data, "rtmp://", 7) == 0)
    {
        n = 7;

    } else if (text->len >= 8
               && strncasecmp((char *) text->data, "rtmps://", 8) == 0)
    {
        n = 8;
        u->tls = 1;

    } else {
        return RESTREAM_ERROR;
    }

    *text = restream_url_slice(*text, n, text->len);

    return RESTREAM_OK;
}


/* takes "user:password@" off; the functions here return what is wrong */

static const char *
restream_url_parse_user(restream_url_t *u, restream_str_t *authority)
{
    size_t          n;
    restream_str_t  login;

    n = restream_url_find_last(*authority, '@');
    if (n == authority->len) {
        return NULL;
    }

    login = restream_url_slice(*authority, 0, n);
    *authority = restream_url_slice(*authority, n + 1, authority->len);

    n = restream_url_find(login, ':');

    u->user = restream_url_slice(login, 0, n);

    if (n < login.len) {
        u->password = restream_url_slice(login, n + 1, login.len);
    }

    return u->user.len ? NULL : "no user before \"@\"";
}


/* takes the host off; what is left is empty or begins with a colon */

static const char *
restream_url_parse_host(restream_url_t *u, restream_str_t *authority)
{
    size_t  n;

    if (authority->len && authority->data[0] == '[') {
        n = restream_url_find(*authority, ']');

        if (n == authority->len) {
            return "no \"]\" after the IPv6 address";
        }

        u->ipv6 = 1;
        u->host = restream_url_slice(*authority, 1, n);
        *authority = restream_url_slice(*authority, n + 1, authority->len);

        if (!restream_url_valid_ipv6(u->host)) {
            return "invalid IPv6 address";
        }

        if (authority->len && authority->data[0] != ':') {
            return "invalid port";
        }

        return NULL;
    }

    n = restream_url_find(*authority, ':');
    u->host = restream_url_slice(*authority, 0, n);
    *authority = restream_url_slice(*authority, n, authority->len);

    if (u->host.len == 0) {
        return "no host";
    }

    if (u->host.len > RESTREAM_URL_HOST_MAX) {
        return "host is longer than 253 bytes";
    }

    if (!restream_url_valid_name(u->host)) {
        return "invalid character in host";
    }

    if (restream_url_find_last(*authority, ':') > 0) {
        return "invalid port: an IPv6 address stands in brackets";
    }

    return NULL;
}


static int
restream_url_valid_name(restream_str_t host)
{
    size_t   i;
    uint8_t  ch;

    for (i = 0; i < host.len; i++) {
        ch = host.data[i];

        if (!restream_url_word(ch) && ch != '.' && ch != '-') {
            return 0;
        }
    }

    return 1;
}


/* a zone ("%eth0") is none of its characters */

static int
restream_url_valid_ipv6(restream_str_t host)
{
    char             text[INET6_ADDRSTRLEN];
    struct in6_addr  addr;

    if (host.len >= sizeof(text)) {
        return 0;
    }

    memcpy(text, host.data, host.len);
    text[host.len] = '\0';

    return inet_pton(AF_INET6, text, &addr) == 1;
}


static const char *
restream_url_parse_port(restream_url_t *u, restream_str_t text)
{
    size_t    i;
    unsigned  port;

    if (text.len == 0) {
        u->port = u->tls ? RESTREAM_URL_PORT_RTMPS : RESTREAM_URL_PORT_RTMP;
        return NULL;
    }

    port = 0;

    for (i = 1; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return "invalid port";
        }

        port = port * 10 + (text.data[i] - '0');

        if (port > 65535) {
            return "invalid port";
        }
    }

    if (port == 0) {
        return "invalid port";
    }

    u->port = (uint16_t) port;
    u->port_given = 1;

    return NULL;
}


static const char *
restream_url_parse_path(restream_url_t *u, restream_str_t path, int with_key)
{
    size_t  key;

    while (path.len && path.data[0] == '/') {
        path = restream_url_slice(path, 1, path.len);
    }

    if (with_key) {
        key = restream_url_key(path);

        u->key = restream_url_slice(path, key, path.len);
        u->app = restream_url_slice(path, 0, key);

        if (path.len && (key == 0 || u->key.len == 0)) {
            return "no stream key at the end";
        }

        if (u->key.len > RESTREAM_URL_KEY_MAX) {
            return "stream key is longer than 2048 bytes";
        }

    } else {
        u->app = path;
    }

    while (u->app.len && u->app.data[u->app.len - 1] == '/') {
        u->app.len--;
    }

    if (u->app.len == 0 || u->app.data[0] == '?') {
        return "no application after the host";
    }

    return NULL;
}


/* where the key begins; 0: nowhere */

static size_t
restream_url_key(restream_str_t path)
{
    size_t  query, slash;

    query = restream_url_find(path, '?');
    slash = restream_url_find_last(restream_url_slice(path, 0, query), '/');

    /* "live2?backup=1/key" (YouTube's backup server): the query is the app's.
     * Not so in "live-bvc/?streamname=..." (Bilibili): all of it is key. */

    if (slash == query) {
        slash = restream_url_find_last(path, '/');
    }

    return slash < path.len ? slash + 1 : 0;
}


size_t
restream_url_redact(const restream_url_t *u, uint8_t *out, size_t size)
{
    size_t          i, n;
    uint8_t         ch;
    restream_buf_t  b;

    restream_buf_init(&b, out, size);
    restream_url_put_server(&b, u, u->port_given);

    n = restream_url_find(u->app, '?');

    for (i = 0; i < n; i++) {
        ch = u->app.data[i];
        restream_buf_put8(&b, ch < ' ' || ch == 0x7f ? '?' : ch);
    }

    return b.last - b.start;
}


size_t
restream_url_tc_url(const restream_url_t *u, uint8_t *out, size_t size)
{
    restream_buf_t  b;

    restream_buf_init(&b, out, size);
    restream_url_put_server(&b, u, u->port != (u->tls ? RESTREAM_URL_PORT_RTMPS
                                                   : RESTREAM_URL_PORT_RTMP));
    restream_buf_put(&b, u->app.data, u->app.len);

    return b.last - b.start;
}


static void
restream_url_put_server(restream_buf_t *b, const restream_url_t *u,
    int with_port)
{
    int   n;
    char  port[sizeof(":65535")];

    if (u->tls) {
        restream_buf_put(b, "rtmps://", 8);

    } else {
        restream_buf_put(b, "rtmp://", 7);
    }

    if (u->ipv6) {
        restream_buf_put8(b, '[');
    }

    restream_buf_put(b, u->host.data, u->host.len);

    if (u->ipv6) {
        restream_buf_put8(b, ']');
    }

    if (with_port) {
        n = snprintf(port, sizeof(port), ":%u", (unsigned) u->port);
        restream_buf_put(b, port, n);
    }

    restream_buf_put8(b, '/');
}


size_t
restream_url_decode(restream_str_t text, uint8_t *out)
{
    size_t   i;
    uint8_t  *p;

    p = out;

    for (i = 0; i < text.len; i++) {

        if (text.data[i] == '%' && text.len - i > 2
            && restream_url_hex(text.data[i + 1]) >= 0
            && restream_url_hex(text.data[i + 2]) >= 0)
        {
            *p++ = (uint8_t) (restream_url_hex(text.data[i + 1]) << 4
                              | restream_url_hex(text.data[i + 2]));
            i += 2;

        } else {
            *p++ = text.data[i];
        }
    }

    return p - out;
}


static int
restream_url_hex(uint8_t ch)
{
    if (ch >= '0' && ch <= '9') {
        return ch - '0';
    }

    ch |= 0x20;

    return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}


size_t
restream_url_expand(restream_str_t text, const restream_url_vars_t *vars,
    uint8_t *out, size_t size)
{
    size_t          i, total;
    restream_str_t  part, value;

    total = 0;

    for (i = 0; i < text.len; i += part.len) {
        part = restream_url_slice(text, i, i + 1);

        if (part.data[0] == '$') {
            while (i + part.len < text.len
                   && restream_url_word(text.data[i + part.len]))
            {
                part.len++;
            }
        }

        value = restream_url_value(part, vars);

        if (value.len && total <= size && value.len <= size - total) {
            memcpy(out + total, value.data, value.len);
        }

        total += value.len;
    }

    return total;
}


static int
restream_url_word(uint8_t ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')
           || (ch >= '0' && ch <= '9') || ch == '_';
}


/* of a variable its value, of any other part itself */

static restream_str_t
restream_url_value(restream_str_t part, const restream_url_vars_t *vars)
{
    if (part.len == 4 && memcmp(part.data, "$app", 4) == 0) {
        return vars->app;
    }

    if (part.len == 5 && memcmp(part.data, "$name", 5) == 0) {
        return vars->name;
    }

    if (part.len == 5 && memcmp(part.data, "$args", 5) == 0) {
        return vars->args;
    }

    return part;
}


/* the first, or last, ch; text.len when there is none */

static size_t
restream_url_find(restream_str_t text, uint8_t ch)
{
    size_t  i;

    for (i = 0; i < text.len && text.data[i] != ch; i++) {
        /* void */
    }

    return i;
}


static size_t
restream_url_find_last(restream_str_t text, uint8_t ch)
{
    size_t  i;

    for (i = text.len; i > 0; i--) {
        if (text.data[i - 1] == ch) {
            return i - 1;
        }
    }

    return text.len;
}


static restream_str_t
restream_url_slice(restream_str_t text, size_t from, size_t to)
{
    restream_str_t  slice;

    slice.data = text.data + from;
    slice.len = to - from;

    return slice;
}
