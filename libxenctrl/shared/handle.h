/* SPDX-License-Identifier: MIT */
/* What the small libraries' handles have in common. */
#ifndef XEN_SHARED_HANDLE_H
#define XEN_SHARED_HANDLE_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include "xenerror.h"
#include "xentoollog.h"
#include "xentoolcore_internal.h"

#define PUBLIC __attribute__((visibility("default")))

#define XEN_PAGE_SHIFT 12
#define XEN_PAGE_BYTES 4096UL

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* A caller that brings no logger gets one of the handle's own, on stderr. */
static inline int handle_logger_init(xentoollog_logger **logger, xentoollog_logger **owned,
                                     xentoollog_logger *given)
{
    *owned = NULL;
    if (!given)
        *owned = given = (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_PROGRESS, 0);
    *logger = given;
    return given ? 0 : -1;
}

/* Opens the first device of the list that is there; records why the first one is not. */
static inline int handle_open_device(const struct xentoolcore__transport *t, const char *library,
                                     const char *operation, const char *device,
                                     const char *fallback, int flags)
{
    int fd = t->open(device, flags);

    if (fd < 0 && fallback && (errno == ENOENT || errno == ENXIO || errno == ENODEV)) {
        fd = t->open(fallback, flags);
        device = fallback;
    }
    if (fd < 0) {
        int errnum = errno;

        xenerr_set(errnum, library, operation, "cannot open %s", device);
        xenerr_field(XENERR_FILE, "%s", device);
        if (errnum == EACCES || errnum == EPERM)
            xenerr_field(XENERR_HINT, "run as root");
        else
            xenerr_field(XENERR_HINT, "is this a domain of a Xen host, with its driver loaded?");
    }
    return fd;
}

#endif
