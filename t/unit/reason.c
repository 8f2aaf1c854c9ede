/* What servers and the kernel say, as one of our reasons with its class. */

#include "test.h"

#include "model/restream_reason.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>


#define OF(symbol)  RESTREAM_REASON_##symbol


typedef struct {
    const char         *code;
    const char         *text;
    restream_reason_e   connect;
    restream_reason_e   publish;
} status_t;


static const status_t  statuses[] = {

    { "NetConnection.Connect.InvalidApp", "", OF(APP_REJECTED),
      OF(APP_REJECTED) },
    { "NetConnection.Connect.Rejected", "Application not found",
      OF(APP_REJECTED), OF(KEY_REJECTED) },
    { "NetConnection.Connect.Rejected",
      "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ",
      OF(APP_REJECTED), OF(KEY_REJECTED) },
    { "NetConnection.Connect.Rejected",
      "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=authfailed&o=1",
      OF(KEY_REJECTED), OF(KEY_REJECTED) },
    { "NetConnection.Connect.Rejected", "[ authmod=llnw ] : ?reason=NoSuchUser",
      OF(KEY_REJECTED), OF(KEY_REJECTED) },
    { "NetConnection.Connect.Failed", "", OF(CLOSED), OF(CLOSED) },
    { "NetConnection.Connect.AppShutdown", "going down", OF(CLOSED),
      OF(CLOSED) },
    { "NetConnection.Connect.Closed", "", OF(CLOSED), OF(CLOSED) },

    { "NetStream.Publish.BadName", "", OF(NAME_IN_USE), OF(NAME_IN_USE) },
    { "NetStream.Publish.BadName", "Already publishing", OF(NAME_IN_USE),
      OF(NAME_IN_USE) },
    { "NetStream.Publish.BadName", "Stream key is invalid: already in use",
      OF(NAME_IN_USE), OF(NAME_IN_USE) },
    { "NetStream.Publish.BadName", "Invalid stream key", OF(KEY_REJECTED),
      OF(KEY_REJECTED) },
    { "NetStream.Publish.Denied", "", OF(KEY_REJECTED), OF(KEY_REJECTED) },
    { "NetStream.Publish.Rejected", "try later", OF(KEY_REJECTED),
      OF(KEY_REJECTED) },
    { "NetStream.Failed", "", OF(CLOSED), OF(CLOSED) },
    { "NetStream.Failed", "Authentication required", OF(CLOSED),
      OF(KEY_REJECTED) },
    { "NetStream.Failed", "unknown stream KEY", OF(CLOSED), OF(KEY_REJECTED) },
    { "NetStream.Unpublish.Success", "*** is now unpublished.",
      OF(UNPUBLISHED), OF(UNPUBLISHED) },
    { "NetStream.Unpublish.Success", "the key was revoked", OF(UNPUBLISHED),
      OF(UNPUBLISHED) },

    { "netstream.publish.badname", "", OF(NAME_IN_USE), OF(NAME_IN_USE) },
    { "NetStream.Publish.Unauthorized", "", OF(APP_REJECTED),
      OF(KEY_REJECTED) },
    { "NetStream.Publish.BadNam", "", OF(APP_REJECTED), OF(KEY_REJECTED) },
    { "NetStream.Publish.BadName2", "", OF(APP_REJECTED), OF(KEY_REJECTED) },
    { "", "", OF(APP_REJECTED), OF(KEY_REJECTED) },
    { "", "authfailed", OF(KEY_REJECTED), OF(KEY_REJECTED) }
};


static const struct {
    int                 err;
    restream_reason_e   reason;
} errors[] = {
    { ECONNREFUSED, OF(REFUSED) },
    { ENETUNREACH, OF(UNREACHABLE) },
    { EHOSTUNREACH, OF(UNREACHABLE) },
    { ENETDOWN, OF(UNREACHABLE) },
    { EADDRNOTAVAIL, OF(UNREACHABLE) },
    { EINVAL, OF(UNREACHABLE) },
    { EACCES, OF(UNREACHABLE) },
    { EPERM, OF(UNREACHABLE) },
    { EAFNOSUPPORT, OF(UNREACHABLE) },
    { ENOTSOCK, OF(UNREACHABLE) },
    { ETIMEDOUT, OF(TIMEOUT) },
    { EMFILE, OF(CONNECTIONS_EXHAUSTED) },
    { ENFILE, OF(CONNECTIONS_EXHAUSTED) },
    { ENOMEM, OF(CONNECTIONS_EXHAUSTED) },
    { ENOBUFS, OF(CONNECTIONS_EXHAUSTED) },
    { ECONNRESET, OF(CLOSED) },
    { ECONNABORTED, OF(CLOSED) },
    { EPIPE, OF(CLOSED) }
};


/* without a terminator, so that a read past the end is a report */

static restream_str_t
counted(const char *s)
{
    restream_str_t  str;

    str.len = strlen(s);
    str.data = malloc(str.len);
    memcpy(str.data, s, str.len);

    return str;
}


static restream_reason_e
of_status(const char *code, const char *text, int published)
{
    restream_str_t     c, t;
    restream_reason_e  reason;

    c = counted(code);
    t = counted(text);

    reason = restream_reason_of_status(c, t, published);

    free(c.data);
    free(t.data);

    return reason;
}


static void
is_reason(restream_reason_e got, restream_reason_e want, const char *code,
    const char *text)
{
    const char  *name;

    name = restream_reason_code(want);

    is_mem(restream_reason_code(got), strlen(restream_reason_code(got)), name,
           strlen(name), "\"%s\" \"%s\" means %s", code, text, name);
}


static void
test_status(void)
{
    size_t           i;
    const status_t  *st;

    for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        st = &statuses[i];

        is_reason(of_status(st->code, st->text, 0), st->connect, st->code,
                  st->text);
        is_reason(of_status(st->code, st->text, 1), st->publish, st->code,
                  st->text);
    }
}


static void
test_errno(void)
{
    size_t  i;

    for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        is_reason(restream_reason_of_errno(errors[i].err), errors[i].reason,
                  "errno", strerror(errors[i].err));
    }
}


static void
test_words(void)
{
    int       r, s;
    unsigned  unique, told, classed;

    unique = 1;
    told = 1;
    classed = 1;

    for (r = OF(NONE) + 1; r < RESTREAM_REASON_MAX; r++) {
        told &= restream_reason_code(r)[0] && restream_reason_text(r)[0];
        classed &= (restream_reason_class(r, 1) == RESTREAM_CLASS_NONE)
                   == (r <= OF(PUBLISHER_GONE));

        for (s = OF(NONE); s < r; s++) {
            unique &= strcmp(restream_reason_code(r), restream_reason_code(s))
                      != 0;
        }
    }

    ok(told, "every reason has its code and words");
    ok(unique, "no code stands for two reasons");
    ok(classed, "every failure has a class, nothing else has");

    ok(restream_reason_code(OF(NONE))[0] == '\0', "none has no code");
    ok(strcmp(restream_reason_code(OF(TLS_CERTIFICATE)), "tls-certificate")
       == 0, "codes are those of the interface");

    ok(restream_reason_class(OF(TLS), 99) == RESTREAM_CLASS_RETRYABLE,
       "a retryable failure stays so");
    ok(restream_reason_class(OF(CLOSED_BEFORE_START), 2)
       == RESTREAM_CLASS_RETRYABLE,
       "closed before the start twice is no worse than once");
    ok(restream_reason_class(OF(CLOSED_BEFORE_START), 3)
       == RESTREAM_CLASS_NEEDS_ATTENTION, "three times needs attention");

    ok(strcmp(restream_class_name(RESTREAM_CLASS_RETRYABLE), "retryable") == 0
       && strcmp(restream_class_name(RESTREAM_CLASS_NEEDS_ATTENTION),
                 "needs-attention") == 0
       && restream_class_name(RESTREAM_CLASS_NONE)[0] == '\0',
       "classes have names");
}


int
main(void)
{
    test_status();
    test_errno();
    test_words();

    return done_testing();
}
