/* SPDX-License-Identifier: MIT */
/* Performance counters, lock statistics, registers of CPUs, machine checks. */
#include "private.h"

PUBLIC int xc_perfc_reset(xc_interface *xch)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_perfc_op);

    op.u.perfc_op.cmd = XEN_SYSCTL_PERFCOP_reset;
    return do_sysctl(xch, &op);
}

PUBLIC int xc_perfc_query_number(xc_interface *xch, int *nbr_desc, int *nbr_val)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_perfc_op);

    op.u.perfc_op.cmd = XEN_SYSCTL_PERFCOP_query;
    if (do_sysctl(xch, &op))
        return -1;
    if (nbr_desc)
        *nbr_desc = op.u.perfc_op.nr_counters;
    if (nbr_val)
        *nbr_val = op.u.perfc_op.nr_vals;
    return 0;
}

PUBLIC int xc_perfc_query(xc_interface *xch, xc_hypercall_buffer_t *desc,
                          xc_hypercall_buffer_t *val)
{
    DECLARE_HYPERCALL_BUFFER_ARGUMENT(desc);
    DECLARE_HYPERCALL_BUFFER_ARGUMENT(val);
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_perfc_op);

    op.u.perfc_op.cmd = XEN_SYSCTL_PERFCOP_query;
    set_xen_guest_handle(op.u.perfc_op.desc, desc);
    set_xen_guest_handle(op.u.perfc_op.val, val);
    return do_sysctl(xch, &op);
}

PUBLIC int xc_lockprof_reset(xc_interface *xch)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_lockprof_op);

    op.u.lockprof_op.cmd = XEN_SYSCTL_LOCKPROF_reset;
    return do_sysctl(xch, &op);
}

PUBLIC int xc_lockprof_query_number(xc_interface *xch, uint32_t *n_elems)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_lockprof_op);

    op.u.lockprof_op.cmd = XEN_SYSCTL_LOCKPROF_query;
    if (do_sysctl(xch, &op))
        return -1;
    *n_elems = op.u.lockprof_op.nr_elem;
    return 0;
}

PUBLIC int xc_lockprof_query(xc_interface *xch, uint32_t *n_elems, uint64_t *time,
                             xc_hypercall_buffer_t *data)
{
    DECLARE_HYPERCALL_BUFFER_ARGUMENT(data);
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_lockprof_op);

    op.u.lockprof_op.cmd = XEN_SYSCTL_LOCKPROF_query;
    op.u.lockprof_op.max_elem = *n_elems;
    set_xen_guest_handle(op.u.lockprof_op.data, data);
    if (do_sysctl(xch, &op))
        return -1;
    *n_elems = op.u.lockprof_op.nr_elem;
    *time = op.u.lockprof_op.time;
    return 0;
}

static int resource_op(xc_interface *xch, const char *operation, xc_resource_op_t *ask)
{
    struct xen_platform_op op;
    struct bounce b;
    int rc;

    if (xc__bounce(xch, operation, &b, ask->entries, ask->nr_entries, sizeof(*ask->entries),
                   BOUNCE_BOTH))
        return -1;
    memset(&op, 0, sizeof(op));
    op.cmd = XENPF_resource_op;
    op.u.resource_op.cpu = ask->cpu;
    op.u.resource_op.nr_entries = ask->nr_entries;
    set_xen_guest_handle_raw(op.u.resource_op.entries, b.buf);
    rc = xc__platform_op(xch, operation, &op);
    xc__unbounce(xch, &b);
    /* Each element carries its own outcome. */
    ask->result = rc < 0 ? (uint64_t)-errno : (uint64_t)rc;
    return rc;
}

PUBLIC int xc_resource_op(xc_interface *xch, uint32_t nr_ops, xc_resource_op_t *ops)
{
    uint32_t i;

    if (!nr_ops)
        return fail(xch, EINVAL, "nothing to do");
    for (i = 0; i < nr_ops; i++)
        if (resource_op(xch, __func__, &ops[i]) < 0)
            break;
    return i || nr_ops == 0 ? (int)i : -1;
}

PUBLIC int xc_mca_op(xc_interface *xch, struct xen_mc *mc)
{
    struct bounce b;
    int rc;

    if (!xch->xcall)
        return fail(xch, EBADF, "the handle was opened as a dummy");
    mc->interface_version = XEN_MCA_INTERFACE_VERSION;
    if (bounce(xch, &b, mc, 1, BOUNCE_BOTH))
        return -1;
    rc = xencall1(xch->xcall, __HYPERVISOR_mca, (uintptr_t)b.buf);
    unbounce(xch, &b);
    if (rc < 0)
        xc__fail(xch, errno, __func__, "mca", "machine check operation %u failed", mc->cmd);
    return rc;
}

PUBLIC int xc_mca_op_inject_v2(xc_interface *xch, unsigned int flags, xc_cpumap_t cpumap,
                               unsigned int nr_cpus)
{
    struct xen_mc mc;
    struct bounce b;
    int rc;

    if (!cpumap || !nr_cpus)
        return fail(xch, EINVAL, "no CPUs");
    if (bounce_bytes(xch, &b, cpumap, (nr_cpus + 7) / 8, BOUNCE_IN))
        return -1;
    memset(&mc, 0, sizeof(mc));
    mc.cmd = XEN_MC_inject_v2;
    mc.u.mc_inject_v2.flags = flags;
    mc.u.mc_inject_v2.cpumap.nr_bits = nr_cpus;
    set_xen_guest_handle_raw(mc.u.mc_inject_v2.cpumap.bitmap, b.buf);
    rc = xc_mca_op(xch, &mc);
    unbounce(xch, &b);
    return rc;
}
