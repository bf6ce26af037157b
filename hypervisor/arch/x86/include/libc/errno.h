/* SPDX-License-Identifier: MIT */
/* Error numbers for code that is also built for user space; the values are Linux's, as Xen's are. */
#ifndef HV_LIBC_ERRNO_H
#define HV_LIBC_ERRNO_H

#include <hv/errno.h>

extern int hv_libc_errno;
#define errno hv_libc_errno

#endif
