/*
 * An output's attempts: dialled, ended, tried again.  Each has one peer at a
 * time, and more than one where the server sends us on.
 *
 * Between the files of the output only.
 */

#ifndef _NGX_RTMP_RESTREAM_OUTPUT_ATTEMPT_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_OUTPUT_ATTEMPT_H_INCLUDED_


#include "ngx_rtmp_restream_output.h"


/* Begins one, or waits where nothing may be dialled now. */
void ngx_rtmp_restream_output_attempt(ngx_rtmp_restream_output_t *out);

/*
 * Dials within an attempt; a failure is told and waited for.
 *
 * in    query     for the server's authentication, NULL: none; copied
 */
void ngx_rtmp_restream_output_attempt_dial(ngx_rtmp_restream_output_t *out,
    ngx_str_t *query);

/* Its time is over, with a peer that has not published. */
void ngx_rtmp_restream_output_attempt_timeout(ngx_rtmp_restream_output_t *out);

/* It, or the live connection, has failed: waits for the next one. */
void ngx_rtmp_restream_output_attempt_failed(ngx_rtmp_restream_output_t *out,
    ngx_rtmp_restream_reason_t *reason);

/*
 * Ends the connection, if there is one, and remembers where the next one
 * resumes.
 *
 * in    notify    say goodbye to TLS
 */
void ngx_rtmp_restream_output_attempt_disconnect(
    ngx_rtmp_restream_output_t *out, ngx_uint_t notify);


#endif /* _NGX_RTMP_RESTREAM_OUTPUT_ATTEMPT_H_INCLUDED_ */
