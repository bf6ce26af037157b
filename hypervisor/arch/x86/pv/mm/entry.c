/* SPDX-License-Identifier: MIT */
/* Page-table entries: what each may hold, taking and dropping its references, and replacing it. */
#include <asm/pv_mm.h>
#include <hv/printk.h>
#include <hv/rangeset.h>

/* Bits a guest must leave zero: those the hardware reserves, and large pages.  The address is
 * checked by looking up its frame. */
#define L1_DISALLOWED    (0x7ffUL << 52 & ~(0x07fUL << 52)) /* 52 to 58 are software's */
#define UPPER_DISALLOWED (L1_DISALLOWED | PTE_PSE)

static bool is_guest_slot(unsigned int level, unsigned int index)
{
    return level < 4 || index < HV_SLOT_FIRST || index > HV_SLOT_LAST;
}

/* Guests run in ring 3, their kernels too: all they map must be reachable from there.  Global
 * entries would survive a switch to another guest. */
static pte_t adjust(pte_t pte)
{
    return pte & PTE_PRESENT ? (pte | PTE_USER) & ~PTE_GLOBAL : pte;
}

/* Not memory of ours: a device's, or firmware tables. */
static bool is_io(mfn_t mfn)
{
    return !mfn_valid(mfn);
}

static int get_l1_entry(struct domain *pt_owner, struct domain *pg_owner, pte_t pte)
{
    mfn_t mfn = pte_mfn(pte);
    struct page_info *pg;

    if (pte & L1_DISALLOWED)
        return -EINVAL;
    if (is_io(mfn)) {
        const struct domain *who = pg_owner == dom_io ? pt_owner : pg_owner;

        return rangeset_contains(who->iomem_caps, mfn.v, mfn.v) ? 0 : -EPERM;
    }
    pg = mfn_to_page(mfn);
    if (!get_page(pg, pg_owner)) {
        /* The hypervisor's shared frames (DOMID_XEN) may be mapped by the privileged. */
        if (!pt_owner->is_privileged || !get_page(pg, dom_xen))
            return -EINVAL;
    }
    if ((pte & PTE_RW) && get_page_type(pg, PGT_writable)) {
        put_page(pg);
        return -EINVAL;
    }
    return 0;
}

void pv_put_l1_entry(struct domain *pt_owner, pte_t pte)
{
    /* A dying domain's tables are in no TLB any more. */
    bool stamp = !pt_owner->arch.mm.relinquishing;
    mfn_t mfn = pte_mfn(pte);
    struct page_info *pg;

    if (!(pte & PTE_PRESENT) || is_io(mfn))
        return;
    pg = mfn_to_page(mfn);
    if (pte & PTE_RW)
        pv_put_writable(pg, stamp);
    else if (stamp)
        pv_tlb_stamp(pg);
    put_page(pg);
}

static int get_upper_entry(struct domain *d, unsigned int level, pte_t pte)
{
    mfn_t mfn = pte_mfn(pte);
    struct page_info *pg;
    int rc;

    if ((pte & UPPER_DISALLOWED) || !mfn_valid(mfn) || !get_page(pg = mfn_to_page(mfn), d))
        return -EINVAL;
    rc = pv_get_page_type_locked(pg, (unsigned long)(level - 1) << 61);
    if (rc)
        put_page(pg);
    return rc;
}

static void put_entry(struct domain *d, unsigned int level, pte_t pte)
{
    struct page_info *pg;

    if (level == 1) {
        pv_put_l1_entry(d, pte);
    } else if (pte & PTE_PRESENT) {
        pg = mfn_to_page(pte_mfn(pte));
        pv_put_page_type_locked(pg);
        put_page(pg);
    }
}

static int get_entry(struct domain *pt_owner, struct domain *pg_owner, unsigned int level,
                     pte_t pte)
{
    return level == 1 ? get_l1_entry(pt_owner, pg_owner, pte)
                      : get_upper_entry(pt_owner, level, pte);
}

static void fill_hypervisor_slots(struct domain *d, pte_t *l4)
{
    for (unsigned int i = HV_SLOT_FIRST; i <= HV_SLOT_LAST; i++)
        l4[i] = idle_l4[i];
    l4[PERDOMAIN_SLOT] = pte_from_mfn(virt_to_mfn(d->arch.mm.perdomain_l3),
                                      PTE_PRESENT | PTE_RW | PTE_ACCESSED | PTE_DIRTY);
}

int pv_validate_table(struct domain *d, struct page_info *pg, unsigned int level)
{
    pte_t *table = page_to_virt(pg);
    unsigned int i;
    int rc = 0;

    for (i = 0; i < PTRS_PER_TABLE; i++) {
        pte_t pte = table[i];

        if (!(pte & PTE_PRESENT) || !is_guest_slot(level, i))
            continue;
        pte = adjust(pte);
        rc = get_entry(d, d, level, pte);
        if (rc)
            break;
        table[i] = pte;
    }
    if (rc) {
        printk(XENLOG_G_DEBUG "d%d: frame %lx is no level %u table: entry %u is %lx\n", d->domid,
               (unsigned long)page_to_mfn(pg).v, level, i, (unsigned long)table[i]);
        while (i-- > 0)
            if (is_guest_slot(level, i))
                put_entry(d, level, table[i]);
        return rc;
    }
    if (level == 4)
        fill_hypervisor_slots(d, table);
    return 0;
}

void pv_invalidate_table(struct domain *d, struct page_info *pg, unsigned int level)
{
    pte_t *table = page_to_virt(pg);

    for (unsigned int i = 0; i < PTRS_PER_TABLE; i++) {
        if (!(table[i] & PTE_PRESENT) || !is_guest_slot(level, i))
            continue;
        put_entry(d, level, table[i]);
    }
    /* The guest gets its frame back without a trace of our tables. */
    if (level == 4)
        for (unsigned int i = HV_SLOT_FIRST; i <= HV_SLOT_LAST; i++)
            table[i] = 0;
}

static pte_t write_entry(pte_t *slot, pte_t new_pte, bool preserve_ad)
{
    pte_t old = read_atomic(slot), seen;

    for (;; old = seen) {
        pte_t val = preserve_ad ? new_pte | (old & (PTE_ACCESSED | PTE_DIRTY)) : new_pte;

        seen = cmpxchg(slot, old, val);
        if (likely(seen == old))
            return old;
    }
}

int pv_mod_entry(struct domain *pt_owner, struct domain *pg_owner, pte_t *slot, unsigned int level,
                 pte_t new_pte, bool preserve_ad)
{
    const uint64_t same = PTE_ADDR_MASK | PTE_PRESENT | (level == 1 ? PTE_RW : PTE_PSE);
    unsigned int index = ((vaddr_t)slot & ~PAGE_MASK) / sizeof(pte_t);
    pte_t old = read_atomic(slot);
    int rc;

    if (!is_guest_slot(level, index))
        return -EINVAL;
    new_pte = adjust(new_pte);
    if (new_pte & PTE_PRESENT) {
        if (((old ^ new_pte) & same) == 0) {
            /* The same frame with the same right to write: only flags change. */
            if (new_pte & (level == 1 ? L1_DISALLOWED : UPPER_DISALLOWED))
                return -EINVAL;
            write_entry(slot, new_pte, preserve_ad);
            return 0;
        }
        if (level == 1 && (old & PTE_PRESENT) && (old & PTE_RW) && !(new_pte & L1_DISALLOWED) &&
            ((old ^ new_pte) & PTE_ADDR_MASK) == 0 && !is_io(pte_mfn(old))) {
            /* The same frame, no longer writable: keep the reference (it may be a grant's). */
            old = write_entry(slot, new_pte, preserve_ad);
            put_page_type(mfn_to_page(pte_mfn(old)));
            return 0;
        }
        rc = get_entry(pt_owner, pg_owner, level, new_pte);
        if (rc)
            return rc;
    }
    old = write_entry(slot, new_pte, preserve_ad);
    put_entry(pt_owner, level, old);
    return 0;
}
