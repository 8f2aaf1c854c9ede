/*
 * The newest large frames as pages: see ngx_rtmp_restream_pages.h.
 *
 * Places count on for ever; the file is used round and round, a place lies at
 * its remainder.  So a frame whose place is behind the tail is known to have
 * left, without a list of frames.
 */

#include "ngx_rtmp_restream_pages.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>


/* windows that fit into the file: few frames then do not fit before its end */
#define NGX_RTMP_RESTREAM_PAGES_TURN  4

/* bytes of a frame: below, a system call of its own costs more than a copy */
#define NGX_RTMP_RESTREAM_PAGES_MIN   8192


struct ngx_rtmp_restream_pages_s {
    ngx_fd_t  fd;
    size_t    size;         /* bytes, of the window */
    size_t    turn;         /* bytes, of the file */
    uint64_t  tail;         /* places, multiples of the page size, never 0 */
    uint64_t  head;
    unsigned  broken:1;     /* the kernel would not send from it */
};


static ngx_fd_t ngx_rtmp_restream_pages_open(void);
static void ngx_rtmp_restream_pages_cut(ngx_rtmp_restream_pages_t *pages,
    uint64_t tail);
static uint64_t ngx_rtmp_restream_pages_place(ngx_rtmp_restream_pages_t *pages,
    restream_cursor_scratch_t *sc, ngx_uint_t i);
static ssize_t ngx_rtmp_restream_pages_send_file(
    ngx_rtmp_restream_pages_t *pages, ngx_socket_t s, uint64_t place,
    size_t size);
static ssize_t ngx_rtmp_restream_pages_send_memory(ngx_socket_t s,
    struct iovec *iov, ngx_uint_t niov, ngx_uint_t more);


/* where in the file a place is */
#define ngx_rtmp_restream_pages_at(pages, place)                              \
    ((off_t) ((place) % (pages)->turn))


ngx_rtmp_restream_pages_t *
ngx_rtmp_restream_pages_create(ngx_pool_t *pool, size_t size)
{
    struct rlimit               limit;
    ngx_rtmp_restream_pages_t  *pages;

    size -= size % ngx_pagesize;

    /* beyond this limit a write is a signal, and that the end of the worker */

    if (size < NGX_RTMP_RESTREAM_PAGES_MIN
        || getrlimit(RLIMIT_FSIZE, &limit) == -1
        || limit.rlim_cur < size * NGX_RTMP_RESTREAM_PAGES_TURN)
    {
        return NULL;
    }

    pages = ngx_pcalloc(pool, sizeof(ngx_rtmp_restream_pages_t));
    if (pages == NULL) {
        return NULL;
    }

    pages->fd = ngx_rtmp_restream_pages_open();
    if (pages->fd == NGX_INVALID_FILE) {
        return NULL;
    }

    pages->size = size;
    pages->turn = size * NGX_RTMP_RESTREAM_PAGES_TURN;
    pages->tail = ngx_pagesize;
    pages->head = ngx_pagesize;

    return pages;
}


static ngx_fd_t
ngx_rtmp_restream_pages_open(void)
{
#ifdef MFD_CLOEXEC

    ngx_fd_t  fd;

#ifdef MFD_NOEXEC_SEAL
    fd = memfd_create("restream", MFD_CLOEXEC|MFD_NOEXEC_SEAL);

    if (fd != -1 || ngx_errno != NGX_EINVAL) {
        return fd;
    }
#endif

    fd = memfd_create("restream", MFD_CLOEXEC);

    return fd;

#else

    return NGX_INVALID_FILE;

#endif
}


void
ngx_rtmp_restream_pages_destroy(ngx_rtmp_restream_pages_t **pagesp)
{
    ngx_rtmp_restream_pages_t  *pages;

    pages = *pagesp;
    *pagesp = NULL;

    if (pages) {
        (void) close(pages->fd);
    }
}


void
ngx_rtmp_restream_pages_put(ngx_rtmp_restream_pages_t *pages,
    restream_frame_t *frm)
{
    size_t    size, left;
    ssize_t   n;
    uint64_t  place, tail;

    if (pages->broken
        || frm->size < NGX_RTMP_RESTREAM_PAGES_MIN
        || frm->place >= pages->tail)
    {
        return;
    }

    size = ngx_align(frm->size, ngx_pagesize);

    if (size > pages->size) {
        return;
    }

    place = pages->head;
    left = pages->turn - ngx_rtmp_restream_pages_at(pages, place);

    if (size > left) {
        place += left;
    }

    if (place + size - pages->tail > pages->size) {

        /* a quarter more, not to be here for every frame */

        tail = place + size - pages->size + pages->size / 4;

        ngx_rtmp_restream_pages_cut(pages, ngx_min(tail, place));

        if (pages->broken) {
            return;
        }
    }

    do {
        n = pwrite(pages->fd, frm->data, frm->size,
                   ngx_rtmp_restream_pages_at(pages, place));
    } while (n == -1 && ngx_errno == NGX_EINTR);

    pages->head = place + size;

    if (n == (ssize_t) frm->size) {
        frm->place = place;
    }
}


/* what lies before tail, which is on a page's edge, leaves */

static void
ngx_rtmp_restream_pages_cut(ngx_rtmp_restream_pages_t *pages, uint64_t tail)
{
    off_t   at;
    size_t  left, size;

    tail = ngx_align(tail, (uint64_t) ngx_pagesize);

    while (pages->tail < tail) {
        at = ngx_rtmp_restream_pages_at(pages, pages->tail);
        left = pages->turn - at;
        size = ngx_min(tail - pages->tail, left);

        if (fallocate(pages->fd, FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE,
                      at, size)
            == -1)
        {
            /* a page must not be written twice */

            pages->broken = 1;
        }

        pages->tail += size;
    }

    pages->head = ngx_max(pages->head, pages->tail);
}


ssize_t
ngx_rtmp_restream_pages_send(ngx_rtmp_restream_pages_t *pages, ngx_socket_t s,
    restream_cursor_scratch_t *sc)
{
    size_t      sent, size;
    ssize_t     n;
    uint64_t    place;
    ngx_uint_t  i, j;

    sent = 0;

    for (i = 0; i < sc->niov; i = j) {
        place = ngx_rtmp_restream_pages_place(pages, sc, i);
        size = sc->iov[i].iov_len;
        j = i + 1;

        if (place) {
            n = ngx_rtmp_restream_pages_send_file(pages, s, place, size);

            if (pages->broken) {
                j = i;
                continue;
            }

        } else {
            while (j < sc->niov
                   && !ngx_rtmp_restream_pages_place(pages, sc, j))
            {
                size += sc->iov[j++].iov_len;
            }

            n = ngx_rtmp_restream_pages_send_memory(s, &sc->iov[i], j - i,
                                                    j < sc->niov);
        }

        if (n == -1) {

            /* an error that lasts comes again with the next call */

            return sent ? (ssize_t) sent : -1;
        }

        sent += n;

        if ((size_t) n < size) {
            break;
        }
    }

    return sent;
}


/* of slice i; 0: it is in memory only */

static uint64_t
ngx_rtmp_restream_pages_place(ngx_rtmp_restream_pages_t *pages,
    restream_cursor_scratch_t *sc, ngx_uint_t i)
{
    restream_frame_t  *frm;

    frm = sc->frames[i];

    if (frm == NULL || frm->place < pages->tail || pages->broken) {
        return 0;
    }

    return frm->place + ((u_char *) sc->iov[i].iov_base - frm->data);
}


static ssize_t
ngx_rtmp_restream_pages_send_file(ngx_rtmp_restream_pages_t *pages,
    ngx_socket_t s, uint64_t place, size_t size)
{
    off_t    at;
    ssize_t  n;

    at = ngx_rtmp_restream_pages_at(pages, place);

    do {
        n = sendfile(s, pages->fd, &at, size);
    } while (n == -1 && ngx_errno == NGX_EINTR);

    /* the file's fault, not the socket's */

    if (n == 0 || (n == -1 && (ngx_errno == NGX_EINVAL
                               || ngx_errno == NGX_ENOSYS)))
    {
        pages->broken = 1;
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

    /* headers leave with the pages that follow */

    do {
        n = sendmsg(s, &msg, more ? MSG_MORE : 0);
    } while (n == -1 && ngx_errno == NGX_EINTR);

    return n;
}
