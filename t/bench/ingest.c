/*
 * The receiving side of RTMP: see the header.
 */

#include "ingest.h"

#include <string.h>

#include "lib/restream_amf0.h"


#define HANDSHAKE_C1    (1 + RESTREAM_HANDSHAKE_SIZE)
#define HANDSHAKE_C2    (HANDSHAKE_C1 + RESTREAM_HANDSHAKE_SIZE)


static int ingest_read_handshake(ingest_t *in, const uint8_t **p,
    const uint8_t *last);
static int ingest_read_header(ingest_t *in, const uint8_t **p,
    const uint8_t *last);
static int ingest_header_size(const ingest_t *in);
static void ingest_header_done(ingest_t *in);
static int ingest_read_payload(ingest_t *in, const uint8_t **p,
    const uint8_t *last);
static void ingest_command(ingest_t *in, const ingest_stream_t *msg);
static void ingest_answer_connect(ingest_t *in, double transaction);
static void ingest_answer(ingest_t *in, double transaction, int with_stream);
static void ingest_answer_publish(ingest_t *in);
static void ingest_put_control(ingest_t *in, uint8_t type, uint32_t value,
    int with_limit);


void
ingest_init(ingest_t *in)
{
    memset(in, 0, sizeof(ingest_t));

    in->chunk_size = RESTREAM_CHUNK_SIZE_DEFAULT;

    restream_buf_init(&in->output, in->memory, sizeof(in->memory));
}


int
ingest_read(ingest_t *in, const uint8_t **p, const uint8_t *last,
    const ingest_stream_t **msg)
{
    int              rc;
    ingest_stream_t *stream;

    in->received += last - *p;

    while (*p < last) {

        if (in->handshake < HANDSHAKE_C2) {
            rc = ingest_read_handshake(in, p, last);

        } else if (in->chunk_left == 0) {
            rc = ingest_read_header(in, p, last);

        } else {
            rc = ingest_read_payload(in, p, last);
        }

        if (rc == RESTREAM_ERROR) {
            return RESTREAM_ERROR;
        }

        if (rc == RESTREAM_DONE) {
            stream = in->current;

            if (stream->type == RESTREAM_MSG_AUDIO
                || stream->type == RESTREAM_MSG_VIDEO)
            {
                /* the rest is counted when it is given again */
                in->received -= last - *p;
                *msg = stream;
                return RESTREAM_DONE;
            }

            if (stream->type == RESTREAM_MSG_CHUNK_SIZE) {
                in->chunk_size = restream_get32(stream->beginning);

            } else if (stream->type == RESTREAM_MSG_AMF0_COMMAND) {
                ingest_command(in, stream);
            }
        }
    }

    if (in->received - in->acknowledged >= INGEST_WINDOW) {
        in->acknowledged = in->received;
        ingest_put_control(in, RESTREAM_MSG_ACK, in->received, 0);
    }

    return RESTREAM_AGAIN;
}


static int
ingest_read_handshake(ingest_t *in, const uint8_t **p, const uint8_t *last)
{
    size_t  n;

    if (in->handshake == 0) {
        if (**p != 3) {
            return RESTREAM_ERROR;
        }

        (*p)++;
        in->handshake++;
        return RESTREAM_AGAIN;
    }

    n = (in->handshake < HANDSHAKE_C1 ? HANDSHAKE_C1 : HANDSHAKE_C2)
        - in->handshake;

    if (n > (size_t) (last - *p)) {
        n = last - *p;
    }

    if (in->handshake < HANDSHAKE_C1) {
        memcpy(in->c1 + in->handshake - 1, *p, n);
    }

    *p += n;
    in->handshake += n;

    if (in->handshake == HANDSHAKE_C1) {

        /* S1 has a zero version: no digests; S2 echoes */

        restream_buf_put8(&in->output, 3);
        memset(in->output.last, 0, RESTREAM_HANDSHAKE_SIZE);
        in->output.last += RESTREAM_HANDSHAKE_SIZE;
        restream_buf_put(&in->output, in->c1, RESTREAM_HANDSHAKE_SIZE);
    }

    return RESTREAM_AGAIN;
}


static int
ingest_read_header(ingest_t *in, const uint8_t **p, const uint8_t *last)
{
    int  n;

    for ( ;; ) {

        if (in->header_len && (in->header[0] & 63) < 2) {
            return RESTREAM_ERROR;
        }

        n = ingest_header_size(in);

        if (in->header_len == (uint32_t) n) {
            ingest_header_done(in);
            return in->chunk_left ? RESTREAM_AGAIN : RESTREAM_DONE;
        }

        if (*p == last) {
            return RESTREAM_AGAIN;
        }

        in->header[in->header_len++] = *(*p)++;
    }
}


/* as far as can be told by the bytes that have come */

static int
ingest_header_size(const ingest_t *in)
{
    unsigned  fmt, n;

    static const uint8_t  sizes[] = { 12, 8, 4, 1 };

    if (in->header_len == 0) {
        return 1;
    }

    fmt = in->header[0] >> 6;
    n = sizes[fmt];

    if (fmt == 3) {
        return in->streams[in->header[0] & 63].extended ? n + 4 : n;
    }

    if (in->header_len >= 4 && restream_get24(in->header + 1) == 0xffffff) {
        return n + 4;
    }

    return n;
}


static void
ingest_header_done(ingest_t *in)
{
    unsigned          fmt;
    uint8_t          *p;
    ingest_stream_t  *stream;

    p = in->header;
    fmt = p[0] >> 6;
    stream = &in->streams[p[0] & 63];

    if (fmt < 3) {
        stream->extended = (restream_get24(p + 1) == 0xffffff);
    }

    if (fmt < 2) {
        stream->size = restream_get24(p + 4);
        stream->type = p[7];
    }

    in->current = stream;
    in->chunk_left = stream->size - stream->received;

    if (in->chunk_left > in->chunk_size) {
        in->chunk_left = in->chunk_size;
    }

    in->header_len = 0;
}


static int
ingest_read_payload(ingest_t *in, const uint8_t **p, const uint8_t *last)
{
    size_t            n, head;
    ingest_stream_t  *stream;

    stream = in->current;
    n = in->chunk_left;

    if (n > (size_t) (last - *p)) {
        n = last - *p;
    }

    if (stream->received < INGEST_BEGINNING) {
        head = INGEST_BEGINNING - stream->received;
        memcpy(stream->beginning + stream->received, *p, n < head ? n : head);
    }

    *p += n;
    in->chunk_left -= n;
    stream->received += n;

    if (stream->received < stream->size) {
        return RESTREAM_AGAIN;
    }

    stream->received = 0;

    return RESTREAM_DONE;
}


static void
ingest_command(ingest_t *in, const ingest_stream_t *msg)
{
    const uint8_t          *p, *last;
    restream_amf0_value_t   name, transaction;

    p = msg->beginning;
    last = p + (msg->size < INGEST_BEGINNING ? msg->size : INGEST_BEGINNING);

    if (restream_amf0_read(&p, last, &name) != RESTREAM_OK
        || name.type != RESTREAM_AMF0_STRING
        || restream_amf0_read(&p, last, &transaction) != RESTREAM_OK
        || transaction.type != RESTREAM_AMF0_NUMBER)
    {
        return;
    }

#define ingest_is(s)                                                          \
    (name.string.len == sizeof(s) - 1                                         \
     && memcmp(name.string.data, s, sizeof(s) - 1) == 0)

    if (ingest_is("connect")) {
        ingest_answer_connect(in, transaction.number);

    } else if (ingest_is("createStream")) {
        ingest_answer(in, transaction.number, 1);

    } else if (ingest_is("releaseStream") || ingest_is("FCPublish")) {
        ingest_answer(in, transaction.number, 0);

    } else if (ingest_is("publish")) {
        ingest_answer_publish(in);
    }
}


static void
ingest_answer_connect(ingest_t *in, double transaction)
{
    uint8_t         memory[512];
    restream_buf_t  b;

    ingest_put_control(in, RESTREAM_MSG_WINDOW_ACK_SIZE, INGEST_WINDOW, 0);
    ingest_put_control(in, RESTREAM_MSG_PEER_BANDWIDTH, INGEST_WINDOW, 1);
    ingest_put_control(in, RESTREAM_MSG_CHUNK_SIZE, INGEST_CHUNK_SIZE, 0);

    restream_buf_init(&b, memory, sizeof(memory));
    restream_amf0_put_cstring(&b, "_result");
    restream_amf0_put_number(&b, transaction);
    restream_amf0_put_object(&b);
    restream_amf0_put_key(&b, "fmsVer");
    restream_amf0_put_cstring(&b, "FMS/3,0,1,123");
    restream_amf0_put_key(&b, "capabilities");
    restream_amf0_put_number(&b, 31);
    restream_amf0_put_object_end(&b);
    restream_amf0_put_object(&b);
    restream_amf0_put_key(&b, "level");
    restream_amf0_put_cstring(&b, "status");
    restream_amf0_put_key(&b, "code");
    restream_amf0_put_cstring(&b, "NetConnection.Connect.Success");
    restream_amf0_put_key(&b, "description");
    restream_amf0_put_cstring(&b, "Connection succeeded.");
    restream_amf0_put_key(&b, "objectEncoding");
    restream_amf0_put_number(&b, 0);
    restream_amf0_put_object_end(&b);

    restream_chunk_put_message(&in->output, 3, RESTREAM_MSG_AMF0_COMMAND, 0,
                               b.start, b.last - b.start, INGEST_CHUNK_SIZE);
}


static void
ingest_answer(ingest_t *in, double transaction, int with_stream)
{
    uint8_t         memory[64];
    restream_buf_t  b;

    restream_buf_init(&b, memory, sizeof(memory));
    restream_amf0_put_cstring(&b, "_result");
    restream_amf0_put_number(&b, transaction);
    restream_amf0_put_null(&b);

    if (with_stream) {
        restream_amf0_put_number(&b, 1);

    } else {
        restream_amf0_put_null(&b);
    }

    restream_chunk_put_message(&in->output, 3, RESTREAM_MSG_AMF0_COMMAND, 0,
                               b.start, b.last - b.start, INGEST_CHUNK_SIZE);
}


static void
ingest_answer_publish(ingest_t *in)
{
    uint8_t         memory[256];
    restream_buf_t  b;

    restream_buf_init(&b, memory, sizeof(memory));
    restream_amf0_put_cstring(&b, "onStatus");
    restream_amf0_put_number(&b, 0);
    restream_amf0_put_null(&b);
    restream_amf0_put_object(&b);
    restream_amf0_put_key(&b, "level");
    restream_amf0_put_cstring(&b, "status");
    restream_amf0_put_key(&b, "code");
    restream_amf0_put_cstring(&b, "NetStream.Publish.Start");
    restream_amf0_put_key(&b, "description");
    restream_amf0_put_cstring(&b, "Start publishing.");
    restream_amf0_put_object_end(&b);

    restream_chunk_put_message(&in->output, 5, RESTREAM_MSG_AMF0_COMMAND, 1,
                               b.start, b.last - b.start, INGEST_CHUNK_SIZE);
}


static void
ingest_put_control(ingest_t *in, uint8_t type, uint32_t value, int with_limit)
{
    uint8_t         memory[8];
    restream_buf_t  b;

    restream_buf_init(&b, memory, sizeof(memory));
    restream_buf_put32(&b, value);

    if (with_limit) {
        restream_buf_put8(&b, 2);               /* dynamic */
    }

    restream_chunk_put_message(&in->output, 2, type, 0, b.start,
                               b.last - b.start, INGEST_CHUNK_SIZE);
}
