/*
 * What a video decoder's configuration tells.
 *
 * A parameter set is read up to the resolution and no further.  Whether it
 * could be read is seen at its end: a read beyond it has set overflow.
 */

#include "restream_video_config.h"
#include "restream_bits.h"
#include "restream_buf.h"
#include "restream_video_av1.h"

#include <string.h>


#define RESTREAM_VIDEO_AVC_SPS         7        /* NAL unit types */
#define RESTREAM_VIDEO_HEVC_SPS        33

#define RESTREAM_VIDEO_HEVC_ARRAYS     22       /* offset of their number */

#define RESTREAM_VIDEO_420             1        /* chroma_format_idc */
#define RESTREAM_VIDEO_422             2
#define RESTREAM_VIDEO_444             3


/* a picture as it is coded, and what is cut off it */

typedef struct {
    uint64_t   width;
    uint64_t   height;
    uint64_t   left;            /* in units of chroma samples */
    uint64_t   right;
    uint64_t   top;
    uint64_t   bottom;
    uint32_t   chroma;          /* chroma_format_idc */
    unsigned   fields;          /* of a frame: vertical units are of one */
} restream_video_picture_t;


static void restream_video_avc(const uint8_t *data, size_t size,
    restream_video_config_t *config);
static void restream_video_avc_sps(const uint8_t *data, size_t size,
    restream_video_config_t *config);
static void restream_video_avc_high(restream_bits_t *b,
    restream_video_picture_t *pic);
static void restream_video_avc_scaling(restream_bits_t *b, unsigned n);
static void restream_video_avc_order(restream_bits_t *b);
static void restream_video_hevc(const uint8_t *data, size_t size,
    restream_video_config_t *config);
static void restream_video_hevc_sps(const uint8_t *data, size_t size,
    restream_video_config_t *config);
static void restream_video_hevc_layers(restream_bits_t *b, unsigned layers);
static void restream_video_chroma(restream_bits_t *b,
    restream_video_picture_t *pic);
static void restream_video_crop(restream_bits_t *b,
    restream_video_picture_t *pic);
static void restream_video_shown(const restream_bits_t *b,
    const restream_video_picture_t *pic, restream_video_config_t *config);
static void restream_video_vp9(const uint8_t *data, size_t size,
    restream_video_config_t *config);


void
restream_video_config(const restream_flv_body_t *body,
    restream_video_config_t *config)
{
    config->width = 0;
    config->height = 0;
    config->profile = RESTREAM_PROFILE_NONE;

    if (body->kind != RESTREAM_FLV_BODY_CONFIG) {
        return;
    }

    switch (body->codec) {

    case RESTREAM_CODEC_AVC:
        restream_video_avc(body->data, body->size, config);
        break;

    case RESTREAM_CODEC_HEVC:
        restream_video_hevc(body->data, body->size, config);
        break;

    case RESTREAM_CODEC_AV1:
        restream_video_av1(body->data, body->size, config);
        break;

    case RESTREAM_CODEC_VP9:
        restream_video_vp9(body->data, body->size, config);
        break;
    }
}


static void
restream_video_avc(const uint8_t *data, size_t size,
    restream_video_config_t *config)
{
    size_t  len;

    if (size < 4 || data[0] != 1) {
        return;
    }

    config->profile = restream_get16(data + 1);

    if (size < 8 || (data[5] & 0x1f) == 0) {
        return;
    }

    len = restream_get16(data + 6);

    if (len > size - 8) {
        return;
    }

    restream_video_avc_sps(data + 8, len, config);
}


static void
restream_video_avc_sps(const uint8_t *data, size_t size,
    restream_video_config_t *config)
{
    restream_bits_t           b;
    restream_video_picture_t  pic;

    memset(&pic, 0, sizeof(restream_video_picture_t));

    restream_bits_init_nal(&b, data, size);

    if ((restream_bits_read(&b, 8) & 0x1f) != RESTREAM_VIDEO_AVC_SPS) {
        return;
    }

    restream_video_avc_high(&b, &pic);

    (void) restream_bits_ue(&b);        /* log2_max_frame_num_minus4 */

    restream_video_avc_order(&b);

    (void) restream_bits_ue(&b);        /* max_num_ref_frames */
    restream_bits_skip(&b, 1);          /* gaps_in_frame_num_allowed_flag */

    pic.width = ((uint64_t) restream_bits_ue(&b) + 1) * 16;
    pic.height = ((uint64_t) restream_bits_ue(&b) + 1) * 16;
    pic.fields = 1;

    if (restream_bits_read(&b, 1) == 0) {       /* frame_mbs_only_flag */
        pic.height *= 2;
        pic.fields = 2;
        restream_bits_skip(&b, 1);      /* mb_adaptive_frame_field_flag */
    }

    restream_bits_skip(&b, 1);          /* direct_8x8_inference_flag */

    restream_video_crop(&b, &pic);
    restream_video_shown(&b, &pic, config);
}


/* from the profile on; those that are not only 4:2:0 of 8 bits say so */

static void
restream_video_avc_high(restream_bits_t *b, restream_video_picture_t *pic)
{
    unsigned  i, profile, lists;

    profile = restream_bits_read(b, 8);

    restream_bits_skip(b, 16);          /* constraints, level_idc */
    (void) restream_bits_ue(b);         /* seq_parameter_set_id */

    pic->chroma = RESTREAM_VIDEO_420;

    switch (profile) {

    case 44:
    case 83:
    case 86:
    case 100:
    case 110:
    case 118:
    case 122:
    case 128:
    case 134:
    case 135:
    case 138:
    case 139:
    case 244:
        break;

    default:
        return;
    }

    restream_video_chroma(b, pic);

    (void) restream_bits_ue(b);         /* bit_depth_luma_minus8 */
    (void) restream_bits_ue(b);         /* bit_depth_chroma_minus8 */
    restream_bits_skip(b, 1);           /* qpprime_y_zero_transform_bypass */

    if (restream_bits_read(b, 1) == 0) {        /* scaling matrix */
        return;
    }

    lists = (pic->chroma == RESTREAM_VIDEO_444) ? 12 : 8;

    for (i = 0; i < lists; i++) {
        if (restream_bits_read(b, 1)) {
            restream_video_avc_scaling(b, i < 6 ? 16 : 64);
        }
    }
}


static void
restream_video_avc_scaling(restream_bits_t *b, unsigned n)
{
    unsigned  i, last, next;

    last = 8;

    for (i = 0; i < n; i++) {
        next = (last + (unsigned) restream_bits_se(b)) & 0xff;

        if (next == 0) {
            return;             /* the rest of the list is as the last one */
        }

        last = next;
    }
}


/* pic_order_cnt_type and what it brings */

static void
restream_video_avc_order(restream_bits_t *b)
{
    uint32_t  n;

    switch (restream_bits_ue(b)) {

    case 0:
        (void) restream_bits_ue(b);     /* log2_max_pic_order_cnt_lsb_minus4 */
        return;

    case 1:
        restream_bits_skip(b, 1);       /* delta_pic_order_always_zero_flag */
        (void) restream_bits_se(b);     /* offset_for_non_ref_pic */
        (void) restream_bits_se(b);     /* offset_for_top_to_bottom_field */

        for (n = restream_bits_ue(b); n && !b->overflow; n--) {
            (void) restream_bits_se(b); /* offset_for_ref_frame */
        }
    }
}


static void
restream_video_hevc(const uint8_t *data, size_t size,
    restream_video_config_t *config)
{
    size_t          len;
    unsigned        arrays, n, type;
    const uint8_t  *p, *last;

    if (size <= RESTREAM_VIDEO_HEVC_ARRAYS) {
        return;
    }

    config->profile = data[1] & 0x1f;

    last = data + size;
    p = data + RESTREAM_VIDEO_HEVC_ARRAYS;

    for (arrays = *p++; arrays && last - p >= 3; arrays--) {
        type = p[0] & 0x3f;
        n = restream_get16(p + 1);
        p += 3;

        for ( /* void */ ; n && last - p >= 2; n--) {
            len = restream_get16(p);
            p += 2;

            if (len > (size_t) (last - p)) {
                return;
            }

            if (type == RESTREAM_VIDEO_HEVC_SPS) {
                restream_video_hevc_sps(p, len, config);
                return;
            }

            p += len;
        }
    }
}


static void
restream_video_hevc_sps(const uint8_t *data, size_t size,
    restream_video_config_t *config)
{
    unsigned                  layers;
    restream_bits_t           b;
    restream_video_picture_t  pic;

    memset(&pic, 0, sizeof(restream_video_picture_t));

    restream_bits_init_nal(&b, data, size);

    if ((restream_bits_read(&b, 16) >> 9 & 0x3f) != RESTREAM_VIDEO_HEVC_SPS) {
        return;
    }

    restream_bits_skip(&b, 4);          /* sps_video_parameter_set_id */
    layers = restream_bits_read(&b, 3); /* sps_max_sub_layers_minus1 */
    restream_bits_skip(&b, 1);          /* sps_temporal_id_nesting_flag */

    restream_bits_skip(&b, 96);         /* profile, tier, level */
    restream_video_hevc_layers(&b, layers);

    (void) restream_bits_ue(&b);        /* sps_seq_parameter_set_id */

    restream_video_chroma(&b, &pic);

    pic.width = restream_bits_ue(&b);
    pic.height = restream_bits_ue(&b);
    pic.fields = 1;

    restream_video_crop(&b, &pic);
    restream_video_shown(&b, &pic, config);
}


/* profiles and levels of the sub-layers */

static void
restream_video_hevc_layers(restream_bits_t *b, unsigned layers)
{
    unsigned  i, present;

    if (layers == 0) {
        return;
    }

    present = restream_bits_read(b, 16);        /* two bits each, of eight */

    for (i = 0; i < layers; i++) {

        if (present & 0x8000 >> 2 * i) {
            restream_bits_skip(b, 88);
        }

        if (present & 0x4000 >> 2 * i) {
            restream_bits_skip(b, 8);
        }
    }
}


static void
restream_video_chroma(restream_bits_t *b, restream_video_picture_t *pic)
{
    pic->chroma = restream_bits_ue(b);

    if (pic->chroma == RESTREAM_VIDEO_444) {
        restream_bits_skip(b, 1);       /* separate_colour_plane_flag */
    }
}


static void
restream_video_crop(restream_bits_t *b, restream_video_picture_t *pic)
{
    if (restream_bits_read(b, 1)) {
        pic->left = restream_bits_ue(b);
        pic->right = restream_bits_ue(b);
        pic->top = restream_bits_ue(b);
        pic->bottom = restream_bits_ue(b);
    }
}


static void
restream_video_shown(const restream_bits_t *b,
    const restream_video_picture_t *pic, restream_video_config_t *config)
{
    uint64_t  x, y;

    if (b->overflow || pic->chroma > RESTREAM_VIDEO_444) {
        return;
    }

    x = pic->left + pic->right;
    y = (pic->top + pic->bottom) * pic->fields;

    if (pic->chroma == RESTREAM_VIDEO_420 || pic->chroma == RESTREAM_VIDEO_422)
    {
        x *= 2;
    }

    if (pic->chroma == RESTREAM_VIDEO_420) {
        y *= 2;
    }

    if (pic->width > RESTREAM_VIDEO_SIZE_MAX || pic->width <= x
        || pic->height > RESTREAM_VIDEO_SIZE_MAX || pic->height <= y)
    {
        return;
    }

    config->width = (uint32_t) (pic->width - x);
    config->height = (uint32_t) (pic->height - y);
}


static void
restream_video_vp9(const uint8_t *data, size_t size,
    restream_video_config_t *config)
{
    /* version and flags of the box that it stands in elsewhere; without them
     * these bytes would be a bit depth of 0 */

    if (size >= 4 && restream_get32(data) == 0x01000000) {
        data += 4;
        size -= 4;
    }

    if (size) {
        config->profile = data[0];
    }
}
