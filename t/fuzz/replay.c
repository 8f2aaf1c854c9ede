/*
 * Runs a fuzz target without a fuzzer: on every file of its corpus, then on
 * mutations of them that depend on nothing but a number.
 *
 *     target corpus mutations seed failure
 *
 * When the target dies, the input that did it is written to the file failure.
 */

#include <dirent.h>
#include <fcntl.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


#define INPUT_MAX     8192
#define INPUTS_MAX    1024
#define SECONDS_MAX   10        /* per input */


typedef struct {
    uint8_t  *data;             /* malloc, size bytes */
    size_t    size;
} input_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__ubsan_default_options(void);

static int read_corpus(const char *name);
static int read_input(const char *dir, const char *name, input_t *in);
static void run(const uint8_t *data, size_t size);
static void save_failure(void);
static void signal_handler(int signo);
static size_t mutate(uint8_t *data, size_t size);
static size_t mutate_overwrite(uint8_t *data, size_t size);
static size_t mutate_insert(uint8_t *data, size_t size);
static size_t mutate_erase(uint8_t *data, size_t size);
static size_t mutate_splice(uint8_t *data, size_t size);
static size_t interesting(uint8_t *out);
static uint32_t below(uint32_t n);


static input_t          inputs[INPUTS_MAX];
static unsigned         ninputs;
static const uint8_t   *current;        /* what the target is running on */
static size_t           current_size;
static const char      *failure;
static uint64_t         random_state;


int
main(int argc, char **argv)
{
    size_t         size;
    uint8_t        data[INPUT_MAX];
    unsigned       i;
    input_t       *in;
    unsigned long  n, mutations, seed;

    if (argc != 5) {
        fprintf(stderr, "usage: %s corpus mutations seed failure\n", argv[0]);
        return 64;
    }

    mutations = strtoul(argv[2], NULL, 10);
    seed = strtoul(argv[3], NULL, 10);
    failure = argv[4];

    if (!read_corpus(argv[1])) {
        return 1;
    }

    __sanitizer_set_death_callback(save_failure);
    signal(SIGABRT, signal_handler);
    signal(SIGALRM, signal_handler);

    for (i = 0; i < ninputs; i++) {
        run(inputs[i].data, inputs[i].size);
    }

    for (n = 0; n < mutations; n++) {

        /* the seed and the number alone decide what it is */

        random_state = (seed << 32) + n;

        in = &inputs[below(ninputs)];
        size = in->size;
        memcpy(data, in->data, size);

        for (i = 1 + below(6); i; i--) {
            size = mutate(data, size);
        }

        run(data, size);
    }

    for (i = 0; i < ninputs; i++) {
        free(inputs[i].data);
    }

    printf("%u files, %lu mutations of seed %lu\n", ninputs, mutations, seed);

    return 0;
}


/*
 * UBSan's runtime does not know ASan's death callback: it has to come by way
 * of SIGABRT.
 */

const char *
__ubsan_default_options(void)
{
    return "abort_on_error=1:print_stacktrace=1";
}


/* The files in the order of their names, so that a mutation stays the same. */

static int
read_corpus(const char *name)
{
    int              i, n, ok;
    struct dirent  **list;

    n = scandir(name, &list, NULL, alphasort);
    if (n == -1) {
        perror(name);
        return 0;
    }

    ok = 1;

    for (i = 0; i < n; i++) {

        if (list[i]->d_name[0] != '.') {

            if (ninputs == INPUTS_MAX
                || !read_input(name, list[i]->d_name, &inputs[ninputs]))
            {
                fprintf(stderr, "can't read %s/%s\n", name, list[i]->d_name);
                ok = 0;

            } else {
                ninputs++;
            }
        }

        free(list[i]);
    }

    free(list);

    if (ninputs == 0) {
        fprintf(stderr, "%s is empty\n", name);
        ok = 0;
    }

    return ok;
}


static int
read_input(const char *dir, const char *name, input_t *in)
{
    int          fd;
    char         path[4096];
    ssize_t      n;
    struct stat  st;

    snprintf(path, sizeof(path), "%s/%s", dir, name);

    fd = open(path, O_RDONLY);
    if (fd == -1) {
        return 0;
    }

    in->size = 0;
    in->data = NULL;
    n = -1;

    if (fstat(fd, &st) == 0 && st.st_size <= INPUT_MAX) {
        in->size = st.st_size;
        in->data = malloc(in->size + 1);
    }

    if (in->data) {
        n = read(fd, in->data, in->size);
    }

    close(fd);

    return n == (ssize_t) in->size;
}


/* On memory of exactly that size, for the sanitizer to watch. */

static void
run(const uint8_t *data, size_t size)
{
    uint8_t  *copy;

    copy = malloc(size);
    if (copy == NULL) {
        abort();
    }

    memcpy(copy, data, size);

    current = copy;
    current_size = size;

    alarm(SECONDS_MAX);
    LLVMFuzzerTestOneInput(copy, size);
    alarm(0);

    current = NULL;

    free(copy);
}


/* called where the program may not even allocate */

static void
save_failure(void)
{
    int      fd;
    ssize_t  n;

    if (current == NULL) {
        return;
    }

    fd = open(failure, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd == -1) {
        return;
    }

    n = write(fd, current, current_size);
    close(fd);

    if (n != (ssize_t) current_size) {
        unlink(failure);
    }
}


static void
signal_handler(int signo)
{
    save_failure();

    signal(signo, SIG_DFL);
    raise(signo);
}


static size_t
mutate(uint8_t *data, size_t size)
{
    if (size == 0) {
        return mutate_insert(data, size);
    }

    switch (below(8)) {

    case 0:
        data[below(size)] ^= (uint8_t) (1 << below(8));
        return size;

    case 1:
        data[below(size)] = (uint8_t) below(256);
        return size;

    case 2:
    case 3:
        return mutate_overwrite(data, size);

    case 4:
        return mutate_insert(data, size);

    case 5:
        return mutate_erase(data, size);

    case 6:
        return mutate_splice(data, size);

    default:
        return below(size);
    }
}


static size_t
mutate_overwrite(uint8_t *data, size_t size)
{
    size_t   n, at;
    uint8_t  value[4];

    n = interesting(value);
    at = below(size);

    memcpy(data + at, value, n < size - at ? n : size - at);

    return size;
}


static size_t
mutate_insert(uint8_t *data, size_t size)
{
    size_t   n, at;
    uint8_t  value[4];

    n = interesting(value);
    at = below(size + 1);

    if (n > INPUT_MAX - size) {
        return size;
    }

    memmove(data + at + n, data + at, size - at);
    memcpy(data + at, value, n);

    return size + n;
}


static size_t
mutate_erase(uint8_t *data, size_t size)
{
    size_t  n, at;

    at = below(size);
    n = 1 + below(size - at < 16 ? size - at : 16);

    if (n > size - at) {
        n = size - at;
    }

    memmove(data + at, data + at + n, size - at - n);

    return size - n;
}


/* the beginning of this, then the end of another one or of itself */

static size_t
mutate_splice(uint8_t *data, size_t size)
{
    size_t    n, at, from;
    input_t  *in;

    in = &inputs[below(ninputs)];

    at = below(size + 1);
    from = below(in->size + 1);
    n = in->size - from;

    if (n > INPUT_MAX - at) {
        n = INPUT_MAX - at;
    }

    memcpy(data + at, in->data + from, n);

    return at + n;
}


/* limits of lengths and numbers, of one to four bytes */

static size_t
interesting(uint8_t *out)
{
    size_t  n;

    static const uint8_t  values[][4] = {
        { 0x00, 0x00, 0x00, 0x00 }, { 0xff, 0xff, 0xff, 0xff },
        { 0x00, 0x00, 0x00, 0x01 }, { 0xff, 0xff, 0xff, 0xfe },
        { 0x7f, 0xff, 0xff, 0xff }, { 0x80, 0x00, 0x00, 0x00 },
        { 0x00, 0xff, 0xff, 0xff }, { 0x01, 0x00, 0x00, 0x00 },
        { 0x00, 0x00, 0xff, 0xff }, { 0x00, 0x01, 0x00, 0x00 },
        { 0x00, 0x00, 0x80, 0x00 }, { 0x00, 0x00, 0x80, 0x01 },
        { 0x00, 0x00, 0x00, 0x80 }, { 0x00, 0x00, 0x00, 0x09 }
    };

    n = 1 + below(4);

    memcpy(out, values[below(sizeof(values) / 4)] + 4 - n, n);

    return n;
}


/* splitmix64: any state is good, so that seed and number can be one */

static uint32_t
below(uint32_t n)
{
    uint64_t  x;

    random_state += 0x9e3779b97f4a7c15u;

    x = random_state;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;

    return (uint32_t) (x >> 32) % n;
}
