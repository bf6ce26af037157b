/* SPDX-License-Identifier: MIT */
/* Waiting for what others do with a device: by watches of the store, and the kernel's events. */
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>
#include "dev.h"

static void look(libxl_ctx *ctx, void *data)
{
    struct dev *d = data;

    d->step(d);
}

static void late(libxl_ctx *ctx, void *data)
{
    struct dev *d = data;

    d->deadline = NULL;
    d->late = true;
    d->step(d);
}

void libxl__dev_wait_end(struct dev *d)
{
    libxl_ctx *ctx = d->p.ctx;

    libxl__ev_watch_del(ctx, &d->watch);
    libxl__ev_time_del(ctx, &d->deadline);
    libxl__ev_fd_del(ctx, &d->uevents);
    if (d->uevents_fd >= 0)
        close(d->uevents_fd);
    d->uevents_fd = -1;
    d->late = false;
}

/* Whatever it is that cannot be waited for is as good as late. */
static void begin(struct dev *d, int ms, const char *what, void (*step)(struct dev *d))
{
    libxl__dev_wait_end(d);
    d->waits_for = what;
    d->step = step;
    d->deadline = libxl__ev_time_add(d->p.ctx, ms, late, d);
    d->late = !d->deadline;
}

static void served_no_more(libxl_ctx *ctx, void *data)
{
    struct dev *d = data;

    if (!libxl__readable(d->uevents_fd))
        return;
    libxl__ev_fd_del(ctx, &d->uevents);
    d->deserted = true;
    d->step(d);
}

void libxl__dev_wait_backend(struct dev *d, int ms, const char *what, void (*step)(struct dev *d))
{
    begin(d, ms, what, step);
    if (!strcmp(d->p.kind, "qdisk") && d->p.backend_domid == 0) {
        int pidfd = libxl__qemu_process(d->p.ctx, d->p.domid);

        d->deserted = pidfd < 0 && errno == ESRCH;
        d->uevents_fd = pidfd;
        if (pidfd >= 0)
            d->uevents = libxl__ev_fd_add(d->p.ctx, pidfd, POLLIN, served_no_more, d);
    }
    d->watch = libxl__ev_watch_add(d->p.ctx, STR(&d->p.pool, "%s/state", d->p.back), look, d);
    if (!d->watch)
        d->late = true;
    if (d->late)
        step(d);
}

void libxl__dev_wait_child(struct dev *d, int ms, const char *what, void (*step)(struct dev *d))
{
    begin(d, ms, what, step);
}

/* ---- the kernel's events: devices that come and go ---- */

static void uevent(libxl_ctx *ctx, void *data)
{
    struct dev *d = data;
    char buffer[4096];

    while (recv(d->uevents_fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
        ;
    d->step(d);
}

static int listen_to_kernel(struct dev *d)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK, .nl_groups = 1};

    d->uevents_fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    if (d->uevents_fd < 0 || bind(d->uevents_fd, (struct sockaddr *)&kernel, sizeof(kernel)))
        return -1;
    d->uevents = libxl__ev_fd_add(d->p.ctx, d->uevents_fd, POLLIN, uevent, d);
    return d->uevents ? 0 : -1;
}

void libxl__dev_wait_kernel(struct dev *d, int ms, const char *what, void (*step)(struct dev *d))
{
    begin(d, ms, what, step);
    if (listen_to_kernel(d))
        d->late = true;
    step(d);
}
