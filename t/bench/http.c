/*
 * A connection to an HTTP server: see the header.
 */

#include "http.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>


static int http_read(http_t *h);
static int http_header(http_t *h);


int
http_open(http_t *h, unsigned port)
{
    int                 on;
    struct sockaddr_in  sin;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons(port);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    on = 1;
    h->status = 0;
    h->body = 0;
    h->len = 0;
    h->fd = socket(AF_INET, SOCK_STREAM, 0);

    if (h->fd == -1) {
        return RESTREAM_ERROR;
    }

    if (connect(h->fd, (struct sockaddr *) &sin, sizeof(sin)) == -1
        || setsockopt(h->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
    {
        http_close(h);
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


void
http_close(http_t *h)
{
    (void) close(h->fd);
    h->fd = -1;
}


int
http_send(http_t *h, const char *method, const char *path, const char *body)
{
    int   n;
    char  request[1024];

    n = snprintf(request, sizeof(request),
                 "%s %s HTTP/1.1\r\n"
                 "Host: localhost\r\n"
                 "Content-Type: application/json\r\n"
                 "Content-Length: %zu\r\n\r\n"
                 "%s",
                 method, path, body ? strlen(body) : 0, body ? body : "");

    if (n >= (int) sizeof(request)
        || send(h->fd, request, n, MSG_NOSIGNAL) != n)
    {
        return RESTREAM_ERROR;
    }

    h->status = 0;
    h->body = 0;
    h->len = 0;

    return RESTREAM_OK;
}


int
http_receive(http_t *h)
{
    int  rc;

    do {
        rc = http_read(h);

        if (rc != RESTREAM_OK) {
            return rc;
        }

    } while (h->status == 0 || h->body);

    return RESTREAM_DONE;
}


/* one read, of the header's bytes or of the body's */

static int
http_read(http_t *h)
{
    ssize_t  n;

    n = recv(h->fd, h->buffer + h->len, HTTP_BUFFER - 1 - h->len,
             MSG_DONTWAIT);

    if (n == -1 && errno == EAGAIN) {
        return RESTREAM_AGAIN;
    }

    if (n <= 0) {
        return RESTREAM_ERROR;
    }

    if (h->status == 0) {
        h->len += n;
        return http_header(h);
    }

    if ((size_t) n > h->body) {
        return RESTREAM_ERROR;
    }

    h->body -= n;

    return RESTREAM_OK;
}


/* sets status and body as soon as the header is complete */

static int
http_header(http_t *h)
{
    char    *end, *p;
    size_t   size;

    h->buffer[h->len] = '\0';
    end = strstr(h->buffer, "\r\n\r\n");

    if (end == NULL) {
        return h->len < HTTP_BUFFER - 1 ? RESTREAM_OK : RESTREAM_ERROR;
    }

    *end = '\0';
    end += 4;

    if (sscanf(h->buffer, "HTTP/1.1 %u", &h->status) != 1) {
        return RESTREAM_ERROR;
    }

    p = strcasestr(h->buffer, "\r\nContent-Length:");
    h->body = p ? strtoul(p + strlen("\r\nContent-Length:"), NULL, 10) : 0;

    size = h->len - (end - h->buffer);
    h->len = 0;

    if (size > h->body) {
        return RESTREAM_ERROR;
    }

    h->body -= size;

    return RESTREAM_OK;
}
