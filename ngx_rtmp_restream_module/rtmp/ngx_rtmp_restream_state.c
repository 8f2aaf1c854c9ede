/*
 * The state of an output: see ngx_rtmp_restream_state.h.
 */

#include "ngx_rtmp_restream_state.h"
#include "ngx_rtmp_restream_output.h"
#include "ngx_rtmp_restream_output_hop.h"
#include "ngx_rtmp_restream_reason.h"
#include "ngx_rtmp_restream_source.h"


typedef struct {
    const char  *name;
    char        *action;        /* ngx_log_t.action */
} ngx_rtmp_restream_state_t;


static void ngx_rtmp_restream_state_tell(ngx_rtmp_restream_output_t *out,
    ngx_rtmp_restream_state_e old);


/* by ngx_rtmp_restream_state_e */

#define NGX_RTMP_RESTREAM_STATE_ROW(symbol, name, action)                     \
    { name, action },

static const ngx_rtmp_restream_state_t  ngx_rtmp_restream_states[] = {
    NGX_RTMP_RESTREAM_STATES(NGX_RTMP_RESTREAM_STATE_ROW)
};


const char *
ngx_rtmp_restream_state_name(ngx_rtmp_restream_state_e state)
{
    return ngx_rtmp_restream_states[state].name;
}


void
ngx_rtmp_restream_state_set(ngx_rtmp_restream_output_t *out,
    ngx_rtmp_restream_state_e state, ngx_rtmp_restream_reason_t *reason)
{
    ngx_rtmp_restream_state_e  old;

    old = out->report.state;

    if (state != old) {
        out->report.since = ngx_rtmp_restream_now();
    }

    out->report.state = state;
    out->changed = 1;

    if (reason) {
        out->report.reason = *reason;

    } else if (state == NGX_RTMP_RESTREAM_LIVE) {
        out->report.reason.code = RESTREAM_REASON_NONE;
    }

    if (state != NGX_RTMP_RESTREAM_WAITING) {
        out->report.next_attempt_at = 0;
    }

    out->log.action = NULL;

    ngx_rtmp_restream_state_tell(out, old);

    out->log.action = ngx_rtmp_restream_states[state].action;
}


void
ngx_rtmp_restream_state_publisher(ngx_rtmp_restream_output_t *out,
    ngx_uint_t there)
{
    ngx_rtmp_restream_reason_t  reason;

    if (out->report.state != NGX_RTMP_RESTREAM_LIVE) {
        return;
    }

    ngx_rtmp_restream_reason_set(&reason,
                                 there ? RESTREAM_REASON_NONE
                                       : RESTREAM_REASON_PUBLISHER_GONE,
                                 NULL, NULL, NULL);

    out->report.reason = reason;
    out->changed = 1;
}


/*
 * A failure is told when it begins and when it changes, a return when it is
 * live; the attempts in between are for the debug log.
 */

static void
ngx_rtmp_restream_state_tell(ngx_rtmp_restream_output_t *out,
    ngx_rtmp_restream_state_e old)
{
    ngx_str_t                    text, code, words;
    ngx_rtmp_restream_reason_t  *reason;

    reason = &out->report.reason;

    text.len = reason->text_len;
    text.data = reason->text;
    code.len = reason->server_code_len;
    code.data = reason->server_code;
    words.len = reason->server_text_len;
    words.data = reason->server_text;

    switch (out->report.state) {

    case NGX_RTMP_RESTREAM_LIVE:
        out->told = RESTREAM_REASON_NONE;
        ngx_log_error(NGX_LOG_NOTICE, &out->log, 0, "destination is live");
        return;

    case NGX_RTMP_RESTREAM_WAITING:
        if (out->told == reason->code) {
            break;
        }

        out->told = reason->code;

        if (code.len || words.len) {
            ngx_log_error(NGX_LOG_ERR, &out->log, 0,
                          "destination failed: %V, the server said \"%V\" "
                          "\"%V\"", &text, &code, &words);
            return;
        }

        ngx_log_error(NGX_LOG_ERR, &out->log, 0, "destination failed: %V",
                      &text);
        return;

    case NGX_RTMP_RESTREAM_OFF:
        if (old == NGX_RTMP_RESTREAM_OFF) {
            break;
        }

        out->told = RESTREAM_REASON_NONE;
        ngx_log_error(NGX_LOG_NOTICE, &out->log, 0, "destination is off: %V",
                      &text);
        return;

    default:
        break;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_CORE, &out->log, 0,
                   "restream output state %s -> %s",
                   ngx_rtmp_restream_state_name(old),
                   ngx_rtmp_restream_state_name(out->report.state));
}


u_char *
ngx_rtmp_restream_state_log(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char                      *p;
    ngx_rtmp_restream_target_t  *target;
    ngx_rtmp_restream_output_t  *out = log->data;

    if (log->action) {
        p = ngx_snprintf(buf, len, " while %s", log->action);
        len -= p - buf;
        buf = p;
    }

    target = ngx_rtmp_restream_output_hop_target(out);

    return ngx_snprintf(buf, len,
                        ", stream: \"%V\", destination: \"%V\", "
                        "server: \"%s%V%s:%ui\"",
                        &out->source->key.label, &out->record.name,
                        target->ipv6 ? "[" : "", &target->host,
                        target->ipv6 ? "]" : "",
                        (ngx_uint_t) target->port);
}
