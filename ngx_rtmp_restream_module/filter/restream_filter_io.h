/*
 * What the filter reads and writes: bytes from descriptor 0, to descriptor 1,
 * blocking; what it has to say, on descriptor 2.
 *
 * Output is gathered and leaves when the buffer is full or is flushed, which
 * is to be done before each read: who feeds the filter may wait for it.
 */

#ifndef _RESTREAM_FILTER_IO_H_INCLUDED_
#define _RESTREAM_FILTER_IO_H_INCLUDED_


#include "../lib/restream_buf.h"

#include <sys/types.h>


#define RESTREAM_FILTER_IO_BUFFER  65536        /* bytes, either way */


typedef struct {
    uint8_t         in[RESTREAM_FILTER_IO_BUFFER];
    uint8_t         out[RESTREAM_FILTER_IO_BUFFER];
    restream_buf_t  buf;        /* on out */
} restream_filter_io_t;


void restream_filter_io_init(restream_filter_io_t *io);

/* ret   bytes in io->in; 0: end of file; -1: errno says why */
ssize_t restream_filter_io_read(restream_filter_io_t *io);

/* ERROR: errno says why */
int restream_filter_io_write(restream_filter_io_t *io, const void *data,
    size_t size);
int restream_filter_io_flush(restream_filter_io_t *io);

/*
 * Nobody else says anything: what is written to stderr is dropped.  libspeex
 * tells there of each corrupt frame, so that a publisher would fill the log.
 *
 * ret   ERROR     errno says why
 */
int restream_filter_io_hush(void);

/* one line on descriptor 2, with the name of the program in front; cut at 500
 * bytes */
void restream_filter_io_say(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));


#endif /* _RESTREAM_FILTER_IO_H_INCLUDED_ */
