/*
 * Samples of any kind into what the encoder takes.
 *
 * The resampler is always in the way, also from a rate to itself: to put it
 * there amid a stream, when the source turns out to drift, would be heard.
 */

#include "restream_filter_resample.h"

#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libavutil/samplefmt.h>

#include <math.h>
#include <string.h>


/* output samples that a speed is set for: 2 ppm at 48 kHz */
#define RESTREAM_FILTER_RESAMPLE_SPAN  10       /* s */


static int restream_filter_resample_layout(const AVFrame *frm,
    AVChannelLayout *layout);
static int restream_filter_resample_init_swr(restream_filter_resample_t *r,
    AVChannelLayout *in);
static int restream_filter_resample_convert(restream_filter_resample_t *r,
    const uint8_t **in, int n, restream_filter_samples_pt handler, void *ctx);
static void restream_filter_resample_close(restream_filter_resample_t *r);


void
restream_filter_resample_init(restream_filter_resample_t *r, uint32_t rate,
    unsigned channels)
{
    memset(r, 0, sizeof(restream_filter_resample_t));

    r->rate = rate;
    r->channels = channels;
}


void
restream_filter_resample_cleanup(restream_filter_resample_t *r)
{
    restream_filter_resample_close(r);
}


int
restream_filter_resample_fits(const restream_filter_resample_t *r,
    const AVFrame *frm)
{
    return r->swr && (int) r->in_rate == frm->sample_rate
           && r->in_format == frm->format
           && av_channel_layout_compare(&r->in_layout, &frm->ch_layout) == 0;
}


int
restream_filter_resample_open(restream_filter_resample_t *r,
    const AVFrame *frm)
{
    int              rc;
    AVChannelLayout  in;

    restream_filter_resample_close(r);

    if (frm->sample_rate < RESTREAM_FILTER_RATE_MIN
        || frm->sample_rate > RESTREAM_FILTER_RATE_MAX
        || frm->ch_layout.nb_channels > RESTREAM_FILTER_CHANNELS_MAX)
    {
        return RESTREAM_ERROR;
    }

    memset(&in, 0, sizeof(AVChannelLayout));

    if (restream_filter_resample_layout(frm, &in) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    r->in_rate = (uint32_t) frm->sample_rate;
    r->in_format = frm->format;

    rc = restream_filter_resample_init_swr(r, &in);

    if (rc == RESTREAM_OK
        && av_channel_layout_copy(&r->in_layout, &frm->ch_layout) < 0)
    {
        rc = RESTREAM_ERROR;
    }

    if (rc != RESTREAM_OK) {
        restream_filter_resample_close(r);
    }

    av_channel_layout_uninit(&in);

    return rc;
}


/* a number of channels without a layout has the usual one of that number */

static int
restream_filter_resample_layout(const AVFrame *frm, AVChannelLayout *layout)
{
    if (frm->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
        av_channel_layout_default(layout, frm->ch_layout.nb_channels);
        return RESTREAM_OK;
    }

    return av_channel_layout_copy(layout, &frm->ch_layout) < 0
           ? RESTREAM_ERROR : RESTREAM_OK;
}


static int
restream_filter_resample_init_swr(restream_filter_resample_t *r,
    AVChannelLayout *in)
{
    AVChannelLayout  out;

    static const double  both[] = { 1.0, 1.0 };

    memset(&out, 0, sizeof(AVChannelLayout));
    av_channel_layout_default(&out, (int) r->channels);

    if (swr_alloc_set_opts2(&r->swr, &out, AV_SAMPLE_FMT_FLTP, (int) r->rate,
                            in, r->in_format, (int) r->in_rate, 0, NULL) < 0)
    {
        return RESTREAM_ERROR;
    }

    av_opt_set_int(r->swr, "flags", SWR_FLAG_RESAMPLE, 0);

    /* a mix of channels at their loudest is not clipped */

    av_opt_set_double(r->swr, "rematrix_maxval", 1.0, 0);

    /* one channel is as loud on both sides, not 3 dB less */

    if (in->nb_channels == 1 && r->channels == 2
        && swr_set_matrix(r->swr, both, 1) < 0)
    {
        return RESTREAM_ERROR;
    }

    return swr_init(r->swr) < 0 ? RESTREAM_ERROR : RESTREAM_OK;
}


uint64_t
restream_filter_resample_pending(const restream_filter_resample_t *r)
{
    return r->swr ? (uint64_t) swr_get_delay(r->swr, r->rate) : 0;
}


void
restream_filter_resample_steer(restream_filter_resample_t *r, double speed)
{
    int  span, delta;

    span = RESTREAM_FILTER_RESAMPLE_SPAN * (int) r->rate;
    delta = (int) lrint(speed * span);

    /* what is not set anew in time runs out; what never was need not be */

    if (delta == 0 && r->delta == 0) {
        return;
    }

    if (swr_set_compensation(r->swr, delta, delta ? span : 0) >= 0) {
        r->delta = delta;
    }
}


int
restream_filter_resample_write(restream_filter_resample_t *r,
    const AVFrame *frm, unsigned skip, restream_filter_samples_pt handler,
    void *ctx)
{
    int             i, n, planes;
    size_t          size;
    const uint8_t  *in[RESTREAM_FILTER_CHANNELS_MAX];

    n = frm->nb_samples - (int) skip;

    if (n <= 0) {
        return RESTREAM_OK;
    }

    size = (size_t) av_get_bytes_per_sample(frm->format);
    planes = frm->ch_layout.nb_channels;

    if (!av_sample_fmt_is_planar(frm->format)) {
        size *= (size_t) planes;
        planes = 1;
    }

    for (i = 0; i < planes; i++) {
        in[i] = frm->extended_data[i] + skip * size;
    }

    return restream_filter_resample_convert(r, in, n, handler, ctx);
}


int
restream_filter_resample_drain(restream_filter_resample_t *r,
    restream_filter_samples_pt handler, void *ctx)
{
    int  rc;

    if (r->swr == NULL) {
        return RESTREAM_OK;
    }

    rc = restream_filter_resample_convert(r, NULL, 0, handler, ctx);

    restream_filter_resample_close(r);

    return rc;
}


static int
restream_filter_resample_convert(restream_filter_resample_t *r,
    const uint8_t **in, int n, restream_filter_samples_pt handler, void *ctx)
{
    int       rc;
    float    *planes[2];
    uint8_t  *out[2];

    for ( ;; ) {
        planes[0] = r->data[0];
        planes[1] = r->data[1];

        out[0] = (uint8_t *) planes[0];
        out[1] = (uint8_t *) planes[1];

        rc = swr_convert(r->swr, out, RESTREAM_FILTER_RESAMPLE_PART, in, n);

        if (rc <= 0) {
            return rc == 0 ? RESTREAM_OK : RESTREAM_ERROR;
        }

        if (handler(ctx, planes, (unsigned) rc) != RESTREAM_OK) {
            return RESTREAM_ERROR;
        }

        n = 0;                  /* the rest is in swr's buffer */
    }
}


static void
restream_filter_resample_close(restream_filter_resample_t *r)
{
    swr_free(&r->swr);
    av_channel_layout_uninit(&r->in_layout);

    r->delta = 0;
}
