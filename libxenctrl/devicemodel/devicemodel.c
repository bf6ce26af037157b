/* SPDX-License-Identifier: MIT */
/* The handle, and how an operation reaches the hypervisor. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "devicemodel/private.h"

static int restrict_handle(Xentoolcore__Active_Handle *ah, domid_t domid)
{
    return xendevicemodel_restrict(container_of(ah, xendevicemodel_handle, active), domid);
}

PUBLIC xendevicemodel_handle *xendevicemodel_open(struct xentoollog_logger *logger,
                                                  unsigned int open_flags)
{
    xendevicemodel_handle *dmod = NULL;

    if (open_flags) {
        xenerr_set(EINVAL, LIB, __func__, "unknown flags %#x", open_flags);
        return NULL;
    }
    dmod = calloc(1, sizeof(*dmod));
    if (!dmod) {
        xenerr_set(ENOMEM, LIB, __func__, "no memory for a handle");
        return NULL;
    }
    dmod->fd = -1;
    dmod->transport = xentoolcore__transport();
    dmod->active.restrict_callback = restrict_handle;
    xentoolcore__register_active_handle(&dmod->active);
    if (handle_logger_init(&dmod->logger, &dmod->logger_owned, logger)) {
        xenerr_set(ENOMEM, LIB, __func__, "no memory for a logger");
        goto fail;
    }
    dmod->fd = handle_open_device(dmod->transport, LIB, __func__, "/dev/xen/privcmd",
                                  "/proc/xen/privcmd", O_RDWR | O_CLOEXEC);
    if (dmod->fd >= 0)
        return dmod;
fail:
    xendevicemodel_close(dmod);
    return NULL;
}

PUBLIC int xendevicemodel_close(xendevicemodel_handle *dmod)
{
    int rc = 0, saved = errno;

    if (!dmod)
        return 0;
    xentoolcore__deregister_active_handle(&dmod->active);
    if (dmod->fd >= 0)
        rc = dmod->transport->close(dmod->fd);
    if (rc)
        saved = errno;
    xencall_close(dmod->xcall);
    xtl_logger_destroy(dmod->logger_owned);
    free(dmod);
    errno = saved;
    return rc ? -1 : 0;
}

PUBLIC int xendevicemodel_restrict(xendevicemodel_handle *dmod, domid_t domid)
{
    if (dmod->transport->ioctl(dmod->fd, IOCTL_PRIVCMD_RESTRICT, &domid) < 0)
        return xenerr_set(errno == ENOTTY ? EOPNOTSUPP : errno, LIB, __func__,
                          "cannot limit the handle to domain %u", domid);
    return 0;
}

/* Kernels before 4.11 lack the ioctl: then the hypercall is made directly, with copies. */
static int direct_call(xendevicemodel_handle *dmod, domid_t domid, unsigned int nr,
                       const struct privcmd_dm_op_buf *bufs)
{
    void *copies[DM_OP_MAX_BUFFERS] = {NULL};
    struct xen_dm_op_buf *list = NULL;
    int rc = -1, saved;
    unsigned int i;

    if (!dmod->xcall)
        dmod->xcall = xencall_open(dmod->logger, 0);
    if (!dmod->xcall)
        return -1;
    list = xencall_alloc_buffer(dmod->xcall, nr * sizeof(*list));
    if (!list)
        goto out;
    for (i = 0; i < nr; i++) {
        copies[i] = xencall_alloc_buffer(dmod->xcall, bufs[i].size);
        if (!copies[i])
            goto out;
        memcpy(copies[i], bufs[i].uptr, bufs[i].size);
        memset(&list[i], 0, sizeof(list[i]));
        set_xen_guest_handle_raw(list[i].h, copies[i]);
        list[i].size = bufs[i].size;
    }
    rc = xencall3(dmod->xcall, __HYPERVISOR_dm_op, domid, nr, (uintptr_t)list);
    saved = errno;
    for (i = 0; i < nr; i++)
        memcpy(bufs[i].uptr, copies[i], bufs[i].size);
    errno = saved;
out:
    saved = errno;
    for (i = 0; i < nr; i++)
        xencall_free_buffer(dmod->xcall, copies[i]);
    xencall_free_buffer(dmod->xcall, list);
    errno = saved;
    return rc;
}

int xendevicemodel__op(xendevicemodel_handle *dmod, const char *operation, domid_t domid,
                       struct xen_dm_op *op, void *buffer, size_t size)
{
    struct privcmd_dm_op_buf bufs[DM_OP_MAX_BUFFERS] = {{.uptr = op, .size = sizeof(*op)},
                                                        {.uptr = buffer, .size = size}};
    struct privcmd_dm_op arg = {.dom = domid, .num = buffer ? 2 : 1, .ubufs = bufs};
    long rc = dmod->transport->ioctl(dmod->fd, IOCTL_PRIVCMD_DM_OP, &arg);

    if (rc < 0 && errno == ENOTTY)
        rc = direct_call(dmod, domid, arg.num, bufs);
    if (rc < 0) {
        xenerr_set(errno, LIB, operation, "the hypervisor refused it for domain %u", domid);
        xenerr_field(XENERR_HYPERCALL, "dm_op %u", op->op);
        return -1;
    }
    return rc;
}
