/* SPDX-License-Identifier: MIT */
/* What the parts of arch/x86/pv provide for a domain's or vCPU's life (called by pv/domain.c). */
#ifndef ASM_PV_DOMAIN_H
#define ASM_PV_DOMAIN_H

#include <hv/domain.h>

/* pirq.c: a domain's numbers of physical interrupts.
 * Map irq to number pirq, or < 0: to a free one, from `least` on.  The number, -EEXIST (irq or pirq
 * is mapped otherwise), -ENOSPC, -EINVAL, -ENOMEM. */
int pirq_map(struct domain *d, int pirq, unsigned int irq, unsigned int least);
int pirq_unmap(struct domain *d, uint32_t pirq);  /* 0, -EINVAL; MSIs are taken down */
int pirq_to_irq(struct domain *d, uint32_t pirq); /* -EINVAL: not mapped */
int pirq_eoi(struct domain *d, uint32_t pirq);    /* 0, -EINVAL: not mapped */
/* PHYSDEVOP_pirq_eoi_gmfn: the frame gets a bit for each pirq that wants an EOI. 0, -EBUSY, -EINVAL */
int pirq_set_eoi_map(struct domain *d, mfn_t mfn);
/* All of them, and the frame; no port is bound any more. */
void pv_physdev_domain_relinquish(struct domain *d);
/* cpuid.c: the policy of a new domain (dom0's or a guest's default); 0, -ENOMEM */
int pv_cpuid_domain_create(struct domain *d);
/* hypercall_page.c: the stubs, into a page */
void pv_fill_hypercall_page(void *page);
/* dom0_rights.c: ports, memory and interrupts that dom0 gets; 0, -ENOMEM */
int dom0_grant_rights(struct domain *d);

#endif
