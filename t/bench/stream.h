/*
 * The stream that the benchmark sends: 6 Mbit/s, H.264 1920x1080 at 30 frames
 * a second with a key frame every 2 s, AAC 48 kHz stereo at 128 kbit/s.
 *
 * Made by arithmetic, no encoder: a grey picture and silence, valid and
 * decodable, brought to size as a constant bit rate encoder does it, with
 * filler data.  What counts for a relay is true: the sizes (a key frame is 8
 * other frames), the pace (30 + 46.9 messages a second) and the FLV headers.
 *
 * Every frame carries a stamp, its number and the time of its sending, in a
 * place where decoders expect text: a SEI message, a data stream element.
 * Video and audio are numbered apart, each from 0 without gaps.
 */

#ifndef _BENCH_STREAM_H_INCLUDED_
#define _BENCH_STREAM_H_INCLUDED_


#include "lib/restream_chunk.h"


#define STREAM_HEADERS      3           /* metadata, AVC and AAC header */
#define STREAM_FRAME_MAX    200000      /* bytes of any message */
#define STREAM_STAMP_SIZE   48
#define STREAM_STAMP_END    64          /* in any frame the stamp is complete
                                           in so many bytes */


typedef struct {
    uint8_t          type;              /* RESTREAM_MSG_* */
    uint32_t         timestamp;         /* ms since the stream began */
    uint64_t         due_ns;            /* the same, as the pace wants it */
    uint32_t         size;              /* bytes */
    uint8_t         *data;              /* owned by the stream, until the next
                                           call */
} stream_msg_t;


typedef struct {
    uint64_t         video;             /* frames made so far */
    uint64_t         audio;
    uint32_t         random;            /* state of the jitter */
    int32_t          jitter;            /* of the last odd frame, bytes */
    uint32_t         frame_end;         /* offset of the last byte of frame */
    stream_msg_t     headers[STREAM_HEADERS];
    uint8_t          metadata[256];
    uint8_t          avc[64];
    uint8_t          aac[4];
    uint8_t          key_frame[STREAM_FRAME_MAX];
    uint8_t          frame[STREAM_FRAME_MAX];
    uint8_t          audio_frame[512];
} stream_t;


void stream_init(stream_t *st);

/* Makes the next frame in the order of sending; its stamp has no time yet. */
void stream_next(stream_t *st, stream_msg_t *msg);

/* Writes the time of sending, ns of CLOCK_MONOTONIC, into a frame's stamp. */
void stream_stamp(stream_msg_t *msg, uint64_t now_ns);

/*
 * Finds the stamp in the first bytes of a message.
 *
 * in    data,size the message's beginning, STREAM_STAMP_END bytes suffice
 * ret   OK        *number and *sent_ns are set
 *       DECLINED  a message without a stamp: a header, or not of ours
 */
int stream_read_stamp(uint8_t type, const uint8_t *data, size_t size,
    uint64_t *number, uint64_t *sent_ns);

/* ns of CLOCK_MONOTONIC: one clock for all programs of the benchmark */
uint64_t stream_clock(void);


#endif /* _BENCH_STREAM_H_INCLUDED_ */
