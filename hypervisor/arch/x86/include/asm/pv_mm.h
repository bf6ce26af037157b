/* SPDX-License-Identifier: MIT */
/* Memory of PV guests: direct paging.  Every page table a guest runs on consists of its own frames,
 * typed PGT_l1_table to PGT_l4_table, whose entries we have validated and which it cannot write
 * itself.
 *
 * Rules:
 *  - A change of a frame to or from a page-table or descriptor type happens under the pt_lock of
 *    its owner; to and from PGT_writable by compare-and-exchange alone.
 *  - A present entry of a page table holds a reference on the frame it names, and a typed
 *    one: writable for a writable level 1 entry, the next level's table type above.  Entries that
 *    map I/O memory hold none.
 *  - A grant mapping's entry holds such references, too, beside those that the grant code holds.
 *  - A frame without a use keeps its last type, writable or a table's, so that it is known what a
 *    CPU may remember: that must not outlive the change from writable or a table's type to another,
 *    nor the frame's freeing, see tlb.c. */
#ifndef ASM_PV_MM_H
#define ASM_PV_MM_H

#include <asm/mm.h>
#include <hv/domain.h>
#include <hv/errno.h>

/* --- life cycle (context.c); called by arch/x86/pv/domain.c ------------------------------------- */
int pv_mm_domain_create(struct domain *d);
/* All vCPUs are descheduled for good.  Gives up all frames of d; 0 or -EPREEMPTED. */
int pv_mm_domain_relinquish(struct domain *d);
void pv_mm_domain_destroy(struct domain *d);
int pv_mm_vcpu_create(struct vcpu *v);
void pv_mm_vcpu_destroy(struct vcpu *v);
/* Release page tables, GDT and LDT of a vCPU that does not run (reset, destruction). */
void pv_mm_vcpu_release(struct vcpu *v);

/* Set the top-level tables of a vCPU that does not run.  user_l4 0: none.  0, -EINVAL, -EPREEMPTED. */
int pv_mm_set_cr3(struct vcpu *v, mfn_t kernel_l4, mfn_t user_l4);
/* frames: of a GDT with entries descriptors (at most 14 * 512).  Interrupts enabled. 0 or -EINVAL. */
int pv_mm_set_gdt(struct vcpu *v, const uint64_t *frames, unsigned int entries);
/* LDT at a virtual address of v (== current); 0 entries: none. */
int pv_mm_set_ldt(struct vcpu *v, vaddr_t base, unsigned int entries);
/* Pin as a table of the level (dom0 builder and MMUEXT_PIN_*).  0, -EINVAL. */
int pv_mm_pin(struct domain *d, mfn_t mfn, unsigned int level);
bool pv_mm_unpin(struct domain *d, struct page_info *pg); /* was it pinned? */

/* --- switching (context.c); interrupts are off ---------------------------------------------------- */
void pv_mm_switch_from(struct vcpu *v); /* v stops running on this CPU; followed by */
void pv_mm_switch_to(struct vcpu *v);   /* idle vCPUs run on idle_l4 */
/* Load kernel_l4 or user_l4, as v->arch.kernel_mode says; v is current. */
void pv_mm_load_cr3(struct vcpu *v);
/* Load kernel_l4 whatever the mode, for a while. */
void pv_mm_load_kernel(struct vcpu *v);

/* --- faults (fault.c) ----------------------------------------------------------------------------- */
/* A page fault with a guest's address.  true: dealt with, go on. */
bool pv_mm_fault(struct cpu_user_regs *regs, vaddr_t va, uint32_t error_code);
struct insn;
/* The instruction at rip; false: it cannot be read or is not one that we know. */
bool pv_decode(const struct cpu_user_regs *regs, struct insn *i);

/* --- walking (walk.c) ------------------------------------------------------------------------------ */
/* The level 1 entry that maps va under the top-level table l4, NULL: none (or a fault on the way).
 * The caller holds the owner's pt_lock, or stops the guest otherwise. */
pte_t *pv_walk(mfn_t l4, vaddr_t va);
/* The table that v runs on at the moment. */
mfn_t pv_current_l4(const struct vcpu *v);

/* --- private to pv/mm ------------------------------------------------------------------------------ */
int pv_get_page_type_locked(struct page_info *pg, unsigned long type);
void pv_put_page_type_locked(struct page_info *pg);
int pv_validate_table(struct domain *d, struct page_info *pg, unsigned int level);
void pv_invalidate_table(struct domain *d, struct page_info *pg, unsigned int level);
int pv_validate_descriptors(struct page_info *pg);
bool pv_fix_descriptor(uint64_t *desc);
/* Replace *slot, an entry in a validated table of pt_owner with the given level; frames come from
 * pg_owner.  pt_owner's pt_lock is held.  0 or -errno with nothing changed. */
int pv_mod_entry(struct domain *pt_owner, struct domain *pg_owner, pte_t *slot, unsigned int level,
                 pte_t new_pte, bool preserve_ad);
/* Drop what a present level 1 entry holds. */
void pv_put_l1_entry(struct domain *pt_owner, pte_t pte);
/* put_page_type() of a writable use; stamp: a TLB may still know it. */
void pv_put_writable(struct page_info *pg, bool stamp);
unsigned int pv_table_level(unsigned long type_info); /* 1 to 4, 0: not in use as a table */

/* Lists of requests (mmu_update.c): after a preemption count is what remains, with this bit set. */
#define COUNT_RESUMED (1U << 31)
struct hypercall_args;
uint32_t pv_done_before(const struct hypercall_args *a);
int pv_tell_done(const struct hypercall_args *a, uint32_t done); /* 0, -EFAULT */

/* TLB (tlb.c) */
void pv_tlb_stamp(struct page_info *pg); /* a use ended just now: its entry is cleared */
void pv_tlb_flushed(void);               /* this CPU has just flushed */
/* Flush the CPUs of mask that may not have flushed since the stamp. */
void pv_tlb_filter_flush(const struct page_info *pg, const cpumask_t *mask);
void pv_flush_domain(struct domain *d, vaddr_t va, unsigned int flags, const cpumask_t *limit);
void pv_tlb_flush_all(void); /* every CPU, and the epoch moves on */
/* The CPUs that vCPUs run on, or ran on last: those of a bitmap of nr. */
cpumask_t pv_cpus_of_vcpus(struct domain *d, const unsigned long *bitmap, unsigned int nr);

static inline void pv_lock(struct domain *d)
{
    spin_lock(&d->arch.mm.pt_lock);
}
static inline void pv_unlock(struct domain *d)
{
    spin_unlock(&d->arch.mm.pt_lock);
}

#endif
