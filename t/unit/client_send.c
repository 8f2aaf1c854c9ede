/*
 * The client's output: its bound, its memory, how commands are cut into
 * chunks, the longest names, and the deliberate end of a publish.
 */

#include <stdio.h>
#include <string.h>

#include "server.h"


static server_t                server;
static run_t                   result;
static restream_client_conf_t  conf;


/* a server that asks and does not read */

static void
output_is_bounded(void)
{
    size_t             i, n, most, failed;
    const char        *err;
    restream_client_t  cl;

    static const struct {
        const char  *name;
        unsigned     type;
    } floods[] = {
        { "pings", RESTREAM_MSG_USER_CONTROL },
        { "_onbwcheck", RESTREAM_MSG_AMF0_COMMAND },
        { "bytes to be acknowledged", RESTREAM_MSG_WINDOW_ACK_SIZE },
        { "changing bandwidths", RESTREAM_MSG_PEER_BANDWIDTH }
    };

    for (i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {

        memset(&result, 0, sizeof(result));
        run_conf(&conf);
        server_start(&server);
        restream_client_start(&cl, &conf);

        run_feed(&result, &cl, server.data, SERVER_HANDSHAKE);

        most = 0;
        failed = 0;

        for (n = 0; n < 10000 && result.rc == RESTREAM_AGAIN; n++) {

            server.b.last = server.b.start;

            if (floods[i].type == RESTREAM_MSG_USER_CONTROL) {
                server_user_control(&server, 6, (uint32_t) n);

            } else if (floods[i].type == RESTREAM_MSG_AMF0_COMMAND) {
                server_call(&server, "_onbwcheck", n);

            } else {
                server_control(&server, floods[i].type,
                               (uint32_t) (n % 2 + 1));
            }

            run_feed(&result, &cl, server.data,
                     server.b.last - server.b.start);

            most = restream_client_output(&cl).len;
            failed += most > RESTREAM_CLIENT_MAX_OUTPUT
                      || cl.out_size > RESTREAM_CLIENT_MAX_OUTPUT;
        }

        err = cl.err;
        restream_client_cleanup(&cl);

        ok(result.rc == RESTREAM_ERROR && err
           && strcmp(err, "the server does not take the answers that it asks "
                          "for") == 0,
           "%s without end are an error", floods[i].name);
        ok(failed == 0 && most > RESTREAM_CLIENT_MAX_OUTPUT - 200,
           "the output held %zu bytes", most);
    }
}


/* one that reads may ask for ever, whatever is left waiting */

static void
output_is_drained(void)
{
    size_t             n, step, failed, most;
    restream_client_t  cl;

    memset(&result, 0, sizeof(result));
    run_conf(&conf);
    server_start(&server);
    restream_client_start(&cl, &conf);
    run_feed(&result, &cl, server.data, SERVER_HANDSHAKE);

    failed = 0;
    most = 0;

    for (n = 0; n < 6000; n++) {
        server.b.last = server.b.start;
        server_user_control(&server, 6, (uint32_t) n);
        run_feed(&result, &cl, server.data, server.b.last - server.b.start);

        /* mostly less than what was added, sometimes all */

        step = (n % 100 == 99) ? SIZE_MAX : n % 19;
        run_drain(&result, &cl, step);

        if (step == SIZE_MAX) {
            failed += cl.out != NULL || cl.out_size != 0
                      || restream_client_output(&cl).data != NULL;
        }

        most = cl.out_size > most ? cl.out_size : most;
    }

    run_drain(&result, &cl, SIZE_MAX);

    is_uint(result.rc, RESTREAM_AGAIN, "a server that reads may ask for ever");
    is_uint(failed, 0, "no memory is held once all is sent");
    ok(most <= 16384, "memory is %zu bytes at most", most);

    result.out_len = SERVER_HANDSHAKE + 287 + 6000 * 18;
    failed = 0;

    for (n = 0; n < 6000; n++) {
        failed += restream_get32(result.out + SERVER_HANDSHAKE + 287 + n * 18
                                 + 14) != n;
    }

    is_uint(failed, 0, "every answer is there, in order");

    restream_client_cleanup(&cl);
}


static uint8_t  app[4096], tc_url[4200], key[RESTREAM_CLIENT_MAX_OUTPUT];
static uint8_t  query[RESTREAM_CLIENT_MAX_QUERY];


/* nothing is drained before the end */

static int
whole_dialogue_fits(void)
{
    restream_client_t  cl;

    memset(&result, 0, sizeof(result));
    server_until(&server, RESTREAM_CLIENT_STREAMING);

    if (restream_client_start(&cl, &conf) != RESTREAM_OK) {
        return 0;
    }

    run_feed(&result, &cl, server.data, server.b.last - server.data);
    run_drain(&result, &cl, SIZE_MAX);
    restream_client_cleanup(&cl);

    return result.rc == RESTREAM_AGAIN && result.published == 1;
}


/* the n-th command that the client said, and its chunk stream checked */

static restream_amf0_value_t
said_value(unsigned command, unsigned value, const char *name)
{
    const uint8_t            *p, *q;
    restream_chunk_msg_t      msg;
    restream_chunk_reader_t   reader;

    static uint8_t                body[SERVER_SIZE];
    static restream_amf0_value_t  v, object;

    restream_chunk_reader_init(&reader);
    memset(&v, 0, sizeof(v));
    p = result.out + SERVER_HANDSHAKE;

    while (restream_chunk_read(&reader, &p, result.out + result.out_len, &msg)
           == RESTREAM_DONE)
    {
        if (msg.type != RESTREAM_MSG_AMF0_COMMAND || command-- > 0) {
            continue;
        }

        memcpy(body, msg.data, msg.size);

        for (q = body; restream_amf0_read(&q, body + msg.size, &v)
                       == RESTREAM_OK; value--)
        {
            if (value == 0) {
                break;
            }
        }

        if (name) {
            object = v;
            restream_amf0_find(&object, name, &v);
        }

        break;
    }

    restream_chunk_reader_cleanup(&reader);

    return v;
}


static int
is_value(restream_amf0_value_t v, const uint8_t *want, size_t size)
{
    return v.type == RESTREAM_AMF0_STRING && v.string.len == size
           && memcmp(v.string.data, want, size) == 0;
}


static void
long_names_are_sent_whole(void)
{
    size_t    i, n, failed;

    static const uint32_t  chunk_sizes[] = { 128, 4096, 65536, 16777215 };

    for (i = 0; i < sizeof(key); i++) {
        key[i] = (uint8_t) (i * 31 + (i >> 8));
    }

    memset(app, 'a', sizeof(app));
    memset(tc_url, 't', sizeof(tc_url));
    memset(query, 'q', sizeof(query));

    run_conf(&conf);

    failed = 0;

    for (n = 1; n <= 2048; n = n < 256 ? n + 1 : n + 7 * 256) {
        conf.key.data = key;
        conf.key.len = n;
        conf.chunk_size = 128;

        failed += !whole_dialogue_fits()
                  || !is_value(said_value(1, 3, NULL), key, n)
                  || !is_value(said_value(2, 3, NULL), key, n)
                  || !is_value(said_value(4, 3, NULL), key, n);
    }

    is_uint(failed, 0, "keys of 1 to 2048 bytes, of any bytes");

    conf.app.data = app;
    conf.app.len = sizeof(app);
    conf.tc_url.data = tc_url;
    conf.tc_url.len = sizeof(tc_url);
    conf.query.data = query;
    conf.query.len = sizeof(query);
    conf.key.len = 2048;

    for (i = 0; i < sizeof(chunk_sizes) / sizeof(chunk_sizes[0]); i++) {
        conf.chunk_size = chunk_sizes[i];

        ok(whole_dialogue_fits(), "the longest names, in chunks of %u",
           conf.chunk_size);
        ok(said_value(0, 2, "app").string.len == 4096 + 1024
           && said_value(0, 2, "tcUrl").string.len == 4200 + 1024
           && said_value(0, 2, "swfUrl").string.len == 4200 + 1024
           && said_value(0, 2, "capsEx").number == 7
           && is_value(said_value(4, 3, NULL), key, 2048), "arrive whole");
    }
}


static void
longer_names_are_refused(void)
{
    size_t             n, fits;
    restream_client_t  cl;

    run_conf(&conf);
    conf.key.data = key;
    conf.chunk_size = 128;

    fits = 0;

    for (n = 19000; n < 22000; n++) {
        conf.key.len = n;

        if (restream_client_start(&cl, &conf) != RESTREAM_OK) {
            break;
        }

        fits = n;
        restream_client_cleanup(&cl);
    }

    ok(fits > 19000 && n < 22000, "a key of %zu bytes does not fit", n);
    ok(cl.err && strcmp(cl.err, "app, tcUrl and stream key together are too "
                                "long") == 0, "and why");
    restream_client_cleanup(&cl);

    conf.key.len = fits;
    ok(whole_dialogue_fits(), "one of %zu bytes does, unread", fits);

    run_conf(&conf);
    conf.app.len = SIZE_MAX;
    ok(restream_client_start(&cl, &conf) == RESTREAM_ERROR, "an absurd app");

    run_conf(&conf);
    conf.tc_url.len = SIZE_MAX / 2 + 1;
    ok(restream_client_start(&cl, &conf) == RESTREAM_ERROR, "an absurd tcUrl");

    run_conf(&conf);
    conf.query.len = SIZE_MAX;
    ok(restream_client_start(&cl, &conf) == RESTREAM_ERROR, "an absurd query");

    run_conf(&conf);
    conf.key.len = SIZE_MAX;
    ok(restream_client_start(&cl, &conf) == RESTREAM_ERROR, "an absurd key");

    restream_client_cleanup(&cl);
}


static void
unpublishes_on_purpose(void)
{
    const char               *said, *want;
    restream_client_t         cl;
    restream_client_stage_e   stage;

    run_conf(&conf);

    for (stage = RESTREAM_CLIENT_HANDSHAKE; stage <= RESTREAM_CLIENT_STREAMING;
         stage++)
    {
        memset(&result, 0, sizeof(result));
        server_until(&server, stage);
        restream_client_start(&cl, &conf);

        if (stage > RESTREAM_CLIENT_HANDSHAKE) {
            run_feed(&result, &cl, server.data, server.b.last - server.data);
        }

        restream_client_unpublish(&cl);
        restream_client_unpublish(&cl);
        run_drain(&result, &cl, SIZE_MAX);
        restream_client_cleanup(&cl);

        said = strstr(run_said(&result, conf.chunk_size),
                      "20 3 0: \"FCUnpublish\"");
        want = "20 3 0: \"FCUnpublish\" 7 null \"secret-key\"\n"
               "20 3 0: \"deleteStream\" 8 null 1\n";

        if (stage < RESTREAM_CLIENT_CREATE_STREAM) {
            ok(said == NULL, "nothing to end at stage %u", stage);

        } else if (stage < RESTREAM_CLIENT_PUBLISH) {
            is_str(said ? said : "",
                   "20 3 0: \"FCUnpublish\" 7 null \"secret-key\"\n",
                   "FCUnpublish alone before there is a stream");

        } else {
            is_str(said ? said : "", want,
                   "FCUnpublish and deleteStream, once, at stage %u", stage);
        }
    }
}


/* the answer to createStream crosses with the goodbye */

static void
unpublished_means_no_publish(void)
{
    size_t             n;
    const char        *said;
    restream_client_t  cl;

    memset(&result, 0, sizeof(result));
    run_conf(&conf);
    restream_client_start(&cl, &conf);

    server_until(&server, RESTREAM_CLIENT_CREATE_STREAM);
    n = server.b.last - server.data;
    run_feed(&result, &cl, server.data, n);
    restream_client_unpublish(&cl);

    server_until(&server, RESTREAM_CLIENT_PUBLISH);
    run_feed(&result, &cl, server.data + n, server.b.last - server.data - n);
    run_drain(&result, &cl, SIZE_MAX);

    said = run_said(&result, conf.chunk_size);
    ok(strstr(said, "\"FCUnpublish\"") && !strstr(said, "\"publish\""),
       "nothing is published behind it");

    restream_client_cleanup(&cl);
}


/* the server has stopped reading: there is no room, and no harm */

static void
unpublishes_without_room(void)
{
    size_t             n;
    restream_client_t  cl;

    memset(&result, 0, sizeof(result));
    run_conf(&conf);
    conf.key.data = key;
    conf.key.len = 2048;

    server_until(&server, RESTREAM_CLIENT_STREAMING);
    restream_client_start(&cl, &conf);
    run_feed(&result, &cl, server.data, server.b.last - server.data);

    server.b.last = server.b.start;
    server_user_control(&server, 6, 1);

    while (restream_client_output(&cl).len < RESTREAM_CLIENT_MAX_OUTPUT - 500)
    {
        run_feed(&result, &cl, server.data, server.b.last - server.data);
    }

    n = restream_client_output(&cl).len;
    restream_client_unpublish(&cl);
    is_uint(restream_client_output(&cl).len, n, "without room nothing is said");

    restream_client_cleanup(&cl);
}


int
main(void)
{
    output_is_bounded();
    output_is_drained();
    long_names_are_sent_whole();
    longer_names_are_refused();
    unpublishes_on_purpose();
    unpublished_means_no_publish();
    unpublishes_without_room();

    return done_testing();
}
