/*
 * Versions of what begins to have a name: see restream_apply.h.
 */

#include "restream_apply.h"

#include <string.h>


static uint64_t restream_apply_retired(const restream_stream_t *have,
    const restream_stream_t *made);
static const restream_destination_t *restream_apply_kept(
    const restream_stream_t *st, const restream_destination_t *dst);


void
restream_change_versions(const restream_stream_t *have,
    restream_stream_t *made, uint64_t *retired)
{
    uint32_t                 i;
    uint64_t                 first, lost;
    restream_destination_t  *dst;

    first = *retired + 1;
    lost = restream_apply_retired(have, made);

    if (*retired < lost) {
        *retired = lost;
    }

    if (made == NULL) {
        return;
    }

    if (made->configured && !(have && have->configured)) {
        made->version = first;
    }

    for (i = 0; i < made->ndestinations; i++) {
        dst = &made->destinations[i];

        if (have && restream_apply_kept(have, dst)) {
            continue;
        }

        if (dst->version < first) {
            dst->version = first;
        }
    }
}


/* the highest version that has lost its name; 0: none has */

static uint64_t
restream_apply_retired(const restream_stream_t *have,
    const restream_stream_t *made)
{
    uint32_t  i;
    uint64_t  lost;

    if (have == NULL) {
        return 0;
    }

    lost = made && made->configured ? 0 : have->version;

    for (i = 0; i < have->ndestinations; i++) {
        if ((made == NULL
             || restream_apply_kept(made, &have->destinations[i]) == NULL)
            && lost < have->destinations[i].version)
        {
            lost = have->destinations[i].version;
        }
    }

    return lost;
}


/* the same destination under the same name; NULL: there is none */

static const restream_destination_t *
restream_apply_kept(const restream_stream_t *st,
    const restream_destination_t *dst)
{
    const restream_destination_t  *found;

    found = dst->id ? restream_stream_find(st, dst->id) : NULL;

    return found && strcmp(found->name, dst->name) == 0 ? found : NULL;
}
