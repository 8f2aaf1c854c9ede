/*
 * What kind of message it is, legacy FLV and Enhanced RTMP v2, and that a
 * message cut short anywhere is read no further than its end.
 */

#include "test.h"

#include "lib/restream_chunk.h"
#include "lib/restream_flv.h"

#include <stdlib.h>
#include <string.h>


#define A         RESTREAM_MSG_AUDIO
#define V         RESTREAM_MSG_VIDEO

#define PLAIN     0
#define KEY       RESTREAM_FLV_KEY
#define HEADER    RESTREAM_FLV_HEADER
#define DROP      RESTREAM_FLV_DISPOSABLE
#define END       RESTREAM_FLV_END
#define EMPTY     RESTREAM_FLV_EMPTY

#define NONE      RESTREAM_FLV_HEADER_NONE
#define SEQUENCE  RESTREAM_FLV_HEADER_SEQUENCE
#define COLOR     RESTREAM_FLV_HEADER_COLOR
#define CHANNELS  RESTREAM_FLV_HEADER_CHANNELS

#define NO_TRACK  RESTREAM_FLV_NO_TRACK
#define MANY      RESTREAM_FLV_MANY

#define bytes(s)  s, sizeof(s) - 1

/* a TimestampOffsetNano of 123456 ns, and 256 bytes of a later ModEx type */
#define NANO      "\x02\x01\xe2\x40"
#define B16       "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define B64       B16 B16 B16 B16
#define B256      B64 B64 B64 B64


typedef struct {
    const char            *name;
    uint8_t                type;
    const char            *data;
    size_t                 size;
    uint8_t                flags;
    restream_flv_header_e  header;
    uint16_t               track;
} message_t;


static const message_t  messages[] = {

    /* legacy video */

    { "AVC sequence header", V, bytes("\x17\0\0\0\0\1\x64\0\x0d\xff"),
      HEADER, SEQUENCE, NO_TRACK },
    { "AVC sequence header of an inter frame", V, bytes("\x27\0\0\0\0\1"),
      HEADER, SEQUENCE, NO_TRACK },
    { "AVC key frame", V, bytes("\x17\1\0\0\x42\0\0\0\2\x65\x88"),
      KEY, NONE, NO_TRACK },
    { "AVC inter frame", V, bytes("\x27\1\0\0\x42\0\0\0\2\x41\x9a"),
      PLAIN, NONE, NO_TRACK },
    { "AVC disposable frame", V, bytes("\x37\1\0\0\x42\0\0\0\2\1\x9e"),
      DROP, NONE, NO_TRACK },
    { "AVC generated key frame", V, bytes("\x47\1\0\0\0\0\0\0\2\x65\x88"),
      PLAIN, NONE, NO_TRACK },
    { "AVC end of sequence", V, bytes("\x17\2\0\0\0"), END, NONE, NO_TRACK },
    { "AVC packet of an unknown type", V, bytes("\x17\3\0\0\0"),
      PLAIN, NONE, NO_TRACK },
    { "AVC command", V, bytes("\x57\0"), EMPTY, NONE, NO_TRACK },
    { "AVC cut short", V, bytes("\x17"), PLAIN, NONE, NO_TRACK },

    { "HEVC 12 header", V, bytes("\x1c\0\0\0\0\1\1\x60"),
      HEADER, SEQUENCE, NO_TRACK },
    { "HEVC 12 key frame", V, bytes("\x1c\1\0\0\0\0\0\0\2\x26\1"),
      KEY, NONE, NO_TRACK },
    { "HEVC 12 inter frame", V, bytes("\x2c\1\0\0\0\0\0\0\2\2\1"),
      PLAIN, NONE, NO_TRACK },
    { "HEVC 12 end of sequence", V, bytes("\x1c\2\0\0\0"),
      END, NONE, NO_TRACK },

    { "H.263 key frame", V, bytes("\x12\0\0\x84\0"), KEY, NONE, NO_TRACK },
    { "H.263 disposable frame", V, bytes("\x32\0\0\x84\0"),
      DROP, NONE, NO_TRACK },
    { "VP6 key frame", V, bytes("\x14\0\x78\x46"), KEY, NONE, NO_TRACK },
    { "key frame of an unknown codec", V, bytes("\x1f\0\0"),
      KEY, NONE, NO_TRACK },
    { "VP6 command", V, bytes("\x54\1"), EMPTY, NONE, NO_TRACK },

    /* legacy audio */

    { "AAC sequence header", A, bytes("\xaf\0\x12\x10\x56\xe5\0"),
      HEADER, SEQUENCE, NO_TRACK },
    { "AAC frame", A, bytes("\xaf\1\x21\x1b\x94"), PLAIN, NONE, NO_TRACK },
    { "AAC cut short", A, bytes("\xaf"), PLAIN, NONE, NO_TRACK },
    { "MP3 frame", A, bytes("\x2f\0\xfb\x90\x64"), PLAIN, NONE, NO_TRACK },
    { "MP3 frame of 8 kHz", A, bytes("\xee\0\xe3"), PLAIN, NONE, NO_TRACK },
    { "Speex frame", A, bytes("\xb6\0\x9d"), PLAIN, NONE, NO_TRACK },
    { "audio of an unknown codec", A, bytes("\xf0\0"), PLAIN, NONE, NO_TRACK },

    /* nothing */

    { "empty audio message", A, bytes(""), EMPTY, NONE, NO_TRACK },
    { "empty video message", V, bytes(""), EMPTY, NONE, NO_TRACK },
    { "message of another type", RESTREAM_MSG_AMF0_DATA, bytes("\x17\0\0"),
      PLAIN, NONE, NO_TRACK },

    /* Enhanced RTMP, video */

    { "hvc1 sequence start", V, bytes("\x90hvc1\1\1\x60"),
      HEADER, SEQUENCE, NO_TRACK },
    { "av01 sequence start", V, bytes("\x90" "av01\x81\0\x0c\0"),
      HEADER, SEQUENCE, NO_TRACK },
    { "av01 MPEG-2 TS sequence start", V, bytes("\x95" "av01\x80\4"),
      HEADER, SEQUENCE, NO_TRACK },
    { "hvc1 key frame", V, bytes("\x91hvc1\0\0\x42\0\0\0\2\x26\1"),
      KEY, NONE, NO_TRACK },
    { "hvc1 key frame without composition time", V,
      bytes("\x93hvc1\0\0\0\2\x26\1"), KEY, NONE, NO_TRACK },
    { "av01 inter frame", V, bytes("\xa1" "av01\x12\0"),
      PLAIN, NONE, NO_TRACK },
    { "hvc1 disposable frame", V, bytes("\xb3hvc1\0\0\0\2\0\1"),
      DROP, NONE, NO_TRACK },
    { "vp09 generated key frame", V, bytes("\xc1vp09\0"),
      PLAIN, NONE, NO_TRACK },
    { "hvc1 sequence end", V, bytes("\x92hvc1"), END, NONE, NO_TRACK },
    { "metadata as OBS sends it", V, bytes("\x84hvc1\2\0\x09" "colorInfo"),
      HEADER, COLOR, NO_TRACK },
    { "metadata as FFmpeg sends it", V, bytes("\xd4hvc1\2\0\x09" "colorInfo"),
      HEADER, COLOR, NO_TRACK },
    { "command", V, bytes("\xd0\0"), EMPTY, NONE, NO_TRACK },
    { "command with more behind it", V, bytes("\xd1hvc1\0\0\0"),
      EMPTY, NONE, NO_TRACK },
    { "command behind ModEx", V, bytes("\xd7" NANO "\1\0"),
      EMPTY, NONE, NO_TRACK },
    { "video packet of an unknown type", V, bytes("\x98hvc1\0"),
      PLAIN, NONE, NO_TRACK },
    { "video of an unknown codec", V, bytes("\x91zzzz\0"),
      KEY, NONE, NO_TRACK },

    { "one track: sequence start", V, bytes("\x96\0hvc1\1\1"),
      HEADER, SEQUENCE, 1 },
    { "one track: key frame", V, bytes("\x96\1hvc1\xff\0\0\0"),
      KEY, NONE, 255 },
    { "one track: inter frame without composition time", V,
      bytes("\xa6\3" "avc1\0\0"), PLAIN, NONE, 0 },
    { "one track: metadata", V, bytes("\x86\4hvc1\2\2\0"), HEADER, COLOR, 2 },
    { "one track: metadata with the frame type of a command", V,
      bytes("\xd6\4hvc1\2\2\0"), HEADER, COLOR, 2 },
    { "command of a multitrack message", V, bytes("\xd6\1"),
      EMPTY, NONE, NO_TRACK },
    { "one track: sequence end", V, bytes("\x96\2hvc1\2"), END, NONE, 2 },
    { "many tracks: sequence start", V,
      bytes("\x96\x10hvc1\3\0\0\1\1\4\0\0\1\1"),
      HEADER, SEQUENCE, MANY | 3 },
    { "many tracks: key frame", V, bytes("\x96\x11hvc1\0\0\0\3\0\0\0"),
      KEY, NONE, MANY | 0 },
    { "many codecs: sequence start", V,
      bytes("\x96\x20hvc1\0\0\0\1\1av01\1\0\0\1\x81"),
      HEADER, SEQUENCE, MANY | 0 },
    { "many codecs: inter frame", V, bytes("\xa6\x21" "av01\1\0\0\1\x12"),
      PLAIN, NONE, MANY | 1 },
    { "multitrack of an unknown kind", V, bytes("\x96\x31hvc1\1\0\0\0"),
      PLAIN, NONE, NO_TRACK },
    { "multitrack in multitrack", V, bytes("\x96\6hvc1\1\0\0\0"),
      PLAIN, NONE, NO_TRACK },

    { "ModEx: key frame", V, bytes("\x97" NANO "\1hvc1\0\0\0"),
      KEY, NONE, NO_TRACK },
    { "ModEx twice: key frame", V, bytes("\x97" NANO "\7" NANO "\3" "av01\x12"),
      KEY, NONE, NO_TRACK },
    { "ModEx of one byte: sequence start", V, bytes("\x97\0\0\x10hvc1\1"),
      HEADER, SEQUENCE, NO_TRACK },
    { "ModEx of 255 bytes", V, bytes("\x97\xfe" B256 "hvc1\1"),
      HEADER, SEQUENCE, NO_TRACK },
    { "ModEx of 256 bytes", V, bytes("\x97\xff\0\xff" B256 "\1hvc1\0"),
      KEY, NONE, NO_TRACK },
    { "ModEx of 3 bytes, told in 16 bits", V, bytes("\x97\xff\0\2abc\1hvc1\0"),
      KEY, NONE, NO_TRACK },
    { "ModEx and one track", V, bytes("\x97" NANO "\6\1hvc1\2\0\0\0"),
      KEY, NONE, 2 },
    { "ModEx longer than its message", V, bytes("\x97\xff\xff\xff\0\0\0"),
      PLAIN, NONE, NO_TRACK },

    /* Enhanced RTMP, audio */

    { "Opus sequence start", A, bytes("\x90OpusOpusHead\1\2"),
      HEADER, SEQUENCE, NO_TRACK },
    { "empty Opus sequence start", A, bytes("\x90Opus"),
      HEADER, SEQUENCE, NO_TRACK },
    { "fLaC frame", A, bytes("\x91" "fLaC\xff\xf8"), PLAIN, NONE, NO_TRACK },
    { "ac-3 sequence end", A, bytes("\x92" "ac-3"), END, NONE, NO_TRACK },
    { "multichannel configuration", A, bytes("\x94mp4a\1\6\0\0\0\x3f"),
      HEADER, CHANNELS, NO_TRACK },
    { "audio packet of an unknown type", A, bytes("\x93mp4a\0"),
      PLAIN, NONE, NO_TRACK },
    { "one audio track: sequence start", A, bytes("\x95\0mp4a\1\x11\x90"),
      HEADER, SEQUENCE, 1 },
    { "one audio track: frame", A, bytes("\x95\1mp4a\1\x21"), PLAIN, NONE, 1 },
    { "one audio track: channels", A, bytes("\x95\4mp4a\2\0\2"),
      HEADER, CHANNELS, 2 },
    { "many audio codecs: sequence start", A,
      bytes("\x95\x20mp4a\0\0\0\2\x11\x90Opus\1\0\0\0"),
      HEADER, SEQUENCE, MANY | 0 },
    { "audio type 6 is no multitrack", A, bytes("\x96\1mp4a\1"),
      PLAIN, NONE, NO_TRACK },
    { "audio ModEx: frame", A, bytes("\x97" NANO "\1Opus\xfc"),
      PLAIN, NONE, NO_TRACK },
    { "audio ModEx: sequence start", A, bytes("\x97" NANO "\0Opus"),
      HEADER, SEQUENCE, NO_TRACK }
};


/* in memory of exactly its size, so that a read past the end is a report */

static void
classify(const message_t *m, size_t size, restream_flv_info_t *info)
{
    uint8_t  *data;

    data = malloc(size);
    memcpy(data, m->data, size);
    memset(info, 0xaa, sizeof(*info));

    restream_flv_classify(m->type, data, size, info);

    free(data);
}


static int
equal(const restream_flv_info_t *a, const restream_flv_info_t *b)
{
    return a->flags == b->flags && a->header == b->header
           && a->track == b->track;
}


static void
test_messages(void)
{
    size_t               i;
    const message_t     *m;
    restream_flv_info_t  info;

    for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        m = &messages[i];
        classify(m, m->size, &info);

        is_uint(info.flags, m->flags, "%s: flags", m->name);
        is_uint(info.header, m->header, "%s: header", m->name);
        is_uint(info.track, m->track, "%s: track", m->name);
    }
}


/* a part is a plain frame or nothing, or already classified like the whole */

static void
test_cut(void)
{
    size_t               i, size;
    unsigned             good;
    const message_t     *m;
    restream_flv_info_t  whole, info;

    for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        m = &messages[i];
        classify(m, m->size, &whole);
        good = 1;

        for (size = 1; size < m->size; size++) {
            classify(m, size, &info);
            good &= equal(&info, &whole)
                    || ((info.flags == PLAIN || info.flags == EMPTY)
                        && info.track == NO_TRACK);
        }

        ok(good, "%s: cut anywhere", m->name);
    }
}


static void
test_metadata(void)
{
    int             rc;
    size_t          i, size;
    uint8_t        *data;
    unsigned        good;
    restream_str_t  prefix;
    static const struct {
        const char  *name;
        const char  *data;
        size_t       size;
        int          rc;
        size_t       prefix;
    } rows[] = {
        { "onMetaData", bytes("\2\0\12onMetaData\10\0\0\0\0\0\0\11"),
          RESTREAM_OK, 16 },
        { "@setDataFrame onMetaData",
          bytes("\2\0\15@setDataFrame\2\0\12onMetaData\3\0\0\11"),
          RESTREAM_OK, 0 },
        { "bare onMetaData", bytes("\2\0\12onMetaData"), RESTREAM_OK, 16 },
        { "onTextData", bytes("\2\0\12onTextData\3\0\0\11"),
          RESTREAM_DECLINED, 0 },
        { "@setDataFrame onTextData",
          bytes("\2\0\15@setDataFrame\2\0\12onTextData\3\0\0\11"),
          RESTREAM_DECLINED, 0 },
        { "onMetaDataX", bytes("\2\0\13onMetaDataX"), RESTREAM_DECLINED, 0 },
        { "|RtmpSampleAccess", bytes("\2\0\21|RtmpSampleAccess\1\0\1\0"),
          RESTREAM_DECLINED, 0 },
        { "a number", bytes("\0\0\0\0\0\0\0\0\0"), RESTREAM_DECLINED, 0 },
        { "nothing", bytes(""), RESTREAM_DECLINED, 0 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        good = 1;

        for (size = 0; size <= rows[i].size; size++) {
            data = malloc(size);
            memcpy(data, rows[i].data, size);
            rc = restream_flv_metadata(data, size, &prefix);
            free(data);

            good &= rc == RESTREAM_DECLINED
                    || (rc == rows[i].rc && prefix.len == rows[i].prefix);
        }

        ok(good, "%s: cut anywhere", rows[i].name);
        is_uint(rc, rows[i].rc, "%s: whole", rows[i].name);
    }

    restream_flv_metadata((uint8_t *) "\2\0\12onMetaData", 13, &prefix);
    is_mem(prefix.data, prefix.len, "\2\0\15@setDataFrame", 16,
           "the prefix is @setDataFrame as an AMF0 string");
}


static void
test_video(void)
{
    size_t    i, size;
    uint8_t  *data;
    static const struct {
        const char  *name;
        const char  *data;
        size_t       size;
        int          video;
    } rows[] = {
        { "a video codec", bytes("\2\0\12onMetaData\10\0\0\0\1"
          "\0\14videocodecid\0\x40\x1c\0\0\0\0\0\0\0\0\11"), 1 },
        { "a video codec by its FourCC", bytes("\2\0\12onMetaData\3"
          "\0\14videocodecid\2\0\4hvc1\0\0\11"), 1 },
        { "an audio codec", bytes("\2\0\12onMetaData\3"
          "\0\14audiocodecid\0\x40\x24\0\0\0\0\0\0\0\0\11"), 0 },
        { "no property", bytes("\2\0\12onMetaData\3\0\0\11"), 0 },
        { "a name at the end", bytes("videocodecid"), 1 },
        { "a name cut short", bytes("videocodeci"), 0 },
        { "nothing", bytes(""), 0 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size = rows[i].size;
        data = malloc(size);
        memcpy(data, rows[i].data, size);

        is_uint(restream_flv_metadata_video(data, size), rows[i].video,
                "%s: video", rows[i].name);

        free(data);
    }
}


static void
test_kinds(void)
{
    is_uint(restream_flv_kind(A), RESTREAM_FLV_KIND_AUDIO, "audio is audio");
    is_uint(restream_flv_kind(V), RESTREAM_FLV_KIND_VIDEO, "video is video");
    is_uint(restream_flv_kind(RESTREAM_MSG_AMF0_DATA), RESTREAM_FLV_KIND_DATA,
            "metadata is data");
}


int
main(void)
{
    test_messages();
    test_cut();
    test_metadata();
    test_video();
    test_kinds();

    return done_testing();
}
