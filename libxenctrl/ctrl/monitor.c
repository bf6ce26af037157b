/* SPDX-License-Identifier: MIT */
/* Events of a domain. */
#include "vm_event.h"

int xc__vm_event(xc_interface *xch, const char *operation, uint32_t domid, uint32_t op,
                 uint32_t ring, uint32_t *port)
{
    struct xen_domctl domctl = domctl_for(XEN_DOMCTL_vm_event_op, domid);

    domctl.u.vm_event_op.op = op;
    domctl.u.vm_event_op.mode = ring;
    if (xc__domctl(xch, operation, &domctl))
        return -1;
    if (port)
        *port = domctl.u.vm_event_op.u.enable.port;
    return 0;
}

PUBLIC int xc_vm_event_get_version(xc_interface *xch)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_vm_event_op, DOMID_INVALID);

    op.u.vm_event_op.op = XEN_VM_EVENT_GET_VERSION;
    op.u.vm_event_op.mode = XEN_DOMCTL_VM_EVENT_OP_MONITOR;
    return do_domctl(xch, &op) ? -1 : (int)op.u.vm_event_op.u.version;
}

/*
 * The ring's page is the guest frame in a parameter.  It must be mapped before the ring is there,
 * and must leave the guest's address space then: the guest must not write to it.
 */
static void *map_ring(xc_interface *xch, const char *operation, uint32_t domid, xen_pfn_t *gfn)
{
    uint64_t value = 0;
    void *ring = NULL;

    if (xc_hvm_param_get(xch, domid, HVM_PARAM_MONITOR_RING_PFN, &value))
        return NULL;
    *gfn = value;
    ring = xenforeignmemory_map(xch->fmem, domid, PROT_READ | PROT_WRITE, 1, gfn, NULL);
    if (!ring && !xc_domain_populate_physmap_exact(xch, domid, 1, 0, 0, gfn))
        ring = xenforeignmemory_map(xch->fmem, domid, PROT_READ | PROT_WRITE, 1, gfn, NULL);
    if (!ring)
        xenerr_wrap("libxenctrl", operation, "cannot map the ring of domain %u", domid);
    return ring;
}

PUBLIC void *xc_monitor_enable(xc_interface *xch, uint32_t domain_id, uint32_t *port)
{
    xen_pfn_t gfn = 0;
    void *ring = NULL;
    int saved;

    if (!port) {
        fail(xch, EINVAL, "no place for the port");
        return NULL;
    }
    /* The vCPUs must not look while the page comes and goes. */
    if (xc_domain_pause(xch, domain_id))
        return NULL;
    ring = map_ring(xch, __func__, domain_id, &gfn);
    if (ring && xc__vm_event(xch, __func__, domain_id, XEN_VM_EVENT_ENABLE,
                             XEN_DOMCTL_VM_EVENT_OP_MONITOR, port)) {
        saved = errno;
        xenforeignmemory_unmap(xch->fmem, ring, 1);
        errno = saved;
        ring = NULL;
    }
    if (ring && xc_domain_decrease_reservation_exact(xch, domain_id, 1, 0, &gfn)) {
        saved = errno;
        xc_monitor_disable(xch, domain_id);
        xenforeignmemory_unmap(xch->fmem, ring, 1);
        errno = saved;
        ring = NULL;
    }
    saved = errno;
    xc_domain_unpause(xch, domain_id);
    errno = saved;
    return ring;
}

PUBLIC int xc_monitor_disable(xc_interface *xch, uint32_t domain_id)
{
    return xc__vm_event(xch, __func__, domain_id, XEN_VM_EVENT_DISABLE,
                        XEN_DOMCTL_VM_EVENT_OP_MONITOR, NULL);
}

PUBLIC int xc_monitor_resume(xc_interface *xch, uint32_t domain_id)
{
    return xc__vm_event(xch, __func__, domain_id, XEN_VM_EVENT_RESUME,
                        XEN_DOMCTL_VM_EVENT_OP_MONITOR, NULL);
}

PUBLIC int xc_monitor_get_capabilities(xc_interface *xch, uint32_t domain_id,
                                       uint32_t *capabilities)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_monitor_op, domain_id);

    if (!capabilities)
        return fail(xch, EINVAL, "no place for the answer");
    op.u.monitor_op.op = XEN_DOMCTL_MONITOR_OP_GET_CAPABILITIES;
    if (do_domctl(xch, &op))
        return -1;
    *capabilities = op.u.monitor_op.event;
    return 0;
}

static struct xen_domctl event_op(uint32_t domid, uint32_t event, bool enable)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_monitor_op, domid);

    op.u.monitor_op.op = enable ? XEN_DOMCTL_MONITOR_OP_ENABLE : XEN_DOMCTL_MONITOR_OP_DISABLE;
    op.u.monitor_op.event = event;
    return op;
}

PUBLIC int xc_monitor_write_ctrlreg(xc_interface *xch, uint32_t domain_id, uint16_t index,
                                    bool enable, bool sync, uint64_t bitmask, bool onchangeonly)
{
    struct xen_domctl op = event_op(domain_id, XEN_DOMCTL_MONITOR_EVENT_WRITE_CTRLREG, enable);

    op.u.monitor_op.u.mov_to_cr.index = index;
    op.u.monitor_op.u.mov_to_cr.sync = sync;
    op.u.monitor_op.u.mov_to_cr.onchangeonly = onchangeonly;
    op.u.monitor_op.u.mov_to_cr.bitmask = bitmask;
    return do_domctl(xch, &op);
}

PUBLIC int xc_monitor_mov_to_msr(xc_interface *xch, uint32_t domain_id, uint32_t msr, bool enable,
                                 bool onchangeonly)
{
    struct xen_domctl op = event_op(domain_id, XEN_DOMCTL_MONITOR_EVENT_MOV_TO_MSR, enable);

    op.u.monitor_op.u.mov_to_msr.msr = msr;
    op.u.monitor_op.u.mov_to_msr.onchangeonly = onchangeonly;
    return do_domctl(xch, &op);
}

PUBLIC int xc_monitor_singlestep(xc_interface *xch, uint32_t domain_id, bool enable)
{
    struct xen_domctl op = event_op(domain_id, XEN_DOMCTL_MONITOR_EVENT_SINGLESTEP, enable);

    return do_domctl(xch, &op);
}

PUBLIC int xc_monitor_software_breakpoint(xc_interface *xch, uint32_t domain_id, bool enable)
{
    struct xen_domctl op =
        event_op(domain_id, XEN_DOMCTL_MONITOR_EVENT_SOFTWARE_BREAKPOINT, enable);

    return do_domctl(xch, &op);
}

PUBLIC int xc_monitor_descriptor_access(xc_interface *xch, uint32_t domain_id, bool enable)
{
    struct xen_domctl op = event_op(domain_id, XEN_DOMCTL_MONITOR_EVENT_DESC_ACCESS, enable);

    return do_domctl(xch, &op);
}

PUBLIC int xc_monitor_guest_request(xc_interface *xch, uint32_t domain_id, bool enable, bool sync,
                                    bool allow_userspace)
{
    struct xen_domctl op = event_op(domain_id, XEN_DOMCTL_MONITOR_EVENT_GUEST_REQUEST, enable);

    op.u.monitor_op.u.guest_request.sync = sync;
    op.u.monitor_op.u.guest_request.allow_userspace = enable && allow_userspace;
    return do_domctl(xch, &op);
}

PUBLIC int xc_monitor_inguest_pagefault(xc_interface *xch, uint32_t domain_id, bool disable)
{
    /* To the hypervisor the event is their suppression. */
    struct xen_domctl op = event_op(domain_id, XEN_DOMCTL_MONITOR_EVENT_INGUEST_PAGEFAULT, disable);

    return do_domctl(xch, &op);
}

PUBLIC int xc_monitor_debug_exceptions(xc_interface *xch, uint32_t domain_id, bool enable,
                                       bool sync)
{
    struct xen_domctl op = event_op(domain_id, XEN_DOMCTL_MONITOR_EVENT_DEBUG_EXCEPTION, enable);

    op.u.monitor_op.u.debug_exception.sync = sync;
    return do_domctl(xch, &op);
}

PUBLIC int xc_monitor_cpuid(xc_interface *xch, uint32_t domain_id, bool enable)
{
    struct xen_domctl op = event_op(domain_id, XEN_DOMCTL_MONITOR_EVENT_CPUID, enable);

    return do_domctl(xch, &op);
}

PUBLIC int xc_monitor_privileged_call(xc_interface *xch, uint32_t domain_id, bool enable)
{
    struct xen_domctl op = event_op(domain_id, XEN_DOMCTL_MONITOR_EVENT_PRIVILEGED_CALL, enable);

    return do_domctl(xch, &op);
}

PUBLIC int xc_monitor_emul_unimplemented(xc_interface *xch, uint32_t domain_id, bool enable)
{
    struct xen_domctl op = event_op(domain_id, XEN_DOMCTL_MONITOR_EVENT_EMUL_UNIMPLEMENTED, enable);

    return do_domctl(xch, &op);
}

PUBLIC int xc_monitor_vmexit(xc_interface *xch, uint32_t domain_id, bool enable, bool sync)
{
    struct xen_domctl op = event_op(domain_id, XEN_DOMCTL_MONITOR_EVENT_VMEXIT, enable);

    op.u.monitor_op.u.vmexit.sync = sync;
    return do_domctl(xch, &op);
}

PUBLIC int xc_monitor_emulate_each_rep(xc_interface *xch, uint32_t domain_id, bool enable)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_monitor_op, domain_id);

    op.u.monitor_op.op = XEN_DOMCTL_MONITOR_OP_EMULATE_EACH_REP;
    op.u.monitor_op.event = enable;
    return do_domctl(xch, &op);
}
