/*
 * AV1's sequence header, up to the resolution.
 */

#include "restream_video_av1.h"
#include "restream_bits.h"


#define RESTREAM_VIDEO_AV1_RECORD    4          /* bytes in front of the OBUs */
#define RESTREAM_VIDEO_AV1_SEQUENCE  1          /* OBU type */


typedef struct {
    unsigned   decoder_model:1;
    unsigned   display_delay:1;
    unsigned   delay_bits;              /* of buffer delays */
} restream_video_av1_timing_t;


static int restream_video_av1_size(const uint8_t **pp, const uint8_t *last,
    size_t *size);
static void restream_video_av1_sequence(const uint8_t *data, size_t size,
    restream_video_config_t *config);
static void restream_video_av1_points(restream_bits_t *b);
static void restream_video_av1_timing(restream_bits_t *b,
    restream_video_av1_timing_t *timing);
static void restream_video_av1_point(restream_bits_t *b,
    const restream_video_av1_timing_t *timing);


void
restream_video_av1(const uint8_t *data, size_t size,
    restream_video_config_t *config)
{
    size_t          len;
    uint8_t         header;
    const uint8_t  *p, *last;

    if (size < RESTREAM_VIDEO_AV1_RECORD || data[0] != 0x81) {
        return;
    }

    config->profile = data[1] >> 5;

    last = data + size;
    p = data + RESTREAM_VIDEO_AV1_RECORD;

    while (p < last) {
        header = *p++;

        if (header & 0x04) {            /* obu_extension_flag */

            if (p == last) {
                return;
            }

            p++;
        }

        len = last - p;

        if ((header & 0x02)             /* obu_has_size_field */
            && restream_video_av1_size(&p, last, &len) != RESTREAM_OK)
        {
            return;
        }

        if ((header >> 3 & 0x0f) == RESTREAM_VIDEO_AV1_SEQUENCE) {
            restream_video_av1_sequence(p, len, config);
            return;
        }

        p += len;
    }
}


/* leb128(), of what is no longer than the rest */

static int
restream_video_av1_size(const uint8_t **pp, const uint8_t *last, size_t *size)
{
    uint64_t        v;
    unsigned        i;
    const uint8_t  *p;

    p = *pp;
    v = 0;

    for (i = 0; i < 8; i++) {

        if (p == last) {
            return RESTREAM_ERROR;
        }

        v |= (uint64_t) (*p & 0x7f) << 7 * i;

        if ((*p++ & 0x80) == 0) {
            break;
        }
    }

    if (i == 8 || v > (uint64_t) (last - p)) {
        return RESTREAM_ERROR;
    }

    *pp = p;
    *size = (size_t) v;

    return RESTREAM_OK;
}


static void
restream_video_av1_sequence(const uint8_t *data, size_t size,
    restream_video_config_t *config)
{
    unsigned         width_bits, height_bits;
    uint64_t         width, height;
    restream_bits_t  b;

    restream_bits_init(&b, data, size);

    restream_bits_skip(&b, 4);          /* seq_profile, still_picture */

    if (restream_bits_read(&b, 1)) {    /* reduced_still_picture_header */
        restream_bits_skip(&b, 5);      /* seq_level_idx */

    } else {
        restream_video_av1_points(&b);
    }

    width_bits = restream_bits_read(&b, 4) + 1;
    height_bits = restream_bits_read(&b, 4) + 1;

    width = (uint64_t) restream_bits_read(&b, width_bits) + 1;
    height = (uint64_t) restream_bits_read(&b, height_bits) + 1;

    if (b.overflow) {
        return;
    }

    config->width = (uint32_t) width;
    config->height = (uint32_t) height;
}


/* timing, and the operating points */

static void
restream_video_av1_points(restream_bits_t *b)
{
    unsigned                     n;
    restream_video_av1_timing_t  timing;

    restream_video_av1_timing(b, &timing);

    timing.display_delay = restream_bits_read(b, 1);

    for (n = restream_bits_read(b, 5) + 1; n; n--) {
        restream_video_av1_point(b, &timing);
    }
}


static void
restream_video_av1_timing(restream_bits_t *b,
    restream_video_av1_timing_t *timing)
{
    unsigned  zeros;

    timing->decoder_model = 0;
    timing->delay_bits = 0;

    if (restream_bits_read(b, 1) == 0) {        /* timing_info_present_flag */
        return;
    }

    restream_bits_skip(b, 64);  /* num_units_in_display_tick, time_scale */

    if (restream_bits_read(b, 1)) {             /* equal_picture_interval */

        /* num_ticks_per_picture_minus_1, uvlc(): from 32 zeros on nothing
         * follows them */

        for (zeros = 0; restream_bits_read(b, 1) == 0 && !b->overflow; zeros++)
        {
            /* void */
        }

        if (zeros < 32) {
            restream_bits_skip(b, zeros);
        }
    }

    timing->decoder_model = restream_bits_read(b, 1);

    if (timing->decoder_model) {
        timing->delay_bits = restream_bits_read(b, 5) + 1;
        restream_bits_skip(b, 42);      /* a tick, two more lengths */
    }
}


static void
restream_video_av1_point(restream_bits_t *b,
    const restream_video_av1_timing_t *timing)
{
    restream_bits_skip(b, 12);          /* operating_point_idc */

    if (restream_bits_read(b, 5) > 7) { /* seq_level_idx */
        restream_bits_skip(b, 1);       /* seq_tier */
    }

    if (timing->decoder_model && restream_bits_read(b, 1)) {
        restream_bits_skip(b, 2 * timing->delay_bits + 1);
    }

    if (timing->display_delay && restream_bits_read(b, 1)) {
        restream_bits_skip(b, 4);       /* initial_display_delay_minus_1 */
    }
}
