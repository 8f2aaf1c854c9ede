/*
 * What is wrong with a request: all of it is counted, a hundred are listed,
 * each by a pointer that JSON knows.
 */

#include "nomem.h"
#include "test.h"

#include "model/restream_errors.h"

#include <stdlib.h>
#include <string.h>


static void
is_text(const char *got, const char *want, const char *name)
{
    is_mem(got, strlen(got), want, strlen(want), "%s", name);
}


static void
test_pointers(void)
{
    restream_errors_t  errors;

    memset(&errors, 0, sizeof(errors));

    restream_errors_add(&errors, "", NULL, "the body is %s", "null");
    restream_errors_add(&errors, "", "app", "app is missing");
    restream_errors_add(&errors, "/destinations/3", "url", "no");
    restream_errors_add(&errors, "", "a/b~c", "no");
    restream_errors_add(&errors, "/x", "", "no");
    restream_errors_add(&errors, "/x", "~/~1", "no");

    is_uint(errors.n, 6, "six errors");
    is_uint(errors.total, 6, "of six");
    is_uint(errors.kind, RESTREAM_ERRORS_CONTENT, "of what it says");

    is_text(errors.list[0].pointer, "", "all of it");
    is_text(errors.list[0].detail, "the body is null", "a sentence");
    is_text(errors.list[1].pointer, "/app", "a member");
    is_text(errors.list[2].pointer, "/destinations/3/url", "one further down");
    is_text(errors.list[3].pointer, "/a~1b~0c", "a slash and a tilde");
    is_text(errors.list[4].pointer, "/x/", "a member without a name");
    is_text(errors.list[5].pointer, "/x/~0~1~01", "all of that");

    restream_errors_free(&errors);

    ok(errors.n == 0 && errors.list == NULL && errors.kind == 0,
       "as new when freed");
}


static void
test_many(void)
{
    unsigned           i;
    restream_errors_t  errors;

    memset(&errors, 0, sizeof(errors));

    for (i = 0; i < 250; i++) {
        restream_errors_add(&errors, "", "x", "number %u", i);
    }

    is_uint(errors.n, 100, "a hundred are listed");
    is_uint(errors.total, 250, "all of them are counted");
    is_text(errors.list[99].detail, "number 99", "the first hundred");

    restream_errors_syntax(&errors, "line %u: no", 7);

    is_uint(errors.n, 1, "what cannot be read at all");
    is_uint(errors.total, 1, "is the only error");
    is_uint(errors.kind, RESTREAM_ERRORS_SYNTAX, "of its own kind");
    ok(errors.list[0].pointer == NULL, "without a pointer");
    is_text(errors.list[0].detail, "line 7: no", "with a sentence");

    restream_errors_free(&errors);
}


static void
test_memory(void)
{
    unsigned           i;
    restream_errors_t  errors;

    memset(&errors, 0, sizeof(errors));

    for (i = 1; i <= 3; i++) {
        nomem_at = i;
        restream_errors_add(&errors, "", "x", "no");
        nomem_at = 0;

        ok(errors.nomem && errors.n == 0, "allocation %u fails", i);
        restream_errors_free(&errors);
    }

    nomem_at = 4;
    restream_errors_add(&errors, "", "x", "no");
    nomem_at = 0;

    ok(!errors.nomem && errors.n == 1, "three are enough");
    restream_errors_free(&errors);
}


int
main(void)
{
    test_pointers();
    test_many();
    test_memory();

    return done_testing();
}
