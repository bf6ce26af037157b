/* SPDX-License-Identifier: MIT */
/* Errors are Xen's numbers (<xen/errno.h>) under their plain names; functions return them negative. */
#ifndef HV_ERRNO_H
#define HV_ERRNO_H

#define XEN_ERRNO(name, value) name = value,
enum {
#include <xen/errno.h>
    /* Internal: the hypercall was preempted; its updated arguments are to be run again. */
    EPREEMPTED = 1000,
};

#endif
