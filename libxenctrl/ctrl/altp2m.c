/* SPDX-License-Identifier: MIT */
/* Alternate views of guest-physical memory. */
#include "private.h"

static struct xen_hvm_altp2m_op view_op(uint32_t cmd, uint32_t domid)
{
    struct xen_hvm_altp2m_op op;

    memset(&op, 0, sizeof(op));
    op.version = HVMOP_ALTP2M_INTERFACE_VERSION;
    op.cmd = cmd;
    op.domain = domid;
    return op;
}

static int call(xc_interface *xch, const char *operation, struct xen_hvm_altp2m_op *op)
{
    long rc = xc__command(xch, operation, __HYPERVISOR_hvm_op, HVMOP_altp2m, op, sizeof(*op));

    return rc < 0 ? -1 : 0;
}

PUBLIC int xc_altp2m_get_domain_state(xc_interface *xch, uint32_t dom, bool *state)
{
    struct xen_hvm_altp2m_op op = view_op(HVMOP_altp2m_get_domain_state, dom);

    if (call(xch, __func__, &op))
        return -1;
    *state = op.u.domain_state.state;
    return 0;
}

PUBLIC int xc_altp2m_set_domain_state(xc_interface *xch, uint32_t dom, bool state)
{
    struct xen_hvm_altp2m_op op = view_op(HVMOP_altp2m_set_domain_state, dom);

    op.u.domain_state.state = state;
    return call(xch, __func__, &op);
}

PUBLIC int xc_altp2m_set_vcpu_enable_notify(xc_interface *xch, uint32_t domid, uint32_t vcpuid,
                                            xen_pfn_t gfn)
{
    struct xen_hvm_altp2m_op op = view_op(HVMOP_altp2m_vcpu_enable_notify, domid);

    op.u.enable_notify.vcpu_id = vcpuid;
    op.u.enable_notify.gfn = gfn;
    return call(xch, __func__, &op);
}

PUBLIC int xc_altp2m_set_vcpu_disable_notify(xc_interface *xch, uint32_t domid, uint32_t vcpuid)
{
    struct xen_hvm_altp2m_op op = view_op(HVMOP_altp2m_vcpu_disable_notify, domid);

    op.u.disable_notify.vcpu_id = vcpuid;
    return call(xch, __func__, &op);
}

PUBLIC int xc_altp2m_create_view(xc_interface *xch, uint32_t domid, xenmem_access_t default_access,
                                 uint16_t *view_id)
{
    struct xen_hvm_altp2m_op op = view_op(HVMOP_altp2m_create_p2m, domid);

    op.u.view.view = UINT16_MAX;
    op.u.view.hvmmem_default_access = default_access;
    if (call(xch, __func__, &op))
        return -1;
    *view_id = op.u.view.view;
    return 0;
}

PUBLIC int xc_altp2m_destroy_view(xc_interface *xch, uint32_t domid, uint16_t view_id)
{
    struct xen_hvm_altp2m_op op = view_op(HVMOP_altp2m_destroy_p2m, domid);

    op.u.view.view = view_id;
    return call(xch, __func__, &op);
}

PUBLIC int xc_altp2m_switch_to_view(xc_interface *xch, uint32_t domid, uint16_t view_id)
{
    struct xen_hvm_altp2m_op op = view_op(HVMOP_altp2m_switch_p2m, domid);

    op.u.view.view = view_id;
    return call(xch, __func__, &op);
}

PUBLIC int xc_altp2m_set_suppress_ve(xc_interface *xch, uint32_t domid, uint16_t view_id,
                                     xen_pfn_t gfn, bool sve)
{
    struct xen_hvm_altp2m_op op = view_op(HVMOP_altp2m_set_suppress_ve, domid);

    op.u.suppress_ve.view = view_id;
    op.u.suppress_ve.gfn = gfn;
    op.u.suppress_ve.suppress_ve = sve;
    return call(xch, __func__, &op);
}

PUBLIC int xc_altp2m_get_suppress_ve(xc_interface *xch, uint32_t domid, uint16_t view_id,
                                     xen_pfn_t gfn, bool *sve)
{
    struct xen_hvm_altp2m_op op = view_op(HVMOP_altp2m_get_suppress_ve, domid);

    op.u.suppress_ve.view = view_id;
    op.u.suppress_ve.gfn = gfn;
    if (call(xch, __func__, &op))
        return -1;
    *sve = op.u.suppress_ve.suppress_ve;
    return 0;
}

PUBLIC int xc_altp2m_set_supress_ve_multi(xc_interface *xch, uint32_t domid, uint16_t view_id,
                                          xen_pfn_t first_gfn, xen_pfn_t last_gfn, bool sve,
                                          xen_pfn_t *error_gfn, int32_t *error_code)
{
    struct xen_hvm_altp2m_op op = view_op(HVMOP_altp2m_set_suppress_ve_multi, domid);

    op.u.suppress_ve_multi.view = view_id;
    op.u.suppress_ve_multi.first_gfn = first_gfn;
    op.u.suppress_ve_multi.last_gfn = last_gfn;
    op.u.suppress_ve_multi.suppress_ve = sve;
    if (call(xch, __func__, &op))
        return -1;
    *error_gfn = op.u.suppress_ve_multi.first_error_gfn;
    *error_code = op.u.suppress_ve_multi.first_error;
    return 0;
}

PUBLIC int xc_altp2m_set_mem_access(xc_interface *xch, uint32_t domid, uint16_t view_id,
                                    xen_pfn_t gfn, xenmem_access_t access)
{
    struct xen_hvm_altp2m_op op = view_op(HVMOP_altp2m_set_mem_access, domid);

    op.u.mem_access.view = view_id;
    op.u.mem_access.access = access;
    op.u.mem_access.gfn = gfn;
    return call(xch, __func__, &op);
}

PUBLIC int xc_altp2m_get_mem_access(xc_interface *xch, uint32_t domid, uint16_t view_id,
                                    xen_pfn_t gfn, xenmem_access_t *access)
{
    struct xen_hvm_altp2m_op op = view_op(HVMOP_altp2m_get_mem_access, domid);

    op.u.mem_access.view = view_id;
    op.u.mem_access.gfn = gfn;
    if (call(xch, __func__, &op))
        return -1;
    *access = op.u.mem_access.access;
    return 0;
}

PUBLIC int xc_altp2m_set_mem_access_multi(xc_interface *xch, uint32_t domid, uint16_t view_id,
                                          uint8_t *access, uint64_t *gfns, uint32_t nr)
{
    struct xen_hvm_altp2m_op op = view_op(HVMOP_altp2m_set_mem_access_multi, domid);
    struct bounce list = {0}, accesses = {0};
    int rc = -1;

    if (!bounce(xch, &list, gfns, nr, BOUNCE_IN) &&
        !bounce(xch, &accesses, access, nr, BOUNCE_IN)) {
        op.u.set_mem_access_multi.view = view_id;
        op.u.set_mem_access_multi.nr = nr;
        set_xen_guest_handle_raw(op.u.set_mem_access_multi.pfn_list, list.buf);
        set_xen_guest_handle_raw(op.u.set_mem_access_multi.access_list, accesses.buf);
        rc = call(xch, __func__, &op);
    }
    unbounce(xch, &accesses);
    unbounce(xch, &list);
    return rc;
}

PUBLIC int xc_altp2m_change_gfn(xc_interface *xch, uint32_t domid, uint16_t view_id,
                                xen_pfn_t old_gfn, xen_pfn_t new_gfn)
{
    struct xen_hvm_altp2m_op op = view_op(HVMOP_altp2m_change_gfn, domid);

    op.u.change_gfn.view = view_id;
    op.u.change_gfn.old_gfn = old_gfn;
    op.u.change_gfn.new_gfn = new_gfn;
    return call(xch, __func__, &op);
}

PUBLIC int xc_altp2m_get_vcpu_p2m_idx(xc_interface *xch, uint32_t domid, uint32_t vcpuid,
                                      uint16_t *p2midx)
{
    struct xen_hvm_altp2m_op op = view_op(HVMOP_altp2m_get_p2m_idx, domid);

    op.u.get_vcpu_p2m_idx.vcpu_id = vcpuid;
    if (call(xch, __func__, &op))
        return -1;
    *p2midx = op.u.get_vcpu_p2m_idx.altp2m_idx;
    return 0;
}

PUBLIC int xc_altp2m_set_visibility(xc_interface *xch, uint32_t domid, uint16_t view_id,
                                    bool visible)
{
    struct xen_hvm_altp2m_op op = view_op(HVMOP_altp2m_set_visibility, domid);

    op.u.set_visibility.altp2m_idx = view_id;
    op.u.set_visibility.visible = visible;
    return call(xch, __func__, &op);
}
