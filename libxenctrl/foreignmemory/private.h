/* SPDX-License-Identifier: MIT */
#ifndef XENFOREIGNMEMORY_PRIVATE_H
#define XENFOREIGNMEMORY_PRIVATE_H

#include "shared/handle.h"
#include "shared/linux_devices.h"
#include "xenforeignmemory.h"

#define LIB "libxenforeignmemory"

struct xenforeignmemory_handle {
    xentoollog_logger *logger, *logger_owned;
    const struct xentoolcore__transport *transport;
    Xentoolcore__Active_Handle active;
    int fd;
};

struct xenforeignmemory_resource_handle {
    void *addr;
    size_t size;
};

#endif
