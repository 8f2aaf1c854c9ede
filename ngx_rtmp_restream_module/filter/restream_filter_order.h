/*
 * The byte order of linear PCM, where nothing tells it: FLV's sound format 0
 * is in the order of the machine that wrote it, and FFmpeg writes it
 * big-endian on any.
 *
 * Pure.
 */

#ifndef _RESTREAM_FILTER_ORDER_H_INCLUDED_
#define _RESTREAM_FILTER_ORDER_H_INCLUDED_


#include "../lib/restream.h"


/*
 * in    data,size samples of 16 bits, interleaved
 *       channels  1 or 2
 * ret   1: big-endian; 0: little-endian; -1: cannot be told, as of silence
 * limit linear in size
 */
int restream_filter_order(const uint8_t *data, size_t size,
    unsigned channels);


#endif /* _RESTREAM_FILTER_ORDER_H_INCLUDED_ */
