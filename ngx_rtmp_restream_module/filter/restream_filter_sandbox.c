/*
 * What the process may do once it reads untrusted bytes.
 */

#include "restream_filter_sandbox.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RESTREAM_FILTER_BARE
#include <seccomp.h>
#endif


static int restream_filter_sandbox_descriptors(void);
static int restream_filter_sandbox_parent(void);
static int restream_filter_sandbox_limits(void);
static int restream_filter_sandbox_calls(void);


int
restream_filter_sandbox(unsigned child, const char **err)
{
    *err = "cannot close what was inherited";

    if (restream_filter_sandbox_descriptors() != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    *err = "cannot end with its parent";

    if (child && restream_filter_sandbox_parent() != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    *err = "setrlimit() failed";

    if (restream_filter_sandbox_limits() != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    *err = "prctl(PR_SET_NO_NEW_PRIVS) failed";

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) {
        return RESTREAM_ERROR;
    }

    *err = "seccomp is not to be had";

    return restream_filter_sandbox_calls();
}


static int
restream_filter_sandbox_descriptors(void)
{
    int   fd;
    long  max;

#ifdef SYS_close_range

    if (syscall(SYS_close_range, 3u, ~0u, 0u) == 0) {
        return RESTREAM_OK;
    }

#endif

    /* Linux before 5.9 */

    max = sysconf(_SC_OPEN_MAX);
    if (max == -1) {
        return RESTREAM_ERROR;
    }

    for (fd = 3; fd < max; fd++) {
        (void) close(fd);
    }

    return RESTREAM_OK;
}


/*
 * The end of file tells that the parent is gone; a decoder that never returns
 * does not read it.
 */

static int
restream_filter_sandbox_parent(void)
{
    pid_t  parent;

    parent = getppid();

    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1) {
        return RESTREAM_ERROR;
    }

    /* it may have gone in between */

    if (getppid() != parent) {
        errno = ESRCH;
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


static int
restream_filter_sandbox_limits(void)
{
    size_t         i;
    struct rlimit  limit;

    static const struct {
        int      resource;
        rlim_t   value;
    } limits[] = {
#ifndef RESTREAM_FILTER_BARE
        { RLIMIT_AS, RESTREAM_FILTER_MEMORY },
        { RLIMIT_NOFILE, 0 },
        { RLIMIT_NPROC, 0 },
#endif
        { RLIMIT_CORE, 0 },
        { RLIMIT_MEMLOCK, 0 }
    };

    for (i = 0; i < sizeof(limits) / sizeof(*limits); i++) {

        if (getrlimit(limits[i].resource, &limit) == -1) {
            return RESTREAM_ERROR;
        }

        /* one that is lower already stays */

        if (limit.rlim_max > limits[i].value) {
            limit.rlim_max = limits[i].value;
        }

        limit.rlim_cur = limit.rlim_max;

        if (setrlimit(limits[i].resource, &limit) == -1) {
            return RESTREAM_ERROR;
        }
    }

    return RESTREAM_OK;
}


#ifdef RESTREAM_FILTER_BARE


static int
restream_filter_sandbox_calls(void)
{
    static const char  text[] = "restream_filter: this build has no seccomp "
                                "and no limit of address space, descriptors "
                                "and processes\n";

    (void) !write(STDERR_FILENO, text, sizeof(text) - 1);

    return RESTREAM_OK;
}


#else


/* what malloc() and the end of a process need, and what reads time */

static const int  restream_filter_sandbox_allowed[] = {
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrusage),
};


/* what the libraries ask out of curiosity: they live without an answer */

static const int  restream_filter_sandbox_refused[] = {
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(ioctl),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrandom)
};


static int restream_filter_sandbox_rules(scmp_filter_ctx ctx);


static int
restream_filter_sandbox_calls(void)
{
    int              rc;
    scmp_filter_ctx  ctx;

    ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (ctx == NULL) {
        errno = ENOSYS;
        return RESTREAM_ERROR;
    }

    rc = restream_filter_sandbox_rules(ctx);

    if (rc == 0) {
        rc = seccomp_load(ctx);
    }

    seccomp_release(ctx);

    if (rc < 0) {
        errno = -rc;
        return RESTREAM_ERROR;
    }

    return RESTREAM_OK;
}


/* 0, or a negative errno */

static int
restream_filter_sandbox_rules(scmp_filter_ctx ctx)
{
    int     rc;
    size_t  i, n;

    rc = 0;

    n = sizeof(restream_filter_sandbox_allowed)
        / sizeof(*restream_filter_sandbox_allowed);

    for (i = 0; rc == 0 && i < n; i++) {
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW,
                              restream_filter_sandbox_allowed[i], 0);
    }

    n = sizeof(restream_filter_sandbox_refused)
        / sizeof(*restream_filter_sandbox_refused);

    for (i = 0; rc == 0 && i < n; i++) {
        rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM),
                              restream_filter_sandbox_refused[i], 0);
    }

    /* input is read, output is written */

    if (rc == 0) {
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(read), 1,
                              SCMP_A0(SCMP_CMP_EQ, STDIN_FILENO));
    }

    for (i = STDOUT_FILENO; rc == 0 && i <= STDERR_FILENO; i++) {
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
                              SCMP_A0(SCMP_CMP_EQ, i));
    }

    /* memory is never code, and no file */

    if (rc == 0) {
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
                       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                       SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS,
                               MAP_ANONYMOUS));
    }

    if (rc == 0) {
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    }

    return rc;
}


#endif
