/*
 * Where in an audio or video message what begins, legacy FLV and Enhanced RTMP
 * v2; and that a message cut short anywhere is read no further than its end.
 */

#include "test.h"

#include "lib/restream_chunk.h"
#include "lib/restream_flv_body.h"

#include <stdlib.h>
#include <string.h>


#define A         RESTREAM_MSG_AUDIO
#define V         RESTREAM_MSG_VIDEO

#define CONFIG    RESTREAM_FLV_BODY_CONFIG
#define FRAMES    RESTREAM_FLV_BODY_FRAMES
#define CHANNELS  RESTREAM_FLV_BODY_CHANNELS
#define OTHER     RESTREAM_FLV_BODY_OTHER

#define bytes(s)  s, sizeof(s) - 1

#define B16  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define B64  B16 B16 B16 B16


/* the payload of each is "pay" */

typedef struct {
    uint8_t       type;
    const char   *message;
    size_t        size;
    unsigned      kind;
    uint32_t      codec;
    unsigned      tag;
    const char   *name;
} body_t;


static const body_t  bodies[] = {
    { V, bytes("\x17\0\0\0\0pay"), CONFIG, RESTREAM_CODEC_AVC, 0,
      "AVC configuration" },
    { V, bytes("\x17\1\0\0\0pay"), FRAMES, RESTREAM_CODEC_AVC, 0,
      "AVC key frame" },
    { V, bytes("\x27\1\0\0\x28pay"), FRAMES, RESTREAM_CODEC_AVC, 0,
      "AVC frame" },
    { V, bytes("\x17\2\0\0\0pay"), OTHER, RESTREAM_CODEC_AVC, 0, "AVC end" },
    { V, bytes("\x17\3\0\0\0pay"), OTHER, RESTREAM_CODEC_AVC, 0,
      "AVC of no known kind" },
    { V, bytes("\x1c\0\0\0\0pay"), CONFIG, RESTREAM_CODEC_HEVC, 0,
      "HEVC as codec 12" },
    { V, bytes("\x12pay"), FRAMES, RESTREAM_CODEC_H263, 0, "H.263" },
    { V, bytes("\x24pay"), FRAMES, RESTREAM_CODEC_VP6, 0, "VP6" },
    { V, bytes("\x1fpay"), FRAMES, 0, 0, "a codec without a name" },

    { A, bytes("\xaf\0pay"), CONFIG, RESTREAM_CODEC_AAC, 0,
      "AAC configuration" },
    { A, bytes("\xaf\1pay"), FRAMES, RESTREAM_CODEC_AAC, 0, "AAC frame" },
    { A, bytes("\x2fpay"), FRAMES, RESTREAM_CODEC_MP3, 0x2f, "MP3" },
    { A, bytes("\xe2pay"), FRAMES, RESTREAM_CODEC_MP3, 0xe2, "MP3 of 8 kHz" },
    { A, bytes("\x6epay"), FRAMES, RESTREAM_CODEC_NELLYMOSER, 0x6e,
      "Nellymoser" },
    { A, bytes("\xb6pay"), FRAMES, RESTREAM_CODEC_SPEEX, 0xb6, "Speex" },
    { A, bytes("\xffpay"), FRAMES, 0, 0xff, "a sound without a name" },

    { V, bytes("\x90hvc1pay"), CONFIG, RESTREAM_CODEC_HEVC, 0,
      "SequenceStart" },
    { V, bytes("\x93hvc1pay"), FRAMES, RESTREAM_CODEC_HEVC, 0,
      "CodedFramesX" },
    { V, bytes("\xa1" "av01pay"), FRAMES, RESTREAM_CODEC_AV1, 0,
      "CodedFrames" },
    { V, bytes("\x92" "av01pay"), OTHER, RESTREAM_CODEC_AV1, 0,
      "SequenceEnd" },
    { V, bytes("\x84" "av01pay"), OTHER, RESTREAM_CODEC_AV1, 0, "Metadata" },
    { V, bytes("\x95" "av01pay"), OTHER, RESTREAM_CODEC_AV1, 0,
      "MPEG2TSSequenceStart" },
    { A, bytes("\x90Opuspay"), CONFIG, RESTREAM_CODEC_OPUS, 0,
      "audio SequenceStart" },
    { A, bytes("\x91" "ac-3pay"), FRAMES, RESTREAM_CODEC_AC3, 0,
      "audio CodedFrames" },
    { A, bytes("\x93" "ac-3pay"), OTHER, RESTREAM_CODEC_AC3, 0,
      "a kind that audio has not" },
    { A, bytes("\x94Opuspay"), CHANNELS, RESTREAM_CODEC_OPUS, 0,
      "MultichannelConfig" },

    { V, bytes("\x97\2\1\xe2\x40\0hvc1pay"), CONFIG, RESTREAM_CODEC_HEVC, 0,
      "behind ModEx" },
    { V, bytes("\x97\0x\7\1yy\3hvc1pay"), FRAMES, RESTREAM_CODEC_HEVC, 0,
      "behind ModEx twice" },
    { V, bytes("\x97\xff\0\xff" B64 B64 B64 B64 "\0hvc1pay"), CONFIG,
      RESTREAM_CODEC_HEVC, 0, "behind a long ModEx" },

    { V, bytes("\x96\0" "avc1\3pay"), CONFIG, RESTREAM_CODEC_AVC, 0,
      "one track" },
    { V, bytes("\x96\x10" "avc1\0\0\0\3pay"), CONFIG, RESTREAM_CODEC_AVC, 0,
      "many tracks, of one" },
    { V, bytes("\x96\x10" "avc1\0\0\0\4pay"), CONFIG, RESTREAM_CODEC_AVC, 0,
      "many tracks, cut off" },
    { V, bytes("\x96\x21" "avc1\0\0\0\3pay" "av01\1\0\0\1x"), FRAMES,
      RESTREAM_CODEC_AVC, 0, "many tracks of many codecs" },
    { A, bytes("\x95\0mp4a\1pay"), CONFIG, RESTREAM_CODEC_AAC, 0,
      "one track of audio" },
    { A, bytes("\x95\x04Opus\1pay"), CHANNELS, RESTREAM_CODEC_OPUS, 0,
      "one track's MultichannelConfig" },
    { V, bytes("\x97\0x\6\x10" "av01\0\0\0\3pay\1\0\0\1x"), CONFIG,
      RESTREAM_CODEC_AV1, 0, "many tracks behind ModEx" }
};


static const body_t  declined[] = {
    { V, bytes(""), 0, 0, 0, "an empty message" },
    { A, bytes(""), 0, 0, 0, "silence" },
    { V, bytes("\x57\1\0\0\0pay"), 0, 0, 0, "a command" },
    { V, bytes("\xd0\1"), 0, 0, 0, "a command of Enhanced RTMP" },
    { V, bytes("\x17\0\0\0"), 0, 0, 0, "AVC without a whole head" },
    { A, bytes("\xaf"), 0, 0, 0, "AAC without a kind" },
    { V, bytes("\x90hvc"), 0, 0, 0, "half a FourCC" },
    { V, bytes("\x97\3hvc"), 0, 0, 0, "half a ModEx" },
    { V, bytes("\x97\xff\0"), 0, 0, 0, "half a ModEx's size" },
    { V, bytes("\x96"), 0, 0, 0, "tracks that do not come" },
    { V, bytes("\x96\6" "avc1\0pay"), 0, 0, 0, "tracks of tracks" },
    { V, bytes("\x96\x30" "avc1\0pay"), 0, 0, 0, "tracks of no known type" },
    { V, bytes("\x96\0" "avc1"), 0, 0, 0, "a track without a number" },
    { RESTREAM_MSG_AMF0_DATA, bytes("\x17\0\0\0\0"), 0, 0, 0, "data" }
};


static void
check_cut(const body_t *b)
{
    int                   rc;
    size_t                n;
    uint8_t              *p;
    unsigned              good;
    restream_flv_body_t   body;

    good = 1;

    for (n = 0; n < b->size; n++) {
        p = malloc(n ? n : 1);
        memcpy(p, b->message, n);

        rc = restream_flv_body(b->type, p, n, &body);

        if (rc == RESTREAM_OK
            && (body.data < p || body.data + body.size > p + n))
        {
            good = 0;
        }

        free(p);
    }

    ok(good, "%s: cut off anywhere, the body is inside the message", b->name);
}


int
main(void)
{
    int                   rc;
    size_t                i;
    restream_flv_body_t   body;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        rc = restream_flv_body(bodies[i].type,
                               (const uint8_t *) bodies[i].message,
                               bodies[i].size, &body);

        if (!ok(rc == RESTREAM_OK, "%s: has a body", bodies[i].name)) {
            continue;
        }

        is_uint(body.kind, bodies[i].kind, "%s: kind", bodies[i].name);
        is_uint(body.codec, bodies[i].codec, "%s: codec", bodies[i].name);
        is_uint(body.tag, bodies[i].tag, "%s: tag", bodies[i].name);
        is_mem(body.data, body.size, "pay", 3, "%s: payload", bodies[i].name);

        check_cut(&bodies[i]);
    }

    for (i = 0; i < sizeof(declined) / sizeof(declined[0]); i++) {
        rc = restream_flv_body(declined[i].type,
                               (const uint8_t *) declined[i].message,
                               declined[i].size, &body);

        ok(rc == RESTREAM_DECLINED, "%s: has none", declined[i].name);
    }

    return done_testing();
}
