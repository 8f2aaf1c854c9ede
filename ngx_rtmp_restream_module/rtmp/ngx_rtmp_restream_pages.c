/*
 * What outputs write, as pages: see ngx_rtmp_restream_pages.h.
 *
 * A place is a number that counts on for ever, and no two files have the same;
 * the file is used round and round, a place lies at its remainder.  So a frame
 * whose place is outside of tail..head is known not to be here, without a list
 * of frames.
 */

#include "ngx_rtmp_restream_pages.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>


#define NGX_RTMP_RESTREAM_PAGES_TURN   4        /* windows that fit the file */
#define NGX_RTMP_RESTREAM_PAGES_MIN    4096     /* bytes: fewer are copied */
#define NGX_RTMP_RESTREAM_PAGES_RANGE  ((uint64_t) 1 << 44)
                                                /* of places, of a file */


struct ngx_rtmp_restream_pages_s {
    ngx_fd_t           fd;
    size_t             size;    /* bytes of the window */
    size_t             turn;    /* bytes of the file */
    uint64_t           base;    /* place that lies at 0 */
    uint64_t           tail;
    uint64_t           head;
    uint64_t           place;   /* of the message being written; 0: nowhere */
    restream_cursor_t  cursor;
    unsigned           broken:1;    /* the kernel would not go on with it */
};


static ngx_fd_t ngx_rtmp_restream_pages_open(void);
static void ngx_rtmp_restream_pages_write(ngx_rtmp_restream_pages_t *pages,
    restream_cursor_scratch_t *sc, ngx_uint_t i);
static uint64_t ngx_rtmp_restream_pages_make_room(
    ngx_rtmp_restream_pages_t *pages, size_t size);
static void ngx_rtmp_restream_pages_cut(ngx_rtmp_restream_pages_t *pages,
    uint64_t tail);
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


/* where in the file a place is */
#define ngx_rtmp_restream_pages_at(pages, place)                              \
    ((off_t) (((place) - (pages)->base) % (pages)->turn))

/* the slices of message i end here */
#define ngx_rtmp_restream_pages_end(sc, i)                                    \
    ((i) + 1 < (sc)->nmsgs ? (sc)->msgs[(i) + 1].iov : (sc)->niov)


/* of this worker */

static uint64_t                   ngx_rtmp_restream_pages_base;
static restream_cursor_scratch_t  ngx_rtmp_restream_pages_scratch;


ngx_rtmp_restream_pages_t *
ngx_rtmp_restream_pages_create(ngx_pool_t *pool, restream_ring_t *ring,
    uint32_t chunk_size, size_t size)
{
    struct rlimit               limit;
    ngx_rtmp_restream_pages_t  *pages;

    size -= size % ngx_pagesize;

    /* beyond this limit a write is a signal, and that the end of the worker */

    if (size == 0
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

    ngx_rtmp_restream_pages_base += NGX_RTMP_RESTREAM_PAGES_RANGE;

    pages->size = size;
    pages->turn = size * NGX_RTMP_RESTREAM_PAGES_TURN;
    pages->base = ngx_rtmp_restream_pages_base;
    pages->tail = pages->base;
    pages->head = pages->base;

    restream_cursor_start(&pages->cursor, ring, RESTREAM_RING_NONE,
                          chunk_size, 1);

    return pages;
}


static ngx_fd_t
ngx_rtmp_restream_pages_open(void)
{
#ifdef MFD_CLOEXEC

#ifdef MFD_NOEXEC_SEAL

    ngx_fd_t  fd;

    fd = memfd_create("restream", MFD_CLOEXEC|MFD_NOEXEC_SEAL);

    if (fd != NGX_INVALID_FILE || ngx_errno != NGX_EINVAL) {
        return fd;
    }

    /* older than Linux 6.3 */

#endif

    return memfd_create("restream", MFD_CLOEXEC);

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

    if (pages == NULL) {
        return;
    }

    restream_cursor_stop(&pages->cursor);

    (void) close(pages->fd);
}


void
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
}


/* what is laid out of message i */

static void
ngx_rtmp_restream_pages_write(ngx_rtmp_restream_pages_t *pages,
    restream_cursor_scratch_t *sc, ngx_uint_t i)
{
    size_t                  skip, size;
    ssize_t                 n;
    ngx_uint_t              j, first, end;
    restream_cursor_msg_t  *msg;

    msg = &sc->msgs[i];
    skip = i == 0 ? sc->skip : 0;

    if (skip == 0) {
        pages->place = ngx_rtmp_restream_pages_make_room(pages,
                                                         msg->wire_size);
    }

    if (pages->place == 0) {
        return;
    }

    first = msg->iov;
    end = ngx_rtmp_restream_pages_end(sc, i);

    for (j = first, size = 0; j < end; j++) {
        size += sc->iov[j].iov_len;
    }

    do {
        n = pwritev(pages->fd, &sc->iov[first], end - first,
                    ngx_rtmp_restream_pages_at(pages, pages->place) + skip);
    } while (n == -1 && ngx_errno == NGX_EINTR);

    if (n != (ssize_t) size) {
        pages->place = 0;
        return;
    }

    if (skip + size < msg->wire_size) {
        return;
    }

    pages->head = pages->place + msg->wire_size;

    if (msg->header_len == RESTREAM_FRAME_HEADER && msg->next_len == 1) {
        msg->frame->place = pages->place;
        ngx_memcpy(msg->frame->placed, msg->header, RESTREAM_FRAME_HEADER);
    }
}


/* the place for a message; 0: it is too large */

static uint64_t
ngx_rtmp_restream_pages_make_room(ngx_rtmp_restream_pages_t *pages,
    size_t size)
{
    size_t    left;
    uint64_t  place, tail;

    if (size > pages->size) {
        return 0;
    }

    place = pages->head;
    left = pages->turn - ngx_rtmp_restream_pages_at(pages, place);

    if (size > left) {
        place += left;
    }

    if (place + size - pages->tail > pages->size) {

        /* a quarter more, not to be here for every message */

        tail = place + size - pages->size + pages->size / 4;

        ngx_rtmp_restream_pages_cut(pages, ngx_min(tail, place));

        if (pages->broken) {
            return 0;
        }
    }

    return place;
}


/* what lies before tail leaves, as far as it fills pages */

static void
ngx_rtmp_restream_pages_cut(ngx_rtmp_restream_pages_t *pages, uint64_t tail)
{
    off_t   at;
    size_t  left, size;

    tail -= (tail - pages->base) % ngx_pagesize;

    while (pages->tail < tail) {
        at = ngx_rtmp_restream_pages_at(pages, pages->tail);
        left = pages->turn - at;
        size = ngx_min(tail - pages->tail, left);

        if (fallocate(pages->fd, FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE,
                      at, size)
            == -1)
        {
            /* what has been sent must not be written over */

            pages->broken = 1;
        }

        pages->tail += size;
    }

    pages->head = ngx_max(pages->head, pages->tail);
}


ssize_t
ngx_rtmp_restream_pages_send(ngx_rtmp_restream_pages_t *pages, ngx_socket_t s,
    restream_cursor_scratch_t *sc, size_t *size)
{
    size_t      sent, part;
    ssize_t     n;
    uint64_t    place;
    ngx_uint_t  i, j, k, first, end;

    sent = 0;
    *size = 0;

    for (i = 0; i < sc->nmsgs; i = j) {
        place = ngx_rtmp_restream_pages_run(pages, sc, i, &j, &part);

        if (place) {
            n = ngx_rtmp_restream_pages_send_file(pages, s, place, part);

            if (pages->broken) {
                j = i;
                continue;
            }

        } else {
            while (j < sc->nmsgs
                   && !ngx_rtmp_restream_pages_run(pages, sc, j, &k, &part))
            {
                j++;
            }

            first = sc->msgs[i].iov;
            end = ngx_rtmp_restream_pages_end(sc, j - 1);

            for (k = first, part = 0; k < end; k++) {
                part += sc->iov[k].iov_len;
            }

            n = ngx_rtmp_restream_pages_send_memory(s, &sc->iov[first],
                                                    end - first,
                                                    j < sc->nmsgs);
        }

        *size += part;

        if (n == -1) {

            /* an error that lasts comes again with the next call */

            return sent ? (ssize_t) sent : -1;
        }

        sent += n;

        if ((size_t) n < part) {
            break;
        }
    }

    return sent;
}


/*
 * Messages from i on that lie in the file one behind the other, if it pays to
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
    uint64_t    place;
    ngx_uint_t  j;

    *end = i + 1;
    *size = 0;

    place = ngx_rtmp_restream_pages_place(pages, &sc->msgs[i]);

    if (place == 0) {
        return 0;
    }

    *size = sc->msgs[i].wire_size;

    for (j = i + 1; j < sc->nmsgs; j++) {

        if (ngx_rtmp_restream_pages_place(pages, &sc->msgs[j])
            != place + *size)
        {
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


/* 0: the message is not in the file, or not with these headers */

static uint64_t
ngx_rtmp_restream_pages_place(ngx_rtmp_restream_pages_t *pages,
    restream_cursor_msg_t *msg)
{
    restream_frame_t  *frm;

    frm = msg->frame;

    if (pages->broken
        || frm->place < pages->tail
        || frm->place >= pages->head
        || msg->header_len != RESTREAM_FRAME_HEADER
        || msg->next_len != 1
        || ngx_memcmp(frm->placed, msg->header, RESTREAM_FRAME_HEADER) != 0)
    {
        return 0;
    }

    return frm->place;
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

    /* what is small leaves with the pages that follow */

    do {
        n = sendmsg(s, &msg, more ? MSG_MORE : 0);
    } while (n == -1 && ngx_errno == NGX_EINTR);

    return n;
}
