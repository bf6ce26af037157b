/* SPDX-License-Identifier: MIT */
/* Settings of a domain. */
#include "private.h"

PUBLIC int xc_domain_max_vcpus(xc_interface *xch, uint32_t domid, unsigned int max)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_max_vcpus, domid);

    op.u.max_vcpus.max = max;
    return do_domctl(xch, &op);
}

PUBLIC int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t max_memkb)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_max_mem, domid);

    op.u.max_mem.max_memkb = max_memkb;
    return do_domctl(xch, &op);
}

PUBLIC int xc_domain_get_guest_width(xc_interface *xch, uint32_t domid, unsigned int *guest_width)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_get_address_size, domid);

    if (do_domctl(xch, &op))
        return -1;
    *guest_width = op.u.address_size.size / 8;
    return 0;
}

PUBLIC int xc_domain_set_time_offset(xc_interface *xch, uint32_t domid, int32_t seconds)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_settimeoffset, domid);

    op.u.settimeoffset.time_offset_seconds = seconds;
    return do_domctl(xch, &op);
}

PUBLIC int xc_domain_set_tsc_info(xc_interface *xch, uint32_t domid, uint32_t tsc_mode,
                                  uint64_t elapsed_nsec, uint32_t gtsc_khz, uint32_t incarnation)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_settscinfo, domid);

    op.u.tsc_info.tsc_mode = tsc_mode;
    op.u.tsc_info.elapsed_nsec = elapsed_nsec;
    op.u.tsc_info.gtsc_khz = gtsc_khz;
    op.u.tsc_info.incarnation = incarnation;
    return do_domctl(xch, &op);
}

PUBLIC int xc_domain_get_tsc_info(xc_interface *xch, uint32_t domid, uint32_t *tsc_mode,
                                  uint64_t *elapsed_nsec, uint32_t *gtsc_khz, uint32_t *incarnation)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_gettscinfo, domid);

    if (do_domctl(xch, &op))
        return -1;
    *tsc_mode = op.u.tsc_info.tsc_mode;
    *elapsed_nsec = op.u.tsc_info.elapsed_nsec;
    *gtsc_khz = op.u.tsc_info.gtsc_khz;
    *incarnation = op.u.tsc_info.incarnation;
    return 0;
}

PUBLIC int xc_domain_set_virq_handler(xc_interface *xch, uint32_t domid, int virq)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_set_virq_handler, domid);

    op.u.set_virq_handler.virq = virq;
    return do_domctl(xch, &op);
}

PUBLIC int xc_domain_setdebugging(xc_interface *xch, uint32_t domid, unsigned int enable)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_setdebugging, domid);

    op.u.setdebugging.enable = !!enable;
    return do_domctl(xch, &op);
}

PUBLIC int xc_domain_debug_control(xc_interface *xch, uint32_t domid, uint32_t sop, uint32_t vcpu)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_debug_op, domid);

    op.u.debug_op.op = sop;
    op.u.debug_op.vcpu = vcpu;
    return do_domctl(xch, &op);
}

PUBLIC int xc_domain_set_target(xc_interface *xch, uint32_t domid, uint32_t target)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_set_target, domid);

    op.u.set_target.target = target;
    return do_domctl(xch, &op);
}

PUBLIC int xc_domain_set_access_required(xc_interface *xch, uint32_t domid, unsigned int required)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_set_access_required, domid);

    op.u.access_required.access_required = !!required;
    return do_domctl(xch, &op);
}

/* A node map has whole bytes in every interface but its length is told in bits. */
static int node_affinity(xc_interface *xch, const char *operation, uint32_t cmd, uint32_t domid,
                         xc_nodemap_t nodemap, enum bounce_dir dir)
{
    struct xen_domctl op = domctl_for(cmd, domid);
    int size = xc_get_nodemap_size(xch), rc;
    struct bounce b;

    if (size < 0)
        return -1;
    if (!nodemap)
        return xc__fail(xch, EINVAL, operation, NULL, "no node map");
    if (xc__bounce(xch, operation, &b, nodemap, size, 1, dir))
        return -1;
    set_xen_guest_handle_raw(op.u.nodeaffinity.nodemap.bitmap, b.buf);
    op.u.nodeaffinity.nodemap.nr_bits = size * 8;
    rc = xc__domctl(xch, operation, &op);
    xc__unbounce(xch, &b);
    return rc;
}

PUBLIC int xc_domain_node_setaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap)
{
    return node_affinity(xch, __func__, XEN_DOMCTL_setnodeaffinity, domid, nodemap, BOUNCE_IN);
}

PUBLIC int xc_domain_node_getaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap)
{
    return node_affinity(xch, __func__, XEN_DOMCTL_getnodeaffinity, domid, nodemap, BOUNCE_OUT);
}

PUBLIC int xc_domain_setvnuma(xc_interface *xch, uint32_t domid, uint32_t nr_vnodes,
                              uint32_t nr_vmemranges, uint32_t nr_vcpus, xen_vmemrange_t *vmemrange,
                              unsigned int *vdistance, unsigned int *vcpu_to_vnode,
                              unsigned int *vnode_to_pnode)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_setvnumainfo, domid);
    struct bounce ranges = {0}, distance = {0}, vcpus = {0}, pnodes = {0};
    int rc = -1;

    if (!nr_vnodes || !nr_vmemranges || !nr_vcpus || !vmemrange || !vdistance || !vcpu_to_vnode ||
        !vnode_to_pnode)
        return fail(xch, EINVAL, "an empty NUMA topology");
    if (bounce(xch, &ranges, vmemrange, nr_vmemranges, BOUNCE_IN) ||
        bounce(xch, &distance, vdistance, (size_t)nr_vnodes * nr_vnodes, BOUNCE_IN) ||
        bounce(xch, &vcpus, vcpu_to_vnode, nr_vcpus, BOUNCE_IN) ||
        bounce(xch, &pnodes, vnode_to_pnode, nr_vnodes, BOUNCE_IN))
        goto out;
    op.u.vnuma.nr_vnodes = nr_vnodes;
    op.u.vnuma.nr_vmemranges = nr_vmemranges;
    op.u.vnuma.nr_vcpus = nr_vcpus;
    set_xen_guest_handle_raw(op.u.vnuma.vmemrange, ranges.buf);
    set_xen_guest_handle_raw(op.u.vnuma.vdistance, distance.buf);
    set_xen_guest_handle_raw(op.u.vnuma.vcpu_to_vnode, vcpus.buf);
    set_xen_guest_handle_raw(op.u.vnuma.vnode_to_pnode, pnodes.buf);
    rc = do_domctl(xch, &op);
out:
    unbounce(xch, &pnodes);
    unbounce(xch, &vcpus);
    unbounce(xch, &distance);
    unbounce(xch, &ranges);
    return rc;
}

PUBLIC int xc_domain_getvnuma(xc_interface *xch, uint32_t domid, uint32_t *nr_vnodes,
                              uint32_t *nr_vmemranges, uint32_t *nr_vcpus,
                              xen_vmemrange_t *vmemrange, unsigned int *vdistance,
                              unsigned int *vcpu_to_vnode)
{
    struct xen_vnuma_topology_info info = {.domid = domid};
    struct bounce ranges = {0}, distance = {0}, vcpus = {0};
    int rc = -1;

    if (bounce(xch, &ranges, vmemrange, *nr_vmemranges, BOUNCE_OUT) ||
        bounce(xch, &distance, vdistance, (size_t)*nr_vnodes * *nr_vnodes, BOUNCE_OUT) ||
        bounce(xch, &vcpus, vcpu_to_vnode, *nr_vcpus, BOUNCE_OUT))
        goto out;
    info.nr_vnodes = *nr_vnodes;
    info.nr_vmemranges = *nr_vmemranges;
    info.nr_vcpus = *nr_vcpus;
    set_xen_guest_handle_raw(info.vmemrange.h, ranges.buf);
    set_xen_guest_handle_raw(info.vdistance.h, distance.buf);
    set_xen_guest_handle_raw(info.vcpu_to_vnode.h, vcpus.buf);
    rc = do_memory_op(xch, XENMEM_get_vnumainfo, &info) < 0 ? -1 : 0;
    /* With ENOBUFS these say how much room is needed. */
    *nr_vnodes = info.nr_vnodes;
    *nr_vmemranges = info.nr_vmemranges;
    *nr_vcpus = info.nr_vcpus;
out:
    unbounce(xch, &vcpus);
    unbounce(xch, &distance);
    unbounce(xch, &ranges);
    return rc;
}
