/* SPDX-License-Identifier: MIT */
#ifndef XENDEVICEMODEL_PRIVATE_H
#define XENDEVICEMODEL_PRIVATE_H

/* The layouts that tools use. */
#ifndef __XEN_TOOLS__
#define __XEN_TOOLS__ 1
#endif

#include "shared/handle.h"
#include "shared/linux_devices.h"
#include "xencall.h"
#include "xendevicemodel.h"

#define LIB "libxendevicemodel"

/* The operation itself, and an array that some have. */
#define DM_OP_MAX_BUFFERS 2

struct xendevicemodel_handle {
    xentoollog_logger *logger, *logger_owned;
    const struct xentoolcore__transport *transport;
    Xentoolcore__Active_Handle active;
    int fd;
    xencall_handle *xcall; /* opened only where the kernel has no dm_op ioctl */
};

/* Carries out op, whose results come back in it and in the buffer, if there is one. */
int xendevicemodel__op(xendevicemodel_handle *dmod, const char *operation, domid_t domid,
                       struct xen_dm_op *op, void *buffer, size_t size);

#define do_op(dmod, domid, op) xendevicemodel__op(dmod, __func__, domid, op, NULL, 0)

#endif
