/*
 * The objects that people and programs read: see ngx_http_restream_json.h.
 */

#include "ngx_http_restream_json.h"
#include "../rtmp/ngx_rtmp_restream_state.h"
#include "../rtmp/ngx_rtmp_restream_target.h"

#include "../model/restream_format.h"


static json_t *ngx_http_restream_json_reason(
    ngx_rtmp_restream_reason_t *reason);
static json_t *ngx_http_restream_json_tls(ngx_rtmp_restream_report_t *report);
static json_t *ngx_http_restream_json_stats(
    ngx_rtmp_restream_report_t *report);
static json_t *ngx_http_restream_json_text(const u_char *data, size_t len);
static json_t *ngx_http_restream_json_video(restream_ingest_video_t *video);
static json_t *ngx_http_restream_json_audio(restream_ingest_audio_t *audio);
static json_t *ngx_http_restream_json_codec(uint32_t codec);
static json_t *ngx_http_restream_json_profile(uint32_t codec,
    uint16_t profile);
static json_t *ngx_http_restream_json_known(uint32_t value);
static json_t *ngx_http_restream_json_measured(uint32_t value);


json_t *
ngx_http_restream_json_stream(ngx_rtmp_restream_view_stream_t *vs)
{
    json_t      *destinations;
    ngx_uint_t   i;

    destinations = json_array();
    if (destinations == NULL) {
        return NULL;
    }

    for (i = 0; i < vs->ndestinations; i++) {
        if (json_array_append_new(destinations,
                    ngx_http_restream_json_destination(&vs->destinations[i]))
            == -1)
        {
            json_decref(destinations);
            return NULL;
        }
    }

    return json_pack("{s:o, s:o, s:b, s:o, s:I, s:o, s:o}",
                     "app", ngx_http_restream_json_string(vs->app.data,
                                                          vs->app.len),
                     "name", ngx_http_restream_json_string(vs->name.data,
                                                           vs->name.len),
                     "live", (int) vs->live,
                     "since", ngx_http_restream_json_time(vs->since),
                     "worker", (json_int_t) vs->worker,
                     "ingest", ngx_http_restream_json_ingest(&vs->ingest),
                     "destinations", destinations);
}


json_t *
ngx_http_restream_json_destination(ngx_rtmp_restream_view_destination_t *vd)
{
    size_t                       len;
    u_char                       id[NGX_RTMP_RESTREAM_ID_LEN];
    u_char                       url[RESTREAM_URL_MAX];
    ngx_rtmp_restream_record_t  *record;
    ngx_rtmp_restream_report_t  *report;

    record = &vd->record;
    report = &vd->report;

    (void) ngx_sprintf(id, "d_%016xL", record->id);

    len = ngx_rtmp_restream_target_show(&record->target, url, sizeof(url));

    return json_pack("{s:o, s:o, s:o, s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:o}",
                     "id", ngx_http_restream_json_string(id, sizeof(id)),
                     "name", ngx_http_restream_json_string(record->name.data,
                                                           record->name.len),
                     "url", ngx_http_restream_json_string(url, len),
                     "origin",
                     record->origin == NGX_RTMP_RESTREAM_ORIGIN_CONFIG
                     ? "config" : "api",
                     "enabled", (int) record->enabled,
                     "state", ngx_rtmp_restream_state_name(report->state),
                     "reason", ngx_http_restream_json_reason(&report->reason),
                     "since", ngx_http_restream_json_time(report->since),
                     "lastError",
                     ngx_http_restream_json_reason(&report->last_error),
                     "tls", ngx_http_restream_json_tls(report),
                     "stats", ngx_http_restream_json_stats(report));
}


/* null without one */

static json_t *
ngx_http_restream_json_reason(ngx_rtmp_restream_reason_t *reason)
{
    const char  *class;

    if (reason->code == RESTREAM_REASON_NONE) {
        return json_null();
    }

    class = restream_class_name(reason->class);

    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}",
                     "code", restream_reason_code(reason->code),
                     "class",
                     reason->class == RESTREAM_CLASS_NONE
                     ? json_null() : json_string(class),
                     "text", ngx_http_restream_json_string(reason->text,
                                                           reason->text_len),
                     "serverCode",
                     ngx_http_restream_json_text(reason->server_code,
                                                 reason->server_code_len),
                     "serverText",
                     ngx_http_restream_json_text(reason->server_text,
                                                 reason->server_text_len),
                     "at", ngx_http_restream_json_time(reason->at));
}


/* UTC in ms -> RFC 3339 with ms; null for 0 */

json_t *
ngx_http_restream_json_time(uint64_t at)
{
    char  text[RESTREAM_FORMAT_TIME];

    if (at == 0) {
        return json_null();
    }

    restream_format_time(at, text);

    return json_string(text);
}


/* bytes of any kind: what is not UTF-8 becomes '?' */

json_t *
ngx_http_restream_json_string(const u_char *data, size_t len)
{
    size_t   i;
    u_char  *p;
    json_t  *string;

    string = json_stringn((char *) data, len);
    if (string) {
        return string;
    }

    /* a name that an encoder made up, in no encoding that we know */

    p = malloc(len + 1);
    if (p == NULL) {
        return NULL;
    }

    for (i = 0; i < len; i++) {
        p[i] = data[i] < 0x80 ? data[i] : '?';
    }

    string = json_stringn((char *) p, len);
    free(p);

    return string;
}


static json_t *
ngx_http_restream_json_tls(ngx_rtmp_restream_report_t *report)
{
    if (report->tls_version[0] == '\0') {
        return json_null();
    }

    return json_pack("{s:s, s:s}",
                     "version", (char *) report->tls_version,
                     "cipher", (char *) report->tls_cipher);
}


static json_t *
ngx_http_restream_json_stats(ngx_rtmp_restream_report_t *report)
{
    ngx_uint_t  live;

    live = (report->state == NGX_RTMP_RESTREAM_LIVE);

    return json_pack("{s:I, s:o, s:I, s:I, s:I, s:{s:I, s:I}, s:o, s:o}",
                     "attempts", (json_int_t) report->attempts,
                     "nextAttemptAt",
                     ngx_http_restream_json_time(report->next_attempt_at),
                     "reconnects", (json_int_t) report->reconnects,
                     "bytesSent", (json_int_t) report->bytes_sent,
                     "framesSent", (json_int_t) report->frames_sent,
                     "framesDropped",
                     "video", (json_int_t) report->video_dropped,
                     "audio", (json_int_t) report->audio_dropped,
                     "bitrateKbps",
                     live ? json_integer(report->bitrate / 1000) : json_null(),
                     "lagMs",
                     live ? json_integer(report->lag) : json_null());
}


static json_t *
ngx_http_restream_json_text(const u_char *data, size_t len)
{
    return len ? ngx_http_restream_json_string(data, len) : json_null();
}


json_t *
ngx_http_restream_json_ingest(ngx_rtmp_restream_ingest_t *ingest)
{
    if (ingest->since == 0) {
        return json_null();
    }

    return json_pack("{s:o, s:o, s:o, s:o}",
                     "since", ngx_http_restream_json_time(ingest->since),
                     "clientAddress",
                     ngx_http_restream_json_text(ingest->address,
                                                 ingest->address_len),
                     "video",
                     ngx_http_restream_json_video(&ingest->media.video),
                     "audio",
                     ngx_http_restream_json_audio(&ingest->media.audio));
}


static json_t *
ngx_http_restream_json_video(restream_ingest_video_t *video)
{
    json_t  *fps;

    if (!video->present) {
        return json_null();
    }

    /* two digits: more would be noise */

    fps = video->fps == RESTREAM_INGEST_UNKNOWN
          ? json_null() : json_real((video->fps + 5) / 10 / 100.0);

    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "codec", ngx_http_restream_json_codec(video->codec),
                     "profile",
                     ngx_http_restream_json_profile(video->codec,
                                                    video->profile),
                     "width", ngx_http_restream_json_known(video->width),
                     "height", ngx_http_restream_json_known(video->height),
                     "fps", fps,
                     "bitrateKbps",
                     ngx_http_restream_json_measured(video->bitrate),
                     "keyFrameIntervalMs",
                     ngx_http_restream_json_measured(video->key_interval));
}


static json_t *
ngx_http_restream_json_audio(restream_ingest_audio_t *audio)
{
    if (!audio->present) {
        return json_null();
    }

    return json_pack("{s:o, s:o, s:o, s:o, s:o}",
                     "codec", ngx_http_restream_json_codec(audio->codec),
                     "profile",
                     ngx_http_restream_json_profile(audio->codec,
                                                    audio->profile),
                     "sampleRate", ngx_http_restream_json_known(audio->rate),
                     "channels",
                     ngx_http_restream_json_known(audio->channels),
                     "bitrateKbps",
                     ngx_http_restream_json_measured(audio->bitrate));
}


static json_t *
ngx_http_restream_json_codec(uint32_t codec)
{
    char  name[RESTREAM_CODEC_NAME_LEN + 1];

    return restream_codec_name(codec, name) ? json_string(name) : json_null();
}


static json_t *
ngx_http_restream_json_profile(uint32_t codec, uint16_t profile)
{
    const char  *name;

    name = restream_codec_profile(codec, profile);

    return name ? json_string(name) : json_null();
}


static json_t *
ngx_http_restream_json_known(uint32_t value)
{
    return value ? json_integer(value) : json_null();
}


static json_t *
ngx_http_restream_json_measured(uint32_t value)
{
    return value == RESTREAM_INGEST_UNKNOWN ? json_null()
                                            : json_integer(value);
}
