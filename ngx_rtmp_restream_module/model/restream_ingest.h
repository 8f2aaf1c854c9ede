/*
 * What comes in: codecs, resolution and sound as the codecs' own headers tell
 * them, and frame rate, bit rates and key frame interval as they are measured.
 *
 * Of several tracks the first counts: the one without a number, else the one
 * with the lowest.  The bit rate is that of all of them.
 *
 * Owned by the source, for one publish; fixed size, no allocation.  What it
 * costs is paid per report and per header: a frame is a few additions.
 */

#ifndef _RESTREAM_INGEST_H_INCLUDED_
#define _RESTREAM_INGEST_H_INCLUDED_


#include "../lib/restream_frame.h"
#include "../lib/restream_audio_config.h"
#include "../lib/restream_video_config.h"


#define RESTREAM_INGEST_UNKNOWN      UINT32_MAX

#define RESTREAM_INGEST_SAMPLES      5
#define RESTREAM_INGEST_SAMPLE_MS    900        /* at least, between two: a
                                                   report a second is one */
#define RESTREAM_INGEST_KEYS         4
#define RESTREAM_INGEST_KEY_LONG_MS  10000


/* A report is copied into shared memory: no pointers. */

typedef struct {
    uint32_t                     codec;         /* FourCC; 0 unknown */
    uint32_t                     width;         /* pixels; 0 unknown */
    uint32_t                     height;        /* pixels; 0 unknown */
    uint32_t                     fps;           /* thousandths, or UNKNOWN */
    uint32_t                     bitrate;       /* kbit/s, or UNKNOWN */
    uint32_t                     key_interval;  /* ms, or UNKNOWN */
    uint16_t                     profile;       /* restream_codec_profile() */
    uint8_t                      present;       /* 0: none came, the rest means
                                                   nothing */
} restream_ingest_video_t;


typedef struct {
    uint32_t                     codec;         /* FourCC; 0 unknown */
    uint32_t                     rate;          /* Hz; 0 unknown */
    uint32_t                     bitrate;       /* kbit/s, or UNKNOWN */
    uint16_t                     profile;       /* restream_codec_profile() */
    uint8_t                      channels;      /* 0 unknown */
    uint8_t                      present;       /* as above */
} restream_ingest_audio_t;


typedef struct {
    restream_ingest_video_t      video;
    restream_ingest_audio_t      audio;
} restream_ingest_report_t;


/* What follows is private. */

typedef struct {
    uint64_t                     at;            /* clock, ms */
    uint64_t                     bytes;
    uint32_t                     frames;
    uint32_t                     timestamp;
} restream_ingest_sample_t;


typedef struct {
    uint32_t                     timestamp;     /* of the last one */
    uint32_t                     n;             /* ever */
    uint32_t                     intervals[RESTREAM_INGEST_KEYS];   /* ms; 0
                                                                       none */
} restream_ingest_keys_t;


/* audio or video */

typedef struct {
    uint64_t                     bytes;         /* of all tracks */
    uint32_t                     frames;        /* of the first; from here on */
    uint32_t                     timestamp;     /* newest, as received */
    uint32_t                     codec;         /* FourCC; 0 unknown */
    uint16_t                     track;         /* 0 without a number, else its
                                                   number + 1 */
    uint8_t                      tag;           /* restream_flv_body_t */
    uint8_t                      channels;      /* by MultichannelConfig */
    restream_video_config_t      video;         /* one of these two */
    restream_audio_config_t      audio;
    restream_ingest_keys_t       keys;          /* video only */
    uint32_t                     nsamples;
    restream_ingest_sample_t     samples[RESTREAM_INGEST_SAMPLES];  /* oldest
                                                                       first */
} restream_ingest_media_t;


/* onMetaData, where the codecs' headers say nothing; 0 unknown */

typedef struct {
    uint32_t                     width;
    uint32_t                     height;
    uint32_t                     fps;           /* thousandths */
    uint32_t                     rate;
    uint8_t                      channels;
} restream_ingest_metadata_t;


typedef struct {
    restream_ingest_media_t      video;
    restream_ingest_media_t      audio;
    restream_ingest_metadata_t   metadata;
} restream_ingest_t;


/* A publish begins, the first one or another. */
void restream_ingest_init(restream_ingest_t *in);

/*
 * in    frm       as the publisher sent it, whether it is relayed or not
 *       timestamp as received, ms
 */
void restream_ingest_frame(restream_ingest_t *in, const restream_frame_t *frm,
    uint32_t timestamp);

/*
 * To be called once a second: rates are those between this call and the fifth
 * before it, so that a stall shows as falling numbers.  Before the second call
 * they are unknown, the frame rate is what metadata announces.
 *
 * The key frame interval is the longest of the last four, the one that is not
 * over yet included.
 *
 * in    now       monotonic clock, ms
 */
void restream_ingest_report(restream_ingest_t *in, uint64_t now,
    restream_ingest_report_t *report);


#endif /* _RESTREAM_INGEST_H_INCLUDED_ */
