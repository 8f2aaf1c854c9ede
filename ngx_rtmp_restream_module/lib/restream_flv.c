/*
 * Classification of audio, video and data messages.
 *
 * A message is read no further than its first track: flags and packet type are
 * common to all tracks of a message.
 */

#include "restream_flv.h"
#include "restream_flv_ex.h"
#include "restream_chunk.h"

#include <string.h>


#define RESTREAM_FLV_FRAME_KEY         1
#define RESTREAM_FLV_FRAME_DISPOSABLE  3
#define RESTREAM_FLV_FRAME_COMMAND     5

#define RESTREAM_FLV_CODEC_AVC         7
#define RESTREAM_FLV_CODEC_HEVC        12       /* before Enhanced RTMP */

#define RESTREAM_FLV_AVC_HEADER        0
#define RESTREAM_FLV_AVC_NALU          1
#define RESTREAM_FLV_AVC_END           2

#define RESTREAM_FLV_FORMAT_EX         9
#define RESTREAM_FLV_FORMAT_AAC        10

#define RESTREAM_FLV_AAC_HEADER        0


static void restream_flv_plain(restream_flv_info_t *info);
static void restream_flv_video(const uint8_t *p, const uint8_t *last,
    restream_flv_info_t *info);
static void restream_flv_video_ex(const uint8_t *data, size_t size,
    restream_flv_info_t *info);
static void restream_flv_audio(const uint8_t *p, const uint8_t *last,
    restream_flv_info_t *info);
static void restream_flv_audio_ex(const uint8_t *data, size_t size,
    restream_flv_info_t *info);
static void restream_flv_header(restream_flv_info_t *info,
    restream_flv_header_e header);
static void restream_flv_frame(restream_flv_info_t *info, unsigned frame_type);


restream_flv_kind_e
restream_flv_kind(uint8_t type)
{
    switch (type) {

    case RESTREAM_MSG_AUDIO:
        return RESTREAM_FLV_KIND_AUDIO;

    case RESTREAM_MSG_VIDEO:
        return RESTREAM_FLV_KIND_VIDEO;

    default:
        return RESTREAM_FLV_KIND_DATA;
    }
}


void
restream_flv_classify(uint8_t type, const uint8_t *data, size_t size,
    restream_flv_info_t *info)
{
    restream_flv_plain(info);

    if (size == 0) {
        info->flags = RESTREAM_FLV_EMPTY;
        return;
    }

    if (type == RESTREAM_MSG_VIDEO) {

        if (data[0] & 0x80) {
            restream_flv_video_ex(data, size, info);

        } else {
            restream_flv_video(data, data + size, info);
        }

    } else if (type == RESTREAM_MSG_AUDIO) {

        if (data[0] >> 4 == RESTREAM_FLV_FORMAT_EX) {
            restream_flv_audio_ex(data, size, info);

        } else {
            restream_flv_audio(data, data + size, info);
        }
    }
}


static void
restream_flv_plain(restream_flv_info_t *info)
{
    memset(info, 0, sizeof(restream_flv_info_t));

    info->track = RESTREAM_FLV_NO_TRACK;
}


static void
restream_flv_video(const uint8_t *p, const uint8_t *last,
    restream_flv_info_t *info)
{
    unsigned  frame_type, codec;

    frame_type = p[0] >> 4;
    codec = p[0] & 0x0f;

    if (frame_type == RESTREAM_FLV_FRAME_COMMAND) {
        info->flags = RESTREAM_FLV_EMPTY;
        return;
    }

    if (codec != RESTREAM_FLV_CODEC_AVC && codec != RESTREAM_FLV_CODEC_HEVC) {
        restream_flv_frame(info, frame_type);
        return;
    }

    if (last - p < 2) {
        return;
    }

    switch (p[1]) {

    case RESTREAM_FLV_AVC_HEADER:
        restream_flv_header(info, RESTREAM_FLV_HEADER_SEQUENCE);
        break;

    case RESTREAM_FLV_AVC_NALU:
        restream_flv_frame(info, frame_type);
        break;

    case RESTREAM_FLV_AVC_END:
        info->flags = RESTREAM_FLV_END;
        break;
    }
}


static void
restream_flv_video_ex(const uint8_t *data, size_t size,
    restream_flv_info_t *info)
{
    int                rc;
    unsigned           frame_type;
    restream_flv_ex_t  ex;

    frame_type = data[0] >> 4 & 7;

    rc = restream_flv_ex(data, size, RESTREAM_FLV_EX_VIDEO_TRACKS, &ex);

    /* metadata has no frame type: OBS writes 0 there, FFmpeg that of a
     * command, which has a single byte in place of codec and tracks */

    if (frame_type == RESTREAM_FLV_FRAME_COMMAND
        && ex.packet != RESTREAM_FLV_EX_METADATA
        && ex.packet != RESTREAM_FLV_EX_NONE)
    {
        info->flags = RESTREAM_FLV_EMPTY;
        return;
    }

    if (rc != RESTREAM_OK) {
        return;
    }

    info->track = ex.track;

    switch (ex.packet) {

    case RESTREAM_FLV_EX_START:
    case RESTREAM_FLV_EX_TS_START:
        restream_flv_header(info, RESTREAM_FLV_HEADER_SEQUENCE);
        break;

    case RESTREAM_FLV_EX_FRAMES:
    case RESTREAM_FLV_EX_FRAMES_X:
        restream_flv_frame(info, frame_type);
        break;

    case RESTREAM_FLV_EX_METADATA:
        restream_flv_header(info, RESTREAM_FLV_HEADER_COLOR);
        break;

    case RESTREAM_FLV_EX_END:
        info->flags = RESTREAM_FLV_END;
        break;
    }
}


static void
restream_flv_audio(const uint8_t *p, const uint8_t *last,
    restream_flv_info_t *info)
{
    if (p[0] >> 4 == RESTREAM_FLV_FORMAT_AAC && last - p >= 2
        && p[1] == RESTREAM_FLV_AAC_HEADER)
    {
        restream_flv_header(info, RESTREAM_FLV_HEADER_SEQUENCE);
    }
}


static void
restream_flv_audio_ex(const uint8_t *data, size_t size,
    restream_flv_info_t *info)
{
    restream_flv_ex_t  ex;

    if (restream_flv_ex(data, size, RESTREAM_FLV_EX_AUDIO_TRACKS, &ex)
        != RESTREAM_OK)
    {
        return;
    }

    info->track = ex.track;

    switch (ex.packet) {

    case RESTREAM_FLV_EX_START:
        restream_flv_header(info, RESTREAM_FLV_HEADER_SEQUENCE);
        break;

    case RESTREAM_FLV_EX_CHANNELS:
        restream_flv_header(info, RESTREAM_FLV_HEADER_CHANNELS);
        break;

    case RESTREAM_FLV_EX_END:
        info->flags = RESTREAM_FLV_END;
        break;
    }
}


static void
restream_flv_header(restream_flv_info_t *info, restream_flv_header_e header)
{
    info->flags = RESTREAM_FLV_HEADER;
    info->header = header;
}


/* a generated key frame (4) is what a server made up, nothing starts there */

static void
restream_flv_frame(restream_flv_info_t *info, unsigned frame_type)
{
    if (frame_type == RESTREAM_FLV_FRAME_KEY) {
        info->flags = RESTREAM_FLV_KEY;

    } else if (frame_type == RESTREAM_FLV_FRAME_DISPOSABLE) {
        info->flags = RESTREAM_FLV_DISPOSABLE;
    }
}


int
restream_flv_metadata(const uint8_t *data, size_t size, restream_str_t *prefix)
{
    static const uint8_t  set[] = "\2\0\15@setDataFrame";
    static const uint8_t  meta[] = "\2\0\12onMetaData";

    prefix->data = (uint8_t *) set;
    prefix->len = sizeof(set) - 1;

    if (size >= sizeof(set) - 1 && memcmp(data, set, sizeof(set) - 1) == 0) {
        data += sizeof(set) - 1;
        size -= sizeof(set) - 1;
        prefix->len = 0;
    }

    if (size < sizeof(meta) - 1 || memcmp(data, meta, sizeof(meta) - 1) != 0) {
        return RESTREAM_DECLINED;
    }

    return RESTREAM_OK;
}


int
restream_flv_metadata_video(const uint8_t *data, size_t size)
{
    size_t             i, len;
    static const char  key[] = "videocodecid";

    len = sizeof(key) - 1;

    for (i = 0; i + len <= size; i++) {
        if (memcmp(data + i, key, len) == 0) {
            return 1;
        }
    }

    return 0;
}
