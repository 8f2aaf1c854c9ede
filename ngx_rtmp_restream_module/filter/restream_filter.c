/*
 * restream_filter: makes AAC-LC of the audio of a stream.
 *
 * A program of its own, so that decoders, which read untrusted bytes, are
 * neither in nginx nor near anything else: see restream_filter_sandbox.h.
 *
 * Exit status: 0 the end of the input, 1 an error, 64 wrong use.  Never 2,
 * which tells nginx not to start a process again.
 */

#include "restream_filter_encode.h"
#include "restream_filter_flv.h"
#include "restream_filter_io.h"
#include "restream_filter_pipe.h"
#include "restream_filter_sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define RESTREAM_FILTER_FAILED       1
#define RESTREAM_FILTER_WRONG_USE    64

#define RESTREAM_FILTER_BITRATE      128000     /* bit/s */
#define RESTREAM_FILTER_BITRATE_MIN  16000
#define RESTREAM_FILTER_BITRATE_MAX  320000


typedef enum {
    RESTREAM_FILTER_NONE = 0,
    RESTREAM_FILTER_FLV,
    RESTREAM_FILTER_PIPE,
    RESTREAM_FILTER_CHECK,
    RESTREAM_FILTER_HELP
} restream_filter_mode_e;


typedef struct {
    restream_filter_mode_e   mode;
    restream_pipe_config_t   config;
} restream_filter_options_t;


typedef struct {
    const char   *name;
    int         (*set)(restream_filter_options_t *o, const char *value);
    unsigned      value:1;      /* has one */
} restream_filter_option_t;


static int restream_filter_options(restream_filter_options_t *o, int argc,
    char **argv);
static const restream_filter_option_t *restream_filter_find(const char *name);
static int restream_filter_codec(restream_filter_options_t *o,
    const char *value);
static int restream_filter_rate(restream_filter_options_t *o,
    const char *value);
static int restream_filter_channels(restream_filter_options_t *o,
    const char *value);
static int restream_filter_bitrate(restream_filter_options_t *o,
    const char *value);
static int restream_filter_pipe_mode(restream_filter_options_t *o,
    const char *value);
static int restream_filter_check(restream_filter_options_t *o,
    const char *value);
static int restream_filter_help(restream_filter_options_t *o,
    const char *value);
static int restream_filter_mode(restream_filter_options_t *o,
    restream_filter_mode_e mode);
static int restream_filter_run(const restream_filter_options_t *o);
static int restream_filter_prove(void);
static int restream_filter_wrong_use(const char *what, const char *name);


static const char  restream_filter_usage[] =
"Usage: restream_filter --codec aac [option]... < in.flv > out.flv\n"
"       restream_filter --pipe\n"
"       restream_filter --check\n"
"\n"
"Makes AAC-LC of the audio of a stream, whatever it is; video passes as it\n"
"came.  Where there is no audio, there is silence.\n"
"\n"
"  --codec aac            FLV from standard input to standard output\n"
"  --rate 44100|48000     of the output, Hz; inherit: as the input has it if\n"
"                         it is one of these, else 48000; the default\n"
"  --channels 1|2         of the output; inherit: as the input has them, 2 if\n"
"                         it has more; the default\n"
"  --bitrate 128k         of the output, 16k to 320k\n"
"  --pipe                 the protocol of nginx's workers, not for people\n"
"  --check                is everything there that it needs?\n"
"  --help                 this text\n"
"\n"
"Exit status: 0 the end of the input, 1 an error, 64 wrong use.\n";


static const restream_filter_option_t  restream_filter_option_table[] = {
    { "--codec", restream_filter_codec, 1 },
    { "--rate", restream_filter_rate, 1 },
    { "--channels", restream_filter_channels, 1 },
    { "--bitrate", restream_filter_bitrate, 1 },
    { "--pipe", restream_filter_pipe_mode, 0 },
    { "--check", restream_filter_check, 0 },
    { "--help", restream_filter_help, 0 }
};


int
main(int argc, char **argv)
{
    int                        rc;
    restream_filter_options_t  o;

    memset(&o, 0, sizeof(restream_filter_options_t));
    o.config.bitrate = RESTREAM_FILTER_BITRATE;

    rc = restream_filter_options(&o, argc, argv);
    if (rc) {
        return rc;
    }

    switch (o.mode) {

    case RESTREAM_FILTER_HELP:
        return fputs(restream_filter_usage, stdout) == EOF
               || fflush(stdout) == EOF;

    case RESTREAM_FILTER_CHECK:
        return restream_filter_prove();

    case RESTREAM_FILTER_NONE:
        return restream_filter_wrong_use("nothing to do", "");

    default:
        return restream_filter_run(&o);
    }
}


/* 0, or the exit status */

static int
restream_filter_options(restream_filter_options_t *o, int argc, char **argv)
{
    int                              i;
    const char                      *value;
    const restream_filter_option_t  *option;

    for (i = 1; i < argc; i++) {
        option = restream_filter_find(argv[i]);

        if (option == NULL) {
            return restream_filter_wrong_use("unknown option", argv[i]);
        }

        value = NULL;

        if (option->value) {
            value = argv[++i];

            if (value == NULL) {
                return restream_filter_wrong_use("no value for", option->name);
            }
        }

        if (option->set(o, value) != RESTREAM_OK) {
            return restream_filter_wrong_use(value ? "invalid value of"
                                                   : "too much:",
                                             option->name);
        }
    }

    return 0;
}


static const restream_filter_option_t *
restream_filter_find(const char *name)
{
    size_t  i, n;

    n = sizeof(restream_filter_option_table)
        / sizeof(*restream_filter_option_table);

    for (i = 0; i < n; i++) {
        if (strcmp(restream_filter_option_table[i].name, name) == 0) {
            return &restream_filter_option_table[i];
        }
    }

    return NULL;
}


static int
restream_filter_codec(restream_filter_options_t *o, const char *value)
{
    if (strcmp(value, "aac") != 0) {
        return RESTREAM_ERROR;
    }

    return restream_filter_mode(o, RESTREAM_FILTER_FLV);
}


static int
restream_filter_rate(restream_filter_options_t *o, const char *value)
{
    if (strcmp(value, "inherit") == 0) {
        o->config.rate = 0;

    } else if (strcmp(value, "44100") == 0) {
        o->config.rate = 44100;

    } else if (strcmp(value, "48000") == 0) {
        o->config.rate = 48000;

    } else {
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


static int
restream_filter_channels(restream_filter_options_t *o, const char *value)
{
    if (strcmp(value, "inherit") == 0) {
        o->config.channels = 0;
        return RESTREAM_OK;
    }

    if ((value[0] != '1' && value[0] != '2') || value[1] != '\0') {
        return RESTREAM_ERROR;
    }

    o->config.channels = (uint8_t) (value[0] - '0');

    return RESTREAM_OK;
}


static int
restream_filter_bitrate(restream_filter_options_t *o, const char *value)
{
    char           *end;
    unsigned long   n;

    if (value[0] < '0' || value[0] > '9') {
        return RESTREAM_ERROR;
    }

    n = strtoul(value, &end, 10);

    if (*end == 'k' && n <= RESTREAM_FILTER_BITRATE_MAX / 1000) {
        n *= 1000;
        end++;
    }

    if (*end != '\0' || n < RESTREAM_FILTER_BITRATE_MIN
        || n > RESTREAM_FILTER_BITRATE_MAX)
    {
        return RESTREAM_ERROR;
    }

    o->config.bitrate = (uint32_t) n;

    return RESTREAM_OK;
}


static int
restream_filter_pipe_mode(restream_filter_options_t *o, const char *value)
{
    (void) value;

    return restream_filter_mode(o, RESTREAM_FILTER_PIPE);
}


static int
restream_filter_check(restream_filter_options_t *o, const char *value)
{
    (void) value;

    return restream_filter_mode(o, RESTREAM_FILTER_CHECK);
}


static int
restream_filter_help(restream_filter_options_t *o, const char *value)
{
    (void) value;

    return restream_filter_mode(o, RESTREAM_FILTER_HELP);
}


static int
restream_filter_mode(restream_filter_options_t *o,
    restream_filter_mode_e mode)
{
    if (o->mode != RESTREAM_FILTER_NONE && o->mode != mode) {
        return RESTREAM_ERROR;
    }

    o->mode = mode;

    return RESTREAM_OK;
}


static int
restream_filter_run(const restream_filter_options_t *o)
{
    int          rc;
    const char  *err;

    /* a reader that is gone is an error of write() */

    signal(SIGPIPE, SIG_IGN);

    /* FFmpeg's words would hold what the stream does; ours are enough */

    av_log_set_level(AV_LOG_QUIET);

    if (restream_filter_io_hush() != RESTREAM_OK) {
        restream_filter_io_say("%s", strerror(errno));
        return RESTREAM_FILTER_FAILED;
    }

    if (restream_filter_sandbox(o->mode == RESTREAM_FILTER_PIPE, &err)
        != RESTREAM_OK)
    {
        restream_filter_io_say("%s (%s)", err, strerror(errno));
        return RESTREAM_FILTER_FAILED;
    }

    rc = o->mode == RESTREAM_FILTER_PIPE
         ? restream_filter_pipe(&err) : restream_filter_flv(&o->config, &err);

    if (rc != RESTREAM_OK) {
        restream_filter_io_say("%s", err);
        return RESTREAM_FILTER_FAILED;
    }

    return 0;
}


/* for nginx -t: the encoder, the sandbox, the version of the protocol */

static int
restream_filter_prove(void)
{
    const char  *err;

    if (!restream_filter_encode_exists()) {
        restream_filter_io_say("FFmpeg was built without AAC encoder");
        return RESTREAM_FILTER_FAILED;
    }

    printf("restream_filter, protocol %d\n", RESTREAM_PIPE_VERSION);

    if (fflush(stdout) == EOF) {
        return RESTREAM_FILTER_FAILED;
    }

    if (restream_filter_sandbox(0, &err) != RESTREAM_OK) {
        restream_filter_io_say("%s (%s)", err, strerror(errno));
        return RESTREAM_FILTER_FAILED;
    }

    return 0;
}


static int
restream_filter_wrong_use(const char *what, const char *name)
{
    restream_filter_io_say("%s%s%s, see 'restream_filter --help'", what,
                           *name ? " " : "", name);

    return RESTREAM_FILTER_WRONG_USE;
}
