/*
 * Published audio in, AAC-LC frames out.
 */

#include "restream_filter_chain.h"
#include "restream_filter_report.h"

#include "../lib/restream_chunk.h"
#include "../lib/restream_flv.h"

#include <string.h>


#define RESTREAM_FILTER_CHAIN_RATE      48000   /* where the source's is none
                                                   that platforms take */
#define RESTREAM_FILTER_CHAIN_CHANNELS  2

#define RESTREAM_FILTER_CHAIN_LONGEST   2       /* s of a message: more is
                                                   no live audio */


static int restream_filter_chain_decode(restream_filter_chain_t *c,
    uint64_t dts);
static int restream_filter_chain_samples(restream_filter_chain_t *c,
    uint64_t dts, unsigned first);
static int restream_filter_chain_place(restream_filter_chain_t *c,
    uint64_t dts, unsigned n, unsigned rate, double *speed, unsigned *skip);
static int restream_filter_chain_conceal(restream_filter_chain_t *c,
    uint64_t dts);
static int restream_filter_chain_fill(restream_filter_chain_t *c,
    uint64_t position);
static int restream_filter_chain_jump(restream_filter_chain_t *c,
    uint64_t position);
static int restream_filter_chain_drain(restream_filter_chain_t *c);
static int restream_filter_chain_open(restream_filter_chain_t *c,
    uint64_t dts, unsigned rate, unsigned channels);
static uint64_t restream_filter_chain_position(
    const restream_filter_chain_t *c);
static int restream_filter_chain_write(void *ctx, float *planes[2],
    unsigned n);


int
restream_filter_chain_init(restream_filter_chain_t *c, uint64_t dts,
    const restream_pipe_config_t *config, const restream_filter_sink_t *sink,
    void *ctx)
{
    memset(c, 0, sizeof(restream_filter_chain_t));

    c->asked = *config;
    c->start = dts;
    c->sink = sink;
    c->ctx = ctx;

    if (restream_filter_decode_init(&c->decode) != RESTREAM_OK) {
        sink->error(ctx, dts, RESTREAM_PIPE_ERR_CODEC, "no memory");
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


void
restream_filter_chain_cleanup(restream_filter_chain_t *c)
{
    restream_filter_decode_cleanup(&c->decode);
    restream_filter_resample_cleanup(&c->resample);
    restream_filter_encode_cleanup(&c->encode);
}


int
restream_filter_chain_audio(restream_filter_chain_t *c, uint64_t dts,
    const uint8_t *data, size_t size)
{
    restream_flv_info_t  info;
    restream_flv_body_t  body;

    if (dts < c->dts) {
        dts = c->dts;
    }

    c->dts = dts;

    restream_flv_classify(RESTREAM_MSG_AUDIO, data, size, &info);

    if (info.track != RESTREAM_FLV_NO_TRACK && (info.track & 0xff) != 0) {
        return RESTREAM_OK;
    }

    /* the end of a sequence, a layout of channels: the decoder knows */

    if (restream_flv_body(RESTREAM_MSG_AUDIO, data, size, &body)
        != RESTREAM_OK
        || (body.kind != RESTREAM_FLV_BODY_CONFIG
            && body.kind != RESTREAM_FLV_BODY_FRAMES)
        || body.size == 0)
    {
        return RESTREAM_OK;
    }

    switch (restream_filter_decode_put(&c->decode, &body)) {

    case RESTREAM_OK:
        return restream_filter_chain_decode(c, dts);

    case RESTREAM_DONE:
        return RESTREAM_OK;

    case RESTREAM_ERROR:
        if (restream_filter_report_decoder(c, dts) != RESTREAM_OK) {
            return RESTREAM_ERROR;
        }

        return restream_filter_chain_conceal(c, dts);

    default: /* RESTREAM_DECLINED */
        if (restream_filter_report_decoder(c, dts) != RESTREAM_OK) {
            return RESTREAM_ERROR;
        }

        return restream_filter_chain_clock(c, dts);
    }
}


int
restream_filter_chain_clock(restream_filter_chain_t *c, uint64_t dts)
{
    uint64_t                      from;
    restream_filter_clock_step_t  step;

    if (!c->open
        && restream_filter_chain_open(c, dts, RESTREAM_FILTER_CHAIN_RATE,
                                      RESTREAM_FILTER_CHAIN_CHANNELS)
           != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    restream_filter_clock_pass(&c->clock, dts,
                               restream_filter_chain_position(c), &step);

    switch (step.action) {

    case RESTREAM_FILTER_CLOCK_FILL:
        from = restream_filter_chain_position(c);
        return restream_filter_chain_fill(c, from + step.n);

    case RESTREAM_FILTER_CLOCK_JUMP:
        return restream_filter_chain_jump(c, step.n);

    default:
        return RESTREAM_OK;
    }
}


int
restream_filter_chain_discontinuity(restream_filter_chain_t *c, uint64_t dts)
{
    if (!c->open) {

        if (dts > c->start) {
            c->start = dts;
        }

        return RESTREAM_OK;
    }

    if (restream_filter_chain_drain(c) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    restream_filter_clock_cut(&c->clock);

    return restream_filter_report_result(c,
                     restream_filter_encode_skip(&c->encode,
                          restream_aac_frame(dts, c->encode.conf.rate)));
}


int
restream_filter_chain_reset(restream_filter_chain_t *c)
{
    restream_filter_decode_reset(&c->decode);

    c->last_rate = 0;

    return restream_filter_chain_drain(c);
}


int
restream_filter_chain_flush(restream_filter_chain_t *c)
{
    if (!c->open) {
        return RESTREAM_OK;
    }

    if (restream_filter_chain_drain(c) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    return restream_filter_report_result(c,
                                      restream_filter_encode_drain(&c->encode));
}


/* A message is in the decoder. */

static int
restream_filter_chain_decode(restream_filter_chain_t *c, uint64_t dts)
{
    int       rc, max;
    AVFrame  *frm;
    unsigned  n;

    n = 0;
    frm = c->decode.frame;

    while ((rc = restream_filter_decode_frame(&c->decode)) == RESTREAM_OK) {
        max = RESTREAM_FILTER_CHAIN_LONGEST * frm->sample_rate - (int) n;

        if (frm->nb_samples > max) {
            frm->nb_samples = max;
        }

        if (frm->nb_samples <= 0) {
            continue;
        }

        if (restream_filter_chain_samples(c, dts, n == 0) != RESTREAM_OK) {
            return RESTREAM_ERROR;
        }

        n += (unsigned) frm->nb_samples;
        c->last_rate = (unsigned) frm->sample_rate;
    }

    if (n) {
        c->last = n;
    }

    if (rc == RESTREAM_AGAIN) {
        return RESTREAM_OK;
    }

    if (restream_filter_report_decoder(c, dts) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    /* what is missing at the end of a message, the next one shows */

    return n ? RESTREAM_OK : restream_filter_chain_conceal(c, dts);
}


/* Those in the decoder's frame; first: of their message. */

static int
restream_filter_chain_samples(restream_filter_chain_t *c, uint64_t dts,
    unsigned first)
{
    double          speed;
    unsigned        skip;
    const AVFrame  *frm;

    frm = c->decode.frame;
    skip = 0;

    if (!c->open
        && restream_filter_chain_open(c, dts, (unsigned) frm->sample_rate,
                                      (unsigned) frm->ch_layout.nb_channels)
           != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    if (!restream_filter_resample_fits(&c->resample, frm)
        && restream_filter_chain_drain(c) != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    if (first
        && restream_filter_chain_place(c, dts, (unsigned) frm->nb_samples,
                                       (unsigned) frm->sample_rate, &speed,
                                       &skip)
           != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    if (c->resample.swr == NULL
        && restream_filter_resample_open(&c->resample, frm) != RESTREAM_OK)
    {
        if (restream_filter_report_error(c, dts, RESTREAM_PIPE_ERR_FORMAT,
                                      "rate or channels that cannot be mixed")
            != RESTREAM_OK)
        {
            return RESTREAM_ERROR;
        }

        return restream_filter_chain_clock(c, dts);
    }

    if (restream_filter_report_input(c, dts, frm) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    if (first) {
        restream_filter_resample_steer(&c->resample, speed);
    }

    return restream_filter_report_result(c,
                    restream_filter_resample_write(&c->resample, frm, skip,
                                            restream_filter_chain_write, c));
}


/*
 * Makes the place for a message of n samples: fills the gap before it, or
 * tells how many of its samples come too late.
 */

static int
restream_filter_chain_place(restream_filter_chain_t *c, uint64_t dts,
    unsigned n, unsigned rate, double *speed, unsigned *skip)
{
    uint64_t                      position, late;
    restream_filter_clock_step_t  step;

    position = restream_filter_chain_position(c);

    restream_filter_clock_step(&c->clock, dts, position, &step);

    *speed = step.speed;
    *skip = 0;

    switch (step.action) {

    case RESTREAM_FILTER_CLOCK_FILL:
        return restream_filter_chain_fill(c, position + step.n);

    case RESTREAM_FILTER_CLOCK_SKIP:
        late = step.n * rate / c->encode.conf.rate;
        *skip = late < n ? (unsigned) late : n;
        return RESTREAM_OK;

    case RESTREAM_FILTER_CLOCK_JUMP:
        return restream_filter_chain_jump(c, step.n);

    default:
        return RESTREAM_OK;
    }
}


/* As much silence as the message would have been audio. */

static int
restream_filter_chain_conceal(restream_filter_chain_t *c, uint64_t dts)
{
    double    speed;
    uint64_t  n;
    unsigned  skip;

    if (!c->open || c->last_rate == 0) {
        return RESTREAM_OK;
    }

    if (restream_filter_chain_drain(c) != RESTREAM_OK
        || restream_filter_chain_place(c, dts, c->last, c->last_rate, &speed,
                                       &skip)
           != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    n = (uint64_t) (c->last - skip) * c->encode.conf.rate / c->last_rate;

    return restream_filter_chain_fill(c, c->encode.position + n);
}


/* silence up to a position */

static int
restream_filter_chain_fill(restream_filter_chain_t *c, uint64_t position)
{
    uint64_t  n;

    if (restream_filter_chain_drain(c) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    if (position <= c->encode.position) {
        return RESTREAM_OK;
    }

    n = position - c->encode.position;
    c->stats.silence_ms += n * 1000 / c->encode.conf.rate;

    return restream_filter_report_result(c,
                                 restream_filter_encode_silence(&c->encode, n));
}


/* nothing up to a position, which is ahead */

static int
restream_filter_chain_jump(restream_filter_chain_t *c, uint64_t position)
{
    if (restream_filter_chain_drain(c) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    return restream_filter_report_result(c,
                            restream_filter_encode_seek(&c->encode, position));
}


/* What the resampler holds goes to the encoder; it is closed. */

static int
restream_filter_chain_drain(restream_filter_chain_t *c)
{
    return restream_filter_report_result(c,
                            restream_filter_resample_drain(&c->resample,
                                             restream_filter_chain_write, c));
}


/* Settles rate and channels of the output, for good. */

static int
restream_filter_chain_open(restream_filter_chain_t *c, uint64_t dts,
    unsigned rate, unsigned channels)
{
    restream_filter_encode_conf_t  conf;

    if (rate != 44100 && rate != 48000) {
        rate = RESTREAM_FILTER_CHAIN_RATE;
    }

    if (channels != 1 && channels != 2) {
        channels = RESTREAM_FILTER_CHAIN_CHANNELS;
    }

    conf.rate = c->asked.rate ? c->asked.rate : rate;
    conf.channels = c->asked.channels ? c->asked.channels : channels;
    conf.bitrate = c->asked.bitrate;
    conf.earliest = restream_aac_frame(c->start, conf.rate);

    if (restream_filter_encode_init(&c->encode, &conf,
                                    restream_filter_report_frame, c)
        != RESTREAM_OK)
    {
        return restream_filter_report_result(c, RESTREAM_ERROR);
    }

    restream_filter_resample_init(&c->resample, conf.rate, conf.channels);
    restream_filter_clock_init(&c->clock, conf.rate);

    c->open = 1;
    c->stats_at = c->start;

    return restream_filter_report_output(c, dts);
}


/* where the next sample that is decoded would be */

static uint64_t
restream_filter_chain_position(const restream_filter_chain_t *c)
{
    return c->encode.position + restream_filter_resample_pending(&c->resample);
}


static int
restream_filter_chain_write(void *ctx, float *planes[2], unsigned n)
{
    restream_filter_chain_t  *c = ctx;

    return restream_filter_encode_write(&c->encode, planes, n);
}
