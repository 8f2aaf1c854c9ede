/*
 * Queries: what is read keeps to the rules, and a cursor leads back to where
 * it was made; of what is refused, something is said.
 *
 * The first byte of the input chooses the call.
 */

#include "lib/restream_utf8.h"
#include "model/restream_check.h"
#include "model/restream_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define check(cond)  if (!(cond)) { abort(); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_query(const restream_query_t *query, restream_call_e call);
static void check_cursor(const restream_query_t *query);
static void check_errors(const restream_errors_t *errors);
static restream_str_t counted(const char *text);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                 rc;
    restream_str_t      text;
    restream_call_e     call;
    restream_query_t    query;
    restream_errors_t   errors;

    if (size == 0) {
        return 0;
    }

    memset(&errors, 0, sizeof(errors));

    /* every other one is of the call that has most of them */

    call = data[0] & 1 ? RESTREAM_CALL_LIST_STREAMS
                       : (restream_call_e) (data[0] / 2 % RESTREAM_CALL_MAX);

    text.data = (uint8_t *) data + 1;
    text.len = size - 1;

    rc = restream_query_read(&query, call, text, &errors);

    if (rc == RESTREAM_OK) {
        check(errors.n == 0 && errors.list == NULL);
        check_query(&query, call);

    } else {
        check(rc == RESTREAM_DECLINED);
        check_errors(&errors);
    }

    restream_errors_free(&errors);

    return 0;
}


static void
check_query(const restream_query_t *query, restream_call_e call)
{
    size_t                 n;
    restream_check_err_t   err;

    check(query->limit >= 1 && query->limit <= RESTREAM_QUERY_LIMIT_MAX);
    check(query->app[0] == '\0'
          || restream_check_app(counted(query->app), &err) == RESTREAM_OK);
    check(restream_utf8_count(counted(query->q), &n) == RESTREAM_OK
          && n <= RESTREAM_QUERY_Q_MAX);
    check((query->after_app[0] == '\0') == (query->after_name[0] == '\0'));

    if (query->after_app[0]) {
        check_cursor(query);
    }

    if (call != RESTREAM_CALL_LIST_STREAMS) {
        check(query->app[0] == '\0' && query->q[0] == '\0'
              && query->after_app[0] == '\0' && query->live == 0
              && query->limit == RESTREAM_QUERY_LIMIT);
    }
}


static void
check_cursor(const restream_query_t *query)
{
    char                text[RESTREAM_QUERY_CURSOR + 8];
    restream_query_t    again;
    restream_errors_t   errors;

    memset(&errors, 0, sizeof(errors));

    strcpy(text, "cursor=");
    restream_query_cursor(query->after_app, query->after_name, text + 7);

    check(restream_query_read(&again, RESTREAM_CALL_LIST_STREAMS,
                              counted(text), &errors) == RESTREAM_OK);
    check(strcmp(again.after_app, query->after_app) == 0
          && strcmp(again.after_name, query->after_name) == 0);
}


static void
check_errors(const restream_errors_t *errors)
{
    size_t    n;
    uint32_t  i;

    check(errors->n >= 1 && errors->n <= RESTREAM_ERRORS_MAX);
    check(errors->total >= errors->n && !errors->nomem);

    for (i = 0; i < errors->n; i++) {
        check(restream_utf8_count(counted(errors->list[i].detail), &n)
              == RESTREAM_OK && n > 0);

        if (errors->kind == RESTREAM_ERRORS_SYNTAX) {
            check(errors->n == 1 && errors->list[i].pointer == NULL);
            continue;
        }

        check(errors->list[i].pointer[0] == '/');
        check(restream_utf8_count(counted(errors->list[i].pointer), &n)
              == RESTREAM_OK);
    }
}


static restream_str_t
counted(const char *text)
{
    restream_str_t  s;

    s.data = (uint8_t *) text;
    s.len = strlen(text);

    return s;
}
