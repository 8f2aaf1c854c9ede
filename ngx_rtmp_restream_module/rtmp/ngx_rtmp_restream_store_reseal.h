/*
 * A new key in front of restream_store_key: what is stored is sealed with it,
 * in small steps behind everything else, so that the old one can go.
 */

#ifndef _NGX_RTMP_RESTREAM_STORE_RESEAL_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_STORE_RESEAL_H_INCLUDED_


#include "ngx_rtmp_restream.h"


/* Begins it: once, in one worker.  Without a store or keys there is nothing. */
void ngx_rtmp_restream_store_reseal(ngx_rtmp_restream_store_conf_t *conf);


#endif /* _NGX_RTMP_RESTREAM_STORE_RESEAL_H_INCLUDED_ */
