/* SPDX-License-Identifier: MIT */
/* domctl commands about a container's physical map: the tables' pool, the log of written frames,
 * devices' memory. */
#include <asm/p2m.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/rangeset.h>
#include <hv/softirq.h>
#include <xen/domctl.h>

#define MB_SHIFT (20 - PAGE_SHIFT)
#define BLOCK    PTRS_PER_TABLE /* frames that a scan takes at once */
#define MAX_MMIO 64             /* frames to map in one call: the tools halve and ask again */

/* --- the pool -------------------------------------------------------------------------------------- */
static uint64_t pool_mb(const struct domain *d)
{
    return DIV_ROUND_UP(d->arch.p2m.pool_pages, 1UL << MB_SHIFT);
}

static long set_mempool_size(struct domain *d, uint64_t size)
{
    if ((size & ~PAGE_MASK) || d->is_dying)
        return -EINVAL;
    return p2m_set_pool(d, size >> PAGE_SHIFT);
}

/* --- log-dirty mode -------------------------------------------------------------------------------- */
/* Frames of the hole at gfn, as many as are worth one step. */
static uint64_t hole_at(uint64_t gfn, unsigned int order, uint64_t nr, bool with_bitmap)
{
    uint64_t end = min((gfn | (BIT(order) - 1)) + 1, ROUND_UP(nr, BLOCK)) - gfn;

    return with_bitmap ? min(end, 8 * PAGE_SIZE) : end;
}

/* A block of RAM, or a hole; *done: how many frames that were. */
static int scan_step(struct domain *d, uint64_t nr, enum p2m_type from, enum p2m_type to,
                     vaddr_t bitmap, uint64_t *done)
{
    uint64_t gfn = d->arch.p2m.scan_gfn, left = nr - gfn, bits[BLOCK / 64];
    vaddr_t at = bitmap + gfn / 8;
    unsigned int order;
    enum p2m_type t;
    int rc;

    *done = BLOCK;
    p2m_lookup(d, _gfn(gfn), &t, &order);
    if (t == p2m_invalid && order > P2M_ORDER_2M) {
        *done = hole_at(gfn, order, nr, bitmap);
        return bitmap ? clear_guest_va(at, DIV_ROUND_UP(min(*done, left), 8)) : 0;
    }
    left = min(left, (uint64_t)BLOCK);
    rc = p2m_retype(d, _gfn(gfn), (unsigned int)left, from, to, bits);
    return !rc && bitmap ? copy_to_guest_va(at, bits, DIV_ROUND_UP(left, 8)) : rc;
}

/* RAM of type from becomes to, below nr frames; bitmap (or null): a bit for each. */
static int scan(struct domain *d, uint32_t op, uint64_t nr, enum p2m_type from, enum p2m_type to,
                vaddr_t bitmap)
{
    struct p2m *p = &d->arch.p2m;
    uint64_t done;
    int rc = 0;

    if (p->scan_op != op)
        p->scan_gfn = 0;
    p->scan_op = op;
    for (unsigned int n = 1; !rc && p->scan_gfn < nr; n++) {
        rc = scan_step(d, nr, from, to, bitmap, &done);
        if (!rc)
            p->scan_gfn += done;
        if (!rc && n % 64 == 0 && hypercall_preempt_check())
            return -EPREEMPTED;
    }
    p->scan_gfn = 0;
    p2m_flush(d);
    return rc;
}

static uint64_t all_frames(const struct domain *d)
{
    return d->arch.p2m.max_gfn + 1;
}

static int start_log(struct domain *d)
{
    struct p2m *p = &d->arch.p2m;
    int rc;

    if (p->logging && !(p->scan_op == XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY && p->scan_gfn))
        return -EINVAL; /* and not to go on with */
    write_atomic(&p->logging, true);
    rc = scan(d, XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, all_frames(d), p2m_ram_rw, p2m_ram_logdirty,
              0);
    if (rc && rc != -EPREEMPTED)
        write_atomic(&p->logging, false); /* what has been made read-only, faults make right */
    p->dirty_count = p->fault_count = 0;
    return rc;
}

static int stop_log(struct domain *d)
{
    write_atomic(&d->arch.p2m.logging, false);
    return scan(d, XEN_DOMCTL_SHADOW_OP_OFF, all_frames(d), p2m_ram_logdirty, p2m_ram_rw, 0);
}

static long read_log(struct domain *d, struct xen_domctl_shadow_op *u, bool *copyback)
{
    struct p2m *p = &d->arch.p2m;
    bool clean = u->op == XEN_DOMCTL_SHADOW_OP_CLEAN;
    uint64_t nr = min(u->pages, all_frames(d));
    long rc = 0;

    if (u->mode & ~XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL)
        return -EINVAL;
    if (!p->logging)
        nr = 0;
    else if (clean || u->dirty_bitmap.p)
        rc = scan(d, u->op, nr, p2m_ram_rw, clean ? p2m_ram_logdirty : p2m_ram_rw,
                  (vaddr_t)u->dirty_bitmap.p);
    if (rc)
        return rc;
    u->pages = nr;
    u->stats.dirty_count = (uint32_t)p->dirty_count;
    u->stats.fault_count = (uint32_t)p->fault_count;
    if (clean)
        p->dirty_count = p->fault_count = 0;
    *copyback = true;
    return 0;
}

/* Of all vCPUs' writes none is missed: each entry is changed at once, and those that have been
 * made before the flush are of the next round. */
static long shadow_op(struct domain *d, struct xen_domctl_shadow_op *u, bool *copyback)
{
    if (d->is_dying)
        return -EINVAL;
    switch (u->op) {
    case XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION:
        u->mb = (uint32_t)pool_mb(d);
        *copyback = true;
        return 0;
    case XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION:
        *copyback = true;
        return p2m_set_pool(d, (uint64_t)u->mb << MB_SHIFT);
    case XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY:
        return start_log(d);
    case XEN_DOMCTL_SHADOW_OP_OFF:
        return stop_log(d);
    case XEN_DOMCTL_SHADOW_OP_CLEAN:
    case XEN_DOMCTL_SHADOW_OP_PEEK:
        return read_log(d, u, copyback);
    default:
        return -EINVAL;
    }
}

/* --- devices' memory ------------------------------------------------------------------------------- */
static long memory_mapping(struct domain *d, const struct xen_domctl_memory_mapping *u)
{
    uint64_t last_gfn = u->first_gfn + u->nr_mfns - 1, last_mfn = u->first_mfn + u->nr_mfns - 1;

    if (!u->nr_mfns || last_gfn < u->first_gfn || last_mfn < u->first_mfn)
        return -EINVAL;
    if (u->nr_mfns > MAX_MMIO)
        return -E2BIG;
    if (!rangeset_contains(current->domain->iomem_caps, u->first_mfn, last_mfn) ||
        (u->add_mapping && !rangeset_contains(d->iomem_caps, u->first_mfn, last_mfn)))
        return -EPERM;
    return u->add_mapping ? hvm_map_mmio(d, _gfn(u->first_gfn), _mfn(u->first_mfn), u->nr_mfns)
                          : hvm_unmap_mmio(d, _gfn(u->first_gfn), _mfn(u->first_mfn), u->nr_mfns);
}

long hvm_mm_domctl(struct xen_domctl *op, struct domain *d, bool *copyback)
{
    switch (op->cmd) {
    case XEN_DOMCTL_shadow_op:
        return shadow_op(d, &op->u.shadow_op, copyback);
    case XEN_DOMCTL_get_paging_mempool_size:
        op->u.paging_mempool.size = d->arch.p2m.pool_pages << PAGE_SHIFT;
        *copyback = true;
        return 0;
    case XEN_DOMCTL_set_paging_mempool_size:
        return set_mempool_size(d, op->u.paging_mempool.size);
    case XEN_DOMCTL_memory_mapping:
        return memory_mapping(d, &op->u.memory_mapping);
    default:
        return -ENOSYS;
    }
}
