/*
 * What the files of this floor share: configuration, and the objects of the
 * data plane with their owners.
 *
 *     session ctx -> source -> rendition (ring)
 *                          `-> output -> cursor, peer
 *
 * All of it lives in one worker and is touched by its event loop only; what
 * crosses workers goes through ngx_rtmp_restream_zone.h.
 */

#ifndef _NGX_RTMP_RESTREAM_H_INCLUDED_
#define _NGX_RTMP_RESTREAM_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_thread_pool.h>

#include "../jobs/restream_store.h"
#include "../model/restream_reason.h"


typedef struct ngx_rtmp_restream_source_s  ngx_rtmp_restream_source_t;
typedef struct ngx_rtmp_restream_output_s  ngx_rtmp_restream_output_t;
typedef struct ngx_rtmp_restream_peer_s    ngx_rtmp_restream_peer_t;
typedef struct ngx_rtmp_restream_tls_conf_s  ngx_rtmp_restream_tls_conf_t;


#define NGX_RTMP_RESTREAM_NAME_MAX  100     /* bytes of a destination's name */

#define NGX_RTMP_RESTREAM_ID_LEN    18      /* "d_" and 16 hex digits */


/*
 * Where a destination points: its url split, and the key.  Strings belong to
 * whoever holds the struct: configuration, zone, or output.
 */

typedef struct {
    ngx_str_t                host;
    ngx_str_t                app;           /* with its query */
    ngx_str_t                key;
    ngx_str_t                user;
    ngx_str_t                password;
    in_port_t                port;
    unsigned                 tls:1;
    unsigned                 ipv6:1;
    unsigned                 port_given:1;
    unsigned                 restricted:1;  /* not to addresses behind us: the
                                               API made it */
} ngx_rtmp_restream_target_t;


/* restream_destination: app, and a key that is not out of a file, may hold
 * $name $app $args */

typedef struct {
    ngx_str_t                    name;
    ngx_rtmp_restream_target_t   target;
    ngx_flag_t                   enabled;
    ngx_flag_t                   key_file;
} ngx_rtmp_restream_destination_t;


/* restream_store, restream_store_key */

typedef struct {
    ngx_uint_t               given;
    ngx_str_t                dsn;           /* terminated; len 0: none, or
                                               off */
    restream_store_keys_t    keys;
    ngx_thread_pool_t       *thread_pool;
} ngx_rtmp_restream_store_conf_t;


typedef struct {
    ngx_shm_zone_t          *shm_zone;
    size_t                   zone_size;
    ngx_str_t                thread_pool_name;
    ngx_str_t                file;          /* where it stands */
    ngx_uint_t               line;
    ngx_thread_pool_t       *thread_pool;
    ngx_rtmp_restream_store_conf_t  store;
    ngx_array_t             *network;       /* restream_network_rule_t; NULL:
                                               none */
    unsigned                 schemes;       /* RESTREAM_SCHEME_*, for what the
                                               API makes */
    struct ngx_rtmp_restream_app_conf_s  *defaults; /* of rtmp{}, for streams of
                                               applications that nobody has
                                               configured */
} ngx_rtmp_restream_main_conf_t;


typedef struct ngx_rtmp_restream_app_conf_s {
    ngx_flag_t                      enable;
    ngx_str_t                       file;           /* where "restream on" */
    ngx_uint_t                      line;           /* stands */
    ngx_array_t                     destinations;
                                    /* ngx_rtmp_restream_destination_t */
    size_t                          buffer;         /* bytes */
    ngx_msec_t                      connect_timeout;
    ngx_msec_t                      send_timeout;
    ngx_msec_t                      reconnect_min;
    ngx_msec_t                      reconnect_max;
    ngx_msec_t                      publisher_grace;
    ngx_msec_t                      flush;
    ngx_msec_t                      batch;
    ngx_flag_t                      sendfile;
    size_t                          chunk_size;     /* bytes */
    ngx_msec_t                      duration_limit; /* 0: none */
    ngx_uint_t                      max_destinations;
    ngx_flag_t                      offline_start;
    ngx_addr_t                     *bind;
    ngx_rtmp_restream_tls_conf_t   *tls;
    ngx_str_t                       name;           /* of the application */
    ngx_rtmp_restream_main_conf_t  *main;
} ngx_rtmp_restream_app_conf_t;


/* symbol, name in status and log, what a log line says to be doing */

#define NGX_RTMP_RESTREAM_STATES(X)                                           \
    X(OFF, "off", NULL)                                                       \
    X(RESOLVING, "resolving", "resolving destination")                        \
    X(CONNECTING, "connecting", "connecting to destination")                  \
    X(PUBLISHING, "publishing", "publishing to destination")                  \
    X(LIVE, "live", "sending to destination")                                 \
    X(WAITING, "waiting", "waiting for destination")


typedef enum {
#define NGX_RTMP_RESTREAM_STATE_ENUM(symbol, name, action)                    \
    NGX_RTMP_RESTREAM_##symbol,
    NGX_RTMP_RESTREAM_STATES(NGX_RTMP_RESTREAM_STATE_ENUM)
#undef NGX_RTMP_RESTREAM_STATE_ENUM
    NGX_RTMP_RESTREAM_STATE_MAX
} ngx_rtmp_restream_state_e;


#define NGX_RTMP_RESTREAM_TEXT_LEN         256
#define NGX_RTMP_RESTREAM_SERVER_CODE_LEN  64
#define NGX_RTMP_RESTREAM_SERVER_TEXT_LEN  192

/*
 * Why an output is in its state: copied whole into the zone, hence no
 * pointers.  Texts are printable and hold no key.
 */

typedef struct {
    restream_reason_e    code;              /* RESTREAM_REASON_NONE: none */
    restream_class_e     class;
    uint64_t             at;                /* UTC, ms */
    uint16_t             text_len;
    uint16_t             server_code_len;
    uint16_t             server_text_len;
    u_char               text[NGX_RTMP_RESTREAM_TEXT_LEN];
    u_char               server_code[NGX_RTMP_RESTREAM_SERVER_CODE_LEN];
    u_char               server_text[NGX_RTMP_RESTREAM_SERVER_TEXT_LEN];
} ngx_rtmp_restream_reason_t;


#define NGX_RTMP_RESTREAM_TLS_NAME_LEN  48

/* What an output tells the other workers.  Written by its owner, whole. */

typedef struct {
    ngx_rtmp_restream_state_e    state;
    ngx_rtmp_restream_reason_t   reason;
    ngx_rtmp_restream_reason_t   last_error;
    uint64_t                     since;             /* UTC, ms */
    uint64_t                     next_attempt_at;   /* UTC, ms; 0: none */
    uint64_t                     attempts;
    uint64_t                     reconnects;
    uint64_t                     bytes_sent;
    uint64_t                     frames_sent;
    uint64_t                     video_dropped;
    uint64_t                     audio_dropped;
    uint64_t                     bitrate;           /* bit/s, last seconds */
    uint64_t                     lag;               /* ms */
    u_char                       tls_version[NGX_RTMP_RESTREAM_TLS_NAME_LEN];
    u_char                       tls_cipher[NGX_RTMP_RESTREAM_TLS_NAME_LEN];
                                                    /* terminated; "": none */
} ngx_rtmp_restream_report_t;


/* the strings of nginx and of lib/ are alike; the bytes are borrowed */

static ngx_inline restream_str_t
ngx_rtmp_restream_str(ngx_str_t *src)
{
    restream_str_t  dst;

    dst.len = src->len;
    dst.data = src->data;

    return dst;
}


static ngx_inline ngx_str_t
ngx_rtmp_restream_ngx_str(restream_str_t *src)
{
    ngx_str_t  dst;

    dst.len = src->len;
    dst.data = src->data;

    return dst;
}


static ngx_inline ngx_uint_t
ngx_rtmp_restream_str_equal(ngx_str_t *a, ngx_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || ngx_memcmp(a->data, b->data, a->len) == 0);
}


/* now, UTC, ms */

static ngx_inline uint64_t
ngx_rtmp_restream_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (uint64_t) tp->sec * 1000 + tp->msec;
}


extern ngx_module_t  ngx_rtmp_restream_core_module;
extern ngx_module_t  ngx_rtmp_restream_module;


#endif /* _NGX_RTMP_RESTREAM_H_INCLUDED_ */
