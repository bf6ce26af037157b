/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "device/dev.h"
#include "fake_devices.h"
#include "fake_host.h"

#define MAX_LOOPS 8
#define MAX_LINKS 8

static struct {
    char path[128];
    int fd; /* of its maker, until it is kept */
    bool kept;
} loops[MAX_LOOPS];

static struct {
    char name[16], bridge[16];
} links[MAX_LINKS];

static bool host_uses, fast;
static void (*meanwhile)(void);
static int64_t skipped_ms;

void devices_reset(void)
{
    memset(loops, 0, sizeof(loops));
    memset(links, 0, sizeof(links));
    strcpy(links[0].name, "xenbr0");
    host_uses = fast = false;
    meanwhile = NULL;
}

void devices_meanwhile(void (*others)(void))
{
    meanwhile = others;
}

void devices_host_uses(bool on)
{
    host_uses = on;
}

void devices_fast_time(bool on)
{
    fast = on;
}

/* ---- files: "/dev/..." are block devices, others are files that have to be there ---- */

int libxl__file_identify(const char *path, struct file_id *id)
{
    struct stat st;

    if (stat(path, &st))
        return -1;
    *id = (struct file_id){.dev = st.st_dev, .ino = st.st_ino};
    return 0;
}

bool libxl__file_same(const struct file_id *a, const struct file_id *b)
{
    return a->dev == b->dev && a->ino == b->ino;
}

bool libxl__host_uses(const char *path, const struct file_id *id, bool readonly)
{
    return host_uses;
}

/* ---- loop devices; one that is not kept goes with its descriptor ---- */

static void reap(void)
{
    for (int i = 0; i < MAX_LOOPS; i++)
        if (*loops[i].path && !loops[i].kept && eventfd_write(loops[i].fd, 1) && errno == EBADF)
            loops[i].path[0] = '\0';
}

int devices_loops(void)
{
    int n = 0;

    reap();
    for (int i = 0; i < MAX_LOOPS; i++)
        n += *loops[i].path != '\0';
    return n;
}

int libxl__loopdev_open(struct pool *pool, const char *path, bool readonly, bool direct,
                        char **node, uint64_t *rdev)
{
    int i;

    reap();
    for (i = 0; i < MAX_LOOPS && *loops[i].path; i++)
        ;
    if (i == MAX_LOOPS)
        abort();
    snprintf(loops[i].path, sizeof(loops[i].path), "%s", path);
    loops[i].fd = eventfd(0, EFD_CLOEXEC);
    loops[i].kept = false;
    *node = STR(pool, "/dev/loop%d", i);
    *rdev = makedev(7, i);
    return loops[i].fd;
}

int libxl__loopdev_keep(int fd, bool keep)
{
    for (int i = 0; i < MAX_LOOPS; i++)
        if (*loops[i].path && loops[i].fd == fd)
            loops[i].kept = keep;
    return 0;
}

int libxl__loopdev_free(uint64_t rdev, const char *path)
{
    unsigned int i = minor(rdev);

    if (i < MAX_LOOPS && !strcmp(loops[i].path, path))
        loops[i].path[0] = '\0';
    return 0;
}

/* ---- interfaces ---- */

static int find_link(const char *name)
{
    int free_one = -1;
    char path[96];
    unsigned int domid, devid;
    const char *state;

    for (int i = 0; i < MAX_LINKS; i++) {
        if (!strcmp(links[i].name, name))
            return i;
        if (!*links[i].name)
            free_one = i;
    }
    /* netback's come with the back end's waiting */
    if (sscanf(name, "vif%u.%u", &domid, &devid) != 2)
        return -1;
    snprintf(path, sizeof(path), "/local/domain/0/backend/vif/%u/%u/state", domid, devid);
    state = host_read(path);
    if (!state || atoi(state) < 2)
        return -1;
    strcpy(links[free_one].name, name);
    return free_one;
}

int libxl__link_index(const char *name)
{
    void (*others)(void) = meanwhile;
    int i;

    meanwhile = NULL;
    if (others)
        others();
    i = find_link(name);
    return i < 0 ? -1 : i + 1;
}

int libxl__link_mtu(const char *name)
{
    return 1500;
}

int libxl__link_new_bridge(const char *name)
{
    for (int i = 0; i < MAX_LINKS; i++)
        if (!*links[i].name) {
            strcpy(links[i].name, name);
            return 0;
        }
    return -1;
}

int libxl__link_rename(const char *name, const char *to)
{
    int i = find_link(name);

    if (i >= 0)
        strcpy(links[i].name, to);
    return i >= 0 ? 0 : -1;
}

int libxl__link_configure(const char *name, const uint8_t *mac, int mtu, const char *master,
                          bool up)
{
    int i = find_link(name);

    if (i < 0 || (master && find_link(master) < 0)) {
        errno = ENODEV;
        return -1;
    }
    strcpy(links[i].bridge, master ? master : "");
    return 0;
}

int libxl__link_route(const char *name, const char *ip, const char *gateway_dev, bool add)
{
    return 0;
}

bool devices_has_link(const char *link)
{
    for (int i = 0; i < MAX_LINKS; i++)
        if (!strcmp(links[i].name, link))
            return true;
    return false;
}

const char *devices_bridge_of(const char *link)
{
    for (int i = 0; i < MAX_LINKS; i++)
        if (!strcmp(links[i].name, link) && *links[i].bridge)
            return links[i].bridge;
    return NULL;
}

/*
 * The kernel has a device for each back end that is described: those that a driver has until they
 * are closed, the others until their nodes go.
 */
int access(const char *path, int mode)
{
    unsigned int domid, devid;
    char kind[32], node[96];
    const char *state;

    if (sscanf(path, "/sys/bus/xen-backend/devices/%31[^-]-%u-%u", kind, &domid, &devid) != 3)
        return faccessat(AT_FDCWD, path, mode, 0);
    snprintf(node, sizeof(node), "/local/domain/0/backend/%s/%u/%u/state", kind, domid, devid);
    state = host_read(node);
    if (state && ((strcmp(kind, "vbd") && strcmp(kind, "vif")) || strcmp(state, "6")))
        return 0;
    errno = ENOENT;
    return -1;
}

/* ---- time ---- */

int gettimeofday(struct timeval *tv, void *tz)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    tv->tv_sec = now.tv_sec + skipped_ms / 1000;
    tv->tv_usec = now.tv_nsec / 1000;
    return 0;
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
    struct timespec limit = {timeout / 1000, timeout % 1000 * 1000000L}, none = {0, 0};
    int ready;

    if (!fast)
        return ppoll(fds, n, timeout < 0 ? NULL : &limit, NULL);
    ready = ppoll(fds, n, &none, NULL);
    if (ready)
        return ready;
    if (timeout < 0)
        abort(); /* nothing will ever happen */
    skipped_ms += timeout + 1000 - timeout % 1000;
    return 0;
}
