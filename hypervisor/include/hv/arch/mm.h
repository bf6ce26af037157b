/* SPDX-License-Identifier: MIT */
/* Arch contract: memory.  asm/mm.h provides inline
 *   void *mfn_to_virt(mfn_t), mfn_t virt_to_mfn(const void *) over the direct map;
 *   maddr_t virt_to_maddr(const void *), void *maddr_to_virt(maddr_t).
 * The functions below are arch/x86/pv/mm (compiled into the hosted build too) and arch/x86/mm.c. */
#ifndef HV_ARCH_MM_H
#define HV_ARCH_MM_H

#include <hv/types.h>
#include <asm/mm.h>
#include <xen/xen.h> /* domid_t */

/* Machine-to-physical table. */
void m2p_set(mfn_t mfn, uint64_t gpfn);
uint64_t m2p_get(mfn_t mfn);
#define M2P_INVALID (~0ULL)

/* memory_op commands that the core does not know: machphys_mapping, machphys_mfn_list, memory_map,
 * machine_memory_map, set_memory_map ... */
long arch_memory_op(unsigned int cmd, vaddr_t arg);
/* After populate: gfn of a translated guest becomes mfn; PV: only the M2P. */
int arch_physmap_add(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order);
/* The frame leaves d (decrease_reservation): checks it may, drops what the arch holds on it.  Before
 * it goes to somebody else, arch_physmap_flush(): CPUs may remember where it was. */
int arch_physmap_remove(struct domain *d, gfn_t gfn, mfn_t mfn);
void arch_physmap_flush(struct domain *d);
/* Populate on demand, for translated guests: frames promised (0, -EBUSY ...), a promise taken back
 * (0, -EAGAIN: there is none), frames freed, what is kept for promises. */
int arch_physmap_promise(struct domain *d, gfn_t gfn, unsigned int order);
int arch_physmap_forget(struct domain *d, gfn_t gfn);
void arch_physmap_freed(struct domain *d, uint64_t nr);
int arch_set_pod_target(struct domain *d, uint64_t pages); /* 0, -ENOMEM, -EPREEMPTED */
void arch_get_pod(struct domain *d, uint64_t *cached, uint64_t *entries);
/* XENMEM_add_to_physmap and _remove_from_physmap for a translated guest, one frame: 0 or -errno. */
int arch_add_to_physmap(struct domain *d, unsigned int space, domid_t foreign, uint64_t idx,
                        gfn_t gfn);
int arch_remove_from_physmap(struct domain *d, gfn_t gfn);
void arch_mark_dirty(struct domain *d, mfn_t mfn); /* d's frame, written by others than d */
uint64_t arch_max_gfn(struct domain *d); /* of a translated guest: the highest ever mapped */
/* All CPUs in mask that may hold TLB entries of freed or retyped frames. */
struct page_info;
void arch_flush_before_reuse(struct page_info *pg);
void arch_clear_page(void *p);
/* The direct map, M2P and frame table cover [start, end) from now on is boot's business. */

#endif
