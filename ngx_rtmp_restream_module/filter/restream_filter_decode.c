/*
 * Published audio into samples.
 */

#include "restream_filter_decode.h"
#include "restream_filter_order.h"

#include "../lib/restream_audio_config.h"
#include "../lib/restream_codec.h"

#include <stdio.h>
#include <string.h>


#define RESTREAM_FILTER_DECODE_PCM       0      /* formats of an FLV tag */
#define RESTREAM_FILTER_DECODE_ALAW      7
#define RESTREAM_FILTER_DECODE_ULAW      8

#define RESTREAM_FILTER_DECODE_16BIT     0x02
#define RESTREAM_FILTER_DECODE_STEREO    0x01


typedef struct {
    uint32_t         fourcc;
    enum AVCodecID   id;
    const char      *name;      /* of the decoder that is to be preferred */
    unsigned         header:1;  /* cannot do without a sequence header */
} restream_filter_codec_t;


static int restream_filter_decode_header(restream_filter_decode_t *d,
    const restream_flv_body_t *body);
static int restream_filter_decode_choose(restream_filter_decode_t *d,
    const restream_flv_body_t *body);
static int restream_filter_decode_open(restream_filter_decode_t *d,
    const restream_filter_codec_t *known, const restream_flv_body_t *body);
static const AVCodec *restream_filter_decode_codec(
    const restream_filter_decode_t *d, const restream_filter_codec_t *known);
static int restream_filter_decode_extradata(restream_filter_decode_t *d);
static enum AVCodecID restream_filter_decode_pcm(
    const restream_filter_decode_t *d);
static uint8_t restream_filter_decode_order(const restream_filter_decode_t *d,
    const restream_flv_body_t *body);
static unsigned restream_filter_decode_channels(uint8_t tag,
    const restream_audio_config_t *config);
static const restream_filter_codec_t *restream_filter_decode_find(
    uint32_t fourcc);
static void restream_filter_decode_close(restream_filter_decode_t *d);
static void restream_filter_decode_fail(restream_filter_decode_t *d,
    restream_pipe_error_e err, const char *what);


/*
 * FFmpeg's own decoder of Speex (5.0 and on) makes noise of a pure tone, at
 * 16 kHz: 16 dB too loud.
 */

static const restream_filter_codec_t  restream_filter_codecs[] = {
    { RESTREAM_CODEC_AAC, AV_CODEC_ID_AAC, NULL, 1 },
    { RESTREAM_CODEC_MP3, AV_CODEC_ID_MP3, NULL, 0 },
    { RESTREAM_CODEC_OPUS, AV_CODEC_ID_OPUS, NULL, 0 },
    { RESTREAM_CODEC_FLAC, AV_CODEC_ID_FLAC, NULL, 0 },
    { RESTREAM_CODEC_AC3, AV_CODEC_ID_AC3, NULL, 0 },
    { RESTREAM_CODEC_EAC3, AV_CODEC_ID_EAC3, NULL, 0 },
    { RESTREAM_CODEC_PCM, AV_CODEC_ID_NONE, NULL, 0 },  /* by its tag */
    { RESTREAM_CODEC_ADPCM, AV_CODEC_ID_ADPCM_SWF, NULL, 0 },
    { RESTREAM_CODEC_NELLYMOSER, AV_CODEC_ID_NELLYMOSER, NULL, 0 },
    { RESTREAM_CODEC_ALAW, AV_CODEC_ID_PCM_ALAW, NULL, 0 },
    { RESTREAM_CODEC_ULAW, AV_CODEC_ID_PCM_MULAW, NULL, 0 },
    { RESTREAM_CODEC_SPEEX, AV_CODEC_ID_SPEEX, "libspeex", 0 }
};


int
restream_filter_decode_init(restream_filter_decode_t *d)
{
    memset(d, 0, sizeof(restream_filter_decode_t));

    d->packet = av_packet_alloc();
    d->frame = av_frame_alloc();

    if (d->packet == NULL || d->frame == NULL) {
        restream_filter_decode_cleanup(d);
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


void
restream_filter_decode_cleanup(restream_filter_decode_t *d)
{
    restream_filter_decode_close(d);

    av_packet_free(&d->packet);
    av_frame_free(&d->frame);
}


void
restream_filter_decode_reset(restream_filter_decode_t *d)
{
    restream_filter_decode_close(d);

    d->header_codec = 0;
    d->header_size = 0;
}


int
restream_filter_decode_put(restream_filter_decode_t *d,
    const restream_flv_body_t *body)
{
    int  rc;

    if (body->kind == RESTREAM_FLV_BODY_CONFIG) {
        return restream_filter_decode_header(d, body);
    }

    rc = restream_filter_decode_choose(d, body);
    if (rc != RESTREAM_OK) {
        return rc;
    }

    /* a copy, with the room behind it that decoders read into */

    if (av_new_packet(d->packet, (int) body->size) < 0) {
        restream_filter_decode_fail(d, RESTREAM_PIPE_ERR_DECODE, "no memory");
        return RESTREAM_ERROR;
    }

    memcpy(d->packet->data, body->data, body->size);

    rc = avcodec_send_packet(d->codec, d->packet);

    av_packet_unref(d->packet);

    if (rc < 0) {
        restream_filter_decode_fail(d, RESTREAM_PIPE_ERR_DECODE,
                                    "corrupt frame");
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


int
restream_filter_decode_frame(restream_filter_decode_t *d)
{
    int  rc;

    rc = avcodec_receive_frame(d->codec, d->frame);

    if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF) {
        return RESTREAM_AGAIN;
    }

    if (rc < 0) {
        restream_filter_decode_fail(d, RESTREAM_PIPE_ERR_DECODE,
                                    "corrupt frame");
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


/* Publishers repeat it: only another one begins anew. */

static int
restream_filter_decode_header(restream_filter_decode_t *d,
    const restream_flv_body_t *body)
{
    if (body->size > RESTREAM_FILTER_DECODE_HEADER_MAX) {
        restream_filter_decode_fail(d, RESTREAM_PIPE_ERR_HEADER,
                                    "too large sequence header");
        return RESTREAM_ERROR;
    }

    if (body->codec == d->header_codec && body->size == d->header_size
        && memcmp(body->data, d->header, body->size) == 0)
    {
        return RESTREAM_DONE;
    }

    restream_filter_decode_close(d);

    d->header_codec = body->codec;
    d->header_size = body->size;
    memcpy(d->header, body->data, body->size);

    return RESTREAM_DONE;
}


/* the decoder for what comes */

static int
restream_filter_decode_choose(restream_filter_decode_t *d,
    const restream_flv_body_t *body)
{
    uint8_t                         endian;
    const restream_filter_codec_t  *known;

    if (d->fourcc == body->codec && d->tag == body->tag
        && d->fourcc != RESTREAM_CODEC_PCM)
    {
        return d->open ? RESTREAM_OK : RESTREAM_DECLINED;
    }

    if (d->fourcc != body->codec || d->tag != body->tag) {
        restream_filter_decode_close(d);
        d->fourcc = body->codec;
        d->tag = body->tag;
    }

    endian = restream_filter_decode_order(d, body);

    if (d->open && endian == d->endian) {
        return RESTREAM_OK;
    }

    d->endian = endian;
    d->open = 0;
    avcodec_free_context(&d->codec);

    known = restream_filter_decode_find(d->fourcc);

    if (known == NULL) {
        restream_filter_decode_fail(d, RESTREAM_PIPE_ERR_CODEC,
                                    "unknown codec");
        return RESTREAM_DECLINED;
    }

    if (known->header
        && (d->header_codec != d->fourcc || d->header_size == 0))
    {
        restream_filter_decode_fail(d, RESTREAM_PIPE_ERR_HEADER,
                                    "no sequence header");
        return RESTREAM_DECLINED;
    }

    if (restream_filter_decode_open(d, known, body) != RESTREAM_OK) {
        return RESTREAM_DECLINED;
    }

    d->open = 1;

    return RESTREAM_OK;
}


static int
restream_filter_decode_open(restream_filter_decode_t *d,
    const restream_filter_codec_t *known, const restream_flv_body_t *body)
{
    const AVCodec           *codec;
    restream_audio_config_t  config;

    codec = restream_filter_decode_codec(d, known);

    if (codec == NULL) {
        restream_filter_decode_fail(d, RESTREAM_PIPE_ERR_CODEC,
                                    "FFmpeg was built without this decoder");
        return RESTREAM_ERROR;
    }

    d->codec = avcodec_alloc_context3(codec);

    if (d->codec == NULL || restream_filter_decode_extradata(d) != RESTREAM_OK)
    {
        restream_filter_decode_fail(d, RESTREAM_PIPE_ERR_CODEC, "no memory");
        return RESTREAM_ERROR;
    }

    /* what only the FLV tag tells; the others say it themselves */

    if (d->tag) {
        restream_audio_config(body, &config);

        d->codec->sample_rate = (int) config.rate;
        av_channel_layout_default(&d->codec->ch_layout,
                       (int) restream_filter_decode_channels(d->tag, &config));
    }

    /* checksums are not looked at, as players do not: some encoders write
     * wrong ones */

    d->codec->thread_count = 1;

    if (avcodec_open2(d->codec, codec, NULL) < 0) {
        restream_filter_decode_fail(d, RESTREAM_PIPE_ERR_HEADER,
                                    "invalid sequence header");
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


static const AVCodec *
restream_filter_decode_codec(const restream_filter_decode_t *d,
    const restream_filter_codec_t *known)
{
    const AVCodec  *codec;

    if (known->name) {
        codec = avcodec_find_decoder_by_name(known->name);
        if (codec) {
            return codec;
        }
    }

    return avcodec_find_decoder(known->id == AV_CODEC_ID_NONE
                                ? restream_filter_decode_pcm(d) : known->id);
}


static int
restream_filter_decode_extradata(restream_filter_decode_t *d)
{
    if (d->header_codec != d->fourcc || d->header_size == 0) {
        return RESTREAM_OK;
    }

    d->codec->extradata = av_mallocz(d->header_size
                                     + AV_INPUT_BUFFER_PADDING_SIZE);
    if (d->codec->extradata == NULL) {
        return RESTREAM_ERROR;
    }

    memcpy(d->codec->extradata, d->header, d->header_size);
    d->codec->extradata_size = (int) d->header_size;

    return RESTREAM_OK;
}


static enum AVCodecID
restream_filter_decode_pcm(const restream_filter_decode_t *d)
{
    if (!(d->tag & RESTREAM_FILTER_DECODE_16BIT)) {
        return AV_CODEC_ID_PCM_U8;
    }

    return d->endian ? AV_CODEC_ID_PCM_S16BE : AV_CODEC_ID_PCM_S16LE;
}


/* 1: big-endian; while it cannot be told, as it was */

static uint8_t
restream_filter_decode_order(const restream_filter_decode_t *d,
    const restream_flv_body_t *body)
{
    int  big;

    if (d->fourcc != RESTREAM_CODEC_PCM
        || d->tag >> 4 != RESTREAM_FILTER_DECODE_PCM
        || !(d->tag & RESTREAM_FILTER_DECODE_16BIT))
    {
        return 0;
    }

    big = restream_filter_order(body->data, body->size,
                                (d->tag & RESTREAM_FILTER_DECODE_STEREO) + 1);

    return big == -1 ? d->endian : (uint8_t) big;
}


/* G.711 is mono by the specification of FLV, but FFmpeg writes stereo, too */

static unsigned
restream_filter_decode_channels(uint8_t tag,
    const restream_audio_config_t *config)
{
    unsigned  format;

    format = tag >> 4;

    if (format == RESTREAM_FILTER_DECODE_ALAW
        || format == RESTREAM_FILTER_DECODE_ULAW)
    {
        return (tag & RESTREAM_FILTER_DECODE_STEREO) + 1;
    }

    return config->channels;
}


static const restream_filter_codec_t *
restream_filter_decode_find(uint32_t fourcc)
{
    size_t  i;

    for (i = 0;
         i < sizeof(restream_filter_codecs) / sizeof(*restream_filter_codecs);
         i++)
    {
        if (restream_filter_codecs[i].fourcc == fourcc) {
            return &restream_filter_codecs[i];
        }
    }

    return NULL;
}


static void
restream_filter_decode_close(restream_filter_decode_t *d)
{
    avcodec_free_context(&d->codec);

    d->fourcc = 0;
    d->tag = 0;
    d->endian = 0;
    d->open = 0;
}


static void
restream_filter_decode_fail(restream_filter_decode_t *d,
    restream_pipe_error_e err, const char *what)
{
    char  name[RESTREAM_CODEC_NAME_LEN + 1];

    if (restream_codec_name(d->fourcc, name) == 0) {
        strcpy(name, "audio");
    }

    d->err = err;
    snprintf(d->text, sizeof(d->text), "%s: %s", name, what);
}
