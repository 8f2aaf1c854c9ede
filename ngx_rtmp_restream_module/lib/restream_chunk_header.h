/*
 * One chunk header as it is on the wire (RTMP 1.0, 5.3.1).  Private to the
 * chunk stream; pure.
 */

#ifndef _RESTREAM_CHUNK_HEADER_H_INCLUDED_
#define _RESTREAM_CHUNK_HEADER_H_INCLUDED_


#include "restream_chunk.h"


typedef struct {
    uint32_t   csid;
    uint32_t   timestamp;       /* types 0..2: absolute (0) or delta, ms */
    uint32_t   size;            /* types 0, 1: message length */
    uint32_t   msid;            /* type 0 */
    uint32_t   len;             /* bytes of the header */
    uint8_t    fmt;             /* chunk type, 0..3 */
    uint8_t    type;            /* types 0, 1: message type */
    uint8_t    extended;        /* types 0..2: the timestamp is extended */
} restream_chunk_header_t;


/*
 * Looks for a header in the first bytes of data[size].  What a type does not
 * carry is 0.  The extended timestamp that may follow a type 3 header is not
 * looked at: only the header before tells whether to expect it.
 *
 * ret   OK        *h is filled
 *       AGAIN     there is another byte to it
 */
int restream_chunk_header_parse(restream_chunk_header_t *h,
    const uint8_t *data, size_t size);


#endif /* _RESTREAM_CHUNK_HEADER_H_INCLUDED_ */
