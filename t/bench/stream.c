/*
 * The generated stream: see the header.
 *
 * A video message, with the lengths of its three NAL units:
 *
 *     17|27 01 000000 . [SEI: stamp] . [slice] . [filler data: ff ff .. 80]
 *
 * Every macroblock of a key frame is Intra_16x16, predicted DC, without
 * residual: eight bits, and the picture is grey.  Every other frame is one run
 * of skipped macroblocks.  (src: ITU-T H.264, 7.3)
 *
 * An audio message: a data stream element with the stamp and padding, then a
 * channel pair of silence.  (src: ISO/IEC 14496-3, 4.4.2)
 *
 *     af 01 . 81 ff NN [stamp, padding] . 21 10 04 60 8c 1c
 */

#include "stream.h"

#include <string.h>
#include <time.h>

#include "lib/restream_amf0.h"


#define FRAME_RATE          30
#define GOP                 60                  /* frames */
#define KEY_FRAME_RATIO     8                   /* in other frames */
#define VIDEO_BITRATE       5872000             /* with audio: 6 Mbit/s */
#define AUDIO_RATE          48000
#define AUDIO_SAMPLES       1024                /* of a frame */
#define AUDIO_BITRATE       128000
#define MACROBLOCKS         (120 * 68)          /* 1920 x 1088 */

#define FRAME_SIZE                                                            \
    (VIDEO_BITRATE / 8 * (GOP / FRAME_RATE) / (GOP - 1 + KEY_FRAME_RATIO))
#define AUDIO_SIZE                                                            \
    (AUDIO_BITRATE / 8 * AUDIO_SAMPLES / AUDIO_RATE)
#define JITTER              (FRAME_SIZE / 5)    /* at most so many bytes */

#define NAL_SLICE           0x41                /* nal_ref_idc 2, type 1 */
#define NAL_IDR             0x65                /* nal_ref_idc 3, type 5 */
#define NAL_SEI             0x06
#define NAL_FILLER          0x0c

#define SLICE_P             5
#define SLICE_I             7

#define VIDEO_STAMP         12                  /* offset in the message */
#define AUDIO_STAMP         5
#define SLICE               (VIDEO_STAMP + STREAM_STAMP_SIZE + 1)

#define STAMP_TAG           "restream-bench-1"  /* the SEI message's uuid */
#define STAMP_NUMBER        16                  /* offsets in the stamp */
#define STAMP_TIME          32


typedef struct {
    uint8_t   *start;
    uint8_t   *last;
    uint64_t   pending;         /* bits not written yet; above them old ones */
    unsigned   n;               /* how many, less than 8 between calls */
} bits_t;


static void stream_init_headers(stream_t *st);
static size_t stream_put_sps(uint8_t *out);
static size_t stream_put_pps(uint8_t *out);
static void stream_make_video(stream_t *st, stream_msg_t *msg);
static void stream_make_audio(stream_t *st, stream_msg_t *msg);
static size_t stream_put_slice(uint8_t *out, int key, unsigned frame_num,
    unsigned idr_pic_id);
static int32_t stream_jitter(stream_t *st, unsigned n);
static void stream_put_hex(uint8_t *out, uint64_t v);
static uint64_t stream_get_hex(const uint8_t *p);
static void bits_put(bits_t *b, unsigned n, uint32_t v);
static void bits_put_ue(bits_t *b, uint32_t v);
static size_t bits_end(bits_t *b);


void
stream_init(stream_t *st)
{
    memset(st, 0, sizeof(stream_t));

    st->random = 1;

    /* all that stays the same; filler data is 0xff */

    memset(st->key_frame, 0xff, sizeof(st->key_frame));
    memset(st->frame, 0xff, sizeof(st->frame));
    memset(st->audio_frame, ' ', sizeof(st->audio_frame));

    stream_init_headers(st);
}


static void
stream_init_headers(stream_t *st)
{
    size_t          n;
    uint8_t        *p;
    restream_buf_t  b;

    static const uint8_t  aac[] = { 0xaf, 0x00, 0x11, 0x90 };
    static const uint8_t  avc[] = { 0x17, 0x00, 0x00, 0x00, 0x00,
                                    0x01, 0x42, 0xc0, 0x28, 0xff, 0xe1 };

    restream_buf_init(&b, st->metadata, sizeof(st->metadata));
    restream_amf0_put_cstring(&b, "@setDataFrame");
    restream_amf0_put_cstring(&b, "onMetaData");
    restream_amf0_put_object(&b);
    restream_amf0_put_key(&b, "width");
    restream_amf0_put_number(&b, 1920);
    restream_amf0_put_key(&b, "height");
    restream_amf0_put_number(&b, 1080);
    restream_amf0_put_key(&b, "framerate");
    restream_amf0_put_number(&b, FRAME_RATE);
    restream_amf0_put_key(&b, "videocodecid");
    restream_amf0_put_number(&b, 7);
    restream_amf0_put_key(&b, "audiocodecid");
    restream_amf0_put_number(&b, 10);
    restream_amf0_put_object_end(&b);

    st->headers[0].type = RESTREAM_MSG_AMF0_DATA;
    st->headers[0].data = st->metadata;
    st->headers[0].size = b.last - b.start;

    p = st->avc;
    memcpy(p, avc, sizeof(avc));
    p += sizeof(avc);

    n = stream_put_sps(p + 2);
    *p++ = 0;
    *p++ = n;
    p += n;

    *p++ = 1;
    n = stream_put_pps(p + 2);
    *p++ = 0;
    *p++ = n;
    p += n;

    st->headers[1].type = RESTREAM_MSG_VIDEO;
    st->headers[1].data = st->avc;
    st->headers[1].size = p - st->avc;

    memcpy(st->aac, aac, sizeof(aac));

    st->headers[2].type = RESTREAM_MSG_AUDIO;
    st->headers[2].data = st->aac;
    st->headers[2].size = sizeof(aac);
}


/* Baseline profile, level 4.0 */

static size_t
stream_put_sps(uint8_t *out)
{
    bits_t  b = { out, out, 0, 0 };

    bits_put(&b, 8, 0x67);
    bits_put(&b, 24, 0x42c028);
    bits_put_ue(&b, 0);                     /* seq_parameter_set_id */
    bits_put_ue(&b, 0);                     /* log2_max_frame_num - 4 */
    bits_put_ue(&b, 2);                     /* pic_order_cnt_type */
    bits_put_ue(&b, 1);                     /* max_num_ref_frames */
    bits_put(&b, 1, 0);                     /* gaps_in_frame_num allowed */
    bits_put_ue(&b, 120 - 1);               /* width in macroblocks */
    bits_put_ue(&b, 68 - 1);                /* height */
    bits_put(&b, 1, 1);                     /* frame_mbs_only */
    bits_put(&b, 1, 1);                     /* direct_8x8_inference */
    bits_put(&b, 1, 1);                     /* cropping: left, right, */
    bits_put_ue(&b, 0);
    bits_put_ue(&b, 0);
    bits_put_ue(&b, 0);                     /* top and 8 lines at the bottom */
    bits_put_ue(&b, 4);
    bits_put(&b, 1, 0);                     /* vui_parameters_present */

    return bits_end(&b);
}


static size_t
stream_put_pps(uint8_t *out)
{
    bits_t  b = { out, out, 0, 0 };

    bits_put(&b, 8, 0x68);
    bits_put_ue(&b, 0);                     /* pic_parameter_set_id */
    bits_put_ue(&b, 0);                     /* seq_parameter_set_id */
    bits_put(&b, 1, 0);                     /* CAVLC */
    bits_put(&b, 1, 0);                     /* field order not present */
    bits_put_ue(&b, 0);                     /* num_slice_groups - 1 */
    bits_put_ue(&b, 0);                     /* num_ref_idx_l0 - 1 */
    bits_put_ue(&b, 0);                     /* num_ref_idx_l1 - 1 */
    bits_put(&b, 3, 0);                     /* no weighted prediction */
    bits_put_ue(&b, 0);                     /* pic_init_qp - 26 */
    bits_put_ue(&b, 0);                     /* pic_init_qs - 26 */
    bits_put_ue(&b, 0);                     /* chroma_qp_index_offset */
    bits_put(&b, 3, 0);                     /* deblocking control, constrained
                                               intra, redundant pictures */
    return bits_end(&b);
}


void
stream_next(stream_t *st, stream_msg_t *msg)
{
    uint64_t  video, audio;

    video = st->video * 1000000000 / FRAME_RATE;
    audio = st->audio * AUDIO_SAMPLES * 1000000000 / AUDIO_RATE;

    if (video <= audio) {
        msg->due_ns = video;
        stream_make_video(st, msg);

    } else {
        msg->due_ns = audio;
        stream_make_audio(st, msg);
    }

    msg->timestamp = msg->due_ns / 1000000;
}


static void
stream_make_video(stream_t *st, stream_msg_t *msg)
{
    int             key;
    size_t          slice, size;
    uint8_t        *data;
    unsigned        gop, n;
    restream_buf_t  b;

    n = st->video % GOP;
    gop = st->video / GOP;
    key = (n == 0);

    data = key ? st->key_frame : st->frame;
    size = key ? KEY_FRAME_RATIO * FRAME_SIZE
               : FRAME_SIZE + stream_jitter(st, n);

    if (!key) {
        st->frame[st->frame_end] = 0xff;
        st->frame_end = size - 1;
    }

    slice = stream_put_slice(data + SLICE + 4, key, n & 15, 1 + (gop & 1));

    restream_buf_init(&b, data, STREAM_FRAME_MAX);
    restream_buf_put8(&b, key ? 0x17 : 0x27);
    restream_buf_put32(&b, 0x01000000);

    restream_buf_put32(&b, 3 + STREAM_STAMP_SIZE + 1);
    restream_buf_put8(&b, NAL_SEI);
    restream_buf_put8(&b, 5);               /* user data, unregistered */
    restream_buf_put8(&b, STREAM_STAMP_SIZE);
    memcpy(b.last, STAMP_TAG, STAMP_NUMBER);
    stream_put_hex(b.last + STAMP_NUMBER, st->video);
    b.last += STREAM_STAMP_SIZE;
    restream_buf_put8(&b, 0x80);

    restream_buf_put32(&b, slice);
    b.last += slice;

    restream_buf_put32(&b, size - (b.last - b.start) - 4);
    restream_buf_put8(&b, NAL_FILLER);

    data[size - 1] = 0x80;

    msg->type = RESTREAM_MSG_VIDEO;
    msg->data = data;
    msg->size = size;

    st->video++;
}


static void
stream_make_audio(stream_t *st, stream_msg_t *msg)
{
    uint8_t  *data;

    static const uint8_t  element[] = { 0xaf, 0x01, 0x81, 0xff,
                                        AUDIO_SIZE - 9 - 255 };
    static const uint8_t  silence[] = { 0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c };

    data = st->audio_frame;

    memcpy(data, element, sizeof(element));
    memcpy(data + AUDIO_STAMP, STAMP_TAG, STAMP_NUMBER);
    stream_put_hex(data + AUDIO_STAMP + STAMP_NUMBER, st->audio);
    memcpy(data + 2 + AUDIO_SIZE - sizeof(silence), silence, sizeof(silence));

    msg->type = RESTREAM_MSG_AUDIO;
    msg->data = data;
    msg->size = 2 + AUDIO_SIZE;

    st->audio++;
}


static size_t
stream_put_slice(uint8_t *out, int key, unsigned frame_num,
    unsigned idr_pic_id)
{
    bits_t    b = { out, out, 0, 0 };
    unsigned  n;

    bits_put(&b, 8, key ? NAL_IDR : NAL_SLICE);
    bits_put_ue(&b, 0);                     /* first_mb_in_slice */
    bits_put_ue(&b, key ? SLICE_I : SLICE_P);
    bits_put_ue(&b, 0);                     /* pic_parameter_set_id */
    bits_put(&b, 4, frame_num);

    if (!key) {
        bits_put(&b, 3, 0);                 /* reference lists and marking are
                                               the default */
        bits_put_ue(&b, 0);                 /* slice_qp_delta */
        bits_put_ue(&b, MACROBLOCKS);       /* mb_skip_run */

        return bits_end(&b);
    }

    bits_put_ue(&b, idr_pic_id);
    bits_put(&b, 2, 0);                     /* dec_ref_pic_marking */
    bits_put_ue(&b, 0);                     /* slice_qp_delta */

    for (n = 0; n < MACROBLOCKS; n++) {
        bits_put_ue(&b, 3);                 /* I_16x16_2_0_0: predicted DC */
        bits_put_ue(&b, 0);                 /* intra_chroma_pred_mode: DC */
        bits_put_ue(&b, 0);                 /* mb_qp_delta */
        bits_put(&b, 1, 1);                 /* no coefficients */
    }

    return bits_end(&b);
}


/*
 * A frame's surplus is taken from the next, so that the bit rate of a GOP is
 * exact.
 */

static int32_t
stream_jitter(stream_t *st, unsigned n)
{
    if (n == GOP - 1) {
        return 0;
    }

    if (n % 2 == 0) {
        return -st->jitter;
    }

    st->random = st->random * 1664525 + 1013904223;
    st->jitter = (int32_t) ((st->random >> 8) % (2 * JITTER)) - JITTER;

    return st->jitter;
}


void
stream_stamp(stream_msg_t *msg, uint64_t now_ns)
{
    size_t  offset;

    offset = msg->type == RESTREAM_MSG_VIDEO ? VIDEO_STAMP : AUDIO_STAMP;

    stream_put_hex(msg->data + offset + STAMP_TIME, now_ns);
}


int
stream_read_stamp(uint8_t type, const uint8_t *data, size_t size,
    uint64_t *number, uint64_t *sent_ns)
{
    size_t  offset;

    offset = type == RESTREAM_MSG_VIDEO ? VIDEO_STAMP : AUDIO_STAMP;

    if (size < offset + STREAM_STAMP_SIZE
        || memcmp(data + offset, STAMP_TAG, STAMP_NUMBER) != 0)
    {
        return RESTREAM_DECLINED;
    }

    *number = stream_get_hex(data + offset + STAMP_NUMBER);
    *sent_ns = stream_get_hex(data + offset + STAMP_TIME);

    return RESTREAM_OK;
}


uint64_t
stream_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


/* Hexadecimal: no zero bytes, which would need emulation prevention. */

static void
stream_put_hex(uint8_t *out, uint64_t v)
{
    unsigned  i;

    static const char  digits[] = "0123456789abcdef";

    for (i = 16; i > 0; i--) {
        out[i - 1] = digits[v & 15];
        v >>= 4;
    }
}


static uint64_t
stream_get_hex(const uint8_t *p)
{
    uint64_t  v;
    unsigned  i;

    v = 0;

    for (i = 0; i < 16; i++) {
        v = v << 4 | (p[i] <= '9' ? p[i] - '0' : p[i] - 'a' + 10);
    }

    return v;
}


static void
bits_put(bits_t *b, unsigned n, uint32_t v)
{
    b->pending = b->pending << n | v;
    b->n += n;

    while (b->n >= 8) {
        b->n -= 8;
        *b->last++ = b->pending >> b->n;
    }
}


/* Exp-Golomb code (H.264, 9.1) */

static void
bits_put_ue(bits_t *b, uint32_t v)
{
    unsigned  n;

    for (n = 1; (v + 1) >> n; n++) { /* void */ }

    bits_put(b, 2 * n - 1, v + 1);
}


/* rbsp_trailing_bits; returns the size in bytes */

static size_t
bits_end(bits_t *b)
{
    bits_put(b, 1, 1);

    if (b->n) {
        bits_put(b, 8 - b->n, 0);
    }

    return b->last - b->start;
}
