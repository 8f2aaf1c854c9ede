/*
 * The filter as the child of a worker: messages of restream_pipe.h on
 * descriptors 0 and 1, until the end of file.
 */

#ifndef _RESTREAM_FILTER_PIPE_H_INCLUDED_
#define _RESTREAM_FILTER_PIPE_H_INCLUDED_


#include "../lib/restream.h"


/* ret   OK: the end of file, between two messages; ERROR: *err says why */
int restream_filter_pipe(const char **err);


#endif /* _RESTREAM_FILTER_PIPE_H_INCLUDED_ */
