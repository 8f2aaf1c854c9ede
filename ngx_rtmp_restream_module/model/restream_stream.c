/*
 * Streams in memory: copied, searched, destroyed.
 *
 * Keys are wiped before their memory goes back; so are urls, whose last part
 * or password may be one.
 */

#include "restream_stream.h"

#include <stdlib.h>
#include <string.h>


static int restream_destination_copy(restream_destination_t *dst,
    const restream_destination_t *src);
static int restream_stream_copy_switches(restream_stream_t *st,
    const restream_stream_t *src);
static int restream_stream_copy_string(char **dst, const char *src);


restream_stream_t *
restream_stream_copy(const restream_stream_t *src)
{
    uint32_t            i;
    restream_stream_t  *st;

    st = malloc(sizeof(restream_stream_t));
    if (st == NULL) {
        return NULL;
    }

    *st = *src;
    st->app = NULL;
    st->name = NULL;
    st->destinations = NULL;
    st->ndestinations = 0;
    st->switches = NULL;
    st->nswitches = 0;

    if (restream_stream_copy_string(&st->app, src->app) != RESTREAM_OK
        || restream_stream_copy_string(&st->name, src->name) != RESTREAM_OK
        || restream_stream_copy_switches(st, src) != RESTREAM_OK)
    {
        goto failed;
    }

    if (src->ndestinations == 0) {
        return st;
    }

    st->destinations = calloc(src->ndestinations,
                              sizeof(restream_destination_t));
    if (st->destinations == NULL) {
        goto failed;
    }

    for (i = 0; i < src->ndestinations; i++) {
        st->ndestinations++;

        if (restream_destination_copy(&st->destinations[i],
                                      &src->destinations[i])
            != RESTREAM_OK)
        {
            goto failed;
        }
    }

    return st;

failed:

    restream_stream_destroy(&st);

    return NULL;
}


/* on ERROR what has been copied hangs on dst */

static int
restream_destination_copy(restream_destination_t *dst,
    const restream_destination_t *src)
{
    *dst = *src;
    dst->name = NULL;
    dst->url = NULL;
    dst->key = NULL;
    dst->title = NULL;
    dst->description = NULL;
    dst->audio = NULL;

    if (restream_stream_copy_string(&dst->name, src->name) != RESTREAM_OK
        || restream_stream_copy_string(&dst->url, src->url) != RESTREAM_OK
        || restream_stream_copy_string(&dst->key, src->key) != RESTREAM_OK
        || restream_stream_copy_string(&dst->title, src->title) != RESTREAM_OK
        || restream_stream_copy_string(&dst->description, src->description)
           != RESTREAM_OK
        || restream_stream_copy_string(&dst->audio, src->audio) != RESTREAM_OK)
    {
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


static int
restream_stream_copy_switches(restream_stream_t *st,
    const restream_stream_t *src)
{
    uint32_t  i;

    if (src->nswitches == 0) {
        return RESTREAM_OK;
    }

    st->switches = calloc(src->nswitches, sizeof(restream_switch_t));
    if (st->switches == NULL) {
        return RESTREAM_ERROR;
    }

    for (i = 0; i < src->nswitches; i++) {
        if (restream_stream_copy_string(&st->switches[i].name,
                                        src->switches[i].name)
            != RESTREAM_OK)
        {
            return RESTREAM_ERROR;
        }

        st->switches[i].enabled = src->switches[i].enabled;
        st->nswitches++;
    }

    return RESTREAM_OK;
}


static int
restream_stream_copy_string(char **dst, const char *src)
{
    if (src == NULL) {
        return RESTREAM_OK;
    }

    *dst = strdup(src);

    return *dst ? RESTREAM_OK : RESTREAM_ERROR;
}


void
restream_stream_destroy(restream_stream_t **st)
{
    uint32_t            i;
    restream_stream_t  *s;

    s = *st;

    if (s == NULL) {
        return;
    }

    for (i = 0; i < s->ndestinations; i++) {
        restream_destination_clear(&s->destinations[i]);
    }

    for (i = 0; i < s->nswitches; i++) {
        free(s->switches[i].name);
    }

    free(s->destinations);
    free(s->switches);
    free(s->app);
    free(s->name);
    free(s);

    *st = NULL;
}


void
restream_destination_clear(restream_destination_t *dst)
{
    restream_secret_free(&dst->url);
    restream_secret_free(&dst->key);
    free(dst->name);
    free(dst->title);
    free(dst->description);
    free(dst->audio);

    memset(dst, 0, sizeof(restream_destination_t));
}


void
restream_secret_free(char **s)
{
    if (*s) {
        explicit_bzero(*s, strlen(*s));
        free(*s);
        *s = NULL;
    }
}


restream_destination_t *
restream_stream_find(const restream_stream_t *st, uint64_t id)
{
    uint32_t  i;

    for (i = 0; i < st->ndestinations; i++) {
        if (st->destinations[i].id == id) {
            return &st->destinations[i];
        }
    }

    return NULL;
}


restream_destination_t *
restream_stream_find_name(const restream_stream_t *st, const char *name)
{
    uint32_t  i;

    for (i = 0; i < st->ndestinations; i++) {
        if (strcmp(st->destinations[i].name, name) == 0) {
            return &st->destinations[i];
        }
    }

    return NULL;
}
