/* Metadata is believed where headers say nothing, and where it can be true. */

#include "ingest.h"

#include "lib/restream_amf0.h"


typedef struct {
    const char  *name;
    double       number;
} property_t;


static void
metadata(const property_t *p, size_t n, unsigned set, int stereo)
{
    uint8_t         data[1024];
    restream_buf_t  b;

    restream_buf_init(&b, data, sizeof(data));

    if (set) {
        restream_amf0_put_cstring(&b, "@setDataFrame");
    }

    restream_amf0_put_cstring(&b, "onMetaData");
    restream_buf_put8(&b, RESTREAM_AMF0_ECMA_ARRAY);
    restream_buf_put32(&b, 0);

    for ( /* void */ ; n; n--, p++) {
        restream_amf0_put_key(&b, p->name);
        restream_amf0_put_number(&b, p->number);
    }

    if (stereo >= 0) {
        restream_amf0_put_key(&b, "stereo");
        restream_buf_put8(&b, RESTREAM_AMF0_BOOLEAN);
        restream_buf_put8(&b, (uint8_t) stereo);
    }

    restream_amf0_put_object_end(&b);

    feed(D, 0, data, b.last - b.start);
}


static void
test_metadata(void)
{
    uint8_t  *large;

    static const char  rest[] = "\0\5width\0\x40\x90\0\0\0\0\0\0"
                                "\0\6height\0\x40\x90\0\0\0\0\0\0"
                                "\0\0\x9";

    static const property_t  full[] = {
        { "duration", 0 }, { "width", 854 }, { "height", 480 },
        { "videodatarate", 1000 }, { "framerate", 29.97 },
        { "audiosamplerate", 44100 }, { "audiochannels", 6 }
    };

    static const property_t  strange[] = {
        { "width", -1 }, { "height", 1e300 }, { "framerate", 0.0 / 0.0 },
        { "audiosamplerate", 1e7 }, { "audiochannels", 256 }
    };

    static const property_t  width[] = { { "width", 1920 } };

    restream_ingest_init(&in);

    metadata(full, 7, 1, 1);
    report(0);
    ok(!got.video.present && !got.audio.present,
       "metadata alone is no audio and no video");

    feed_frame(V, 0, bytes("\x92vp08"), 100);
    feed_frame(V, 0, bytes("\x91vp08"), 100);
    feed_frame(A, 0, bytes("\xaf\1"), 100);
    report(0);
    check_video(RESTREAM_CODEC_VP8, 854, 480, NULL, "metadata");
    check_audio(RESTREAM_CODEC_AAC, 44100, 6, "metadata");
    is_uint(got.video.fps, 29970, "what it announces");

    feed_frame(V, 500, bytes("\xa1vp08"), 100);
    feed_frame(V, 1000, bytes("\xa1vp08"), 100);
    report(1000);
    is_uint(got.video.fps, 2000, "until it is measured");

    feed_hex(V, AVC_720);
    feed_hex(A, "af00118856e500");
    report(0);
    check_video(RESTREAM_CODEC_AVC, 1280, 720, "High", "a header is better");
    check_audio(RESTREAM_CODEC_AAC, 48000, 1, "a header is better");

    restream_ingest_init(&in);
    feed_frame(V, 0, bytes("\x91vp08"), 100);
    feed_frame(A, 0, bytes("\xaf\1"), 100);

    metadata(full, 7, 0, 1);
    metadata(strange, 5, 0, -1);
    report(0);
    check_video(RESTREAM_CODEC_VP8, 0, 0, NULL, "numbers that cannot be");
    check_audio(RESTREAM_CODEC_AAC, 0, 0, "numbers that cannot be");
    is_uint(got.video.fps, UNKNOWN, "nor that one");

    metadata(width, 1, 0, 0);
    report(0);
    check_video(RESTREAM_CODEC_VP8, 0, 0, NULL, "a width alone");
    check_audio(RESTREAM_CODEC_AAC, 0, 1, "mono");

    metadata(NULL, 0, 1, 1);
    report(0);
    check_audio(RESTREAM_CODEC_AAC, 0, 2, "stereo");

    feed(D, 0, bytes("\2\0\xaonMetaData\3\0\5width\0\x40\x8f\x40\0"));
    report(0);
    check_video(RESTREAM_CODEC_VP8, 0, 0, NULL, "metadata cut off");

    metadata(full, 7, 1, 1);
    feed(D, 0, bytes("\2\0\xaonTextData\3\0\0\x9"));
    report(0);
    check_video(RESTREAM_CODEC_VP8, 854, 480, NULL, "data is no metadata");

    /* its first property is a string of 70,000 bytes */

    large = calloc(1, 22 + 70000 + sizeof(rest) - 1);
    memcpy(large, "\2\0\xaonMetaData" "\3\0\1x\xc\0\1\x11\x70", 22);
    memcpy(large + 22 + 70000, rest, sizeof(rest) - 1);
    feed(D, 0, large, 22 + 70000 + sizeof(rest) - 1);
    free(large);
    report(0);
    check_video(RESTREAM_CODEC_VP8, 0, 0, NULL, "metadata as long as a book");
}


int
main(void)
{
    test_metadata();

    return done_testing();
}
