/*
 * What a chain tells its sink.
 */

#include "restream_filter_report.h"

#include <string.h>
#include <sys/resource.h>


#define RESTREAM_FILTER_REPORT_STATS_MS  1000
#define RESTREAM_FILTER_REPORT_ERROR_MS  1000


static uint64_t restream_filter_report_cpu_ms(void);


int
restream_filter_report_output(restream_filter_chain_t *c, uint64_t dts)
{
    restream_pipe_output_t  output;

    memset(&output, 0, sizeof(restream_pipe_output_t));

    output.rate = c->encode.conf.rate;
    output.channels = (uint8_t) c->encode.conf.channels;
    output.asc_len = RESTREAM_AAC_CONFIG_SIZE;

    /* the encoder was compared with it, so there is one */

    (void) restream_aac_config(output.rate, output.channels, output.asc);

    return c->sink->output(c->ctx, dts, &output);
}


int
restream_filter_report_input(restream_filter_chain_t *c, uint64_t dts,
    const AVFrame *frm)
{
    restream_pipe_input_t  input;

    input.codec = c->decode.fourcc;
    input.rate = (uint32_t) frm->sample_rate;
    input.channels = (uint8_t) frm->ch_layout.nb_channels;

    if (input.codec == c->input.codec && input.rate == c->input.rate
        && input.channels == c->input.channels)
    {
        return RESTREAM_OK;
    }

    c->input = input;

    return c->sink->input(c->ctx, dts, &input);
}


int
restream_filter_report_frame(void *ctx, uint64_t dts, const uint8_t *data,
    size_t size)
{
    restream_filter_chain_t  *c = ctx;

    if (c->sink->frame(c->ctx, dts, data, size) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    if (dts < c->stats_at) {
        return RESTREAM_OK;
    }

    c->stats_at = dts + RESTREAM_FILTER_REPORT_STATS_MS;
    c->stats.cpu_ms = restream_filter_report_cpu_ms();
    c->stats.drift_ms = restream_filter_clock_drift_ms(&c->clock);
    c->stats.rate_ppm = restream_filter_clock_ppm(&c->clock);

    return c->sink->stats(c->ctx, dts, &c->stats);
}


int
restream_filter_report_error(restream_filter_chain_t *c, uint64_t dts,
    restream_pipe_error_e code, const char *text)
{
    if (strcmp(c->said, text) == 0
        && dts < c->said_at + RESTREAM_FILTER_REPORT_ERROR_MS)
    {
        return RESTREAM_OK;
    }

    c->said_at = dts;
    strncpy(c->said, text, RESTREAM_PIPE_TEXT_MAX);

    return c->sink->error(c->ctx, dts, code, text);
}


int
restream_filter_report_decoder(restream_filter_chain_t *c, uint64_t dts)
{
    c->stats.errors++;

    return restream_filter_report_error(c, dts, c->decode.err,
                                        c->decode.text);
}


int
restream_filter_report_result(restream_filter_chain_t *c, int rc)
{
    if (rc != RESTREAM_OK && c->encode.err) {
        c->sink->error(c->ctx, c->dts, RESTREAM_PIPE_ERR_ENCODER,
                       c->encode.err);
        c->encode.err = NULL;
    }

    return rc;
}


static uint64_t
restream_filter_report_cpu_ms(void)
{
    struct rusage  usage;

    if (getrusage(RUSAGE_SELF, &usage) == -1) {
        return 0;
    }

    return (uint64_t) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000
           + (uint64_t) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
             / 1000;
}
