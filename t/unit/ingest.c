/*
 * What is told of a publish by its headers, as they change: codecs, profile,
 * resolution, channels; and of which track, when there are several.
 */

#include "ingest.h"


/* 640x360 Main */

#define AVC_360   "1700000000014d401effe10018674d401eeca05017fcb80880000003"   \
                  "008000001e078b16cb01000568ebe3cb20"


static void
test_headers(void)
{
    restream_ingest_init(&in);

    report(0);
    ok(!got.video.present && !got.audio.present, "nothing came");

    feed(A, 0, "", 0);
    feed_hex(V, "5700");
    report(0);
    ok(!got.video.present && !got.audio.present, "silence and commands");

    feed_hex(V, AVC_720);
    feed_hex(A, "af00118856e500");
    report(0);
    check_video(RESTREAM_CODEC_AVC, 1280, 720, "High", "AVC");
    check_audio(RESTREAM_CODEC_AAC, 48000, 1, "AAC");
    ok(got.video.fps == UNKNOWN && got.video.bitrate == UNKNOWN
       && got.video.key_interval == UNKNOWN && got.audio.bitrate == UNKNOWN,
       "headers are no frames");

    feed_frame(V, 0, bytes("\x17\1"), 500);
    feed_frame(A, 0, bytes("\xaf\1"), 50);
    report(0);
    check_video(RESTREAM_CODEC_AVC, 1280, 720, "High", "frames change nothing");
    check_audio(RESTREAM_CODEC_AAC, 48000, 1, "frames change nothing");

    feed_hex(V, AVC_360);
    feed_hex(A, "af00121056e500");
    report(0);
    check_video(RESTREAM_CODEC_AVC, 640, 360, "Main", "a new header");
    check_audio(RESTREAM_CODEC_AAC, 44100, 2, "a new header");

    feed_hex(V, "90617630318105 0c000a0b0000002d4d55c04caf9004");
    feed_hex(A, "904f707573 4f707573486561640106380180bb0000000000");
    report(0);
    check_video(RESTREAM_CODEC_AV1, 1366, 770, "Main", "Enhanced RTMP");
    check_audio(RESTREAM_CODEC_OPUS, 48000, 6, "Enhanced RTMP");

    feed_frame(V, 0, bytes("\x12"), 500);
    feed_frame(A, 0, bytes("\x2f\xff\xfb\x94\xc0"), 50);
    report(0);
    check_video(RESTREAM_CODEC_H263, 0, 0, NULL, "codecs without a header");
    check_audio(RESTREAM_CODEC_MP3, 48000, 1, "codecs without a header");

    feed_frame(A, 0, bytes("\x3b"), 50);
    report(0);
    check_audio(RESTREAM_CODEC_PCM, 22050, 2, "another format");

    feed_frame(A, 0, bytes("\x3e"), 50);
    report(0);
    check_audio(RESTREAM_CODEC_PCM, 44100, 1, "another rate");

    feed_frame(V, 0, bytes("\x1f"), 50);
    report(0);
    check_video(0, 0, 0, NULL, "no known codec");

    feed_frame(V, 0, bytes("\x17\2\0\0\0"), 5);
    report(0);
    ok(!got.video.present && got.audio.present, "the end of a sequence");

    ok(sizeof(restream_ingest_report_t) <= 64, "a report takes %zu bytes",
       sizeof(restream_ingest_report_t));
}


static void
test_channels(void)
{
    restream_ingest_init(&in);

    feed_hex(A, "944f70757301060000003f");
    report(0);
    check_audio(0, 0, 6, "MultichannelConfig first");

    feed_hex(A, "904f707573");
    report(0);
    check_audio(RESTREAM_CODEC_OPUS, 48000, 6, "then a header that says less");

    feed_hex(A, "944f70757300 08");
    report(0);
    check_audio(RESTREAM_CODEC_OPUS, 48000, 8, "another one");
}


static void
test_tracks(void)
{
    unsigned  i;

    restream_ingest_init(&in);

    feed_hex(V, "960061763031028105 0c000a0b0000002d4d55c04caf9004");
    report(0);
    check_video(RESTREAM_CODEC_AV1, 1366, 770, "Main", "a track alone");

    feed_hex(V, "960061763031038121 00000a0b2000000cc5036936be4080");
    report(0);
    check_video(RESTREAM_CODEC_AV1, 1366, 770, "Main", "a second one");

    feed_hex(V, "960061763031018121 00000a0b2000000cc5036936be4080");
    report(0);
    check_video(RESTREAM_CODEC_AV1, 642, 362, "High", "one before it");

    feed_hex(V, AVC_720);
    report(0);
    check_video(RESTREAM_CODEC_AVC, 1280, 720, "High", "one without a number");

    for (i = 0; i <= 100; i++) {
        feed_frame(V, i * 40, i % 50 ? "\x27\1" : "\x17\1", 2, 1000);
        feed_frame(V, i * 40, bytes("\xa6\3" "av01\1"), 1000);
        feed_frame(V, i * 40, bytes("\x96\3" "av01\2"), 500);

        if (i % 25 == 0) {
            report(i * 40);
        }
    }

    check_rates(25000, 500, 0, "the first track's frames, all tracks' bits");
    is_uint(got.video.key_interval, 2000, "the first track's key frames");

    feed_frame(V, 0, bytes("\x96\2" "av01\1"), 7);
    report(5000);
    check_video(RESTREAM_CODEC_AVC, 1280, 720, "High", "another track's end");

    feed_frame(V, 0, bytes("\x17\2\0\0\0"), 5);
    feed_frame(V, 0, bytes("\x96\3" "av01\2"), 500);
    report(5000);
    check_video(RESTREAM_CODEC_AV1, 0, 0, NULL, "the first one's end");

    feed_hex(V, "9610 61763031 00 000011 812100000a0b2000000cc5036936be4080"
                "01 000001 00");
    report(5000);
    check_video(RESTREAM_CODEC_AV1, 642, 362, "High", "many in a message");
}


int
main(void)
{
    test_headers();
    test_channels();
    test_tracks();

    return done_testing();
}
