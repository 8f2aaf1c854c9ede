/*
 * AV1's part of restream_video_config().
 */

#ifndef _RESTREAM_VIDEO_AV1_H_INCLUDED_
#define _RESTREAM_VIDEO_AV1_H_INCLUDED_


#include "restream_video_config.h"


/* AV1CodecConfigurationRecord; as restream_video_config(), which has set
 * everything to unknown */
void restream_video_av1(const uint8_t *data, size_t size,
    restream_video_config_t *config);


#endif /* _RESTREAM_VIDEO_AV1_H_INCLUDED_ */
