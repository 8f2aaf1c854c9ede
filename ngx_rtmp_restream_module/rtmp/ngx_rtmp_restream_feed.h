/*
 * What flows while an output's connection is up: frames out of the ring to its
 * peer, acknowledgements back, and what they say about the peer.
 */

#ifndef _NGX_RTMP_RESTREAM_FEED_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_FEED_H_INCLUDED_


#include "ngx_rtmp_restream_output.h"


/* NetStream.Publish.Start has come: begins where the connection before ended */
void ngx_rtmp_restream_feed_start(ngx_rtmp_restream_output_t *out);

/* The connection ends: remembers where the next one resumes. */
void ngx_rtmp_restream_feed_stop(ngx_rtmp_restream_output_t *out);

/* Ends the connection, which is too slow: it holds memory that is needed. */
void ngx_rtmp_restream_feed_give_up(ngx_rtmp_restream_output_t *out);

/* Sends what the socket takes; does nothing unless published, or saying
 * goodbye. */
void ngx_rtmp_restream_feed(ngx_rtmp_restream_output_t *out);

/* 1: it can be sent frames as pages (ngx_rtmp_restream_pages.h) */
ngx_uint_t ngx_rtmp_restream_feed_shares(ngx_rtmp_restream_output_t *out);

/*
 * One step before a walk feeds out: prefetches out's peer, and the output
 * behind out.  With 256 outputs most of the time outside the kernel was spent
 * on cache misses.
 */
void ngx_rtmp_restream_feed_prefetch(ngx_rtmp_restream_output_t *out);

/* Of the source's tick: acknowledgements, stalls, going live, counters. */
void ngx_rtmp_restream_feed_tick(ngx_rtmp_restream_output_t *out);


#endif /* _NGX_RTMP_RESTREAM_FEED_H_INCLUDED_ */
