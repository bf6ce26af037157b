/* SPDX-License-Identifier: MIT */
/* The NUMA topology that a guest is shown (core/vnuma.c): kept, and handed out on demand. */
#ifndef HV_VNUMA_H
#define HV_VNUMA_H

#include <hv/types.h>

struct vnuma_info;
struct xen_domctl_vnuma;

long vnuma_set(struct domain *d, const struct xen_domctl_vnuma *u); /* domctl setvnumainfo */
long vnuma_get(vaddr_t arg);                                        /* XENMEM_get_vnumainfo */

#endif
