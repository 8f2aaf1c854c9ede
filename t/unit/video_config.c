/*
 * Profile and resolution out of decoder configurations: those of x264, x265,
 * libaom, SVT-AV1 and libvpx, and some that are made here bit by bit; and that
 * one cut short anywhere, or made up, is read no further than its end.
 */

#include "test.h"
#include "bits.h"

#include "lib/restream_video_config.h"


#define AVC   RESTREAM_CODEC_AVC
#define HEVC  RESTREAM_CODEC_HEVC
#define AV1   RESTREAM_CODEC_AV1
#define VP9   RESTREAM_CODEC_VP9


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


static void
configure(uint32_t codec, const uint8_t *data, size_t size,
    restream_video_config_t *config)
{
    restream_flv_body_t  body;

    memset(&body, 0, sizeof(restream_flv_body_t));
    memset(config, 0xff, sizeof(restream_video_config_t));

    body.kind = RESTREAM_FLV_BODY_CONFIG;
    body.codec = codec;
    body.data = data;
    body.size = size;

    restream_video_config(&body, config);
}


static void
check_size(const restream_video_config_t *config, uint32_t width,
    uint32_t height, const char *name)
{
    ok(config->width == width && config->height == height,
       "%s: %ux%u, is %ux%u", name, width, height, config->width,
       config->height);
}


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


typedef struct {
    unsigned   profile;
    uint32_t   chroma;
    unsigned   planes;          /* separate */
    unsigned   lists;           /* scaling lists that are given */
    unsigned   order;           /* pic_order_cnt_type */
    uint32_t   cycle;           /* num_ref_frames_in_pic_order_cnt_cycle */
    unsigned   interlaced;
    uint32_t   mbs;             /* width and height */
    uint32_t   rows;
    uint32_t   crop[4];
} avc_t;


static void
avc_high(bits_t *b, const avc_t *avc)
{
    unsigned  i, n;

    put_ue(b, avc->chroma);

    if (avc->chroma == 3) {
        put(b, 1, avc->planes);
    }

    put_ue(b, 2);
    put_ue(b, 2);
    put(b, 1, 0);
    put(b, 1, avc->lists != 0);

    for (i = 0; avc->lists && i < (avc->chroma == 3 ? 12 : 8); i++) {
        put(b, 1, i < avc->lists);

        if (i >= avc->lists) {
            continue;
        }

        if (i % 2) {

            /* ends with the second value */

            put_se(b, 8);
            put_se(b, -16);
            continue;
        }

        for (n = 0; n < (i < 6 ? 16 : 64); n++) {
            put_se(b, n % 2 ? -127 : 128);
        }
    }
}


static void
avc_sps(bits_t *b, const avc_t *avc)
{
    uint32_t  i;

    b->n = 0;

    put(b, 8, 0x67);
    put(b, 8, avc->profile);
    put(b, 16, 0x0028);
    put_ue(b, 31);

    if (avc->profile != 77) {
        avc_high(b, avc);
    }

    put_ue(b, 12);
    put_ue(b, avc->order);

    if (avc->order == 0) {
        put_ue(b, 12);

    } else if (avc->order == 1) {
        put(b, 1, 1);
        put_se(b, -0x7fffffff);
        put_se(b, 0x7fffffff);
        put_ue(b, avc->cycle);

        for (i = 0; i < avc->cycle; i++) {
            put_se(b, -1);
        }
    }

    put_ue(b, 16);
    put(b, 1, 1);
    put_ue(b, avc->mbs - 1);
    put_ue(b, avc->rows - 1);
    put(b, 1, !avc->interlaced);

    if (avc->interlaced) {
        put(b, 1, 1);
    }

    put(b, 1, 1);
    put(b, 1, 1);

    for (i = 0; i < 4; i++) {
        put_ue(b, avc->crop[i]);
    }

    put(b, 1, 0);
    put(b, 1, 1);
}


static void
check_avc(const avc_t *avc, uint32_t width, uint32_t height, const char *name)
{
    bits_t                    b;
    size_t                    i, n;
    uint8_t                   record[8192];
    unsigned                  good;
    restream_video_config_t   config;

    avc_sps(&b, avc);

    n = put_nal(record + 8, b.data, put_size(&b));
    memcpy(record, "\1\x64\0\x28\xff\xe1", 6);

    good = 1;

    for (i = 0; i <= n; i++) {
        record[6] = (uint8_t) (i >> 8);
        record[7] = (uint8_t) i;

        configure(AVC, record, 8 + i, &config);

        good &= config.width == 0
                || (config.width == width && config.height == height);
    }

    check_size(&config, width, height, name);
    ok(good, "%s: a parameter set cut off tells the same or nothing", name);
}


static void
test_avc(void)
{
    avc_t  avc;

    memset(&avc, 0, sizeof(avc_t));

    avc.profile = 100;
    avc.chroma = 1;
    avc.mbs = 120;
    avc.rows = 68;
    avc.crop[3] = 4;
    check_avc(&avc, 1920, 1080, "high");

    avc.crop[0] = 3;
    avc.crop[1] = 2;
    avc.crop[2] = 1;
    check_avc(&avc, 1910, 1078, "cropped on all sides");

    avc.interlaced = 1;
    avc.rows = 34;
    avc.crop[2] = 0;
    avc.crop[3] = 2;
    check_avc(&avc, 1910, 1080, "interlaced: rows are of two, crops of four");

    avc.chroma = 2;
    check_avc(&avc, 1910, 1084, "4:2:2: crops of two");

    avc.chroma = 3;
    check_avc(&avc, 1915, 1084, "4:4:4");

    avc.planes = 1;
    check_avc(&avc, 1915, 1084, "planes coded apart");

    avc.lists = 12;
    check_avc(&avc, 1915, 1084, "twelve scaling lists");

    avc.planes = 0;
    check_avc(&avc, 1915, 1084, "twelve scaling lists, 4:4:4");

    avc.chroma = 0;
    avc.lists = 7;
    check_avc(&avc, 1915, 1084, "some of eight scaling lists");

    avc.lists = 0;
    avc.order = 1;
    avc.cycle = 255;
    check_avc(&avc, 1915, 1084, "a cycle of 255 offsets");

    avc.order = 2;
    avc.profile = 77;
    avc.interlaced = 0;
    check_avc(&avc, 1910, 540, "main");

    avc.chroma = 4;
    avc.profile = 100;
    check_avc(&avc, 0, 0, "no known chroma format");

    avc.chroma = 1;
    avc.crop[0] = 958;
    avc.crop[1] = 1;
    check_avc(&avc, 2, 540, "all but two columns are cropped");

    avc.crop[1] = 2;
    check_avc(&avc, 0, 0, "all columns are");

    avc.crop[1] = 0xfffffffe;
    avc.crop[0] = 0xfffffffe;
    check_avc(&avc, 0, 0, "more than there is");

    memset(avc.crop, 0, sizeof(avc.crop));
    avc.mbs = 4096;
    avc.rows = 1;
    check_avc(&avc, 65536, 16, "the widest");

    avc.mbs = 4097;
    check_avc(&avc, 0, 0, "too wide");

    avc.mbs = 0xffffffff;
    avc.rows = 0xffffffff;
    check_avc(&avc, 0, 0, "absurd");
}


static void
check_hevc(unsigned layers, unsigned present, uint32_t chroma,
    const uint32_t *crop, uint32_t width, uint32_t height, const char *name)
{
    bits_t                    b;
    size_t                    n;
    uint8_t                   record[8192];
    unsigned                  i;
    restream_video_config_t   config;

    b.n = 0;

    put(&b, 16, 0x4201);
    put(&b, 4, 15);
    put(&b, 3, layers);
    put(&b, 1, 1);

    for (i = 0; i < 12; i++) {
        put(&b, 8, i % 3);
    }

    if (layers) {
        put(&b, 16, present);
    }

    for (i = 0; i < 16; i++) {
        if (present & 0x8000 >> i) {
            put(&b, i % 2 ? 8 : 32, 0);
            put(&b, i % 2 ? 0 : 32, 0);
            put(&b, i % 2 ? 0 : 24, 0);
        }
    }

    put_ue(&b, 15);
    put_ue(&b, chroma);

    if (chroma == 3) {
        put(&b, 1, 1);
    }

    put_ue(&b, 1928);
    put_ue(&b, 1088);
    put(&b, 1, crop != NULL);

    for (i = 0; crop && i < 4; i++) {
        put_ue(&b, crop[i]);
    }

    put_ue(&b, 0);
    put(&b, 1, 1);

    memset(record, 0, 22);
    memcpy(record + 22, "\2\x20\0\1\0\2\x40\1\xa1\0\1", 11);

    n = put_nal(record + 35, b.data, put_size(&b));

    record[33] = (uint8_t) (n >> 8);
    record[34] = (uint8_t) n;

    configure(HEVC, record, 35 + n, &config);
    check_size(&config, width, height, name);
}


static void
test_hevc(void)
{
    static const uint32_t  crop[] = { 1, 3, 0, 4 };
    static const uint32_t  all[] = { 0, 964, 0, 0 };

    check_hevc(0, 0, 1, NULL, 1928, 1088, "no window");
    check_hevc(0, 0, 1, crop, 1920, 1080, "a window, 4:2:0");
    check_hevc(0, 0, 2, crop, 1920, 1084, "a window, 4:2:2");
    check_hevc(0, 0, 0, crop, 1924, 1084, "a window, monochrome");
    check_hevc(0, 0, 3, crop, 1924, 1084, "a window, planes coded apart");
    check_hevc(0, 0, 1, all, 0, 0, "a window of nothing");
    check_hevc(2, 0xd000, 1, crop, 1920, 1080, "sub-layers");
    check_hevc(6, 0xfff0, 1, crop, 1920, 1080, "all sub-layers");
    check_hevc(1, 0, 1, crop, 1920, 1080, "a sub-layer that says nothing");
}


static void
av1_points(bits_t *b, unsigned model, unsigned n)
{
    unsigned  i;

    put(b, 1, 1);                       /* initial_display_delay_present */
    put(b, 5, n - 1);

    for (i = 0; i < n; i++) {
        put(b, 12, 0x101);
        put(b, 5, i % 2 ? 8 : 7);
        put(b, i % 2, 1);

        if (model) {
            put(b, 1, i % 2);

            if (i % 2) {
                put(b, 32, 0xffffffff);
                put(b, 32, 0);
                put(b, 1, 1);
            }
        }

        put(b, 1, i % 2);

        if (i % 2) {
            put(b, 4, 9);
        }
    }
}


/* ticks: zeros of a uvlc() code; -1: no timing; -2: without it */

static void
check_av1(int ticks, unsigned model, unsigned points, const char *name)
{
    int                       i;
    bits_t                    b;
    size_t                    n;
    uint8_t                   record[4096];
    restream_video_config_t   config;

    b.n = 0;

    put(&b, 3, 0);
    put(&b, 1, 0);
    put(&b, 1, points == 0);

    if (points == 0) {
        put(&b, 5, 31);

    } else {
        put(&b, 1, ticks != -1);

        if (ticks != -1) {
            put(&b, 32, 0xdeadbeef);
            put(&b, 32, 0xdeadbeef);
            put(&b, 1, ticks >= 0);

            for (i = 0; i < ticks; i++) {
                put(&b, 1, 0);
            }

            if (ticks >= 0) {
                put(&b, 1, 1);
                put(&b, ticks < 32 ? ticks : 0, 0xffffffff);
            }

            put(&b, 1, model);

            if (model) {
                put(&b, 5, 31);
                put(&b, 32, 1);
                put(&b, 10, 0x3ff);
            }
        }

        av1_points(&b, model, points);
    }

    put(&b, 4, 15);
    put(&b, 4, 12);
    put(&b, 16, 65535);
    put(&b, 13, 8190);
    put(&b, 1, 0);

    n = put_size(&b);

    memcpy(record, "\x81\5\xc\0\xa", 5);
    record[5] = (uint8_t) (n & 0x7f) | 0x80;
    record[6] = (uint8_t) (n >> 7);
    memcpy(record + 7, b.data, n);

    configure(AV1, record, 7 + n, &config);
    check_size(&config, 65536, 8191, name);
}


static void
test_av1(void)
{
    check_av1(-1, 0, 0, "a still picture");
    check_av1(-1, 0, 1, "no timing");
    check_av1(-2, 0, 1, "timing, no ticks");
    check_av1(0, 0, 2, "ticks of one bit");
    check_av1(31, 1, 2, "ticks of 63 bits, a decoder model");
    check_av1(32, 1, 32, "ticks of 33 bits, 32 operating points");
    check_av1(40, 1, 3, "ticks of 41 bits");
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


int
main(void)
{
    restream_flv_body_t      body;
    restream_video_config_t  config;

    test_records();
    test_avc();
    test_hevc();
    test_av1();
    test_noise();

    memset(&body, 0, sizeof(restream_flv_body_t));
    body.codec = VP9;
    body.kind = RESTREAM_FLV_BODY_FRAMES;
    body.data = (const uint8_t *) "\1\2";
    body.size = 2;

    restream_video_config(&body, &config);
    ok(config.profile == RESTREAM_PROFILE_NONE, "a frame tells nothing");

    return done_testing();
}
