/* SPDX-License-Identifier: MIT */
/* The page tables that dom0 starts on.  They are made of its own frames and mapped read-only, so that
 * they pass the same validation as those it makes later. */
#include <asm/dom0_build.h>
#include <hv/string.h>

#define TABLE_FLAGS (PTE_PRESENT | PTE_RW | PTE_USER | PTE_ACCESSED | PTE_DIRTY)

/* How many tables of the level it takes to map the range. */
static uint64_t tables_at(vaddr_t va, uint64_t nr, unsigned int level)
{
    const unsigned int shift = PAGE_SHIFT + 9 * level;

    return ((va + nr * PAGE_SIZE - 1) >> shift) - (va >> shift) + 1;
}

uint64_t dom0_count_tables(vaddr_t va, uint64_t nr)
{
    return nr ? tables_at(va, nr, 1) + tables_at(va, nr, 2) + tables_at(va, nr, 3) : 0;
}

static bool is_table(const struct dom0_layout *l, uint64_t pfn)
{
    return pfn - l->first_table < l->nr_tables || pfn - l->first_list_table < l->nr_list_tables;
}

/* The entry of the level that maps va; tables come from *next as they are needed. */
static pte_t *entry_for(const struct dom0_layout *l, vaddr_t va, uint64_t *next)
{
    pte_t *table = dom0_page(l, l->first_table);

    for (unsigned int level = 4; level > 1; level--) {
        pte_t *e = &table[pt_index(va, level)];

        if (!(*e & PTE_PRESENT))
            *e = pte_from_mfn(_mfn(l->p2m[(*next)++]), TABLE_FLAGS);
        table = mfn_to_virt(pte_mfn(*e));
    }
    return &table[pt_index(va, 1)];
}

static uint64_t map_range(const struct dom0_layout *l, const struct dom0_range *r, uint64_t next)
{
    for (uint64_t i = 0; i < r->nr; i++) {
        uint64_t flags = is_table(l, r->pfn + i) ? TABLE_FLAGS & ~PTE_RW : TABLE_FLAGS;

        *entry_for(l, r->va + i * PAGE_SIZE, &next) = pte_from_mfn(_mfn(l->p2m[r->pfn + i]), flags);
    }
    return next;
}

void dom0_fill_tables(const struct dom0_layout *l)
{
    uint64_t next;

    for (uint64_t i = 0; i < l->nr_tables; i++)
        memset(dom0_page(l, l->first_table + i), 0, PAGE_SIZE);
    for (uint64_t i = 0; i < l->nr_list_tables; i++)
        memset(dom0_page(l, l->first_list_table + i), 0, PAGE_SIZE);
    next = map_range(l, &l->region, l->first_table + 1);
    ASSERT(next <= l->first_table + l->nr_tables);
    next = map_range(l, &l->list, l->first_list_table);
    ASSERT(next <= l->first_list_table + l->nr_list_tables);
}
