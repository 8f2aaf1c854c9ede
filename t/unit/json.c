/* jansson with an allocator that wipes: set once, and never over another's. */

#include "test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/restream.h"
#include "model/restream_json.h"


static unsigned  frees;


static void
counted(void *p)
{
    frees++;
    free(p);
}


int
main(void)
{
    char         *text;
    json_t       *before, *after;
    json_free_t   release;

    before = json_pack("{s:s}", "key", "of before");

    json_set_alloc_funcs(malloc, counted);
    is_uint(restream_json_wipe(), RESTREAM_DECLINED,
            "an allocator that somebody has set");
    json_decref(json_string("x"));
    ok(frees > 0, "stays");

    json_set_alloc_funcs(malloc, free);
    is_uint(restream_json_wipe(), RESTREAM_OK, "the system's");
    json_get_alloc_funcs(NULL, &release);
    ok(release != free, "is replaced");
    is_uint(restream_json_wipe(), RESTREAM_DECLINED, "once");

    text = json_dumps(before, JSON_COMPACT);
    ok(text && strcmp(text, "{\"key\":\"of before\"}") == 0,
       "what was made before is as it was");
    json_decref(before);

    after = json_loads(text, 0, NULL);
    ok(after && strcmp(json_string_value(json_object_get(after, "key")),
                       "of before") == 0, "and so is what is made now");
    json_decref(after);
    free(text);

    return done_testing();
}
