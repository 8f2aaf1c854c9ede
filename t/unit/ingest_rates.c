/*
 * Rates that are measured of steady, jittering, stalled and jumping streams.
 */

#include "ingest.h"


/*
 * Plays from *t on for so many seconds, with a report at the end of each:
 * num/den frames a second of that size, a key frame every gop; audio every
 * 20 ms.  speed: the clock of the publisher to ours, in percent.
 */

typedef struct {
    uint32_t   num;
    uint32_t   den;
    size_t     size;
    uint32_t   gop;             /* frames; 0: none */
    unsigned   speed;
    unsigned   jitter;          /* ms that a frame comes late, at most */
} play_t;


static void
play(const play_t *p, uint64_t *t, unsigned seconds)
{
    uint32_t   timestamp;
    uint64_t   now, end, due, last, frame, sound;

    frame = *t * p->num / p->den / 1000;
    sound = *t / 20;
    end = *t + seconds * 1000;

    for (now = *t + 1; now <= end; now++) {

        for ( ;; ) {
            last = frame * 1000 * p->den / p->num;
            due = last + (p->jitter ? frame * 7919 % p->jitter : 0);

            if (due * 100 > now * p->speed) {
                break;
            }

            timestamp = (uint32_t) last;

            feed_frame(V, timestamp, p->gop && frame % p->gop == 0 ? "\x17\1"
                                                                  : "\x27\1",
                       2, p->size);
            frame++;
        }

        for ( /* void */ ; sound * 2000 <= now * p->speed; sound++) {
            feed_frame(A, (uint32_t) (sound * 20), bytes("\xaf\1"), 400);
        }

        if (now % 1000 == 0) {
            report(now);
        }
    }

    *t = end;
}


static void
test_rates(void)
{
    size_t    i;
    char      name[64];
    uint64_t  t;

    static const play_t  steady[] = {
        { 30, 1, 25000, 60, 100, 0 },
        { 30000, 1001, 25000, 60, 100, 30 },
        { 24000, 1001, 25000, 60, 100, 30 },
        { 60, 1, 12500, 60, 100, 200 },
        { 25, 1, 25000, 50, 99, 100 },
        { 1, 1, 65536, 2, 100, 0 }
    };

    for (i = 0; i < sizeof(steady) / sizeof(steady[0]); i++) {
        restream_ingest_init(&in);
        t = 0;

        snprintf(name, sizeof(name), "%u/%u frames a second, %u ms of jitter",
                 steady[i].num, steady[i].den, steady[i].jitter);

        play(&steady[i], &t, 1);
        ok(got.video.fps == UNKNOWN && got.audio.bitrate == UNKNOWN,
           "%s: nothing in the first second", name);

        play(&steady[i], &t, 6);
        check_rates((uint32_t) (1000ull * steady[i].num / steady[i].den),
                    (uint32_t) (steady[i].size * 8ull * steady[i].num
                                / steady[i].den / 1000),
                    160, name);
    }
}


static void
test_second_report(void)
{
    uint64_t  t;

    static const play_t  p = { 30, 1, 25000, 60, 100, 0 };

    restream_ingest_init(&in);
    t = 0;

    play(&p, &t, 2);
    check_rates(30000, 6000, 160, "after two seconds");

    report(t + 1);
    report(t + 2);
    check_rates(30000, 6000, 160, "reports without end");

    for (t = 2100; t <= 5500; t += 100) {
        feed_frame(V, (uint32_t) t, bytes("\x27\1"), 1000);
        report(t);
    }

    near(got.video.fps, 14500, 200, "and the window is as long, is %u",
         got.video.fps);
}


static void
test_stall(void)
{
    uint64_t  t;
    uint32_t  fps, kbps;
    unsigned  i, falling;

    static const play_t  p = { 30, 1, 25000, 60, 100, 0 };

    restream_ingest_init(&in);
    t = 0;

    play(&p, &t, 10);
    check_rates(30000, 6000, 160, "before a stall");

    falling = 1;
    fps = got.video.fps;
    kbps = got.audio.bitrate;

    for (i = 0; i < 4; i++) {
        t += 1000;
        report(t);
        falling &= got.video.fps < fps && got.audio.bitrate < kbps;
        fps = got.video.fps;
        kbps = got.audio.bitrate;
    }

    ok(falling, "a stall shows as falling numbers");
    near(fps, 6000, 100, "a second is left after four, is %u", fps);

    report(t + 1000);
    check_rates(0, 0, 0, "after five seconds nothing");
    check_video(RESTREAM_CODEC_AVC, 0, 0, NULL, "but the codec");

    t += 1000;
    play(&p, &t, 6);
    check_rates(30000, 6000, 160, "after it");
}


static void
test_clock(void)
{
    uint64_t  t;
    unsigned  i;

    static const play_t  p = { 30, 1, 25000, 60, 100, 0 };
    static const play_t  fast = { 30, 1, 25000, 60, 400, 0 };
    static const play_t  slow = { 30, 1, 25000, 60, 50, 0 };
    static const play_t  late = { 30, 1, 25000, 60, 108, 0 };

    restream_ingest_init(&in);
    t = 0;
    play(&fast, &t, 8);
    check_rates(120000, 24000, 640, "four times as fast as it should");

    restream_ingest_init(&in);
    t = 0;
    play(&slow, &t, 8);
    check_rates(15000, 3000, 80, "half as fast");

    restream_ingest_init(&in);
    t = 0;
    play(&late, &t, 8);
    check_rates(30000, 6000, 160, "catching up a little");

    /* a jump of the publisher's clock, in the middle of a window */

    for (i = 0; i < 2; i++) {
        restream_ingest_init(&in);
        t = 0;
        play(&p, &t, 6);

        feed_frame(V, i ? 5 : 1u << 30, bytes("\x27\1"), 1000);
        report(7000);
        near(got.video.fps, 24000, 200, "a clock that jumped %s, is %u",
             i ? "back" : "ahead", got.video.fps);
    }

    /* over 2^32 */

    restream_ingest_init(&in);

    for (i = 0; i <= 250; i++) {
        feed_frame(V, 0xffffffff - 5000 + i * 40,
                   i % 50 ? "\x27\1" : "\x17\1", 2, 1000);

        if (i % 25 == 0) {
            report(i * 40);
        }
    }

    near(got.video.fps, 25000, 5, "the timestamps' wrap, is %u",
         got.video.fps);
    is_uint(got.video.key_interval, 2000, "key frames over it");
}


int
main(void)
{
    test_rates();
    test_second_report();
    test_stall();
    test_clock();

    return done_testing();
}
