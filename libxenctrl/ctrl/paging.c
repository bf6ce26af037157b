/* SPDX-License-Identifier: MIT */
/* Pages that are paged out, and access rights to pages. */
#include "vm_event.h"

PUBLIC int xc_mem_paging_enable(xc_interface *xch, uint32_t domain_id, uint32_t *port)
{
    if (!port)
        return fail(xch, EINVAL, "no place for the port");
    return xc__vm_event(xch, __func__, domain_id, XEN_VM_EVENT_ENABLE,
                        XEN_DOMCTL_VM_EVENT_OP_PAGING, port);
}

PUBLIC int xc_mem_paging_disable(xc_interface *xch, uint32_t domain_id)
{
    return xc__vm_event(xch, __func__, domain_id, XEN_VM_EVENT_DISABLE,
                        XEN_DOMCTL_VM_EVENT_OP_PAGING, NULL);
}

PUBLIC int xc_mem_paging_resume(xc_interface *xch, uint32_t domain_id)
{
    return xc__vm_event(xch, __func__, domain_id, XEN_VM_EVENT_RESUME,
                        XEN_DOMCTL_VM_EVENT_OP_PAGING, NULL);
}

static int paging_op(xc_interface *xch, const char *operation, uint32_t domain_id, unsigned int op,
                     uint64_t gfn, void *buffer)
{
    struct xen_mem_paging_op arg = {.op = op, .domain = domain_id, .gfn = gfn};
    struct bounce b;
    long rc;

    if (xc__bounce(xch, operation, &b, buffer, 1, XC_PAGE_SIZE, BOUNCE_IN))
        return -1;
    set_xen_guest_handle_raw(arg.buffer, b.buf);
    rc = xc__command(xch, operation, __HYPERVISOR_memory_op, XENMEM_paging_op, &arg, sizeof(arg));
    xc__unbounce(xch, &b);
    return rc < 0 ? -1 : 0;
}

PUBLIC int xc_mem_paging_nominate(xc_interface *xch, uint32_t domain_id, uint64_t gfn)
{
    return paging_op(xch, __func__, domain_id, XENMEM_paging_op_nominate, gfn, NULL);
}

PUBLIC int xc_mem_paging_evict(xc_interface *xch, uint32_t domain_id, uint64_t gfn)
{
    return paging_op(xch, __func__, domain_id, XENMEM_paging_op_evict, gfn, NULL);
}

PUBLIC int xc_mem_paging_prep(xc_interface *xch, uint32_t domain_id, uint64_t gfn)
{
    return paging_op(xch, __func__, domain_id, XENMEM_paging_op_prep, gfn, NULL);
}

PUBLIC int xc_mem_paging_load(xc_interface *xch, uint32_t domain_id, uint64_t gfn, void *buffer)
{
    if (!buffer)
        return fail(xch, EINVAL, "no page");
    return paging_op(xch, __func__, domain_id, XENMEM_paging_op_prep, gfn, buffer);
}

PUBLIC int xc_set_mem_access(xc_interface *xch, uint32_t domain_id, xenmem_access_t access,
                             uint64_t first_pfn, uint32_t nr)
{
    struct xen_mem_access_op arg = {.op = XENMEM_access_op_set_access,
                                    .domid = domain_id,
                                    .access = access,
                                    .pfn = first_pfn,
                                    .nr = nr};

    return do_memory_op(xch, XENMEM_access_op, &arg) < 0 ? -1 : 0;
}

PUBLIC int xc_set_mem_access_multi(xc_interface *xch, uint32_t domain_id, uint8_t *access,
                                   uint64_t *pages, uint32_t nr)
{
    struct xen_mem_access_op arg = {
        .op = XENMEM_access_op_set_access_multi, .domid = domain_id, .pfn = ~0ull, .nr = nr};
    struct bounce list = {0}, accesses = {0};
    long rc = -1;

    if (!bounce(xch, &list, pages, nr, BOUNCE_IN) &&
        !bounce(xch, &accesses, access, nr, BOUNCE_IN)) {
        set_xen_guest_handle_raw(arg.pfn_list, list.buf);
        set_xen_guest_handle_raw(arg.access_list, accesses.buf);
        rc = do_memory_op(xch, XENMEM_access_op, &arg);
    }
    unbounce(xch, &accesses);
    unbounce(xch, &list);
    return rc < 0 ? -1 : 0;
}

PUBLIC int xc_get_mem_access(xc_interface *xch, uint32_t domain_id, uint64_t pfn,
                             xenmem_access_t *access)
{
    struct xen_mem_access_op arg = {
        .op = XENMEM_access_op_get_access, .domid = domain_id, .pfn = pfn};

    if (do_memory_op(xch, XENMEM_access_op, &arg) < 0)
        return -1;
    *access = arg.access;
    return 0;
}
