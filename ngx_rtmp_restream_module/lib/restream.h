/*
 * What every floor shares: return codes and the counted string.
 *
 * Code below nginx (lib/, model/, jobs/) includes no ngx_*.h.  The codes have
 * nginx's values, so that they pass through the floors unchanged.
 */

#ifndef _RESTREAM_H_INCLUDED_
#define _RESTREAM_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define RESTREAM_OK         0
#define RESTREAM_ERROR     -1
#define RESTREAM_AGAIN     -2   /* need more input, or no room yet */
#define RESTREAM_DONE      -4   /* finished, an answer is there */
#define RESTREAM_DECLINED  -5   /* not mine, nothing changed */


/* same layout as ngx_str_t; not terminated */

typedef struct {
    size_t    len;              /* bytes */
    uint8_t  *data;
} restream_str_t;


#define restream_string(s)  { sizeof(s) - 1, (uint8_t *) (s) }


#endif /* _RESTREAM_H_INCLUDED_ */
