/*
 * What codecs and their profiles are called.
 */

#include "restream_codec.h"

#include <string.h>


typedef struct {
    uint32_t     codec;
    char         name[RESTREAM_CODEC_NAME_LEN + 1];
} restream_codec_name_t;


typedef struct {
    uint16_t     profile;
    char         name[24];
} restream_codec_profile_t;


#define restream_codec_find(table, profile)                                   \
    restream_codec_find_profile(table, sizeof(table) / sizeof(*(table)),      \
                                profile)


static const char *restream_codec_avc_profile(uint16_t profile);
static const char *restream_codec_find_profile(
    const restream_codec_profile_t *table, size_t n, uint16_t profile);


static const restream_codec_name_t  restream_codec_names[] = {
    { RESTREAM_CODEC_AVC, "h264" },
    { RESTREAM_CODEC_HEVC, "hevc" },
    { RESTREAM_CODEC_VVC, "vvc" },
    { RESTREAM_CODEC_AV1, "av1" },
    { RESTREAM_CODEC_VP9, "vp9" },
    { RESTREAM_CODEC_VP8, "vp8" },
    { RESTREAM_CODEC_AAC, "aac" },
    { RESTREAM_CODEC_MP3, "mp3" },
    { RESTREAM_CODEC_OPUS, "opus" },
    { RESTREAM_CODEC_FLAC, "flac" },
    { RESTREAM_CODEC_AC3, "ac3" },
    { RESTREAM_CODEC_EAC3, "eac3" },
    { RESTREAM_CODEC_H263, "flv1" },
    { RESTREAM_CODEC_SCREEN, "flashsv" },
    { RESTREAM_CODEC_SCREEN2, "flashsv2" },
    { RESTREAM_CODEC_VP6, "vp6f" },
    { RESTREAM_CODEC_VP6A, "vp6a" },
    { RESTREAM_CODEC_PCM, "pcm" },
    { RESTREAM_CODEC_ADPCM, "adpcm_swf" },
    { RESTREAM_CODEC_NELLYMOSER, "nellymoser" },
    { RESTREAM_CODEC_ALAW, "pcm_alaw" },
    { RESTREAM_CODEC_ULAW, "pcm_mulaw" },
    { RESTREAM_CODEC_SPEEX, "speex" }
};


/* profile_idc (src: H.264, A.2) */

static const restream_codec_profile_t  restream_codec_avc_profiles[] = {
    { 44, "CAVLC 4:4:4 Intra" },
    { 66, "Baseline" },
    { 77, "Main" },
    { 88, "Extended" },
    { 100, "High" },
    { 110, "High 10" },
    { 118, "Multiview High" },
    { 122, "High 4:2:2" },
    { 128, "Stereo High" },
    { 244, "High 4:4:4 Predictive" }
};


/* with constraint_set3_flag */

static const restream_codec_profile_t  restream_codec_avc_intra_profiles[] = {
    { 110, "High 10 Intra" },
    { 122, "High 4:2:2 Intra" },
    { 244, "High 4:4:4 Intra" }
};


/* general_profile_idc (src: H.265, A.3) */

static const restream_codec_profile_t  restream_codec_hevc_profiles[] = {
    { 1, "Main" },
    { 2, "Main 10" },
    { 3, "Main Still Picture" },
    { 4, "Range Extensions" },
    { 5, "High Throughput" },
    { 9, "Screen-Extended" }
};


/* seq_profile (src: AV1, 6.4.1) */

static const restream_codec_profile_t  restream_codec_av1_profiles[] = {
    { 0, "Main" },
    { 1, "High" },
    { 2, "Professional" }
};


static const restream_codec_profile_t  restream_codec_vp9_profiles[] = {
    { 0, "Profile 0" },
    { 1, "Profile 1" },
    { 2, "Profile 2" },
    { 3, "Profile 3" }
};


/* audio object types (src: ISO/IEC 14496-3, table 1.17) */

static const restream_codec_profile_t  restream_codec_aac_profiles[] = {
    { 1, "Main" },
    { 2, "LC" },
    { 3, "SSR" },
    { 4, "LTP" },
    { 5, "HE-AAC" },
    { 23, "LD" },
    { 29, "HE-AACv2" },
    { 39, "ELD" },
    { 42, "xHE-AAC" }
};


size_t
restream_codec_name(uint32_t codec, char name[RESTREAM_CODEC_NAME_LEN + 1])
{
    size_t  i;

    for (i = 0;
         i < sizeof(restream_codec_names) / sizeof(*restream_codec_names);
         i++)
    {
        if (restream_codec_names[i].codec == codec) {
            strcpy(name, restream_codec_names[i].name);
            return strlen(name);
        }
    }

    for (i = 0; i < 4; i++) {
        name[i] = (char) (codec >> (24 - 8 * i) & 0xff);

        if (name[i] <= ' ' || name[i] > '~') {
            i = 0;
            break;
        }
    }

    name[i] = '\0';

    return i;
}


const char *
restream_codec_profile(uint32_t codec, uint16_t profile)
{
    switch (codec) {

    case RESTREAM_CODEC_AVC:
        return restream_codec_avc_profile(profile);

    case RESTREAM_CODEC_HEVC:
        return restream_codec_find(restream_codec_hevc_profiles, profile);

    case RESTREAM_CODEC_AV1:
        return restream_codec_find(restream_codec_av1_profiles, profile);

    case RESTREAM_CODEC_VP9:
        return restream_codec_find(restream_codec_vp9_profiles, profile);

    case RESTREAM_CODEC_AAC:
        return restream_codec_find(restream_codec_aac_profiles, profile);

    default:
        return NULL;
    }
}


/* profile_idc in the high byte, the constraint flags in the low one */

static const char *
restream_codec_avc_profile(uint16_t profile)
{
    uint16_t     idc;
    const char  *name;

    idc = profile >> 8;

    if (idc == 66 && (profile & 0x40)) {
        return "Constrained Baseline";
    }

    if (profile & 0x10) {
        name = restream_codec_find(restream_codec_avc_intra_profiles, idc);

        if (name) {
            return name;
        }
    }

    return restream_codec_find(restream_codec_avc_profiles, idc);
}


static const char *
restream_codec_find_profile(const restream_codec_profile_t *table, size_t n,
    uint16_t profile)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (table[i].profile == profile) {
            return table[i].name;
        }
    }

    return NULL;
}
