/*
 * What is told of a publish: no message leads it to read behind its end or to
 * tell of a picture that cannot be, and asking again changes nothing but the
 * window of the rates.
 *
 * The input is a run of messages: type, a timestamp's low and high byte and how
 * much of our own clock passes (1/16 s), two bytes of size, the message.
 */

#include "lib/restream_chunk.h"
#include "model/restream_ingest.h"

#include <stdlib.h>
#include <string.h>


#define HEAD         6
#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(restream_ingest_t *in, uint8_t type, uint32_t timestamp,
    const uint8_t *data, size_t size);
static void check_report(restream_ingest_t *in, uint64_t now);
static void check_names(const restream_ingest_report_t *r);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t              n;
    uint64_t            now;
    uint32_t            timestamp;
    restream_ingest_t   in;

    restream_ingest_init(&in);
    now = 1;

    while (size >= HEAD) {
        n = restream_get16(data + 4);

        if (n > size - HEAD) {
            n = size - HEAD;
        }

        timestamp = (uint32_t) data[2] << 24 | (uint32_t) data[1] << 4;
        now += (uint64_t) data[3] * 1000 / 16;

        feed(&in, data[0], timestamp, data + HEAD, n);
        check_report(&in, now);

        data += HEAD + n;
        size -= HEAD + n;
    }

    return 0;
}


/* as a source does */

static void
feed(restream_ingest_t *in, uint8_t type, uint32_t timestamp,
    const uint8_t *data, size_t size)
{
    restream_str_t        prefix;
    restream_frame_t     *frm;
    restream_flv_info_t   info;

    memset(&info, 0, sizeof(restream_flv_info_t));

    if (restream_flv_kind(type) != RESTREAM_FLV_KIND_DATA) {
        restream_flv_classify(type, data, size, &info);

    } else if (restream_flv_metadata(data, size, &prefix) == RESTREAM_OK) {
        info.flags = RESTREAM_FLV_HEADER;
        info.header = RESTREAM_FLV_HEADER_METADATA;
    }

    frm = restream_frame_create(type, 0, &info, (uint32_t) size);
    check(frm != NULL);

    if (size) {
        memcpy(frm->data, data, size);
    }

    restream_ingest_frame(in, frm, timestamp);
    restream_frame_unref(&frm);
}


static void
check_report(restream_ingest_t *in, uint64_t now)
{
    restream_ingest_report_t   r, again;
    restream_ingest_video_t   *v;

    restream_ingest_report(in, now, &r);
    restream_ingest_report(in, now, &again);

    again.video.fps = r.video.fps;
    again.video.bitrate = r.video.bitrate;
    again.audio.bitrate = r.audio.bitrate;
    check(memcmp(&r, &again, sizeof(restream_ingest_report_t)) == 0);

    v = &r.video;

    check(v->width <= RESTREAM_VIDEO_SIZE_MAX
          && v->height <= RESTREAM_VIDEO_SIZE_MAX
          && (v->width == 0) == (v->height == 0));
    check(v->key_interval <= INT32_MAX || v->key_interval
                                          == RESTREAM_INGEST_UNKNOWN);

    if (!v->present) {
        memset(&again.video, 0, sizeof(again.video));
        check(memcmp(v, &again.video, sizeof(again.video)) == 0);
    }

    if (!r.audio.present) {
        memset(&again.audio, 0, sizeof(again.audio));
        check(memcmp(&r.audio, &again.audio, sizeof(again.audio)) == 0);
    }

    check_names(&r);
}


static void
check_names(const restream_ingest_report_t *r)
{
    char    name[RESTREAM_CODEC_NAME_LEN + 1];
    size_t  n;

    n = restream_codec_name(r->video.codec, name);
    check(n == strlen(name) && n <= RESTREAM_CODEC_NAME_LEN);

    n = restream_codec_name(r->audio.codec, name);
    check(n == strlen(name) && n <= RESTREAM_CODEC_NAME_LEN);

    (void) restream_codec_profile(r->video.codec, r->video.profile);
    (void) restream_codec_profile(r->audio.codec, r->audio.profile);
}
