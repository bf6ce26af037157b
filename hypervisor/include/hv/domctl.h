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
/* What is known of the domains whose id is not below from, in order, up to max; how many. */
unsigned int domain_info_from(domid_t from, struct xen_domctl_getdomaininfo *info,
                              unsigned int max);
/* A reference to the domain with the lowest id that is not below from; NULL: none. */
struct domain *domain_get_from(domid_t from);
void debug_key(char key);

#endif
