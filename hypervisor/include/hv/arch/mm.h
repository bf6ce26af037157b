/* SPDX-License-Identifier: MIT */
/* Arch contract: memory.  asm/mm.h provides inline
 *   void *mfn_to_virt(mfn_t), mfn_t virt_to_mfn(const void *) over the direct map;
 *   maddr_t virt_to_maddr(const void *), void *maddr_to_virt(maddr_t).
 * The functions below are arch/x86/pv/mm (compiled into the hosted build too) and arch/x86/mm.c. */
#ifndef HV_ARCH_MM_H
#define HV_ARCH_MM_H

#include <hv/types.h>
#include <asm/mm.h>

/* Machine-to-physical table. */
void m2p_set(mfn_t mfn, uint64_t gpfn);
uint64_t m2p_get(mfn_t mfn);
#define M2P_INVALID (~0ULL)

/* memory_op commands that the core does not know: XENMEM_add_to_physmap's spaces for an HVM guest,
 * machphys_mapping, machphys_mfn_list, memory_map, machine_memory_map, set_memory_map ... */
long arch_memory_op(unsigned int cmd, vaddr_t arg);
/* After populate: gfn of a translated guest becomes mfn; PV: only the M2P. */
int arch_physmap_add(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order);
/* The frame leaves d (decrease_reservation): checks it may, drops what the arch holds on it. */
int arch_physmap_remove(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order);
/* All CPUs in mask that may hold TLB entries of freed or retyped frames. */
struct page_info;
void arch_flush_before_reuse(struct page_info *pg);
void arch_clear_page(void *p);
/* The direct map, M2P and frame table cover [start, end) from now on is boot's business. */

#endif
