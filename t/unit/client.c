/*
 * The publishing client's dialogue as a whole: byte by byte as it should be,
 * in any split, damaged at any byte, cut off anywhere, without memory.
 */

#include <stdio.h>
#include <string.h>

#include "nomem.h"
#include "server.h"


static server_t  server;
static run_t     result, expected;


/* what the client says between C2 and the media, as bytes of the wire; the
 * chunk size is 65536 */

static const uint8_t  connect_said[] =

    /* SetChunkSize */
    "\x02" "\0\0\0" "\0\0\x04" "\x01" "\0\0\0\0"
    "\x00\x01\x00\x00"

    /* connect: 259 bytes */
    "\x03" "\0\0\0" "\x00\x01\x03" "\x14" "\0\0\0\0"
    "\x02\x00\x07" "connect" "\x00\x3f\xf0\0\0\0\0\0\0"
    "\x03"
    "\x00\x03" "app" "\x02\x00\x04" "live"
    "\x00\x04" "type" "\x02\x00\x0a" "nonprivate"
    "\x00\x08" "flashVer" "\x02\x00\x23" "FMLE/3.0 (compatible; restream/1.0)"
    "\x00\x06" "swfUrl" "\x02\x00\x0d" "rtmp://h/live"
    "\x00\x05" "tcUrl" "\x02\x00\x0d" "rtmp://h/live"
    "\x00\x0a" "fourCcList" "\x0a\0\0\0\x01" "\x02\x00\x01*"
    "\x00\x12" "videoFourCcInfoMap"
        "\x03" "\x00\x01*" "\x00\x40\x10\0\0\0\0\0\0" "\0\0\x09"
    "\x00\x12" "audioFourCcInfoMap"
        "\x03" "\x00\x01*" "\x00\x40\x10\0\0\0\0\0\0" "\0\0\x09"
    "\x00\x06" "capsEx" "\x00\x40\x1c\0\0\0\0\0\0"
    "\0\0\x09";

static const uint8_t  create_said[] =

    "\x03" "\0\0\0" "\x00\x00\x27" "\x14" "\0\0\0\0"
    "\x02\x00\x0d" "releaseStream" "\x00\x40\0\0\0\0\0\0\0" "\x05"
    "\x02\x00\x0a" "secret-key"

    "\x03" "\0\0\0" "\x00\x00\x23" "\x14" "\0\0\0\0"
    "\x02\x00\x09" "FCPublish" "\x00\x40\x08\0\0\0\0\0\0" "\x05"
    "\x02\x00\x0a" "secret-key"

    "\x03" "\0\0\0" "\x00\x00\x19" "\x14" "\0\0\0\0"
    "\x02\x00\x0c" "createStream" "\x00\x40\x10\0\0\0\0\0\0" "\x05";

static const uint8_t  publish_said[] =

    "\x05" "\0\0\0" "\x00\x00\x28" "\x14" "\x01\0\0\0"
    "\x02\x00\x07" "publish" "\x00\x40\x14\0\0\0\0\0\0" "\x05"
    "\x02\x00\x0a" "secret-key" "\x02\x00\x04" "live";


/* a dialogue with all that a server may say in it */

static void
full_dialogue(server_t *s)
{
    server_start(s);
    server_control(s, RESTREAM_MSG_WINDOW_ACK_SIZE, 200);
    server_message(s, 2, RESTREAM_MSG_PEER_BANDWIDTH, 0, "\0\x4c\x4b\x40\x02",
                   5);
    server_control(s, RESTREAM_MSG_CHUNK_SIZE, 4096);
    server_connected(s);
    server_call(s, "onBWDone", 0);
    server_user_control(s, 0, 1);
    server_info(s, "_error", 2, "error", "NetConnection.Call.Failed", "no");
    server_created(s, 7);
    server_user_control(s, 6, 0x01020304);
    server_call(s, "_onbwcheck", 9);
    server_call(s, "onFCPublish", 0);
    server_status(s, "NetStream.Publish.Start");
    server_control(s, RESTREAM_MSG_CHUNK_SIZE, 1);
    server_control(s, RESTREAM_MSG_ACK, 100000);
    server_call(s, "ping", 3);
    server_begin(s, "onStatus", 0);
    restream_amf0_put_null(&s->amf);
    restream_amf0_put_object(&s->amf);
    server_property(s, "code", "NetConnection.Connect.ReconnectRequest");
    server_property(s, "tcUrl", "rtmp://other/app");
    restream_amf0_put_object_end(&s->amf);
    server_end(s, 0);
    server_status(s, "NetStream.Unpublish.Success");
}


static void
says_what_it_should(void)
{
    size_t                   seen;
    const uint8_t           *p;
    restream_client_t        cl;
    restream_client_conf_t   conf;

    run_conf(&conf);
    memset(&result, 0, sizeof(result));

    ok(restream_client_start(&cl, &conf) == RESTREAM_OK, "starts");
    ok(cl.stage == RESTREAM_CLIENT_HANDSHAKE, "stage HANDSHAKE");
    run_drain(&result, &cl, SIZE_MAX);
    is_uint(result.out_len, 1537, "C0 and C1 wait after the start");
    is_mem(result.out, 9, "\x03\0\0\0\0\0\0\0\0", 9,
           "C0 is version 3, C1 has a zero time and version");

    server_start(&server);
    p = server.data;

    run_feed(&result, &cl, p, 1536);
    run_drain(&result, &cl, SIZE_MAX);
    is_uint(result.out_len, 1537, "nothing is said before S1 is complete");

    run_feed(&result, &cl, p + 1536, 1);
    run_drain(&result, &cl, SIZE_MAX);
    is_mem(result.out + 1537, result.out_len - 1537, p + 1, 1536,
           "C2 repeats S1");

    run_feed(&result, &cl, p + 1537, 1535);
    run_drain(&result, &cl, SIZE_MAX);
    is_uint(result.out_len, SERVER_HANDSHAKE,
            "nothing more is said before S2 is complete");
    ok(cl.stage == RESTREAM_CLIENT_HANDSHAKE, "still stage HANDSHAKE");

    run_feed(&result, &cl, p + 3072, 1);
    run_drain(&result, &cl, SIZE_MAX);
    seen = SERVER_HANDSHAKE;
    is_mem(result.out + seen, result.out_len - seen, connect_said,
           sizeof(connect_said) - 1, "SetChunkSize and connect");
    ok(cl.stage == RESTREAM_CLIENT_CONNECT, "stage CONNECT");
    ok(cl.handshake == NULL, "the handshake's memory is gone");
    seen = result.out_len;

    server.b.last = server.b.start;
    server_connected(&server);
    run_feed(&result, &cl, server.data, server.b.last - server.data);
    run_drain(&result, &cl, SIZE_MAX);
    is_mem(result.out + seen, result.out_len - seen, create_said,
           sizeof(create_said) - 1, "releaseStream, FCPublish, createStream");
    ok(cl.stage == RESTREAM_CLIENT_CREATE_STREAM, "stage CREATE_STREAM");
    seen = result.out_len;

    server.b.last = server.b.start;
    server_created(&server, 1);
    run_feed(&result, &cl, server.data, server.b.last - server.data);
    run_drain(&result, &cl, SIZE_MAX);
    is_mem(result.out + seen, result.out_len - seen, publish_said,
           sizeof(publish_said) - 1, "publish on the stream returned");
    ok(cl.stage == RESTREAM_CLIENT_PUBLISH, "stage PUBLISH");
    is_str(result.events, "", "no event yet");
    seen = result.out_len;

    server.b.last = server.b.start;
    server_status(&server, "NetStream.Publish.Start");
    run_feed(&result, &cl, server.data, server.b.last - server.data);
    run_drain(&result, &cl, SIZE_MAX);
    is_uint(result.out_len, seen, "nothing is said to Publish.Start");
    is_str(result.events, "PUBLISHED 4 [] [] [] []\n", "PUBLISHED");
    ok(cl.stage == RESTREAM_CLIENT_STREAMING, "stage STREAMING");
    ok(cl.out == NULL && cl.scratch == NULL, "no memory is held");

    restream_client_cleanup(&cl);
    restream_client_cleanup(&cl);

    ok(restream_client_start(&cl, &conf) == RESTREAM_OK
       && cl.stage == RESTREAM_CLIENT_HANDSHAKE, "starts again");
    restream_client_cleanup(&cl);
}


static void
follows_a_full_dialogue(void)
{
    restream_client_conf_t  conf;

    run_conf(&conf);
    full_dialogue(&server);
    run(&result, &conf, &server);

    is_uint(result.rc, RESTREAM_AGAIN, "a full dialogue is taken");
    is_str(result.events,
           "PUBLISHED 4 [] [] [] []\n"
           "RECONNECT 4 [] [] [rtmp://other/app] []\n"
           "UNPUBLISHED 4 [NetStream.Unpublish.Success] [words] [] []\n",
           "its events");

    /* acknowledged at the end of the first message that is 100 bytes further */

    is_str(run_said(&result, conf.chunk_size),
           "1 2 0: 00 01 00 00\n"
           "20 3 0: \"connect\" 1 type 3\n"
           "3 2 0: 00 00 0c 11\n"
           "5 2 0: 00 4c 4b 40\n"
           "20 3 0: \"releaseStream\" 2 null \"secret-key\"\n"
           "20 3 0: \"FCPublish\" 3 null \"secret-key\"\n"
           "20 3 0: \"createStream\" 4 null\n"
           "3 2 0: 00 00 0c e3\n"
           "20 3 0: \"_checkbw\" 6 null\n"
           "3 2 0: 00 00 0d 7c\n"
           "20 5 7: \"publish\" 5 null \"secret-key\" \"live\"\n"
           "4 2 0: 00 07 01 02 03 04\n"
           "20 3 0: \"_result\" 9 null 0\n"
           "3 2 0: 00 00 0d fe\n"
           "3 2 0: 00 00 0e 68\n"
           "20 3 0: \"pong\" 3 null\n"
           "3 2 0: 00 00 0f 87\n"
           "3 2 0: 00 00 10 56\n",
           "what the client said");
}


static int
same_run(const run_t *a, const run_t *b)
{
    return a->rc == b->rc && strcmp(a->events, b->events) == 0
           && a->out_len == b->out_len
           && memcmp(a->out, b->out, a->out_len) == 0;
}


static void
splits_do_not_matter(void)
{
    size_t                  i, size, failed;
    restream_client_conf_t  conf;

    static const size_t  pieces[] = {
        1, 2, 3, 4, 5, 7, 11, 13, 64, 127, 128, 129, 536, 1460, 1536, 1537,
        3072, 3073, 3074
    };

    run_conf(&conf);
    full_dialogue(&server);
    size = server.b.last - server.data;

    run(&expected, &conf, &server);

    for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        run_cut(&result, &conf, server.data, size, pieces[i], pieces[i]);

        if (!same_run(&result, &expected)) {
            break;
        }
    }

    is_uint(i, sizeof(pieces) / sizeof(pieces[0]),
            "pieces of any size: same events, same output");

    failed = 0;

    for (i = 0; i <= size; i++) {
        run_cut(&result, &conf, server.data, size, i, RUN_WHOLE);
        failed += !same_run(&result, &expected);
    }

    is_uint(failed, 0, "cut in two at any byte: same events, same output");
}


static void
truncation_is_harmless(void)
{
    size_t                  i, size, failed, started;
    restream_client_conf_t  conf;

    run_conf(&conf);
    full_dialogue(&server);
    size = server.b.last - server.data;

    run(&expected, &conf, &server);

    failed = 0;
    started = 0;

    for (i = 0; i < size; i++) {
        run_cut(&result, &conf, server.data, i, RUN_WHOLE, RUN_WHOLE);

        started += result.published;
        failed += (i && result.rc != RESTREAM_AGAIN)
                  || strncmp(expected.events, result.events,
                             result.events_len) != 0
                  || memcmp(expected.out, result.out, result.out_len) != 0;
    }

    is_uint(failed, 0, "cut off at any byte: a part of events and output");
    ok(started > 0 && started < size, "some of them were published");
}


/* the client may be told to start only after it has asked */

static int
run_is_sound(const run_t *r)
{
    size_t  i, len;

    static const char  publish[] = "\x02\x00\x07" "publish";

    if (r->waited > RESTREAM_CLIENT_MAX_OUTPUT || r->published > 1) {
        return 0;
    }

    if (r->published == 0) {
        return 1;
    }

    len = sizeof(publish) - 1;

    for (i = 0; i + len <= r->out_len; i++) {
        if (memcmp(r->out + i, publish, len) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
damage_is_harmless(void)
{
    size_t                   i, j, size, failed, published, errors;
    uint8_t                 *p;
    restream_client_conf_t   conf;

    run_conf(&conf);

    /* everything but Publish.Start */

    server_until(&server, RESTREAM_CLIENT_PUBLISH);
    server_user_control(&server, 6, 1);
    server_info(&server, "onStatus", 0, "status", "NetStream.Publish.Wait",
                "words");
    size = server.b.last - server.data;

    published = 0;
    failed = 0;
    errors = 0;

    for (i = 0; i < size; i++) {
        p = server.data + i;

        for (j = 0; j < 256; j++) {

            if (i < SERVER_HANDSHAKE && j > 1) {
                break;
            }

            *p ^= j ? j : 0xff;
            run(&result, &conf, &server);
            *p ^= j ? j : 0xff;

            published += result.published;
            failed += !run_is_sound(&result);
            errors += result.rc == RESTREAM_ERROR;
        }
    }

    is_uint(published, 0, "no single wrong byte makes it published");
    is_uint(failed, 0, "with any wrong byte the output keeps its bound");
    ok(errors > 100, "many of them are errors");

    full_dialogue(&server);
    size = server.b.last - server.data;

    failed = 0;

    for (i = SERVER_HANDSHAKE; i < size; i++) {
        p = server.data + i;

        for (j = 0; j < 8; j++) {
            *p ^= 1 << j;
            run(&result, &conf, &server);
            *p ^= 1 << j;

            failed += !run_is_sound(&result)
                      || (result.rc == RESTREAM_ERROR && result.err == NULL);
        }
    }

    is_uint(failed, 0, "any wrong bit in a full dialogue is harmless");
}


static void
noise_is_harmless(void)
{
    size_t                  i, n, failed;
    uint32_t                x;
    restream_client_conf_t  conf;

    run_conf(&conf);

    failed = 0;
    x = 2463534242;

    for (n = 0; n < 2000; n++) {

        server_until(&server, RESTREAM_CLIENT_CREATE_STREAM);

        for (i = 0; i < 400; i++) {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;

            /* small bytes make better headers */
            restream_buf_put8(&server.b, (uint8_t) ((x & 0x100) ? x : x & 7));
        }

        run(&result, &conf, &server);
        failed += !run_is_sound(&result);
    }

    is_uint(failed, 0, "noise behind connect is harmless");
}


static void
other_protocols_are_told(void)
{
    size_t                  i, failed;
    uint8_t                 byte;
    restream_client_conf_t  conf;

    static const char  http[] = "HTTP/1.1 400 Bad Request\r\n";
    static const char  behind[] = "HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n";

    run_conf(&conf);

    run_cut(&result, &conf, (uint8_t *) http, sizeof(http) - 1, 1, 1);
    is_uint(result.rc, RESTREAM_ERROR, "an HTTP server is not RTMP");
    is_str(result.err, "no RTMP handshake: version is not 3", "and why");

    failed = 0;

    for (i = 0; i < 256; i++) {
        byte = (uint8_t) i;
        run_cut(&result, &conf, &byte, 1, RUN_WHOLE, RUN_WHOLE);
        failed += result.rc != (i == 3 ? RESTREAM_AGAIN : RESTREAM_ERROR);
    }

    is_uint(failed, 0, "the first byte tells: 3 or not");

    server_start(&server);
    restream_buf_put(&server.b, behind, sizeof(behind) - 1);
    run(&result, &conf, &server);
    is_uint(result.rc, RESTREAM_ERROR, "HTTP behind a handshake is an error");
    ok(result.err != NULL, "with a reason");

    run_cut(&result, &conf, server.data, 0, RUN_WHOLE, RUN_WHOLE);
    is_uint(result.out_len, 1537, "no input, C0 and C1");
}


/* what a server says, with every allocation refused in turn */

static void
without_memory(const server_t *s, const char *name)
{
    int                       rc;
    unsigned                  n, failed;
    const uint8_t            *p;
    restream_client_t         cl;
    restream_client_conf_t    conf;
    restream_client_event_t   ev;

    run_conf(&conf);
    conf.user = run_string("user");

    failed = 0;

    for (n = 1; n < 1000; n++) {
        nomem_at = n;
        p = s->data;
        rc = restream_client_start(&cl, &conf);

        while (rc == RESTREAM_OK || rc == RESTREAM_DONE) {
            rc = restream_client_read(&cl, &p, s->b.last, &ev);
            restream_client_sent(&cl, restream_client_output(&cl).len);
        }

        restream_client_cleanup(&cl);

        if (nomem_at) {
            break;
        }

        failed += rc != RESTREAM_ERROR || strcmp(cl.err, "no memory") != 0;
    }

    nomem_at = 0;

    ok(n > 5 && n < 1000 && rc == RESTREAM_AGAIN && failed == 0,
       "%s: each of %u allocations refused is an error, and told", name, n - 1);
}


static void
memory_may_run_out(void)
{
    full_dialogue(&server);
    without_memory(&server, "a full dialogue");

    server_until(&server, RESTREAM_CLIENT_CONNECT);
    server_info(&server, "_error", 1, "error",
                "NetConnection.Connect.Rejected",
                "code=403 need auth authmod=adobe");
    without_memory(&server, "authentication");

    server_until(&server, RESTREAM_CLIENT_CONNECT);
    server_info(&server, "_error", 1, "error",
                "NetConnection.Connect.Rejected", "no");
    without_memory(&server, "a refusal");
}


int
main(void)
{
    says_what_it_should();
    follows_a_full_dialogue();
    splits_do_not_matter();
    truncation_is_harmless();
    damage_is_harmless();
    noise_is_harmless();
    other_protocols_are_told();
    memory_may_run_out();

    return done_testing();
}
