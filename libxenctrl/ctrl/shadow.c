/* SPDX-License-Identifier: MIT */
/* Page-table memory of domains, and the log of pages they wrote. */
#include "private.h"

PUBLIC int xc_shadow_control(xc_interface *xch, uint32_t domid, unsigned int sop, unsigned int *mb,
                             unsigned int mode)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_shadow_op, domid);
    int rc;

    if (sop == XEN_DOMCTL_SHADOW_OP_CLEAN || sop == XEN_DOMCTL_SHADOW_OP_PEEK)
        return fail(xch, EINVAL, "reading the log is xc_logdirty_control()'s");
    op.u.shadow_op.op = sop;
    op.u.shadow_op.mode = mode;
    op.u.shadow_op.mb = mb ? *mb : 0;
    rc = do_domctl(xch, &op);
    if (!rc && mb)
        *mb = op.u.shadow_op.mb;
    return rc;
}

PUBLIC long long xc_logdirty_control(xc_interface *xch, uint32_t domid, unsigned int sop,
                                     xc_hypercall_buffer_t *dirty_bitmap, unsigned long pages,
                                     unsigned int mode, xc_shadow_op_stats_t *stats)
{
    DECLARE_HYPERCALL_BUFFER_ARGUMENT(dirty_bitmap);
    struct xen_domctl op = domctl_for(XEN_DOMCTL_shadow_op, domid);

    if (sop != XEN_DOMCTL_SHADOW_OP_CLEAN && sop != XEN_DOMCTL_SHADOW_OP_PEEK)
        return fail(xch, EINVAL, "operation %u does not read the log", sop);
    op.u.shadow_op.op = sop;
    op.u.shadow_op.mode = mode;
    op.u.shadow_op.pages = pages;
    if (dirty_bitmap)
        set_xen_guest_handle(op.u.shadow_op.dirty_bitmap, dirty_bitmap);
    if (do_domctl(xch, &op))
        return -1;
    if (stats)
        *stats = op.u.shadow_op.stats;
    return op.u.shadow_op.pages;
}

PUBLIC int xc_get_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t *size)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_get_paging_mempool_size, domid);

    if (do_domctl(xch, &op))
        return -1;
    *size = op.u.paging_mempool.size;
    return 0;
}

PUBLIC int xc_set_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t size)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_set_paging_mempool_size, domid);

    op.u.paging_mempool.size = size;
    return do_domctl(xch, &op);
}
