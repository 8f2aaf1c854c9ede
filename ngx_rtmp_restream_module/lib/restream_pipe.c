/*
 * Messages between a worker and its audio filter: the reader, and what is in
 * each of them.
 */

#include "restream_pipe.h"

#include <stdlib.h>
#include <string.h>


#define RESTREAM_PIPE_MAGIC         0x7270

#define RESTREAM_PIPE_CONFIG_SIZE   9
#define RESTREAM_PIPE_OUTPUT_SIZE   5           /* and the config */
#define RESTREAM_PIPE_INPUT_SIZE    9
#define RESTREAM_PIPE_STATS_SIZE    28
#define RESTREAM_PIPE_ERROR_SIZE    1           /* and the text */


typedef struct {
    uint8_t    type;
    uint8_t    direction;       /* restream_pipe_direction_e */
    uint32_t   min;             /* bytes of payload */
    uint32_t   max;
} restream_pipe_limit_t;


static int restream_pipe_begin(restream_pipe_reader_t *r);
static const restream_pipe_limit_t *restream_pipe_limit(
    restream_pipe_direction_e direction, uint8_t type);
static int restream_pipe_error(restream_pipe_reader_t *r, const char *err);
static int restream_pipe_is_printable(char c);


static const restream_pipe_limit_t  restream_pipe_limits[] = {

    { RESTREAM_PIPE_CONFIG, RESTREAM_PIPE_TO_FILTER,
      RESTREAM_PIPE_CONFIG_SIZE, RESTREAM_PIPE_CONFIG_SIZE },

    { RESTREAM_PIPE_AUDIO, RESTREAM_PIPE_TO_FILTER,
      0, RESTREAM_PIPE_AUDIO_MAX },

    { RESTREAM_PIPE_CLOCK, RESTREAM_PIPE_TO_FILTER, 0, 0 },
    { RESTREAM_PIPE_DISCONTINUITY, RESTREAM_PIPE_TO_FILTER, 0, 0 },
    { RESTREAM_PIPE_RESET, RESTREAM_PIPE_TO_FILTER, 0, 0 },
    { RESTREAM_PIPE_FLUSH, RESTREAM_PIPE_TO_FILTER, 0, 0 },

    { RESTREAM_PIPE_OUTPUT, RESTREAM_PIPE_FROM_FILTER,
      RESTREAM_PIPE_OUTPUT_SIZE + 1,
      RESTREAM_PIPE_OUTPUT_SIZE + RESTREAM_PIPE_ASC_MAX },

    { RESTREAM_PIPE_INPUT, RESTREAM_PIPE_FROM_FILTER,
      RESTREAM_PIPE_INPUT_SIZE, RESTREAM_PIPE_INPUT_SIZE },

    { RESTREAM_PIPE_FRAME, RESTREAM_PIPE_FROM_FILTER,
      1, RESTREAM_PIPE_ANSWER_MAX },

    { RESTREAM_PIPE_ERROR, RESTREAM_PIPE_FROM_FILTER,
      RESTREAM_PIPE_ERROR_SIZE,
      RESTREAM_PIPE_ERROR_SIZE + RESTREAM_PIPE_TEXT_MAX },

    { RESTREAM_PIPE_STATS, RESTREAM_PIPE_FROM_FILTER,
      RESTREAM_PIPE_STATS_SIZE, RESTREAM_PIPE_STATS_SIZE },

    { RESTREAM_PIPE_FLUSHED, RESTREAM_PIPE_FROM_FILTER, 0, 0 }
};


#define restream_pipe_get64(p)                                                \
    ((uint64_t) restream_get32(p) << 32 | restream_get32((p) + 4))


void
restream_pipe_reader_init(restream_pipe_reader_t *r,
    restream_pipe_direction_e direction)
{
    memset(r, 0, sizeof(restream_pipe_reader_t));

    r->direction = direction;
}


void
restream_pipe_reader_cleanup(restream_pipe_reader_t *r)
{
    free(r->data);

    r->data = NULL;
    r->header_len = 0;
    r->size = 0;
    r->received = 0;
    r->finished = 0;
}


int
restream_pipe_read(restream_pipe_reader_t *r, const uint8_t **p,
    const uint8_t *last, restream_pipe_msg_t *msg)
{
    size_t  n;

    if (r->finished) {
        restream_pipe_reader_cleanup(r);
    }

    while (r->header_len < RESTREAM_PIPE_HEADER) {

        if (*p == last) {
            return RESTREAM_AGAIN;
        }

        r->header[r->header_len++] = *(*p)++;

        if (r->header_len == RESTREAM_PIPE_HEADER
            && restream_pipe_begin(r) != RESTREAM_OK)
        {
            return RESTREAM_ERROR;
        }
    }

    n = last - *p;

    if (n > r->size - r->received) {
        n = r->size - r->received;
    }

    if (n) {
        memcpy(r->data + r->received, *p, n);
        r->received += (uint32_t) n;
        *p += n;
    }

    if (r->received < r->size) {
        return RESTREAM_AGAIN;
    }

    msg->type = r->header[3];
    msg->dts = restream_pipe_get64(r->header + 8);
    msg->size = r->size;
    msg->data = r->data ? r->data : r->header;

    r->finished = 1;

    return RESTREAM_DONE;
}


/* The header is whole: room for the payload. */

static int
restream_pipe_begin(restream_pipe_reader_t *r)
{
    uint32_t                      size;
    const restream_pipe_limit_t  *limit;

    if (restream_get16(r->header) != RESTREAM_PIPE_MAGIC) {
        return restream_pipe_error(r, "that is no message");
    }

    if (r->header[2] != RESTREAM_PIPE_VERSION) {
        return restream_pipe_error(r, "another version of the messages");
    }

    limit = restream_pipe_limit(r->direction, r->header[3]);
    if (limit == NULL) {
        return restream_pipe_error(r, "unknown type of message");
    }

    size = restream_get32(r->header + 4);

    if (size < limit->min || size > limit->max) {
        return restream_pipe_error(r, "message of a wrong size");
    }

    if (restream_pipe_get64(r->header + 8) > RESTREAM_PIPE_DTS_MAX) {
        return restream_pipe_error(r, "message of an impossible time");
    }

    if (size) {
        r->data = malloc(size);
        if (r->data == NULL) {
            return restream_pipe_error(r, "no memory");
        }
    }

    r->size = size;

    return RESTREAM_OK;
}


/* NULL: no message of that direction */

static const restream_pipe_limit_t *
restream_pipe_limit(restream_pipe_direction_e direction, uint8_t type)
{
    size_t  i;

    for (i = 0;
         i < sizeof(restream_pipe_limits) / sizeof(*restream_pipe_limits);
         i++)
    {
        if (restream_pipe_limits[i].type == type
            && restream_pipe_limits[i].direction == direction)
        {
            return &restream_pipe_limits[i];
        }
    }

    return NULL;
}


static int
restream_pipe_error(restream_pipe_reader_t *r, const char *err)
{
    r->err = err;

    return RESTREAM_ERROR;
}


int
restream_pipe_at_end(const restream_pipe_reader_t *r)
{
    return r->header_len == 0 || r->finished;
}


void
restream_pipe_put_header(restream_buf_t *b, restream_pipe_type_e type,
    uint64_t dts, uint32_t size)
{
    restream_buf_put16(b, RESTREAM_PIPE_MAGIC);
    restream_buf_put8(b, RESTREAM_PIPE_VERSION);
    restream_buf_put8(b, (uint8_t) type);
    restream_buf_put32(b, size);
    restream_buf_put64(b, dts);
}


void
restream_pipe_put_config(restream_buf_t *b, uint64_t dts,
    const restream_pipe_config_t *config)
{
    restream_pipe_put_header(b, RESTREAM_PIPE_CONFIG, dts,
                             RESTREAM_PIPE_CONFIG_SIZE);

    restream_buf_put32(b, config->bitrate);
    restream_buf_put32(b, config->rate);
    restream_buf_put8(b, config->channels);
}


void
restream_pipe_put_output(restream_buf_t *b, uint64_t dts,
    const restream_pipe_output_t *output)
{
    restream_pipe_put_header(b, RESTREAM_PIPE_OUTPUT, dts,
                             RESTREAM_PIPE_OUTPUT_SIZE + output->asc_len);

    restream_buf_put32(b, output->rate);
    restream_buf_put8(b, output->channels);
    restream_buf_put(b, output->asc, output->asc_len);
}


void
restream_pipe_put_input(restream_buf_t *b, uint64_t dts,
    const restream_pipe_input_t *input)
{
    restream_pipe_put_header(b, RESTREAM_PIPE_INPUT, dts,
                             RESTREAM_PIPE_INPUT_SIZE);

    restream_buf_put32(b, input->codec);
    restream_buf_put32(b, input->rate);
    restream_buf_put8(b, input->channels);
}


void
restream_pipe_put_stats(restream_buf_t *b, uint64_t dts,
    const restream_pipe_stats_t *stats)
{
    restream_pipe_put_header(b, RESTREAM_PIPE_STATS, dts,
                             RESTREAM_PIPE_STATS_SIZE);

    restream_buf_put64(b, stats->cpu_ms);
    restream_buf_put64(b, stats->silence_ms);
    restream_buf_put32(b, stats->errors);
    restream_buf_put32(b, (uint32_t) stats->drift_ms);
    restream_buf_put32(b, (uint32_t) stats->rate_ppm);
}


void
restream_pipe_put_error(restream_buf_t *b, uint64_t dts,
    restream_pipe_error_e code, const char *text)
{
    size_t  i, len;

    len = strlen(text);

    if (len > RESTREAM_PIPE_TEXT_MAX) {
        len = RESTREAM_PIPE_TEXT_MAX;
    }

    restream_pipe_put_header(b, RESTREAM_PIPE_ERROR, dts,
                             (uint32_t) (RESTREAM_PIPE_ERROR_SIZE + len));

    restream_buf_put8(b, (uint8_t) code);

    for (i = 0; i < len; i++) {
        restream_buf_put8(b, restream_pipe_is_printable(text[i])
                             ? (uint8_t) text[i] : '?');
    }
}


static int
restream_pipe_is_printable(char c)
{
    return c >= ' ' && c <= '~';
}


/*
 * The reader has checked the sizes already; a message that came another way
 * may have any.
 */

int
restream_pipe_get_config(const restream_pipe_msg_t *msg,
    restream_pipe_config_t *config)
{
    if (msg->size != RESTREAM_PIPE_CONFIG_SIZE) {
        return RESTREAM_ERROR;
    }

    config->bitrate = restream_get32(msg->data);
    config->rate = restream_get32(msg->data + 4);
    config->channels = msg->data[8];

    return config->channels <= 2 ? RESTREAM_OK : RESTREAM_ERROR;
}


int
restream_pipe_get_output(const restream_pipe_msg_t *msg,
    restream_pipe_output_t *output)
{
    if (msg->size <= RESTREAM_PIPE_OUTPUT_SIZE
        || msg->size > RESTREAM_PIPE_OUTPUT_SIZE + RESTREAM_PIPE_ASC_MAX)
    {
        return RESTREAM_ERROR;
    }

    output->rate = restream_get32(msg->data);
    output->channels = msg->data[4];
    output->asc_len = (uint8_t) (msg->size - RESTREAM_PIPE_OUTPUT_SIZE);

    memset(output->asc, 0, RESTREAM_PIPE_ASC_MAX);
    memcpy(output->asc, msg->data + RESTREAM_PIPE_OUTPUT_SIZE,
           output->asc_len);

    if (output->rate == 0 || output->channels == 0 || output->channels > 2) {
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


int
restream_pipe_get_input(const restream_pipe_msg_t *msg,
    restream_pipe_input_t *input)
{
    if (msg->size != RESTREAM_PIPE_INPUT_SIZE) {
        return RESTREAM_ERROR;
    }

    input->codec = restream_get32(msg->data);
    input->rate = restream_get32(msg->data + 4);
    input->channels = msg->data[8];

    return RESTREAM_OK;
}


int
restream_pipe_get_stats(const restream_pipe_msg_t *msg,
    restream_pipe_stats_t *stats)
{
    if (msg->size != RESTREAM_PIPE_STATS_SIZE) {
        return RESTREAM_ERROR;
    }

    stats->cpu_ms = restream_pipe_get64(msg->data);
    stats->silence_ms = restream_pipe_get64(msg->data + 8);
    stats->errors = restream_get32(msg->data + 16);
    stats->drift_ms = (int32_t) restream_get32(msg->data + 20);
    stats->rate_ppm = (int32_t) restream_get32(msg->data + 24);

    return RESTREAM_OK;
}


int
restream_pipe_get_error(const restream_pipe_msg_t *msg,
    restream_pipe_error_t *error)
{
    size_t  i;

    if (msg->size < RESTREAM_PIPE_ERROR_SIZE
        || msg->size > RESTREAM_PIPE_ERROR_SIZE + RESTREAM_PIPE_TEXT_MAX)
    {
        return RESTREAM_ERROR;
    }

    error->code = msg->data[0];
    error->len = (uint8_t) (msg->size - RESTREAM_PIPE_ERROR_SIZE);

    /* what shows it trusts it */

    for (i = 0; i < error->len; i++) {
        error->text[i] = (char) msg->data[RESTREAM_PIPE_ERROR_SIZE + i];

        if (!restream_pipe_is_printable(error->text[i])) {
            return RESTREAM_ERROR;
        }
    }

    return RESTREAM_OK;
}
