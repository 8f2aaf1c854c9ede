/*
 * What a video decoder's configuration tells: profile and resolution.
 *
 *     AVC    AVCDecoderConfigurationRecord and its first sequence parameter set
 *            (src: ISO/IEC 14496-15, 5.3.3.1; H.264, 7.3.2.1)
 *     HEVC   HEVCDecoderConfigurationRecord, likewise
 *            (src: ISO/IEC 14496-15, 8.3.3.1; H.265, 7.3.2.2)
 *     AV1    AV1CodecConfigurationRecord and the sequence header in it
 *            (src: AV1 in ISO-BMFF, 2.3; AV1, 5.5)
 *     VP9    VPCodecConfigurationRecord, which has no resolution
 *            (src: VP codecs in ISO-BMFF)
 *
 * Pure: borrows the bytes, keeps nothing.
 */

#ifndef _RESTREAM_VIDEO_CONFIG_H_INCLUDED_
#define _RESTREAM_VIDEO_CONFIG_H_INCLUDED_


#include "restream_flv_body.h"


#define RESTREAM_VIDEO_SIZE_MAX  65536  /* pixels, of each side */


typedef struct {
    uint32_t  width;            /* pixels, without what is cropped; with both
                                   sides 0: unknown */
    uint32_t  height;
    uint16_t  profile;          /* for restream_codec_profile() */
} restream_video_config_t;


/*
 * in    body      of a video message; what is no configuration tells nothing
 * out   *config   what could be read, always filled
 * limit every read is inside the body; linear in its size
 */
void restream_video_config(const restream_flv_body_t *body,
    restream_video_config_t *config);


#endif /* _RESTREAM_VIDEO_CONFIG_H_INCLUDED_ */
