/* SPDX-License-Identifier: MIT */
/* Where the parts of dom0's first memory are (pv/dom0_build.c lays it out, pv/dom0_tables.c maps it). */
#ifndef ASM_DOM0_BUILD_H
#define ASM_DOM0_BUILD_H

#include <hv/domain.h>

/* One mapped range: va is where pfn first appears, the tables that map it are apart. */
struct dom0_range {
    vaddr_t va;
    uint64_t pfn, nr;
};

struct dom0_layout {
    struct domain *d;
    uint64_t nr_pages;
    uint64_t *p2m; /* machine frame of each page; its own memory, given back at the end */
    unsigned int p2m_order;
    struct dom0_range region; /* from the kernel's base to the end of the first mapping */
    struct dom0_range
        list; /* the guest's p2m list where the kernel wants it; nr 0: in the region */
    uint64_t first_table, nr_tables;           /* of the region: tables, the top one first */
    uint64_t first_list_table, nr_list_tables; /* of the list */
    uint64_t start_info, stack, list_pfn, initrd_pfn, initrd_size;
};

static inline void *dom0_page(const struct dom0_layout *l, uint64_t pfn)
{
    return mfn_to_virt(_mfn(l->p2m[pfn]));
}

/* Page tables that mapping [va, va + nr pages) takes beside the top one. */
uint64_t dom0_count_tables(vaddr_t va, uint64_t nr);
/* Fill in the tables; the top one is at first_table. */
void dom0_fill_tables(const struct dom0_layout *l);

#endif
