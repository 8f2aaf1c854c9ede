/*
 * AMF0, as far as RTMP commands need it (src: AMF 0 specification).
 *
 * Writing goes through restream_buf, with its sticky overflow.  Reading walks
 * borrowed bytes: no allocation, no recursion deeper than
 * RESTREAM_AMF0_MAX_DEPTH.
 */

#ifndef _RESTREAM_AMF0_H_INCLUDED_
#define _RESTREAM_AMF0_H_INCLUDED_


#include "restream_buf.h"


#define RESTREAM_AMF0_MAX_DEPTH  16


typedef enum {
    RESTREAM_AMF0_NUMBER = 0,
    RESTREAM_AMF0_BOOLEAN = 1,
    RESTREAM_AMF0_STRING = 2,           /* also a long string, type 12 */
    RESTREAM_AMF0_OBJECT = 3,           /* also a typed object, type 16 */
    RESTREAM_AMF0_NULL = 5,             /* also undefined, type 6 */
    RESTREAM_AMF0_ECMA_ARRAY = 8,
    RESTREAM_AMF0_STRICT_ARRAY = 10,
    RESTREAM_AMF0_OTHER = 255           /* reference, date, XML: skipped */
} restream_amf0_type_e;


typedef struct {
    restream_amf0_type_e   type;
    double                 number;      /* NUMBER; BOOLEAN as 0 or 1 */
    restream_str_t         string;      /* STRING: its bytes.  OBJECT and
                                           ECMA_ARRAY: the encoded properties
                                           up to their end marker, for
                                           restream_amf0_find().  Borrowed. */
} restream_amf0_value_t;


/*
 * Writes one value; put_key writes a property name inside an object.
 * A string longer than 65535 bytes is written as a long string, a key longer
 * than that sets overflow.
 */
void restream_amf0_put_number(restream_buf_t *b, double v);
void restream_amf0_put_string(restream_buf_t *b, const void *data, size_t len);
void restream_amf0_put_cstring(restream_buf_t *b, const char *s);
void restream_amf0_put_null(restream_buf_t *b);
void restream_amf0_put_object(restream_buf_t *b);
void restream_amf0_put_key(restream_buf_t *b, const char *key);
void restream_amf0_put_object_end(restream_buf_t *b);
void restream_amf0_put_strict_array(restream_buf_t *b, uint32_t count);


/*
 * Reads one whole value at *p and moves *p behind it.
 *
 * ret   OK        *v is filled
 *       DONE      *p is at last, there is no value
 *       ERROR     truncated, too deep or an unknown type; *p is unchanged
 */
int restream_amf0_read(const uint8_t **p, const uint8_t *last,
    restream_amf0_value_t *v);

/*
 * Finds a property of an object or ECMA array that restream_amf0_read() has
 * returned.  The first of several equal names counts.
 *
 * ret   OK        *v is filled
 *       DECLINED  no such property, or v is no object
 */
int restream_amf0_find(const restream_amf0_value_t *object, const char *name,
    restream_amf0_value_t *v);


#endif /* _RESTREAM_AMF0_H_INCLUDED_ */
