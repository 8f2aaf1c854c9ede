/*
 * What the files of restream_scan share.
 *
 * The functions follow the grammar of RFC 8259.  Each begins at its first byte
 * and leaves scan->p behind its last, or returns RESTREAM_ERROR after one of
 * them has told what is wrong and where.
 */

#ifndef _RESTREAM_SCAN_TOKEN_H_INCLUDED_
#define _RESTREAM_SCAN_TOKEN_H_INCLUDED_


#include "restream_scan.h"


typedef struct {
    const uint8_t         *start;
    const uint8_t         *p;
    const uint8_t         *last;
    size_t                 text;    /* bytes of strings so far, decoded */
    unsigned               depth;
    unsigned               nkeys;   /* of objects that are open */
    restream_scan_err_t   *err;
    const uint8_t         *keys[RESTREAM_SCAN_MEMBERS_MAX];
} restream_scan_t;                  /* keys begin behind their first quote */


/* begins at its first quote */
int restream_scan_string(restream_scan_t *scan);

/* begins at whatever no other value begins with, and may be none */
int restream_scan_number(restream_scan_t *scan);

/* at the first letter of word */
int restream_scan_literal(restream_scan_t *scan, const char *word);

/* skips white space, if there is any */
void restream_scan_space(restream_scan_t *scan);

/* 1: ch was next, and is skipped */
int restream_scan_at(restream_scan_t *scan, uint8_t ch);

/*
 * The next character of a string that has been scanned, decoded.
 *
 * in    *p        behind its first quote
 * ret   -1: its end
 */
int32_t restream_scan_char(const uint8_t **p);

/* Tells what is wrong; returns RESTREAM_ERROR. */
int restream_scan_wrong(restream_scan_t *scan, const uint8_t *at,
    const char *text);


#endif /* _RESTREAM_SCAN_TOKEN_H_INCLUDED_ */
