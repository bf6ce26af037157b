/* SPDX-License-Identifier: MIT */
/* What the parts of arch/x86/pv provide for a domain's or vCPU's life (called by pv/domain.c). */
#ifndef ASM_PV_DOMAIN_H
#define ASM_PV_DOMAIN_H

#include <hv/domain.h>

/* physdev.c: pirqs bound or mapped */
void pv_physdev_domain_destroy(struct domain *d);
/* cpuid.c: the policy of a new domain (dom0's or a guest's default); 0, -ENOMEM */
int pv_cpuid_domain_create(struct domain *d);
void pv_cpuid_domain_destroy(struct domain *d);
/* hypercall_page.c: the stubs, into a page */
void pv_fill_hypercall_page(void *page);
/* dom0_rights.c: ports, memory and interrupts that dom0 gets; 0, -ENOMEM */
int dom0_grant_rights(struct domain *d);

#endif
