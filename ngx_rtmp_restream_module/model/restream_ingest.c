/*
 * What comes in.
 *
 * Rates are taken by the publisher's clock as long as it goes as ours does: a
 * frame more or less at the edge of the window, and the network's jitter, do
 * not count then.  Where it lags behind or jumps, ours counts: what comes in,
 * not what should.
 */

#include "restream_ingest.h"
#include "../lib/restream_amf0.h"
#include "../lib/restream_chunk.h"

#include <string.h>


#define RESTREAM_INGEST_NO_TRACK       0xffff
#define RESTREAM_INGEST_SKEW_MS        500      /* of the two clocks, within a
                                                   window */

#define RESTREAM_INGEST_METADATA_SIZE  65536    /* more is not looked into */
#define RESTREAM_INGEST_FPS_MAX        1000
#define RESTREAM_INGEST_RATE_MAX       1000000


static void restream_ingest_media(restream_ingest_media_t *m,
    const restream_frame_t *frm, uint32_t timestamp);
static void restream_ingest_reset(restream_ingest_media_t *m);
static void restream_ingest_describe(restream_ingest_media_t *m,
    const restream_frame_t *frm);
static void restream_ingest_key(restream_ingest_keys_t *keys,
    uint32_t timestamp);
static void restream_ingest_metadata(restream_ingest_metadata_t *meta,
    const uint8_t *data, size_t size);
static void restream_ingest_properties(restream_ingest_metadata_t *meta,
    const restream_amf0_value_t *object);
static uint32_t restream_ingest_number(const restream_amf0_value_t *object,
    const char *name, uint32_t unit, uint32_t max);
static void restream_ingest_video(const restream_ingest_t *in,
    restream_ingest_video_t *video);
static void restream_ingest_audio(const restream_ingest_t *in,
    restream_ingest_audio_t *audio);
static uint32_t restream_ingest_key_interval(
    const restream_ingest_media_t *m);
static void restream_ingest_measure(restream_ingest_media_t *m, uint64_t now,
    uint32_t *fps, uint32_t *bitrate);
static void restream_ingest_sample(restream_ingest_media_t *m, uint64_t now);
static uint32_t restream_ingest_quotient(uint64_t n, uint64_t span);


/* from one timestamp to a later one: the nearer way around 2^32 */

#define restream_ingest_step(from, to)  ((int32_t) ((to) - (from)))


void
restream_ingest_init(restream_ingest_t *in)
{
    memset(in, 0, sizeof(restream_ingest_t));

    restream_ingest_reset(&in->video);
    restream_ingest_reset(&in->audio);
}


void
restream_ingest_frame(restream_ingest_t *in, const restream_frame_t *frm,
    uint32_t timestamp)
{
    switch (frm->type) {

    case RESTREAM_MSG_VIDEO:
        restream_ingest_media(&in->video, frm, timestamp);
        break;

    case RESTREAM_MSG_AUDIO:
        restream_ingest_media(&in->audio, frm, timestamp);
        break;

    default:
        if (frm->header == RESTREAM_FLV_HEADER_METADATA) {
            restream_ingest_metadata(&in->metadata, frm->data, frm->size);
        }
    }
}


static void
restream_ingest_media(restream_ingest_media_t *m, const restream_frame_t *frm,
    uint32_t timestamp)
{
    uint16_t  track;

    if (frm->flags & RESTREAM_FLV_EMPTY) {
        return;
    }

    track = (frm->track == RESTREAM_FLV_NO_TRACK) ? 0
                                                  : (frm->track & 0xff) + 1;

    if (track < m->track) {
        restream_ingest_reset(m);
        m->track = track;
    }

    m->bytes += frm->size;

    if (track != m->track) {
        return;
    }

    if (frm->flags & RESTREAM_FLV_END) {
        restream_ingest_reset(m);
        return;
    }

    restream_ingest_describe(m, frm);

    if (frm->flags & RESTREAM_FLV_HEADER) {
        return;
    }

    m->frames++;
    m->timestamp = timestamp;

    if (frm->flags & RESTREAM_FLV_KEY) {
        restream_ingest_key(&m->keys, timestamp);
    }
}


static void
restream_ingest_reset(restream_ingest_media_t *m)
{
    memset(m, 0, sizeof(restream_ingest_media_t));

    m->track = RESTREAM_INGEST_NO_TRACK;
    m->video.profile = RESTREAM_PROFILE_NONE;
    m->audio.profile = RESTREAM_PROFILE_NONE;
}


/* a header tells, a frame only where the codec has no header */

static void
restream_ingest_describe(restream_ingest_media_t *m,
    const restream_frame_t *frm)
{
    restream_flv_body_t      body;
    restream_audio_config_t  audio;

    if (restream_flv_body(frm->type, frm->data, frm->size, &body)
        != RESTREAM_OK)
    {
        return;
    }

    switch (body.kind) {

    case RESTREAM_FLV_BODY_CONFIG:
        break;

    case RESTREAM_FLV_BODY_FRAMES:
        if (body.codec == m->codec && body.tag == m->tag) {
            return;
        }

        break;

    case RESTREAM_FLV_BODY_CHANNELS:
        restream_audio_config(&body, &audio);
        m->channels = audio.channels;
        return;

    default:
        return;
    }

    m->codec = body.codec;
    m->tag = body.tag;

    if (frm->type == RESTREAM_MSG_VIDEO) {
        restream_video_config(&body, &m->video);

    } else {
        restream_audio_config(&body, &m->audio);
    }
}


static void
restream_ingest_key(restream_ingest_keys_t *keys, uint32_t timestamp)
{
    int32_t  step;

    step = restream_ingest_step(keys->timestamp, timestamp);

    /* a clock that was set back tells nothing */

    if (keys->n && step > 0) {
        keys->intervals[(keys->n - 1) % RESTREAM_INGEST_KEYS] = step;
    }

    keys->timestamp = timestamp;
    keys->n++;
}


static void
restream_ingest_metadata(restream_ingest_metadata_t *meta, const uint8_t *data,
    size_t size)
{
    const uint8_t          *last;
    restream_amf0_value_t   v;

    memset(meta, 0, sizeof(restream_ingest_metadata_t));

    if (size > RESTREAM_INGEST_METADATA_SIZE) {
        return;
    }

    /* behind one name or two */

    last = data + size;

    while (restream_amf0_read(&data, last, &v) == RESTREAM_OK) {

        if (v.type != RESTREAM_AMF0_STRING) {
            restream_ingest_properties(meta, &v);
            return;
        }
    }
}


static void
restream_ingest_properties(restream_ingest_metadata_t *meta,
    const restream_amf0_value_t *object)
{
    restream_amf0_value_t  v;

    meta->width = restream_ingest_number(object, "width", 1,
                                         RESTREAM_VIDEO_SIZE_MAX);
    meta->height = restream_ingest_number(object, "height", 1,
                                          RESTREAM_VIDEO_SIZE_MAX);
    meta->fps = restream_ingest_number(object, "framerate", 1000,
                                       RESTREAM_INGEST_FPS_MAX);
    meta->rate = restream_ingest_number(object, "audiosamplerate", 1,
                                        RESTREAM_INGEST_RATE_MAX);
    meta->channels = restream_ingest_number(object, "audiochannels", 1,
                                            UINT8_MAX);

    if (meta->channels == 0
        && restream_amf0_find(object, "stereo", &v) == RESTREAM_OK
        && v.type == RESTREAM_AMF0_BOOLEAN)
    {
        meta->channels = v.number ? 2 : 1;
    }
}


/* a positive number up to max, in parts of one; 0: none */

static uint32_t
restream_ingest_number(const restream_amf0_value_t *object, const char *name,
    uint32_t unit, uint32_t max)
{
    restream_amf0_value_t  v;

    if (restream_amf0_find(object, name, &v) != RESTREAM_OK
        || v.type != RESTREAM_AMF0_NUMBER
        || !(v.number > 0 && v.number <= max))
    {
        return 0;
    }

    return (uint32_t) (v.number * unit + 0.5);
}


void
restream_ingest_report(restream_ingest_t *in, uint64_t now,
    restream_ingest_report_t *report)
{
    uint32_t  fps;

    memset(report, 0, sizeof(restream_ingest_report_t));

    if (in->video.track != RESTREAM_INGEST_NO_TRACK) {
        restream_ingest_video(in, &report->video);
        restream_ingest_measure(&in->video, now, &report->video.fps,
                                &report->video.bitrate);
    }

    if (report->video.fps == RESTREAM_INGEST_UNKNOWN && in->metadata.fps) {
        report->video.fps = in->metadata.fps;
    }

    if (in->audio.track != RESTREAM_INGEST_NO_TRACK) {
        restream_ingest_audio(in, &report->audio);
        restream_ingest_measure(&in->audio, now, &fps, &report->audio.bitrate);
    }
}


static void
restream_ingest_video(const restream_ingest_t *in,
    restream_ingest_video_t *video)
{
    const restream_video_config_t  *config;

    config = &in->video.video;

    video->present = 1;
    video->codec = in->video.codec;
    video->profile = config->profile;
    video->width = config->width;
    video->height = config->height;

    if (config->width == 0 && in->metadata.width && in->metadata.height) {
        video->width = in->metadata.width;
        video->height = in->metadata.height;
    }

    video->key_interval = restream_ingest_key_interval(&in->video);
}


static void
restream_ingest_audio(const restream_ingest_t *in,
    restream_ingest_audio_t *audio)
{
    const restream_audio_config_t  *config;

    config = &in->audio.audio;

    audio->present = 1;
    audio->codec = in->audio.codec;
    audio->profile = config->profile;
    audio->rate = config->rate ? config->rate : in->metadata.rate;
    audio->channels = in->audio.channels;

    if (audio->channels == 0) {
        audio->channels = config->channels ? config->channels
                                           : in->metadata.channels;
    }
}


static uint32_t
restream_ingest_key_interval(const restream_ingest_media_t *m)
{
    int32_t   open;
    uint32_t  i, longest;

    if (m->keys.n == 0) {
        return RESTREAM_INGEST_UNKNOWN;
    }

    longest = 0;

    for (i = 0; i < RESTREAM_INGEST_KEYS; i++) {
        if (m->keys.intervals[i] > longest) {
            longest = m->keys.intervals[i];
        }
    }

    open = restream_ingest_step(m->keys.timestamp, m->timestamp);

    if (longest == 0 && open < RESTREAM_INGEST_KEY_LONG_MS) {
        return RESTREAM_INGEST_UNKNOWN;
    }

    return open > (int32_t) longest ? (uint32_t) open : longest;
}


static void
restream_ingest_measure(restream_ingest_media_t *m, uint64_t now,
    uint32_t *fps, uint32_t *bitrate)
{
    int64_t                    step, span;
    restream_ingest_sample_t  *s;

    *fps = RESTREAM_INGEST_UNKNOWN;
    *bitrate = RESTREAM_INGEST_UNKNOWN;

    s = m->samples;
    span = m->nsamples ? now - s->at : 0;

    if (span >= RESTREAM_INGEST_SAMPLE_MS) {
        step = restream_ingest_step(s->timestamp, m->timestamp);

        if (step >= span - RESTREAM_INGEST_SKEW_MS
            && step <= span + RESTREAM_INGEST_SKEW_MS)
        {
            span = step;
        }

        *fps = restream_ingest_quotient((m->frames - s->frames) * 1000000ull,
                                        span);
        *bitrate = restream_ingest_quotient((m->bytes - s->bytes) * 8, span);
    }

    restream_ingest_sample(m, now);
}


/* the first one has a frame's timestamp to start from */

static void
restream_ingest_sample(restream_ingest_media_t *m, uint64_t now)
{
    restream_ingest_sample_t  *s;

    if (m->frames == 0
        || (m->nsamples
            && now - m->samples[m->nsamples - 1].at
               < RESTREAM_INGEST_SAMPLE_MS))
    {
        return;
    }

    if (m->nsamples == RESTREAM_INGEST_SAMPLES) {
        m->nsamples--;
        memmove(m->samples, m->samples + 1,
                m->nsamples * sizeof(restream_ingest_sample_t));
    }

    s = &m->samples[m->nsamples++];

    s->at = now;
    s->bytes = m->bytes;
    s->frames = m->frames;
    s->timestamp = m->timestamp;
}


static uint32_t
restream_ingest_quotient(uint64_t n, uint64_t span)
{
    n = (n + span / 2) / span;

    return n < RESTREAM_INGEST_UNKNOWN ? (uint32_t) n
                                       : RESTREAM_INGEST_UNKNOWN - 1;
}
