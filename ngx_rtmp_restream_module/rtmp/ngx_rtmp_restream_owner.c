/*
 * Who owns a row of the zone: see ngx_rtmp_restream_owner.h.
 */

#include "ngx_rtmp_restream_owner.h"


static ngx_int_t ngx_rtmp_restream_owner_read(ngx_pid_t pid,
    uint64_t *started);


ngx_rtmp_restream_owner_t  ngx_rtmp_restream_owner_self;


ngx_int_t
ngx_rtmp_restream_owner_init(ngx_log_t *log)
{
    ngx_rtmp_restream_owner_self.pid = ngx_pid;

    if (ngx_rtmp_restream_owner_read(ngx_pid,
                                     &ngx_rtmp_restream_owner_self.started)
        != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "restream needs /proc/%P/stat and cannot read it",
                      ngx_pid);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_rtmp_restream_owner_alive(ngx_rtmp_restream_owner_t *owner)
{
    uint64_t  started;

    if (ngx_rtmp_restream_owner_is_self(owner)) {
        return 1;
    }

    switch (ngx_rtmp_restream_owner_read(owner->pid, &started)) {

    case NGX_OK:
        return started == owner->started;

    case NGX_DECLINED:
        return 0;

    default:

        /* for want of a descriptor, say: nobody is buried alive */

        return !(kill(owner->pid, 0) == -1 && ngx_errno == ESRCH);
    }
}


/*
 * NGX_OK, NGX_DECLINED there is no such process any more, NGX_ERROR it cannot
 * be told.  src: proc(5), /proc/[pid]/stat: field 3 is the state, 22 the start
 * time.
 */

static ngx_int_t
ngx_rtmp_restream_owner_read(ngx_pid_t pid, uint64_t *started)
{
    u_char      *p, *last;
    u_char       name[sizeof("/proc//stat") + NGX_INT64_LEN];
    u_char       buf[1024];
    ssize_t      n;
    ngx_fd_t     fd;
    ngx_uint_t   field;

    (void) ngx_sprintf(name, "/proc/%P/stat%Z", pid);

    fd = ngx_open_file(name, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, buf, sizeof(buf));

    (void) ngx_close_file(fd);

    if (n <= 0) {
        return NGX_DECLINED;
    }

    last = buf + n;

    /* the second field, a name in parentheses, may hold anything */

    for (p = last; p > buf && p[-1] != ')'; p--) { /* void */ }

    if (last - p < 2 || p == buf || p[1] == 'Z' || p[1] == 'X') {
        return NGX_DECLINED;
    }

    for (field = 2; p < last && field < 22; p++) {
        if (*p == ' ') {
            field++;
        }
    }

    for (*started = 0; p < last && *p >= '0' && *p <= '9'; p++) {
        *started = *started * 10 + (*p - '0');
    }

    return field == 22 ? NGX_OK : NGX_ERROR;
}
