/*
 * Properties of an onMetaData message.
 *
 * They are looked for as bytes: the name with its length in front and the type
 * of its value behind.  So it does not matter how deep they stand, nor whether
 * what is around them is AMF0 that we know.
 */

#include "restream_flv_meta.h"
#include "restream_buf.h"

#include <string.h>


#define RESTREAM_FLV_META_NUMBER  0             /* AMF0 markers */
#define RESTREAM_FLV_META_BOOLEAN 1

#define RESTREAM_FLV_META_AAC     10            /* sound format */
#define RESTREAM_FLV_META_BITS    16


static unsigned restream_flv_meta_set(uint8_t *data, size_t size,
    const char *name, uint8_t marker, double value);
static uint8_t *restream_flv_meta_find(uint8_t *data, size_t size,
    const char *name, uint8_t marker, size_t value_size);


unsigned
restream_flv_meta_audio(uint8_t *data, size_t size, uint32_t rate,
    unsigned channels)
{
    return restream_flv_meta_set(data, size, "audiocodecid",
                                 RESTREAM_FLV_META_NUMBER,
                                 RESTREAM_FLV_META_AAC)
           + restream_flv_meta_set(data, size, "audiosamplerate",
                                   RESTREAM_FLV_META_NUMBER, rate)
           + restream_flv_meta_set(data, size, "audiosamplesize",
                                   RESTREAM_FLV_META_NUMBER,
                                   RESTREAM_FLV_META_BITS)
           + restream_flv_meta_set(data, size, "audiochannels",
                                   RESTREAM_FLV_META_NUMBER, channels)
           + restream_flv_meta_set(data, size, "stereo",
                                   RESTREAM_FLV_META_BOOLEAN, channels == 2);
}


static unsigned
restream_flv_meta_set(uint8_t *data, size_t size, const char *name,
    uint8_t marker, double value)
{
    size_t          value_size;
    uint8_t        *p;
    uint64_t        bits;
    restream_buf_t  b;

    value_size = (marker == RESTREAM_FLV_META_NUMBER) ? 8 : 1;

    p = restream_flv_meta_find(data, size, name, marker, value_size);
    if (p == NULL) {
        return 0;
    }

    if (marker == RESTREAM_FLV_META_BOOLEAN) {
        *p = value != 0;
        return 1;
    }

    memcpy(&bits, &value, sizeof(bits));

    restream_buf_init(&b, p, value_size);
    restream_buf_put64(&b, bits);

    return 1;
}


/* the value, value_size bytes of it; NULL: not there */

static uint8_t *
restream_flv_meta_find(uint8_t *data, size_t size, const char *name,
    uint8_t marker, size_t value_size)
{
    size_t    len;
    uint8_t  *p;

    len = strlen(name);

    for (p = data; size >= 2 + len + 1 + value_size; p++, size--) {

        if (restream_get16(p) == len && memcmp(p + 2, name, len) == 0
            && p[2 + len] == marker)
        {
            return p + 2 + len + 1;
        }
    }

    return NULL;
}
