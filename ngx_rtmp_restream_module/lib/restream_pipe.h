/*
 * What a worker and its audio filter (filter/) say to each other over a
 * socketpair: messages of a fixed header and a bounded payload.
 *
 *      0   2   3   4        8                16
 *      +---+---+---+--------+----------------+---------
 *      | rp| 1 | t |  size  |      dts       | payload     big-endian
 *      +---+---+---+--------+----------------+---------
 *
 *      "rp", version, type, bytes of payload, ms on the source's time line
 *
 * Sans-I/O: bytes in, messages out, and the other way.  The reader owns one
 * payload (malloc, at most what its direction allows).
 *
 *
 * The worker starts "restream_filter --pipe" with the socket as descriptors 0
 * and 1, and 2 for the one line in which a failure is told.  Both directions
 * are to be served at any time, the worker's end never blocks: the filter reads
 * on when all that it made has been written.  Where the socket takes no more,
 * messages wait; an AUDIO that the worker gives up is a gap.  The filter ends
 * with the end of file (0), with an error (1), or, if the worker dies, by
 * SIGKILL; what breaks its sandbox ends by SIGSYS.
 *
 *
 * What the worker writes, in this order:
 *
 *   CONFIG         once, first.  dts: no frame may be stamped earlier, and the
 *                  silence before the first audio starts there.  Rate and
 *                  channels 0: as the source has them where platforms take
 *                  that, else 48 kHz, stereo.  For a connection that was sent
 *                  an AudioSpecificConfig already: those of it, never 0.
 *   AUDIO          an audio message as published, its first byte included,
 *                  sequence headers like frames.  dts never falls.  Track 0
 *                  and what is not multitrack; other tracks are ignored.
 *                  After CONFIG of a filter that was started amid a stream,
 *                  the sequence header in force comes first.  A message of
 *                  more than RESTREAM_PIPE_AUDIO_MAX bytes is left out by the
 *                  worker; of one that holds more than 2 s of audio the rest
 *                  is left out by the filter.
 *   CLOCK          the stream has got to dts and there is no audio: silence up
 *                  to there.  To be sent on video messages when they are ahead
 *                  of the newest audio by what the worker is willing to wait
 *                  (less than restream_audio_hold); audio that comes later for
 *                  a time that is already filled is cut off.
 *   DISCONTINUITY  the worker has filled in for the filter: the next frame is
 *                  stamped dts or later, what is missing up to there is not
 *                  made good.
 *   RESET          another publisher: its sequence headers are still to come.
 *                  Output goes on, on the same grid, in the same format.
 *   FLUSH          all that was decoded leaves, the last frame filled up with
 *                  silence; FLUSHED answers.  Goes on with the next AUDIO.
 *   (end of file)  as FLUSH, without the answer; then exit 0.  Who does not
 *                  want the rest closes the socket.
 *
 * What it reads:
 *
 *   OUTPUT         once, before the first FRAME: the AudioSpecificConfig and
 *                  what it says.  Never changes.  It is the one that
 *                  restream_aac_config() makes.
 *   INPUT          what is decoded now, before the first frame of it: after
 *                  each change of codec, rate or channels.
 *   FRAME          a raw AAC-LC frame (behind AF 01 in RTMP) on the grid of
 *                  restream_aac_dts().  dts always rises, by one frame of the
 *                  grid except behind DISCONTINUITY and behind a gap in the
 *                  source of more than 10 s, which is not filled.
 *                  The encoder's delay is taken off already: a frame decodes
 *                  to the samples that belong at its dts.
 *   ERROR          what is wrong, in words; output goes on with silence.
 *                  The same text at most once a second.
 *   STATS          about once a second of output.
 *   FLUSHED        dts: that of FLUSH.
 *
 * A frame leaves when the audio of the two behind it is there: 43 ms at
 * 48 kHz.  In particular:
 *
 *   codec change   needs no message: each AUDIO tells its own codec.  Rate,
 *                  channels and AudioSpecificConfig of the output stay; a new
 *                  INPUT is told.
 *   no audio       CLOCK makes silence; without CLOCK nothing leaves, and what
 *                  is missing is filled when audio returns.
 *   unknown codec  ERROR, and each message of it counts as CLOCK.
 *   corrupt frame  ERROR, and as much silence as it would have been audio.
 *   no encoder     ERROR with RESTREAM_PIPE_ERR_ENCODER, then the end.
 *   stuck          2 s of AUDIO were written and no FRAME came: to be killed.
 *
 * What the filter cannot follow in what it reads is a defect of the worker: it
 * ends with 1.  What the worker cannot follow in what it reads is a reason to
 * kill the filter.
 */

#ifndef _RESTREAM_PIPE_H_INCLUDED_
#define _RESTREAM_PIPE_H_INCLUDED_


#include "restream_buf.h"


#define RESTREAM_PIPE_VERSION       1
#define RESTREAM_PIPE_HEADER        16          /* bytes */

#define RESTREAM_PIPE_AUDIO_MAX     262144      /* payload to the filter */
#define RESTREAM_PIPE_ANSWER_MAX    8192        /* payload from the filter */
#define RESTREAM_PIPE_DTS_MAX       (((uint64_t) 1 << 46) - 1)
                                                /* ms; as restream_aac.h */
#define RESTREAM_PIPE_CONTROL_MAX   (RESTREAM_PIPE_HEADER + 32)
                                                /* all but AUDIO, FRAME and
                                                   ERROR, with its header */
#define RESTREAM_PIPE_TEXT_MAX      200         /* bytes of an ERROR's text */
#define RESTREAM_PIPE_ASC_MAX       8           /* bytes, AudioSpecificConfig */


typedef enum {
    /* to the filter */
    RESTREAM_PIPE_CONFIG = 1,
    RESTREAM_PIPE_AUDIO,
    RESTREAM_PIPE_CLOCK,
    RESTREAM_PIPE_DISCONTINUITY,
    RESTREAM_PIPE_RESET,
    RESTREAM_PIPE_FLUSH,

    /* from the filter */
    RESTREAM_PIPE_OUTPUT = 65,
    RESTREAM_PIPE_INPUT,
    RESTREAM_PIPE_FRAME,
    RESTREAM_PIPE_ERROR,
    RESTREAM_PIPE_STATS,
    RESTREAM_PIPE_FLUSHED
} restream_pipe_type_e;


typedef enum {
    RESTREAM_PIPE_TO_FILTER = 0,
    RESTREAM_PIPE_FROM_FILTER
} restream_pipe_direction_e;


typedef enum {
    RESTREAM_PIPE_ERR_CODEC = 1,        /* there is no decoder for it */
    RESTREAM_PIPE_ERR_HEADER,           /* its sequence header is missing, or
                                           is none */
    RESTREAM_PIPE_ERR_DECODE,           /* a frame is corrupt */
    RESTREAM_PIPE_ERR_FORMAT,           /* rate or channels that cannot be */
    RESTREAM_PIPE_ERR_ENCODER           /* fatal: the filter ends with 1 */
} restream_pipe_error_e;


typedef struct {
    uint64_t    dts;            /* ms, at most RESTREAM_PIPE_DTS_MAX */
    uint32_t    size;           /* payload, bytes */
    uint8_t     type;           /* restream_pipe_type_e */
    uint8_t    *data;           /* payload; owned by the reader until its next
                                   call; never NULL */
} restream_pipe_msg_t;


typedef struct {
    uint8_t                     header[RESTREAM_PIPE_HEADER];
    uint8_t                     header_len;     /* bytes of it so far */
    restream_pipe_direction_e   direction;
    uint32_t                    size;           /* payload, when the header is
                                                   whole */
    uint32_t                    received;       /* bytes of it so far */
    uint8_t                    *data;           /* malloc, size bytes; NULL
                                                   before the header is whole,
                                                   or without a payload */
    unsigned                    finished:1;     /* data was lent */
    const char                 *err;            /* set with ERROR: in words */
} restream_pipe_reader_t;


typedef struct {
    uint32_t    bitrate;        /* bit/s */
    uint32_t    rate;           /* Hz; 0: as the source */
    uint8_t     channels;       /* 1, 2; 0: as the source */
} restream_pipe_config_t;


typedef struct {
    uint32_t    rate;           /* Hz */
    uint8_t     channels;
    uint8_t     asc_len;        /* 1..RESTREAM_PIPE_ASC_MAX */
    uint8_t     asc[RESTREAM_PIPE_ASC_MAX];
} restream_pipe_output_t;


typedef struct {
    uint32_t    codec;          /* FourCC, as restream_flv_body() */
    uint32_t    rate;           /* Hz, as decoded; 0 unknown */
    uint8_t     channels;       /* 0 unknown */
} restream_pipe_input_t;


typedef struct {
    uint64_t    cpu_ms;         /* of the process, so far */
    uint64_t    silence_ms;     /* filled in so far */
    uint32_t    errors;         /* messages that could not be decoded so far */
    int32_t     drift_ms;       /* how much earlier than their timestamps say
                                   samples are put, smoothed; negative: later */
    int32_t     rate_ppm;       /* how much faster than it says the source's
                                   clock is taken to run */
} restream_pipe_stats_t;


typedef struct {
    uint8_t     code;           /* restream_pipe_error_e */
    uint8_t     len;            /* bytes of text */
    char        text[RESTREAM_PIPE_TEXT_MAX];   /* printable ASCII; not
                                                   terminated */
} restream_pipe_error_t;


/* direction: of the messages that are to be read */
void restream_pipe_reader_init(restream_pipe_reader_t *r,
    restream_pipe_direction_e direction);

/* frees what an unfinished message holds; may be called twice */
void restream_pipe_reader_cleanup(restream_pipe_reader_t *r);

/*
 * Reads up to the end of one message.  Feed any split of the stream; call
 * again while it returns DONE.
 *
 * in    *p..last  bytes as received, borrowed; *p moves behind what was taken
 * out   *msg      set on DONE
 * ret   DONE      a message is complete, of a type of its direction
 *       AGAIN     all input is taken, need more
 *       ERROR     no such message, r->err says why; r must be cleaned up
 * limit a payload <= RESTREAM_PIPE_AUDIO_MAX to the filter,
 *       <= RESTREAM_PIPE_ANSWER_MAX from it
 */
int restream_pipe_read(restream_pipe_reader_t *r, const uint8_t **p,
    const uint8_t *last, restream_pipe_msg_t *msg);

/* 1: the bytes so far end between two messages */
int restream_pipe_at_end(const restream_pipe_reader_t *r);


/*
 * The header of a message whose payload the caller writes behind it: AUDIO,
 * FRAME; and all of a message that has none: CLOCK, DISCONTINUITY, RESET,
 * FLUSH, FLUSHED.
 */
void restream_pipe_put_header(restream_buf_t *b, restream_pipe_type_e type,
    uint64_t dts, uint32_t size);

/* whole messages, each of RESTREAM_PIPE_CONTROL_MAX bytes at most */
void restream_pipe_put_config(restream_buf_t *b, uint64_t dts,
    const restream_pipe_config_t *config);
void restream_pipe_put_output(restream_buf_t *b, uint64_t dts,
    const restream_pipe_output_t *output);
void restream_pipe_put_input(restream_buf_t *b, uint64_t dts,
    const restream_pipe_input_t *input);
void restream_pipe_put_stats(restream_buf_t *b, uint64_t dts,
    const restream_pipe_stats_t *stats);

/* a text that is too long is cut; what is not printable becomes '?' */
void restream_pipe_put_error(restream_buf_t *b, uint64_t dts,
    restream_pipe_error_e code, const char *text);


/*
 * What is in a message of the type that the name says.
 *
 * ret   OK        every field is set and within its limits
 *       ERROR     of another size, or out of the limits that are told above
 */
int restream_pipe_get_config(const restream_pipe_msg_t *msg,
    restream_pipe_config_t *config);
int restream_pipe_get_output(const restream_pipe_msg_t *msg,
    restream_pipe_output_t *output);
int restream_pipe_get_input(const restream_pipe_msg_t *msg,
    restream_pipe_input_t *input);
int restream_pipe_get_stats(const restream_pipe_msg_t *msg,
    restream_pipe_stats_t *stats);
int restream_pipe_get_error(const restream_pipe_msg_t *msg,
    restream_pipe_error_t *error);


#endif /* _RESTREAM_PIPE_H_INCLUDED_ */
