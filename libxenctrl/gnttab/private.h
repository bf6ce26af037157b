/* SPDX-License-Identifier: MIT */
#ifndef XENGNTTAB_PRIVATE_H
#define XENGNTTAB_PRIVATE_H

#include "shared/handle.h"
#include "shared/linux_devices.h"
#include "xengnttab.h"

#define LIB "libxengnttab"

struct xengntdev_handle {
    xentoollog_logger *logger, *logger_owned;
    const struct xentoolcore__transport *transport;
    Xentoolcore__Active_Handle active;
    int fd;
};

struct xengntdev_handle *gntdev__open(xentoollog_logger *logger, unsigned flags,
                                      const char *operation, const char *device);
int gntdev__close(struct xengntdev_handle *handle);

/*
 * Asks for a notification when the page at this device offset is unmapped; 0xffffffff for an
 * offset or a port means not to.  Returns 0, or -1 with errno.
 */
int gntdev__set_notify(struct xengntdev_handle *handle, unsigned long request, uint64_t index,
                       uint32_t offset, evtchn_port_t port);

#endif
