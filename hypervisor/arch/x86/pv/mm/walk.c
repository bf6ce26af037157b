/* SPDX-License-Identifier: MIT */
/* Walks of a guest's page tables by software, through the direct map. */
#include <asm/pv_mm.h>

pte_t *pv_walk(mfn_t l4, vaddr_t va)
{
    pte_t *table;
    pte_t pte;

    if (!l4.v || !is_canonical(va) || in_hypervisor(va))
        return NULL;
    table = mfn_to_virt(l4);
    for (unsigned int level = 4; level > 1; level--) {
        pte = read_atomic(&table[pt_index(va, level)]);
        if (!(pte & PTE_PRESENT) || (pte & PTE_PSE))
            return NULL;
        table = mfn_to_virt(pte_mfn(pte));
    }
    return &table[pt_index(va, 1)];
}

mfn_t pv_current_l4(const struct vcpu *v)
{
    return v->arch.kernel_mode ? v->arch.mm.kernel_l4 : v->arch.mm.user_l4;
}
