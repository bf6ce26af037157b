/* SPDX-License-Identifier: MIT */
/* The host: its CPUs, memory, topology, console. */
#include "private.h"

PUBLIC int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_physinfo);

    op.u.physinfo = *info;
    if (do_sysctl(xch, &op))
        return -1;
    *info = op.u.physinfo;
    return 0;
}

PUBLIC int xc_cputopoinfo(xc_interface *xch, unsigned *max_cpus, xc_cputopo_t *cputopo)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_cputopoinfo);
    struct bounce b;
    int rc;

    if (bounce(xch, &b, cputopo, *max_cpus, BOUNCE_OUT))
        return -1;
    op.u.cputopoinfo.num_cpus = *max_cpus;
    set_xen_guest_handle_raw(op.u.cputopoinfo.cputopo, b.buf);
    rc = do_sysctl(xch, &op);
    unbounce(xch, &b);
    if (!rc)
        *max_cpus = op.u.cputopoinfo.num_cpus;
    return rc;
}

PUBLIC int xc_numainfo(xc_interface *xch, unsigned *max_nodes, xc_meminfo_t *meminfo,
                       uint32_t *distance)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_numainfo);
    struct bounce memory = {0}, distances = {0};
    int rc = -1;

    if (!bounce(xch, &memory, meminfo, *max_nodes, BOUNCE_OUT) &&
        !bounce(xch, &distances, distance, (size_t)*max_nodes * *max_nodes, BOUNCE_OUT)) {
        op.u.numainfo.num_nodes = *max_nodes;
        set_xen_guest_handle_raw(op.u.numainfo.meminfo, memory.buf);
        set_xen_guest_handle_raw(op.u.numainfo.distance, distances.buf);
        rc = do_sysctl(xch, &op);
    }
    unbounce(xch, &distances);
    unbounce(xch, &memory);
    if (!rc)
        *max_nodes = op.u.numainfo.num_nodes;
    return rc;
}

/* The hypervisor handles some devices a call and says how many. */
PUBLIC int xc_pcitopoinfo(xc_interface *xch, unsigned num_devs, physdev_pci_device_t *devs,
                          uint32_t *nodes)
{
    struct bounce from = {0}, to = {0};
    unsigned done = 0;
    int rc = -1;

    if (bounce(xch, &from, devs, num_devs, BOUNCE_IN) ||
        bounce(xch, &to, nodes, num_devs, BOUNCE_BOTH))
        goto out;
    rc = 0;
    while (!rc && done < num_devs) {
        struct xen_sysctl op = sysctl_for(XEN_SYSCTL_pcitopoinfo);

        op.u.pcitopoinfo.num_devs = num_devs - done;
        set_xen_guest_handle_raw(op.u.pcitopoinfo.devs, (physdev_pci_device_t *)from.buf + done);
        set_xen_guest_handle_raw(op.u.pcitopoinfo.nodes, (uint32_t *)to.buf + done);
        rc = do_sysctl(xch, &op);
        if (!rc && !op.u.pcitopoinfo.num_devs)
            rc = fail(xch, EIO, "stuck at device %u of %u", done, num_devs);
        done += op.u.pcitopoinfo.num_devs;
    }
out:
    unbounce(xch, &to);
    unbounce(xch, &from);
    return rc;
}

PUBLIC int xc_getcpuinfo(xc_interface *xch, int max_cpus, xc_cpuinfo_t *info, int *nr_cpus)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_getcpuinfo);
    struct bounce b;
    int rc;

    if (max_cpus < 0)
        return fail(xch, EINVAL, "%d CPUs", max_cpus);
    if (bounce(xch, &b, info, max_cpus, BOUNCE_OUT))
        return -1;
    op.u.getcpuinfo.max_cpus = max_cpus;
    set_xen_guest_handle_raw(op.u.getcpuinfo.info, b.buf);
    rc = do_sysctl(xch, &op);
    unbounce(xch, &b);
    if (!rc && nr_cpus)
        *nr_cpus = op.u.getcpuinfo.nr_cpus;
    return rc;
}

PUBLIC int xc_availheap(xc_interface *xch, int min_width, int max_width, int node, uint64_t *bytes)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_availheap);

    op.u.availheap.min_bitwidth = min_width;
    op.u.availheap.max_bitwidth = max_width;
    op.u.availheap.node = node;
    if (do_sysctl(xch, &op))
        return -1;
    *bytes = op.u.availheap.avail_bytes;
    return 0;
}

PUBLIC int xc_readconsolering(xc_interface *xch, char *buffer, unsigned int *pnr_chars, int clear,
                              int incremental, uint32_t *pindex)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_readconsole);
    struct bounce b;
    int rc;

    if (bounce(xch, &b, buffer, *pnr_chars, BOUNCE_OUT))
        return -1;
    set_xen_guest_handle_raw(op.u.readconsole.buffer, b.buf);
    op.u.readconsole.count = *pnr_chars;
    op.u.readconsole.clear = !!clear;
    op.u.readconsole.incremental = !!incremental;
    if (pindex)
        op.u.readconsole.index = *pindex;
    rc = do_sysctl(xch, &op);
    unbounce(xch, &b);
    if (!rc) {
        *pnr_chars = op.u.readconsole.count;
        if (pindex)
            *pindex = op.u.readconsole.index;
    }
    return rc;
}

PUBLIC int xc_send_debug_keys(xc_interface *xch, const char *keys)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_debug_keys);
    struct bounce b;
    int rc;

    if (bounce(xch, &b, keys, strlen(keys), BOUNCE_IN))
        return -1;
    set_xen_guest_handle_raw(op.u.debug_keys.keys, b.buf);
    op.u.debug_keys.nr_keys = b.size;
    rc = do_sysctl(xch, &op);
    unbounce(xch, &b);
    return rc;
}

static size_t version_size(int cmd, void *arg)
{
    switch (cmd) {
    case XENVER_extraversion:
        return sizeof(xen_extraversion_t);
    case XENVER_compile_info:
        return sizeof(xen_compile_info_t);
    case XENVER_capabilities:
        return sizeof(xen_capabilities_info_t);
    case XENVER_changeset:
        return sizeof(xen_changeset_info_t);
    case XENVER_platform_parameters:
        return sizeof(xen_platform_parameters_t);
    case XENVER_get_features:
        return sizeof(xen_feature_info_t);
    case XENVER_guest_handle:
        return sizeof(xen_domain_handle_t);
    case XENVER_commandline:
        return sizeof(xen_commandline_t);
    case XENVER_build_id: /* the caller has said how much room there is */
        return arg ? sizeof(xen_build_id_t) + ((xen_build_id_t *)arg)->len : 0;
    default:
        return 0;
    }
}

PUBLIC int xc_version(xc_interface *xch, int cmd, void *arg)
{
    size_t size = version_size(cmd, arg);

    if (!size && cmd != XENVER_version && cmd != XENVER_pagesize && cmd != XENVER_build_id)
        return fail(xch, ENOSYS, "unknown command %d", cmd);
    return xc__command(xch, __func__, __HYPERVISOR_xen_version, cmd, size ? arg : NULL, size);
}

PUBLIC int xc_microcode_update(xc_interface *xch, const void *buf, size_t len)
{
    struct xen_platform_op op = {.cmd = XENPF_microcode_update};
    struct bounce b;
    int rc;

    if (len > UINT32_MAX)
        return fail(xch, EINVAL, "%zu bytes are too many", len);
    if (bounce_bytes(xch, &b, buf, len, BOUNCE_IN))
        return -1;
    op.u.microcode.length = len;
    set_xen_guest_handle_raw(op.u.microcode.data, b.buf);
    rc = do_platform_op(xch, &op);
    unbounce(xch, &b);
    return rc;
}
