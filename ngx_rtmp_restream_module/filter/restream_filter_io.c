/*
 * What the filter reads and writes.
 */

#include "restream_filter_io.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>


#define RESTREAM_FILTER_IO_LINE  500            /* bytes */


static int restream_filter_io_send(const uint8_t *p, size_t size);


void
restream_filter_io_init(restream_filter_io_t *io)
{
    restream_buf_init(&io->buf, io->out, RESTREAM_FILTER_IO_BUFFER);
}


ssize_t
restream_filter_io_read(restream_filter_io_t *io)
{
    ssize_t  n;

    do {
        n = read(STDIN_FILENO, io->in, RESTREAM_FILTER_IO_BUFFER);
    } while (n == -1 && errno == EINTR);

    return n;
}


int
restream_filter_io_write(restream_filter_io_t *io, const void *data,
    size_t size)
{
    if (size > (size_t) (io->buf.end - io->buf.last)
        && restream_filter_io_flush(io) != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    if (size > RESTREAM_FILTER_IO_BUFFER) {
        return restream_filter_io_send(data, size);
    }

    restream_buf_put(&io->buf, data, size);

    return RESTREAM_OK;
}


int
restream_filter_io_flush(restream_filter_io_t *io)
{
    size_t  size;

    size = (size_t) (io->buf.last - io->buf.start);
    io->buf.last = io->buf.start;

    return restream_filter_io_send(io->buf.start, size);
}


static int
restream_filter_io_send(const uint8_t *p, size_t size)
{
    ssize_t  n;

    while (size) {
        n = write(STDOUT_FILENO, p, size);

        if (n == -1) {

            if (errno == EINTR) {
                continue;
            }

            return RESTREAM_ERROR;
        }

        p += n;
        size -= (size_t) n;
    }

    return RESTREAM_OK;
}


int
restream_filter_io_hush(void)
{
    FILE                   *nothing;
    cookie_io_functions_t   functions;

    /* without a function that writes, all that is written is dropped */

    memset(&functions, 0, sizeof(cookie_io_functions_t));

    nothing = fopencookie(NULL, "w", functions);
    if (nothing == NULL) {
        return RESTREAM_ERROR;
    }

    stderr = nothing;

    return RESTREAM_OK;
}


void
restream_filter_io_say(const char *fmt, ...)
{
    int      n, len;
    char     line[RESTREAM_FILTER_IO_LINE];
    va_list  args;

    n = snprintf(line, sizeof(line), "restream_filter: ");

    va_start(args, fmt);
    len = vsnprintf(line + n, sizeof(line) - (size_t) n, fmt, args);
    va_end(args);

    n += len > 0 ? len : 0;

    if (n > RESTREAM_FILTER_IO_LINE - 1) {
        n = RESTREAM_FILTER_IO_LINE - 1;
    }

    line[n++] = '\n';

    /* where it cannot be said, there is nobody to be told so */

    (void) !write(STDERR_FILENO, line, (size_t) n);
}
