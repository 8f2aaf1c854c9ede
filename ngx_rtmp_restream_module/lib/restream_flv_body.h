/*
 * What an audio or video message carries inside of FLV and Enhanced RTMP:
 * codec, kind of packet, track, and the codec's own bytes
 * (src: enhanced-rtmp-v2, "Enhanced Audio", "Enhanced Video").
 *
 * Pure: borrows the bytes, keeps nothing.
 */

#ifndef _RESTREAM_FLV_BODY_H_INCLUDED_
#define _RESTREAM_FLV_BODY_H_INCLUDED_


#include "restream_codec.h"


typedef enum {
    RESTREAM_FLV_BODY_CONFIG = 0,       /* decoder configuration */
    RESTREAM_FLV_BODY_FRAMES,
    RESTREAM_FLV_BODY_CHANNELS,         /* MultichannelConfig */
    RESTREAM_FLV_BODY_OTHER
} restream_flv_body_e;


typedef struct {
    restream_flv_body_e   kind;
    uint32_t              codec;        /* FourCC, legacy ids are mapped; 0
                                           unknown */
    uint8_t               tag;          /* legacy audio but AAC: its first byte,
                                           which tells rate and channels; else
                                           0 */
    size_t                size;
    const uint8_t        *data;         /* the codec's bytes, size of them; of
                                           several tracks the first */
} restream_flv_body_t;


/*
 * in    type      RESTREAM_MSG_AUDIO or RESTREAM_MSG_VIDEO
 * ret   OK        *body is filled
 *       DECLINED  it has no codec: empty, a command, cut off, another type
 * limit every read is inside data..data+size; constant time, but for ModEx
 */
int restream_flv_body(uint8_t type, const uint8_t *data, size_t size,
    restream_flv_body_t *body);


#endif /* _RESTREAM_FLV_BODY_H_INCLUDED_ */
