/* SPDX-License-Identifier: MIT */
/* What a device model does to its guest: interrupts, events, memory. */
#include "devicemodel/private.h"

PUBLIC int xendevicemodel_set_pci_intx_level(xendevicemodel_handle *dmod, domid_t domid,
                                             uint16_t segment, uint8_t bus, uint8_t device,
                                             uint8_t intx, unsigned int level)
{
    struct xen_dm_op op = {.op = XEN_DMOP_set_pci_intx_level};

    op.u.set_pci_intx_level.domain = segment;
    op.u.set_pci_intx_level.bus = bus;
    op.u.set_pci_intx_level.device = device;
    op.u.set_pci_intx_level.intx = intx;
    op.u.set_pci_intx_level.level = level;
    return do_op(dmod, domid, &op);
}

PUBLIC int xendevicemodel_set_isa_irq_level(xendevicemodel_handle *dmod, domid_t domid, uint8_t irq,
                                            unsigned int level)
{
    struct xen_dm_op op = {.op = XEN_DMOP_set_isa_irq_level};

    op.u.set_isa_irq_level.isa_irq = irq;
    op.u.set_isa_irq_level.level = level;
    return do_op(dmod, domid, &op);
}

PUBLIC int xendevicemodel_set_irq_level(xendevicemodel_handle *dmod, domid_t domid,
                                        unsigned int irq, unsigned int level)
{
    struct xen_dm_op op = {.op = XEN_DMOP_set_irq_level};

    op.u.set_irq_level.irq = irq;
    op.u.set_irq_level.level = level;
    return do_op(dmod, domid, &op);
}

PUBLIC int xendevicemodel_set_pci_link_route(xendevicemodel_handle *dmod, domid_t domid,
                                             uint8_t link, uint8_t irq)
{
    struct xen_dm_op op = {.op = XEN_DMOP_set_pci_link_route};

    op.u.set_pci_link_route.link = link;
    op.u.set_pci_link_route.isa_irq = irq;
    return do_op(dmod, domid, &op);
}

PUBLIC int xendevicemodel_inject_msi(xendevicemodel_handle *dmod, domid_t domid, uint64_t msi_addr,
                                     uint32_t msi_data)
{
    struct xen_dm_op op = {.op = XEN_DMOP_inject_msi};

    op.u.inject_msi.addr = msi_addr;
    op.u.inject_msi.data = msi_data;
    return do_op(dmod, domid, &op);
}

PUBLIC int xendevicemodel_inject_event(xendevicemodel_handle *dmod, domid_t domid, int vcpu,
                                       uint8_t vector, uint8_t type, uint32_t error_code,
                                       uint8_t insn_len, uint64_t extra)
{
    struct xen_dm_op op = {.op = XEN_DMOP_inject_event};

    op.u.inject_event.vcpuid = vcpu;
    op.u.inject_event.vector = vector;
    op.u.inject_event.type = type;
    op.u.inject_event.error_code = error_code;
    op.u.inject_event.insn_len = insn_len;
    op.u.inject_event.cr2 = extra;
    return do_op(dmod, domid, &op);
}

PUBLIC int xendevicemodel_shutdown(xendevicemodel_handle *dmod, domid_t domid, unsigned int reason)
{
    struct xen_dm_op op = {.op = XEN_DMOP_remote_shutdown};

    op.u.remote_shutdown.reason = reason;
    return do_op(dmod, domid, &op);
}

PUBLIC int xendevicemodel_nr_vcpus(xendevicemodel_handle *dmod, domid_t domid, unsigned int *vcpus)
{
    struct xen_dm_op op = {.op = XEN_DMOP_nr_vcpus};

    if (do_op(dmod, domid, &op))
        return -1;
    *vcpus = op.u.nr_vcpus.vcpus;
    return 0;
}

PUBLIC int xendevicemodel_track_dirty_vram(xendevicemodel_handle *dmod, domid_t domid,
                                           uint64_t first_pfn, uint32_t nr,
                                           unsigned long *dirty_bitmap)
{
    struct xen_dm_op op = {.op = XEN_DMOP_track_dirty_vram};

    op.u.track_dirty_vram.nr = nr;
    op.u.track_dirty_vram.first_pfn = first_pfn;
    return xendevicemodel__op(dmod, __func__, domid, &op, dirty_bitmap, ((size_t)nr + 7) / 8);
}

PUBLIC int xendevicemodel_modified_memory_bulk(xendevicemodel_handle *dmod, domid_t domid,
                                               struct xen_dm_op_modified_memory_extent extents[],
                                               uint32_t nr)
{
    struct xen_dm_op op = {.op = XEN_DMOP_modified_memory};

    op.u.modified_memory.nr_extents = nr;
    return xendevicemodel__op(dmod, __func__, domid, &op, extents, (size_t)nr * sizeof(*extents));
}

PUBLIC int xendevicemodel_modified_memory(xendevicemodel_handle *dmod, domid_t domid,
                                          uint64_t first_pfn, uint32_t nr)
{
    struct xen_dm_op_modified_memory_extent extent = {.first_pfn = first_pfn, .nr = nr};

    return xendevicemodel_modified_memory_bulk(dmod, domid, &extent, 1);
}

PUBLIC int xendevicemodel_set_mem_type(xendevicemodel_handle *dmod, domid_t domid,
                                       hvmmem_type_t mem_type, uint64_t first_pfn, uint32_t nr)
{
    struct xen_dm_op op = {.op = XEN_DMOP_set_mem_type};

    op.u.set_mem_type.mem_type = mem_type;
    op.u.set_mem_type.first_pfn = first_pfn;
    op.u.set_mem_type.nr = nr;
    return do_op(dmod, domid, &op);
}

PUBLIC int xendevicemodel_relocate_memory(xendevicemodel_handle *dmod, domid_t domid, uint32_t size,
                                          uint64_t src_gfn, uint64_t dst_gfn)
{
    struct xen_dm_op op = {.op = XEN_DMOP_relocate_memory};

    op.u.relocate_memory.size = size;
    op.u.relocate_memory.src_gfn = src_gfn;
    op.u.relocate_memory.dst_gfn = dst_gfn;
    return do_op(dmod, domid, &op);
}

PUBLIC int xendevicemodel_pin_memory_cacheattr(xendevicemodel_handle *dmod, domid_t domid,
                                               uint64_t start, uint64_t end, uint32_t type)
{
    struct xen_dm_op op = {.op = XEN_DMOP_pin_memory_cacheattr};

    op.u.pin_memory_cacheattr.start = start;
    op.u.pin_memory_cacheattr.end = end;
    op.u.pin_memory_cacheattr.type = type;
    return do_op(dmod, domid, &op);
}
