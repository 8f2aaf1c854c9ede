/*
 * Profile and resolution out of decoder configurations: those of x264, x265,
 * libaom, SVT-AV1 and libvpx; and that one cut short anywhere, or made up, is
 * read no further than its end.
 */

#include "video_config.h"


typedef struct {
    const char  *name;
    uint32_t     codec;
    uint32_t     width;
    uint32_t     height;
    const char  *profile;
    const char  *record;
} record_t;


static const record_t  records[] = {
    { "baseline", AVC, 640, 360, "Constrained Baseline",
      "0142c01effe100196742c01ed900a02ff970110000030001000003003c0f162e"
      "4801000568cb83cb20" },
    { "cropped to 1080", AVC, 1920, 1080, "Constrained Baseline",
      "0142c028ffe100196742c028da01e0089f970110000003001000000303c0f183"
      "2a01000468ce0fc8" },
    { "main", AVC, 640, 360, "Main",
      "014d401effe10018674d401eeca05017fcb80880000003008000001e078b16cb"
      "01000568ebe3cb20" },
    { "high", AVC, 1280, 720, "High",
      "0164001fffe1001a6764001facd9405005bb0110000003001000000303c0f183"
      "196001000668ebe3cb22c0fdf8f800" },
    { "cropped at the right, too", AVC, 242, 134, "High",
      "0164000cffe1001a6764000cacd941013e226c0440000003004000000f03c50a"
      "658001000668ebe3cb22c0fdf8f800" },
    { "interlaced", AVC, 1920, 1080, "High",
      "01640028ffe1001a67640028acd94078044fde0220000003002000000783e2c5"
      "b2c001000668fba3cb22c0fdf8f800" },
    { "monochrome", AVC, 642, 362, "High",
      "0164001effe1001a6764001ef3650290bf8f9f016c80000003008000001e078b"
      "16cb01000668ebe3cb22c0fcf8f800" },
    { "10 bits", AVC, 1366, 770, "High 10",
      "016e0020ffe1001c676e0020a6cd94056063e688c044000003000400000300f0"
      "3c60c65801000668ebe3cb22c0fdfafa00" },
    { "10 bits, intra", AVC, 1366, 770, "High 10 Intra",
      "016e1020ffe10017676e1020a6cb80ac0c7cd1180880000003008000001e0201"
      "000568ee0f2c8bfdfafa00" },
    { "4:2:2", AVC, 1366, 768, "High 4:2:2",
      "017a0020ffe1001b677a0020bcd94056061e6f0110000003001000000303c0f1"
      "83196001000768ebe3cb3002c0fef8f800" },
    { "4:2:2, interlaced", AVC, 1920, 1080, "High 4:2:2",
      "017a0028ffe1001a677a0028b6cd94078044fcb80880000003008000001e0f8b"
      "16cb01000668fba3cb22c0fefafa00" },
    { "4:4:4", AVC, 1366, 770, "High 4:4:4 Predictive",
      "01f40020ffe1001c67f40020919b280ac0c7c5c7e02200000300020000030078"
      "1e30632c01000868ebe3c44c000440fff8f800" },

    { "main", HEVC, 1920, 1080, "Main",
      "01016000000090000000000078f000fcfdf8f800000f03a00001001840010c01"
      "ffff016000000300900000030000030078959809a10001002a42010101600000"
      "0300900000030000030078a003c08010e596566924caf0168080000003008000"
      "000f04a2000100074401c172b46240" },
    { "cropped", HEVC, 1366, 770, "Main",
      "01016000000090000000000078f000fcfdf8f800000f03a00001001840010c01"
      "ffff016000000300900000030000030078959809a10001002b42010101600000"
      "0300900000030000030078a002ac80309d4996566924caf01680800000030080"
      "00000f04a2000100074401c172b46240" },
    { "10 bits", HEVC, 1366, 770, "Main 10",
      "01022000000090000000000078f000fcfdfafa00000f03a00001001840010c01"
      "ffff022000000300900000030000030078959809a10001002d42010102200000"
      "0300900000030000030078a002ac80309d48d96566924caf0168080000030008"
      "00000300f040a2000100074401c172b46240" },
    { "4:2:2", HEVC, 1366, 770, "Range Extensions",
      "0104080000009d080000000078f000fcfefafa00000f03a00001001740010c01"
      "ffff0408000003009d08000003000078959809a10001002c4201010408000003"
      "009d08000003000078b002ac80309d4ed96566924caf01680800000300080000"
      "0300f040a2000100074401c172b46240" },
    { "4:4:4", HEVC, 1366, 770, "Range Extensions",
      "0104080000009e080000000078f000fcfff8f800000f03a00001001740010c01"
      "ffff0408000003009e08000003000078959809a10001002c4201010408000003"
      "009e08000003000078900055900613b9f2cacd24995e02d01000000300100000"
      "0301e080a2000100084401c172860c4624" },

    { "libaom", AV1, 1366, 770, "Main",
      "81050c000a0b0000002d4d55c04caf9004" },
    { "libaom, 4:4:4", AV1, 642, 362, "High",
      "812100000a0b2000000cc5036936be4080" },
    { "SVT, 10 bits", AV1, 1366, 770, "Main",
      "81054c000a0b0000002d4d55c0402f8404" },
    { "an OBU in front, an extension, no size", AV1, 1366, 770, "Main",
      "81050c00 1200 3a03616263 0c20 0000002d4d55c04caf9004" },
    { "no sequence header", AV1, 0, 0, "Main", "81050c00" },
    { "only other OBUs", AV1, 0, 0, "Main", "81050c00 1200 3a03616263" },
    { "an OBU longer than the record", AV1, 0, 0, "Main",
      "81050c00 0a0c 0000002d4d55c04caf9004" },
    { "a size without an end", AV1, 0, 0, "Main",
      "81050c00 0a 808080808080808000 0000002d4d55c04caf9004" },
    { "another version", AV1, 0, 0, NULL,
      "82050c000a0b0000002d4d55c04caf9004" },

    { "a box", VP9, 0, 0, "Profile 0", "010000000015820202020000" },
    { "a box of 4:4:4, 10 bits", VP9, 0, 0, "Profile 3",
      "010000000315a60202020000" },
    { "no box", VP9, 0, 0, "Profile 2", "0215820202020000" },
    { "nothing", VP9, 0, 0, NULL, "" },

    { "another version", AVC, 0, 0, NULL,
      "0042c01effe100196742c01ed900a02ff970110000030001000003003c0f162e48" },
    { "no parameter set", AVC, 0, 0, "High", "0164001fffe00100" },
    { "not a parameter set", AVC, 0, 0, "Main",
      "014d401effe10018 684d401eeca05017fcb80880000003008000001e078b16cb" },
    { "no parameter set", HEVC, 0, 0, "Main",
      "01016000000090000000000078f000fcfdf8f800000f00" },
    { "not a parameter set", HEVC, 0, 0, "Main",
      "01016000000090000000000078f000fcfdf8f800000f01 a10001 0004 40010101" },
    { "its size unknown", RESTREAM_CODEC_VVC, 0, 0, NULL, "ff00112233" },
    { "nothing", RESTREAM_CODEC_VP8, 0, 0, NULL, "" }
};


/* what is cut off tells nothing, or the same */

static void
check_cut(const record_t *r)
{
    size_t                    n, size;
    uint8_t                  *whole, *p;
    unsigned                  good;
    restream_video_config_t   config;

    good = 1;
    whole = hex(r->record, &size);

    for (n = 0; n < size; n++) {
        p = malloc(n ? n : 1);
        memcpy(p, whole, n);

        configure(r->codec, p, n, &config);

        if (config.width
            && (config.width != r->width || config.height != r->height))
        {
            good = 0;
        }

        free(p);
    }

    ok(good, "%s, cut off anywhere: the same resolution, or none", r->name);

    free(whole);
}


static void
test_records(void)
{
    size_t                    i, size;
    uint8_t                  *data;
    const char               *name;
    const record_t           *r;
    restream_video_config_t   config;

    for (i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        r = &records[i];
        data = hex(r->record, &size);

        configure(r->codec, data, size, &config);
        check_size(&config, r->width, r->height, r->name);

        name = restream_codec_profile(r->codec, config.profile);

        ok(r->profile ? name && strcmp(name, r->profile) == 0 : name == NULL,
           "%s: profile %s", r->name, r->profile ? r->profile : "unknown");

        free(data);

        check_cut(r);
    }
}


/* whatever the bytes are: in memory of just their size */

static void
test_noise(void)
{
    size_t                    i, n;
    uint8_t                  *p;
    uint32_t                  x;
    unsigned                  round, good;
    restream_video_config_t   config;

    static const uint32_t  codecs[] = { AVC, HEVC, AV1, VP9 };

    x = 1;
    good = 1;

    for (round = 0; round < 20000; round++) {
        n = x % 90;
        p = malloc(n ? n : 1);

        for (i = 0; i < n; i++) {
            x = x * 1664525 + 1013904223;
            p[i] = (uint8_t) (x >> 24 & x >> 16);
        }

        if (n > 40) {
            memcpy(p, round % 4 ? "\1\x64\0\x28\xff\xe1\0\x20\x67\x64"
                                : "\x81\0\0\0\xa\x20\0\0\0\0", 10);
            memcpy(p + 22, "\1\x21\0\1\0\x10\x42", 7);
        }

        configure(codecs[round % 4], p, n, &config);

        good &= config.width <= RESTREAM_VIDEO_SIZE_MAX
                && config.height <= RESTREAM_VIDEO_SIZE_MAX
                && (config.width == 0) == (config.height == 0);

        free(p);
        x = x * 1664525 + 1013904223;
        x ^= x >> 15;
    }

    ok(good, "made up ones tell of no picture that there is not");
}


static void
test_frame(void)
{
    restream_flv_body_t      body;
    restream_video_config_t  config;

    memset(&body, 0, sizeof(restream_flv_body_t));
    body.codec = VP9;
    body.kind = RESTREAM_FLV_BODY_FRAMES;
    body.data = (const uint8_t *) "\1\2";
    body.size = 2;

    restream_video_config(&body, &config);
    ok(config.profile == RESTREAM_PROFILE_NONE, "a frame tells nothing");
}


int
main(void)
{
    test_records();
    test_noise();
    test_frame();

    return done_testing();
}
