/*
 * A server's words, made fit to be shown and logged.  Private to
 * restream_client*.c.
 */

#ifndef _RESTREAM_CLIENT_TEXT_H_INCLUDED_
#define _RESTREAM_CLIENT_TEXT_H_INCLUDED_


#include "restream_client.h"


/*
 * Writes what src says as printable UTF-8: other bytes become '?', and what
 * the server repeats of the stream key or the password becomes "***".
 *
 * ret   bytes written to out, at most size; no character is cut
 */
size_t restream_client_text(const restream_client_conf_t *conf,
    restream_str_t src, uint8_t *out, size_t size);


#endif /* _RESTREAM_CLIENT_TEXT_H_INCLUDED_ */
