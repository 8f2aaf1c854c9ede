/*
 * Where a store lies, before it is opened: see restream_store.h.
 */

#include "restream_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define RESTREAM_STORE_FILE  "sqlite:"      /* what a path stands behind */


int
restream_store_locate(const char *dsn, const char *prefix, char **located,
    char **directory)
{
    char        *p;
    size_t       size;
    const char  *path, *slash;

    *directory = NULL;

    if (strncmp(dsn, RESTREAM_STORE_FILE, sizeof(RESTREAM_STORE_FILE) - 1)
        != 0)
    {
        *located = strdup(dsn);
        return *located ? RESTREAM_OK : RESTREAM_ERROR;
    }

    path = dsn + sizeof(RESTREAM_STORE_FILE) - 1;

    if (path[0] == '/') {
        prefix = "";
    }

    size = sizeof(RESTREAM_STORE_FILE) + strlen(prefix) + strlen(path);

    *located = malloc(size);
    if (*located == NULL) {
        return RESTREAM_ERROR;
    }

    (void) snprintf(*located, size, "%s%s%s", RESTREAM_STORE_FILE, prefix,
                    path);

    p = *located + sizeof(RESTREAM_STORE_FILE) - 1;
    slash = strrchr(p, '/');

    if (slash && slash != p) {
        *directory = strndup(p, (size_t) (slash - p));

        if (*directory == NULL) {
            free(*located);
            *located = NULL;
            return RESTREAM_ERROR;
        }
    }

    return RESTREAM_OK;
}
