/* SPDX-License-Identifier: MIT */
/* Sharing of equal pages. */
#include "vm_event.h"

PUBLIC int xc_memshr_control(xc_interface *xch, uint32_t domid, int enable)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_mem_sharing_op, domid);

    op.u.mem_sharing_op.op = XEN_DOMCTL_MEM_SHARING_CONTROL;
    op.u.mem_sharing_op.u.enable = !!enable;
    return do_domctl(xch, &op);
}

PUBLIC int xc_memshr_ring_enable(xc_interface *xch, uint32_t domid, uint32_t *port)
{
    if (!port)
        return fail(xch, EINVAL, "no place for the port");
    return xc__vm_event(xch, __func__, domid, XEN_VM_EVENT_ENABLE, XEN_DOMCTL_VM_EVENT_OP_SHARING,
                        port);
}

PUBLIC int xc_memshr_ring_disable(xc_interface *xch, uint32_t domid)
{
    return xc__vm_event(xch, __func__, domid, XEN_VM_EVENT_DISABLE, XEN_DOMCTL_VM_EVENT_OP_SHARING,
                        NULL);
}

PUBLIC int xc_memshr_domain_resume(xc_interface *xch, uint32_t domid)
{
    return xc__vm_event(xch, __func__, domid, XEN_VM_EVENT_RESUME, XEN_DOMCTL_VM_EVENT_OP_SHARING,
                        NULL);
}

static int call(xc_interface *xch, const char *operation, struct xen_mem_sharing_op *op)
{
    return xc__command(xch, operation, __HYPERVISOR_memory_op, XENMEM_sharing_op, op, sizeof(*op));
}

PUBLIC int xc_memshr_nominate_gfn(xc_interface *xch, uint32_t domid, unsigned long gfn,
                                  uint64_t *handle)
{
    struct xen_mem_sharing_op op = {.op = XENMEM_sharing_op_nominate_gfn, .domain = domid};

    op.u.nominate.u.gfn = gfn;
    if (call(xch, __func__, &op) < 0)
        return -1;
    *handle = op.u.nominate.handle;
    return 0;
}

PUBLIC int xc_memshr_nominate_gref(xc_interface *xch, uint32_t domid, grant_ref_t gref,
                                   uint64_t *handle)
{
    struct xen_mem_sharing_op op = {.op = XENMEM_sharing_op_nominate_gref, .domain = domid};

    op.u.nominate.u.grant_ref = gref;
    if (call(xch, __func__, &op) < 0)
        return -1;
    *handle = op.u.nominate.handle;
    return 0;
}

PUBLIC int xc_memshr_share_gfns(xc_interface *xch, uint32_t source_domain, unsigned long source_gfn,
                                uint64_t source_handle, uint32_t client_domain,
                                unsigned long client_gfn, uint64_t client_handle)
{
    struct xen_mem_sharing_op op = {.op = XENMEM_sharing_op_share, .domain = source_domain};

    op.u.share.source_gfn = source_gfn;
    op.u.share.source_handle = source_handle;
    op.u.share.client_domain = client_domain;
    op.u.share.client_gfn = client_gfn;
    op.u.share.client_handle = client_handle;
    return call(xch, __func__, &op) < 0 ? -1 : 0;
}

PUBLIC int xc_memshr_share_grefs(xc_interface *xch, uint32_t source_domain, grant_ref_t source_gref,
                                 uint64_t source_handle, uint32_t client_domain,
                                 grant_ref_t client_gref, uint64_t client_handle)
{
    struct xen_mem_sharing_op op = {.op = XENMEM_sharing_op_share, .domain = source_domain};

    XENMEM_SHARING_OP_FIELD_MAKE_GREF(op.u.share.source_gfn, source_gref);
    op.u.share.source_handle = source_handle;
    op.u.share.client_domain = client_domain;
    XENMEM_SHARING_OP_FIELD_MAKE_GREF(op.u.share.client_gfn, client_gref);
    op.u.share.client_handle = client_handle;
    return call(xch, __func__, &op) < 0 ? -1 : 0;
}

PUBLIC int xc_memshr_add_to_physmap(xc_interface *xch, uint32_t source_domain,
                                    unsigned long source_gfn, uint64_t source_handle,
                                    uint32_t client_domain, unsigned long client_gfn)
{
    struct xen_mem_sharing_op op = {.op = XENMEM_sharing_op_add_physmap, .domain = source_domain};

    op.u.share.source_gfn = source_gfn;
    op.u.share.source_handle = source_handle;
    op.u.share.client_gfn = client_gfn;
    op.u.share.client_domain = client_domain;
    return call(xch, __func__, &op) < 0 ? -1 : 0;
}

PUBLIC int xc_memshr_range_share(xc_interface *xch, uint32_t source_domain, uint32_t client_domain,
                                 uint64_t first_gfn, uint64_t last_gfn)
{
    struct xen_mem_sharing_op op = {.op = XENMEM_sharing_op_range_share, .domain = source_domain};

    op.u.range.client_domain = client_domain;
    op.u.range.first_gfn = first_gfn;
    op.u.range.last_gfn = last_gfn;
    return call(xch, __func__, &op) < 0 ? -1 : 0;
}

PUBLIC int xc_memshr_fork(xc_interface *xch, uint32_t source_domain, uint32_t client_domain,
                          bool allow_with_iommu, bool block_interrupts)
{
    struct xen_mem_sharing_op op = {.op = XENMEM_sharing_op_fork, .domain = client_domain};

    op.u.fork.parent_domain = source_domain;
    if (allow_with_iommu)
        op.u.fork.flags |= XENMEM_FORK_WITH_IOMMU_ALLOWED;
    if (block_interrupts)
        op.u.fork.flags |= XENMEM_FORK_BLOCK_INTERRUPTS;
    return call(xch, __func__, &op) < 0 ? -1 : 0;
}

PUBLIC int xc_memshr_fork_reset(xc_interface *xch, uint32_t forked_domain, bool reset_state,
                                bool reset_memory)
{
    struct xen_mem_sharing_op op = {.op = XENMEM_sharing_op_fork_reset, .domain = forked_domain};

    if (reset_state)
        op.u.fork.flags |= XENMEM_FORK_RESET_STATE;
    if (reset_memory)
        op.u.fork.flags |= XENMEM_FORK_RESET_MEMORY;
    return call(xch, __func__, &op) < 0 ? -1 : 0;
}

PUBLIC int xc_memshr_debug_gfn(xc_interface *xch, uint32_t domid, unsigned long gfn)
{
    struct xen_mem_sharing_op op = {.op = XENMEM_sharing_op_debug_gfn, .domain = domid};

    op.u.debug.u.gfn = gfn;
    return call(xch, __func__, &op);
}

PUBLIC int xc_memshr_debug_gref(xc_interface *xch, uint32_t domid, grant_ref_t gref)
{
    struct xen_mem_sharing_op op = {.op = XENMEM_sharing_op_debug_gref, .domain = domid};

    op.u.debug.u.gref = gref;
    return call(xch, __func__, &op);
}

PUBLIC int xc_memshr_audit(xc_interface *xch)
{
    struct xen_mem_sharing_op op = {.op = XENMEM_sharing_op_audit};

    return call(xch, __func__, &op);
}

PUBLIC long xc_sharing_freed_pages(xc_interface *xch)
{
    return xc__command(xch, __func__, __HYPERVISOR_memory_op, XENMEM_get_sharing_freed_pages, NULL,
                       0);
}

PUBLIC long xc_sharing_used_frames(xc_interface *xch)
{
    return xc__command(xch, __func__, __HYPERVISOR_memory_op, XENMEM_get_sharing_shared_pages, NULL,
                       0);
}
