/* SPDX-License-Identifier: MIT */
/* References of frames. */
#include <hv/arch/mm.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/mm.h>
#include <hv/printk.h>

/* One more reference, if there is one at all. */
static bool take_reference(struct page_info *pg)
{
    uint64_t x = read_atomic(&pg->count_info), seen;

    for (;; x = seen) {
        uint64_t count = x & PGC_count_mask;

        if (count == 0 || count == PGC_count_mask)
            return false;
        seen = cmpxchg(&pg->count_info, x, x + 1);
        if (likely(seen == x))
            return true;
    }
}

struct domain *page_get_owner_and_reference(struct page_info *pg)
{
    struct domain *d;

    if (!take_reference(pg))
        return NULL;
    d = page_get_owner(pg);
    if (!d)
        put_page(pg);
    return d;
}

bool get_page(struct page_info *pg, const struct domain *owner)
{
    if (unlikely(page_get_owner(pg) != owner) || !owner || !take_reference(pg))
        return false;
    /* Now the owner cannot change any more. */
    if (likely(page_get_owner(pg) == owner))
        return true;
    put_page(pg);
    return false;
}

struct page_info *get_writable_page_from_gfn(struct domain *d, gfn_t gfn)
{
    struct page_info *pg = get_page_from_gfn(d, gfn);

    if (pg && get_page_type(pg, PGT_writable)) {
        put_page(pg);
        pg = NULL;
    }
    return pg;
}

/* The last reference to a frame of the hypervisor's that was shared with d. */
static void end_of_share(struct page_info *pg)
{
    struct domain *d = page_get_owner(pg);
    bool last;

    spin_lock(&d->page_lock);
    page_list_del(&d->xenpage_list, pg);
    last = --d->xenheap_pages == 0;
    page_set_owner(pg, NULL);
    spin_unlock(&d->page_lock);
    if (last)
        domain_put(d);
}

void put_page(struct page_info *pg)
{
    uint64_t left = atomic_sub_return(&pg->count_info, 1);

    ASSERT((left & PGC_count_mask) != PGC_count_mask);
    if (left & PGC_count_mask)
        return;
    if (left & PGC_xenheap)
        end_of_share(pg);
    else
        free_domheap_pages(pg, 0);
}

void put_page_alloc_ref(struct page_info *pg)
{
    uint64_t was = __atomic_fetch_and(&pg->count_info, ~PGC_allocated, __ATOMIC_SEQ_CST);

    if (was & PGC_allocated)
        put_page(pg);
}

void share_xen_page_with_guest(struct page_info *pg, struct domain *d, bool writable)
{
    /* One use that never ends keeps the type for good: not to be made a page table, nor, read-only,
     * writable. */
    pg->type_info = (writable ? PGT_writable : PGT_none) | PGT_validated | 1;
    spin_lock(&d->page_lock);
    page_set_owner(pg, d);
    store_release(&pg->count_info, PGC_xenheap | PGC_allocated | 1);
    page_list_add_tail(&d->xenpage_list, pg);
    if (d->xenheap_pages++ == 0)
        domain_ref(d); /* dropped with the last of them */
    spin_unlock(&d->page_lock);
}

int steal_page(struct domain *d, struct page_info *pg)
{
    uint64_t expected = PGC_allocated | 2;
    bool last;

    /* Our own reference keeps the frame with its owner meanwhile. */
    if (!get_page(pg, d))
        return -EINVAL;
    /* With no reference left nobody can get one, and no type is in use: uses hold references. */
    if (cmpxchg(&pg->count_info, expected, 0) != expected) {
        put_page(pg);
        return -EBUSY;
    }
    spin_lock(&d->page_lock);
    page_list_del(&d->page_list, pg);
    last = --d->tot_pages == 0;
    page_set_owner(pg, NULL);
    spin_unlock(&d->page_lock);
    arch_flush_before_reuse(pg);
    pg->type_info = 0;
    if (last)
        domain_put(d);
    return 0;
}
