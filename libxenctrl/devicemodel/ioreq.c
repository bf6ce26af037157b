/* SPDX-License-Identifier: MIT */
/* Ioreq servers: which accesses of a guest a device model handles. */
#include "devicemodel/private.h"

PUBLIC int xendevicemodel_create_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
                                              int handle_bufioreq, ioservid_t *id)
{
    struct xen_dm_op op = {.op = XEN_DMOP_create_ioreq_server};

    op.u.create_ioreq_server.handle_bufioreq = handle_bufioreq;
    if (do_op(dmod, domid, &op))
        return -1;
    *id = op.u.create_ioreq_server.id;
    return 0;
}

PUBLIC int xendevicemodel_get_ioreq_server_info(xendevicemodel_handle *dmod, domid_t domid,
                                                ioservid_t id, xen_pfn_t *ioreq_gfn,
                                                xen_pfn_t *bufioreq_gfn,
                                                evtchn_port_t *bufioreq_port)
{
    struct xen_dm_op op = {.op = XEN_DMOP_get_ioreq_server_info};
    struct xen_dm_op_get_ioreq_server_info *info = &op.u.get_ioreq_server_info;

    info->id = id;
    /* Asking for frame numbers makes the hypervisor take frames of the guest for the rings. */
    if (!ioreq_gfn && !bufioreq_gfn)
        info->flags |= XEN_DMOP_no_gfns;
    if (do_op(dmod, domid, &op))
        return -1;
    if (ioreq_gfn)
        *ioreq_gfn = info->ioreq_gfn;
    if (bufioreq_gfn)
        *bufioreq_gfn = info->bufioreq_gfn;
    if (bufioreq_port)
        *bufioreq_port = info->bufioreq_port;
    return 0;
}

/* Both directions of a range have one layout. */
static int io_range(xendevicemodel_handle *dmod, const char *operation, uint32_t cmd, domid_t domid,
                    ioservid_t id, uint32_t type, uint64_t start, uint64_t end)
{
    struct xen_dm_op op = {.op = cmd};
    struct xen_dm_op_ioreq_server_range *range = &op.u.map_io_range_to_ioreq_server;

    range->id = id;
    range->type = type;
    range->start = start;
    range->end = end;
    return xendevicemodel__op(dmod, operation, domid, &op, NULL, 0);
}

PUBLIC int xendevicemodel_map_io_range_to_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
                                                       ioservid_t id, int is_mmio, uint64_t start,
                                                       uint64_t end)
{
    return io_range(dmod, __func__, XEN_DMOP_map_io_range_to_ioreq_server, domid, id,
                    is_mmio ? XEN_DMOP_IO_RANGE_MEMORY : XEN_DMOP_IO_RANGE_PORT, start, end);
}

PUBLIC int xendevicemodel_unmap_io_range_from_ioreq_server(xendevicemodel_handle *dmod,
                                                           domid_t domid, ioservid_t id,
                                                           int is_mmio, uint64_t start,
                                                           uint64_t end)
{
    return io_range(dmod, __func__, XEN_DMOP_unmap_io_range_from_ioreq_server, domid, id,
                    is_mmio ? XEN_DMOP_IO_RANGE_MEMORY : XEN_DMOP_IO_RANGE_PORT, start, end);
}

static int pci_range(xendevicemodel_handle *dmod, const char *operation, uint32_t cmd,
                     domid_t domid, ioservid_t id, uint16_t segment, uint8_t bus, uint8_t device,
                     uint8_t function)
{
    uint32_t sbdf;

    if (device > 0x1f || function > 0x7)
        return xenerr_set(EINVAL, LIB, operation, "no PCI device %04x:%02x:%02x.%u", segment, bus,
                          device, function);
    sbdf = ((uint32_t)segment << 16) | (bus << 8) | (device << 3) | function;
    return io_range(dmod, operation, cmd, domid, id, XEN_DMOP_IO_RANGE_PCI, sbdf, sbdf);
}

PUBLIC int xendevicemodel_map_pcidev_to_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
                                                     ioservid_t id, uint16_t segment, uint8_t bus,
                                                     uint8_t device, uint8_t function)
{
    return pci_range(dmod, __func__, XEN_DMOP_map_io_range_to_ioreq_server, domid, id, segment, bus,
                     device, function);
}

PUBLIC int xendevicemodel_unmap_pcidev_from_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
                                                         ioservid_t id, uint16_t segment,
                                                         uint8_t bus, uint8_t device,
                                                         uint8_t function)
{
    return pci_range(dmod, __func__, XEN_DMOP_unmap_io_range_from_ioreq_server, domid, id, segment,
                     bus, device, function);
}

PUBLIC int xendevicemodel_map_mem_type_to_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
                                                       ioservid_t id, uint16_t type, uint32_t flags)
{
    struct xen_dm_op op = {.op = XEN_DMOP_map_mem_type_to_ioreq_server};

    op.u.map_mem_type_to_ioreq_server.id = id;
    op.u.map_mem_type_to_ioreq_server.type = type;
    op.u.map_mem_type_to_ioreq_server.flags = flags;
    return do_op(dmod, domid, &op);
}

PUBLIC int xendevicemodel_destroy_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
                                               ioservid_t id)
{
    struct xen_dm_op op = {.op = XEN_DMOP_destroy_ioreq_server};

    op.u.destroy_ioreq_server.id = id;
    return do_op(dmod, domid, &op);
}

PUBLIC int xendevicemodel_set_ioreq_server_state(xendevicemodel_handle *dmod, domid_t domid,
                                                 ioservid_t id, int enabled)
{
    struct xen_dm_op op = {.op = XEN_DMOP_set_ioreq_server_state};

    op.u.set_ioreq_server_state.id = id;
    op.u.set_ioreq_server_state.enabled = !!enabled;
    return do_op(dmod, domid, &op);
}
