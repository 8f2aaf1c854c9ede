/*
 * What is told of a publish: codecs and resolution as its headers change,
 * measured rates for steady, jittering, stalled and jumping streams, the key
 * frame interval, one track of several, metadata where headers say nothing.
 */

#include "test.h"
#include "bits.h"

#include "lib/restream_amf0.h"
#include "lib/restream_chunk.h"
#include "model/restream_ingest.h"


#define A        RESTREAM_MSG_AUDIO
#define V        RESTREAM_MSG_VIDEO
#define D        RESTREAM_MSG_AMF0_DATA

#define UNKNOWN  RESTREAM_INGEST_UNKNOWN

#define bytes(s)  s, sizeof(s) - 1

/* 1280x720 High, 640x360 Main */

#define AVC_720   "170000000001640028ffe1001a67640028acd9405005bb011000000300" \
                  "1000000303c0f183196001000668ebe3cb22c0fdf8f800"
#define AVC_360   "1700000000014d401effe10018674d401eeca05017fcb80880000003"   \
                  "008000001e078b16cb01000568ebe3cb20"


static restream_ingest_t         in;
static restream_ingest_report_t  got;


static void
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


static void
feed_hex(uint8_t type, const char *text)
{
    size_t    size;
    uint8_t  *data;

    data = hex(text, &size);
    feed(type, 0, data, size);
    free(data);
}


/* a frame of that size, of the codec that its first bytes name */

static void
feed_frame(uint8_t type, uint32_t timestamp, const char *head, size_t n,
    size_t size)
{
    static uint8_t  data[65536];

    memset(data, 0, sizeof(data));
    memcpy(data, head, n);
    feed(type, timestamp, data, size);
}


static void
report(uint64_t now)
{
    restream_ingest_report(&in, now, &got);
}


static void
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


static void
check_audio(uint32_t codec, uint32_t rate, unsigned channels, const char *name)
{
    ok(got.audio.present && got.audio.codec == codec, "%s: codec", name);
    is_uint(got.audio.rate, rate, "%s: rate", name);
    is_uint(got.audio.channels, channels, "%s: channels", name);
}


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


/*
 * Plays from *t on for so many seconds, with a report at the end of each:
 * num/den frames a second of that size, a key frame every gop; audio every
 * 20 ms.  speed: the clock of the publisher to ours, in percent.
 */

typedef struct {
    uint32_t   num;
    uint32_t   den;
    size_t     size;
    uint32_t   gop;             /* frames; 0: none */
    unsigned   speed;
    unsigned   jitter;          /* ms that a frame comes late, at most */
} play_t;


static void
play(const play_t *p, uint64_t *t, unsigned seconds)
{
    uint32_t   timestamp;
    uint64_t   now, end, due, last, frame, sound;

    frame = *t * p->num / p->den / 1000;
    sound = *t / 20;
    end = *t + seconds * 1000;

    for (now = *t + 1; now <= end; now++) {

        for ( ;; ) {
            last = frame * 1000 * p->den / p->num;
            due = last + (p->jitter ? frame * 7919 % p->jitter : 0);

            if (due * 100 > now * p->speed) {
                break;
            }

            timestamp = (uint32_t) last;

            feed_frame(V, timestamp, p->gop && frame % p->gop == 0 ? "\x17\1"
                                                                  : "\x27\1",
                       2, p->size);
            frame++;
        }

        for ( /* void */ ; sound * 2000 <= now * p->speed; sound++) {
            feed_frame(A, (uint32_t) (sound * 20), bytes("\xaf\1"), 400);
        }

        if (now % 1000 == 0) {
            report(now);
        }
    }

    *t = end;
}


#define near(value, want, by, ...)                                            \
    ok((value) + (by) >= (want) && (value) <= (want) + (by), __VA_ARGS__)


static void
check_rates(uint32_t fps, uint32_t video, uint32_t audio, const char *name)
{
    near(got.video.fps, fps, 10, "%s: %u fps/1000, is %u", name, fps,
         got.video.fps);
    near(got.video.bitrate, video, video / 100, "%s: video %u kbit/s, is %u",
         name, video, got.video.bitrate);
    near(got.audio.bitrate, audio, audio / 100, "%s: audio %u kbit/s, is %u",
         name, audio, got.audio.bitrate);
}


static void
test_rates(void)
{
    size_t    i;
    char      name[64];
    uint64_t  t;

    static const play_t  steady[] = {
        { 30, 1, 25000, 60, 100, 0 },
        { 30000, 1001, 25000, 60, 100, 30 },
        { 24000, 1001, 25000, 60, 100, 30 },
        { 60, 1, 12500, 60, 100, 200 },
        { 25, 1, 25000, 50, 99, 100 },
        { 1, 1, 65536, 2, 100, 0 }
    };

    for (i = 0; i < sizeof(steady) / sizeof(steady[0]); i++) {
        restream_ingest_init(&in);
        t = 0;

        snprintf(name, sizeof(name), "%u/%u frames a second, %u ms of jitter",
                 steady[i].num, steady[i].den, steady[i].jitter);

        play(&steady[i], &t, 1);
        ok(got.video.fps == UNKNOWN && got.audio.bitrate == UNKNOWN,
           "%s: nothing in the first second", name);

        play(&steady[i], &t, 6);
        check_rates((uint32_t) (1000ull * steady[i].num / steady[i].den),
                    (uint32_t) (steady[i].size * 8ull * steady[i].num
                                / steady[i].den / 1000),
                    160, name);
    }
}


static void
test_second_report(void)
{
    uint64_t  t;

    static const play_t  p = { 30, 1, 25000, 60, 100, 0 };

    restream_ingest_init(&in);
    t = 0;

    play(&p, &t, 2);
    check_rates(30000, 6000, 160, "after two seconds");

    report(t + 1);
    report(t + 2);
    check_rates(30000, 6000, 160, "reports without end");

    for (t = 2100; t <= 5500; t += 100) {
        feed_frame(V, (uint32_t) t, bytes("\x27\1"), 1000);
        report(t);
    }

    near(got.video.fps, 14500, 200, "and the window is as long, is %u",
         got.video.fps);
}


static void
test_stall(void)
{
    uint64_t  t;
    uint32_t  fps, kbps;
    unsigned  i, falling;

    static const play_t  p = { 30, 1, 25000, 60, 100, 0 };

    restream_ingest_init(&in);
    t = 0;

    play(&p, &t, 10);
    check_rates(30000, 6000, 160, "before a stall");

    falling = 1;
    fps = got.video.fps;
    kbps = got.audio.bitrate;

    for (i = 0; i < 4; i++) {
        t += 1000;
        report(t);
        falling &= got.video.fps < fps && got.audio.bitrate < kbps;
        fps = got.video.fps;
        kbps = got.audio.bitrate;
    }

    ok(falling, "a stall shows as falling numbers");
    near(fps, 6000, 100, "a second is left after four, is %u", fps);

    report(t + 1000);
    check_rates(0, 0, 0, "after five seconds nothing");
    check_video(RESTREAM_CODEC_AVC, 0, 0, NULL, "but the codec");

    t += 1000;
    play(&p, &t, 6);
    check_rates(30000, 6000, 160, "after it");
}


static void
test_clock(void)
{
    uint64_t  t;
    unsigned  i;

    static const play_t  p = { 30, 1, 25000, 60, 100, 0 };
    static const play_t  fast = { 30, 1, 25000, 60, 400, 0 };
    static const play_t  slow = { 30, 1, 25000, 60, 50, 0 };
    static const play_t  late = { 30, 1, 25000, 60, 108, 0 };

    restream_ingest_init(&in);
    t = 0;
    play(&fast, &t, 8);
    check_rates(120000, 24000, 640, "four times as fast as it should");

    restream_ingest_init(&in);
    t = 0;
    play(&slow, &t, 8);
    check_rates(15000, 3000, 80, "half as fast");

    restream_ingest_init(&in);
    t = 0;
    play(&late, &t, 8);
    check_rates(30000, 6000, 160, "catching up a little");

    /* a jump of the publisher's clock, in the middle of a window */

    for (i = 0; i < 2; i++) {
        restream_ingest_init(&in);
        t = 0;
        play(&p, &t, 6);

        feed_frame(V, i ? 5 : 1u << 30, bytes("\x27\1"), 1000);
        report(7000);
        near(got.video.fps, 24000, 200, "a clock that jumped %s, is %u",
             i ? "back" : "ahead", got.video.fps);
    }

    /* over 2^32 */

    restream_ingest_init(&in);

    for (i = 0; i <= 250; i++) {
        feed_frame(V, 0xffffffff - 5000 + i * 40,
                   i % 50 ? "\x27\1" : "\x17\1", 2, 1000);

        if (i % 25 == 0) {
            report(i * 40);
        }
    }

    near(got.video.fps, 25000, 5, "the timestamps' wrap, is %u",
         got.video.fps);
    is_uint(got.video.key_interval, 2000, "key frames over it");
}


static void
key(uint32_t timestamp)
{
    feed_frame(V, timestamp, bytes("\x17\1"), 100);
}


static void
frame(uint32_t timestamp)
{
    feed_frame(V, timestamp, bytes("\x27\1"), 100);
}


static void
test_keys(void)
{
    restream_ingest_init(&in);

    frame(0);
    frame(20000);
    report(0);
    is_uint(got.video.key_interval, UNKNOWN, "no key frame");

    key(21000);
    frame(22000);
    report(0);
    is_uint(got.video.key_interval, UNKNOWN, "one key frame");

    frame(30999);
    report(0);
    is_uint(got.video.key_interval, UNKNOWN, "almost ten seconds later");

    frame(31000);
    report(0);
    is_uint(got.video.key_interval, 10000, "ten seconds later");

    restream_ingest_init(&in);

    key(1000);
    key(3000);
    report(0);
    is_uint(got.video.key_interval, 2000, "two key frames");

    key(3500);
    key(5000);
    frame(6900);
    report(0);
    is_uint(got.video.key_interval, 2000, "a cut in between");

    frame(7100);
    report(0);
    is_uint(got.video.key_interval, 2100, "one that is due");

    key(7200);
    report(0);
    is_uint(got.video.key_interval, 2200, "has come");

    key(7700);
    key(8200);
    key(8700);
    report(0);
    is_uint(got.video.key_interval, 2200, "is still of the last four");

    key(9200);
    report(0);
    is_uint(got.video.key_interval, 500, "is not any more");

    key(100);
    report(0);
    is_uint(got.video.key_interval, 500, "a clock set back");

    key(1100);
    report(0);
    is_uint(got.video.key_interval, 1000, "goes on from there");

    restream_ingest_init(&in);
    report(0);
    is_uint(got.video.key_interval, 0, "another publish");
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
    test_headers();
    test_channels();
    test_rates();
    test_second_report();
    test_stall();
    test_clock();
    test_keys();
    test_tracks();
    test_metadata();

    return done_testing();
}
