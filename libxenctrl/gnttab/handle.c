/* SPDX-License-Identifier: MIT */
/* What the mapping and the granting device have in common. */
#include <stdlib.h>
#include "gnttab/private.h"

/* Nothing limits a grant device to one domain. */
static int restrict_handle(Xentoolcore__Active_Handle *ah, domid_t domid)
{
    struct xengntdev_handle *handle = container_of(ah, struct xengntdev_handle, active);

    return xentoolcore__restrict_by_dup2_null(handle->fd);
}

struct xengntdev_handle *gntdev__open(xentoollog_logger *logger, unsigned flags,
                                      const char *operation, const char *device)
{
    struct xengntdev_handle *handle = NULL;

    if (flags) {
        xenerr_set(EINVAL, LIB, operation, "unknown flags %#x", flags);
        return NULL;
    }
    handle = calloc(1, sizeof(*handle));
    if (!handle) {
        xenerr_set(ENOMEM, LIB, operation, "no memory for a handle");
        return NULL;
    }
    handle->fd = -1;
    handle->transport = xentoolcore__transport();
    handle->active.restrict_callback = restrict_handle;
    xentoolcore__register_active_handle(&handle->active);
    if (handle_logger_init(&handle->logger, &handle->logger_owned, logger)) {
        xenerr_set(ENOMEM, LIB, operation, "no memory for a logger");
        goto fail;
    }
    handle->fd =
        handle_open_device(handle->transport, LIB, operation, device, NULL, O_RDWR | O_CLOEXEC);
    if (handle->fd >= 0)
        return handle;
fail:
    gntdev__close(handle);
    return NULL;
}

int gntdev__close(struct xengntdev_handle *handle)
{
    int rc = 0, saved = errno;

    if (!handle)
        return 0;
    xentoolcore__deregister_active_handle(&handle->active);
    if (handle->fd >= 0)
        rc = handle->transport->close(handle->fd);
    if (rc)
        saved = errno;
    xtl_logger_destroy(handle->logger_owned);
    free(handle);
    errno = saved;
    return rc ? -1 : 0;
}

int gntdev__set_notify(struct xengntdev_handle *handle, unsigned long request, uint64_t index,
                       uint32_t offset, evtchn_port_t port)
{
    struct ioctl_gntdev_unmap_notify notify = {.index = index};

    if (offset != UINT32_MAX) {
        if (offset >= XEN_PAGE_BYTES) {
            errno = EINVAL;
            return -1;
        }
        notify.index += offset;
        notify.action |= UNMAP_NOTIFY_CLEAR_BYTE;
    }
    if (port != UINT32_MAX) {
        notify.event_channel_port = port;
        notify.action |= UNMAP_NOTIFY_SEND_EVENT;
    }
    if (!notify.action)
        return 0;
    return handle->transport->ioctl(handle->fd, request, &notify) < 0 ? -1 : 0;
}
