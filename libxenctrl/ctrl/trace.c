/* SPDX-License-Identifier: MIT */
/* Trace buffers of the hypervisor, and processor trace of vCPUs. */
#include "private.h"

static int tbuf_op(xc_interface *xch, const char *operation, struct xen_sysctl *op, uint32_t cmd)
{
    op->cmd = XEN_SYSCTL_tbuf_op;
    op->u.tbuf_op.cmd = cmd;
    return xc__sysctl(xch, operation, op);
}

PUBLIC int xc_tbuf_set_size(xc_interface *xch, unsigned long size)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_tbuf_op);

    op.u.tbuf_op.size = size;
    return tbuf_op(xch, __func__, &op, XEN_SYSCTL_TBUFOP_set_size);
}

PUBLIC int xc_tbuf_get_size(xc_interface *xch, unsigned long *size)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_tbuf_op);

    if (tbuf_op(xch, __func__, &op, XEN_SYSCTL_TBUFOP_get_info))
        return -1;
    *size = op.u.tbuf_op.size;
    return 0;
}

PUBLIC int xc_tbuf_enable(xc_interface *xch, unsigned long pages, unsigned long *mfn,
                          unsigned long *size)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_tbuf_op);

    /* This fails if the buffers are there already, which is as good. */
    xc_tbuf_set_size(xch, pages);
    if (tbuf_op(xch, __func__, &op, XEN_SYSCTL_TBUFOP_get_info))
        return -1;
    *size = op.u.tbuf_op.size;
    *mfn = op.u.tbuf_op.buffer_mfn;
    op = sysctl_for(XEN_SYSCTL_tbuf_op);
    return tbuf_op(xch, __func__, &op, XEN_SYSCTL_TBUFOP_enable);
}

PUBLIC int xc_tbuf_disable(xc_interface *xch)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_tbuf_op);

    return tbuf_op(xch, __func__, &op, XEN_SYSCTL_TBUFOP_disable);
}

PUBLIC int xc_tbuf_set_cpu_mask(xc_interface *xch, xc_cpumap_t mask)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_tbuf_op);
    int size = xc_get_cpumap_size(xch), rc;
    struct bounce b;

    if (size <= 0)
        return -1;
    if (bounce_bytes(xch, &b, mask, size, BOUNCE_IN))
        return -1;
    set_xen_guest_handle_raw(op.u.tbuf_op.cpu_mask.bitmap, b.buf);
    op.u.tbuf_op.cpu_mask.nr_bits = size * 8;
    rc = tbuf_op(xch, __func__, &op, XEN_SYSCTL_TBUFOP_set_cpu_mask);
    unbounce(xch, &b);
    return rc;
}

PUBLIC int xc_tbuf_set_evt_mask(xc_interface *xch, uint32_t mask)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_tbuf_op);

    op.u.tbuf_op.evt_mask = mask;
    return tbuf_op(xch, __func__, &op, XEN_SYSCTL_TBUFOP_set_evt_mask);
}

static int vmtrace_op(xc_interface *xch, const char *operation, uint32_t domid, uint32_t vcpu,
                      uint32_t cmd, uint64_t key, uint64_t *value)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_vmtrace_op, domid);

    op.u.vmtrace_op.cmd = cmd;
    op.u.vmtrace_op.vcpu = vcpu;
    op.u.vmtrace_op.key = key;
    op.u.vmtrace_op.value = value ? *value : 0;
    if (xc__domctl(xch, operation, &op))
        return -1;
    if (value)
        *value = op.u.vmtrace_op.value;
    return 0;
}

PUBLIC int xc_vmtrace_enable(xc_interface *xch, uint32_t domid, uint32_t vcpu)
{
    return vmtrace_op(xch, __func__, domid, vcpu, XEN_DOMCTL_vmtrace_enable, 0, NULL);
}

PUBLIC int xc_vmtrace_disable(xc_interface *xch, uint32_t domid, uint32_t vcpu)
{
    return vmtrace_op(xch, __func__, domid, vcpu, XEN_DOMCTL_vmtrace_disable, 0, NULL);
}

PUBLIC int xc_vmtrace_reset_and_enable(xc_interface *xch, uint32_t domid, uint32_t vcpu)
{
    return vmtrace_op(xch, __func__, domid, vcpu, XEN_DOMCTL_vmtrace_reset_and_enable, 0, NULL);
}

PUBLIC int xc_vmtrace_output_position(xc_interface *xch, uint32_t domid, uint32_t vcpu,
                                      uint64_t *pos)
{
    *pos = 0;
    return vmtrace_op(xch, __func__, domid, vcpu, XEN_DOMCTL_vmtrace_output_position, 0, pos);
}

PUBLIC int xc_vmtrace_get_option(xc_interface *xch, uint32_t domid, uint32_t vcpu, uint64_t key,
                                 uint64_t *value)
{
    *value = 0;
    return vmtrace_op(xch, __func__, domid, vcpu, XEN_DOMCTL_vmtrace_get_option, key, value);
}

PUBLIC int xc_vmtrace_set_option(xc_interface *xch, uint32_t domid, uint32_t vcpu, uint64_t key,
                                 uint64_t value)
{
    return vmtrace_op(xch, __func__, domid, vcpu, XEN_DOMCTL_vmtrace_set_option, key, &value);
}
