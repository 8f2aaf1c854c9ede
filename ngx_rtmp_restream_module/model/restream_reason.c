/*
 * The reasons' words and classes, and what servers and the kernel mean.
 */

#include "restream_reason.h"

#include <errno.h>
#include <string.h>
#include <strings.h>


#define RESTREAM_REASON_PATIENCE  3     /* times closed before the start */


typedef struct {
    const char         *code;
    const char         *text;
    restream_class_e    class;
} restream_reason_t;


typedef struct {
    const char         *code;
    restream_reason_e   connect;        /* as an answer to connect */
    restream_reason_e   publish;        /* and to publish */
} restream_reason_status_t;


static const restream_reason_status_t *restream_reason_find(
    restream_str_t code);
static int restream_reason_has(restream_str_t text, const char *const *words);


static const restream_reason_t  restream_reasons[] = {

#define RESTREAM_REASON_ROW(symbol, code, class, text)                        \
    { code, text, RESTREAM_CLASS_##class },
    RESTREAM_REASONS(RESTREAM_REASON_ROW)
#undef RESTREAM_REASON_ROW

};


static const char  *restream_class_names[] = {
    "", "retryable", "needs-attention"
};


static const restream_reason_status_t  restream_reason_statuses[] = {

    { "NetConnection.Connect.InvalidApp",
      RESTREAM_REASON_APP_REJECTED, RESTREAM_REASON_APP_REJECTED },

    /* who was let in and is rejected later is so for what he publishes */

    { "NetConnection.Connect.Rejected",
      RESTREAM_REASON_APP_REJECTED, RESTREAM_REASON_KEY_REJECTED },

    { "NetConnection.Connect.Failed",
      RESTREAM_REASON_CLOSED, RESTREAM_REASON_CLOSED },

    { "NetConnection.Connect.AppShutdown",
      RESTREAM_REASON_CLOSED, RESTREAM_REASON_CLOSED },

    { "NetConnection.Connect.Closed",
      RESTREAM_REASON_CLOSED, RESTREAM_REASON_CLOSED },

    { "NetStream.Failed",
      RESTREAM_REASON_CLOSED, RESTREAM_REASON_CLOSED },

    { "NetStream.Publish.BadName",
      RESTREAM_REASON_NAME_IN_USE, RESTREAM_REASON_NAME_IN_USE },

    { "NetStream.Publish.Denied",
      RESTREAM_REASON_KEY_REJECTED, RESTREAM_REASON_KEY_REJECTED },

    { "NetStream.Publish.Rejected",
      RESTREAM_REASON_KEY_REJECTED, RESTREAM_REASON_KEY_REJECTED },

    { "NetStream.Unpublish.Success",
      RESTREAM_REASON_UNPUBLISHED, RESTREAM_REASON_UNPUBLISHED }
};


/* RTMP authentication ended with a no */

static const char  *restream_reason_login_words[] = {
    "authfailed", "nosuchuser", NULL
};

static const char  *restream_reason_key_words[] = {
    "auth", "key", "token", "password", "credential", "permission", "forbidden",
    "denied", "not allowed", "expired", NULL
};

static const char  *restream_reason_invalid_words[] = {
    "auth", "invalid", "not found", "not exist", "forbidden", "denied",
    "not allowed", "expired", NULL
};

static const char  *restream_reason_in_use_words[] = {
    "already", "in use", "publishing", "duplicate", "busy", NULL
};


const char *
restream_reason_code(restream_reason_e reason)
{
    return restream_reasons[reason].code;
}


const char *
restream_reason_text(restream_reason_e reason)
{
    return restream_reasons[reason].text;
}


restream_class_e
restream_reason_class(restream_reason_e reason, unsigned run)
{
    /* once may be the network; platforms close on a wrong key, and say
     * nothing */

    if (reason == RESTREAM_REASON_CLOSED_BEFORE_START
        && run >= RESTREAM_REASON_PATIENCE)
    {
        return RESTREAM_CLASS_NEEDS_ATTENTION;
    }

    return restream_reasons[reason].class;
}


const char *
restream_class_name(restream_class_e class)
{
    return restream_class_names[class];
}


restream_reason_e
restream_reason_of_status(restream_str_t code, restream_str_t text,
    int published)
{
    restream_reason_e                reason;
    const restream_reason_status_t  *st;

    st = restream_reason_find(code);

    if (st) {
        reason = published ? st->publish : st->connect;

    } else {
        reason = published ? RESTREAM_REASON_KEY_REJECTED
                           : RESTREAM_REASON_APP_REJECTED;
    }

    switch (reason) {

    case RESTREAM_REASON_APP_REJECTED:

        if (restream_reason_has(text, restream_reason_login_words)) {
            return RESTREAM_REASON_KEY_REJECTED;
        }

        break;

    case RESTREAM_REASON_CLOSED:

        /* a general failure whose words say more */

        if (published && restream_reason_has(text, restream_reason_key_words)) {
            return RESTREAM_REASON_KEY_REJECTED;
        }

        break;

    case RESTREAM_REASON_NAME_IN_USE:

        /* some servers call a wrong key a bad name, too */

        if (restream_reason_has(text, restream_reason_invalid_words)
            && !restream_reason_has(text, restream_reason_in_use_words))
        {
            return RESTREAM_REASON_KEY_REJECTED;
        }

        break;

    default:
        break;
    }

    return reason;
}


static const restream_reason_status_t *
restream_reason_find(restream_str_t code)
{
    size_t                           i, n;
    const restream_reason_status_t  *st;

    n = sizeof(restream_reason_statuses) / sizeof(restream_reason_statuses[0]);

    for (i = 0; i < n; i++) {
        st = &restream_reason_statuses[i];

        if (strlen(st->code) == code.len
            && strncasecmp(st->code, (char *) code.data, code.len) == 0)
        {
            return st;
        }
    }

    return NULL;
}


static int
restream_reason_has(restream_str_t text, const char *const *words)
{
    size_t  i, len;

    for ( /* void */ ; *words; words++) {
        len = strlen(*words);

        for (i = 0; i + len <= text.len; i++) {
            if (strncasecmp((char *) text.data + i, *words, len) == 0) {
                return 1;
            }
        }
    }

    return 0;
}


restream_reason_e
restream_reason_of_errno(int err)
{
    switch (err) {

    case ECONNREFUSED:
        return RESTREAM_REASON_REFUSED;

    case ETIMEDOUT:
        return RESTREAM_REASON_TIMEOUT;

    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
        return RESTREAM_REASON_CONNECTIONS_EXHAUSTED;

    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case EPROTO:
        return RESTREAM_REASON_CLOSED;

    /* ENETUNREACH, EHOSTUNREACH, ENETDOWN, EADDRNOTAVAIL, EAFNOSUPPORT; also
     * EINVAL, EACCES and EPERM, as of blackhole routes and firewalls */

    default:
        return RESTREAM_REASON_UNREACHABLE;
    }
}
