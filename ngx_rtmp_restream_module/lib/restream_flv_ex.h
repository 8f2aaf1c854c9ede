/*
 * The head of an Enhanced RTMP message: packet type, codec, track
 * (src: enhanced-rtmp-v2, "Enhanced Audio", "Enhanced Video").
 *
 * Internal to restream_flv and restream_flv_body.
 */

#ifndef _RESTREAM_FLV_EX_H_INCLUDED_
#define _RESTREAM_FLV_EX_H_INCLUDED_


#include "restream_flv.h"


/* packet types */

#define RESTREAM_FLV_EX_START          0
#define RESTREAM_FLV_EX_FRAMES         1
#define RESTREAM_FLV_EX_END            2
#define RESTREAM_FLV_EX_FRAMES_X       3        /* video */
#define RESTREAM_FLV_EX_METADATA       4        /* video */
#define RESTREAM_FLV_EX_CHANNELS       4        /* audio */
#define RESTREAM_FLV_EX_TS_START       5        /* video */
#define RESTREAM_FLV_EX_AUDIO_TRACKS   5
#define RESTREAM_FLV_EX_VIDEO_TRACKS   6
#define RESTREAM_FLV_EX_MODEX          7
#define RESTREAM_FLV_EX_NONE           255      /* it is cut off */


typedef struct {
    unsigned         packet;    /* the true one */
    uint16_t         track;     /* as restream_flv_info_t */
    uint32_t         codec;     /* FourCC */
    size_t           size;
    const uint8_t   *data;      /* what is behind, size bytes of it; of several
                                   tracks the first */
} restream_flv_ex_t;


/*
 * in    data,size   the message, a byte or more
 *       multitrack  RESTREAM_FLV_EX_AUDIO_TRACKS or _VIDEO_TRACKS
 * out   *ex         filled; ERROR: its packet only
 * ret   OK
 *       ERROR       cut off, or of a kind that is not known
 */
int restream_flv_ex(const uint8_t *data, size_t size, unsigned multitrack,
    restream_flv_ex_t *ex);


#endif /* _RESTREAM_FLV_EX_H_INCLUDED_ */
