/*
 * What the disk alone takes: so many times a second a few pages are written
 * and synced, as a change of the store does it.
 *
 *     disk FILE RATE SECONDS
 *
 * Prints a JSON object as t/bench/load.c does.  The file is removed.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "histogram.h"
#include "stream.h"


#define DISK_PAGES  4
#define DISK_WRAP   500             /* writes, then from the start again */


static uint64_t disk_write(int fd, uint64_t n);
static void disk_sleep(uint64_t until_ns);


int
main(int argc, char **argv)
{
    int                 fd;
    uint64_t            i, n, rate, began, due, us, max;
    static histogram_t  took, late;

    if (argc != 4) {
        fputs("usage: disk FILE RATE SECONDS\n", stderr);
        return 64;
    }

    rate = strtoul(argv[2], NULL, 10);
    n = rate * strtoul(argv[3], NULL, 10);
    max = 0;

    fd = open(argv[1], O_CREAT|O_RDWR|O_TRUNC, 0600);

    if (fd == -1 || unlink(argv[1]) == -1) {
        fprintf(stderr, "disk: %s: %s\n", argv[1], strerror(errno));
        return 1;
    }

    began = stream_clock();

    for (i = 0; i < n; i++) {
        due = began + i * 1000000000 / rate;
        disk_sleep(due);
        histogram_add(&late, (stream_clock() - due) / 1000);

        us = (disk_write(fd, i) - due) / 1000;
        histogram_add(&took, us);
        max = us > max ? us : max;
    }

    printf("{\"call\":\"write and sync\",\"requests\":%" PRIu64
           ",\"p50_us\":%" PRIu64 ",\"p99_us\":%" PRIu64
           ",\"max_us\":%" PRIu64 ",\"late_p99_us\":%" PRIu64 "}\n",
           n, histogram_quantile(&took, 0.5), histogram_quantile(&took, 0.99),
           max, histogram_quantile(&late, 0.99));

    return 0;
}


/* when it was done */

static uint64_t
disk_write(int fd, uint64_t n)
{
    static char  pages[DISK_PAGES * 4096];

    if (pwrite(fd, pages, sizeof(pages), n % DISK_WRAP * sizeof(pages))
           != sizeof(pages)
        || fdatasync(fd) == -1)
    {
        fprintf(stderr, "disk: writing failed: %s\n", strerror(errno));
        exit(1);
    }

    return stream_clock();
}


static void
disk_sleep(uint64_t until_ns)
{
    struct timespec  ts;

    ts.tv_sec = until_ns / 1000000000;
    ts.tv_nsec = until_ns % 1000000000;

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL)
           == EINTR)
    {
        /* void */
    }
}
