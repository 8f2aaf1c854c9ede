/*
 * AAC's part of restream_audio_config().
 */

#ifndef _RESTREAM_AUDIO_AAC_H_INCLUDED_
#define _RESTREAM_AUDIO_AAC_H_INCLUDED_


#include "restream_audio_config.h"


/* AudioSpecificConfig; as restream_audio_config(), which has set everything to
 * unknown */
void restream_audio_aac(const uint8_t *data, size_t size,
    restream_audio_config_t *config);


#endif /* _RESTREAM_AUDIO_AAC_H_INCLUDED_ */
