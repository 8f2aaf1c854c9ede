/*
 * AAC-LC as we make it: its AudioSpecificConfig, its time grid, silence.
 *
 * The grid: frame n holds the samples n * 1024 and on, counted from 0 of the
 * source's time line, and is stamped floor(n * 1024 * 1000 / rate).  Whoever
 * makes frames of a stream, the audio filter or the worker in its place, makes
 * them on the same grid.  So one goes on where the other stops, no frame is
 * there twice, and nothing drifts: no duration is ever rounded and added up.
 *
 * Pure.
 */

#ifndef _RESTREAM_AAC_H_INCLUDED_
#define _RESTREAM_AAC_H_INCLUDED_


#include "restream.h"


#define RESTREAM_AAC_SAMPLES      1024          /* of a frame, per channel */
#define RESTREAM_AAC_CONFIG_SIZE  2             /* bytes */


typedef struct {
    uint64_t        frame;      /* the next one, on the grid */
    uint32_t        rate;       /* Hz */
    restream_str_t  data;       /* every frame; static */
} restream_silence_t;


/*
 * The AudioSpecificConfig of AAC-LC without extensions.
 *
 * in    rate      Hz, one of those that have an index
 *       channels  1 or 2
 * ret   OK        config is set
 *       DECLINED  there is none for that rate or number of channels
 * src   ISO/IEC 14496-3, 1.6.2.1
 */
int restream_aac_config(uint32_t rate, unsigned channels,
    uint8_t config[RESTREAM_AAC_CONFIG_SIZE]);

/* ms; n below 2^43 */
uint64_t restream_aac_dts(uint64_t n, uint32_t rate);

/* the first frame that is stamped dts or later; dts below 2^46 ms */
uint64_t restream_aac_frame(uint64_t dts, uint32_t rate);

/* samples from 0 to dts, rounded down; the same limit */
uint64_t restream_aac_position(uint64_t dts, uint32_t rate);


/*
 * Silence needs no encoder: a frame of it is always the same.
 *
 * in    dts       no frame is stamped earlier, ms
 * ret   OK
 *       DECLINED  as restream_aac_config()
 */
int restream_silence_init(restream_silence_t *s, uint32_t rate,
    unsigned channels, uint64_t dts);

/*
 * in    until     the video's clock: the silence never runs ahead of it, ms
 * out   *dts      of a frame, whose bytes are s->data
 * ret   OK        a frame, call again
 *       AGAIN     enough until then
 */
int restream_silence_next(restream_silence_t *s, uint64_t until,
    uint64_t *dts);

/* Others have made frames up to dts: goes on behind it, never back. */
void restream_silence_skip(restream_silence_t *s, uint64_t dts);


#endif /* _RESTREAM_AAC_H_INCLUDED_ */
