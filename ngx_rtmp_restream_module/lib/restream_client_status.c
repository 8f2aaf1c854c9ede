/*
 * What a server's information objects (level, code, description) mean, and the
 * events that come of them.
 */

#include "restream_client_status.h"

#include <stdlib.h>
#include <string.h>

#include "restream_amf0.h"
#include "restream_client_auth.h"
#include "restream_client_text.h"


#define RESTREAM_CLIENT_REDIRECTED  302


typedef struct {
    restream_amf0_value_t   object;
    restream_str_t          code;       /* empty: none */
    restream_str_t          level;
    restream_str_t          text;       /* description */
} restream_client_info_t;


typedef struct {
    restream_str_t            code;
    restream_client_event_e   event;
} restream_client_code_t;


static int restream_client_read_info(const restream_client_call_t *call,
    restream_client_info_t *info);
static restream_str_t restream_client_property(
    const restream_amf0_value_t *object, const char *name);
static const restream_client_code_t *restream_client_find_code(
    restream_str_t code);
static int restream_client_published(restream_client_t *cl,
    restream_client_event_t *ev);
static int restream_client_redirect(restream_client_t *cl,
    const restream_client_info_t *info, restream_client_event_t *ev);
static int restream_client_authenticate(restream_client_t *cl,
    const restream_client_info_t *info, restream_client_event_t *ev);
static int restream_client_reconnect(restream_client_t *cl,
    const restream_client_info_t *info, restream_client_event_t *ev);
static int restream_client_end(restream_client_t *cl,
    const restream_client_info_t *info, restream_client_event_e type,
    restream_client_event_t *ev);
static int restream_client_event_url(restream_client_t *cl,
    restream_client_event_e type, restream_str_t url,
    restream_client_event_t *ev);
static int restream_client_event(restream_client_t *cl,
    restream_client_event_e type, size_t size, restream_client_event_t *ev);


/* the codes that mean something, whatever level they come with */

static const restream_client_code_t  restream_client_codes[] = {

    { restream_string("NetStream.Publish.Start"),
      RESTREAM_CLIENT_PUBLISHED },

    { restream_string("NetConnection.Connect.Rejected"),
      RESTREAM_CLIENT_REJECTED },
    { restream_string("NetConnection.Connect.InvalidApp"),
      RESTREAM_CLIENT_REJECTED },
    { restream_string("NetConnection.Connect.Failed"),
      RESTREAM_CLIENT_REJECTED },
    { restream_string("NetStream.Publish.BadName"),
      RESTREAM_CLIENT_REJECTED },
    { restream_string("NetStream.Publish.Denied"),
      RESTREAM_CLIENT_REJECTED },
    { restream_string("NetStream.Publish.Rejected"),
      RESTREAM_CLIENT_REJECTED },
    { restream_string("NetStream.Failed"),
      RESTREAM_CLIENT_REJECTED },

    { restream_string("NetConnection.Connect.Closed"),
      RESTREAM_CLIENT_UNPUBLISHED },
    { restream_string("NetConnection.Connect.AppShutdown"),
      RESTREAM_CLIENT_UNPUBLISHED },
    { restream_string("NetStream.Unpublish.Success"),
      RESTREAM_CLIENT_UNPUBLISHED },

    { restream_string("NetConnection.Connect.ReconnectRequest"),
      RESTREAM_CLIENT_RECONNECT }
};


int
restream_client_status(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev)
{
    restream_client_info_t         info;
    const restream_client_code_t  *code;

    static const restream_str_t  error = restream_string("error");

    if (restream_client_read_info(call, &info) != RESTREAM_OK) {
        cl->err = "onStatus without an information object";
        return RESTREAM_ERROR;
    }

    code = restream_client_find_code(info.code);

    if (code == NULL || code->event == RESTREAM_CLIENT_PUBLISHED) {

        if (restream_client_str_equal(info.level, error)) {
            return restream_client_end(cl, &info, RESTREAM_CLIENT_REJECTED, ev);
        }

        return code ? restream_client_published(cl, ev) : RESTREAM_OK;
    }

    if (code->event == RESTREAM_CLIENT_RECONNECT) {
        return restream_client_reconnect(cl, &info, ev);
    }

    return restream_client_end(cl, &info, code->event, ev);
}


int
restream_client_status_connect(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_t *ev)
{
    int                     rc;
    restream_client_info_t  info;

    /* a refusal without reasons is a refusal */

    (void) restream_client_read_info(call, &info);

    rc = restream_client_redirect(cl, &info, ev);

    if (rc == RESTREAM_DECLINED) {
        rc = restream_client_authenticate(cl, &info, ev);
    }

    if (rc == RESTREAM_DECLINED) {
        rc = restream_client_end(cl, &info, RESTREAM_CLIENT_REJECTED, ev);
    }

    return rc;
}


int
restream_client_status_end(restream_client_t *cl,
    const restream_client_call_t *call, restream_client_event_e type,
    restream_client_event_t *ev)
{
    restream_client_info_t  info;

    (void) restream_client_read_info(call, &info);

    /* "close" has no code of its own */

    if (info.code.len == 0 && type == RESTREAM_CLIENT_UNPUBLISHED) {
        info.code = call->name;
    }

    return restream_client_end(cl, &info, type, ev);
}


/*
 * The last object among the arguments: properties may stand before it.
 *
 * ret   OK
 *       DECLINED  there is none; *info is empty
 */

static int
restream_client_read_info(const restream_client_call_t *call,
    restream_client_info_t *info)
{
    const uint8_t          *p;
    restream_amf0_value_t   value;

    memset(info, 0, sizeof(restream_client_info_t));

    info->object.type = RESTREAM_AMF0_NULL;
    p = call->p;

    while (restream_amf0_read(&p, call->last, &value) == RESTREAM_OK) {

        if (value.type == RESTREAM_AMF0_OBJECT
            || value.type == RESTREAM_AMF0_ECMA_ARRAY)
        {
            info->object = value;
        }
    }

    if (info->object.type == RESTREAM_AMF0_NULL) {
        return RESTREAM_DECLINED;
    }

    info->code = restream_client_property(&info->object, "code");
    info->level = restream_client_property(&info->object, "level");
    info->text = restream_client_property(&info->object, "description");

    return RESTREAM_OK;
}


/* a string property, empty when there is none */

static restream_str_t
restream_client_property(const restream_amf0_value_t *object,
    const char *name)
{
    restream_str_t         s;
    restream_amf0_value_t  value;

    if (restream_amf0_find(object, name, &value) == RESTREAM_OK
        && value.type == RESTREAM_AMF0_STRING)
    {
        return value.string;
    }

    s.len = 0;
    s.data = NULL;

    return s;
}


static const restream_client_code_t *
restream_client_find_code(restream_str_t code)
{
    size_t  i, n;

    n = sizeof(restream_client_codes) / sizeof(restream_client_codes[0]);

    for (i = 0; i < n; i++) {
        if (restream_client_str_equal(code, restream_client_codes[i].code)) {
            return &restream_client_codes[i];
        }
    }

    return NULL;
}


static int
restream_client_published(restream_client_t *cl, restream_client_event_t *ev)
{
    if (cl->stage != RESTREAM_CLIENT_PUBLISH) {
        return RESTREAM_OK;
    }

    cl->stage = RESTREAM_CLIENT_STREAMING;

    return restream_client_event(cl, RESTREAM_CLIENT_PUBLISHED, 0, ev);
}


/* 302 and a url in the object "ex" of a refused connect */

static int
restream_client_redirect(restream_client_t *cl,
    const restream_client_info_t *info, restream_client_event_t *ev)
{
    restream_str_t         url;
    restream_amf0_value_t  ex, code;

    if (restream_amf0_find(&info->object, "ex", &ex) != RESTREAM_OK
        || restream_amf0_find(&ex, "code", &code) != RESTREAM_OK
        || code.type != RESTREAM_AMF0_NUMBER
        || code.number != RESTREAM_CLIENT_REDIRECTED)
    {
        return RESTREAM_DECLINED;
    }

    url = restream_client_property(&ex, "redirect");
    if (url.len == 0) {
        return RESTREAM_DECLINED;
    }

    cl->ended = 1;

    return restream_client_event_url(cl, RESTREAM_CLIENT_REDIRECT, url, ev);
}


static int
restream_client_authenticate(restream_client_t *cl,
    const restream_client_info_t *info, restream_client_event_t *ev)
{
    restream_buf_t  query;

    if (restream_client_event(cl, RESTREAM_CLIENT_AUTHENTICATE,
                              RESTREAM_CLIENT_MAX_QUERY, ev)
        != RESTREAM_DONE)
    {
        return RESTREAM_ERROR;
    }

    restream_buf_init(&query, cl->scratch, RESTREAM_CLIENT_MAX_QUERY);

    if (restream_client_auth(&cl->conf, info->text, &query) != RESTREAM_OK) {
        return RESTREAM_DECLINED;
    }

    ev->query.data = query.start;
    ev->query.len = query.last - query.start;

    cl->ended = 1;

    return RESTREAM_DONE;
}


/* Enhanced RTMP, "Reconnect Request": the stream goes on until the caller has
 * connected anew */

static int
restream_client_reconnect(restream_client_t *cl,
    const restream_client_info_t *info, restream_client_event_t *ev)
{
    return restream_client_event_url(cl, RESTREAM_CLIENT_RECONNECT,
                         restream_client_property(&info->object, "tcUrl"), ev);
}


static int
restream_client_end(restream_client_t *cl,
    const restream_client_info_t *info, restream_client_event_e type,
    restream_client_event_t *ev)
{
    if (restream_client_event(cl, type, RESTREAM_CLIENT_MAX_CODE
                                        + RESTREAM_CLIENT_MAX_TEXT, ev)
        != RESTREAM_DONE)
    {
        return RESTREAM_ERROR;
    }

    ev->code.data = cl->scratch;
    ev->text.data = cl->scratch + RESTREAM_CLIENT_MAX_CODE;

    /* the caller decides by the protocol's codes, and they tell nothing of a
     * key that resembles them */

    if (restream_client_find_code(info->code) != NULL) {
        memcpy(ev->code.data, info->code.data, info->code.len);
        ev->code.len = info->code.len;

    } else {
        ev->code.len = restream_client_text(&cl->conf, info->code,
                                            ev->code.data,
                                            RESTREAM_CLIENT_MAX_CODE);
    }

    ev->text.len = restream_client_text(&cl->conf, info->text, ev->text.data,
                                        RESTREAM_CLIENT_MAX_TEXT);

    cl->ended = 1;

    return RESTREAM_DONE;
}


static int
restream_client_event_url(restream_client_t *cl, restream_client_event_e type,
    restream_str_t url, restream_client_event_t *ev)
{
    if (url.len > RESTREAM_CLIENT_MAX_URL) {
        cl->err = "the server sent a url that is too long";
        return RESTREAM_ERROR;
    }

    if (restream_client_event(cl, type, url.len, ev) != RESTREAM_DONE) {
        return RESTREAM_ERROR;
    }

    if (url.len) {
        memcpy(cl->scratch, url.data, url.len);
    }

    ev->url.data = cl->scratch;
    ev->url.len = url.len;

    return RESTREAM_DONE;
}


/* an event whose strings will take size bytes of scratch */

static int
restream_client_event(restream_client_t *cl, restream_client_event_e type,
    size_t size, restream_client_event_t *ev)
{
    memset(ev, 0, sizeof(restream_client_event_t));

    ev->type = type;
    ev->stage = cl->stage;

    free(cl->scratch);
    cl->scratch = NULL;

    if (size) {
        cl->scratch = malloc(size);
        if (cl->scratch == NULL) {
            cl->err = "no memory";
            return RESTREAM_ERROR;
        }
    }

    return RESTREAM_DONE;
}
