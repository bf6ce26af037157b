/* SPDX-License-Identifier: MIT */
/* Populate on demand: a guest that starts with less memory than it may have sees all of it, and its
 * balloon driver then gives up what is too much.  Until it has, frames come when they are first used,
 * from a stock that the tools size: as much as the guest is to have in the end.  One that uses more
 * before its balloon driver has done its work dies.
 *
 * An entry of type p2m_pod holds its own number in the frame's place, so that it is as large as may
 * be and splits like any other. */
#include <asm/p2m.h>
#include <hv/arch/mm.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/softirq.h>

#define LARGE BIT(P2M_ORDER_2M)

int arch_physmap_promise(struct domain *d, gfn_t gfn, unsigned int order)
{
    int rc = !d->is_hvm ? -EINVAL : p2m_add(d, gfn, _mfn(gfn.v), order, p2m_pod);

    if (!rc)
        __atomic_add_fetch(&d->arch.p2m.pod_entries, BIT(order), __ATOMIC_SEQ_CST);
    p2m_flush(d);
    return rc;
}

/* --- the stock -------------------------------------------------------------------------------------- */
static void stock_up(struct p2m *p, struct page_info *pg, unsigned int order)
{
    spin_lock(&p->lock);
    page_list_add_tail(order ? &p->pod_large : &p->pod_small, pg);
    p->pod_cached += BIT(order);
    spin_unlock(&p->lock);
}

/* A large one is broken if it must be. */
static struct page_info *take(struct p2m *p, unsigned int order)
{
    struct page_info *pg;

    spin_lock(&p->lock);
    pg = page_list_first(order ? &p->pod_large : &p->pod_small);
    if (pg) {
        page_list_del(order ? &p->pod_large : &p->pod_small, pg);
    } else if (!order && (pg = page_list_first(&p->pod_large)) != NULL) {
        page_list_del(&p->pod_large, pg);
        for (unsigned int i = 1; i < LARGE; i++)
            page_list_add_tail(&p->pod_small, &pg[i]);
    }
    if (pg)
        p->pod_cached -= BIT(order);
    spin_unlock(&p->lock);
    return pg;
}

static int grow(struct domain *d, uint64_t by)
{
    unsigned int order = by >= LARGE ? P2M_ORDER_2M : 0;
    struct page_info *pg = alloc_domheap_pages(d, order, MEMF_no_owner);

    if (!pg && order)
        pg = alloc_domheap_pages(d, order = 0, MEMF_no_owner);
    if (!pg)
        return -ENOMEM;
    stock_up(&d->arch.p2m, pg, order);
    return 0;
}

static int set_stock(struct domain *d, uint64_t pages)
{
    struct p2m *p = &d->arch.p2m;
    int rc = 0;

    for (unsigned int n = 1; !rc && p->pod_cached != pages; n++) {
        if (p->pod_cached < pages) {
            rc = grow(d, pages - p->pod_cached);
        } else {
            unsigned int order =
                p->pod_large.count && p->pod_cached - pages >= LARGE ? P2M_ORDER_2M : 0;
            struct page_info *pg = take(p, order);

            if (!pg) /* taken meanwhile */
                break;
            free_domheap_pages(pg, order);
        }
        if (!rc && n % 64 == 0 && hypercall_preempt_check())
            rc = -EPREEMPTED;
    }
    return rc;
}

/* --- use -------------------------------------------------------------------------------------------- */
/* Frames from the stock without a place in the map yet, of which nobody else knows. */
static int place(struct domain *d, gfn_t gfn, struct page_info *pg, unsigned int order)
{
    const mfn_t mfn = page_to_mfn(pg);
    int rc;

    for (unsigned int i = 0; i < BIT(order); i++)
        m2p_set(_mfn(mfn.v + i), gfn.v + i);
    rc = p2m_replace(d, gfn, order, _mfn(gfn.v), p2m_pod, mfn, p2m_ram_rw);
    for (unsigned int i = 0; rc && i < BIT(order); i++) {
        m2p_set(_mfn(mfn.v + i), M2P_INVALID);
        put_page_alloc_ref(&pg[i]);
    }
    return rc;
}

/* One at a time: who finds the stock empty knows that nobody else has taken from it what he is to
 * have, or will put it back. */
static int populate_locked(struct domain *d, gfn_t gfn)
{
    struct p2m *p = &d->arch.p2m;
    struct page_info *pg = NULL;
    unsigned int order;
    enum p2m_type t;
    int rc;

    p2m_lookup(d, gfn, &t, &order);
    if (t != p2m_pod)
        return -EAGAIN;
    order = order >= P2M_ORDER_2M ? P2M_ORDER_2M : 0;
    if (order && !(pg = take(p, order)))
        order = 0;
    if (!order)
        pg = take(p, 0);
    if (!pg)
        return -ENOMEM;
    gfn = _gfn(ROUND_DOWN(gfn.v, BIT(order)));
    rc = assign_pages(d, pg, order, 0);
    if (rc) {
        stock_up(p, pg, order);
        return -ENOMEM;
    }
    rc = place(d, gfn, pg, order);
    if (rc)
        arch_physmap_freed(d, BIT(order));
    else
        __atomic_sub_fetch(&p->pod_entries, BIT(order), __ATOMIC_SEQ_CST);
    return rc;
}

int pod_populate(struct domain *d, gfn_t gfn)
{
    int rc;

    spin_lock(&d->arch.p2m.pod_lock);
    rc = populate_locked(d, gfn);
    spin_unlock(&d->arch.p2m.pod_lock);
    p2m_flush(d); /* tables may have joined */
    return rc;
}

int arch_physmap_forget(struct domain *d, gfn_t gfn)
{
    struct p2m *p = &d->arch.p2m;
    int rc = -EAGAIN;

    if (d->is_hvm)
        rc = p2m_replace(d, gfn, 0, _mfn(gfn.v), p2m_pod, INVALID_MFN, p2m_invalid);

    if (rc)
        return rc;
    __atomic_sub_fetch(&p->pod_entries, 1, __ATOMIC_SEQ_CST);
    if (read_atomic(&p->pod_cached) > read_atomic(&p->pod_entries)) { /* nobody will want it */
        struct page_info *pg = take(p, 0);

        if (pg)
            free_domheap_pages(pg, 0);
    }
    return 0;
}

/* Frames that the balloon gives back while promises are open are kept for these. */
void arch_physmap_freed(struct domain *d, uint64_t nr)
{
    struct p2m *p = &d->arch.p2m;

    while (nr-- && !d->is_dying && read_atomic(&p->pod_cached) < read_atomic(&p->pod_entries) &&
           !grow(d, 1))
        ;
}

/* --- the tools' ------------------------------------------------------------------------------------- */
void arch_get_pod(struct domain *d, uint64_t *cached, uint64_t *entries)
{
    *cached = d->is_hvm ? read_atomic(&d->arch.p2m.pod_cached) : 0;
    *entries = d->is_hvm ? read_atomic(&d->arch.p2m.pod_entries) : 0;
}

int arch_set_pod_target(struct domain *d, uint64_t pages)
{
    struct p2m *p = &d->arch.p2m;
    uint64_t populated = d->tot_pages, want;

    if (!d->is_hvm)
        return -EINVAL;
    if (d->is_dying)
        return 0;
    want = min(pages, d->max_pages);
    want = want > populated ? want - populated : 0;
    if (populated) /* else it is being made: the promises come afterwards */
        want = min(want, p->pod_entries);
    /* To shrink is the balloon driver's business, but what nobody will want. */
    if (want < p->pod_cached)
        want = populated ? min(p->pod_cached, p->pod_entries) : p->pod_cached;
    return set_stock(d, want);
}

int pod_release(struct domain *d)
{
    return set_stock(d, 0);
}
