/*
 * The head of an Enhanced RTMP message.
 */

#include "restream_flv_ex.h"


#define RESTREAM_FLV_ONE_TRACK         0
#define RESTREAM_FLV_MANY_CODECS       2        /* the last type there is */


static int restream_flv_ex_modex(const uint8_t **pp, const uint8_t *last,
    unsigned *packet);
static void restream_flv_ex_first(const uint8_t *p, const uint8_t *last,
    restream_flv_ex_t *ex);


int
restream_flv_ex(const uint8_t *data, size_t size, unsigned multitrack,
    restream_flv_ex_t *ex)
{
    unsigned        type, tracks;
    const uint8_t  *p, *last;

    p = data;
    last = data + size;

    ex->packet = *p++ & 0x0f;

    if (restream_flv_ex_modex(&p, last, &ex->packet) != RESTREAM_OK) {
        ex->packet = RESTREAM_FLV_EX_NONE;
        return RESTREAM_ERROR;
    }

    type = RESTREAM_FLV_ONE_TRACK;
    tracks = (ex->packet == multitrack);

    if (tracks) {

        if (p == last) {
            return RESTREAM_ERROR;
        }

        type = *p >> 4;
        ex->packet = *p++ & 0x0f;

        if (type > RESTREAM_FLV_MANY_CODECS || ex->packet == multitrack) {
            return RESTREAM_ERROR;
        }
    }

    /* codec and number of the first track stand at the same place in all
     * types */

    if ((size_t) (last - p) < 4 + tracks) {
        return RESTREAM_ERROR;
    }

    ex->codec = restream_get32(p);
    ex->track = tracks ? p[4] : RESTREAM_FLV_NO_TRACK;

    p += 4 + tracks;

    ex->data = p;
    ex->size = last - p;

    if (type != RESTREAM_FLV_ONE_TRACK) {
        ex->track |= RESTREAM_FLV_MANY;
        restream_flv_ex_first(p, last, ex);
    }

    return RESTREAM_OK;
}


/* skips the modifiers in front of the packet type proper */

static int
restream_flv_ex_modex(const uint8_t **pp, const uint8_t *last,
    unsigned *packet)
{
    size_t          size;
    const uint8_t  *p;

    p = *pp;

    while (*packet == RESTREAM_FLV_EX_MODEX) {

        if (p == last) {
            return RESTREAM_ERROR;
        }

        size = *p++ + 1;

        if (size == 256) {

            if (last - p < 2) {
                return RESTREAM_ERROR;
            }

            size = (size_t) restream_get16(p) + 1;
            p += 2;
        }

        if ((size_t) (last - p) < size + 1) {
            return RESTREAM_ERROR;
        }

        p += size;
        *packet = *p++ & 0x0f;
    }

    *pp = p;

    return RESTREAM_OK;
}


/* where others follow, its size is told */

static void
restream_flv_ex_first(const uint8_t *p, const uint8_t *last,
    restream_flv_ex_t *ex)
{
    size_t  size;

    ex->size = 0;

    if (last - p < 3) {
        return;
    }

    size = restream_get24(p);
    p += 3;

    ex->data = p;
    ex->size = size < (size_t) (last - p) ? size : (size_t) (last - p);
}
