/* SPDX-License-Identifier: MIT */
/* Grant mappings in a PV guest's page tables.  An entry holds references of its own, like any
 * other, so that a guest that overwrites it by other means only hurts itself. */
#include <asm/pv_mm.h>

/* The entry that addr names, in a validated table of d, with a reference on the table's frame. */
static pte_t *find_entry(struct vcpu *v, uint64_t addr, unsigned int flags)
{
    struct page_info *pg;
    pte_t *slot;

    if (!(flags & GNTMAP_contains_pte)) {
        slot = pv_walk(pv_current_l4(v), addr);
        return slot;
    }
    if ((addr & 7) || !mfn_valid(_mfn(addr >> PAGE_SHIFT)))
        return NULL;
    pg = mfn_to_page(_mfn(addr >> PAGE_SHIFT));
    if (page_get_owner(pg) != v->domain || pv_table_level(read_atomic(&pg->type_info)) != 1)
        return NULL;
    return (pte_t *)((char *)page_to_virt(pg) + (addr & ~PAGE_MASK));
}

static pte_t grant_pte(mfn_t frame, unsigned int flags)
{
    pte_t pte = pte_from_mfn(frame, PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_DIRTY | PTE_NX);

    if (!(flags & GNTMAP_readonly))
        pte |= PTE_RW;
    /* Three bits that the guest may use as it likes. */
    pte |= (pte_t)((flags >> _GNTMAP_guest_avail0) & 7) << 9;
    return pte;
}

/* The guest may change by flags alone what it uses itself; frame and rights must be ours. */
static bool maps(pte_t pte, mfn_t frame, unsigned int flags)
{
    return (pte & PTE_PRESENT) && mfn_eq(pte_mfn(pte), frame) &&
           (!(pte & PTE_RW) || !(flags & GNTMAP_readonly));
}

int arch_grant_map(uint64_t addr, mfn_t frame, unsigned int flags)
{
    struct vcpu *v = current;
    struct domain *d = v->domain;
    struct page_info *pg = mfn_to_page(frame);
    pte_t *slot, old;
    int rc = GNTST_bad_virt_addr;

    if (d->is_hvm)
        return hvm_grant_map(addr, frame, flags);
    /* The entry's own references; the caller's keep them from failing but for an overflow. */
    if (!get_page(pg, page_get_owner(pg)))
        return GNTST_general_error;
    if (!(flags & GNTMAP_readonly) && get_page_type(pg, PGT_writable)) {
        put_page(pg);
        return GNTST_general_error;
    }
    pv_lock(d);
    slot = find_entry(v, addr, flags);
    if (slot) {
        old = atomic_xchg(slot, grant_pte(frame, flags));
        pv_put_l1_entry(d, old);
        rc = GNTST_okay;
    }
    pv_unlock(d);
    if (rc != GNTST_okay) {
        if (!(flags & GNTMAP_readonly))
            put_page_type(pg);
        put_page(pg);
    }
    return rc;
}

int arch_grant_unmap(uint64_t addr, mfn_t frame, uint64_t new_addr, unsigned int flags)
{
    struct vcpu *v = current;
    struct domain *d = v->domain;
    pte_t *slot, *from = NULL, old = 0, moved = 0;
    int rc = GNTST_okay;

    if (d->is_hvm)
        return hvm_grant_unmap(addr, frame, new_addr, flags);
    pv_lock(d);
    slot = find_entry(v, addr, flags);
    if (new_addr)
        from = pv_walk(pv_current_l4(v), new_addr);
    if (!slot || (new_addr && (!from || from == slot))) {
        rc = GNTST_bad_virt_addr;
    } else if (!maps(read_atomic(slot), frame, flags)) {
        rc = GNTST_general_error;
    } else {
        if (from)
            moved = atomic_xchg(from, 0);
        old = atomic_xchg(slot, moved);
        pv_put_l1_entry(d, old);
    }
    pv_unlock(d);
    return rc;
}

void arch_grant_flush(void)
{
    struct domain *d = current->domain;

    if (d->is_hvm)
        p2m_flush(d);
    else
        pv_flush_domain(d, 0, FLUSH_TLB, NULL);
}
