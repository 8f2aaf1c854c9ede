/*
 * Destination URLs: split, expand, redact.  The one place that knows which
 * part of a URL is secret.
 */

#ifndef _RESTREAM_URL_H_INCLUDED_
#define _RESTREAM_URL_H_INCLUDED_


#include "restream.h"


#define RESTREAM_URL_MAX       4096     /* bytes of a url */
#define RESTREAM_URL_KEY_MAX   2048     /* bytes of a stream key */


typedef struct {
    restream_str_t   host;      /* without the brackets of an IPv6 literal */
    restream_str_t   app;       /* verbatim, query included, no slash at either
                                   end */
    restream_str_t   key;       /* verbatim, query included; empty: none */
    restream_str_t   user;      /* verbatim, see restream_url_decode() */
    restream_str_t   password;
    uint16_t         port;      /* default 1935, rtmps 443 */
    unsigned         tls:1;
    unsigned         ipv6:1;    /* host was in brackets */
    unsigned         port_given:1;
} restream_url_t;               /* strings borrow the text */


/*
 * Splits rtmp[s]://[user:password@]host[:port]/app[/key].
 *
 * in    with_key  1: the url ends with the key; 0: all behind the host is app
 * out   *u
 *       *err      on ERROR: what is wrong, in words, without the url
 * ret   OK, ERROR
 *
 * The key begins behind the last slash before the first '?', so that a slash in
 * the key's query does no harm; but where only one segment stands before the
 * '?' and a slash behind it, the query belongs to the app (the backup form:
 * live2?backup=1/key) and the key begins behind the last slash.  Nothing is
 * percent-decoded: platforms want keys verbatim.
 */
int restream_url_parse(restream_url_t *u, restream_str_t text, int with_key,
    const char **err);

/*
 * Replaces %XX by its byte, for a user or password that the url could not hold
 * otherwise; a '%' without two hexadecimal digits stays.
 *
 * in    out       room for text.len bytes; may be text.data
 * ret   bytes written
 */
size_t restream_url_decode(restream_str_t text, uint8_t *out);

/*
 * Writes the url as it may be shown: scheme, host, port where one was given,
 * app without its query.  No user, password, key or query.  Control characters
 * (of an expanded app) become '?'.
 *
 * ret   bytes written to out, at most size; not terminated
 */
size_t restream_url_redact(const restream_url_t *u, uint8_t *out, size_t size);

/*
 * Writes tcUrl: scheme, host, port where it is not the scheme's default, app
 * with its query.  Returns as restream_url_redact() does.
 */
size_t restream_url_tc_url(const restream_url_t *u, uint8_t *out, size_t size);


typedef struct {
    restream_str_t   app;
    restream_str_t   name;
    restream_str_t   args;
} restream_url_vars_t;

/*
 * Expands $app, $name and $args; a variable's name is the longest run of
 * letters, digits and '_', and any other $ stays as it is.
 *
 * ret   bytes of the result; when that is more than size, nothing useful is in
 *       out.  Call with size 0 to ask for the size.
 */
size_t restream_url_expand(restream_str_t text, const restream_url_vars_t *vars,
    uint8_t *out, size_t size);


#endif /* _RESTREAM_URL_H_INCLUDED_ */
