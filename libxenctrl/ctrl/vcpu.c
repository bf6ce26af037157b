/* SPDX-License-Identifier: MIT */
/* Virtual CPUs: registers, time, affinity. */
#include "private.h"

PUBLIC int xc_vcpu_setcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
                              vcpu_guest_context_any_t *ctxt)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_setvcpucontext, domid);
    struct bounce b;
    int rc;

    if (bounce(xch, &b, ctxt, 1, BOUNCE_IN))
        return -1;
    op.u.vcpucontext.vcpu = vcpu;
    set_xen_guest_handle_raw(op.u.vcpucontext.ctxt, b.buf);
    rc = do_domctl(xch, &op);
    unbounce(xch, &b);
    return rc;
}

PUBLIC int xc_vcpu_getcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
                              vcpu_guest_context_any_t *ctxt)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_getvcpucontext, domid);
    struct bounce b;
    int rc;

    if (bounce(xch, &b, ctxt, 1, BOUNCE_OUT))
        return -1;
    op.u.vcpucontext.vcpu = vcpu;
    set_xen_guest_handle_raw(op.u.vcpucontext.ctxt, b.buf);
    rc = do_domctl(xch, &op);
    unbounce(xch, &b);
    return rc;
}

PUBLIC int xc_vcpu_get_extstate(xc_interface *xch, uint32_t domid, uint32_t vcpu,
                                xc_vcpu_extstate_t *extstate)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_getvcpuextstate, domid);
    bool query = !extstate->size && !extstate->xfeature_mask;
    struct bounce b = {0};
    int rc;

    if (!query && bounce_bytes(xch, &b, extstate->buffer, extstate->size, BOUNCE_OUT))
        return -1;
    op.u.vcpuextstate.vcpu = vcpu;
    op.u.vcpuextstate.xfeature_mask = extstate->xfeature_mask;
    op.u.vcpuextstate.size = extstate->size;
    set_xen_guest_handle_raw(op.u.vcpuextstate.buffer, b.buf);
    rc = do_domctl(xch, &op);
    unbounce(xch, &b);
    if (!rc && query) {
        extstate->xfeature_mask = op.u.vcpuextstate.xfeature_mask;
        extstate->size = op.u.vcpuextstate.size;
    }
    return rc;
}

PUBLIC int xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu, xc_vcpuinfo_t *info)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_getvcpuinfo, domid);

    op.u.getvcpuinfo.vcpu = vcpu;
    if (do_domctl(xch, &op))
        return -1;
    *info = op.u.getvcpuinfo;
    return 0;
}

PUBLIC long long xc_domain_get_cpu_usage(xc_interface *xch, uint32_t domid, int vcpu)
{
    xc_vcpuinfo_t info;

    return xc_vcpu_getinfo(xch, domid, vcpu, &info) ? -1 : (long long)info.cpu_time;
}

static int vcpu_affinity(xc_interface *xch, const char *operation, uint32_t cmd, uint32_t domid,
                         int vcpu, xc_cpumap_t hard, xc_cpumap_t soft, uint32_t flags,
                         enum bounce_dir dir)
{
    struct xen_domctl op = domctl_for(cmd, domid);
    struct bounce hard_map = {0}, soft_map = {0};
    int size = xc_get_cpumap_size(xch), rc = -1;

    if (size <= 0)
        return xc__fail(xch, errno, operation, NULL, "cannot get the size of CPU maps");
    if (((flags & XEN_VCPUAFFINITY_HARD) && !hard) || ((flags & XEN_VCPUAFFINITY_SOFT) && !soft))
        return xc__fail(xch, EINVAL, operation, NULL, "no CPU map");
    if ((flags & XEN_VCPUAFFINITY_HARD) &&
        xc__bounce(xch, operation, &hard_map, hard, size, 1, dir))
        goto out;
    if ((flags & XEN_VCPUAFFINITY_SOFT) &&
        xc__bounce(xch, operation, &soft_map, soft, size, 1, dir))
        goto out;
    op.u.vcpuaffinity.vcpu = vcpu;
    op.u.vcpuaffinity.flags = flags;
    set_xen_guest_handle_raw(op.u.vcpuaffinity.cpumap_hard.bitmap, hard_map.buf);
    op.u.vcpuaffinity.cpumap_hard.nr_bits = hard_map.buf ? size * 8 : 0;
    set_xen_guest_handle_raw(op.u.vcpuaffinity.cpumap_soft.bitmap, soft_map.buf);
    op.u.vcpuaffinity.cpumap_soft.nr_bits = soft_map.buf ? size * 8 : 0;
    rc = xc__domctl(xch, operation, &op);
out:
    xc__unbounce(xch, &soft_map);
    xc__unbounce(xch, &hard_map);
    return rc;
}

PUBLIC int xc_vcpu_setaffinity(xc_interface *xch, uint32_t domid, int vcpu,
                               xc_cpumap_t cpumap_hard_inout, xc_cpumap_t cpumap_soft_inout,
                               uint32_t flags)
{
    return vcpu_affinity(xch, __func__, XEN_DOMCTL_setvcpuaffinity, domid, vcpu, cpumap_hard_inout,
                         cpumap_soft_inout, flags, BOUNCE_BOTH);
}

PUBLIC int xc_vcpu_getaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t cpumap_hard,
                               xc_cpumap_t cpumap_soft, uint32_t flags)
{
    return vcpu_affinity(xch, __func__, XEN_DOMCTL_getvcpuaffinity, domid, vcpu, cpumap_hard,
                         cpumap_soft, flags, BOUNCE_OUT);
}
