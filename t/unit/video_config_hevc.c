/*
 * Resolution out of sequence parameter sets of H.265 that are made bit by bit:
 * windows and sub-layers.
 */

#include "video_config.h"


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


int
main(void)
{
    test_hevc();

    return done_testing();
}
