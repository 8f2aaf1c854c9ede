/*
 * Classifies audio, video and data messages: header or frame, key frame,
 * disposable, track.  Legacy FLV (AVC, HEVC as codec 12, AAC and the rest) and
 * Enhanced RTMP v2 (src: enhanced-rtmp-v2, "Enhanced Audio", "Enhanced Video").
 *
 * Pure: borrows the bytes, keeps nothing.  A message that it cannot follow is
 * a plain frame of an unknown codec, never an error: we pass through.
 */

#ifndef _RESTREAM_FLV_H_INCLUDED_
#define _RESTREAM_FLV_H_INCLUDED_


#include "restream_buf.h"


/* What a message carries: each kind has its own time line and chunk stream. */

typedef enum {
    RESTREAM_FLV_KIND_AUDIO = 0,
    RESTREAM_FLV_KIND_VIDEO,
    RESTREAM_FLV_KIND_DATA,
    RESTREAM_FLV_KINDS
} restream_flv_kind_e;


#define RESTREAM_FLV_KEY         0x01   /* decoding can start here */
#define RESTREAM_FLV_HEADER      0x02   /* configures what follows: cached and
                                           sent again to every new connection */
#define RESTREAM_FLV_DISPOSABLE  0x04   /* nothing refers to it */
#define RESTREAM_FLV_END         0x08   /* sequence end: clears its headers */
#define RESTREAM_FLV_EMPTY       0x10   /* no media in it: empty message or
                                           command frame */

#define RESTREAM_FLV_NO_TRACK    0xffff /* the message is not multitrack */
#define RESTREAM_FLV_MANY        0x100  /* ORed to the first track of several */


typedef enum {
    RESTREAM_FLV_HEADER_NONE = 0,
    RESTREAM_FLV_HEADER_METADATA,       /* onMetaData */
    RESTREAM_FLV_HEADER_SEQUENCE,       /* decoder configuration, also
                                           MPEG2TSSequenceStart */
    RESTREAM_FLV_HEADER_COLOR,          /* video Metadata (HDR) */
    RESTREAM_FLV_HEADER_CHANNELS        /* audio MultichannelConfig */
} restream_flv_header_e;


typedef struct {
    uint8_t                 flags;      /* RESTREAM_FLV_* */
    restream_flv_header_e   header;     /* which, with RESTREAM_FLV_HEADER */
    uint16_t                track;      /* RESTREAM_FLV_NO_TRACK, 0..255, or
                                           RESTREAM_FLV_MANY | first track */
} restream_flv_info_t;


/* by type, RESTREAM_MSG_*: what is neither audio nor video is data */
restream_flv_kind_e restream_flv_kind(uint8_t type);

/*
 * in    type      RESTREAM_MSG_AUDIO or RESTREAM_MSG_VIDEO
 *       data,size the message; size 0 is allowed
 * out   *info     always filled
 * limit every read is inside data..data+size; linear in size
 */
void restream_flv_classify(uint8_t type, const uint8_t *data, size_t size,
    restream_flv_info_t *info);

/*
 * Looks at a data message (AMF0): is it metadata, with or without
 * @setDataFrame?
 *
 * out   *prefix   bytes to be put in front of it so that a server takes it:
 *                 "@setDataFrame" as an AMF0 string, or empty when it is
 *                 there already; borrowed, static
 * ret   OK        onMetaData
 *       DECLINED  another data message (onTextData, |RtmpSampleAccess, ...):
 *                 passed on as it is
 */
int restream_flv_metadata(const uint8_t *data, size_t size,
    restream_str_t *prefix);

/* 1: metadata that tells of video, by its property videocodecid */
int restream_flv_metadata_video(const uint8_t *data, size_t size);


#endif /* _RESTREAM_FLV_H_INCLUDED_ */
