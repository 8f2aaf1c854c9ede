/*
 * AAC's AudioSpecificConfig.
 *
 * SBR doubles the sample rate, PS makes two channels of one.  An encoder tells
 * of them either first, by an object type of their own, or last, behind the
 * configuration of the core, where decoders that know neither do not look.
 */

#include "restream_audio_aac.h"
#include "restream_bits.h"


#define RESTREAM_AAC_MAIN           1           /* audio object types */
#define RESTREAM_AAC_LC             2
#define RESTREAM_AAC_SSR            3
#define RESTREAM_AAC_LTP            4
#define RESTREAM_AAC_SBR            5
#define RESTREAM_AAC_SCALABLE       6
#define RESTREAM_AAC_PS             29
#define RESTREAM_AAC_ESCAPE         31

#define RESTREAM_AAC_RATE_ESCAPE    15

#define RESTREAM_AAC_SYNC_SBR       0x2b7       /* 11 bits each */
#define RESTREAM_AAC_SYNC_PS        0x548


static unsigned restream_aac_type(restream_bits_t *b);
static uint32_t restream_aac_rate(restream_bits_t *b);
static int restream_aac_core(restream_bits_t *b, unsigned type,
    unsigned channel_config, uint8_t *channels);
static uint8_t restream_aac_elements(restream_bits_t *b);
static void restream_aac_extension(restream_bits_t *b,
    restream_audio_config_t *config);


static const uint32_t  restream_aac_rates[16] = {
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000,
    11025, 8000, 7350
};


/* by channelConfiguration */

static const uint8_t  restream_aac_channels[16] = {
    0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8
};


void
restream_audio_aac(const uint8_t *data, size_t size,
    restream_audio_config_t *config)
{
    uint8_t          channels;
    uint32_t         rate;
    unsigned         type, profile, channel_config;
    restream_bits_t  b;

    restream_bits_init(&b, data, size);

    type = restream_aac_type(&b);
    rate = restream_aac_rate(&b);
    channel_config = restream_bits_read(&b, 4);
    profile = type;

    if (type == RESTREAM_AAC_SBR || type == RESTREAM_AAC_PS) {
        rate = restream_aac_rate(&b);
        type = restream_aac_type(&b);
    }

    if (b.overflow) {
        return;
    }

    channels = restream_aac_channels[channel_config];

    config->rate = rate;
    config->profile = profile;

    if (restream_aac_core(&b, type, channel_config, &channels) == RESTREAM_OK
        && profile == type)
    {
        restream_aac_extension(&b, config);
    }

    if (config->profile == RESTREAM_AAC_PS && channels == 1) {
        channels = 2;
    }

    config->channels = channels;
}


static unsigned
restream_aac_type(restream_bits_t *b)
{
    unsigned  type;

    type = restream_bits_read(b, 5);

    if (type == RESTREAM_AAC_ESCAPE) {
        type = 32 + restream_bits_read(b, 6);
    }

    return type;
}


static uint32_t
restream_aac_rate(restream_bits_t *b)
{
    unsigned  i;

    i = restream_bits_read(b, 4);

    return i == RESTREAM_AAC_RATE_ESCAPE ? restream_bits_read(b, 24)
                                         : restream_aac_rates[i];
}


/*
 * Steps over GASpecificConfig, reads the channels where they stand in it.  Not
 * of the error resilient types, which have more of it and tell of SBR first.
 *
 * ret   OK        an extension may follow
 *       DECLINED  another object type, or cut off
 */

static int
restream_aac_core(restream_bits_t *b, unsigned type, unsigned channel_config,
    uint8_t *channels)
{
    unsigned  flag;

    switch (type) {

    case RESTREAM_AAC_MAIN:
    case RESTREAM_AAC_LC:
    case RESTREAM_AAC_SSR:
    case RESTREAM_AAC_LTP:
    case RESTREAM_AAC_SCALABLE:
        break;

    default:
        return RESTREAM_DECLINED;
    }

    restream_bits_skip(b, 1);           /* frameLengthFlag */

    if (restream_bits_read(b, 1)) {     /* dependsOnCoreCoder */
        restream_bits_skip(b, 14);      /* coreCoderDelay */
    }

    flag = restream_bits_read(b, 1);    /* extensionFlag */

    if (channel_config == 0) {
        *channels = restream_aac_elements(b);
    }

    if (type == RESTREAM_AAC_SCALABLE) {
        restream_bits_skip(b, 3);       /* layerNr */
    }

    restream_bits_skip(b, flag);        /* extensionFlag3 */

    return b->overflow ? RESTREAM_DECLINED : RESTREAM_OK;
}


/* program_config_element(): the channels of a layout that has no number */

static uint8_t
restream_aac_elements(restream_bits_t *b)
{
    uint8_t   channels;
    unsigned  i, pairs, lfe, data, coupling;

    restream_bits_skip(b, 10);          /* tag, object type, rate */

    pairs = 0;

    for (i = 0; i < 3; i++) {           /* front, side, back */
        pairs += restream_bits_read(b, 4);
    }

    lfe = restream_bits_read(b, 2);
    data = restream_bits_read(b, 3);
    coupling = restream_bits_read(b, 4);

    for (i = 0; i < 2; i++) {           /* mono, stereo mixdown */
        if (restream_bits_read(b, 1)) {
            restream_bits_skip(b, 4);
        }
    }

    if (restream_bits_read(b, 1)) {     /* matrix mixdown */
        restream_bits_skip(b, 3);
    }

    for (channels = lfe; pairs; pairs--) {
        channels += 1 + restream_bits_read(b, 1);
        restream_bits_skip(b, 4);
    }

    restream_bits_skip(b, 4 * lfe + 4 * data + 5 * coupling);
    restream_bits_align(b);
    restream_bits_skip(b, 8 * restream_bits_read(b, 8));        /* comment */

    return b->overflow ? 0 : channels;
}


static void
restream_aac_extension(restream_bits_t *b, restream_audio_config_t *config)
{
    uint32_t  rate;

    if (restream_bits_left(b) < 16
        || restream_bits_read(b, 11) != RESTREAM_AAC_SYNC_SBR
        || restream_aac_type(b) != RESTREAM_AAC_SBR
        || restream_bits_read(b, 1) == 0)
    {
        return;
    }

    rate = restream_aac_rate(b);

    if (b->overflow) {
        return;
    }

    config->rate = rate;
    config->profile = RESTREAM_AAC_SBR;

    if (restream_bits_left(b) >= 12
        && restream_bits_read(b, 11) == RESTREAM_AAC_SYNC_PS
        && restream_bits_read(b, 1))
    {
        config->profile = RESTREAM_AAC_PS;
    }
}
