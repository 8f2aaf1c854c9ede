/*
 * What outputs write, as pages: see ngx_rtmp_restream_pages.h.
 *
 * A place is a number that counts on for ever: the file's number times its
 * size, and the offset in it.  So a frame whose place is before the tail is
 * known not to be here any more, without a list of frames.
 */

#include "ngx_rtmp_restream_pages.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>


#define NGX_RTMP_RESTREAM_PAGES_FILES  2
#define NGX_RTMP_RESTREAM_PAGES_MIN    4096     /* bytes: fewer are copied */

/* since Linux 6.3, which warns where it is missing; not in every header */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL  0x0008U
#endif


struct ngx_rtmp_restream_pages_s {
    ngx_fd_t           fds[NGX_RTMP_RESTREAM_PAGES_FILES];
    size_t             size;    /* bytes of a file, at most */
    size_t             used;    /* of the newest */
    uint64_t           number;  /* of the newest */
    uint64_t           tail;    /* a place, where the oldest begins; never 0 */
    uint64_t           place;   /* of the message being written; 0: nowhere */
    restream_cursor_t  cursor;
    ngx_log_t         *log;
    unsigned           broken:1;
};


static ngx_int_t ngx_rtmp_restream_pages_turn(
    ngx_rtmp_restream_pages_t *pages);
static ngx_fd_t ngx_rtmp_restream_pages_open(void);
static void ngx_rtmp_restream_pages_close(ngx_rtmp_restream_pages_t *pages,
    ngx_uint_t i);
static void ngx_rtmp_restream_pages_write(ngx_rtmp_restream_pages_t *pages,
    restream_cursor_scratch_t *sc, ngx_uint_t i);
static uint64_t ngx_rtmp_restream_pages_find_room(
    ngx_rtmp_restream_pages_t *pages, size_t size);
static uint64_t ngx_rtmp_restream_pages_run(ngx_rtmp_restream_pages_t *pages,
    restream_cursor_scratch_t *sc, ngx_uint_t i, ngx_uint_t *end,
    size_t *size);
static uint64_t ngx_rtmp_restream_pages_place(ngx_rtmp_restream_pages_t *pages,
    restream_cursor_msg_t *msg);
static ssize_t ngx_rtmp_restream_pages_send_file(
    ngx_rtmp_restream_pages_t *pages, ngx_socket_t s, uint64_t place,
    size_t size);
static ssize_t ngx_rtmp_restream_pages_send_memory(ngx_socket_t s,
    struct iovec *iov, ngx_uint_t niov, ngx_uint_t more);
static size_t ngx_rtmp_restream_pages_size(restream_cursor_scratch_t *sc,
    ngx_uint_t first, ngx_uint_t end);


#define ngx_rtmp_restream_pages_fd(pages, place)                              \
    (pages)->fds[(place) / (pages)->size % NGX_RTMP_RESTREAM_PAGES_FILES]

#define ngx_rtmp_restream_pages_offset(pages, place)                          \
    ((off_t) ((place) % (pages)->size))

/* the slices of message i end here */
#define ngx_rtmp_restream_pages_end(sc, i)                                    \
    ((i) + 1 < (sc)->nmsgs ? (sc)->msgs[(i) + 1].iov : (sc)->niov)


/* of this worker */

static restream_cursor_scratch_t  ngx_rtmp_restream_pages_scratch;


ngx_rtmp_restream_pages_t *
ngx_rtmp_restream_pages_create(ngx_pool_t *pool, restream_ring_t *ring,
    uint32_t chunk_size, size_t size)
{
    ngx_uint_t                  i;
    struct rlimit               limit;
    ngx_rtmp_restream_pages_t  *pages;

    size /= NGX_RTMP_RESTREAM_PAGES_FILES;

    /* beyond this limit a write is a signal, and that the end of the worker */

    if (getrlimit(RLIMIT_FSIZE, &limit) == -1 || limit.rlim_cur < size) {
        ngx_log_error(NGX_LOG_INFO, pool->log, 0,
                      "no memory file to send from: the limit of file sizes "
                      "is below %uz", size);
        return NULL;
    }

    pages = ngx_pcalloc(pool, sizeof(ngx_rtmp_restream_pages_t));
    if (pages == NULL) {
        return NULL;
    }

    for (i = 0; i < NGX_RTMP_RESTREAM_PAGES_FILES; i++) {
        pages->fds[i] = NGX_INVALID_FILE;
    }

    pages->log = pool->log;
    pages->size = size;
    pages->number = NGX_RTMP_RESTREAM_PAGES_FILES;

    if (ngx_rtmp_restream_pages_turn(pages) != NGX_OK) {
        return NULL;
    }

    restream_cursor_start(&pages->cursor, ring, RESTREAM_RING_NONE,
                          chunk_size, 1);

    return pages;
}


/* on to the next file; what is the oldest goes */

static ngx_int_t
ngx_rtmp_restream_pages_turn(ngx_rtmp_restream_pages_t *pages)
{
    ngx_uint_t  i;

    pages->number++;
    pages->used = 0;
    pages->tail = (pages->number - NGX_RTMP_RESTREAM_PAGES_FILES + 1)
                  * pages->size;

    i = pages->number % NGX_RTMP_RESTREAM_PAGES_FILES;

    ngx_rtmp_restream_pages_close(pages, i);

    pages->fds[i] = ngx_rtmp_restream_pages_open();

    if (pages->fds[i] == NGX_INVALID_FILE) {
        pages->broken = 1;

        ngx_log_error(NGX_LOG_INFO, pages->log, ngx_errno,
                      "no memory file to send from: memfd_create() failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_fd_t
ngx_rtmp_restream_pages_open(void)
{
#ifdef MFD_CLOEXEC

    ngx_fd_t  fd;

    fd = memfd_create("restream", MFD_CLOEXEC|MFD_NOEXEC_SEAL);

    if (fd == NGX_INVALID_FILE && ngx_errno == NGX_EINVAL) {
        fd = memfd_create("restream", MFD_CLOEXEC);
    }

    return fd;

#else

    ngx_set_errno(NGX_ENOSYS);

    return NGX_INVALID_FILE;

#endif
}


static void
ngx_rtmp_restream_pages_close(ngx_rtmp_restream_pages_t *pages, ngx_uint_t i)
{
    if (pages->fds[i] != NGX_INVALID_FILE) {
        (void) close(pages->fds[i]);
        pages->fds[i] = NGX_INVALID_FILE;
    }
}


void
ngx_rtmp_restream_pages_destroy(ngx_rtmp_restream_pages_t **pagesp)
{
    ngx_uint_t                  i;
    ngx_rtmp_restream_pages_t  *pages;

    pages = *pagesp;
    *pagesp = NULL;

    if (pages == NULL) {
        return;
    }

    restream_cursor_stop(&pages->cursor);

    for (i = 0; i < NGX_RTMP_RESTREAM_PAGES_FILES; i++) {
        ngx_rtmp_restream_pages_close(pages, i);
    }
}


ngx_int_t
ngx_rtmp_restream_pages_fill(ngx_rtmp_restream_pages_t *pages)
{
    ngx_uint_t                  i;
    restream_cursor_scratch_t  *sc;

    sc = &ngx_rtmp_restream_pages_scratch;

    while (!pages->broken
           && restream_cursor_fill(&pages->cursor, sc, 0) == RESTREAM_OK)
    {
        for (i = 0; i < sc->nmsgs; i++) {
            ngx_rtmp_restream_pages_write(pages, sc, i);
        }

        restream_cursor_sent(&pages->cursor, sc, sc->size);
    }

    return pages->broken ? NGX_ERROR : NGX_OK;
}


/* what is laid out of message i */

static void
ngx_rtmp_restream_pages_write(ngx_rtmp_restream_pages_t *pages,
    restream_cursor_scratch_t *sc, ngx_uint_t i)
{
    size_t                  skip, size;
    ssize_t                 n;
    ngx_uint_t              first, end;
    restream_cursor_msg_t  *msg;

    msg = &sc->msgs[i];
    skip = i == 0 ? sc->skip : 0;
    first = msg->iov;
    end = ngx_rtmp_restream_pages_end(sc, i);

    /* the last one may have found no room in sc */

    if (first == end) {
        return;
    }

    if (skip == 0) {
        pages->place = ngx_rtmp_restream_pages_find_room(pages,
                                                         msg->wire_size);
    }

    if (pages->place == 0) {
        return;
    }

    size = ngx_rtmp_restream_pages_size(sc, first, end);

    do {
        n = pwritev(ngx_rtmp_restream_pages_fd(pages, pages->place),
                    &sc->iov[first], end - first,
                    ngx_rtmp_restream_pages_offset(pages, pages->place)
                    + skip);
    } while (n == -1 && ngx_errno == NGX_EINTR);

    if (n != (ssize_t) size) {
        pages->place = 0;
        return;
    }

    if (skip + size < msg->wire_size) {
        return;
    }

    pages->used += msg->wire_size;

    if (msg->header_len == RESTREAM_CHUNK_HEADER_DELTA && msg->next_len == 1) {
        msg->frame->place = pages->place;
        ngx_memcpy(msg->frame->placed, msg->header,
                   RESTREAM_CHUNK_HEADER_DELTA);
    }
}


/* the place for a message; 0: there is none */

static uint64_t
ngx_rtmp_restream_pages_find_room(ngx_rtmp_restream_pages_t *pages,
    size_t size)
{
    if (pages->broken || size > pages->size) {
        return 0;
    }

    if (size > pages->size - pages->used
        && ngx_rtmp_restream_pages_turn(pages) != NGX_OK)
    {
        return 0;
    }

    return pages->number * pages->size + pages->used;
}


ssize_t
ngx_rtmp_restream_pages_send(ngx_rtmp_restream_pages_t *pages, ngx_socket_t s,
    restream_cursor_scratch_t *sc, ngx_uint_t *full)
{
    size_t      sent, size;
    ssize_t     n;
    uint64_t    place;
    ngx_uint_t  i, j, k, first, end;

    sent = 0;
    *full = 0;

    for (i = 0; i < sc->nmsgs; i = j) {
        place = ngx_rtmp_restream_pages_run(pages, sc, i, &j, &size);

        if (place) {
            n = ngx_rtmp_restream_pages_send_file(pages, s, place, size);

            if (n == -1 && pages->broken) {
                j = i;
                continue;
            }

        } else {
            while (j < sc->nmsgs
                   && !ngx_rtmp_restream_pages_run(pages, sc, j, &k, &size))
            {
                j++;
            }

            first = sc->msgs[i].iov;
            end = ngx_rtmp_restream_pages_end(sc, j - 1);

            size = ngx_rtmp_restream_pages_size(sc, first, end);

            /* the last message may have found no room in sc */

            if (size == 0) {
                break;
            }

            n = ngx_rtmp_restream_pages_send_memory(s, &sc->iov[first],
                                                    end - first,
                                                    j < sc->nmsgs);
        }

        if (n == -1) {
            *full = (ngx_socket_errno == NGX_EAGAIN);

            /* what is more than that comes again with the next call */

            return sent ? (ssize_t) sent : -1;
        }

        sent += n;

        if ((size_t) n < size) {

            /* only the memory that it takes makes sendmsg() stop; sendfile()
             * stops for a signal, too, and the next call will tell */

            *full = (place == 0);
            break;
        }
    }

    return sent;
}


/*
 * Messages from i on that lie in a file one behind the other, if it pays to
 * send them from there.
 *
 * out   *end      the first that does not belong to them; i + 1 for 0
 *       *size     their bytes
 * ret   where they begin; 0: there are none
 */

static uint64_t
ngx_rtmp_restream_pages_run(ngx_rtmp_restream_pages_t *pages,
    restream_cursor_scratch_t *sc, ngx_uint_t i, ngx_uint_t *end,
    size_t *size)
{
    uint64_t    place, next;
    ngx_uint_t  j;

    *end = i + 1;
    *size = 0;

    place = ngx_rtmp_restream_pages_place(pages, &sc->msgs[i]);

    if (place == 0) {
        return 0;
    }

    *size = sc->msgs[i].wire_size;

    for (j = i + 1; j < sc->nmsgs; j++) {
        next = ngx_rtmp_restream_pages_place(pages, &sc->msgs[j]);

        /* the next file begins where a full one ends */

        if (next != place + *size || next % pages->size == 0) {
            break;
        }

        *size += sc->msgs[j].wire_size;
    }

    if (i == 0) {
        place += sc->skip;
        *size -= sc->skip;
    }

    if (*size < NGX_RTMP_RESTREAM_PAGES_MIN) {
        return 0;
    }

    *end = j;

    return place;
}


/* 0: the message is not in a file, or not with these headers */

static uint64_t
ngx_rtmp_restream_pages_place(ngx_rtmp_restream_pages_t *pages,
    restream_cursor_msg_t *msg)
{
    restream_frame_t  *frm;

    frm = msg->frame;

    if (pages->broken
        || frm->place < pages->tail
        || msg->header_len != RESTREAM_CHUNK_HEADER_DELTA
        || msg->next_len != 1
        || ngx_memcmp(frm->placed, msg->header, RESTREAM_CHUNK_HEADER_DELTA)
           != 0)
    {
        return 0;
    }

    return frm->place;
}


static ssize_t
ngx_rtmp_restream_pages_send_file(ngx_rtmp_restream_pages_t *pages,
    ngx_socket_t s, uint64_t place, size_t size)
{
    off_t      offset;
    ssize_t    n;
    ngx_err_t  err;

    offset = ngx_rtmp_restream_pages_offset(pages, place);

    do {
        n = sendfile(s, ngx_rtmp_restream_pages_fd(pages, place), &offset,
                     size);
        err = ngx_errno;
    } while (n == -1 && err == NGX_EINTR);

    /* what is the file's fault, or memory's, and not the socket's */

    if (n == 0
        || (n == -1
            && (err == NGX_EINVAL || err == NGX_ENOSYS || err == NGX_ENOMEM
                || err == NGX_EPERM || err == EIO)))
    {
        pages->broken = 1;

        ngx_log_error(NGX_LOG_INFO, pages->log, n ? err : 0,
                      "sendfile() from a memory file failed");
        return -1;
    }

    return n;
}


static ssize_t
ngx_rtmp_restream_pages_send_memory(ngx_socket_t s, struct iovec *iov,
    ngx_uint_t niov, ngx_uint_t more)
{
    ssize_t        n;
    struct msghdr  msg;

    ngx_memzero(&msg, sizeof(struct msghdr));

    msg.msg_iov = iov;
    msg.msg_iovlen = niov;

    /* what is small leaves with the pages that follow */

    do {
        n = sendmsg(s, &msg, more ? MSG_MORE : 0);
    } while (n == -1 && ngx_socket_errno == NGX_EINTR);

    return n;
}


/* bytes of the slices first to end - 1 */

static size_t
ngx_rtmp_restream_pages_size(restream_cursor_scratch_t *sc, ngx_uint_t first,
    ngx_uint_t end)
{
    size_t      size;
    ngx_uint_t  i;

    for (i = first, size = 0; i < end; i++) {
        size += sc->iov[i].iov_len;
    }

    return size;
}
