/* SPDX-License-Identifier: MIT */
/* Access to hardware: permissions, mappings, devices, interrupts. */
#include "private.h"

PUBLIC int xc_domain_ioport_permission(xc_interface *xch, uint32_t domid, uint32_t first_port,
                                       uint32_t nr_ports, uint32_t allow_access)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_ioport_permission, domid);

    op.u.ioport_permission.first_port = first_port;
    op.u.ioport_permission.nr_ports = nr_ports;
    op.u.ioport_permission.allow_access = !!allow_access;
    return do_domctl(xch, &op);
}

PUBLIC int xc_domain_irq_permission(xc_interface *xch, uint32_t domid, uint32_t pirq,
                                    bool allow_access)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_irq_permission, domid);

    op.u.irq_permission.pirq = pirq;
    op.u.irq_permission.allow_access = allow_access;
    return do_domctl(xch, &op);
}

PUBLIC int xc_domain_iomem_permission(xc_interface *xch, uint32_t domid, unsigned long first_mfn,
                                      unsigned long nr_mfns, uint8_t allow_access)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_iomem_permission, domid);

    op.u.iomem_permission.first_mfn = first_mfn;
    op.u.iomem_permission.nr_mfns = nr_mfns;
    op.u.iomem_permission.allow_access = !!allow_access;
    return do_domctl(xch, &op);
}

PUBLIC int xc_domain_ioport_mapping(xc_interface *xch, uint32_t domid, uint32_t first_gport,
                                    uint32_t first_mport, uint32_t nr_ports, uint32_t add_mapping)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_ioport_mapping, domid);

    op.u.ioport_mapping.first_gport = first_gport;
    op.u.ioport_mapping.first_mport = first_mport;
    op.u.ioport_mapping.nr_ports = nr_ports;
    op.u.ioport_mapping.add_mapping = add_mapping;
    return do_domctl(xch, &op);
}

/*
 * A range too large for one call is answered with E2BIG, or with how many frames were done; it is
 * then done in pieces.  If a piece of a new mapping fails, the pieces before it are unmapped.
 */
PUBLIC int xc_domain_memory_mapping(xc_interface *xch, uint32_t domid, unsigned long first_gfn,
                                    unsigned long first_mfn, unsigned long nr_mfns,
                                    uint32_t add_mapping)
{
    unsigned long done = 0, piece = nr_mfns;
    int rc = 0;

    while (done < nr_mfns) {
        struct xen_domctl op = domctl_for(XEN_DOMCTL_memory_mapping, domid);

        if (piece > nr_mfns - done)
            piece = nr_mfns - done;
        op.u.memory_mapping.first_gfn = first_gfn + done;
        op.u.memory_mapping.first_mfn = first_mfn + done;
        op.u.memory_mapping.nr_mfns = piece;
        op.u.memory_mapping.add_mapping = add_mapping;
        rc = do_domctl(xch, &op);
        if (rc < 0 && errno == E2BIG && piece > 1) {
            piece /= 2;
            continue;
        }
        if (rc < 0)
            break;
        done += rc ? (unsigned long)rc : piece;
    }
    if (rc < 0 && done && add_mapping == DPCI_ADD_MAPPING) {
        int errnum = errno;

        xc_domain_memory_mapping(xch, domid, first_gfn, first_mfn, done, DPCI_REMOVE_MAPPING);
        return fail(xch, errnum, "domain %u: mapping stopped at frame %lu of %lu", domid, done,
                    nr_mfns);
    }
    return rc < 0 ? -1 : 0;
}

static int pci_device(xc_interface *xch, const char *operation, uint32_t cmd, uint32_t domid,
                      uint32_t sbdf, uint32_t flags)
{
    struct xen_domctl op = domctl_for(cmd, domid);
    int rc;

    op.u.assign_device.dev = XEN_DOMCTL_DEV_PCI;
    op.u.assign_device.u.pci.machine_sbdf = sbdf;
    op.u.assign_device.flags = flags;
    rc = xc__domctl(xch, operation, &op);
    if (rc)
        xenerr_field(XENERR_DEVICE, "pci %04x:%02x:%02x.%u", sbdf >> 16, (sbdf >> 8) & 0xff,
                     (sbdf >> 3) & 0x1f, sbdf & 7);
    return rc;
}

PUBLIC int xc_assign_device(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf, uint32_t flag)
{
    return pci_device(xch, __func__, XEN_DOMCTL_assign_device, domid, machine_sbdf, flag);
}

PUBLIC int xc_test_assign_device(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf)
{
    return pci_device(xch, __func__, XEN_DOMCTL_test_assign_device, domid, machine_sbdf, 0);
}

PUBLIC int xc_deassign_device(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf)
{
    return pci_device(xch, __func__, XEN_DOMCTL_deassign_device, domid, machine_sbdf, 0);
}

static int dt_device(xc_interface *xch, const char *operation, uint32_t cmd, uint32_t domid,
                     const char *path)
{
    struct xen_domctl op = domctl_for(cmd, domid);
    size_t size = strlen(path);
    struct bounce b;
    int rc;

    if (xc__bounce(xch, operation, &b, path, size, 1, BOUNCE_IN))
        return -1;
    op.u.assign_device.dev = XEN_DOMCTL_DEV_DT;
    op.u.assign_device.u.dt.size = size;
    set_xen_guest_handle_raw(op.u.assign_device.u.dt.path, b.buf);
    rc = xc__domctl(xch, operation, &op);
    xc__unbounce(xch, &b);
    if (rc)
        xenerr_field(XENERR_DEVICE, "dt %s", path);
    return rc;
}

PUBLIC int xc_assign_dt_device(xc_interface *xch, uint32_t domid, char *path)
{
    return dt_device(xch, __func__, XEN_DOMCTL_assign_device, domid, path);
}

PUBLIC int xc_test_assign_dt_device(xc_interface *xch, uint32_t domid, char *path)
{
    return dt_device(xch, __func__, XEN_DOMCTL_test_assign_device, domid, path);
}

PUBLIC int xc_deassign_dt_device(xc_interface *xch, uint32_t domid, char *path)
{
    return dt_device(xch, __func__, XEN_DOMCTL_deassign_device, domid, path);
}

PUBLIC int xc_get_device_group(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf,
                               uint32_t max_sdevs, uint32_t *num_sdevs, uint32_t *sdev_array)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_get_device_group, domid);
    struct bounce b;
    int rc;

    if (bounce(xch, &b, sdev_array, max_sdevs, BOUNCE_OUT))
        return -1;
    op.u.get_device_group.machine_sbdf = machine_sbdf;
    op.u.get_device_group.max_sdevs = max_sdevs;
    set_xen_guest_handle_raw(op.u.get_device_group.sdev_array, b.buf);
    rc = do_domctl(xch, &op);
    unbounce(xch, &b);
    if (!rc)
        *num_sdevs = op.u.get_device_group.num_sdevs;
    return rc;
}

PUBLIC int xc_physdev_map_pirq(xc_interface *xch, uint32_t domid, int index, int *pirq)
{
    struct physdev_map_pirq arg = {.domid = domid, .type = MAP_PIRQ_TYPE_GSI, .index = index};

    if (!pirq)
        return fail(xch, EINVAL, "no place for the interrupt's number");
    arg.pirq = *pirq;
    if (do_command(xch, __HYPERVISOR_physdev_op, PHYSDEVOP_map_pirq, &arg) < 0)
        return -1;
    *pirq = arg.pirq;
    return 0;
}

PUBLIC int xc_physdev_map_pirq_msi(xc_interface *xch, uint32_t domid, int index, int *pirq,
                                   int devfn, int bus, int entry_nr, uint64_t table_base)
{
    struct physdev_map_pirq arg = {.domid = domid,
                                   .type = MAP_PIRQ_TYPE_MSI_SEG,
                                   .index = index,
                                   .bus = bus,
                                   .devfn = devfn,
                                   .entry_nr = entry_nr,
                                   .table_base = table_base};

    if (!pirq)
        return fail(xch, EINVAL, "no place for the interrupt's number");
    arg.pirq = *pirq;
    if (do_command(xch, __HYPERVISOR_physdev_op, PHYSDEVOP_map_pirq, &arg) < 0)
        return -1;
    *pirq = arg.pirq;
    return 0;
}

PUBLIC int xc_physdev_unmap_pirq(xc_interface *xch, uint32_t domid, int pirq)
{
    struct physdev_unmap_pirq arg = {.domid = domid, .pirq = pirq};

    return do_command(xch, __HYPERVISOR_physdev_op, PHYSDEVOP_unmap_pirq, &arg) < 0 ? -1 : 0;
}

/* No hypervisor of the last decade has this hypercall. */
PUBLIC int xc_physdev_pci_access_modify(xc_interface *xch, uint32_t domid, int bus, int dev,
                                        int func, int enable)
{
    return fail(xch, ENOSYS, "withdrawn; see xc_assign_device()");
}
