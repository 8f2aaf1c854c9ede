/*
 * What an audio message tells of the sound.
 */

#include "restream_audio_config.h"
#include "restream_audio_aac.h"
#include "restream_bits.h"
#include "restream_buf.h"

#include <string.h>


#define RESTREAM_AUDIO_NELLYMOSER_16  4         /* formats of an FLV tag */
#define RESTREAM_AUDIO_NELLYMOSER_8   5
#define RESTREAM_AUDIO_ALAW           7
#define RESTREAM_AUDIO_ULAW           8
#define RESTREAM_AUDIO_SPEEX          11

#define RESTREAM_AUDIO_OPUS_RATE      48000     /* whatever was encoded */
#define RESTREAM_AUDIO_OPUS_HEAD      19

#define RESTREAM_AUDIO_FLAC_MARKER    8         /* "fLaC", a block's header */
#define RESTREAM_AUDIO_FLAC_INFO      34

#define RESTREAM_AUDIO_MP3_LAYER3     1
#define RESTREAM_AUDIO_MP3_MONO       3

#define RESTREAM_AUDIO_AC3_SYNC       0x0b77
#define RESTREAM_AUDIO_AC3_BSID       8         /* 9 and 10: half and quarter
                                                   of the rate */
#define RESTREAM_AUDIO_AC3_BSID_LAST  10        /* above: E-AC-3 */


static void restream_audio_decoder(const restream_flv_body_t *body,
    restream_audio_config_t *config);
static void restream_audio_frame(const restream_flv_body_t *body,
    restream_audio_config_t *config);
static void restream_audio_tag(uint8_t tag, restream_audio_config_t *config);
static void restream_audio_mp3(const uint8_t *p,
    restream_audio_config_t *config);
static void restream_audio_ac3(const uint8_t *data,
    restream_audio_config_t *config);
static void restream_audio_opus(const uint8_t *data, size_t size,
    restream_audio_config_t *config);
static void restream_audio_flac(const uint8_t *data, size_t size,
    restream_audio_config_t *config);


static const uint16_t  restream_audio_tag_rates[] = {
    5512, 11025, 22050, 44100
};


static const uint16_t  restream_audio_mp3_rates[] = {
    44100, 48000, 32000, 0
};


static const uint16_t  restream_audio_ac3_rates[] = {
    48000, 44100, 32000, 0
};


/* by acmod, without the low frequency channel */

static const uint8_t  restream_audio_ac3_channels[] = {
    2, 1, 2, 3, 3, 4, 4, 5
};


void
restream_audio_config(const restream_flv_body_t *body,
    restream_audio_config_t *config)
{
    config->rate = 0;
    config->profile = RESTREAM_PROFILE_NONE;
    config->channels = 0;

    switch (body->kind) {

    case RESTREAM_FLV_BODY_CONFIG:
        restream_audio_decoder(body, config);
        break;

    case RESTREAM_FLV_BODY_FRAMES:
        restream_audio_frame(body, config);
        break;

    case RESTREAM_FLV_BODY_CHANNELS:

        /* the order of the channels comes first */

        if (body->size >= 2) {
            config->channels = body->data[1];
        }

        break;

    case RESTREAM_FLV_BODY_OTHER:
        break;
    }
}


static void
restream_audio_decoder(const restream_flv_body_t *body,
    restream_audio_config_t *config)
{
    switch (body->codec) {

    case RESTREAM_CODEC_AAC:
        restream_audio_aac(body->data, body->size, config);
        break;

    case RESTREAM_CODEC_OPUS:
        restream_audio_opus(body->data, body->size, config);
        break;

    case RESTREAM_CODEC_FLAC:
        restream_audio_flac(body->data, body->size, config);
        break;
    }
}


static void
restream_audio_frame(const restream_flv_body_t *body,
    restream_audio_config_t *config)
{
    switch (body->codec) {

    case RESTREAM_CODEC_MP3:
        if (body->size >= 4) {
            restream_audio_mp3(body->data, config);
        }

        break;

    case RESTREAM_CODEC_AC3:
    case RESTREAM_CODEC_EAC3:
        if (body->size >= 7) {
            restream_audio_ac3(body->data, config);
        }

        return;

    case RESTREAM_CODEC_OPUS:

        /* its header may be missing */

        config->rate = RESTREAM_AUDIO_OPUS_RATE;
        return;
    }

    if (config->rate == 0 && body->tag) {
        restream_audio_tag(body->tag, config);
    }
}


static void
restream_audio_tag(uint8_t tag, restream_audio_config_t *config)
{
    config->channels = 1;

    switch (tag >> 4) {

    case RESTREAM_AUDIO_NELLYMOSER_16:
    case RESTREAM_AUDIO_SPEEX:
        config->rate = 16000;
        break;

    case RESTREAM_AUDIO_NELLYMOSER_8:
    case RESTREAM_AUDIO_ALAW:
    case RESTREAM_AUDIO_ULAW:
        config->rate = 8000;
        break;

    default:
        config->rate = restream_audio_tag_rates[tag >> 2 & 3];
        config->channels = (tag & 1) + 1;
    }
}


static void
restream_audio_mp3(const uint8_t *p, restream_audio_config_t *config)
{
    unsigned  version;

    version = p[1] >> 3 & 3;    /* 0: MPEG 2.5, 2: MPEG 2, 3: MPEG 1 */

    if (p[0] != 0xff || (p[1] & 0xe0) != 0xe0 || version == 1
        || (p[1] >> 1 & 3) != RESTREAM_AUDIO_MP3_LAYER3)
    {
        return;
    }

    config->rate = restream_audio_mp3_rates[p[2] >> 2 & 3];

    if (version != 3) {
        config->rate >>= version ? 1 : 2;
    }

    config->channels = (p[3] >> 6) == RESTREAM_AUDIO_MP3_MONO ? 1 : 2;
}


/* seven bytes */

static void
restream_audio_ac3(const uint8_t *data, restream_audio_config_t *config)
{
    unsigned         bsid, acmod, lfe;
    restream_bits_t  b;

    bsid = data[5] >> 3;

    if (restream_get16(data) != RESTREAM_AUDIO_AC3_SYNC) {
        return;
    }

    config->rate = restream_audio_ac3_rates[data[4] >> 6];

    if (bsid > RESTREAM_AUDIO_AC3_BSID_LAST) {

        if (data[4] >> 6 == 3) {        /* half of another one */
            config->rate = restream_audio_ac3_rates[data[4] >> 4 & 3] / 2;
        }

        acmod = data[4] >> 1 & 7;
        lfe = data[4] & 1;

    } else {

        if (bsid > RESTREAM_AUDIO_AC3_BSID) {
            config->rate >>= bsid - RESTREAM_AUDIO_AC3_BSID;
        }

        restream_bits_init(&b, data + 6, 1);

        acmod = restream_bits_read(&b, 3);

        if ((acmod & 1) && acmod != 1) {
            restream_bits_skip(&b, 2);  /* cmixlev */
        }

        if (acmod & 4) {
            restream_bits_skip(&b, 2);  /* surmixlev */
        }

        if (acmod == 2) {
            restream_bits_skip(&b, 2);  /* dsurmod */
        }

        lfe = restream_bits_read(&b, 1);
    }

    config->channels = restream_audio_ac3_channels[acmod] + lfe;
}


static void
restream_audio_opus(const uint8_t *data, size_t size,
    restream_audio_config_t *config)
{
    config->rate = RESTREAM_AUDIO_OPUS_RATE;

    if (size >= RESTREAM_AUDIO_OPUS_HEAD && memcmp(data, "OpusHead", 8) == 0) {
        config->channels = data[9];
    }
}


static void
restream_audio_flac(const uint8_t *data, size_t size,
    restream_audio_config_t *config)
{
    if (size >= RESTREAM_AUDIO_FLAC_MARKER && memcmp(data, "fLaC", 4) == 0) {
        data += RESTREAM_AUDIO_FLAC_MARKER;
        size -= RESTREAM_AUDIO_FLAC_MARKER;
    }

    if (size < RESTREAM_AUDIO_FLAC_INFO) {
        return;
    }

    /* behind the limits of blocks and frames: 20 and 3 bits */

    config->rate = restream_get24(data + 10) >> 4;
    config->channels = (data[12] >> 1 & 7) + 1;
}
