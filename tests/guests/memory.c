/* SPDX-License-Identifier: MIT */
/* Frames and page tables of the tiny guest, which are those that its builder made. */
#include "guest.h"

char spare[NR_SPARE][PAGE] __attribute__((aligned(PAGE), section(".bss.wild_pages")));

static unsigned long *p2m(void)
{
    return (unsigned long *)start_info->mfn_list;
}

unsigned long mfn_of(const void *address)
{
    return p2m()[((unsigned long)address - VIRT_BASE) / PAGE];
}

unsigned long pfn_of_mfn(unsigned long mfn)
{
    return ((volatile unsigned long *)MACH2PHYS_VIRT_START)[mfn];
}

bool is_mine(unsigned long mfn)
{
    volatile unsigned long pfn = ~0UL;

    if (mfn >= (MACH2PHYS_VIRT_END - MACH2PHYS_VIRT_START) / 8)
        return false;
    if (FAULT(pfn = pfn_of_mfn(mfn)))
        return false;
    return pfn < start_info->nr_pages && p2m()[pfn] == mfn;
}

void *address_of(unsigned long mfn)
{
    return (void *)(VIRT_BASE + pfn_of_mfn(mfn) * PAGE);
}

uint64_t *table_of(const void *address, int level)
{
    uint64_t *table = (uint64_t *)start_info->pt_base;

    for (int l = 4; l > level; l--) {
        unsigned int slot = (unsigned long)address >> (12 + 9 * (l - 1)) & 511;

        table = address_of(PTE_MFN(table[slot]));
    }
    return table;
}

static unsigned int slot_of(const void *address, int level)
{
    return (unsigned long)address >> (12 + 9 * (level - 1)) & 511;
}

uint64_t entry_address(const void *address, int level)
{
    return mfn_of(table_of(address, level)) * PAGE + slot_of(address, level) * 8UL;
}

uint64_t entry_value(const void *address, int level)
{
    return ((volatile uint64_t *)table_of(address, level))[slot_of(address, level)];
}

long set_entry(uint64_t machine, uint64_t value)
{
    struct mmu_update update = {.ptr = machine | MMU_NORMAL_PT_UPDATE, .val = value};

    return CALL(mmu_update, &update, 1, 0, DOMID_SELF);
}

long map(void *address, uint64_t pte)
{
    return CALL(update_va_mapping, address, pte, UVMF_INVLPG | UVMF_ALL);
}

long make_read_only(void *page)
{
    return map(page, mfn_of(page) * PAGE | PTE_READ_ONLY);
}

long make_writable(void *page)
{
    return map(page, mfn_of(page) * PAGE | PTE_NORMAL);
}

long mmuext(unsigned int cmd, unsigned long arg1, unsigned long arg2)
{
    struct mmuext_op op = {.cmd = cmd};

    op.arg1.mfn = arg1;
    op.arg2.vcpumask.p = (void *)arg2;
    return CALL(mmuext_op, &op, 1, 0, DOMID_SELF);
}
