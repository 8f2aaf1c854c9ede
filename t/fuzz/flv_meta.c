/*
 * Metadata that is put right: whatever the bytes are, only values change, and
 * what was set once is found again.
 */

#include "lib/restream_flv_meta.h"

#include <stdlib.h>
#include <string.h>


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t     i, changed;
    uint8_t   *copy;
    unsigned   n;

    copy = malloc(size + 1);
    check(copy != NULL);

    memcpy(copy, data, size);

    n = restream_flv_meta_audio(copy, size, 44100, 2);
    check(n <= 5);

    changed = 0;

    for (i = 0; i < size; i++) {
        changed += copy[i] != data[i];
    }

    /* four numbers and a boolean */

    check(changed <= 4 * 8 + 1);
    check(n != 0 || changed == 0);

    free(copy);

    return 0;
}
