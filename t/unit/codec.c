/*
 * What codecs and profiles are called.
 */

#include "test.h"

#include "lib/restream_codec.h"

#include <string.h>


#define fourcc(s)  restream_fourcc((uint8_t) s[0], (uint8_t) s[1],            \
                                   (uint8_t) s[2], (uint8_t) s[3])


static void
check_name(uint32_t codec, const char *want)
{
    char    name[RESTREAM_CODEC_NAME_LEN + 1];
    size_t  n;

    memset(name, 'x', sizeof(name));
    n = restream_codec_name(codec, name);

    ok(n == strlen(want) && strcmp(name, want) == 0,
       "%08x is called \"%s\"", codec, want);
}


static void
check_profile(uint32_t codec, unsigned profile, const char *want)
{
    const char  *name;

    name = restream_codec_profile(codec, (uint16_t) profile);

    ok(want ? name && strcmp(name, want) == 0 : name == NULL,
       "profile %x of %08x is called %s", profile, codec,
       want ? want : "nothing");
}


static void
test_names(void)
{
    size_t  i;

    static const char  *names[][2] = {
        { "avc1", "h264" }, { "hvc1", "hevc" }, { "vvc1", "vvc" },
        { "av01", "av1" }, { "vp09", "vp9" }, { "vp08", "vp8" },
        { "mp4a", "aac" }, { ".mp3", "mp3" }, { "Opus", "opus" },
        { "fLaC", "flac" }, { "ac-3", "ac3" }, { "ec-3", "eac3" }
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        check_name(fourcc(names[i][0]), names[i][1]);
    }

    check_name(RESTREAM_CODEC_H263, "flv1");
    check_name(RESTREAM_CODEC_SCREEN, "flashsv");
    check_name(RESTREAM_CODEC_SCREEN2, "flashsv2");
    check_name(RESTREAM_CODEC_VP6, "vp6f");
    check_name(RESTREAM_CODEC_VP6A, "vp6a");
    check_name(RESTREAM_CODEC_PCM, "pcm");
    check_name(RESTREAM_CODEC_ADPCM, "adpcm_swf");
    check_name(RESTREAM_CODEC_NELLYMOSER, "nellymoser");
    check_name(RESTREAM_CODEC_ALAW, "pcm_alaw");
    check_name(RESTREAM_CODEC_ULAW, "pcm_mulaw");
    check_name(RESTREAM_CODEC_SPEEX, "speex");

    check_name(fourcc("av02"), "av02");
    check_name(fourcc("~!-."), "~!-.");
    check_name(0, "");
    check_name(fourcc("ab c"), "");
    check_name(fourcc("abc\x7f"), "");
    check_name(fourcc("\xffpus"), "");
    check_name(fourcc("abc\n"), "");
}


static void
test_profiles(void)
{
    check_profile(RESTREAM_CODEC_AVC, 0x42c0, "Constrained Baseline");
    check_profile(RESTREAM_CODEC_AVC, 0x4200, "Baseline");
    check_profile(RESTREAM_CODEC_AVC, 0x4d40, "Main");
    check_profile(RESTREAM_CODEC_AVC, 0x6400, "High");
    check_profile(RESTREAM_CODEC_AVC, 0x6410, "High");
    check_profile(RESTREAM_CODEC_AVC, 0x6e00, "High 10");
    check_profile(RESTREAM_CODEC_AVC, 0x6e10, "High 10 Intra");
    check_profile(RESTREAM_CODEC_AVC, 0x7a00, "High 4:2:2");
    check_profile(RESTREAM_CODEC_AVC, 0x7a10, "High 4:2:2 Intra");
    check_profile(RESTREAM_CODEC_AVC, 0xf400, "High 4:4:4 Predictive");
    check_profile(RESTREAM_CODEC_AVC, 0xf410, "High 4:4:4 Intra");
    check_profile(RESTREAM_CODEC_AVC, 0x2c10, "CAVLC 4:4:4 Intra");
    check_profile(RESTREAM_CODEC_AVC, 0x0100, NULL);

    check_profile(RESTREAM_CODEC_HEVC, 1, "Main");
    check_profile(RESTREAM_CODEC_HEVC, 2, "Main 10");
    check_profile(RESTREAM_CODEC_HEVC, 4, "Range Extensions");
    check_profile(RESTREAM_CODEC_HEVC, 31, NULL);

    check_profile(RESTREAM_CODEC_AV1, 0, "Main");
    check_profile(RESTREAM_CODEC_AV1, 2, "Professional");
    check_profile(RESTREAM_CODEC_AV1, 3, NULL);

    check_profile(RESTREAM_CODEC_VP9, 3, "Profile 3");

    check_profile(RESTREAM_CODEC_AAC, 2, "LC");
    check_profile(RESTREAM_CODEC_AAC, 5, "HE-AAC");
    check_profile(RESTREAM_CODEC_AAC, 29, "HE-AACv2");
    check_profile(RESTREAM_CODEC_AAC, 0, NULL);

    check_profile(RESTREAM_CODEC_OPUS, 0, NULL);
    check_profile(RESTREAM_CODEC_AVC, RESTREAM_PROFILE_NONE, NULL);
    check_profile(RESTREAM_CODEC_AAC, RESTREAM_PROFILE_NONE, NULL);
}


int
main(void)
{
    test_names();
    test_profiles();

    return done_testing();
}
