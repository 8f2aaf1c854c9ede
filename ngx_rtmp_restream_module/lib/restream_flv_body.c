/*
 * What an audio or video message carries.
 */

#include "restream_flv_body.h"
#include "restream_flv_ex.h"
#include "restream_chunk.h"

#include <string.h>


#define RESTREAM_FLV_BODY_COMMAND       5       /* frame type */

#define RESTREAM_FLV_BODY_EX            9       /* sound format */
#define RESTREAM_FLV_BODY_AAC           10


static int restream_flv_body_video(const uint8_t *p, const uint8_t *last,
    restream_flv_body_t *body);
static int restream_flv_body_audio(const uint8_t *p, const uint8_t *last,
    restream_flv_body_t *body);
static int restream_flv_body_ex(const uint8_t *p, const uint8_t *last,
    unsigned multitrack, restream_flv_body_t *body);
static restream_flv_body_e restream_flv_body_kind(unsigned packet,
    unsigned multitrack);
static int restream_flv_body_rest(const uint8_t *p, const uint8_t *last,
    restream_flv_body_t *body);


static const uint32_t  restream_flv_body_video_codecs[16] = {
    [2] = RESTREAM_CODEC_H263,
    [3] = RESTREAM_CODEC_SCREEN,
    [4] = RESTREAM_CODEC_VP6,
    [5] = RESTREAM_CODEC_VP6A,
    [6] = RESTREAM_CODEC_SCREEN2,
    [7] = RESTREAM_CODEC_AVC,
    [12] = RESTREAM_CODEC_HEVC          /* before Enhanced RTMP */
};


static const uint32_t  restream_flv_body_audio_codecs[16] = {
    [0] = RESTREAM_CODEC_PCM,
    [1] = RESTREAM_CODEC_ADPCM,
    [2] = RESTREAM_CODEC_MP3,
    [3] = RESTREAM_CODEC_PCM,
    [4] = RESTREAM_CODEC_NELLYMOSER,    /* 16 kHz */
    [5] = RESTREAM_CODEC_NELLYMOSER,    /* 8 kHz */
    [6] = RESTREAM_CODEC_NELLYMOSER,
    [7] = RESTREAM_CODEC_ALAW,
    [8] = RESTREAM_CODEC_ULAW,
    [10] = RESTREAM_CODEC_AAC,
    [11] = RESTREAM_CODEC_SPEEX,
    [14] = RESTREAM_CODEC_MP3           /* 8 kHz */
};


int
restream_flv_body(uint8_t type, const uint8_t *data, size_t size,
    restream_flv_body_t *body)
{
    const uint8_t  *last;

    memset(body, 0, sizeof(restream_flv_body_t));

    if (size == 0) {
        return RESTREAM_DECLINED;
    }

    last = data + size;

    switch (type) {

    case RESTREAM_MSG_VIDEO:
        return restream_flv_body_video(data, last, body);

    case RESTREAM_MSG_AUDIO:
        return restream_flv_body_audio(data, last, body);

    default:
        return RESTREAM_DECLINED;
    }
}


static int
restream_flv_body_video(const uint8_t *p, const uint8_t *last,
    restream_flv_body_t *body)
{
    /* a command has no codec; Enhanced RTMP's metadata, which FFmpeg marks as
     * one, does not matter here */

    if ((p[0] >> 4 & 7) == RESTREAM_FLV_BODY_COMMAND) {
        return RESTREAM_DECLINED;
    }

    if (p[0] & 0x80) {
        return restream_flv_body_ex(p, last, RESTREAM_FLV_EX_VIDEO_TRACKS,
                                    body);
    }

    body->codec = restream_flv_body_video_codecs[p[0] & 0x0f];

    if (body->codec != RESTREAM_CODEC_AVC && body->codec != RESTREAM_CODEC_HEVC)
    {
        body->kind = RESTREAM_FLV_BODY_FRAMES;
        return restream_flv_body_rest(p + 1, last, body);
    }

    if (last - p < 5) {
        return RESTREAM_DECLINED;
    }

    switch (p[1]) {

    case 0:
        body->kind = RESTREAM_FLV_BODY_CONFIG;
        break;

    case 1:
        body->kind = RESTREAM_FLV_BODY_FRAMES;
        break;

    default:
        body->kind = RESTREAM_FLV_BODY_OTHER;
    }

    return restream_flv_body_rest(p + 5, last, body);
}


static int
restream_flv_body_audio(const uint8_t *p, const uint8_t *last,
    restream_flv_body_t *body)
{
    unsigned  format;

    format = p[0] >> 4;

    if (format == RESTREAM_FLV_BODY_EX) {
        return restream_flv_body_ex(p, last, RESTREAM_FLV_EX_AUDIO_TRACKS,
                                    body);
    }

    body->codec = restream_flv_body_audio_codecs[format];

    if (format != RESTREAM_FLV_BODY_AAC) {
        body->tag = p[0];
        body->kind = RESTREAM_FLV_BODY_FRAMES;
        return restream_flv_body_rest(p + 1, last, body);
    }

    if (last - p < 2) {
        return RESTREAM_DECLINED;
    }

    body->kind = p[1] == 0 ? RESTREAM_FLV_BODY_CONFIG
                           : RESTREAM_FLV_BODY_FRAMES;

    return restream_flv_body_rest(p + 2, last, body);
}


static int
restream_flv_body_ex(const uint8_t *p, const uint8_t *last,
    unsigned multitrack, restream_flv_body_t *body)
{
    restream_flv_ex_t  ex;

    if (restream_flv_ex(p, last - p, multitrack, &ex) != RESTREAM_OK) {
        return RESTREAM_DECLINED;
    }

    body->codec = ex.codec;
    body->kind = restream_flv_body_kind(ex.packet, multitrack);

    return restream_flv_body_rest(ex.data, ex.data + ex.size, body);
}


static restream_flv_body_e
restream_flv_body_kind(unsigned packet, unsigned multitrack)
{
    switch (packet) {

    case RESTREAM_FLV_EX_START:
        return RESTREAM_FLV_BODY_CONFIG;

    case RESTREAM_FLV_EX_FRAMES:
        return RESTREAM_FLV_BODY_FRAMES;

    case RESTREAM_FLV_EX_FRAMES_X:
        return multitrack == RESTREAM_FLV_EX_VIDEO_TRACKS
               ? RESTREAM_FLV_BODY_FRAMES : RESTREAM_FLV_BODY_OTHER;

    case RESTREAM_FLV_EX_CHANNELS:
        return multitrack == RESTREAM_FLV_EX_AUDIO_TRACKS
               ? RESTREAM_FLV_BODY_CHANNELS : RESTREAM_FLV_BODY_OTHER;

    default:
        return RESTREAM_FLV_BODY_OTHER;
    }
}


static int
restream_flv_body_rest(const uint8_t *p, const uint8_t *last,
    restream_flv_body_t *body)
{
    body->data = p;
    body->size = last - p;

    return RESTREAM_OK;
}
