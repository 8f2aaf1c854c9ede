/*
 * The byte order of linear PCM is heard: of tones, loud and faint, in one
 * channel and in two; of silence and of noise nothing is said.
 */

#include "test.h"

#include "filter/restream_filter_order.h"

#include <math.h>
#include <string.h>


#define SAMPLES  1024


static void
put(uint8_t *p, int16_t sample, unsigned big)
{
    p[big ? 0 : 1] = (uint8_t) ((uint16_t) sample >> 8);
    p[big ? 1 : 0] = (uint8_t) sample;
}


static void
test_tones(void)
{
    unsigned  i, big, channels, k;
    uint8_t   data[SAMPLES * 4];

    static const struct {
        double       volume;
        double       hz;
        const char  *name;
    } tones[] = {
        { 6554, 1000, "a tone" },
        { 32767, 100, "a loud one" },
        { 300, 440, "a faint one" },
        { 20000, 3000, "a high one" }
    };

    for (k = 0; k < sizeof(tones) / sizeof(tones[0]); k++) {
        for (channels = 1; channels <= 2; channels++) {
            for (big = 0; big < 2; big++) {

                for (i = 0; i < SAMPLES * channels; i++) {
                    put(data + 2 * i,
                        (int16_t) (tones[k].volume
                                   * sin(2 * 3.14159265 * tones[k].hz
                                         * (i / channels) / 44100)),
                        big);
                }

                ok(restream_filter_order(data, SAMPLES * 2 * channels,
                                         channels)
                   == (int) big, "%s, %u channels, %s-endian", tones[k].name,
                   channels, big ? "big" : "little");
            }
        }
    }
}


static void
test_nothing(void)
{
    unsigned  i, told;
    uint8_t   data[SAMPLES * 2];
    uint32_t  noise;

    memset(data, 0, sizeof(data));
    ok(restream_filter_order(data, sizeof(data), 1) == -1, "silence");
    ok(restream_filter_order(data, 0, 1) == -1, "no samples");
    ok(restream_filter_order(data, 1, 2) == -1, "not even one");

    noise = 1;

    for (i = 0; i < sizeof(data); i++) {
        noise = noise * 1664525 + 1013904223;
        data[i] = (uint8_t) (noise >> 24);
    }

    ok(restream_filter_order(data, sizeof(data), 1) == -1, "noise");
    ok(restream_filter_order(data, sizeof(data), 2) == -1, "in two channels");

    told = 0;

    for (i = 0; i + 128 <= sizeof(data); i += 2) {
        told += restream_filter_order(data + i, 128, 1) != -1;
    }

    is_uint(told, 0, "and any 64 samples of it");
}


int
main(void)
{
    test_tones();
    test_nothing();

    return done_testing();
}
