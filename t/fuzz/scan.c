/*
 * JSON before it is parsed: what is let through is what jansson takes, with as
 * many bytes in its strings, but for what is too deep, too wide or too large.
 */

#include "model/restream_scan.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>


#define check(cond)  if (!(cond)) { abort(); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t strings(json_t *value);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                   rc;
    json_t               *root;
    size_t                bytes;
    json_error_t          error;
    restream_str_t        json;
    restream_scan_err_t   err;

    json.data = (uint8_t *) data;
    json.len = size;

    rc = restream_scan(json, &bytes, &err);
    root = json_loadb((const char *) data, size,
                      JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);

    switch (rc) {

    case RESTREAM_OK:
        check(root || json_error_code(&error) == json_error_numeric_overflow);
        check(root == NULL || strings(root) == bytes);
        break;

    case RESTREAM_DECLINED:
        check(root == NULL);
        break;

    default:
        check(rc == RESTREAM_ERROR && err.text[0]);
        check(err.offset <= size && err.line >= 1 && err.line <= size + 1);

        /* a NUL ends the text for jansson, whatever follows it */

        check(root == NULL || strstr(err.text, "deeper than 16")
              || strstr(err.text, "too many members")
              || memchr(data, '\0', size));
    }

    json_decref(root);

    return 0;
}


static size_t
strings(json_t *value)
{
    size_t       i, n;
    json_t      *item;
    const char  *name;

    n = json_string_length(value);

    json_object_foreach(value, name, item) {
        n += strlen(name) + strings(item);
    }

    json_array_foreach(value, i, item) {
        n += strings(item);
    }

    return n;
}
