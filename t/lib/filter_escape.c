/*
 * A decoder that has been taken over: linked into the filter with
 * -Wl,--wrap=avcodec_send_packet, it tries what RESTREAM_TEST_ESCAPE names in
 * place of decoding, and writes "escaped" where that succeeds.
 */

#include <libavcodec/avcodec.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>


#define MEMORY  (1024u * 1024 * 1024)


typedef struct {
    const char   *name;
    int         (*try)(void);   /* 1: it can be done */
} escape_t;


int __real_avcodec_send_packet(AVCodecContext *codec, const AVPacket *packet);
int __wrap_avcodec_send_packet(AVCodecContext *codec, const AVPacket *packet);

static int try_open(void);
static int try_create(void);
static int try_socket(void);
static int try_unix(void);
static int try_execve(void);
static int try_fork(void);
static int try_kill(void);
static int try_ptrace(void);
static int try_code(void);
static int try_dup(void);
static int try_memory(void);


static const escape_t  escapes[] = {
    { "open", try_open },
    { "create", try_create },
    { "socket", try_socket },
    { "unix", try_unix },
    { "execve", try_execve },
    { "fork", try_fork },
    { "kill", try_kill },
    { "ptrace", try_ptrace },
    { "code", try_code },
    { "dup", try_dup },
    { "memory", try_memory }
};


int
__wrap_avcodec_send_packet(AVCodecContext *codec, const AVPacket *packet)
{
    size_t       i;
    const char  *name;

    static const char  text[] = "escaped\n";

    name = getenv("RESTREAM_TEST_ESCAPE");

    for (i = 0; name && i < sizeof(escapes) / sizeof(*escapes); i++) {
        if (strcmp(escapes[i].name, name) == 0 && escapes[i].try()) {
            (void) !write(STDERR_FILENO, text, sizeof(text) - 1);
        }
    }

    return __real_avcodec_send_packet(codec, packet);
}


static int
try_open(void)
{
    return open("/etc/passwd", O_RDONLY) != -1;
}


static int
try_create(void)
{
    return open("/tmp", O_TMPFILE | O_RDWR, 0600) != -1;
}


static int
try_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) != -1;
}


static int
try_unix(void)
{
    int  fds[2];

    return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != -1;
}


/* the program that it becomes says so itself */

static int
try_execve(void)
{
    static char *const  argv[] = { "sh", "-c", "echo escaped >&2", NULL };
    static char *const  envp[] = { NULL };

    execve("/bin/sh", argv, envp);

    return 0;
}


static int
try_fork(void)
{
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        _exit(0);
    }

    return pid != -1;
}


static int
try_kill(void)
{
    return kill(getppid(), 0) != -1;
}


static int
try_ptrace(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) != -1;
}


static int
try_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
           != MAP_FAILED;
}


static int
try_dup(void)
{
    return dup2(STDIN_FILENO, 9) != -1;
}


static int
try_memory(void)
{
    return malloc(MEMORY) != NULL;
}
