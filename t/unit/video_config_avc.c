/*
 * Resolution out of sequence parameter sets of H.264 that are made bit by bit,
 * with all that may stand in front of it.
 */

#include "video_config.h"


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


int
main(void)
{
    test_avc();

    return done_testing();
}
