/*
 * AAC-LC as we make it.
 */

#include "restream_aac.h"


#define RESTREAM_AAC_LC  2                      /* audio object type */


/* by index (src: ISO/IEC 14496-3, table 1.18) */

static const uint32_t  restream_aac_rates[] = {
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000,
    11025, 8000, 7350
};


/*
 * A single channel element or a channel pair element with all spectral data
 * zero, then the end (src: ISO/IEC 14496-3, 4.4.2.1).  Independent of the
 * rate.
 */

static const restream_str_t  restream_silence_frames[] = {
    restream_string("\x01\x18\x20\x07"),
    restream_string("\x21\x10\x04\x60\x8c\x1c")
};


int
restream_aac_config(uint32_t rate, unsigned channels,
    uint8_t config[RESTREAM_AAC_CONFIG_SIZE])
{
    unsigned  i, n, bits;

    n = sizeof(restream_aac_rates) / sizeof(*restream_aac_rates);

    for (i = 0; i < n && restream_aac_rates[i] != rate; i++) { /* void */ }

    if (i == n || channels == 0 || channels > 2) {
        return RESTREAM_DECLINED;
    }

    bits = RESTREAM_AAC_LC << 11 | i << 7 | channels << 3;

    config[0] = (uint8_t) (bits >> 8);
    config[1] = (uint8_t) bits;

    return RESTREAM_OK;
}


uint64_t
restream_aac_dts(uint64_t n, uint32_t rate)
{
    return n * RESTREAM_AAC_SAMPLES * 1000 / rate;
}


uint64_t
restream_aac_frame(uint64_t dts, uint32_t rate)
{
    uint64_t  unit;

    unit = RESTREAM_AAC_SAMPLES * 1000;

    return (dts * rate + unit - 1) / unit;
}


uint64_t
restream_aac_position(uint64_t dts, uint32_t rate)
{
    return dts * rate / 1000;
}


int
restream_silence_init(restream_silence_t *s, uint32_t rate, unsigned channels,
    uint64_t dts)
{
    uint8_t  config[RESTREAM_AAC_CONFIG_SIZE];

    if (restream_aac_config(rate, channels, config) != RESTREAM_OK) {
        return RESTREAM_DECLINED;
    }

    s->frame = restream_aac_frame(dts, rate);
    s->rate = rate;
    s->data = restream_silence_frames[channels - 1];

    return RESTREAM_OK;
}


int
restream_silence_next(restream_silence_t *s, uint64_t until, uint64_t *dts)
{
    uint64_t  next;

    next = restream_aac_dts(s->frame, s->rate);

    if (next > until) {
        return RESTREAM_AGAIN;
    }

    *dts = next;
    s->frame++;

    return RESTREAM_OK;
}


void
restream_silence_skip(restream_silence_t *s, uint64_t dts)
{
    uint64_t  frame;

    frame = restream_aac_frame(dts + 1, s->rate);

    if (frame > s->frame) {
        s->frame = frame;
    }
}
