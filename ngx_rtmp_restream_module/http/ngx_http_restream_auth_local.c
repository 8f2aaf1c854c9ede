/*
 * The operator at this machine: see ngx_http_restream_auth_local.h.
 */

#include "ngx_http_restream_auth_local.h"
#include "ngx_http_restream_header.h"

#include "../model/restream_origin.h"


#define NGX_HTTP_RESTREAM_LOCAL_SET                                           \
    "; set \"restream_api_token\" or \"restream_api_jwt\""


static ngx_uint_t ngx_http_restream_local_peer(struct sockaddr *sockaddr);
static ngx_uint_t ngx_http_restream_local_host(ngx_http_request_t *r,
    restream_str_t *host);
static ngx_uint_t ngx_http_restream_local_proxied(ngx_http_request_t *r);
static ngx_uint_t ngx_http_restream_local_renamed(ngx_http_request_t *r);
static ngx_uint_t ngx_http_restream_local_is(ngx_http_request_t *r,
    ngx_str_t *variable, ngx_str_t *value);
static ngx_uint_t ngx_http_restream_local_origin(ngx_http_request_t *r,
    restream_str_t host);


static restream_access_t  ngx_http_restream_local_access = {
    RESTREAM_CAN_ALL, 0, 0, NULL, NULL
};


/* what a proxy adds to the requests that it passes on */

static char  *ngx_http_restream_local_headers[] = {
    "forwarded", "x-forwarded-*", "x-real-ip", "x-client-ip",
    "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip",
    "fastly-client-ip", "via", NULL
};


const char *
ngx_http_restream_auth_local(ngx_http_request_t *r,
    ngx_http_restream_grant_t *grant)
{
    restream_str_t  host;

    if (!ngx_http_restream_local_peer(r->connection->sockaddr)) {
        return "without a token only this machine may use the API, and the "
               "request is from another one" NGX_HTTP_RESTREAM_LOCAL_SET;
    }

    if (ngx_http_restream_local_proxied(r)) {
        return "without a token only this machine may use the API, and the "
               "request has come through a proxy" NGX_HTTP_RESTREAM_LOCAL_SET;
    }

    if (!ngx_http_restream_local_host(r, &host)) {
        return "without a token the API is only there for the hosts "
               "\"localhost\", 127.0.0.0/8 and [::1], and the request is for "
               "another one" NGX_HTTP_RESTREAM_LOCAL_SET;
    }

    if (!ngx_http_restream_local_origin(r, host)) {
        return "without a token no page of another host may use the API, and "
               "the request has the \"Origin\" of one"
               NGX_HTTP_RESTREAM_LOCAL_SET;
    }

    grant->access = &ngx_http_restream_local_access;
    ngx_str_set(&grant->who, "local");

    return NULL;
}


ngx_uint_t
ngx_http_restream_auth_same_site(ngx_http_request_t *r)
{
    size_t            len;
    ngx_table_elt_t  *h;

    static ngx_str_t  json = ngx_string("application/json");

    if (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_OPTIONS)) {
        return 1;
    }

    h = r->headers_in.content_type;

    if (h == NULL
        || h->value.len < json.len
        || ngx_strncasecmp(h->value.data, json.data, json.len) != 0)
    {
        return 0;
    }

    for (len = json.len; len < h->value.len; len++) {
        if (h->value.data[len] != ' ' && h->value.data[len] != '\t') {
            return h->value.data[len] == ';';
        }
    }

    return 1;
}


static ngx_uint_t
ngx_http_restream_local_peer(struct sockaddr *sockaddr)
{
    u_char               *p;
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    switch (sockaddr->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) sockaddr;
        p = (u_char *) &sin->sin_addr;

        return p[0] == 127;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sockaddr;
        p = sin6->sin6_addr.s6_addr;

        return IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr)
               || (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr) && p[12] == 127);
#endif

#if (NGX_HAVE_UNIX_DOMAIN)
    case AF_UNIX:
        return 1;
#endif

    default:
        return 0;
    }
}


/* also that of a request line with a whole URL, which nginx goes by then */

static ngx_uint_t
ngx_http_restream_local_host(ngx_http_request_t *r, restream_str_t *host)
{
    restream_str_t  server;

    if (r->headers_in.host == NULL) {
        return 0;
    }

    host->len = r->headers_in.host->value.len;
    host->data = r->headers_in.host->value.data;

    server.len = r->headers_in.server.len;
    server.data = r->headers_in.server.data;

    return restream_origin_host_is_loopback(*host)
           && restream_origin_host_is_loopback(server);
}


static ngx_uint_t
ngx_http_restream_local_proxied(ngx_http_request_t *r)
{
    char       **name;
    ngx_str_t    value;

    /* of the listen directive: a PROXY line need not tell an address */

    if (r->http_connection->addr_conf->proxy_protocol
        || ngx_http_restream_local_renamed(r))
    {
        return 1;
    }

    for (name = ngx_http_restream_local_headers; *name; name++) {
        if (ngx_http_restream_header(r, *name, &value)) {
            return 1;
        }
    }

    return 0;
}


/*
 * 1: the realip module has taken the address out of a header, whichever that
 * is: it is the word of somebody in front of us, or of whoever asks.  Where it
 * is the address that was there already, the port tells: a header has none, or
 * would have to guess it.
 */

static ngx_uint_t
ngx_http_restream_local_renamed(ngx_http_request_t *r)
{
    u_char             text[NGX_INT_T_LEN];
    in_port_t          n;
    ngx_str_t          port;
    ngx_connection_t  *c;
    static ngx_str_t   remote_addr = ngx_string("realip_remote_addr");
    static ngx_str_t   remote_port = ngx_string("realip_remote_port");

    c = r->connection;
    n = ngx_inet_get_port(c->sockaddr);

    port.data = text;
    port.len = n ? ngx_sprintf(text, "%ui", (ngx_uint_t) n) - text : 0;

    return !ngx_http_restream_local_is(r, &remote_addr, &c->addr_text)
           || !ngx_http_restream_local_is(r, &remote_port, &port);
}


/* 1: also when nginx has no realip, and with it no such variable */

static ngx_uint_t
ngx_http_restream_local_is(ngx_http_request_t *r, ngx_str_t *variable,
    ngx_str_t *value)
{
    ngx_uint_t                  key;
    ngx_http_variable_value_t  *vv;

    key = ngx_hash_key(variable->data, variable->len);

    vv = ngx_http_get_variable(r, variable, key);
    if (vv == NULL) {
        return 0;
    }

    return vv->not_found
           || (vv->len == value->len
               && ngx_memcmp(vv->data, value->data, value->len) == 0);
}


static ngx_uint_t
ngx_http_restream_local_origin(ngx_http_request_t *r, restream_str_t host)
{
    ngx_str_t        value;
    ngx_uint_t       n;
    restream_str_t   origin;

    n = ngx_http_restream_header(r, "origin", &value);

    if (n == 0) {
        return 1;
    }

    origin.len = value.len;
    origin.data = value.data;

    return n == 1 && restream_origin_is_host(origin, host);
}
