/*
 * What the server's commands and control messages do to the client: answers
 * matched by transaction, stream ids, housekeeping, and what is ignored.
 */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server.h"


/* what the client says up to a stage's request */

#define SAID_CONNECT                                                          \
    "1 2 0: 00 01 00 00\n"                                                    \
    "20 3 0: \"connect\" 1 type 3\n"

#define SAID_CREATE                                                           \
    SAID_CONNECT                                                              \
    "20 3 0: \"releaseStream\" 2 null \"secret-key\"\n"                       \
    "20 3 0: \"FCPublish\" 3 null \"secret-key\"\n"                           \
    "20 3 0: \"createStream\" 4 null\n"

#define SAID_PUBLISH                                                          \
    SAID_CREATE                                                               \
    "20 5 1: \"publish\" 5 null \"secret-key\" \"live\"\n"


static server_t                server;
static run_t                   result;
static restream_client_conf_t  conf;


/* runs the script; ok when rc, events and what is said are as expected */

static int
check(int rc, const char *events, const char *said)
{
    const char  *got;

    run(&result, &conf, &server);
    got = run_said(&result, conf.chunk_size);

    if (result.rc == rc && strcmp(result.events, events) == 0
        && strcmp(got, said) == 0)
    {
        return 1;
    }

    printf("# rc %d, err %s\n# events: %s# said: %s", result.rc,
           result.err ? result.err : "none", result.events, got);

    return 0;
}


static void
answers_are_matched(void)
{
    double  txn;

    static const double  strange[] = { 0, 2, 3, 4, 5, 6, -1, 1.5, 1e300 };

    size_t  i, failed;

    failed = 0;

    for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        txn = strange[i];

        server_until(&server, RESTREAM_CLIENT_CONNECT);
        server_call(&server, "_result", txn);
        server_info(&server, "_error", txn, "error", "x", "y");
        failed += !check(RESTREAM_AGAIN, "", SAID_CONNECT);
    }

    is_uint(failed, 0, "only transaction 1 answers connect");

    failed = 0;

    for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        txn = strange[i] == 4 ? 1 : strange[i];

        server_until(&server, RESTREAM_CLIENT_CREATE_STREAM);
        server_begin(&server, "_result", txn);
        restream_amf0_put_null(&server.amf);
        restream_amf0_put_number(&server.amf, 1);
        server_end(&server, 0);
        server_info(&server, "_error", txn, "error", "x", "y");
        failed += !check(RESTREAM_AGAIN, "", SAID_CREATE);
    }

    is_uint(failed, 0, "only transaction 4 answers createStream");

    failed = 0;

    for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        txn = strange[i] == 5 ? 1 : strange[i];

        server_until(&server, RESTREAM_CLIENT_PUBLISH);
        server_call(&server, "_result", txn);
        server_info(&server, "_error", txn, "error", "x", "y");
        failed += !check(RESTREAM_AGAIN, "", SAID_PUBLISH);
    }

    is_uint(failed, 0, "errors of other calls than publish do no harm");

    server_until(&server, RESTREAM_CLIENT_PUBLISH);
    server_connected(&server);
    server_created(&server, 2);
    server_call(&server, "_result", 5);
    ok(check(RESTREAM_AGAIN, "", SAID_PUBLISH), "answers twice are ignored");

    server_start(&server);
    server.amf.last = server.amf.start;
    restream_amf0_put_cstring(&server.amf, "_result");
    server_end(&server, 0);
    ok(check(RESTREAM_AGAIN, "", SAID_CONNECT),
       "an answer without a transaction is ignored");

    server_start(&server);
    server_begin(&server, "_result", 1);
    server_end(&server, 0);
    ok(check(RESTREAM_AGAIN, "", SAID_CREATE),
       "connect may be answered with nothing");
}


static void
refusals_are_told(void)
{
    server_until(&server, RESTREAM_CLIENT_CONNECT);
    server_info(&server, "_error", 1, "error",
                "NetConnection.Connect.InvalidApp", "no such app");
    ok(check(RESTREAM_AGAIN, "REJECTED 1 [NetConnection.Connect.InvalidApp] "
                             "[no such app] [] []\n", SAID_CONNECT),
       "_error to connect");

    server_until(&server, RESTREAM_CLIENT_CONNECT);
    server_begin(&server, "_error", 1);
    server_end(&server, 0);
    ok(check(RESTREAM_AGAIN, "REJECTED 1 [] [] [] []\n", SAID_CONNECT),
       "_error to connect without a reason");

    server_until(&server, RESTREAM_CLIENT_CREATE_STREAM);
    server_info(&server, "_error", 4, "error", "NetConnection.Call.Failed",
                "no streams");
    ok(check(RESTREAM_AGAIN, "REJECTED 2 [NetConnection.Call.Failed] "
                             "[no streams] [] []\n", SAID_CREATE),
       "_error to createStream");

    server_until(&server, RESTREAM_CLIENT_CREATE_STREAM);
    server_call(&server, "_error", 4);
    ok(check(RESTREAM_AGAIN, "REJECTED 2 [] [] [] []\n", SAID_CREATE),
       "_error to createStream without a reason");

    server_until(&server, RESTREAM_CLIENT_PUBLISH);
    server_info(&server, "_error", 5, "error", "NetStream.Publish.BadName",
                "taken");
    ok(check(RESTREAM_AGAIN, "REJECTED 3 [NetStream.Publish.BadName] "
                             "[taken] [] []\n", SAID_PUBLISH),
       "_error to publish");

    server_until(&server, RESTREAM_CLIENT_STREAMING);
    server_info(&server, "_error", 5, "error", "NetStream.Failed", "gone");
    ok(check(RESTREAM_AGAIN, "PUBLISHED 4 [] [] [] []\n"
                             "REJECTED 4 [NetStream.Failed] [gone] [] []\n",
             SAID_PUBLISH),
       "_error to publish while streaming");
}


static void
stream_ids_are_checked(void)
{
    size_t  i, failed;

    static const double  bad[] = {
        0, -0.0, -1, 0.5, 1.5, 4294967295.5, 4294967296.0, 1e300, -1e300,
        INFINITY, -INFINITY, NAN
    };

    failed = 0;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        server_until(&server, RESTREAM_CLIENT_CREATE_STREAM);
        server_created(&server, bad[i]);
        failed += !check(RESTREAM_ERROR, "", SAID_CREATE)
                  || strcmp(result.err, "createStream was answered with an "
                                        "invalid stream id") != 0;
    }

    is_uint(failed, 0, "numbers that are no stream id are an error");

    server_until(&server, RESTREAM_CLIENT_CREATE_STREAM);
    server_created(&server, 4294967295.0);
    ok(check(RESTREAM_AGAIN, "", SAID_CREATE "20 5 4294967295: \"publish\" 5 "
                                 "null \"secret-key\" \"live\"\n"),
       "the largest stream id");

    server_until(&server, RESTREAM_CLIENT_CREATE_STREAM);
    server_begin(&server, "_result", 4);
    restream_amf0_put_null(&server.amf);
    restream_amf0_put_cstring(&server.amf, "1");
    server_end(&server, 0);
    ok(check(RESTREAM_ERROR, "", SAID_CREATE)
       && strcmp(result.err,
                 "createStream was answered without a stream id") == 0,
       "a string is no stream id");

    server_until(&server, RESTREAM_CLIENT_CREATE_STREAM);
    server_call(&server, "_result", 4);
    ok(check(RESTREAM_ERROR, "", SAID_CREATE), "nor is nothing");

    server_until(&server, RESTREAM_CLIENT_CREATE_STREAM);
    server_begin(&server, "_result", 4);
    server_end(&server, 0);
    ok(check(RESTREAM_ERROR, "", SAID_CREATE), "nor is an empty answer");

    server_until(&server, RESTREAM_CLIENT_CREATE_STREAM);
    server_begin(&server, "_result", 4);
    restream_amf0_put_object(&server.amf);
    restream_amf0_put_object_end(&server.amf);
    restream_amf0_put_number(&server.amf, 1);
    server_end(&server, 0);
    ok(check(RESTREAM_AGAIN, "", SAID_PUBLISH),
       "an object may stand for the null before it");
}


static void
calls_are_answered(void)
{
    server_until(&server, RESTREAM_CLIENT_CONNECT);
    server_call(&server, "onBWDone", 0);
    server_begin(&server, "onBWDone", 0);
    restream_amf0_put_null(&server.amf);
    restream_amf0_put_number(&server.amf, 8192);
    server_end(&server, 0);
    ok(check(RESTREAM_AGAIN, "", SAID_CONNECT
             "20 3 0: \"_checkbw\" 6 null\n"),
       "onBWDone is answered once");

    server_until(&server, RESTREAM_CLIENT_CONNECT);
    server_call(&server, "_onbwcheck", 11);
    server_call(&server, "_onbwcheck", 12);
    ok(check(RESTREAM_AGAIN, "", SAID_CONNECT
             "20 3 0: \"_result\" 11 null 0\n"
             "20 3 0: \"_result\" 12 null 0\n"),
       "_onbwcheck is answered each time");

    server_until(&server, RESTREAM_CLIENT_CONNECT);
    server_call(&server, "ping", 42);
    ok(check(RESTREAM_AGAIN, "", SAID_CONNECT "20 3 0: \"pong\" 42 null\n"),
       "ping is answered");

    server_until(&server, RESTREAM_CLIENT_CONNECT);
    server_call(&server, "onFCPublish", 0);
    server_call(&server, "onFCSubscribe", 0);
    server_call(&server, "_onbwdone", 0);
    server_call(&server, "_Result", 1);
    server_call(&server, "_resul", 1);
    server_call(&server, "_result ", 1);
    server_call(&server, "", 1);
    ok(check(RESTREAM_AGAIN, "", SAID_CONNECT), "other commands are ignored");

    server_until(&server, RESTREAM_CLIENT_STREAMING);
    server_call(&server, "close", 0);
    server_call(&server, "ping", 1);
    ok(check(RESTREAM_AGAIN, "PUBLISHED 4 [] [] [] []\n"
                             "UNPUBLISHED 4 [close] [] [] []\n", SAID_PUBLISH),
       "close, and nothing is said behind it");

    server_until(&server, RESTREAM_CLIENT_CONNECT);
    server_begin(&server, "close", 0);
    server_end(&server, 0);
    ok(check(RESTREAM_AGAIN, "UNPUBLISHED 1 [close] [] [] []\n",
             SAID_CONNECT),
       "close before the start");

    server_until(&server, RESTREAM_CLIENT_STREAMING);
    server_info(&server, "onFCUnsubscribe", 0, "status",
                "NetStream.Play.Stop", "over");
    ok(check(RESTREAM_AGAIN, "PUBLISHED 4 [] [] [] []\n"
             "UNPUBLISHED 4 [NetStream.Play.Stop] [over] [] []\n",
             SAID_PUBLISH),
       "onFCUnsubscribe");
}


static void
names_must_be_there(void)
{
    static const char  *bodies[] = {
        "\x00\x3f\xf0\0\0\0\0\0\0",     /* a number first */
        "\x05\x05\x05\x05\x05\x05\x05\x05\x05",
        "\x02\x00\x20\x63lose ",        /* a string that is cut off */
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff"
    };

    size_t  i, failed;

    failed = 0;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        server_until(&server, RESTREAM_CLIENT_STREAMING);
        server_message(&server, 3, RESTREAM_MSG_AMF0_COMMAND, 0, bodies[i], 9);
        failed += !check(RESTREAM_ERROR, "PUBLISHED 4 [] [] [] []\n",
                         SAID_PUBLISH)
                  || strcmp(result.err, "command without a name") != 0;
    }

    is_uint(failed, 0, "a command without a name is an error");

    /* deeper than AMF0 is read */

    server_until(&server, RESTREAM_CLIENT_PUBLISH);
    server_begin(&server, "onStatus", 0);

    for (i = 0; i < 64; i++) {
        restream_amf0_put_object(&server.amf);
        restream_amf0_put_key(&server.amf, "code");
    }

    server_end(&server, 0);
    ok(check(RESTREAM_ERROR, "", SAID_PUBLISH)
       && strcmp(result.err, "onStatus without an information object") == 0,
       "objects without an end are an error");
}


static void
amf3_commands_are_read(void)
{
    static const uint8_t  body[] =
        "\0" "\x02\x00\x07" "_result" "\x00\x3f\xf0\0\0\0\0\0";

    server_start(&server);
    server_message(&server, 3, RESTREAM_MSG_AMF3_COMMAND, 0, body,
                   sizeof(body));
    ok(check(RESTREAM_AGAIN, "", SAID_CREATE), "an AMF3 command");

    server_start(&server);
    server_message(&server, 3, RESTREAM_MSG_AMF3_COMMAND, 0, body + 1,
                   sizeof(body) - 1);
    ok(check(RESTREAM_AGAIN, "", SAID_CREATE), "without its first byte");

    server_start(&server);
    server_message(&server, 3, RESTREAM_MSG_AMF3_COMMAND, 0, "", 1);
    ok(check(RESTREAM_ERROR, "", SAID_CONNECT), "with nothing but that byte");
}


static void
control_messages_are_obeyed(void)
{
    server_until(&server, RESTREAM_CLIENT_CONNECT);
    server_user_control(&server, 6, 0xfffefdfc);
    server_user_control(&server, 0, 1);
    server_user_control(&server, 7, 1);
    server_user_control(&server, 26, 1);
    server_user_control(&server, 31, 1);
    server_message(&server, 2, RESTREAM_MSG_USER_CONTROL, 0, "\0\x06\0\0\0",
                   5);
    server_message(&server, 2, RESTREAM_MSG_USER_CONTROL, 0,
                   "\0\x06\x01\x02\x03\x04\x05\x06", 8);
    ok(check(RESTREAM_AGAIN, "", SAID_CONNECT
             "4 2 0: 00 07 ff fe fd fc\n"
             "4 2 0: 00 07 01 02 03 04\n"),
       "pings are answered with their own bytes, other events are ignored");

    server_until(&server, RESTREAM_CLIENT_CONNECT);
    server_message(&server, 2, RESTREAM_MSG_PEER_BANDWIDTH, 0,
                   "\0\x26\x25\xa0\x02", 5);
    server_message(&server, 2, RESTREAM_MSG_PEER_BANDWIDTH, 0,
                   "\0\x26\x25\xa0\x00", 5);
    server_message(&server, 2, RESTREAM_MSG_PEER_BANDWIDTH, 0, "\0\0\x01", 3);
    server_control(&server, RESTREAM_MSG_PEER_BANDWIDTH, 7);
    ok(check(RESTREAM_AGAIN, "", SAID_CONNECT
             "5 2 0: 00 26 25 a0\n"
             "5 2 0: 00 00 00 07\n"),
       "SetPeerBandwidth is answered when it changes");

    server_until(&server, RESTREAM_CLIENT_CONNECT);
    server_control(&server, RESTREAM_MSG_ACK, 0xffffffff);
    server_message(&server, 2, RESTREAM_MSG_ACK, 0, "\0\0\x01", 3);
    server_message(&server, 2, RESTREAM_MSG_WINDOW_ACK_SIZE, 0, "\0\0\x01", 3);
    ok(check(RESTREAM_AGAIN, "", SAID_CONNECT),
       "Acknowledgement and short messages are ignored");

    server_until(&server, RESTREAM_CLIENT_CONNECT);
    server_message(&server, 4, RESTREAM_MSG_AUDIO, 1, "\xaf\x01", 2);
    server_message(&server, 4, RESTREAM_MSG_VIDEO, 1, "\x17\x01", 2);
    server_message(&server, 4, RESTREAM_MSG_AMF0_DATA, 1, "\x02\0\x01x", 4);
    server_message(&server, 4, RESTREAM_MSG_AMF3_DATA, 1, "\x02\0\x01x", 4);
    server_message(&server, 4, 22, 1, "aggregate", 9);
    server_message(&server, 4, 255, 1, "unknown", 7);
    server_message(&server, 3, RESTREAM_MSG_AMF0_COMMAND, 0, "", 0);
    server_message(&server, 3, RESTREAM_MSG_AMF3_COMMAND, 0, "", 0);
    server_message(&server, 2, RESTREAM_MSG_USER_CONTROL, 0, "", 0);
    server_connected(&server);
    ok(check(RESTREAM_AGAIN, "", SAID_CREATE), "everything else is ignored");
}


static void
chunk_size_is_followed(void)
{
    size_t  i, failed;

    static const uint32_t  sizes[] = { 1, 2, 127, 128, 4096, 65536, 0xffffff };

    failed = 0;

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        server_start(&server);
        server_control(&server, RESTREAM_MSG_CHUNK_SIZE, sizes[i]);
        server_connected(&server);
        server_control(&server, RESTREAM_MSG_CHUNK_SIZE, 300 - i);
        server_created(&server, 1);
        server_status(&server, "NetStream.Publish.Start");
        failed += !check(RESTREAM_AGAIN, "PUBLISHED 4 [] [] [] []\n",
                         SAID_PUBLISH);
    }

    is_uint(failed, 0, "chunk sizes of the server are followed");

    server_start(&server);
    server_control(&server, RESTREAM_MSG_CHUNK_SIZE, 0);
    ok(check(RESTREAM_ERROR, "", SAID_CONNECT), "a chunk size of 0 is not");

    /* a message larger than the reader keeps */

    server_start(&server);
    restream_buf_put(&server.b, "\x03\0\0\0\x00\x80\x01\x14\0\0\0\0", 12);
    ok(check(RESTREAM_ERROR, "", SAID_CONNECT) && result.err != NULL,
       "a message of 32769 bytes is an error before it has come");
}


static void
bytes_are_acknowledged(void)
{
    restream_client_t  cl;

    server_start(&server);
    server_control(&server, RESTREAM_MSG_WINDOW_ACK_SIZE, 0);
    server_control(&server, RESTREAM_MSG_WINDOW_ACK_SIZE, 6216);
    server_call(&server, "x", 0);
    server_call(&server, "x", 0);
    ok(check(RESTREAM_AGAIN, "", SAID_CONNECT "3 2 0: 00 00 0c 3b\n"),
       "half of a window, counted from the handshake on");

    server_start(&server);
    server_control(&server, RESTREAM_MSG_WINDOW_ACK_SIZE, 0xffffffff);
    server_call(&server, "x", 0);
    ok(check(RESTREAM_AGAIN, "", SAID_CONNECT), "a large window is far away");

    /* past 2^32 bytes */

    memset(&result, 0, sizeof(result));
    server_start(&server);
    server_control(&server, RESTREAM_MSG_WINDOW_ACK_SIZE, 32);

    ok(restream_client_start(&cl, &conf) == RESTREAM_OK, "starts");
    run_feed(&result, &cl, server.data, SERVER_HANDSHAKE);
    cl.received = 0xfffffff0;
    cl.acknowledged = 0xfffffff0;
    run_feed(&result, &cl, server.data + SERVER_HANDSHAKE,
             server.b.last - server.data - SERVER_HANDSHAKE);
    run_drain(&result, &cl, SIZE_MAX);
    restream_client_cleanup(&cl);

    is_str(run_said(&result, conf.chunk_size),
           SAID_CONNECT "3 2 0: 00 00 00 00\n", "the count wraps");
}


int
main(void)
{
    run_conf(&conf);

    answers_are_matched();
    refusals_are_told();
    stream_ids_are_checked();
    calls_are_answered();
    names_must_be_there();
    amf3_commands_are_read();
    control_messages_are_obeyed();
    chunk_size_is_followed();
    bytes_are_acknowledged();

    return done_testing();
}
