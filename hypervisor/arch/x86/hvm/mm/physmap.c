/* SPDX-License-Identifier: MIT */
/* What gets into a container's physical map, and out of it: frames of its own, the hypervisor's that
 * are shared with it, other domains', devices'. */
#include <asm/p2m.h>
#include <hv/access.h>
#include <hv/arch/mm.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <xen/memory.h>

struct page_info *hvm_get_page_from_gfn(struct domain *d, gfn_t gfn)
{
    enum p2m_type t;
    struct page_info *pg = p2m_get_page(d, gfn, &t);

    if (pg && (!p2m_is_ram(t) || page_get_owner(pg) != d)) {
        put_page(pg);
        pg = NULL;
    }
    return pg;
}

/* While frames are mapped nowhere they are the caller's alone: their M2P entries change only then. */
int hvm_physmap_add(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order)
{
    int rc;

    for (uint64_t i = 0; i < BIT(order); i++)
        m2p_set(_mfn(mfn.v + i), gfn.v + i);
    rc = p2m_add(d, gfn, mfn, order, p2m_ram_rw);
    for (uint64_t i = 0; rc && i < BIT(order); i++)
        m2p_set(_mfn(mfn.v + i), M2P_INVALID);
    p2m_flush(d);
    return rc;
}

/* Take the frame at gfn, of one of RAM's types, out of the map. */
int hvm_physmap_remove(struct domain *d, gfn_t gfn, mfn_t mfn)
{
    enum p2m_type t;
    int rc;

    do {
        if (!mfn_eq(p2m_lookup(d, gfn, &t, NULL), mfn) || !p2m_is_ram(t))
            return -EINVAL;
        rc = p2m_replace(d, gfn, 0, mfn, t, INVALID_MFN, p2m_invalid);
    } while (rc == -EAGAIN);
    if (!rc)
        m2p_set(mfn, M2P_INVALID);
    return rc;
}

void arch_physmap_flush(struct domain *d)
{
    if (d->is_hvm)
        p2m_flush(d);
}

void arch_mark_dirty(struct domain *d, mfn_t mfn)
{
    if (d->is_hvm)
        p2m_mark_dirty(d, _gfn(m2p_get(mfn)));
}

uint64_t arch_max_gfn(struct domain *d)
{
    return read_atomic(&d->arch.p2m.max_gfn);
}

/* --- removal ------------------------------------------------------------------------------------- */
static int remove_foreign(struct domain *d, gfn_t gfn, mfn_t mfn)
{
    int rc = p2m_replace(d, gfn, 0, mfn, p2m_foreign, INVALID_MFN, p2m_invalid);

    if (!rc) {
        p2m_flush(d);
        put_page_and_type(mfn_to_page(mfn));
    }
    return rc;
}

/* RAM stays the domain's, out of its reach. */
int arch_remove_from_physmap(struct domain *d, gfn_t gfn)
{
    enum p2m_type t;
    mfn_t mfn = p2m_lookup(d, gfn, &t, NULL);
    int rc = -ENOENT;

    if (t == p2m_foreign)
        rc = remove_foreign(d, gfn, mfn);
    else if (p2m_is_ram(t))
        rc = hvm_physmap_remove(d, gfn, mfn);
    else if (t == p2m_pod)
        rc = arch_physmap_forget(d, gfn);
    else if (t != p2m_invalid)
        rc = -EINVAL;
    p2m_flush(d);
    return rc;
}

/* Room at gfn for something else: RAM that is there goes back to the allocator. */
static int vacate(struct domain *d, gfn_t gfn)
{
    enum p2m_type t;
    mfn_t mfn = p2m_lookup(d, gfn, &t, NULL);
    struct page_info *pg;
    int rc;

    if (t == p2m_invalid)
        return 0;
    if (!p2m_is_ram(t))
        return t == p2m_foreign || t == p2m_pod ? arch_remove_from_physmap(d, gfn) : -EBUSY;
    pg = mfn_to_page(mfn);
    if (!get_page(pg, d))
        return -EAGAIN;
    rc = hvm_physmap_remove(d, gfn, mfn);
    p2m_flush(d);
    if (!rc && !(pg->count_info & PGC_xenheap))
        put_page_alloc_ref(pg);
    put_page(pg);
    return rc;
}

/* --- addition ------------------------------------------------------------------------------------ */
/* One of ours that is shared with d; from where it is mapped now it moves. */
static int add_shared(struct domain *d, gfn_t gfn, mfn_t mfn)
{
    struct page_info *pg = mfn_to_page(mfn);
    uint64_t was = m2p_get(mfn);
    int rc;

    if (was == gfn.v && mfn_eq(p2m_lookup(d, gfn, &(enum p2m_type){0}, NULL), mfn))
        return 0;
    if (!get_page(pg, d))
        return -EINVAL;
    rc = vacate(d, gfn);
    if (!rc) {
        if (was != M2P_INVALID)
            hvm_physmap_remove(d, _gfn(was), mfn);
        rc = hvm_physmap_add(d, gfn, mfn, 0);
    }
    put_page(pg);
    return rc;
}

/* Memory of its own is mapped at most once, or it could be used after it has been given up: only who
 * has taken it from its old place may put it into a new one. */
static int move_own(struct domain *d, gfn_t from, gfn_t to)
{
    struct page_info *pg = hvm_get_page_from_gfn(d, from);
    mfn_t mfn;
    int rc = 0;

    if (!pg)
        return -EINVAL;
    mfn = page_to_mfn(pg);
    if (from.v != to.v) {
        rc = vacate(d, to);
        if (!rc)
            rc = hvm_physmap_remove(d, from, mfn);
        if (!rc) {
            rc = hvm_physmap_add(d, to, mfn, 0);
            if (rc)
                hvm_physmap_add(d, from, mfn, 0);
        }
    }
    put_page(pg);
    return rc;
}

static int add_foreign(struct domain *d, gfn_t gfn, domid_t domid, gfn_t foreign_gfn)
{
    struct domain *fd = domid == DOMID_SELF ? NULL : domain_get(domid);
    struct page_info *pg = NULL;
    int rc = -ESRCH;

    if (!fd)
        return rc;
    rc = fd == d ? -EINVAL : may(current->domain, ACCESS_MMU_FOREIGN, fd, 0);
    if (!rc && !(pg = get_page_from_gfn(fd, foreign_gfn)))
        rc = -EINVAL;
    if (!rc)
        rc = get_page_type(pg, PGT_writable);
    if (!rc) {
        rc = vacate(d, gfn);
        if (!rc)
            rc = p2m_add(d, gfn, page_to_mfn(pg), 0, p2m_foreign);
        if (rc)
            put_page_type(pg);
    }
    if (rc && pg) /* else the entry keeps it */
        put_page(pg);
    domain_put(fd);
    return rc;
}

int arch_add_to_physmap(struct domain *d, unsigned int space, domid_t foreign, uint64_t idx,
                        gfn_t gfn)
{
    mfn_t mfn;

    switch (space) {
    case XENMAPSPACE_shared_info:
        return idx ? -EINVAL : add_shared(d, gfn, virt_to_mfn(d->shared_info));
    case XENMAPSPACE_grant_table:
        mfn = idx & XENMAPIDX_grant_table_status ? INVALID_MFN : grant_table_frame(d, idx);
        return mfn_eq(mfn, INVALID_MFN) ? -EINVAL : add_shared(d, gfn, mfn);
    case XENMAPSPACE_gmfn:
        return move_own(d, _gfn(idx), gfn);
    case XENMAPSPACE_gmfn_foreign:
        return add_foreign(d, gfn, foreign, _gfn(idx));
    case XENMAPSPACE_dev_mmio:
        return -EACCES;
    default:
        return -EINVAL;
    }
}

/* --- devices' memory ------------------------------------------------------------------------------ */
static int map_one_mmio(struct domain *d, gfn_t gfn, mfn_t mfn)
{
    enum p2m_type t;

    if (mfn_valid(mfn))
        return -EPERM; /* RAM */
    if (mfn_eq(p2m_lookup(d, gfn, &t, NULL), mfn) && t == p2m_mmio_direct)
        return 0;
    return p2m_add(d, gfn, mfn, 0, p2m_mmio_direct);
}

int hvm_map_mmio(struct domain *d, gfn_t gfn, mfn_t mfn, uint64_t nr)
{
    int rc = 0;

    for (uint64_t i = 0; i < nr && !rc; i++) {
        rc = map_one_mmio(d, _gfn(gfn.v + i), _mfn(mfn.v + i));
        if (rc && i)
            hvm_unmap_mmio(d, gfn, mfn, i);
    }
    p2m_flush(d);
    return rc;
}

int hvm_unmap_mmio(struct domain *d, gfn_t gfn, mfn_t mfn, uint64_t nr)
{
    int rc = 0;

    for (uint64_t i = 0; i < nr && !rc; i++)
        rc = p2m_replace(d, _gfn(gfn.v + i), 0, _mfn(mfn.v + i), p2m_mmio_direct, INVALID_MFN,
                         p2m_invalid);
    p2m_flush(d);
    return rc == -EAGAIN ? -EINVAL : rc;
}
