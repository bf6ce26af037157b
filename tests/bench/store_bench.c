/* SPDX-License-Identifier: MIT */
/*
 * What a store daemon's work costs its clients: store-bench SOCKET [SCALE].  It speaks the protocol
 * itself, so that nothing but the daemon differs between two runs.  SCALE (in percent, 100) is how
 * often each thing is done.  Each line: BENCH row p50 p99, in microseconds; last, the number of
 * conflicts among disjoint transactions.
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#define ROOT      "/bench"
#define WARM_UP   20
#define READERS   8
#define WRITERS   10 /* connections with a transaction each at the same time */
#define TX_WRITES 10
#define LISTED    100
#define REMOVED   20000
#define REMOVALS  3
#define PATIENCE  200 /* times 100 ms for the daemon to start */

struct reply {
    struct xsd_sockmsg hdr;
    char body[XENSTORE_PAYLOAD_MAX + 1];
};

static const char *socket_path;
static unsigned int scale = 100;
static unsigned int conflicts;

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int try_to_connect(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", socket_path);
    if (fd < 0)
        err(1, "socket");
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* The daemon may have been started just now. */
static int open_store(void)
{
    int fd = try_to_connect();

    for (int tries = 0; fd < 0 && tries < PATIENCE; tries++) {
        usleep(100000);
        fd = try_to_connect();
    }
    if (fd < 0)
        errx(1, "%s: nobody answers", socket_path);
    return fd;
}

static void send_message(int fd, uint32_t type, uint32_t tx, const void *body, size_t len)
{
    struct xsd_sockmsg hdr = {.type = type, .tx_id = tx, .len = (uint32_t)len};
    struct iovec iov[] = {{&hdr, sizeof(hdr)}, {(void *)body, len}};

    if (writev(fd, iov, 2) != (ssize_t)(sizeof(hdr) + len))
        err(1, "write");
}

static void read_all(int fd, void *buf, size_t len)
{
    for (char *at = buf; len;) {
        ssize_t got = read(fd, at, len);

        if (got <= 0)
            err(1, "read");
        at += got;
        len -= (size_t)got;
    }
}

static void read_message(int fd, struct reply *reply)
{
    read_all(fd, &reply->hdr, sizeof(reply->hdr));
    if (reply->hdr.len > XENSTORE_PAYLOAD_MAX)
        errx(1, "oversized answer");
    read_all(fd, reply->body, reply->hdr.len);
    reply->body[reply->hdr.len] = '\0';
}

/* false: the daemon said EAGAIN; every other error ends the program */
static bool call(int fd, uint32_t type, uint32_t tx, const void *body, size_t len,
                 struct reply *reply)
{
    send_message(fd, type, tx, body, len);
    read_message(fd, reply);
    if (reply->hdr.type == type)
        return true;
    if (reply->hdr.type == XS_ERROR && strcmp(reply->body, "EAGAIN") == 0)
        return false;
    errx(1, "request %u (%s): %s", type, (const char *)body, reply->body);
}

static void call_path(int fd, uint32_t type, uint32_t tx, const char *path)
{
    struct reply reply;

    call(fd, type, tx, path, strlen(path) + 1, &reply);
}

static void write_node(int fd, uint32_t tx, const char *path, unsigned int value)
{
    struct reply reply;
    char body[160];
    int len = snprintf(body, sizeof(body), "%s", path) + 1;

    len += snprintf(body + len, sizeof(body) - (size_t)len, "value %u", value);
    call(fd, XS_WRITE, tx, body, (size_t)len, &reply);
}

static uint32_t start_transaction(int fd)
{
    struct reply reply;

    call(fd, XS_TRANSACTION_START, 0, "", 1, &reply);
    return (uint32_t)strtoul(reply.body, NULL, 10);
}

static bool end_transaction(int fd, uint32_t tx)
{
    struct reply reply;

    return call(fd, XS_TRANSACTION_END, tx, "T", 2, &reply);
}

/* What is measured: done once, the n-th time. */
typedef void (*action)(unsigned int n);

static int first, second; /* two connections */

static void do_read(unsigned int n)
{
    call_path(first, XS_READ, 0, ROOT "/node");
}

static void do_overwrite(unsigned int n)
{
    write_node(first, 0, ROOT "/node", n);
}

static void do_create(unsigned int n)
{
    char path[64];

    snprintf(path, sizeof(path), ROOT "/create/%u", n);
    write_node(first, 0, path, n);
}

static void do_directory(unsigned int n)
{
    call_path(first, XS_DIRECTORY, 0, ROOT "/list");
}

static void do_transaction(unsigned int n)
{
    uint32_t tx = start_transaction(first);
    char path[64];

    for (unsigned int i = 0; i < TX_WRITES; i++) {
        snprintf(path, sizeof(path), ROOT "/tx/%u", i);
        write_node(first, tx, path, n);
    }
    if (!end_transaction(first, tx))
        errx(1, "a conflict with nobody");
}

static void do_watch_event(unsigned int n)
{
    struct reply reply;

    write_node(first, 0, ROOT "/watched", n);
    do
        read_message(second, &reply);
    while (reply.hdr.type != XS_WATCH_EVENT);
}

static int writers[WRITERS];

/* One step of the transaction of each; all are open at the same time. */
static void transactions_round(uint32_t *tx, const bool *wanted, unsigned int n)
{
    char path[64];

    for (int i = 0; i < WRITERS; i++) {
        if (wanted[i])
            tx[i] = start_transaction(writers[i]);
    }
    for (int i = 0; i < WRITERS; i++) {
        snprintf(path, sizeof(path), ROOT "/disjoint/%d/state", i);
        if (wanted[i]) {
            call_path(writers[i], XS_READ, tx[i], path);
            write_node(writers[i], tx[i], path, n);
        }
    }
}

/* A transaction of each of the connections, interleaved, until all have succeeded. */
static void do_disjoint(unsigned int n)
{
    uint32_t tx[WRITERS] = {0};
    bool wanted[WRITERS];
    unsigned int left = WRITERS;

    memset(wanted, true, sizeof(wanted));
    while (left) {
        transactions_round(tx, wanted, n);
        for (int i = 0; i < WRITERS; i++) {
            if (!wanted[i])
                continue;
            if (end_transaction(writers[i], tx[i])) {
                wanted[i] = false;
                left--;
            } else {
                conflicts++;
            }
        }
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void print_row(const char *name, double *samples, unsigned int count, double divisor)
{
    qsort(samples, count, sizeof(*samples), by_value);
    printf("BENCH %s %.2f %.2f\n", name, samples[count / 2] / divisor,
           samples[count * 99 / 100] / divisor);
    fflush(stdout);
}

static void *checked_calloc(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (!memory)
        err(1, NULL);
    return memory;
}

/* divisor: how many of the named thing one action is */
static void measure(const char *name, action act, unsigned int count, double divisor)
{
    double *samples = NULL;

    count = count * scale / 100 + 1;
    samples = checked_calloc(count, sizeof(*samples));
    for (unsigned int i = 0; i < WARM_UP; i++)
        act(i);
    for (unsigned int i = 0; i < count; i++) {
        double start = now_us();

        act(WARM_UP + i);
        samples[i] = now_us() - start;
    }
    print_row(name, samples, count, divisor);
    free(samples);
}

static void reader_process(double *samples, unsigned int count, int go)
{
    char byte;

    first = open_store();
    if (read(go, &byte, 1) != 0) /* its end is closed when all are ready */
        _exit(1);
    for (unsigned int i = 0; i < count; i++) {
        double start = now_us();

        do_read(i);
        samples[i] = now_us() - start;
    }
    _exit(0);
}

static void measure_readers(unsigned int count)
{
    int go[2], status = 0;
    double *samples = NULL;

    count = count * scale / 100 + 1;
    samples = mmap(NULL, READERS * count * sizeof(*samples), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (samples == MAP_FAILED || pipe(go) != 0)
        err(1, NULL);
    fflush(stdout);
    for (unsigned int i = 0; i < READERS; i++) {
        if (fork() == 0) {
            close(go[1]);
            reader_process(samples + i * count, count, go[0]);
        }
    }
    close(go[0]);
    close(go[1]);
    for (int i = 0; i < READERS; i++) {
        if (wait(&status) < 0 || status != 0)
            errx(1, "a reader failed");
    }
    print_row("8-readers", samples, READERS * count, 1);
    munmap(samples, READERS * count * sizeof(*samples));
}

static void make_many(unsigned int count)
{
    char path[64];

    for (unsigned int i = 0; i < count; i++) {
        snprintf(path, sizeof(path), ROOT "/many/%u/%u", i / LISTED, i % LISTED);
        write_node(first, 0, path, i);
    }
}

static void measure_removal(void)
{
    double samples[REMOVALS];

    for (unsigned int i = 0; i < REMOVALS; i++) {
        double start = 0;

        make_many(REMOVED);
        start = now_us();
        call_path(first, XS_RM, 0, ROOT "/many");
        samples[i] = now_us() - start;
    }
    print_row("remove-20000", samples, REMOVALS, 1);
}

static void prepare(void)
{
    char path[64];

    first = open_store();
    second = open_store();
    write_node(first, 0, ROOT "/node", 0);
    call_path(first, XS_MKDIR, 0, ROOT "/create");
    for (unsigned int i = 0; i < LISTED; i++) {
        snprintf(path, sizeof(path), ROOT "/list/name-%u", i);
        write_node(first, 0, path, i);
    }
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = open_store();
        snprintf(path, sizeof(path), ROOT "/disjoint/%d/state", i);
        write_node(first, 0, path, 0);
    }
}

static void watch_node(void)
{
    static const char body[] = ROOT "/watched\0token";
    struct reply reply;

    write_node(first, 0, ROOT "/watched", 0);
    send_message(second, XS_WATCH, 0, body, sizeof(body));
    for (int i = 0; i < 2; i++)
        read_message(second, &reply); /* the answer and the first event, in any order */
}

int main(int argc, char **argv)
{
    if (argc < 2)
        errx(2, "usage: store-bench SOCKET [SCALE]");
    socket_path = argv[1];
    if (argc > 2)
        scale = (unsigned int)strtoul(argv[2], NULL, 10);
    prepare();
    measure("read", do_read, 4000, 1);
    measure("overwrite", do_overwrite, 4000, 1);
    measure("create", do_create, 4000, 1);
    measure("directory-of-100", do_directory, 2000, 1);
    measure("transaction-of-10", do_transaction, 500, 1);
    watch_node();
    measure("write-to-event", do_watch_event, 2000, 1);
    measure_readers(1000);
    measure("disjoint-transaction", do_disjoint, 1000 / WRITERS, WRITERS);
    measure_removal();
    call_path(first, XS_RM, 0, ROOT);
    printf("BENCH conflicts %u 0\n", conflicts);
    return 0;
}
