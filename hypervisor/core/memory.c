/* SPDX-License-Identifier: MIT */
/* memory_op: reservations and what belongs to them.
 *
 * Commands on lists of extents are preempted by counting the extents done into the command's
 * upper bits.  Their result is the number of extents done, also when one went wrong. */
#include <hv/access.h>
#include <hv/arch/mm.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/vnuma.h>
#include <xen/memory.h>
#include "memory.h"

#define EXTENT_SHIFT     6
#define CMD_MASK         ((1UL << EXTENT_SHIFT) - 1)
#define MAX_GUEST_ORDER  9
#define MAX_START_EXTENT (~0UL >> EXTENT_SHIFT)
#define REMOVE_BATCH     64

struct extents {
    struct domain *d;
    struct xen_memory_reservation r;
    unsigned int memflags;
    unsigned long done; /* from the start of the list */
    bool preempted, on_demand;
    unsigned int nr_removed;
    struct page_info *removed[REMOVE_BATCH]; /* not freed yet, with a reference each */
};

/* Each extent may be much work: frames that are dirty are cleared. */
static bool should_yield(struct extents *x, unsigned long start)
{
    if (x->done == start || !hypercall_preempt_check())
        return false;
    x->preempted = true;
    return true;
}

static unsigned int order_limit(void)
{
    return current->domain->is_privileged ? MAX_ORDER : MAX_GUEST_ORDER;
}

static int put_mfns(const struct extents *x, unsigned long i, mfn_t mfn)
{
    xen_pfn_t v = mfn.v;

    return copy_to_guest_offset(x->r.extent_start, i, &v, 1);
}

static void give_back(struct page_info *pg, unsigned int order)
{
    for (unsigned long j = 0; j < 1UL << order; j++)
        put_page_alloc_ref(&pg[j]);
}

/* --- more frames ------------------------------------------------------------------------------ */
/* XENMEM_populate_physmap: frames for these gfns.  The list's gfns are replaced by the frames
 * found. */
static int populate_one(struct extents *x)
{
    unsigned int order = x->r.extent_order;
    struct page_info *pg;
    xen_pfn_t gfn;
    mfn_t mfn;

    if (copy_from_guest_offset(&gfn, x->r.extent_start, x->done, 1))
        return -EFAULT;
    if (x->on_demand)
        return arch_physmap_promise(x->d, _gfn(gfn), order);
    pg = alloc_domheap_pages(x->d, order, x->memflags);
    if (!pg)
        return -ENOMEM;
    mfn = page_to_mfn(pg);
    if (arch_physmap_add(x->d, _gfn(gfn), mfn, order)) {
        give_back(pg, order);
        return -ENOMEM;
    }
    return x->d->is_hvm ? 0 : put_mfns(x, x->done, mfn);
}

static int increase_one(struct extents *x)
{
    struct page_info *pg = alloc_domheap_pages(x->d, x->r.extent_order, x->memflags);

    if (!pg)
        return -ENOMEM;
    if (guest_handle_null(x->r.extent_start) || x->d->is_hvm)
        return 0;
    return put_mfns(x, x->done, page_to_mfn(pg));
}

/* --- fewer ------------------------------------------------------------------------------------ */
/* The frames removed go, once no CPU remembers where they were. */
static void free_removed(struct extents *x)
{
    unsigned int nr = x->nr_removed;

    if (nr)
        arch_physmap_flush(x->d);
    while (x->nr_removed) {
        struct page_info *pg = x->removed[--x->nr_removed];

        put_page_alloc_ref(pg);
        put_page(pg);
    }
    arch_physmap_freed(x->d, nr);
}

static int remove_frame(struct extents *x, gfn_t gfn)
{
    int rc = arch_physmap_forget(x->d, gfn);
    struct page_info *pg;

    if (rc != -EAGAIN) /* it was a promise */
        return rc;
    pg = get_page_from_gfn(x->d, gfn);
    if (!pg)
        return -EINVAL;
    /* Given up already, but in use by somebody still. */
    rc = read_atomic(&pg->count_info) & PGC_allocated ? 0 : -EINVAL;
    if (!rc)
        rc = arch_physmap_remove(x->d, gfn, page_to_mfn(pg));
    /* Of the hypervisor's frames (shared info, grant table) only the mapping goes. */
    if (rc || (x->d->is_hvm && read_atomic(&pg->count_info) & PGC_xenheap)) {
        put_page(pg);
        return rc;
    }
    x->removed[x->nr_removed++] = pg;
    /* A PV guest could name it once more. */
    if (x->nr_removed == REMOVE_BATCH || !x->d->is_hvm)
        free_removed(x);
    return 0;
}

static int decrease_one(struct extents *x)
{
    xen_pfn_t gfn;
    int rc = 0;

    if (copy_from_guest_offset(&gfn, x->r.extent_start, x->done, 1))
        return -EFAULT;
    for (unsigned long j = 0; j < 1UL << x->r.extent_order && !rc; j++)
        rc = remove_frame(x, _gfn(gfn + j));
    return rc;
}

/* --- the three of them ------------------------------------------------------------------------ */
static int decode_memflags(const struct xen_memory_reservation *r, unsigned int *memflags)
{
    unsigned int bits = XENMEMF_get_address_bits(r->mem_flags);
    unsigned int node = XENMEMF_get_node(r->mem_flags);

    *memflags = 0;
    if (bits && bits <= PAGE_SHIFT)
        return -EINVAL;
    if (bits && bits < 64)
        *memflags |= MEMF_bits(bits);
    /* Virtual nodes: we keep no map of them to physical ones that memory could follow. */
    if (!(r->mem_flags & XENMEMF_vnode) && node != 0xff) {
        *memflags |= MEMF_node(node);
        if (r->mem_flags & XENMEMF_exact_node_request)
            *memflags |= MEMF_exact;
    }
    return 0;
}

static int decode_reservation(struct extents *x, unsigned int cmd, vaddr_t arg, unsigned long start)
{
    if (copy_arg(&x->r, arg))
        return -EFAULT;
    if (start >= x->r.nr_extents || x->r.nr_extents > MAX_START_EXTENT)
        return -EINVAL;
    if (x->r.extent_order > order_limit())
        return -EPERM;
    if (guest_handle_null(x->r.extent_start) && cmd != XENMEM_increase_reservation)
        return -EINVAL;
    x->done = start;
    x->on_demand = x->r.mem_flags & XENMEMF_populate_on_demand;
    if (x->on_demand && (cmd != XENMEM_populate_physmap || !current->domain->is_privileged))
        return -EINVAL;
    return decode_memflags(&x->r, &x->memflags);
}

static long reservation_op(unsigned int cmd, vaddr_t arg, unsigned long start,
                           struct hypercall_args *a)
{
    struct extents x = {0};
    int rc = decode_reservation(&x, cmd, arg, start);

    if (rc) /* as for an extent that went wrong: what was done before counts */
        return rc == -EFAULT ? rc : (long)start;
    rc = find_target(x.r.domid, ACCESS_MEMORY, cmd, &x.d);
    if (rc)
        return rc == -ESRCH ? (long)start : rc;
    for (; x.done < x.r.nr_extents && !rc; x.done += !rc) {
        if (should_yield(&x, start))
            break;
        if (cmd == XENMEM_populate_physmap)
            rc = populate_one(&x);
        else if (cmd == XENMEM_increase_reservation)
            rc = increase_one(&x);
        else
            rc = decrease_one(&x);
    }
    free_removed(&x);
    domain_put(x.d);
    if (x.preempted) {
        a->a[0] = cmd | x.done << EXTENT_SHIFT;
        return -EPREEMPTED;
    }
    return (long)x.done;
}

/* --- XENMEM_exchange -------------------------------------------------------------------------- */
#define MAX_CHUNK_ORDER 9 /* frames exchanged in one step */

struct exchange {
    struct domain *d;
    struct xen_memory_exchange e;
    unsigned int memflags;
    unsigned int in_chunk, out_chunk; /* orders: extents of each list in a step */
    struct page_list in, out;         /* frames on their way; linked by nobody else now */
};

static int decode_exchange(struct exchange *x, vaddr_t arg)
{
    struct xen_memory_exchange *e = &x->e;
    unsigned int in, out;

    if (copy_arg(e, arg))
        return -EFAULT;
    in = e->in.extent_order;
    out = e->out.extent_order;
    if (max(in, out) > order_limit())
        return -EPERM;
    if (e->in.domid != e->out.domid || e->nr_exchanged > e->in.nr_extents ||
        e->in.nr_extents > ~0UL >> in || e->out.nr_extents > ~0UL >> out ||
        e->in.nr_extents << in != e->out.nr_extents << out)
        return -EINVAL;
    if (max(in, out) > MAX_CHUNK_ORDER)
        return -E2BIG;
    x->in_chunk = out > in ? out - in : 0;
    x->out_chunk = in > out ? in - out : 0;
    if (e->nr_exchanged & ((1UL << x->in_chunk) - 1) ||
        e->in.nr_extents & ((1UL << x->in_chunk) - 1))
        return -EINVAL;
    return decode_memflags(&e->out, &x->memflags);
}

static int steal_one(struct exchange *x, uint64_t gmfn)
{
    struct page_info *pg;
    int rc;

    if (!mfn_valid(_mfn(gmfn)))
        return -EINVAL;
    pg = mfn_to_page(_mfn(gmfn));
    rc = steal_page(x->d, pg);
    if (!rc)
        page_list_add_tail(&x->in, pg);
    return rc;
}

static int steal_chunk(struct exchange *x)
{
    xen_pfn_t gmfn;
    int rc = 0;

    for (unsigned long i = 0; i < 1UL << x->in_chunk && !rc; i++) {
        if (copy_from_guest_offset(&gmfn, x->e.in.extent_start, x->e.nr_exchanged + i, 1))
            return -EFAULT;
        for (unsigned long k = 0; k < 1UL << x->e.in.extent_order && !rc; k++)
            rc = steal_one(x, gmfn + k);
    }
    return rc;
}

static void drop_list(struct page_list *l, unsigned int order)
{
    struct page_info *pg;

    while ((pg = page_list_first(l)) != NULL) {
        page_list_del(l, pg);
        free_domheap_pages(pg, order);
    }
}

static int alloc_chunk(struct exchange *x)
{
    for (unsigned long j = 0; j < 1UL << x->out_chunk; j++) {
        struct page_info *pg = alloc_domheap_pages(NULL, x->e.out.extent_order, x->memflags);

        if (!pg)
            return -ENOMEM;
        page_list_add_tail(&x->out, pg);
    }
    return 0;
}

/* Give the stolen frames back to the domain: nothing has changed for it. */
static void undo_steal(struct exchange *x)
{
    struct page_info *pg;

    while ((pg = page_list_first(&x->in)) != NULL) {
        page_list_del(&x->in, pg);
        if (assign_pages(x->d, pg, 0, MEMF_no_owner))
            free_domheap_pages(pg, 0); /* it is dying */
    }
}

/* From here on a step is not undone: a fault while telling the guest is the guest's loss. */
static int commit_chunk(struct exchange *x)
{
    unsigned int order = x->e.out.extent_order;
    unsigned long at = (x->e.nr_exchanged >> x->in_chunk) << x->out_chunk;
    struct page_info *pg;
    int rc = 0;

    while ((pg = page_list_first(&x->in)) != NULL) {
        page_list_del(&x->in, pg);
        m2p_set(page_to_mfn(pg), M2P_INVALID);
        free_domheap_pages(pg, 0);
    }
    for (; (pg = page_list_first(&x->out)) != NULL; at++) {
        xen_pfn_t gfn = 0, mfn = page_to_mfn(pg).v;

        page_list_del(&x->out, pg);
        if (assign_pages(x->d, pg, order, 0)) {
            free_domheap_pages(pg, order);
            rc = -EINVAL;
            continue;
        }
        if (copy_from_guest_offset(&gfn, x->e.out.extent_start, at, 1) ||
            arch_physmap_add(x->d, _gfn(gfn), _mfn(mfn), order) ||
            copy_to_guest_offset(x->e.out.extent_start, at, &mfn, 1))
            rc = -EFAULT;
    }
    return rc;
}

static int exchange_step(struct exchange *x)
{
    int rc = steal_chunk(x);

    if (!rc)
        rc = alloc_chunk(x);
    if (rc) {
        drop_list(&x->out, x->e.out.extent_order);
        undo_steal(x);
        return rc;
    }
    return commit_chunk(x);
}

static long memory_exchange(vaddr_t arg)
{
    struct exchange x = {.in = PAGE_LIST_INIT, .out = PAGE_LIST_INIT};
    int rc = decode_exchange(&x, arg);

    if (rc)
        return rc;
    rc = find_target(x.e.in.domid, ACCESS_MEMORY, XENMEM_exchange, &x.d);
    if (rc)
        return rc;
    if (x.d->is_hvm)
        rc = -EOPNOTSUPP;
    while (!rc && x.e.nr_exchanged < x.e.in.nr_extents) {
        rc = exchange_step(&x);
        if (!rc)
            x.e.nr_exchanged += 1UL << x.in_chunk;
        if (!rc && x.e.nr_exchanged < x.e.in.nr_extents && hypercall_preempt_check())
            rc = -EPREEMPTED;
    }
    domain_put(x.d);
    if (copy_to_guest_va(arg + offsetof(struct xen_memory_exchange, nr_exchanged),
                         &x.e.nr_exchanged, sizeof(x.e.nr_exchanged)))
        return -EFAULT;
    return rc;
}

uint64_t domain_pages(struct domain *d)
{
    uint64_t cached, entries;

    arch_get_pod(d, &cached, &entries);
    return d->tot_pages + cached;
}

/* --- questions about a domain ----------------------------------------------------------------- */
static long reservation_figure(unsigned int cmd, vaddr_t arg)
{
    struct xen_memory_domain dom;
    struct domain *d;
    long rc;

    if (copy_arg(&dom, arg))
        return -EFAULT;
    rc = find_target(dom.domid, ACCESS_MEMORY, cmd, &d);
    if (rc)
        return rc;
    if (cmd == XENMEM_current_reservation)
        rc = (long)domain_pages(d);
    else if (cmd == XENMEM_maximum_reservation)
        rc = (long)d->max_pages;
    else if (d->is_hvm) /* XENMEM_maximum_gpfn */
        rc = (long)arch_max_gfn(d);
    else if (d->shared_info)
        rc = (long)(read_atomic(&d->shared_info->arch.max_pfn) - 1) & INT64_MAX;
    domain_put(d);
    return rc;
}

static long claim_pages(vaddr_t arg)
{
    struct xen_memory_reservation r;
    struct domain *d;
    long rc;

    if (!current->domain->is_privileged)
        return -EPERM;
    if (copy_arg(&r, arg))
        return -EFAULT;
    if (!guest_handle_null(r.extent_start) || r.extent_order || r.mem_flags)
        return -EINVAL;
    d = domain_get(r.domid);
    if (!d)
        return -ESRCH;
    rc = domain_set_outstanding_pages(d, r.nr_extents);
    domain_put(d);
    return rc;
}

static long pod_target(unsigned int cmd, vaddr_t arg)
{
    struct xen_pod_target t;
    struct domain *d;
    long rc;

    if (copy_arg(&t, arg))
        return -EFAULT;
    rc = find_target(t.domid, ACCESS_MEMORY, cmd, &d);
    if (rc)
        return rc;
    if (!d->is_hvm)
        rc = -EINVAL;
    else if (cmd == XENMEM_set_pod_target)
        rc = arch_set_pod_target(d, t.target_pages);
    arch_get_pod(d, &t.pod_cache_pages, &t.pod_entries);
    t.tot_pages = d->tot_pages + t.pod_cache_pages;
    domain_put(d);
    return rc ?: copy_back(arg, &t);
}

#define MAX_RESOURCE_FRAMES 32

static long resource_size(struct domain *d, struct xen_mem_acquire_resource *r, vaddr_t arg)
{
    if (r->type != XENMEM_resource_grant_table)
        return -EOPNOTSUPP;
    r->nr_frames = r->id == XENMEM_resource_grant_table_id_shared ? d->grant.max_frames : 0;
    return copy_back(arg, r);
}

static long acquire_frames(struct domain *d, struct xen_mem_acquire_resource *r)
{
    uint64_t mfns[MAX_RESOURCE_FRAMES];
    int rc;

    if (r->nr_frames > MAX_RESOURCE_FRAMES)
        return -E2BIG;
    if (r->type != XENMEM_resource_grant_table)
        return -EOPNOTSUPP;
    rc = grant_table_resource(d, r->id, r->frame, r->nr_frames, mfns);
    if (!rc)
        rc = copy_to_guest(r->frame_list, mfns, r->nr_frames);
    return rc;
}

static long acquire_resource(vaddr_t arg)
{
    struct xen_mem_acquire_resource r;
    struct domain *d;
    long rc;

    if (copy_arg(&r, arg))
        return -EFAULT;
    if (r.pad)
        return -EINVAL;
    rc = find_target(r.domid, ACCESS_MMU_FOREIGN, XENMEM_acquire_resource, &d);
    if (rc)
        return rc;
    if (d == current->domain) /* not for its own */
        rc = -EPERM;
    else if (!guest_handle_null(r.frame_list))
        rc = acquire_frames(d, &r);
    else
        rc = r.nr_frames ? -EINVAL : resource_size(d, &r, arg);
    domain_put(d);
    return rc;
}

/* No device memory is reserved for guests' DMA as long as there is no IOMMU to do it with. */
static long reserved_device_memory(vaddr_t arg)
{
    struct xen_reserved_device_memory_map map;

    if (copy_arg(&map, arg))
        return -EFAULT;
    if (map.flags & ~XENMEM_RDM_ALL)
        return -EINVAL;
    map.nr_entries = 0;
    return copy_back(arg, &map);
}

static long physmap_list_op(unsigned int cmd, vaddr_t arg, unsigned long start,
                            struct hypercall_args *a)
{
    long rc = cmd == XENMEM_add_to_physmap ? memory_add_to_physmap(arg, &start)
                                           : memory_add_to_physmap_batch(arg, &start);

    if (rc == -EPREEMPTED)
        a->a[0] = cmd | start << EXTENT_SHIFT;
    return rc;
}

long do_memory_op(struct hypercall_args *a)
{
    unsigned int cmd = (unsigned int)(a->a[0] & CMD_MASK);
    unsigned long start = a->a[0] >> EXTENT_SHIFT;
    vaddr_t arg = a->a[1];

    switch (cmd) {
    case XENMEM_populate_physmap:
    case XENMEM_increase_reservation:
    case XENMEM_decrease_reservation:
        return reservation_op(cmd, arg, start, a);
    case XENMEM_add_to_physmap:
    case XENMEM_add_to_physmap_batch:
        return physmap_list_op(cmd, arg, start, a);
    default:
        if (start)
            return -EINVAL;
        break;
    }
    switch (cmd) {
    case XENMEM_exchange:
        return memory_exchange(arg);
    case XENMEM_maximum_ram_page:
        return (long)max_mfn - 1;
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn:
        return reservation_figure(cmd, arg);
    case XENMEM_claim_pages:
        return claim_pages(arg);
    case XENMEM_set_pod_target:
    case XENMEM_get_pod_target:
        return pod_target(cmd, arg);
    case XENMEM_acquire_resource:
        return acquire_resource(arg);
    case XENMEM_remove_from_physmap:
        return memory_remove_from_physmap(arg);
    case XENMEM_reserved_device_memory_map:
        return reserved_device_memory(arg);
    case XENMEM_get_vnumainfo:
        return vnuma_get(arg);
    case XENMEM_get_sharing_freed_pages:
    case XENMEM_get_sharing_shared_pages:
        return 0;
    case XENMEM_paging_op:
    case XENMEM_access_op:
    case XENMEM_sharing_op:
        return current->domain->is_privileged ? -EOPNOTSUPP : -EPERM;
    default:
        return arch_memory_op(cmd, arg);
    }
}
