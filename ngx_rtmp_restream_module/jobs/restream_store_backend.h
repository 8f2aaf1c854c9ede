/*
 * What a backend of the store is: a table of functions.  Private to
 * jobs/restream_store*.
 */

#ifndef _RESTREAM_STORE_BACKEND_H_INCLUDED_
#define _RESTREAM_STORE_BACKEND_H_INCLUDED_


#include "restream_store.h"


/*
 * The functions are those of restream_store.h, for what follows the prefix: of
 * locate() this is what it completes.
 */

typedef struct {
    const char         *prefix;         /* of a dsn, with the colon */
    const char         *form;           /* of a whole one, for messages */

    int               (*check)(const char *address,
                               restream_store_err_t *err);
    int               (*locate)(const char *address, const char *prefix,
                                char **located, char **directory);
    restream_store_t *(*open)(const char *address,
                              const restream_store_keys_t *keys,
                              restream_store_err_t *err);
    void              (*close)(restream_store_t *store);

    int               (*change)(restream_store_t *store,
                                const restream_change_t *change,
                                restream_change_outcome_t *outcome,
                                restream_store_err_t *err);
    int               (*get)(restream_store_t *store, const char *app,
                             const char *name, restream_stream_t **st,
                             uint64_t *revision, restream_store_err_t *err);
    int               (*list)(restream_store_t *store,
                              const restream_store_filter_t *filter,
                              restream_stream_t ***list, uint32_t *n,
                              restream_store_err_t *err);
    int               (*reseal)(restream_store_t *store,
                                restream_store_reseal_t *re,
                                restream_store_err_t *err);
} restream_store_backend_t;


/* the first member of every backend's handle */

struct restream_store_s {
    const restream_store_backend_t  *backend;
};


extern const restream_store_backend_t  restream_store_sqlite;


/*
 * Sets *err.
 *
 * in    told      as that of restream_store_err_t
 *       fmt       of the text, as of printf()
 */
void restream_store_error(restream_store_err_t *err,
    restream_store_error_e code, const char *told, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));


#endif /* _RESTREAM_STORE_BACKEND_H_INCLUDED_ */
