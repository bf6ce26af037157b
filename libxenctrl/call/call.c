/* SPDX-License-Identifier: MIT */
/* Opening and closing handles, and the hypercalls themselves. */
#include <stdlib.h>
#include "call/private.h"
#include "shared/linux_devices.h"

/* The kernel offers no way to limit arbitrary hypercalls to one domain. */
static int restrict_handle(Xentoolcore__Active_Handle *ah, domid_t domid)
{
    xencall_handle *xcall = container_of(ah, xencall_handle, active);

    if (xentoolcore__restrict_by_dup2_null(xcall->buffer_fd))
        return -1;
    return xentoolcore__restrict_by_dup2_null(xcall->fd);
}

PUBLIC xencall_handle *xencall_open(struct xentoollog_logger *logger, unsigned open_flags)
{
    xencall_handle *xcall = NULL;

    if (open_flags & ~XENCALL_OPENFLAG_NON_REENTRANT) {
        xenerr_set(EINVAL, "libxencall", "xencall_open", "unknown flags %#x", open_flags);
        return NULL;
    }
    xcall = calloc(1, sizeof(*xcall));
    if (!xcall) {
        xenerr_set(ENOMEM, "libxencall", "xencall_open", "no memory for a handle");
        return NULL;
    }
    xcall->fd = xcall->buffer_fd = -1;
    xcall->flags = open_flags;
    xcall->transport = xentoolcore__transport();
    pthread_mutex_init(&xcall->cache_lock, NULL);
    xcall->active.restrict_callback = restrict_handle;
    xentoolcore__register_active_handle(&xcall->active);

    if (handle_logger_init(&xcall->logger, &xcall->logger_owned, logger)) {
        xenerr_set(ENOMEM, "libxencall", "xencall_open", "no memory for a logger");
        goto fail;
    }
    xcall->fd = handle_open_device(xcall->transport, "libxencall", "xencall_open",
                                   "/dev/xen/privcmd", "/proc/xen/privcmd", O_RDWR | O_CLOEXEC);
    if (xcall->fd < 0)
        goto fail;
    /* Kernels before 4.18 have no such device; locked memory then serves nearly as well. */
    xcall->buffer_fd = xcall->transport->open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
    return xcall;

fail:
    (void)xencall_close(xcall);
    return NULL;
}

PUBLIC int xencall_close(xencall_handle *xcall)
{
    int rc = 0, saved = errno;

    if (!xcall)
        return 0;
    xencall__cache_drop(xcall);
    xentoolcore__deregister_active_handle(&xcall->active);
    if (xcall->buffer_fd >= 0)
        xcall->transport->close(xcall->buffer_fd);
    if (xcall->fd >= 0)
        rc = xcall->transport->close(xcall->fd);
    if (rc)
        saved = errno;
    xtl_logger_destroy(xcall->logger_owned);
    pthread_mutex_destroy(&xcall->cache_lock);
    free(xcall);
    errno = saved;
    return rc ? -1 : 0;
}

PUBLIC int xencall_fd(xencall_handle *xcall)
{
    return xcall->fd;
}

static long hypercall(xencall_handle *xcall, unsigned int op, uint64_t a1, uint64_t a2, uint64_t a3,
                      uint64_t a4, uint64_t a5)
{
    struct privcmd_hypercall call = {.op = op, .arg = {a1, a2, a3, a4, a5}};

    return xcall->transport->ioctl(xcall->fd, IOCTL_PRIVCMD_HYPERCALL, &call);
}

PUBLIC int xencall0(xencall_handle *xcall, unsigned int op)
{
    return hypercall(xcall, op, 0, 0, 0, 0, 0);
}

PUBLIC int xencall1(xencall_handle *xcall, unsigned int op, uint64_t arg1)
{
    return hypercall(xcall, op, arg1, 0, 0, 0, 0);
}

PUBLIC int xencall2(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2)
{
    return hypercall(xcall, op, arg1, arg2, 0, 0, 0);
}

PUBLIC long xencall2L(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2)
{
    return hypercall(xcall, op, arg1, arg2, 0, 0, 0);
}

PUBLIC int xencall3(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2,
                    uint64_t arg3)
{
    return hypercall(xcall, op, arg1, arg2, arg3, 0, 0);
}

PUBLIC int xencall4(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2,
                    uint64_t arg3, uint64_t arg4)
{
    return hypercall(xcall, op, arg1, arg2, arg3, arg4, 0);
}

PUBLIC int xencall5(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2,
                    uint64_t arg3, uint64_t arg4, uint64_t arg5)
{
    return hypercall(xcall, op, arg1, arg2, arg3, arg4, arg5);
}
