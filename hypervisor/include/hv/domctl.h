/* SPDX-License-Identifier: MIT */
/* Between domctl, sysctl and those who answer for them. */
#ifndef HV_DOMCTL_H
#define HV_DOMCTL_H

#include <hv/spinlock.h>
#include <xen/xen.h>

struct xen_domctl_getdomaininfo;

extern spinlock_t domctl_lock;
/* false: give up for now with -EPREEMPTED. */
bool domctl_lock_or_yield(void);
void domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info);
/* A reference to the domain with the lowest id that is not below from; NULL: none. */
struct domain *domain_get_from(domid_t from);
void debug_key(char key);

#endif
