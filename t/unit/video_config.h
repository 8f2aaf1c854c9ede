/*
 * A decoder configuration as it comes in a message, and what is read of it.
 */

#ifndef _VIDEO_CONFIG_H_INCLUDED_
#define _VIDEO_CONFIG_H_INCLUDED_


#include "test.h"
#include "bits.h"

#include "lib/restream_video_config.h"


#define AVC   RESTREAM_CODEC_AVC
#define HEVC  RESTREAM_CODEC_HEVC
#define AV1   RESTREAM_CODEC_AV1
#define VP9   RESTREAM_CODEC_VP9


static inline void
configure(uint32_t codec, const uint8_t *data, size_t size,
    restream_video_config_t *config)
{
    restream_flv_body_t  body;

    memset(&body, 0, sizeof(restream_flv_body_t));
    memset(config, 0xff, sizeof(restream_video_config_t));

    body.kind = RESTREAM_FLV_BODY_CONFIG;
    body.codec = codec;
    body.data = data;
    body.size = size;

    restream_video_config(&body, config);
}


static inline void
check_size(const restream_video_config_t *config, uint32_t width,
    uint32_t height, const char *name)
{
    ok(config->width == width && config->height == height,
       "%s: %ux%u, is %ux%u", name, width, height, config->width,
       config->height);
}


#endif /* _VIDEO_CONFIG_H_INCLUDED_ */
