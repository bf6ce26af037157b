/* SPDX-License-Identifier: MIT */
/* What domctl.c and sysctl.c share. */
#ifndef CORE_DOMCTL_H
#define CORE_DOMCTL_H

#include <hv/domain.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

/* Serialises both; tried, not waited for: who loses repeats its hypercall. */
extern spinlock_t domctl_lock;

void domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info);
/* Bitmaps of the tools: as many bits as there is room for; more bits of ours are cut off. */
int copy_bitmap_to_guest(const struct xenctl_bitmap *map, const unsigned long *bits, unsigned int nr);
/* Bits beyond nr are ignored; those not given are 0. */
int copy_bitmap_from_guest(unsigned long *bits, unsigned int nr, const struct xenctl_bitmap *map);
/* sysctl debug_keys (debug_keys.c). */
void debug_key(char key);

#endif
