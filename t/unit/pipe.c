/*
 * The messages between a worker and its audio filter: what is put is what is
 * got, in any split; what is wrong in size, type, version or direction is an
 * error.
 */

#include "test.h"

#include "lib/restream_pipe.h"

#include <string.h>


#define TO    RESTREAM_PIPE_TO_FILTER
#define FROM  RESTREAM_PIPE_FROM_FILTER
#define DTS   0x030405060708u


static int
read_one(restream_pipe_reader_t *r, restream_pipe_direction_e direction,
    const uint8_t *data, size_t size, restream_pipe_msg_t *msg)
{
    restream_pipe_reader_init(r, direction);

    return restream_pipe_read(r, &data, data + size, msg);
}


static void
test_bytes(void)
{
    uint8_t                 data[64];
    restream_buf_t          b;
    restream_pipe_config_t  config;

    static const uint8_t  expected[] = {
        'r', 'p', 1, 1, 0, 0, 0, 9, 0, 0, 3, 4, 5, 6, 7, 8,
        0, 1, 0xf4, 0, 0, 0, 0xac, 0x44, 2
    };

    config.bitrate = 128000;
    config.rate = 44100;
    config.channels = 2;

    restream_buf_init(&b, data, sizeof(data));
    restream_pipe_put_config(&b, DTS, &config);

    is_mem(data, b.last - data, expected, sizeof(expected),
           "CONFIG, byte by byte");
}


static void
test_config(void)
{
    int                     rc;
    uint8_t                 data[64];
    restream_buf_t          b;
    restream_pipe_msg_t     msg;
    restream_pipe_config_t  config, got;
    restream_pipe_reader_t  r;

    memset(&config, 0, sizeof(config));
    memset(&got, 0, sizeof(got));
    config.bitrate = 96000;
    config.channels = 1;

    restream_buf_init(&b, data, sizeof(data));
    restream_pipe_put_config(&b, DTS, &config);
    ok(b.last - data <= RESTREAM_PIPE_CONTROL_MAX, "CONFIG has its size");

    rc = read_one(&r, TO, data, b.last - data, &msg);
    is_uint(rc, RESTREAM_DONE, "CONFIG is read");
    ok(msg.type == RESTREAM_PIPE_CONFIG && msg.dts == DTS, "with its dts");

    is_uint(restream_pipe_get_config(&msg, &got), RESTREAM_OK, "got");
    is_mem(&got, sizeof(got), &config, sizeof(config), "the same");

    restream_pipe_reader_cleanup(&r);
}


static void
test_output(void)
{
    int                     rc;
    uint8_t                 data[64];
    restream_buf_t          b;
    restream_pipe_msg_t     msg;
    restream_pipe_output_t  output, got;
    restream_pipe_reader_t  r;

    memset(&output, 0, sizeof(output));
    memset(&got, 0, sizeof(got));
    output.rate = 48000;
    output.channels = 2;
    output.asc_len = 2;
    output.asc[0] = 0x11;
    output.asc[1] = 0x90;

    restream_buf_init(&b, data, sizeof(data));
    restream_pipe_put_output(&b, 0, &output);
    ok(b.last - data <= RESTREAM_PIPE_CONTROL_MAX, "OUTPUT has its size");

    rc = read_one(&r, FROM, data, b.last - data, &msg);
    is_uint(rc, RESTREAM_DONE, "OUTPUT is read");
    is_uint(restream_pipe_get_output(&msg, &got), RESTREAM_OK, "got");
    is_mem(&got, sizeof(got), &output, sizeof(output), "the same");

    restream_pipe_reader_cleanup(&r);
}


static void
test_input(void)
{
    int                     rc;
    uint8_t                 data[64];
    restream_buf_t          b;
    restream_pipe_msg_t     msg;
    restream_pipe_input_t   input, got;
    restream_pipe_reader_t  r;

    memset(&input, 0, sizeof(input));
    memset(&got, 0, sizeof(got));
    input.codec = 0x4f707573;
    input.rate = 48000;
    input.channels = 6;

    restream_buf_init(&b, data, sizeof(data));
    restream_pipe_put_input(&b, 7, &input);
    ok(b.last - data <= RESTREAM_PIPE_CONTROL_MAX, "INPUT has its size");

    rc = read_one(&r, FROM, data, b.last - data, &msg);
    is_uint(rc, RESTREAM_DONE, "INPUT is read");
    is_uint(restream_pipe_get_input(&msg, &got), RESTREAM_OK, "got");
    is_mem(&got, sizeof(got), &input, sizeof(input), "the same");

    restream_pipe_reader_cleanup(&r);
}


static void
test_stats(void)
{
    int                     rc;
    uint8_t                 data[64];
    restream_buf_t          b;
    restream_pipe_msg_t     msg;
    restream_pipe_stats_t   stats, got;
    restream_pipe_reader_t  r;

    memset(&stats, 0, sizeof(stats));
    memset(&got, 0, sizeof(got));
    stats.cpu_ms = (uint64_t) 1 << 40;
    stats.silence_ms = 3;
    stats.errors = 4;
    stats.drift_ms = -5;
    stats.rate_ppm = -5000;

    restream_buf_init(&b, data, sizeof(data));
    restream_pipe_put_stats(&b, 7, &stats);
    ok(b.last - data <= RESTREAM_PIPE_CONTROL_MAX, "STATS has its size");

    rc = read_one(&r, FROM, data, b.last - data, &msg);
    is_uint(rc, RESTREAM_DONE, "STATS is read");
    is_uint(restream_pipe_get_stats(&msg, &got), RESTREAM_OK, "got");
    is_mem(&got, sizeof(got), &stats, sizeof(stats),
           "the same, negative numbers, too");

    restream_pipe_reader_cleanup(&r);
}


static void
test_text(void)
{
    int                     rc;
    char                    text[RESTREAM_PIPE_TEXT_MAX + 50];
    uint8_t                 data[512];
    restream_buf_t          b;
    restream_pipe_msg_t     msg;
    restream_pipe_error_t   error;
    restream_pipe_reader_t  r;

    restream_buf_init(&b, data, sizeof(data));
    restream_pipe_put_error(&b, 7, RESTREAM_PIPE_ERR_CODEC, "a\nb\x80");
    rc = read_one(&r, FROM, data, b.last - data, &msg);
    is_uint(rc, RESTREAM_DONE, "ERROR is read");
    is_uint(restream_pipe_get_error(&msg, &error), RESTREAM_OK, "got");
    is_uint(error.code, RESTREAM_PIPE_ERR_CODEC, "its code");
    is_mem(error.text, error.len, "a?b?", 4, "its text can be shown");
    restream_pipe_reader_cleanup(&r);

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';

    restream_buf_init(&b, data, sizeof(data));
    restream_pipe_put_error(&b, 0, RESTREAM_PIPE_ERR_DECODE, text);
    rc = read_one(&r, FROM, data, b.last - data, &msg);
    is_uint(rc, RESTREAM_DONE, "a long text is read");
    (void) restream_pipe_get_error(&msg, &error);
    is_uint(error.len, RESTREAM_PIPE_TEXT_MAX, "cut");
    restream_pipe_reader_cleanup(&r);

    data[RESTREAM_PIPE_HEADER + 1] = 27;

    rc = read_one(&r, FROM, data, b.last - data, &msg);
    is_uint(rc, RESTREAM_DONE, "one with an escape in it is read");
    is_uint(restream_pipe_get_error(&msg, &error), RESTREAM_ERROR,
            "and not shown");
    restream_pipe_reader_cleanup(&r);
}


static void
test_splits(void)
{
    int                     rc;
    size_t                  n, size, step;
    uint8_t                 data[256];
    const uint8_t          *p;
    restream_buf_t          b;
    restream_pipe_msg_t     msg;
    restream_pipe_reader_t  r;

    restream_buf_init(&b, data, sizeof(data));
    restream_pipe_put_header(&b, RESTREAM_PIPE_AUDIO, 1, 100);

    for (n = 0; n < 100; n++) {
        restream_buf_put8(&b, (uint8_t) n);
    }

    restream_pipe_put_header(&b, RESTREAM_PIPE_CLOCK, 2, 0);
    restream_pipe_put_header(&b, RESTREAM_PIPE_AUDIO, 3, 0);
    size = b.last - data;

    for (step = 1; step <= size; step++) {
        restream_pipe_reader_init(&r, TO);
        rc = RESTREAM_AGAIN;

        for (n = 0, p = data; p < data + size; ) {
            const uint8_t  *last = p + step;

            if (last > data + size) {
                last = data + size;
            }

            while ((rc = restream_pipe_read(&r, &p, last, &msg))
                   == RESTREAM_DONE)
            {
                n += msg.dts;

                if (msg.size && (msg.data[0] != 0 || msg.data[99] != 99)) {
                    n += 100;
                }
            }
        }

        if (n != 1 + 2 + 3 || rc != RESTREAM_AGAIN
            || !restream_pipe_at_end(&r))
        {
            restream_pipe_reader_cleanup(&r);
            break;
        }

        restream_pipe_reader_cleanup(&r);
    }

    is_uint(step, size + 1, "any split of three messages gives them");

    p = data;
    restream_pipe_reader_init(&r, TO);
    is_uint(restream_pipe_read(&r, &p, data + 50, &msg), RESTREAM_AGAIN,
            "half of a message");
    is_uint(restream_pipe_at_end(&r), 0, "is no end");
    restream_pipe_reader_cleanup(&r);
    restream_pipe_reader_cleanup(&r);
    is_uint(restream_pipe_at_end(&r), 1, "cleaned up, twice");
}


static void
test_wrong(void)
{
    int                     rc;
    size_t                  i;
    uint8_t                 data[64];
    restream_buf_t          b;
    restream_pipe_msg_t     msg;
    restream_pipe_reader_t  r;

    static const struct {
        uint8_t       type;
        uint8_t       direction;
        uint32_t      size;
        const char   *name;
    } wrong[] = {
        { 0, TO, 0, "no type" },
        { 7, TO, 0, "an unknown type" },
        { 255, FROM, 0, "the last type" },
        { RESTREAM_PIPE_CONFIG, TO, 8, "a short CONFIG" },
        { RESTREAM_PIPE_CONFIG, TO, 10, "a long CONFIG" },
        { RESTREAM_PIPE_AUDIO, TO, RESTREAM_PIPE_AUDIO_MAX + 1,
          "too much audio" },
        { RESTREAM_PIPE_AUDIO, TO, 0xffffffff, "as much as can be told" },
        { RESTREAM_PIPE_CLOCK, TO, 1, "a CLOCK with a payload" },
        { RESTREAM_PIPE_FRAME, TO, 1, "a FRAME the wrong way" },
        { RESTREAM_PIPE_AUDIO, FROM, 1, "AUDIO the wrong way" },
        { RESTREAM_PIPE_FRAME, FROM, 0, "an empty FRAME" },
        { RESTREAM_PIPE_FRAME, FROM, RESTREAM_PIPE_ANSWER_MAX + 1,
          "too large a FRAME" },
        { RESTREAM_PIPE_OUTPUT, FROM, 5, "an OUTPUT without its config" },
        { RESTREAM_PIPE_OUTPUT, FROM, 14, "an OUTPUT with too much of it" },
        { RESTREAM_PIPE_ERROR, FROM, 202, "too long an ERROR" },
        { RESTREAM_PIPE_STATS, FROM, 27, "short STATS" }
    };

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        restream_buf_init(&b, data, sizeof(data));
        restream_pipe_put_header(&b, wrong[i].type, 0, wrong[i].size);

        rc = read_one(&r, wrong[i].direction, data, b.last - data, &msg);

        ok(rc == RESTREAM_ERROR && r.err != NULL, "%s", wrong[i].name);
        restream_pipe_reader_cleanup(&r);
    }
}


static void
test_limits(void)
{
    int                     rc;
    size_t                  i;
    uint8_t                 data[64];
    restream_buf_t          b;
    restream_pipe_msg_t     msg;
    restream_pipe_reader_t  r;

    for (i = 0; i < 3; i++) {
        restream_buf_init(&b, data, sizeof(data));
        restream_pipe_put_header(&b, RESTREAM_PIPE_CLOCK, 0, 0);
        data[i]++;

        rc = read_one(&r, TO, data, b.last - data, &msg);
        is_uint(rc, RESTREAM_ERROR, "another byte %zu", i);
        restream_pipe_reader_cleanup(&r);
    }

    restream_buf_init(&b, data, sizeof(data));
    restream_pipe_put_header(&b, RESTREAM_PIPE_CLOCK, RESTREAM_PIPE_DTS_MAX, 0);
    rc = read_one(&r, TO, data, b.last - data, &msg);
    is_uint(rc, RESTREAM_DONE, "the last ms there is");
    restream_pipe_reader_cleanup(&r);

    restream_buf_init(&b, data, sizeof(data));
    restream_pipe_put_header(&b, RESTREAM_PIPE_CLOCK,
                             RESTREAM_PIPE_DTS_MAX + 1, 0);
    rc = read_one(&r, TO, data, b.last - data, &msg);
    is_uint(rc, RESTREAM_ERROR, "and the one behind it");
    restream_pipe_reader_cleanup(&r);

    /* of the right size, but not within its limits */

    memset(data, 0, sizeof(data));
    msg.data = data;
    msg.size = 9;
    data[8] = 3;

    ok(restream_pipe_get_config(&msg, &(restream_pipe_config_t) { 0 })
       == RESTREAM_ERROR, "three channels are no CONFIG");

    msg.size = 7;
    ok(restream_pipe_get_output(&msg, &(restream_pipe_output_t) { 0 })
       == RESTREAM_ERROR, "no rate is no OUTPUT");
}


static void
test_largest(void)
{
    int                     rc;
    uint8_t                 data[RESTREAM_PIPE_HEADER];
    uint8_t                 part[4096];
    uint32_t                left;
    const uint8_t          *p;
    restream_buf_t          b;
    restream_pipe_msg_t     msg;
    restream_pipe_reader_t  r;

    memset(part, 0xa5, sizeof(part));
    restream_buf_init(&b, data, sizeof(data));
    restream_pipe_put_header(&b, RESTREAM_PIPE_AUDIO, 9,
                             RESTREAM_PIPE_AUDIO_MAX);
    rc = read_one(&r, TO, data, sizeof(data), &msg);

    for (left = RESTREAM_PIPE_AUDIO_MAX; left; left -= sizeof(part)) {
        p = part;
        rc = restream_pipe_read(&r, &p, part + sizeof(part), &msg);
    }

    ok(rc == RESTREAM_DONE && msg.size == RESTREAM_PIPE_AUDIO_MAX,
       "the largest message is read");
    restream_pipe_reader_cleanup(&r);
}


int
main(void)
{
    test_bytes();
    test_config();
    test_output();
    test_input();
    test_stats();
    test_text();
    test_splits();
    test_wrong();
    test_limits();
    test_largest();

    return done_testing();
}
