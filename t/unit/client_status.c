/*
 * What the server's information objects mean: which codes start, refuse and
 * end a publish, redirects, reconnect requests.
 */

#include <stdio.h>
#include <string.h>

#include "server.h"


#define STARTED  "PUBLISHED 4 [] [] [] []\n"


static server_t                server;
static run_t                   result;
static restream_client_conf_t  conf;


static int
check(int rc, const char *events)
{
    run(&result, &conf, &server);

    if (result.rc == rc && strcmp(result.events, events) == 0) {
        return 1;
    }

    printf("# rc %d, err %s\n# events: %s", result.rc,
           result.err ? result.err : "none", result.events);

    return 0;
}


static void
codes_have_a_meaning(void)
{
    size_t  i, j, k, failed;
    char    before[256], streaming[256];

    static const struct {
        const char  *code;
        const char  *event;
    } codes[] = {
        { "NetConnection.Connect.Rejected", "REJECTED" },
        { "NetConnection.Connect.InvalidApp", "REJECTED" },
        { "NetConnection.Connect.Failed", "REJECTED" },
        { "NetStream.Publish.BadName", "REJECTED" },
        { "NetStream.Publish.Denied", "REJECTED" },
        { "NetStream.Publish.Rejected", "REJECTED" },
        { "NetStream.Failed", "REJECTED" },
        { "NetConnection.Connect.Closed", "UNPUBLISHED" },
        { "NetConnection.Connect.AppShutdown", "UNPUBLISHED" },
        { "NetStream.Unpublish.Success", "UNPUBLISHED" }
    };

    static const char  *levels[] = { "error", "status", "warning", NULL };

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {

        failed = 0;

        for (j = 0; j < sizeof(levels) / sizeof(levels[0]); j++) {
            for (k = 0; k < 3; k++) {

                snprintf(before, sizeof(before), "%s 3 [%s] [words] [] []\n",
                         codes[i].event, codes[i].code);
                snprintf(streaming, sizeof(streaming),
                         STARTED "%s 4 [%s] [words] [] []\n", codes[i].event,
                         codes[i].code);

                server_until(&server, RESTREAM_CLIENT_PUBLISH);
                server_info(&server, "onStatus", k, levels[j], codes[i].code,
                            "words");
                failed += !check(RESTREAM_AGAIN, before);

                server_until(&server, RESTREAM_CLIENT_STREAMING);
                server_info(&server, "onStatus", k, levels[j], codes[i].code,
                            "words");
                failed += !check(RESTREAM_AGAIN, streaming);
            }
        }

        is_uint(failed, 0, "%s is %s, whatever its level", codes[i].code,
                codes[i].event);
    }
}


static void
levels_have_a_meaning(void)
{
    server_until(&server, RESTREAM_CLIENT_PUBLISH);
    server_info(&server, "onStatus", 0, "error", "Some.Thing.New", "words");
    ok(check(RESTREAM_AGAIN, "REJECTED 3 [Some.Thing.New] [words] [] []\n"),
       "an error of any code is a refusal");

    server_until(&server, RESTREAM_CLIENT_STREAMING);
    server_info(&server, "onStatus", 0, "error", "Some.Thing.New", "words");
    ok(check(RESTREAM_AGAIN, STARTED
             "REJECTED 4 [Some.Thing.New] [words] [] []\n"),
       "while streaming, too");

    server_until(&server, RESTREAM_CLIENT_PUBLISH);
    server_info(&server, "onStatus", 0, "error", NULL, NULL);
    ok(check(RESTREAM_AGAIN, "REJECTED 3 [] [] [] []\n"),
       "without a code and a description");

    server_until(&server, RESTREAM_CLIENT_PUBLISH);
    server_info(&server, "onStatus", 0, "error", "NetStream.Publish.Start",
                "no");
    ok(check(RESTREAM_AGAIN,
             "REJECTED 3 [NetStream.Publish.Start] [no] [] []\n"),
       "Publish.Start as an error is no start");

    server_until(&server, RESTREAM_CLIENT_PUBLISH);
    server_info(&server, "onStatus", 0, NULL, "NetStream.Publish.Start", NULL);
    ok(check(RESTREAM_AGAIN, STARTED), "Publish.Start without a level");

    server_until(&server, RESTREAM_CLIENT_PUBLISH);
    server_info(&server, "onStatus", 0, "status", "NetStream.Record.Start",
                "");
    server_info(&server, "onStatus", 0, "warning", "NetStream.Play.Slow", "");
    server_info(&server, "onStatus", 0, "status", NULL, NULL);
    server_info(&server, "onStatus", 0, "errors", "x", NULL);
    server_info(&server, "onStatus", 0, "status", "NetStream.Publish.Starts",
                NULL);
    ok(check(RESTREAM_AGAIN, ""), "other codes are ignored");
}


static void
starts_once_and_when_asked(void)
{
    restream_client_stage_e  stage;

    for (stage = RESTREAM_CLIENT_CONNECT; stage < RESTREAM_CLIENT_PUBLISH;
         stage++)
    {
        server_until(&server, stage);
        server_status(&server, "NetStream.Publish.Start");
        ok(check(RESTREAM_AGAIN, ""), "no start at stage %u", stage);
    }

    server_until(&server, RESTREAM_CLIENT_STREAMING);
    server_status(&server, "NetStream.Publish.Start");
    ok(check(RESTREAM_AGAIN, STARTED), "starts once");

    server_until(&server, RESTREAM_CLIENT_PUBLISH);
    server_status(&server, "NetStream.Publish.BadName");
    server_status(&server, "NetStream.Publish.Start");
    server_user_control(&server, 6, 1);
    restream_buf_put(&server.b, "\xff\xff\xff", 3);
    ok(check(RESTREAM_AGAIN, "REJECTED 3 [NetStream.Publish.BadName] [words] "
                             "[] []\n"),
       "nothing starts behind a refusal, nor is it read");

    server_until(&server, RESTREAM_CLIENT_STREAMING);
    server_status(&server, "NetStream.Unpublish.Success");
    server_status(&server, "NetConnection.Connect.Closed");
    ok(check(RESTREAM_AGAIN, STARTED
             "UNPUBLISHED 4 [NetStream.Unpublish.Success] [words] [] []\n"),
       "ends once");
}


/* the caller decides by the code, so that a key that resembles one must not
 * change it; any other code is the server's own words */

static void
keys_may_resemble_codes(void)
{
    conf.key = run_string("NetStream.Publish");

    server_until(&server, RESTREAM_CLIENT_PUBLISH);
    server_info(&server, "onStatus", 0, "error", "NetStream.Publish.BadName",
                "NetStream.Publish is taken");
    ok(check(RESTREAM_AGAIN, "REJECTED 3 [NetStream.Publish.BadName] "
                             "[*** is taken] [] []\n"),
       "a code of the protocol stays as it is");

    server_until(&server, RESTREAM_CLIENT_PUBLISH);
    server_info(&server, "onStatus", 0, "error", "NetStream.Publish.Other",
                "no");
    ok(check(RESTREAM_AGAIN, "REJECTED 3 [***.Other] [no] [] []\n"),
       "the key is hidden in any other");

    run_conf(&conf);
}


/* onStatus or _error with the arguments that follow, encoded */

static void
raw_call(const char *name, double txn, const void *data, size_t size)
{
    server_begin(&server, name, txn);
    restream_buf_put(&server.amf, data, size);
    server_end(&server, 0);
}


static void
objects_are_found(void)
{
    size_t  i, failed;

#define CODE  "\x00\x04" "code" "\x02\x00\x10" "NetStream.Failed"

    static const uint8_t  ecma[] = "\x05\x08\0\0\0\x01" CODE "\0\0\x09";
    static const uint8_t  typed[] = "\x05\x10\0\x01x" CODE "\0\0\x09";
    static const uint8_t  bare[] = "\x03" CODE "\0\0\x09";
    static const uint8_t  two[] = "\x03\0\0\x09" "\x03" CODE "\0\0\x09";
    static const uint8_t  number[] =
        "\x03" "\0\x04" "code" "\0\0\0\0\0\0\0\0\0"
        "\0\x05" "level" "\x02\0\x05" "error" "\0\0\x09";
    static const uint8_t  trailing[] = "\x05\x03" CODE "\0\0\x09" "\xff\xff";

    static const struct {
        const uint8_t  *data;
        size_t          size;
    } good[] = {
        { ecma, sizeof(ecma) - 1 },
        { typed, sizeof(typed) - 1 },
        { bare, sizeof(bare) - 1 },
        { two, sizeof(two) - 1 },
        { trailing, sizeof(trailing) - 1 }
    }, bad[] = {
        { ecma, 0 },
        { ecma, 1 },
        { ecma, sizeof(ecma) - 2 },
        { typed, 4 },
        { bare, sizeof(bare) - 4 },
        { (uint8_t *) "\x05\x02\x00\x03" "bad", 7 },
        { (uint8_t *) "\x0a\0\0\0\0", 5 }
    };

    failed = 0;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        server_until(&server, RESTREAM_CLIENT_PUBLISH);
        raw_call("onStatus", 0, good[i].data, good[i].size);
        failed += !check(RESTREAM_AGAIN,
                         "REJECTED 3 [NetStream.Failed] [] [] []\n");
    }

    is_uint(failed, 0, "the object is found where servers put it");

    failed = 0;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        server_until(&server, RESTREAM_CLIENT_PUBLISH);
        raw_call("onStatus", 0, bad[i].data, bad[i].size);
        failed += !check(RESTREAM_ERROR, "")
                  || strcmp(result.err,
                            "onStatus without an information object") != 0;
    }

    is_uint(failed, 0, "onStatus without an object is an error");

    server_until(&server, RESTREAM_CLIENT_PUBLISH);
    raw_call("onStatus", 0, number, sizeof(number) - 1);
    ok(check(RESTREAM_AGAIN, "REJECTED 3 [] [] [] []\n"),
       "a code that is no string is none");
}


/* _error to connect with ex, code and redirect url in it */

static void
redirect(double code, const char *url, size_t len)
{
    server_until(&server, RESTREAM_CLIENT_CONNECT);
    server_begin(&server, "_error", 1);
    restream_amf0_put_null(&server.amf);
    restream_amf0_put_object(&server.amf);
    server_property(&server, "level", "error");
    server_property(&server, "code", "NetConnection.Connect.Rejected");
    server_property(&server, "description", "moved");
    restream_amf0_put_key(&server.amf, "ex");
    restream_amf0_put_object(&server.amf);
    restream_amf0_put_key(&server.amf, "code");
    restream_amf0_put_number(&server.amf, code);

    if (url) {
        restream_amf0_put_key(&server.amf, "redirect");
        restream_amf0_put_string(&server.amf, url, len);
    }

    restream_amf0_put_object_end(&server.amf);
    restream_amf0_put_object_end(&server.amf);
    server_end(&server, 0);
}


static void
redirects_are_followed(void)
{
    char  url[RESTREAM_CLIENT_MAX_URL + 1];
    char  events[sizeof(url) + 64];

    static const char  refused[] =
        "REJECTED 1 [NetConnection.Connect.Rejected] [moved] [] []\n";

    redirect(302, "rtmp://b.example/live", 21);
    server_status(&server, "NetConnection.Connect.Closed");
    ok(check(RESTREAM_AGAIN, "REDIRECT 1 [] [] [rtmp://b.example/live] []\n"),
       "a redirect ends the connection");

    redirect(301, "rtmp://b.example/live", 21);
    ok(check(RESTREAM_AGAIN, refused), "another code is a refusal");

    redirect(302, NULL, 0);
    ok(check(RESTREAM_AGAIN, refused), "no url is a refusal");

    redirect(302, "", 0);
    ok(check(RESTREAM_AGAIN, refused), "an empty url is a refusal");

    memset(url, 'u', sizeof(url));
    redirect(302, url, sizeof(url) - 1);
    snprintf(events, sizeof(events), "REDIRECT 1 [] [] [%.*s] []\n",
             RESTREAM_CLIENT_MAX_URL, url);
    ok(check(RESTREAM_AGAIN, events), "the longest url");

    redirect(302, url, sizeof(url));
    ok(check(RESTREAM_ERROR, "")
       && strcmp(result.err, "the server sent a url that is too long") == 0,
       "a longer one is an error");

    server_until(&server, RESTREAM_CLIENT_CONNECT);
    raw_call("_error", 1, "\x03\0\x02" "ex" "\x02\0\x03" "302" "\0\0\x09", 14);
    ok(check(RESTREAM_AGAIN, "REJECTED 1 [] [] [] []\n"),
       "ex that is no object is none");
}


static void
reconnect(const char *url, size_t len)
{
    server_begin(&server, "onStatus", 0);
    restream_amf0_put_null(&server.amf);
    restream_amf0_put_object(&server.amf);
    server_property(&server, "level", "status");
    server_property(&server, "code", "NetConnection.Connect.ReconnectRequest");

    if (url) {
        restream_amf0_put_key(&server.amf, "tcUrl");
        restream_amf0_put_string(&server.amf, url, len);
    }

    restream_amf0_put_object_end(&server.amf);
    server_end(&server, 0);
}


static void
reconnect_requests_are_told(void)
{
    char  url[RESTREAM_CLIENT_MAX_URL + 1];

    memset(url, 'u', sizeof(url));

    server_until(&server, RESTREAM_CLIENT_STREAMING);
    reconnect(NULL, 0);
    reconnect("", 0);
    reconnect("//b.example/live", 16);
    reconnect("rtmps://b.example/live", 22);
    server_user_control(&server, 6, 5);
    server_control(&server, RESTREAM_MSG_ACK, 6);
    server_status(&server, "NetStream.Unpublish.Success");

    ok(check(RESTREAM_AGAIN, STARTED
             "RECONNECT 4 [] [] [] []\n"
             "RECONNECT 4 [] [] [] []\n"
             "RECONNECT 4 [] [] [//b.example/live] []\n"
             "RECONNECT 4 [] [] [rtmps://b.example/live] []\n"
             "UNPUBLISHED 4 [NetStream.Unpublish.Success] [words] [] []\n"),
       "the url is told as it was sent, the stream goes on");

    ok(strstr(run_said(&result, conf.chunk_size),
              "4 2 0: 00 07 00 00 00 05\n") != NULL,
       "pings are answered behind it");

    server_until(&server, RESTREAM_CLIENT_PUBLISH);
    reconnect("rtmp://b.example/live", 21);
    server_status(&server, "NetStream.Publish.Start");
    ok(check(RESTREAM_AGAIN, "RECONNECT 3 [] [] [rtmp://b.example/live] []\n"
             STARTED),
       "before the start, too");

    server_until(&server, RESTREAM_CLIENT_STREAMING);
    reconnect(url, sizeof(url));
    ok(check(RESTREAM_ERROR, STARTED)
       && strcmp(result.err, "the server sent a url that is too long") == 0,
       "a url that is too long is an error");
}


int
main(void)
{
    run_conf(&conf);

    codes_have_a_meaning();
    levels_have_a_meaning();
    starts_once_and_when_asked();
    keys_may_resemble_codes();
    objects_are_found();
    redirects_are_followed();
    reconnect_requests_are_told();

    return done_testing();
}
