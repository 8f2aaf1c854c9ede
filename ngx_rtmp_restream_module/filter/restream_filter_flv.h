/*
 * The filter by itself: an FLV file from descriptor 0, to descriptor 1, its
 * audio made AAC-LC.  Video and data leave as they came, byte for byte; only
 * what metadata tells of the audio is put right.
 */

#ifndef _RESTREAM_FILTER_FLV_H_INCLUDED_
#define _RESTREAM_FILTER_FLV_H_INCLUDED_


#include "../lib/restream_pipe.h"


/* how far video may run ahead of audio before there is silence */
#define RESTREAM_FILTER_FLV_HOLD_MS  2000


/* ret   OK: the end of file, between two tags; ERROR: *err says why */
int restream_filter_flv(const restream_pipe_config_t *config,
    const char **err);


#endif /* _RESTREAM_FILTER_FLV_H_INCLUDED_ */
