/*
 * Why an output is in its state: the one list of reasons, with the class that
 * decides how soon it is tried again and the words a person reads.
 */

#ifndef _RESTREAM_REASON_H_INCLUDED_
#define _RESTREAM_REASON_H_INCLUDED_


#include "../lib/restream.h"


typedef enum {
    RESTREAM_CLASS_NONE = 0,            /* no failure */
    RESTREAM_CLASS_RETRYABLE,           /* "retryable": restream_reconnect */
    RESTREAM_CLASS_NEEDS_ATTENTION      /* "needs-attention": 30 s to 300 s */
} restream_class_e;


/* symbol, JSON code, class, text */

#define RESTREAM_REASONS(X)                                                   \
    X(NONE, "", NONE, "")                                                     \
                                                                              \
    X(DISABLED, "disabled", NONE,                                             \
      "switched off")                                                         \
    X(NOT_LIVE, "not-live", NONE,                                             \
      "the stream is not live")                                               \
    X(LIMIT, "limit", NONE,                                                   \
      "stopped by a limit")                                                   \
    X(SCHEDULED, "scheduled", NONE,                                           \
      "waiting for its schedule")                                             \
    X(PUBLISHER_GONE, "publisher-gone", NONE,                                 \
      "the encoder has gone; its destinations are held for a while")          \
                                                                              \
    X(DNS, "dns", RETRYABLE,                                                  \
      "the server's name could not be resolved")                              \
    X(REFUSED, "refused", RETRYABLE,                                          \
      "the server refused the connection: nothing listens on that port")      \
    X(UNREACHABLE, "unreachable", RETRYABLE,                                  \
      "the server's address cannot be reached from here")                     \
    X(TIMEOUT, "timeout", RETRYABLE,                                          \
      "the server did not answer in time")                                    \
    X(TLS, "tls", RETRYABLE,                                                  \
      "the TLS connection could not be set up")                               \
    X(HANDSHAKE, "handshake", RETRYABLE,                                      \
      "the dialogue with the server broke off before the broadcast began")    \
    X(NAME_IN_USE, "name-in-use", RETRYABLE,                                  \
      "the server says that this stream key is already publishing")           \
    X(CLOSED, "closed", RETRYABLE,                                            \
      "the connection to the server was lost")                                \
    X(STALLED, "stalled", RETRYABLE,                                          \
      "the server stopped taking data")                                       \
    X(UNPUBLISHED, "unpublished", RETRYABLE,                                  \
      "the server ended the broadcast")                                       \
    X(CONNECTIONS_EXHAUSTED, "connections-exhausted", RETRYABLE,              \
      "nginx has no connection left: raise worker_connections")               \
                                                                              \
    X(TLS_CERTIFICATE, "tls-certificate", NEEDS_ATTENTION,                    \
      "the server's certificate was not accepted")                            \
    X(NOT_RTMP, "not-rtmp", NEEDS_ATTENTION,                                  \
      "what answers there does not speak RTMP: check scheme and port")        \
    X(APP_REJECTED, "app-rejected", NEEDS_ATTENTION,                          \
      "the server refused the application: check the url")                    \
    X(KEY_REJECTED, "key-rejected", NEEDS_ATTENTION,                          \
      "the server refused the stream key: check it, or create the broadcast " \
      "on the platform first")                                                \
    X(ADDRESS_DENIED, "address-denied", NEEDS_ATTENTION,                      \
      "the server's address is not allowed here")                             \
    X(CLOSED_BEFORE_START, "closed-before-start", RETRYABLE,                  \
      "the server closed the connection before the broadcast began: the "     \
      "stream key is probably wrong")


typedef enum {
#define RESTREAM_REASON_ENUM(symbol, code, class, text)                       \
    RESTREAM_REASON_##symbol,
    RESTREAM_REASONS(RESTREAM_REASON_ENUM)
#undef RESTREAM_REASON_ENUM
    RESTREAM_REASON_MAX
} restream_reason_e;


/* "dns", "the server's name could not be resolved", ...; static */
const char *restream_reason_code(restream_reason_e reason);
const char *restream_reason_text(restream_reason_e reason);

/*
 * in    run       how many attempts in a row ended with this reason, this one
 *                 included; CLOSED_BEFORE_START needs attention from the third
 */
restream_class_e restream_reason_class(restream_reason_e reason, unsigned run);

/* "retryable", "needs-attention", "" for none; static */
const char *restream_class_name(restream_class_e class);

/*
 * What a server's refusal means.
 *
 * in    code      the server's own, e.g. NetConnection.Connect.InvalidApp
 *       text      its description (authentication failures are told there)
 *       published 1: the refusal came after publish was sent
 */
restream_reason_e restream_reason_of_status(restream_str_t code,
    restream_str_t text, int published);

/* What a failed connect() or a socket error means (errno value). */
restream_reason_e restream_reason_of_errno(int err);


#endif /* _RESTREAM_REASON_H_INCLUDED_ */
