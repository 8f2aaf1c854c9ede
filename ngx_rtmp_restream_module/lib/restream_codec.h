/*
 * Codecs as FourCCs, and what they and their profiles are called: the words of
 * status and API.
 */

#ifndef _RESTREAM_CODEC_H_INCLUDED_
#define _RESTREAM_CODEC_H_INCLUDED_


#include "restream.h"


#define RESTREAM_CODEC_NAME_LEN  10     /* bytes, the longest one */

#define RESTREAM_PROFILE_NONE    0xffff


#define restream_fourcc(a, b, c, d)                                           \
    (((uint32_t) (a) << 24) | ((uint32_t) (b) << 16)                          \
     | ((uint32_t) (c) << 8) | (uint32_t) (d))


/* those of Enhanced RTMP v2 */

#define RESTREAM_CODEC_AVC        restream_fourcc('a', 'v', 'c', '1')
#define RESTREAM_CODEC_HEVC       restream_fourcc('h', 'v', 'c', '1')
#define RESTREAM_CODEC_VVC        restream_fourcc('v', 'v', 'c', '1')
#define RESTREAM_CODEC_AV1        restream_fourcc('a', 'v', '0', '1')
#define RESTREAM_CODEC_VP9        restream_fourcc('v', 'p', '0', '9')
#define RESTREAM_CODEC_VP8        restream_fourcc('v', 'p', '0', '8')

#define RESTREAM_CODEC_AAC        restream_fourcc('m', 'p', '4', 'a')
#define RESTREAM_CODEC_MP3        restream_fourcc('.', 'm', 'p', '3')
#define RESTREAM_CODEC_OPUS       restream_fourcc('O', 'p', 'u', 's')
#define RESTREAM_CODEC_FLAC       restream_fourcc('f', 'L', 'a', 'C')
#define RESTREAM_CODEC_AC3        restream_fourcc('a', 'c', '-', '3')
#define RESTREAM_CODEC_EAC3       restream_fourcc('e', 'c', '-', '3')

/* legacy ids, by the FourCCs that other containers have for them */

#define RESTREAM_CODEC_H263       restream_fourcc('F', 'L', 'V', '1')
#define RESTREAM_CODEC_SCREEN     restream_fourcc('F', 'S', 'V', '1')
#define RESTREAM_CODEC_SCREEN2    restream_fourcc('F', 'S', 'V', '2')
#define RESTREAM_CODEC_VP6        restream_fourcc('V', 'P', '6', 'F')
#define RESTREAM_CODEC_VP6A       restream_fourcc('V', 'P', '6', 'A')

#define RESTREAM_CODEC_PCM        restream_fourcc('s', 'o', 'w', 't')
#define RESTREAM_CODEC_ADPCM      restream_fourcc('S', 'W', 'F', 'a')
#define RESTREAM_CODEC_NELLYMOSER restream_fourcc('n', 'm', 'o', 's')
#define RESTREAM_CODEC_ALAW       restream_fourcc('a', 'l', 'a', 'w')
#define RESTREAM_CODEC_ULAW       restream_fourcc('u', 'l', 'a', 'w')
#define RESTREAM_CODEC_SPEEX      restream_fourcc('s', 'p', 'e', 'x')


/*
 * "h264", "aac", ...; a FourCC that is not known: itself, if it can be shown.
 *
 * out   name      terminated
 * ret   its length; 0: there is nothing to show
 */
size_t restream_codec_name(uint32_t codec,
    char name[RESTREAM_CODEC_NAME_LEN + 1]);

/*
 * in    profile   as restream_video_config() and restream_audio_config() say
 * ret   "High", "LC", ...; static.  NULL: none, or not known
 */
const char *restream_codec_profile(uint32_t codec, uint16_t profile);


#endif /* _RESTREAM_CODEC_H_INCLUDED_ */
