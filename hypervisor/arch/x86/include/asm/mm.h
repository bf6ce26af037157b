/* SPDX-License-Identifier: MIT */
/* The direct map and page-table entries: see hv/arch/mm.h. */
#ifndef ASM_MM_H
#define ASM_MM_H

#include <asm/layout.h>
#include <asm/privileged.h>
#include <hv/types.h>

static inline void *maddr_to_virt(maddr_t m)
{
    return (void *)(m + DIRECTMAP_START);
}
/* Of an address in the direct map or in the image. */
static inline maddr_t virt_to_maddr(const void *p)
{
    vaddr_t v = (vaddr_t)p;
    return v >= DIRECTMAP_START ? v - DIRECTMAP_START : v - HV_IMAGE_START;
}
static inline void *mfn_to_virt(mfn_t mfn)
{
    return maddr_to_virt(mfn.v << PAGE_SHIFT);
}
static inline mfn_t virt_to_mfn(const void *p)
{
    return _mfn(virt_to_maddr(p) >> PAGE_SHIFT);
}

/* Page-table entries of any level. */
typedef uint64_t pte_t;
#define PTE_PRESENT    BIT(0)
#define PTE_RW         BIT(1)
#define PTE_USER       BIT(2)
#define PTE_PWT        BIT(3)
#define PTE_PCD        BIT(4)
#define PTE_ACCESSED   BIT(5)
#define PTE_DIRTY      BIT(6)
#define PTE_PSE        BIT(7) /* level 2 and 3 */
#define PTE_PAT        BIT(7) /* level 1 */
#define PTE_GLOBAL     BIT(8)
#define PTE_NX         BIT(63)
#define PTE_ADDR_MASK  0x000ffffffffff000UL
#define PTE_FLAGS(p)   ((p) & ~PTE_ADDR_MASK)
#define PTRS_PER_TABLE 512
static inline mfn_t pte_mfn(pte_t p)
{
    return _mfn((p & PTE_ADDR_MASK) >> PAGE_SHIFT);
}
static inline pte_t pte_from_mfn(mfn_t mfn, uint64_t flags)
{
    return (mfn.v << PAGE_SHIFT) | flags;
}
static inline unsigned int pt_index(vaddr_t va, unsigned int level)
{
    return (va >> (PAGE_SHIFT + 9 * (level - 1))) & (PTRS_PER_TABLE - 1);
}
static inline bool is_canonical(vaddr_t va)
{
    return (int64_t)(va << 16) >> 16 == (int64_t)va;
}
/* In the 16 slots that are the hypervisor's. */
static inline bool in_hypervisor(vaddr_t va)
{
    return va >= M2P_RO_START && va < DIRECTMAP_END;
}
/* One that a PV guest may use, its handlers' for example. */
static inline bool is_guest_address(vaddr_t va)
{
    return is_canonical(va) && !in_hypervisor(va);
}

#define PAGE_HYPERVISOR    (PTE_PRESENT | PTE_RW | PTE_ACCESSED | PTE_DIRTY | PTE_NX | PTE_GLOBAL)
#define PAGE_HYPERVISOR_RX (PTE_PRESENT | PTE_ACCESSED | PTE_GLOBAL)
#define PAGE_HYPERVISOR_RO (PTE_PRESENT | PTE_ACCESSED | PTE_NX | PTE_GLOBAL)
#define PAGE_HYPERVISOR_UC (PAGE_HYPERVISOR | PTE_PWT | PTE_PCD)

/* arch/x86/mm.c: the hypervisor's own tables. */
extern pte_t idle_l4[PTRS_PER_TABLE]; /* top-level table of idle CPUs; template of slots 256-271 */
/* Map size bytes of device memory (or ACPI tables) at maddr uncached (or flags); NULL without
 * memory.  Never unmapped for devices; unmap_device() for tables. */
void *map_device(maddr_t maddr, size_t size, uint64_t flags);
void unmap_device(void *p, size_t size);
/* Enter 4 KiB mappings into the hypervisor's part of the table l4 (boot: idle_l4). 0, -ENOMEM. */
/* Where an address of slots 256 to 271 is mapped by idle_l4; INVALID_MFN: nowhere. */
mfn_t hv_va_to_mfn(vaddr_t va);
int map_pages(pte_t *l4, vaddr_t va, mfn_t mfn, unsigned long nr, uint64_t flags);
void mm_boot_init(void); /* direct map, frame table, M2P, heap */

/* --- TLB (arch/x86/flush.c) ------------------------------------------------------------------- */
#define FLUSH_TLB        1u /* all but global entries */
#define FLUSH_TLB_GLOBAL 2u /* all */
#define FLUSH_TLB_ONE    4u /* va only */
void flush_local(vaddr_t va, unsigned int flags);
/* On each CPU of mask; returns when all have done it.  Interrupts are enabled. */
#include <hv/cpumask.h>
void flush_mask(const cpumask_t *mask, vaddr_t va, unsigned int flags);

#endif
