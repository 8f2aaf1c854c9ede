/*
 * Messages between a worker and its audio filter, both directions: whatever
 * the bytes are, the messages that come of them do not depend on how they are
 * split, what is in them is within its limits, and what can be put again is
 * the same bytes.
 */

#include "lib/restream_pipe.h"

#include <stdlib.h>
#include <string.h>


#define check(cond)  if (!(cond)) { abort(); }


typedef struct {
    uint64_t      hash;         /* over all messages */
    size_t        taken;        /* bytes */
    const char   *err;
    unsigned      end:1;
} outcome_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_split(restream_pipe_direction_e direction,
    const uint8_t *data, size_t size, uint32_t seed, outcome_t *out);
static size_t piece_size(uint32_t *seed, size_t left);
static void check_message(restream_pipe_direction_e direction,
    const restream_pipe_msg_t *msg);
static size_t put_again(const restream_pipe_msg_t *msg, uint8_t *data,
    size_t size);
static void add_bytes(outcome_t *out, const void *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t                   seed;
    outcome_t                  whole, split;
    restream_pipe_direction_e  direction;

    for (direction = RESTREAM_PIPE_TO_FILTER;
         direction <= RESTREAM_PIPE_FROM_FILTER;
         direction++)
    {
        read_split(direction, data, size, 0, &whole);

        for (seed = 1; seed <= 2; seed++) {
            read_split(direction, data, size, seed, &split);

            check(split.hash == whole.hash);
            check(split.taken == whole.taken);
            check(split.err == whole.err);
            check(split.end == whole.end);
        }
    }

    return 0;
}


static void
read_split(restream_pipe_direction_e direction, const uint8_t *data,
    size_t size, uint32_t seed, outcome_t *out)
{
    int                     rc;
    size_t                  n, pos;
    const uint8_t          *p;
    restream_pipe_msg_t     msg;
    restream_pipe_reader_t  r;

    memset(out, 0, sizeof(outcome_t));
    out->hash = 14695981039346656037u;

    restream_pipe_reader_init(&r, direction);

    rc = RESTREAM_AGAIN;

    for (pos = 0; pos < size && rc != RESTREAM_ERROR; pos += n) {
        n = piece_size(&seed, size - pos);
        p = data + pos;

        while ((rc = restream_pipe_read(&r, &p, data + pos + n, &msg))
               == RESTREAM_DONE)
        {
            check_message(direction, &msg);

            add_bytes(out, &msg.dts, sizeof(msg.dts));
            add_bytes(out, &msg.type, sizeof(msg.type));
            add_bytes(out, msg.data, msg.size);
        }

        out->taken = p - data;

        check(rc == RESTREAM_ERROR ? r.err != NULL : out->taken == pos + n);
    }

    out->err = r.err;
    out->end = restream_pipe_at_end(&r) ? 1 : 0;

    restream_pipe_reader_cleanup(&r);
}


/* seed 0: all that is left; 1: a byte; else now this, now that */

static size_t
piece_size(uint32_t *seed, size_t left)
{
    size_t  n;

    if (*seed < 2) {
        return *seed ? 1 : left;
    }

    *seed = *seed * 1664525 + 1013904223;
    *seed |= 2;

    n = 1 + (*seed >> 8) % ((*seed >> 28) ? 9 : 500);

    return (n < left) ? n : left;
}


static void
check_message(restream_pipe_direction_e direction,
    const restream_pipe_msg_t *msg)
{
    size_t   size;
    uint8_t  data[RESTREAM_PIPE_CONTROL_MAX + RESTREAM_PIPE_TEXT_MAX];

    check(msg->data != NULL);
    check((msg->type >= RESTREAM_PIPE_OUTPUT)
          == (direction == RESTREAM_PIPE_FROM_FILTER));
    check(msg->size <= (direction == RESTREAM_PIPE_TO_FILTER
                        ? RESTREAM_PIPE_AUDIO_MAX : RESTREAM_PIPE_ANSWER_MAX));

    size = put_again(msg, data, sizeof(data));

    if (size) {
        check(size == RESTREAM_PIPE_HEADER + msg->size);
        check(memcmp(data + RESTREAM_PIPE_HEADER, msg->data, msg->size) == 0);
    }
}


/* 0: nothing that is put whole, or not within its limits */

static size_t
put_again(const restream_pipe_msg_t *msg, uint8_t *data, size_t size)
{
    char                    text[RESTREAM_PIPE_TEXT_MAX + 1];
    restream_buf_t          b;
    restream_pipe_stats_t   stats;
    restream_pipe_input_t   input;
    restream_pipe_error_t   error;
    restream_pipe_config_t  config;
    restream_pipe_output_t  output;

    restream_buf_init(&b, data, size);

    switch (msg->type) {

    case RESTREAM_PIPE_CONFIG:
        if (restream_pipe_get_config(msg, &config) == RESTREAM_OK) {
            check(config.channels <= 2);
            restream_pipe_put_config(&b, msg->dts, &config);
        }

        break;

    case RESTREAM_PIPE_OUTPUT:
        if (restream_pipe_get_output(msg, &output) == RESTREAM_OK) {
            check(output.rate && output.channels && output.channels <= 2);
            check(output.asc_len && output.asc_len <= RESTREAM_PIPE_ASC_MAX);
            restream_pipe_put_output(&b, msg->dts, &output);
        }

        break;

    case RESTREAM_PIPE_INPUT:
        check(restream_pipe_get_input(msg, &input) == RESTREAM_OK);
        restream_pipe_put_input(&b, msg->dts, &input);
        break;

    case RESTREAM_PIPE_STATS:
        check(restream_pipe_get_stats(msg, &stats) == RESTREAM_OK);
        restream_pipe_put_stats(&b, msg->dts, &stats);
        break;

    case RESTREAM_PIPE_ERROR:
        if (restream_pipe_get_error(msg, &error) == RESTREAM_OK) {
            memcpy(text, error.text, error.len);
            text[error.len] = '\0';
            restream_pipe_put_error(&b, msg->dts, error.code, text);
        }

        break;
    }

    check(!b.overflow);

    return b.last - b.start;
}


/* FNV-1a */

static void
add_bytes(outcome_t *out, const void *data, size_t size)
{
    size_t          i;
    const uint8_t  *p;

    p = data;

    for (i = 0; i < size; i++) {
        out->hash ^= p[i];
        out->hash *= 1099511628211u;
    }
}
