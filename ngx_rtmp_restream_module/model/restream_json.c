/* jansson's memory: see restream_json.h. */

#include "restream_json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/restream.h"

#ifdef __linux__
#include <malloc.h>


static void restream_json_free(void *p);


int
restream_json_wipe(void)
{
    json_free_t    release;
    json_malloc_t  allocate;

    json_get_alloc_funcs(&allocate, &release);

    if (allocate != malloc || release != free) {
        return RESTREAM_DECLINED;
    }

    json_set_alloc_funcs(malloc, restream_json_free);

    return RESTREAM_OK;
}


static void
restream_json_free(void *p)
{
    if (p) {
        explicit_bzero(p, malloc_usable_size(p));
    }

    free(p);
}

#else

int
restream_json_wipe(void)
{
    return RESTREAM_DECLINED;
}

#endif
