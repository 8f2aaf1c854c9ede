/*
 * Samples into AAC-LC frames.
 */

#include "restream_filter_encode.h"

#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>

#include <string.h>


/*
 * FFmpeg's coders: "twoloop" is its default, "fast" takes less than half of
 * the CPU, and its documentation calls it worse below 64 kbit/s.  On a test
 * signal at 128 kbit/s it had 48.5 dB of signal to distortion, twoloop 51.2.
 */
#define RESTREAM_FILTER_ENCODE_FAST  64000

#ifndef AV_PROFILE_AAC_LOW                      /* FFmpeg before 6.1 */
#define AV_PROFILE_AAC_LOW           FF_PROFILE_AAC_LOW
#endif


static int restream_filter_encode_open(restream_filter_encode_t *e);
static void restream_filter_encode_copy(float *to, const float *from,
    unsigned n);
static int restream_filter_encode_frame(restream_filter_encode_t *e);
static int restream_filter_encode_send(restream_filter_encode_t *e,
    const AVFrame *frame);
static int restream_filter_encode_packet(restream_filter_encode_t *e);
static int restream_filter_encode_fail(restream_filter_encode_t *e,
    const char *err);


int
restream_filter_encode_exists(void)
{
    return avcodec_find_encoder(AV_CODEC_ID_AAC) != NULL;
}


int
restream_filter_encode_init(restream_filter_encode_t *e,
    const restream_filter_encode_conf_t *conf,
    restream_filter_frame_pt handler, void *ctx)
{
    memset(e, 0, sizeof(restream_filter_encode_t));

    e->conf = *conf;
    e->handler = handler;
    e->ctx = ctx;
    e->next = conf->earliest;
    e->position = conf->earliest * RESTREAM_AAC_SAMPLES;

    e->packet = av_packet_alloc();
    e->frame = av_frame_alloc();

    if (e->packet == NULL || e->frame == NULL) {
        return restream_filter_encode_fail(e, "no memory");
    }

    e->frame->nb_samples = RESTREAM_AAC_SAMPLES;
    e->frame->format = AV_SAMPLE_FMT_FLTP;
    e->frame->sample_rate = (int) conf->rate;
    av_channel_layout_default(&e->frame->ch_layout, (int) conf->channels);

    if (av_frame_get_buffer(e->frame, 0) < 0) {
        return restream_filter_encode_fail(e, "no memory");
    }

    return restream_filter_encode_open(e);
}


void
restream_filter_encode_cleanup(restream_filter_encode_t *e)
{
    avcodec_free_context(&e->codec);
    av_packet_free(&e->packet);
    av_frame_free(&e->frame);
}


static int
restream_filter_encode_open(restream_filter_encode_t *e)
{
    uint8_t         config[RESTREAM_AAC_CONFIG_SIZE];
    const AVCodec  *codec;

    codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
    if (codec == NULL) {
        return restream_filter_encode_fail(e,
                                       "FFmpeg was built without AAC encoder");
    }

    e->codec = avcodec_alloc_context3(codec);
    if (e->codec == NULL) {
        return restream_filter_encode_fail(e, "no memory");
    }

    e->codec->bit_rate = e->conf.bitrate;
    e->codec->sample_rate = (int) e->conf.rate;
    e->codec->sample_fmt = AV_SAMPLE_FMT_FLTP;
    e->codec->time_base = (AVRational) { 1, (int) e->conf.rate };
    e->codec->profile = AV_PROFILE_AAC_LOW;
    e->codec->flags = AV_CODEC_FLAG_GLOBAL_HEADER;
    e->codec->thread_count = 1;
    av_channel_layout_default(&e->codec->ch_layout, (int) e->conf.channels);

    av_opt_set(e->codec->priv_data, "aac_coder",
               e->conf.bitrate < RESTREAM_FILTER_ENCODE_FAST ? "twoloop"
                                                             : "fast",
               0);

    if (avcodec_open2(e->codec, codec, NULL) < 0) {
        return restream_filter_encode_fail(e,
                                "encoder refused rate, channels or bitrate");
    }

    /*
     * What we announce is without the extension that tells that there is no
     * SBR, so that it is the same whoever makes the frames.
     */

    if (restream_aac_config(e->conf.rate, e->conf.channels, config)
        != RESTREAM_OK
        || e->codec->extradata_size < (int) sizeof(config)
        || memcmp(e->codec->extradata, config, sizeof(config)) != 0
        || e->codec->frame_size != RESTREAM_AAC_SAMPLES)
    {
        return restream_filter_encode_fail(e, "encoder makes something else");
    }

    return RESTREAM_OK;
}


int
restream_filter_encode_write(restream_filter_encode_t *e, float *planes[2],
    unsigned n)
{
    float     *to;
    unsigned   ch, part, done;

    for (done = 0; done < n; done += part) {
        part = RESTREAM_AAC_SAMPLES - e->filled;

        if (part > n - done) {
            part = n - done;
        }

        for (ch = 0; ch < e->conf.channels; ch++) {
            to = (float *) (void *) e->frame->extended_data[ch];
            restream_filter_encode_copy(to + e->filled, planes[ch] + done,
                                        part);
        }

        e->filled += part;
        e->position += part;

        if (e->filled == RESTREAM_AAC_SAMPLES
            && restream_filter_encode_frame(e) != RESTREAM_OK)
        {
            return RESTREAM_ERROR;
        }
    }

    return RESTREAM_OK;
}


/*
 * Decoders of corrupt frames give anything that a float can be, and the
 * encoder fails at what is no number.
 */

static void
restream_filter_encode_copy(float *to, const float *from, unsigned n)
{
    float     x;
    unsigned  i;

    for (i = 0; i < n; i++) {
        x = from[i];

        x = x > 1.0f ? 1.0f : x;
        x = x < -1.0f ? -1.0f : x;

        to[i] = x == x ? x : 0;
    }
}


int
restream_filter_encode_silence(restream_filter_encode_t *e, uint64_t n)
{
    float     *planes[2];
    unsigned   part;

    static float  zeros[RESTREAM_AAC_SAMPLES];

    planes[0] = zeros;
    planes[1] = zeros;

    while (n) {
        part = n < RESTREAM_AAC_SAMPLES ? (unsigned) n : RESTREAM_AAC_SAMPLES;

        if (restream_filter_encode_write(e, planes, part) != RESTREAM_OK) {
            return RESTREAM_ERROR;
        }

        n -= part;
    }

    return RESTREAM_OK;
}


int
restream_filter_encode_seek(restream_filter_encode_t *e, uint64_t position)
{
    uint64_t  start;

    if (e->filled
        && restream_filter_encode_silence(e, RESTREAM_AAC_SAMPLES - e->filled)
           != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    if (position <= e->position) {
        return RESTREAM_OK;
    }

    start = position - position % RESTREAM_AAC_SAMPLES;
    e->position = start;

    return restream_filter_encode_silence(e, position - start);
}


int
restream_filter_encode_skip(restream_filter_encode_t *e, uint64_t frame)
{
    if (frame <= e->next) {
        return RESTREAM_OK;
    }

    e->next = frame;

    return restream_filter_encode_seek(e, frame * RESTREAM_AAC_SAMPLES);
}


int
restream_filter_encode_drain(restream_filter_encode_t *e)
{
    int  rc;

    if (e->filled) {
        rc = restream_filter_encode_silence(e,
                                            RESTREAM_AAC_SAMPLES - e->filled);
        if (rc != RESTREAM_OK) {
            return rc;
        }
    }

    if (e->codec == NULL) {
        return RESTREAM_OK;
    }

    rc = restream_filter_encode_send(e, NULL);

    avcodec_free_context(&e->codec);

    return rc;
}


/* The frame is full. */

static int
restream_filter_encode_frame(restream_filter_encode_t *e)
{
    int  rc;

    if (e->codec == NULL) {
        rc = restream_filter_encode_open(e);
        if (rc != RESTREAM_OK) {
            return rc;
        }
    }

    e->frame->pts = (int64_t) e->position - RESTREAM_AAC_SAMPLES;

    rc = restream_filter_encode_send(e, e->frame);
    if (rc != RESTREAM_OK) {
        return rc;
    }

    e->filled = 0;

    /* the encoder may have kept a reference */

    if (av_frame_make_writable(e->frame) < 0) {
        return restream_filter_encode_fail(e, "no memory");
    }

    return RESTREAM_OK;
}


static int
restream_filter_encode_send(restream_filter_encode_t *e, const AVFrame *frame)
{
    int  rc;

    if (avcodec_send_frame(e->codec, frame) < 0) {
        return restream_filter_encode_fail(e, "encoder refused a frame");
    }

    for ( ;; ) {
        rc = avcodec_receive_packet(e->codec, e->packet);

        if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF) {
            return RESTREAM_OK;
        }

        if (rc < 0) {
            return restream_filter_encode_fail(e, "encoder failed");
        }

        rc = restream_filter_encode_packet(e);

        av_packet_unref(e->packet);

        if (rc != RESTREAM_OK) {
            return rc;
        }
    }
}


/*
 * The first packet of an encoder is its delay: it decodes to what was before
 * the first sample.  It leaves, for what is behind overlaps with it, if the
 * place on the grid is free; else it is left out.
 */

static int
restream_filter_encode_packet(restream_filter_encode_t *e)
{
    uint64_t  n;

    if (e->packet->pts < 0) {
        return RESTREAM_OK;
    }

    n = (uint64_t) e->packet->pts / RESTREAM_AAC_SAMPLES;

    if (n < e->next) {
        return RESTREAM_OK;
    }

    e->next = n + 1;

    return e->handler(e->ctx, restream_aac_dts(n, e->conf.rate),
                      e->packet->data, (size_t) e->packet->size);
}


static int
restream_filter_encode_fail(restream_filter_encode_t *e, const char *err)
{
    e->err = err;

    return RESTREAM_ERROR;
}
