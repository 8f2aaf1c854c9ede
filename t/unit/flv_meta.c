/*
 * What metadata tells of the audio is put right where it stands, and nothing
 * else changes.
 */

#include "test.h"

#include "lib/restream_flv_meta.h"

#include <string.h>


#define META                                                                  \
    "\2\0\12onMetaData\10\0\0\0\5"                                            \
    "\0\14videocodecid\0\x40\x1c\0\0\0\0\0\0"                                 \
    "\0\14audiocodecid\0\x40\0\0\0\0\0\0\0"                                   \
    "\0\17audiosamplerate\0\x40\xd5\x88\x80\0\0\0\0"                          \
    "\0\6stereo\1\0"                                                          \
    "\0\0\11"


static void
test_changes(void)
{
    uint8_t  data[] = META;
    size_t   size;

    static const char  expected[] =
        "\2\0\12onMetaData\10\0\0\0\5"
        "\0\14videocodecid\0\x40\x1c\0\0\0\0\0\0"
        "\0\14audiocodecid\0\x40\x24\0\0\0\0\0\0"
        "\0\17audiosamplerate\0\x40\xe7\x70\0\0\0\0\0"
        "\0\6stereo\1\1"
        "\0\0\11";

    size = sizeof(data) - 1;

    is_uint(restream_flv_meta_audio(data, size, 48000, 2), 3,
            "three of five are there");
    is_mem(data, size, expected, sizeof(expected) - 1,
           "AAC of 48 kHz, stereo");

    (void) restream_flv_meta_audio(data, size, 48000, 1);
    is_uint(data[size - 4], 0, "mono");
}


/* a name at the very end; a value of another type */

static void
test_bounds(void)
{
    size_t   n, changed;
    uint8_t  data[sizeof(META)];

    static const char  text[] = "\0\14audiocodecid\2\0\6" "1234567890";

    changed = 0;

    for (n = 0; n < sizeof(META); n++) {
        memcpy(data, META, sizeof(META));
        (void) restream_flv_meta_audio(data, n, 48000, 2);
        changed += memcmp(data + n, META + n, sizeof(META) - n) != 0;
    }

    is_uint(changed, 0, "nothing is touched behind the end");

    memcpy(data, text, sizeof(text) - 1);
    is_uint(restream_flv_meta_audio(data, sizeof(text) - 1, 48000, 2), 0,
            "a string is left alone");
    is_mem(data, sizeof(text) - 1, text, sizeof(text) - 1, "as it was");
}


int
main(void)
{
    test_changes();
    test_bounds();

    return done_testing();
}
