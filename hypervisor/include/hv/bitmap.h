/* SPDX-License-Identifier: MIT */
/* Bitmaps of the tools' (struct xenctl_bitmap): bytes, as many bits as they say. */
#ifndef HV_BITMAP_H
#define HV_BITMAP_H

#include <hv/cpumask.h>
#include <xen/xen.h>

/* Bits beyond what one side has are 0 on the other.  0, -EFAULT, -EINVAL (absurdly long). */
int bitmap_from_guest(unsigned long *map, unsigned int nr_bits, const struct xenctl_bitmap *g);
int bitmap_to_guest(const struct xenctl_bitmap *g, const unsigned long *map, unsigned int nr_bits);
int cpumask_from_guest(cpumask_t *m, const struct xenctl_bitmap *g);
int cpumask_to_guest(const struct xenctl_bitmap *g, const cpumask_t *m);

#endif
