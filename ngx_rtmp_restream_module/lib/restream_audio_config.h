/*
 * What an audio message tells of the sound: profile, sample rate, channels.
 *
 *     AAC          AudioSpecificConfig, with what SBR and PS make of it
 *                  (src: ISO/IEC 14496-3, 1.6.2.1)
 *     Opus         OpusHead (src: RFC 7845, 5.1)
 *     FLAC         STREAMINFO (src: RFC 9639, 8.2)
 *     MP3          the header of a frame
 *     AC-3, E-AC-3 the same (src: ETSI TS 102 366, 4.4, E.1.2)
 *     the others   the first byte of an FLV audio tag
 *
 * Pure: borrows the bytes, keeps nothing.
 */

#ifndef _RESTREAM_AUDIO_CONFIG_H_INCLUDED_
#define _RESTREAM_AUDIO_CONFIG_H_INCLUDED_


#include "restream_flv_body.h"


typedef struct {
    uint32_t  rate;             /* Hz, as decoded; 0 unknown */
    uint16_t  profile;          /* for restream_codec_profile() */
    uint8_t   channels;         /* 0 unknown */
} restream_audio_config_t;


/*
 * in    body      of an audio message: a configuration, a MultichannelConfig
 *                 or a frame
 * out   *config   what could be read, always filled
 * limit every read is inside the body; linear in its size
 */
void restream_audio_config(const restream_flv_body_t *body,
    restream_audio_config_t *config);


#endif /* _RESTREAM_AUDIO_CONFIG_H_INCLUDED_ */
