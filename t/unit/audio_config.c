/*
 * Profile, sample rate and channels out of configurations and frames: those of
 * encoders, and some that are made here bit by bit; and that one cut short
 * anywhere is read no further than its end.
 */

#include "test.h"
#include "bits.h"

#include "lib/restream_audio_config.h"


#define CONFIG    RESTREAM_FLV_BODY_CONFIG
#define FRAMES    RESTREAM_FLV_BODY_FRAMES
#define CHANNELS  RESTREAM_FLV_BODY_CHANNELS
#define OTHER     RESTREAM_FLV_BODY_OTHER

#define AAC       RESTREAM_CODEC_AAC
#define MP3       RESTREAM_CODEC_MP3
#define AC3       RESTREAM_CODEC_AC3
#define EAC3      RESTREAM_CODEC_EAC3
#define OPUS      RESTREAM_CODEC_OPUS
#define FLAC      RESTREAM_CODEC_FLAC


typedef struct {
    const char  *name;
    unsigned     kind;
    uint32_t     codec;
    unsigned     tag;
    uint32_t     rate;
    unsigned     channels;
    const char  *profile;
    const char  *data;
} sound_t;


static const sound_t  sounds[] = {
    { "AAC, stereo", CONFIG, AAC, 0, 44100, 2, "LC", "121056e500" },
    { "AAC, mono", CONFIG, AAC, 0, 48000, 1, "LC", "118856e500" },
    { "AAC, 5.1", CONFIG, AAC, 0, 48000, 6, "LC", "11b056e500" },
    { "AAC, 7.1", CONFIG, AAC, 0, 48000, 8, "LC", "11b856e500" },
    { "AAC, two bytes", CONFIG, AAC, 0, 44100, 2, "LC", "1210" },
    { "AAC, 7.0 by its elements", CONFIG, AAC, 0, 48000, 7, "LC",
      "118004c844002008c80d4c61766335392e33372e31303056e500" },
    { "AAC, quad by its elements", CONFIG, AAC, 0, 48000, 4, "LC",
      "118004c4040021100d4c61766335392e33372e31303056e500" },
    { "HE-AAC told last", CONFIG, AAC, 0, 44100, 2, "HE-AAC", "139056e5a0" },
    { "HE-AACv2 told last", CONFIG, AAC, 0, 44100, 2, "HE-AACv2",
      "138856e5a54880" },
    { "HE-AAC told first", CONFIG, AAC, 0, 44100, 2, "HE-AAC", "2b920800" },
    { "HE-AACv2 told first", CONFIG, AAC, 0, 44100, 2, "HE-AACv2",
      "eb8a0800" },
    { "HE-AAC told first, something behind it", CONFIG, AAC, 0, 44100, 2,
      "HE-AAC", "2b92082b72ec" },
    { "AAC, an object type of two parts", CONFIG, AAC, 0, 48000, 2, "xHE-AAC",
      "f9464000" },
    { "AAC without anything", CONFIG, AAC, 0, 0, 0, NULL, "" },
    { "AAC cut off", CONFIG, AAC, 0, 0, 0, NULL, "12" },
    { "AAC, no such rate", CONFIG, AAC, 0, 0, 2, "LC", "1690" },
    { "AAC, no such layout", CONFIG, AAC, 0, 44100, 0, "LC", "1278" },
    { "an AAC frame", FRAMES, AAC, 0, 0, 0, NULL, "214c6cfe07" },

    { "Opus", CONFIG, OPUS, 0, 48000, 2, NULL,
      "4f707573486561640102380180bb0000000000" },
    { "Opus of another rate, 5.1", CONFIG, OPUS, 0, 48000, 6, NULL,
      "4f707573486561640106380144ac0000000001040200010203 05" },
    { "Opus without a head", CONFIG, OPUS, 0, 48000, 0, NULL, "" },
    { "an Opus frame", FRAMES, OPUS, 0, 48000, 0, NULL, "fc" },

    { "FLAC", CONFIG, FLAC, 0, 44100, 2, NULL,
      "664c6143 80000022 12001200 00000e 0010d4 0ac442f0 0000ac44"
      "00000000000000000000000000000000" },
    { "FLAC of 96 kHz", CONFIG, FLAC, 0, 96000, 1, NULL,
      "664c6143000000222000200000049d000897177000f000007080e993f631b420"
      "9a84e3fcc3d78b2b1f97" },
    { "FLAC without a marker", CONFIG, FLAC, 0, 96000, 1, NULL,
      "2000200000049d000897177000f000007080e993f631b4209a84e3fcc3d78b2b"
      "1f97" },
    { "FLAC cut off", CONFIG, FLAC, 0, 0, 0, NULL,
      "664c6143000000222000200000049d000897177000f000007080e993f631b420" },

    { "MP3", FRAMES, MP3, 0, 44100, 2, NULL, "fffb500000" },
    { "MP3 by tag, but of 48 kHz", FRAMES, MP3, 0x2f, 48000, 1, NULL,
      "fffb94c0" },
    { "MP3, MPEG 2", FRAMES, MP3, 0, 22050, 1, NULL, "fff370c00000" },
    { "MP3, MPEG 2.5", FRAMES, MP3, 0xe2, 8000, 1, NULL, "ffe338c00000" },
    { "MP3 out of sync", FRAMES, MP3, 0x2f, 44100, 2, NULL, "00fb9400" },
    { "MP3, layer 2", FRAMES, MP3, 0x2e, 44100, 1, NULL, "fffd9400" },
    { "MP3, no such version", FRAMES, MP3, 0, 0, 0, NULL, "ffeb9400" },
    { "MP3 cut off", FRAMES, MP3, 0x2a, 22050, 1, NULL, "fffb94" },

    { "AC-3, 5.1", FRAMES, AC3, 0, 48000, 6, NULL, "0b77b50b1e40ebf8403e" },
    { "AC-3, mono", FRAMES, AC3, 0, 32000, 1, NULL, "0b77952f8c402f842bf1" },
    { "AC-3, stereo", FRAMES, AC3, 0, 48000, 2, NULL, "0b7700001e4040" },
    { "AC-3, 2.1 of half the rate", FRAMES, AC3, 0, 24000, 3, NULL,
      "0b7700001e4844" },
    { "E-AC-3, 5.1", FRAMES, EAC3, 0, 44100, 6, NULL, "0b7703ce7f87c0002080" },
    { "E-AC-3, stereo", FRAMES, EAC3, 0, 48000, 2, NULL,
      "0b77017f3487c0002084" },
    { "E-AC-3 of 24 kHz", FRAMES, EAC3, 0, 24000, 2, NULL, "0b77017fc480c0" },
    { "AC-3 out of sync", FRAMES, AC3, 0, 0, 0, NULL, "0c77b50b1e40ebf8" },
    { "AC-3 cut off", FRAMES, AC3, 0, 0, 0, NULL, "0b77b50b1e40" },

    { "PCM", FRAMES, RESTREAM_CODEC_PCM, 0x3b, 22050, 2, NULL, "0000" },
    { "ADPCM", FRAMES, RESTREAM_CODEC_ADPCM, 0x12, 5512, 1, NULL, "00" },
    { "Nellymoser", FRAMES, RESTREAM_CODEC_NELLYMOSER, 0x6e, 44100, 1, NULL,
      "372e8835" },
    { "Nellymoser of 16 kHz", FRAMES, RESTREAM_CODEC_NELLYMOSER, 0x42, 16000, 1,
      NULL, "aabcbb20" },
    { "Nellymoser of 8 kHz", FRAMES, RESTREAM_CODEC_NELLYMOSER, 0x52, 8000, 1,
      NULL, "aabcbb20" },
    { "A-law", FRAMES, RESTREAM_CODEC_ALAW, 0x72, 8000, 1, NULL, "d5" },
    { "mu-law", FRAMES, RESTREAM_CODEC_ULAW, 0x82, 8000, 1, NULL, "ff" },
    { "Speex", FRAMES, RESTREAM_CODEC_SPEEX, 0xb6, 16000, 1, NULL, "3054" },
    { "no known format", FRAMES, 0, 0xff, 44100, 2, NULL, "" },

    { "channels in native order", CHANNELS, OPUS, 0, 0, 6, NULL,
      "01060000003f" },
    { "channels of no order", CHANNELS, AAC, 0, 0, 8, NULL, "0008" },
    { "channels that are not told", CHANNELS, AAC, 0, 0, 0, NULL, "00" },
    { "a sequence's end", OTHER, AAC, 0, 0, 0, NULL, "1210" }
};


static void
configure(const sound_t *s, const uint8_t *data, size_t size,
    restream_audio_config_t *config)
{
    restream_flv_body_t  body;

    memset(config, 0xff, sizeof(restream_audio_config_t));

    body.kind = s->kind;
    body.codec = s->codec;
    body.tag = (uint8_t) s->tag;
    body.data = data;
    body.size = size;

    restream_audio_config(&body, config);
}


static void
check(const sound_t *s, const uint8_t *data, size_t size)
{
    const char               *name;
    restream_audio_config_t   config;

    configure(s, data, size, &config);

    is_uint(config.rate, s->rate, "%s: rate", s->name);
    is_uint(config.channels, s->channels, "%s: channels", s->name);

    name = restream_codec_profile(s->codec, config.profile);

    ok(s->profile ? name && strcmp(name, s->profile) == 0 : name == NULL,
       "%s: profile %s", s->name, s->profile ? s->profile : "unknown");
}


/* the sanitizer looks on */

static void
cut(const sound_t *s, const uint8_t *data, size_t size)
{
    size_t                    n;
    uint8_t                  *p;
    restream_audio_config_t   config;

    for (n = 0; n < size; n++) {
        p = malloc(n ? n : 1);
        memcpy(p, data, n);
        configure(s, p, n, &config);
        free(p);
    }
}


static void
put_asc(bits_t *b, unsigned type, unsigned channel_config)
{
    b->n = 0;

    put(b, 5, type);
    put(b, 4, 15);
    put(b, 24, 37800);
    put(b, 4, channel_config);
    put(b, 1, 1);                       /* frameLengthFlag */
}


static void
check_asc(bits_t *b, uint32_t rate, unsigned channels, const char *profile,
    const char *name)
{
    sound_t  s;

    memset(&s, 0, sizeof(sound_t));

    s.name = name;
    s.codec = AAC;
    s.rate = rate;
    s.channels = channels;
    s.profile = profile;

    check(&s, b->data, put_size(b));
    cut(&s, b->data, put_size(b));
}


static void
test_core(void)
{
    bits_t  b;

    put_asc(&b, 6, 2);
    put(&b, 1, 1);
    put(&b, 14, 0x3fff);                /* coreCoderDelay */
    put(&b, 1, 1);
    put(&b, 3, 7);                      /* layerNr */
    put(&b, 1, 0);                      /* extensionFlag3 */
    put(&b, 11, 0x2b7);
    put(&b, 5, 5);
    put(&b, 1, 1);
    put(&b, 4, 3);
    check_asc(&b, 48000, 2, "HE-AAC", "everything that a core may have");

    put_asc(&b, 2, 2);
    put(&b, 2, 0);
    put(&b, 11, 0x2b7);
    put(&b, 5, 5);
    put(&b, 1, 0);
    check_asc(&b, 37800, 2, "LC", "SBR that is told not to be there");

    put_asc(&b, 2, 1);
    put(&b, 2, 0);
    put(&b, 11, 0x2b6);
    put(&b, 5, 5);
    put(&b, 5, 0x13);
    check_asc(&b, 37800, 1, "LC", "something else behind the core");

    put_asc(&b, 2, 1);
    put(&b, 2, 0);
    put(&b, 11, 0x2b7);
    put(&b, 5, 5);
    put(&b, 1, 1);
    put(&b, 4, 15);
    put(&b, 24, 75600);
    put(&b, 11, 0x548);
    put(&b, 1, 1);
    check_asc(&b, 75600, 2, "HE-AACv2", "SBR of a rate that has no number");

    put_asc(&b, 23, 2);
    put(&b, 16, 0);
    check_asc(&b, 37800, 2, "LD", "an error resilient type");
}


static void
test_elements(void)
{
    bits_t  b;

    put_asc(&b, 2, 0);
    put(&b, 2, 0);
    put(&b, 10, 0);
    put(&b, 4, 2);                      /* front: one and a pair */
    put(&b, 4, 1);                      /* side: a pair */
    put(&b, 4, 2);                      /* back: a pair, one */
    put(&b, 2, 1);
    put(&b, 3, 2);
    put(&b, 4, 3);
    put(&b, 1, 1);
    put(&b, 4, 9);
    put(&b, 1, 1);
    put(&b, 4, 9);
    put(&b, 1, 1);
    put(&b, 3, 5);
    put(&b, 5, 0x00);
    put(&b, 5, 0x10);
    put(&b, 5, 0x11);
    put(&b, 5, 0x12);
    put(&b, 5, 0x03);
    put(&b, 4, 0);                      /* low frequency */
    put(&b, 8, 0xff);                   /* data */
    put(&b, 15, 0x7fff);                /* coupling */

    while (b.n % 8) {
        put(&b, 1, 1);
    }

    put(&b, 8, 3);
    put(&b, 24, 0x616263);
    check_asc(&b, 37800, 9, "LC", "all kinds of elements");

    put(&b, 11, 0x2b7);
    put(&b, 5, 5);
    put(&b, 1, 1);
    put(&b, 4, 3);
    check_asc(&b, 48000, 9, "HE-AAC", "SBR behind elements");

    put_asc(&b, 2, 0);
    put(&b, 2, 0);
    put(&b, 10, 0);
    put(&b, 12, 0xfff);
    check_asc(&b, 37800, 0, "LC", "elements that do not come");
}


int
main(void)
{
    size_t          i, size;
    uint8_t        *data;
    const sound_t  *s;

    for (i = 0; i < sizeof(sounds) / sizeof(sounds[0]); i++) {
        s = &sounds[i];
        data = hex(s->data, &size);

        check(s, data, size);
        cut(s, data, size);

        free(data);
    }

    test_core();
    test_elements();

    return done_testing();
}
