/*
 * Who owns a row of the zone: a process, told apart from a later one with the
 * same pid by its start time.
 */

#ifndef _NGX_RTMP_RESTREAM_OWNER_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_OWNER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


typedef struct {
    ngx_pid_t    pid;
    uint64_t     started;               /* clock ticks since boot */
} ngx_rtmp_restream_owner_t;


/* this process; set by ngx_rtmp_restream_owner_init() */
extern ngx_rtmp_restream_owner_t  ngx_rtmp_restream_owner_self;


/* NGX_OK, NGX_ERROR /proc cannot be read, logged */
ngx_int_t ngx_rtmp_restream_owner_init(ngx_log_t *log);

/* 0: no such process, a zombie, or another one with its pid */
ngx_uint_t ngx_rtmp_restream_owner_alive(ngx_rtmp_restream_owner_t *owner);


#define ngx_rtmp_restream_owner_equal(a, b)                                   \
    ((a)->pid == (b)->pid && (a)->started == (b)->started)

#define ngx_rtmp_restream_owner_is_self(owner)                                \
    ngx_rtmp_restream_owner_equal(owner, &ngx_rtmp_restream_owner_self)


#endif /* _NGX_RTMP_RESTREAM_OWNER_H_INCLUDED_ */
