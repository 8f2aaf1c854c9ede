/*
 * Destination urls: every part lies inside the text, what is shown holds no
 * secret, and a url put together of the parts is split in the same way.
 *
 * The first byte of the input says whether the url ends with a key.
 */

#include "lib/restream_url.h"

#include <stdlib.h>
#include <string.h>


#define check(cond)  if (!(cond)) { abort(); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(restream_str_t text, restream_str_t part);
static void check_parts(restream_str_t text, const restream_url_t *u);
static void check_redacted(const restream_url_t *u);
static void scribble(const restream_url_t *u, restream_str_t query);
static void check_again(const restream_url_t *u);
static int same(restream_str_t a, restream_str_t b);
static void check_decode(restream_str_t text);
static void check_expand(restream_str_t text);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int              rc;
    const char      *err;
    restream_str_t   text;
    restream_url_t   u;

    if (size == 0) {
        return 0;
    }

    text.len = size - 1;
    text.data = malloc(text.len);
    memcpy(text.data, data + 1, text.len);

    err = NULL;
    rc = restream_url_parse(&u, text, data[0] & 1, &err);

    if (rc == RESTREAM_OK) {
        check(((data[0] & 1) != 0) == (u.key.len != 0));

        check_parts(text, &u);
        check_redacted(&u);
        check_again(&u);

    } else {
        check(rc == RESTREAM_ERROR && err[0]);
    }

    check_decode(text);
    check_expand(text);

    free(text.data);

    return 0;
}


static void
check_parts(restream_str_t text, const restream_url_t *u)
{
    check_inside(text, u->host);
    check_inside(text, u->app);
    check_inside(text, u->key);
    check_inside(text, u->user);
    check_inside(text, u->password);

    check(u->host.len > 0 && u->port > 0);
    check(u->app.len > 0 && u->app.data[0] != '/'
          && u->app.data[u->app.len - 1] != '/');
    check(u->key.len <= RESTREAM_URL_KEY_MAX);
}


static void
check_inside(restream_str_t text, restream_str_t part)
{
    check(part.len == 0
          || (part.data >= text.data
              && part.data + part.len <= text.data + text.len));
}


/* what is shown does not change with the secrets, so it holds none of them */

static void
check_redacted(const restream_url_t *u)
{
    size_t           n, size;
    uint8_t          out[RESTREAM_URL_MAX], again[RESTREAM_URL_MAX], *p;
    restream_str_t   query;

    n = restream_url_redact(u, out, sizeof(out));
    check(n <= sizeof(out) && memchr(out, '?', n) == NULL);

    query = u->app;
    p = memchr(query.data, '?', query.len);
    query.data = p ? p : query.data + query.len;
    query.len -= query.data - u->app.data;

    if (query.len) {
        query.data++;
        query.len--;
    }

    scribble(u, query);
    check(restream_url_redact(u, again, sizeof(again)) == n);
    check(memcmp(out, again, n) == 0);
    scribble(u, query);

    for (size = 0; size < n; size += 7) {
        p = malloc(size);
        check(restream_url_redact(u, p, size) <= size);
        free(p);
    }
}


/* the second time undoes the first */

static void
scribble(const restream_url_t *u, restream_str_t query)
{
    size_t          i, n;
    restream_str_t  secrets[4];

    secrets[0] = u->key;
    secrets[1] = u->user;
    secrets[2] = u->password;
    secrets[3] = query;

    for (i = 0; i < 4; i++) {
        for (n = 0; n < secrets[i].len; n++) {
            secrets[i].data[n] ^= 1;
        }
    }
}


static void
check_again(const restream_url_t *u)
{
    const char      *err;
    uint8_t          text[RESTREAM_URL_MAX + 1];
    restream_str_t   url;
    restream_url_t   again;

    url.data = text;
    url.len = restream_url_tc_url(u, text, sizeof(text));

    if (u->key.len) {
        check(url.len + 1 + u->key.len <= RESTREAM_URL_MAX);
        text[url.len++] = '/';
        memcpy(text + url.len, u->key.data, u->key.len);
        url.len += u->key.len;
    }

    check(restream_url_parse(&again, url, u->key.len != 0, &err)
          == RESTREAM_OK);

    check(same(again.host, u->host));
    check(same(again.app, u->app));
    check(same(again.key, u->key));
    check(again.port == u->port && again.tls == u->tls
          && again.ipv6 == u->ipv6);
}


static int
same(restream_str_t a, restream_str_t b)
{
    return a.len == b.len
           && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}


static void
check_decode(restream_str_t text)
{
    size_t    n;
    uint8_t  *out;

    out = malloc(text.len);
    n = restream_url_decode(text, out);

    check(n <= text.len && (text.len - n) % 2 == 0);
    check(n < text.len || memcmp(out, text.data, n) == 0);

    free(out);
}


/* the text is expanded with parts of itself */

static void
check_expand(restream_str_t text)
{
    size_t                size;
    uint8_t              *out;
    restream_url_vars_t   vars;

    vars.app = text;
    vars.app.len = text.len / 2;
    vars.name.data = text.data + text.len / 3;
    vars.name.len = text.len / 3;
    vars.args.data = NULL;
    vars.args.len = 0;

    size = restream_url_expand(text, &vars, NULL, 0);

    out = malloc(size);
    check(restream_url_expand(text, &vars, out, size) == size);
    free(out);

    out = malloc(size / 2);
    check(restream_url_expand(text, &vars, out, size / 2) == size);
    free(out);
}
