/* SPDX-License-Identifier: MIT */
/*
 * What a guest's disks and networks carry, measured by a program that costs next to nothing itself.
 * Each line: BENCH name value unit.
 *
 *   io-bench disk NAME DEVICE MIB BLOCK-KIB   read|write seq|random   past the page cache
 *   io-bench serve PORT                       take what is sent, answer its end with a byte
 *   io-bench send NAME ADDRESS PORT MIB       until that byte comes
 *   io-bench grants PAGES ROUNDS              map, unmap and copy batches of this domain's own grants
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <xen/grant_table.h>
#include <xen/sys/gntalloc.h>
#include <xen/sys/gntdev.h>

#define MIB       (1UL << 20)
#define PAGE      4096UL
#define MAX_PAGES 512

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void *pages(size_t size)
{
    void *p =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (p == MAP_FAILED)
        err(1, "%zu bytes", size);
    return p;
}

static void rate(const char *name, unsigned long mib, double start)
{
    double seconds = (now_us() - start) / 1e6;

    fprintf(stderr, "%s: %.3f s\n", name, seconds);
    printf("BENCH %s %.2f MiB/s\n", name, (double)mib / seconds);
}

/* ---- disks ---- */

static void disk(char **arg)
{
    const char *name = arg[0], *device = arg[1];
    unsigned long mib = strtoul(arg[2], NULL, 0), block = strtoul(arg[3], NULL, 0) << 10;
    int writes = !strcmp(arg[4], "write"), random = !strcmp(arg[5], "random");
    int fd = open(device, O_DIRECT | (writes ? O_RDWR : O_RDONLY));
    unsigned long n = mib * MIB / block, blocks;
    char *buffer = pages(block);
    uint32_t seed = 1;
    double start;

    if (fd < 0)
        err(1, "%s", device);
    blocks = (unsigned long)lseek(fd, 0, SEEK_END) / block;
    memset(buffer, 0x5a, block);
    start = now_us();
    for (unsigned long i = 0; i < n; i++) {
        unsigned long at = i % blocks;
        ssize_t done;

        seed = seed * 1664525 + 1013904223;
        if (random)
            at = (seed >> 8) % blocks;
        done = writes ? pwrite(fd, buffer, block, (off_t)(at * block))
                      : pread(fd, buffer, block, (off_t)(at * block));
        if (done != (ssize_t)block)
            err(1, "%s: block %lu", device, at);
    }
    if (writes && fsync(fd))
        err(1, "fsync %s", device);
    rate(name, mib, start);
}

/* ---- networks ---- */

static void serve(unsigned int port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    char *buffer = pages(1 << 16);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
        bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 4))
        err(1, "port %u", port);
    if (daemon(0, 0))
        err(1, "daemon");
    for (;;) {
        int peer = accept(fd, NULL, NULL);

        if (peer < 0)
            err(1, "accept");
        while (read(peer, buffer, 1 << 16) > 0)
            ;
        if (write(peer, "", 1) != 1)
            warn("answer");
        close(peer);
    }
}

static void send_to(const char *name, const char *address, unsigned int port, unsigned long mib)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char *buffer = pages(1 << 16), byte;
    double start;

    if (inet_pton(AF_INET, address, &addr.sin_addr) != 1)
        errx(1, "%s is no address", address);
    if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
        err(1, "%s port %u", address, port);
    start = now_us();
    for (size_t left = mib * MIB; left;) {
        ssize_t n = write(fd, buffer, left < 1 << 16 ? left : 1 << 16);

        if (n <= 0)
            err(1, "send");
        left -= (size_t)n;
    }
    if (shutdown(fd, SHUT_WR) || read(fd, &byte, 1) != 1)
        err(1, "end of the transfer");
    rate(name, mib, start);
}

/* ---- grants ---- */

struct grants {
    int alloc, dev;
    unsigned int n;
    struct ioctl_gntalloc_alloc_gref *ours;
    struct ioctl_gntdev_map_grant_ref *map;
};

static void grants_open(struct grants *g, unsigned int n)
{
    size_t bytes = sizeof(*g->map) + n * sizeof(g->map->refs[0]);

    g->n = n;
    g->alloc = open("/dev/xen/gntalloc", O_RDWR);
    g->dev = open("/dev/xen/gntdev", O_RDWR);
    g->ours = pages(sizeof(*g->ours) + n * sizeof(uint32_t));
    g->map = pages(bytes);
    if (g->alloc < 0 || g->dev < 0)
        err(1, "/dev/xen/gnt*");
    g->ours->flags = GNTALLOC_FLAG_WRITABLE;
    g->ours->count = n;
    if (ioctl(g->alloc, IOCTL_GNTALLOC_ALLOC_GREF, g->ours))
        err(1, "gntalloc, %u pages", n);
    g->map->count = n;
    for (unsigned int i = 0; i < n; i++)
        g->map->refs[i].ref = g->ours->gref_ids[i];
}

/* Mapping is two calls of the driver, of which the second one reaches the hypervisor. */
static void map_and_unmap(struct grants *g, double *map_us, double *unmap_us)
{
    struct ioctl_gntdev_unmap_grant_ref unmap = {.count = g->n};
    double start;
    char *p;

    if (ioctl(g->dev, IOCTL_GNTDEV_MAP_GRANT_REF, g->map))
        err(1, "gntdev, %u pages", g->n);
    start = now_us();
    p = mmap(NULL, g->n * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, g->dev, (off_t)g->map->index);
    *map_us = now_us() - start;
    if (p == MAP_FAILED)
        err(1, "map %u grants", g->n);
    for (unsigned int i = 0; i < g->n; i++)
        p[i * PAGE] = 1;
    start = now_us();
    if (munmap(p, g->n * PAGE))
        err(1, "unmap");
    *unmap_us = now_us() - start;
    unmap.index = g->map->index;
    if (ioctl(g->dev, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap))
        err(1, "gntdev, forget %u pages", g->n);
}

static double copy(struct grants *g, char *to)
{
    struct ioctl_gntdev_grant_copy_segment *segments = calloc(g->n, sizeof(*segments));
    struct ioctl_gntdev_grant_copy op = {.count = g->n, .segments = segments};
    double start, us;

    if (!segments)
        err(1, "segments");
    for (unsigned int i = 0; i < g->n; i++) {
        segments[i].source.foreign.ref = g->ours->gref_ids[i];
        segments[i].dest.virt = to + i * PAGE;
        segments[i].flags = GNTCOPY_source_gref;
        segments[i].len = PAGE;
    }
    start = now_us();
    if (ioctl(g->dev, IOCTL_GNTDEV_GRANT_COPY, &op))
        err(1, "copy");
    us = now_us() - start;
    for (unsigned int i = 0; i < g->n; i++)
        if (segments[i].status)
            errx(1, "copy %u: status %d", i, segments[i].status);
    free(segments);
    return us;
}

static void grants(unsigned int n, unsigned int rounds)
{
    struct grants g = {0};
    char *to = pages(n * PAGE);

    if (!n || n > MAX_PAGES)
        errx(2, "1 to %d pages", MAX_PAGES);
    grants_open(&g, n);
    while (rounds--) {
        double map_us = 0, unmap_us = 0;

        map_and_unmap(&g, &map_us, &unmap_us);
        printf("BENCH grant-map-%u %.1f us\n", n, map_us);
        printf("BENCH grant-unmap-%u %.1f us\n", n, unmap_us);
        printf("BENCH grant-copy-%u %.1f us\n", n, copy(&g, to));
    }
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 8 && !strcmp(argv[1], "disk"))
        disk(argv + 2);
    else if (argc == 3 && !strcmp(argv[1], "serve"))
        serve((unsigned int)atoi(argv[2]));
    else if (argc == 6 && !strcmp(argv[1], "send"))
        send_to(argv[2], argv[3], (unsigned int)atoi(argv[4]), strtoul(argv[5], NULL, 0));
    else if (argc == 4 && !strcmp(argv[1], "grants"))
        grants((unsigned int)atoi(argv[2]), (unsigned int)atoi(argv[3]));
    else
        errx(2, "usage: io-bench disk|serve|send|grants ...");
    return 0;
}
