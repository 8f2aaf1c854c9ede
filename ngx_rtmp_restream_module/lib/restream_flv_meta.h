/*
 * Properties of an onMetaData message, changed where they stand: the message
 * keeps its size, what is not there is not added.
 *
 * Pure.
 */

#ifndef _RESTREAM_FLV_META_H_INCLUDED_
#define _RESTREAM_FLV_META_H_INCLUDED_


#include "restream.h"


/*
 * Tells of AAC-LC instead of the audio that was published: audiocodecid,
 * audiosamplerate, audiosamplesize, audiochannels, stereo.
 *
 * in    data,size the message, AMF0, changed in place
 *       rate      Hz
 *       channels  1 or 2
 * ret   how many properties were set
 */
unsigned restream_flv_meta_audio(uint8_t *data, size_t size, uint32_t rate,
    unsigned channels);


#endif /* _RESTREAM_FLV_META_H_INCLUDED_ */
