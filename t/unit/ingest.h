/*
 * A publish whose frames are told to restream_ingest, and what it reports.
 */

#ifndef _INGEST_H_INCLUDED_
#define _INGEST_H_INCLUDED_


#include "test.h"
#include "bits.h"

#include "lib/restream_chunk.h"
#include "model/restream_ingest.h"


#define A        RESTREAM_MSG_AUDIO
#define V        RESTREAM_MSG_VIDEO
#define D        RESTREAM_MSG_AMF0_DATA

#define UNKNOWN  RESTREAM_INGEST_UNKNOWN

#define bytes(s)  s, sizeof(s) - 1

#define near(value, want, by, ...)                                            \
    ok((value) + (by) >= (want) && (value) <= (want) + (by), __VA_ARGS__)

/* 1280x720 High */

#define AVC_720   "170000000001640028ffe1001a67640028acd9405005bb011000000300" \
                  "1000000303c0f183196001000668ebe3cb22c0fdf8f800"


static restream_ingest_t         in;
static restream_ingest_report_t  got;


static inline void
feed(uint8_t type, uint32_t timestamp, const void *data, size_t size)
{
    restream_str_t        prefix;
    restream_frame_t     *frm;
    restream_flv_info_t   info;

    memset(&info, 0, sizeof(restream_flv_info_t));

    if (type != D) {
        restream_flv_classify(type, data, size, &info);

    } else if (restream_flv_metadata(data, size, &prefix) == RESTREAM_OK) {
        info.flags = RESTREAM_FLV_HEADER;
        info.header = RESTREAM_FLV_HEADER_METADATA;
    }

    frm = restream_frame_create(type, 0, &info, (uint32_t) size);
    memcpy(frm->data, data, size);

    restream_ingest_frame(&in, frm, timestamp);

    restream_frame_unref(&frm);
}


static inline void
feed_hex(uint8_t type, const char *text)
{
    size_t    size;
    uint8_t  *data;

    data = hex(text, &size);
    feed(type, 0, data, size);
    free(data);
}


/* a frame of that size, of the codec that its first bytes name */

static inline void
feed_frame(uint8_t type, uint32_t timestamp, const char *head, size_t n,
    size_t size)
{
    static uint8_t  data[65536];

    memset(data, 0, sizeof(data));
    memcpy(data, head, n);
    feed(type, timestamp, data, size);
}


static inline void
report(uint64_t now)
{
    restream_ingest_report(&in, now, &got);
}


static inline void
check_video(uint32_t codec, uint32_t width, uint32_t height,
    const char *profile, const char *name)
{
    const char  *said;

    said = restream_codec_profile(got.video.codec, got.video.profile);

    ok(got.video.present && got.video.codec == codec, "%s: codec", name);
    ok(got.video.width == width && got.video.height == height,
       "%s: %ux%u, is %ux%u", name, width, height, got.video.width,
       got.video.height);
    ok(profile ? said && strcmp(said, profile) == 0 : said == NULL,
       "%s: profile", name);
}


static inline void
check_audio(uint32_t codec, uint32_t rate, unsigned channels, const char *name)
{
    ok(got.audio.present && got.audio.codec == codec, "%s: codec", name);
    is_uint(got.audio.rate, rate, "%s: rate", name);
    is_uint(got.audio.channels, channels, "%s: channels", name);
}


static inline void
check_rates(uint32_t fps, uint32_t video, uint32_t audio, const char *name)
{
    near(got.video.fps, fps, 10, "%s: %u fps/1000, is %u", name, fps,
         got.video.fps);
    near(got.video.bitrate, video, video / 100, "%s: video %u kbit/s, is %u",
         name, video, got.video.bitrate);
    near(got.audio.bitrate, audio, audio / 100, "%s: audio %u kbit/s, is %u",
         name, audio, got.audio.bitrate);
}


#endif /* _INGEST_H_INCLUDED_ */
