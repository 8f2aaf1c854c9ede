/*
 * The classifier: it stays inside the message, contradicts itself nowhere, and
 * wrapping a message as Enhanced RTMP allows does not change what it is.
 *
 * The first byte of the input is the message's type.
 */

#include "lib/restream_chunk.h"
#include "lib/restream_flv.h"

#include <stdlib.h>
#include <string.h>


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_info(const restream_flv_info_t *info, size_t size);
static void check_longer(uint8_t type, const uint8_t *data, size_t size,
    const restream_flv_info_t *info);
static void check_modex(uint8_t type, const uint8_t *data, size_t size,
    const restream_flv_info_t *info);
static void check_track(uint8_t type, const uint8_t *data, size_t size,
    const restream_flv_info_t *info);
static void check_metadata(const uint8_t *data, size_t size);
static void check_equal(uint8_t type, uint8_t *data, size_t size,
    const restream_flv_info_t *info);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t              type;
    restream_flv_info_t  info;

    if (size == 0) {
        return 0;
    }

    type = *data++;
    size--;

    restream_flv_classify(type, data, size, &info);

    check_info(&info, size);
    check_longer(type, data, size, &info);

    if (size && (type == RESTREAM_MSG_VIDEO ? data[0] >= 0x80
                 : type == RESTREAM_MSG_AUDIO && data[0] >> 4 == 9))
    {
        check_modex(type, data, size, &info);
        check_track(type, data, size, &info);
    }

    check_metadata(data, size);

    return 0;
}


static void
check_info(const restream_flv_info_t *info, size_t size)
{
    /* no two of them together */
    check((info->flags & (info->flags - 1)) == 0);

    check(((info->flags & RESTREAM_FLV_HEADER) != 0)
          == (info->header != RESTREAM_FLV_HEADER_NONE));
    check(info->track == RESTREAM_FLV_NO_TRACK || info->track < 0x200);
    check(size || info->flags == RESTREAM_FLV_EMPTY);
}


/* once a message has got its flags, what follows is payload */

static void
check_longer(uint8_t type, const uint8_t *data, size_t size,
    const restream_flv_info_t *info)
{
    uint8_t  *longer;

    if (size == 0 || info->flags == 0) {
        return;
    }

    longer = malloc(size + 1);
    memcpy(longer, data, size);
    longer[size] = 0xff;

    check_equal(type, longer, size + 1, info);
}


static void
check_modex(uint8_t type, const uint8_t *data, size_t size,
    const restream_flv_info_t *info)
{
    uint8_t  *wrapped;

    wrapped = malloc(size + 5);
    wrapped[0] = (data[0] & 0xf0) | 7;
    memcpy(wrapped + 1, "\2abc", 4);
    wrapped[5] = data[0] & 0x0f;
    memcpy(wrapped + 6, data + 1, size - 1);

    check_equal(type, wrapped, size + 5, info);
}


static void
check_track(uint8_t type, const uint8_t *data, size_t size,
    const restream_flv_info_t *info)
{
    unsigned              packet, multitrack;
    uint8_t              *wrapped;
    restream_flv_info_t   want;

    packet = data[0] & 0x0f;
    multitrack = (type == RESTREAM_MSG_VIDEO) ? 6 : 5;

    if (size < 5 || packet == 7 || packet == multitrack
        || (info->flags & RESTREAM_FLV_EMPTY))
    {
        return;
    }

    wrapped = malloc(size + 2);
    wrapped[0] = (uint8_t) ((data[0] & 0xf0) | multitrack);
    wrapped[1] = (uint8_t) packet;
    memcpy(wrapped + 2, data + 1, 4);
    wrapped[6] = 42;
    memcpy(wrapped + 7, data + 5, size - 5);

    want = *info;
    want.track = 42;

    check_equal(type, wrapped, size + 2, &want);
}


static void
check_metadata(const uint8_t *data, size_t size)
{
    uint8_t         *whole;
    restream_str_t   prefix, none;

    if (restream_flv_metadata(data, size, &prefix) != RESTREAM_OK) {
        return;
    }

    whole = malloc(prefix.len + size);
    memcpy(whole, prefix.data, prefix.len);
    memcpy(whole + prefix.len, data, size);

    check(restream_flv_metadata(whole, prefix.len + size, &none)
          == RESTREAM_OK);
    check(none.len == 0);

    free(whole);
}


/* takes the memory of data, which is of its exact size */

static void
check_equal(uint8_t type, uint8_t *data, size_t size,
    const restream_flv_info_t *info)
{
    restream_flv_info_t  got;

    restream_flv_classify(type, data, size, &got);

    check(got.flags == info->flags);
    check(got.header == info->header);
    check(got.track == info->track);

    free(data);
}
