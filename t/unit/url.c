/*
 * Destination urls: every form that platforms hand out is split as they mean
 * it, what is shown of it holds no secret, every mistake is told in words.
 */

#include "test.h"

#include "lib/restream_url.h"

#include <stdlib.h>
#include <string.h>


typedef struct {
    const char  *url;
    const char  *host;
    unsigned     port;
    const char  *app;
} server_t;


/* ingest servers of the platforms, one for each form of url */

static const server_t  servers[] = {
    { "rtmp://injest.streamway.in/LiveApp",
      "injest.streamway.in", 1935, "LiveApp" },
    { "rtmp://ams02.contribute.live-video.net/app",
      "ams02.contribute.live-video.net", 1935, "app" },
    { "rtmp://global-live.mux.com:5222/app",
      "global-live.mux.com", 5222, "app" },
    { "rtmps://ams02.contribute.live-video.net/app",
      "ams02.contribute.live-video.net", 443, "app" },
    { "rtmps://fa723fc1b171.global-contribute.live-video.net:443/app",
      "fa723fc1b171.global-contribute.live-video.net", 443, "app" },
    { "rtmp://rtmp-brz.sooplive.co.kr/app/",
      "rtmp-brz.sooplive.co.kr", 1935, "app" },
    { "rtmps://global-live.mux.com:443/app/",
      "global-live.mux.com", 443, "app" },
    { "rtmp://rtmp.disciplemedia.com/b-fme",
      "rtmp.disciplemedia.com", 1935, "b-fme" },
    { "rtmp://rtmp.mixcloud.com/broadcast",
      "rtmp.mixcloud.com", 1935, "broadcast" },
    { "rtmp://rtmp.cdn.asset.aparat.com:443/event",
      "rtmp.cdn.asset.aparat.com", 443, "event" },
    { "rtmp://transmission.eventials.com/eventialsLiveOrigin",
      "transmission.eventials.com", 1935, "eventialsLiveOrigin" },
    { "rtmp://open-push.voip.yximgs.com/gifshow/",
      "open-push.voip.yximgs.com", 1935, "gifshow" },
    { "rtmp://ingest-as.wpstream.net/golive",
      "ingest-as.wpstream.net", 1935, "golive" },
    { "rtmp://ingest-eu1.live.lightcast.com/in",
      "ingest-eu1.live.lightcast.com", 1935, "in" },
    { "rtmps://stream.ams.irl.run/ingest",
      "stream.ams.irl.run", 443, "ingest" },
    { "rtmp://ovsu.mycdn.me/input/",
      "ovsu.mycdn.me", 1935, "input" },
    { "rtmp://rtmp.play.kakao.com/kakaotv",
      "rtmp.play.kakao.com", 1935, "kakaotv" },
    { "rtmp://amsterdam.restream.io/live",
      "amsterdam.restream.io", 1935, "live" },
    { "rtmp://ams-ingest.angelthump.com:1935/live",
      "ams-ingest.angelthump.com", 1935, "live" },
    { "rtmp://msk.goodgame.ru:1940/live",
      "msk.goodgame.ru", 1940, "live" },
    { "rtmps://bintu-stream.nanocosmos.de:1937/live",
      "bintu-stream.nanocosmos.de", 1937, "live" },
    { "rtmps://bkp.streamway.in:443/live",
      "bkp.streamway.in", 443, "live" },
    { "rtmp://bdy.live-push.bilivideo.com/live-bvc/",
      "bdy.live-push.bilivideo.com", 1935, "live-bvc" },
    { "rtmp://alpush.rtmp.nimo.tv/live/",
      "alpush.rtmp.nimo.tv", 1935, "live" },
    { "rtmps://rtmp-push.tiktok.com/live/",
      "rtmp-push.tiktok.com", 443, "live" },
    { "rtmp://liveorigin.dlive.nicovideo.jp/live/input",
      "liveorigin.dlive.nicovideo.jp", 1935, "live/input" },
    { "rtmp://a.station.openrec.tv:1935/live1",
      "a.station.openrec.tv", 1935, "live1" },
    { "rtmp://a.rtmp.youtube.com/live2",
      "a.rtmp.youtube.com", 1935, "live2" },
    { "rtmps://a.rtmps.youtube.com:443/live2",
      "a.rtmps.youtube.com", 443, "live2" },
    { "rtmp://b.rtmp.youtube.com/live2?backup=1",
      "b.rtmp.youtube.com", 1935, "live2?backup=1" },
    { "rtmps://b.rtmps.youtube.com:443/live2?backup=1",
      "b.rtmps.youtube.com", 443, "live2?backup=1" },
    { "rtmp://upload.rutube.ru/live_push/",
      "upload.rutube.ru", 1935, "live_push" },
    { "rtmp://live3.origins.web.tv/liveext",
      "live3.origins.web.tv", 1935, "liveext" },
    { "rtmp://lsm.sheeta.com:1935/lsm",
      "lsm.sheeta.com", 1935, "lsm" },
    { "rtmp://video.nfhsnetwork.com/manual",
      "video.nfhsnetwork.com", 1935, "manual" },
    { "rtmp://live.eplay.link/origin",
      "live.eplay.link", 1935, "origin" },
    { "rtmp://rtmp-iran.lahzecdn.com/pro",
      "rtmp-iran.lahzecdn.com", 1935, "pro" },
    { "rtmps://rtmp.global.cdn.vindral.com/publish",
      "rtmp.global.cdn.vindral.com", 443, "publish" },
    { "rtmp://publish.dailymotion.com/publish-dm",
      "publish.dailymotion.com", 1935, "publish-dm" },
    { "rtmp://rtmp-eu.loola.tv/push",
      "rtmp-eu.loola.tv", 1935, "push" },
    { "rtmp://global-rtmp.lip2.navercorp.com:8080/relay",
      "global-rtmp.lip2.navercorp.com", 8080, "relay" },
    { "rtmps://live-api-s.facebook.com:443/rtmp/",
      "live-api-s.facebook.com", 443, "rtmp" },
    { "rtmp://broadcast.api.video/s",
      "broadcast.api.video", 1935, "s" },
    { "rtmps://dc1-1.rtmp.t.me/s/",
      "dc1-1.rtmp.t.me", 443, "s" },
    { "rtmp://webcast.sermonaudio.com/sa",
      "webcast.sermonaudio.com", 1935, "sa" },
    { "rtmp://au.castr.io/static",
      "au.castr.io", 1935, "static" },
    { "rtmp://live-input.bitmovin.com/streams",
      "live-input.bitmovin.com", 1935, "streams" },
    { "rtmp://ingest.luzento.com/test",
      "ingest.luzento.com", 1935, "test" },
    { "rtmp://rtmp-auto.millicast.com:1935/v2/pub",
      "rtmp-auto.millicast.com", 1935, "v2/pub" },
    { "rtmps://rtmp-auto.millicast.com:443/v2/pub",
      "rtmp-auto.millicast.com", 443, "v2/pub" },
    { "rtmp://au.pscp.tv:80/x",
      "au.pscp.tv", 80, "x" },
    { "rtmps://au.pscp.tv:443/x",
      "au.pscp.tv", 443, "x" }
};


/* keys as platforms write them */

static const char  *keys[] = {
    "abcd-efgh-ijkl-mnop-qrst",
    "live_123456789_AbCdEf?bandwidthtest=true",
    "FB-1234567890-0-AbCdEf",
    "1234567890?ds=1&s_sw=0&s_vt=api-s&a=AbC",
    "-1001234567890:AbCd_EfGh",
    "sk_us-west-2_AbC_dEf",
    "x8abcde?auth=AbCd_1",
    "?streamname=live_1_2&key=0123abcd&schedule=rtmp&pflag=1",
    "stream?vhost=a.example&token=b%2fc$d#e",
    "KEY"
};


typedef struct {
    const char  *url;
    int          with_key;
    unsigned     port;
    const char  *host;
    const char  *user;
    const char  *password;
    const char  *app;
    const char  *key;
    const char  *redacted;
    const char  *tc_url;
} split_t;


static const split_t  splits[] = {

    { "rtmp://a.rtmp.youtube.com/live2/KEY", 1, 1935,
      "a.rtmp.youtube.com", "", "", "live2", "KEY",
      "rtmp://a.rtmp.youtube.com/live2", "rtmp://a.rtmp.youtube.com/live2" },

    { "rtmp://b.rtmp.youtube.com/live2?backup=1/KEY", 1, 1935,
      "b.rtmp.youtube.com", "", "", "live2?backup=1", "KEY",
      "rtmp://b.rtmp.youtube.com/live2",
      "rtmp://b.rtmp.youtube.com/live2?backup=1" },

    { "rtmps://a.rtmps.youtube.com:443/live2/KEY", 1, 443,
      "a.rtmps.youtube.com", "", "", "live2", "KEY",
      "rtmps://a.rtmps.youtube.com:443/live2",
      "rtmps://a.rtmps.youtube.com/live2" },

    { "rtmp://h/a/b/KEY", 1, 1935, "h", "", "", "a/b", "KEY",
      "rtmp://h/a/b", "rtmp://h/a/b" },

    { "rtmp://h:0080/x/k", 1, 80, "h", "", "", "x", "k",
      "rtmp://h:80/x", "rtmp://h:80/x" },

    { "rtmp://h/live/K?auth=a/b/c", 1, 1935, "h", "", "", "live",
      "K?auth=a/b/c", "rtmp://h/live", "rtmp://h/live" },

    { "rtmp://h/a/b?x=1/KEY", 1, 1935, "h", "", "", "a", "b?x=1/KEY",
      "rtmp://h/a", "rtmp://h/a" },

    { "rtmp://h/live-bvc/?streamname=a/b", 1, 1935, "h", "", "", "live-bvc",
      "?streamname=a/b", "rtmp://h/live-bvc", "rtmp://h/live-bvc" },

    { "rtmp://h//live//KEY", 1, 1935, "h", "", "", "live", "KEY",
      "rtmp://h/live", "rtmp://h/live" },

    { "rtmp://h/live?x=1/", 0, 1935, "h", "", "", "live?x=1", "",
      "rtmp://h/live", "rtmp://h/live?x=1" },

    { "rtmp://h/a/b/c?d/e#f", 0, 1935, "h", "", "", "a/b/c?d/e#f", "",
      "rtmp://h/a/b/c", "rtmp://h/a/b/c?d/e#f" },

    { "rtmp://h/a#b/c#d", 1, 1935, "h", "", "", "a#b", "c#d",
      "rtmp://h/a#b", "rtmp://h/a#b" },

    { "RtMpS://Host_1.Example/App/Key", 1, 443, "Host_1.Example", "", "", "App",
      "Key", "rtmps://Host_1.Example/App", "rtmps://Host_1.Example/App" },

    { "rtmp://user:pa:s@s%40@h:1936/live/k@y:z", 1, 1936, "h", "user",
      "pa:s@s%40", "live", "k@y:z", "rtmp://h:1936/live",
      "rtmp://h:1936/live" },

    { "rtmp://user@h/live/k", 1, 1935, "h", "user", "", "live", "k",
      "rtmp://h/live", "rtmp://h/live" },

    { "rtmp://h/live@home/k", 1, 1935, "h", "", "", "live@home", "k",
      "rtmp://h/live@home", "rtmp://h/live@home" },

    { "rtmp://[2001:db8::1]/live/k", 1, 1935, "2001:db8::1", "", "", "live",
      "k", "rtmp://[2001:db8::1]/live", "rtmp://[2001:db8::1]/live" },

    { "rtmps://u:p@[::ffff:192.0.2.1]:1443/live/k", 1, 1443,
      "::ffff:192.0.2.1", "u", "p", "live", "k",
      "rtmps://[::ffff:192.0.2.1]:1443/live",
      "rtmps://[::ffff:192.0.2.1]:1443/live" },

    { "rtmp://192.0.2.1:65535/live/k", 1, 65535, "192.0.2.1", "", "", "live",
      "k", "rtmp://192.0.2.1:65535/live", "rtmp://192.0.2.1:65535/live" },

    { "rtmp://h/$app/$name?$args", 1, 1935, "h", "", "", "$app", "$name?$args",
      "rtmp://h/$app", "rtmp://h/$app" },

    { "rtmp://h/\xc3\xa4/\xc3\xb6", 1, 1935, "h", "", "", "\xc3\xa4",
      "\xc3\xb6", "rtmp://h/\xc3\xa4", "rtmp://h/\xc3\xa4" }
};


static const struct {
    const char  *url;
    int          with_key;
    const char  *err;
} mistakes[] = {

    { "", 1, "scheme is not rtmp:// or rtmps://" },
    { "rtmp:/", 1, "scheme is not rtmp:// or rtmps://" },
    { "rtmp:/h/live/k", 1, "scheme is not rtmp:// or rtmps://" },
    { "http://h/live/k", 1, "scheme is not rtmp:// or rtmps://" },
    { "rtmpt://h/live/k", 1, "scheme is not rtmp:// or rtmps://" },
    { "h/live/k", 1, "scheme is not rtmp:// or rtmps://" },

    { "rtmp://h/live/k k", 1, "url contains a space or a control character" },
    { "rtmp://h/live/k\t", 1, "url contains a space or a control character" },
    { "rtmp://h/li\177ve/k", 1, "url contains a space or a control character" },
    { " rtmp://h/live/k", 1, "url contains a space or a control character" },

    { "rtmp://", 1, "no host" },
    { "rtmp:///live/k", 1, "no host" },
    { "rtmp://:1935/live/k", 1, "no host" },
    { "rtmp://user@/live/k", 1, "no host" },
    { "rtmp://@h/live/k", 1, "no user before \"@\"" },
    { "rtmp://:secret@h/live/k", 1, "no user before \"@\"" },

    { "rtmp://h?x/live/k", 1, "invalid character in host" },
    { "rtmp://h%41/live/k", 1, "invalid character in host" },
    { "rtmp://$name/live/k", 1, "invalid character in host" },
    { "rtmp://h\xc3\xa4/live/k", 1, "invalid character in host" },

    { "rtmp://[::1/live/k", 1, "no \"]\" after the IPv6 address" },
    { "rtmp://[]/live/k", 1, "invalid IPv6 address" },
    { "rtmp://[fe80::1%eth0]/live/k", 1, "invalid IPv6 address" },
    { "rtmp://[1:2:3]/live/k", 1, "invalid IPv6 address" },
    { "rtmp://[192.0.2.1]/live/k", 1, "invalid IPv6 address" },
    { "rtmp://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]/live/k", 1,
      "invalid IPv6 address" },
    { "rtmp://[::1]1935/live/k", 1, "invalid port" },
    { "rtmp://[::1]:1:2/live/k", 1, "invalid port" },
    { "rtmp://2001:db8::1/live/k", 1,
      "invalid port: an IPv6 address stands in brackets" },

    { "rtmp://h:/live/k", 1, "invalid port" },
    { "rtmp://h:0/live/k", 1, "invalid port" },
    { "rtmp://h:65536/live/k", 1, "invalid port" },
    { "rtmp://h:4294968231/live/k", 1, "invalid port" },
    { "rtmp://h:99999999999999999999/live/k", 1, "invalid port" },
    { "rtmp://h:-1/live/k", 1, "invalid port" },
    { "rtmp://h:19x5/live/k", 1, "invalid port" },

    { "rtmp://h", 1, "no application after the host" },
    { "rtmp://h/", 1, "no application after the host" },
    { "rtmp://h", 0, "no application after the host" },
    { "rtmp://h///", 0, "no application after the host" },
    { "rtmp://h/?x=1", 0, "no application after the host" },
    { "rtmp://h/?x=1/k", 1, "no application after the host" },

    { "rtmp://h/live", 1, "no stream key at the end" },
    { "rtmp://h/live/", 1, "no stream key at the end" },
    { "rtmp://h/live/a/", 1, "no stream key at the end" },
    { "rtmp://h/live?x=1", 1, "no stream key at the end" },
    { "rtmp://h/live?x=1/", 1, "no stream key at the end" }
};


#define is_str(str, want, ...)                                                \
    is_mem((str).data, (str).len, want, strlen(want), __VA_ARGS__)


/* in memory of exactly its size, so that a read past the end is a report */

static restream_str_t
counted(const char *s)
{
    restream_str_t  str;

    str.len = strlen(s);
    str.data = malloc(str.len);
    memcpy(str.data, s, str.len);

    return str;
}


static int
parse(restream_url_t *u, restream_str_t text, int with_key)
{
    const char  *err;

    if (restream_url_parse(u, text, with_key, &err) == RESTREAM_OK) {
        return 1;
    }

    return ok(0, "%.*s: %s", (int) text.len, text.data, err);
}


static void
test_servers(void)
{
    char             url[1024];
    size_t           i, k, len;
    restream_str_t   text;
    restream_url_t   u;
    const server_t  *s;

    for (i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
        s = &servers[i];
        text = counted(s->url);

        if (parse(&u, text, 0)) {
            is_str(u.host, s->host, "host of %s", s->url);
            is_str(u.app, s->app, "app of %s", s->url);
            ok(u.port == s->port && u.tls == (s->url[4] == 's')
               && u.key.len == 0 && u.user.len == 0, "port of %s", s->url);
        }

        free(text.data);

        for (k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {

            /* a key that is all query needs the slash before the query */

            if (strchr(s->app, '?') && keys[k][0] == '?') {
                continue;
            }

            len = strlen(s->url);
            snprintf(url, sizeof(url), "%s%s%s", s->url,
                     s->url[len - 1] == '/' ? "" : "/", keys[k]);

            text = counted(url);

            if (parse(&u, text, 1)) {
                ok(u.app.len == strlen(s->app)
                   && memcmp(u.app.data, s->app, u.app.len) == 0
                   && u.key.len == strlen(keys[k])
                   && memcmp(u.key.data, keys[k], u.key.len) == 0,
                   "app and key of %s", url);
            }

            free(text.data);
        }
    }
}


static void
test_splits(void)
{
    size_t           i, n;
    uint8_t          out[256];
    restream_str_t   text;
    restream_url_t   u;
    const split_t   *s;

    for (i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
        s = &splits[i];
        text = counted(s->url);

        if (parse(&u, text, s->with_key)) {
            is_str(u.host, s->host, "host of %s", s->url);
            is_str(u.user, s->user, "user of %s", s->url);
            is_str(u.password, s->password, "password of %s", s->url);
            is_str(u.app, s->app, "app of %s", s->url);
            is_str(u.key, s->key, "key of %s", s->url);
            is_uint(u.port, s->port, "port of %s", s->url);

            n = restream_url_redact(&u, out, sizeof(out));
            is_mem(out, n, s->redacted, strlen(s->redacted), "%s redacted",
                   s->url);
            n = restream_url_tc_url(&u, out, sizeof(out));
            is_mem(out, n, s->tc_url, strlen(s->tc_url), "tcUrl of %s", s->url);
        }

        free(text.data);
    }
}


static void
test_mistakes(void)
{
    size_t           i;
    const char      *err;
    restream_str_t   text;
    restream_url_t   u;

    for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        text = counted(mistakes[i].url);

        if (ok(restream_url_parse(&u, text, mistakes[i].with_key, &err)
               == RESTREAM_ERROR, "\"%s\" is refused", mistakes[i].url))
        {
            is_mem(err, strlen(err), mistakes[i].err, strlen(mistakes[i].err),
                   "%s", mistakes[i].err);
        }

        free(text.data);
    }
}


static void
test_limits(void)
{
    size_t           i, n, fit;
    char             url[RESTREAM_URL_MAX + 2];
    const char      *err;
    restream_str_t   text;
    restream_url_t   u;

    memcpy(url, "rtmp://h/live2/k", 16);

    for (i = 16; i < sizeof(url); i++) {
        url[i] = "?&=$%/"[i % 6];
    }

    url[16] = '?';
    text.data = (uint8_t *) url;
    fit = 0;

    for (n = 1; n <= RESTREAM_URL_KEY_MAX; n++) {
        text.len = 15 + n;

        fit += restream_url_parse(&u, text, 1, &err) == RESTREAM_OK
               && u.key.len == n && u.key.data == text.data + 15
               && u.app.len == 5 && memcmp(u.app.data, "live2", 5) == 0;
    }

    is_uint(fit, RESTREAM_URL_KEY_MAX, "keys of 1 to 2048 bytes of any kind");

    text.len = 15 + n;
    ok(restream_url_parse(&u, text, 1, &err) == RESTREAM_ERROR
       && strcmp(err, "stream key is longer than 2048 bytes") == 0,
       "a key of 2049 bytes is refused");

    text.len = RESTREAM_URL_MAX;
    ok(restream_url_parse(&u, text, 0, &err) == RESTREAM_OK,
       "a url of 4096 bytes");

    text.len = RESTREAM_URL_MAX + 1;
    ok(restream_url_parse(&u, text, 0, &err) == RESTREAM_ERROR
       && strcmp(err, "url is longer than 4096 bytes") == 0,
       "a url of 4097 bytes is refused");

    memcpy(url, "rtmp://", 7);
    memset(url + 7, 'h', 254);
    memcpy(url + 7 + 253, "/live", 5);
    text.len = 7 + 253 + 5;
    ok(restream_url_parse(&u, text, 0, &err) == RESTREAM_OK,
       "a host of 253 bytes");

    url[7 + 253] = 'h';
    ok(restream_url_parse(&u, text, 0, &err) == RESTREAM_ERROR
       && strcmp(err, "host is longer than 253 bytes") == 0,
       "a longer host is refused");
}


int
main(void)
{
    test_servers();
    test_splits();
    test_mistakes();
    test_limits();

    return done_testing();
}
