/*
 * AAC-LC as we make it: the configuration, the grid, silence that never runs
 * ahead of its clock and never drifts.
 */

#include "test.h"

#include "lib/restream_aac.h"
#include "lib/restream_audio_config.h"


#define HOUR  3600000


static void
test_config(void)
{
    int                      rc;
    size_t                   i;
    uint8_t                  config[RESTREAM_AAC_CONFIG_SIZE];
    restream_flv_body_t      body;
    restream_audio_config_t  read;

    static const struct {
        uint32_t    rate;
        unsigned    channels;
        uint8_t     config[2];
    } known[] = {
        { 44100, 1, { 0x12, 0x08 } }, { 44100, 2, { 0x12, 0x10 } },
        { 48000, 1, { 0x11, 0x88 } }, { 48000, 2, { 0x11, 0x90 } },
        { 32000, 2, { 0x12, 0x90 } }, { 22050, 1, { 0x13, 0x88 } },
        { 16000, 2, { 0x14, 0x10 } }, { 8000, 1, { 0x15, 0x88 } }
    };

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        rc = restream_aac_config(known[i].rate, known[i].channels, config);

        is_uint(rc, RESTREAM_OK, "%u Hz, %u channels", known[i].rate,
                known[i].channels);
        is_mem(config, 2, known[i].config, 2, "as the table has it");

        body.kind = RESTREAM_FLV_BODY_CONFIG;
        body.codec = RESTREAM_CODEC_AAC;
        body.data = config;
        body.size = sizeof(config);
        restream_audio_config(&body, &read);

        ok(read.rate == known[i].rate && read.channels == known[i].channels
           && read.profile == 2, "read back");
    }

    is_uint(restream_aac_config(44101, 2, config), RESTREAM_DECLINED,
            "a rate without an index");
    is_uint(restream_aac_config(0, 2, config), RESTREAM_DECLINED, "no rate");
    is_uint(restream_aac_config(48000, 0, config), RESTREAM_DECLINED,
            "no channel");
    is_uint(restream_aac_config(48000, 3, config), RESTREAM_DECLINED,
            "three channels");
}


static void
test_grid(void)
{
    unsigned  i;
    uint64_t  n, dts;

    static const unsigned  at_44100[] = { 0, 23, 46, 69, 92, 116, 139 };
    static const unsigned  at_48000[] = { 0, 21, 42, 64, 85, 106, 128 };

    for (i = 0; i < 7; i++) {
        is_uint(restream_aac_dts(i, 44100), at_44100[i],
                "44.1 kHz: frame %u", i);
        is_uint(restream_aac_dts(i, 48000), at_48000[i],
                "48 kHz: frame %u", i);
    }

    /* 48000 * 3600 samples are 168750 frames */

    is_uint(restream_aac_dts(168750, 48000), HOUR, "an hour, to the ms");
    is_uint(restream_aac_dts(44100u * 3600 / 4, 44100), 1024u * HOUR / 4,
            "and 256 hours");

    for (n = 0; n < 100000; n++) {
        dts = restream_aac_dts(n, 44100);

        if (restream_aac_frame(dts, 44100) != n
            || restream_aac_frame(dts + 1, 44100) != n + 1)
        {
            break;
        }
    }

    is_uint(n, 100000, "there and back");

    is_uint(restream_aac_position(1000, 44100), 44100, "samples of a second");
    is_uint(restream_aac_position(((uint64_t) 1 << 46) - 1, 48000),
            (((uint64_t) 1 << 46) - 1) * 48, "of a very late one");
}


static void
test_silence(void)
{
    uint64_t            dts, last, until, frames;
    unsigned            steps;
    restream_silence_t  s;

    is_uint(restream_silence_init(&s, 44100, 2, 1000), RESTREAM_OK,
            "silence begins");
    is_uint(s.data.len, 6, "six bytes of stereo");

    is_uint(restream_silence_next(&s, 1000, &dts), RESTREAM_AGAIN,
            "nothing before there is a place on the grid");
    is_uint(restream_silence_next(&s, 1021, &dts), RESTREAM_OK, "the first");
    is_uint(dts, 1021, "at the first place behind 1000 ms");
    is_uint(restream_silence_next(&s, 1021, &dts), RESTREAM_AGAIN,
            "never ahead of the clock");

    /* 60 minutes, by the clock of a video of 30 frames a second */

    frames = 0;
    steps = 0;
    last = dts;

    for (until = 1033; until <= 1000 + HOUR; until += 33) {
        while (restream_silence_next(&s, until, &dts) == RESTREAM_OK) {
            steps += (dts - last != 23 && dts - last != 24) || dts > until;
            last = dts;
            frames++;
        }
    }

    is_uint(steps, 0, "an hour: 23 or 24 ms from each to each");
    is_uint(last, restream_aac_dts(44 + frames, 44100),
            "and all of them are there");
    ok(1000 + HOUR - last < 60, "to the end: %llu ms",
       (unsigned long long) last);

    restream_silence_skip(&s, last + 5000);
    is_uint(restream_silence_next(&s, last + 5000, &dts), RESTREAM_AGAIN,
            "what others have made is not made again");
    is_uint(restream_silence_next(&s, last + 5024, &dts), RESTREAM_OK,
            "behind it, it goes on");
    ok(dts > last + 5000, "at the next place");

    restream_silence_skip(&s, 0);
    is_uint(restream_silence_next(&s, dts, &dts), RESTREAM_AGAIN,
            "it never goes back");

    is_uint(restream_silence_init(&s, 48000, 1, 0), RESTREAM_OK, "mono");
    is_uint(s.data.len, 4, "four bytes");
    is_uint(restream_silence_init(&s, 11, 1, 0), RESTREAM_DECLINED,
            "no such rate");
}


int
main(void)
{
    test_config();
    test_grid();
    test_silence();

    return done_testing();
}
