/*
 * A change in the log: see ngx_rtmp_restream_control_store.h.
 */

#include "ngx_rtmp_restream_control_store.h"


#define NGX_RTMP_RESTREAM_CONTROL_MEMBERS  128
#define NGX_RTMP_RESTREAM_CONTROL_STREAM                                      \
    (RESTREAM_APP_MAX + RESTREAM_STREAM_NAME_MAX + 1)


static void ngx_rtmp_restream_control_members(restream_change_t *change,
    u_char *out, size_t size);


void
ngx_rtmp_restream_control_log(restream_change_t *change,
    restream_change_outcome_t *outcome)
{
    u_char             members[NGX_RTMP_RESTREAM_CONTROL_MEMBERS];
    u_char             id[sizeof(" d_0123456789abcdef")];
    u_char             stream[NGX_RTMP_RESTREAM_CONTROL_STREAM];
    ngx_str_t          label;
    static const char *what[] = {
        "", "made", "changed", "removed", "made destination of",
        "changed destination of", "removed destination of",
        "switched destination of", "switched"
    };

    ngx_rtmp_restream_control_members(change, members, sizeof(members));

    id[0] = '\0';

    if (outcome->id) {
        ngx_sprintf(id, " d_%016xL%Z", outcome->id);
    }

    label.data = stream;
    label.len = ngx_snprintf(stream, sizeof(stream), "%s/%s", change->app,
                             change->name)
                - stream;

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "%s %s stream \"%V\"%s%s%s", change->who,
                  what[change->kind], &label, id,
                  members[0] ? ": " : "", members);
}


/* names of what is set; of a switch on or off */

static void
ngx_rtmp_restream_control_members(restream_change_t *change, u_char *out,
    size_t size)
{
    u_char            *p;
    unsigned           set;
    ngx_uint_t         i;
    static const char *names[] = {
        "name", "url", "key", "enabled", "title", "description", "audio"
    };

    out[0] = '\0';
    p = out;

    if (change->kind == RESTREAM_CHANGE_SWITCH_DESTINATION
        || change->kind == RESTREAM_CHANGE_SWITCH_STREAM)
    {
        ngx_sprintf(out, change->enabled ? "on%Z" : "off%Z");
        return;
    }

    set = 0;

    for (i = 0; i < change->ndestinations; i++) {
        set |= change->destinations[i].set;
    }

    if (change->set_maximum) {
        p = ngx_slprintf(p, out + size - 1, "maximum");
    }

    if (change->set_destinations) {
        p = ngx_slprintf(p, out + size - 1, "%sdestinations",
                         p == out ? "" : ", ");
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (set & (1u << i)) {
            p = ngx_slprintf(p, out + size - 1, "%s%s", p == out ? "" : ", ",
                             names[i]);
        }
    }

    *p = '\0';
}
