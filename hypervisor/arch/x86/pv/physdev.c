/* SPDX-License-Identifier: MIT */
/* physdev_op: interrupts of devices, PCI, the right to I/O ports. */
#include <asm/irq.h>
#include <asm/msi.h>
#include <asm/pv_domain.h>
#include <hv/access.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/rangeset.h>
#include <xen/physdev.h>

static uint16_t bdf_of(unsigned int bus, unsigned int devfn)
{
    return (uint16_t)((bus & 0xff) << 8 | (devfn & 0xff));
}

/* --- interrupts ----------------------------------------------------------------------------------- */

static int map_gsi(struct domain *d, const struct physdev_map_pirq *map)
{
    unsigned int irq = (unsigned int)map->index;
    int pirq = map->pirq;

    if (map->index < 0 || irq >= nr_gsis || !ioapic_gsi_valid(irq))
        return -EINVAL;
    if (!rangeset_contains(current->domain->irq_caps, irq, irq))
        return -EPERM;
    /* Numbers of GSIs are those of their PIRQs, where nothing else is asked for. */
    if (pirq < 0)
        pirq = pirq_map(d, (int)irq, irq, 0);
    return pirq >= 0 ? pirq_map(d, pirq, irq, 0) : pirq_map(d, -1, irq, nr_gsis);
}

static int map_msi(struct domain *d, struct physdev_map_pirq *map)
{
    bool multi = map->type == MAP_PIRQ_TYPE_MULTI_MSI;
    uint16_t seg = map->type == MAP_PIRQ_TYPE_MSI ? 0 : (uint16_t)((unsigned int)map->bus >> 16);
    unsigned int entry = multi ? 0 : (unsigned int)map->entry_nr;
    int irq, pirq;

    if (multi && map->entry_nr > 1) {
        map->entry_nr = 1; /* what could be had: drivers fall back to one */
        return -EAGAIN;
    }
    irq = msi_map(seg, bdf_of((unsigned int)map->bus, (unsigned int)map->devfn), entry,
                  map->table_base);
    if (irq < 0)
        return irq;
    pirq = pirq_map(d, map->pirq, (unsigned int)irq, nr_gsis);
    if (pirq < 0)
        msi_unmap((unsigned int)irq);
    return pirq;
}

static long map_pirq(vaddr_t arg)
{
    struct physdev_map_pirq map;
    struct domain *d;
    long rc;

    if (copy_arg(&map, arg))
        return -EFAULT;
    rc = find_target(map.domid, ACCESS_PHYSDEV, PHYSDEVOP_map_pirq, &d);
    if (rc)
        return rc;
    if (!current->domain->is_privileged) /* only dom0 hands out the right to one's own interrupts */
        rc = -EPERM;
    else if (map.type == MAP_PIRQ_TYPE_GSI)
        rc = map_gsi(d, &map);
    else if (map.type == MAP_PIRQ_TYPE_MSI || map.type == MAP_PIRQ_TYPE_MSI_SEG ||
             map.type == MAP_PIRQ_TYPE_MULTI_MSI)
        rc = map_msi(d, &map);
    else
        rc = -EINVAL;
    domain_put(d);
    if (rc >= 0 || rc == -EAGAIN) {
        if (rc >= 0)
            map.pirq = (int)rc;
        rc = min(rc, 0L);
        if (copy_back(arg, &map))
            rc = -EFAULT;
    }
    return rc;
}

static long unmap_pirq(vaddr_t arg)
{
    struct physdev_unmap_pirq unmap;
    struct domain *d;
    long rc;

    if (copy_arg(&unmap, arg))
        return -EFAULT;
    rc = find_target(unmap.domid, ACCESS_PHYSDEV, PHYSDEVOP_unmap_pirq, &d);
    if (rc)
        return rc;
    rc = pirq_unmap(d, (uint32_t)unmap.pirq);
    domain_put(d);
    return rc;
}

static long eoi(vaddr_t arg)
{
    struct physdev_eoi op;

    if (copy_arg(&op, arg))
        return -EFAULT;
    return pirq_eoi(current->domain, op.irq);
}

static long irq_status_query(vaddr_t arg)
{
    struct physdev_irq_status_query q;
    int irq;

    if (copy_arg(&q, arg))
        return -EFAULT;
    irq = pirq_to_irq(current->domain, q.irq);
    if (irq < 0)
        return -EINVAL;
    q.flags = irq_guest_needs_eoi((unsigned int)irq) ? XENIRQSTAT_needs_eoi : 0;
    if ((unsigned int)irq < nr_gsis)
        q.flags |= XENIRQSTAT_shared;
    return copy_back(arg, &q);
}

static long set_eoi_map(vaddr_t arg)
{
    struct physdev_pirq_eoi_gmfn op;

    return copy_arg(&op, arg) ? -EFAULT : pirq_set_eoi_map(current->domain, _mfn(op.gmfn));
}

static long setup_gsi(vaddr_t arg)
{
    struct physdev_setup_gsi op;

    if (copy_arg(&op, arg))
        return -EFAULT;
    if (op.gsi < 0 || op.triggering > 1 || op.polarity > 1)
        return -EINVAL;
    return irq_set_polarity_trigger((unsigned int)op.gsi, op.polarity, op.triggering);
}

/* Vectors are our own affair, given out when somebody binds the interrupt: say only whether dom0 may.
 * The number it gets is of no use to it. */
static long alloc_irq_vector(vaddr_t arg)
{
    struct physdev_irq op;

    if (copy_arg(&op, arg))
        return -EFAULT;
    if (op.irq >= nr_gsis || !ioapic_gsi_valid(op.irq))
        return -EINVAL;
    if (!rangeset_contains(current->domain->irq_caps, op.irq, op.irq))
        return -EPERM;
    op.vector = op.irq;
    return copy_back(arg, &op);
}

static long apic_op(vaddr_t arg, bool write)
{
    struct physdev_apic op;
    long rc;

    if (copy_arg(&op, arg))
        return -EFAULT;
    if (write)
        return ioapic_guest_write(op.apic_physbase, op.reg, op.value);
    rc = ioapic_guest_read(op.apic_physbase, op.reg, &op.value);
    return rc ? rc : copy_back(arg, &op);
}

/* --- I/O ports -------------------------------------------------------------------------------------- */

static long set_iopl(vaddr_t arg)
{
    struct physdev_set_iopl op;

    if (copy_arg(&op, arg))
        return -EFAULT;
    if (op.iopl > 3)
        return -EINVAL;
    current->arch.iopl = op.iopl;
    return 0;
}

static long set_iobitmap(vaddr_t arg)
{
    struct physdev_set_iobitmap op;

    if (copy_arg(&op, arg))
        return -EFAULT;
    if (op.nr_ports > 65536)
        return -EINVAL;
    current->arch.iobmp_guest = (vaddr_t)op.bitmap.p;
    current->arch.iobmp_limit = op.nr_ports;
    return 0;
}

/* --- PCI: the hypervisor keeps no list of devices, it looks when it needs one ------------------------ */

static long device_present(uint16_t seg, unsigned int bus, unsigned int devfn)
{
    return pci_device_present(seg, bdf_of(bus, devfn)) ? 0 : -ENODEV;
}

static long manage_pci(vaddr_t arg, bool ext)
{
    struct physdev_manage_pci_ext op = {0};

    if (ext ? copy_arg(&op, arg) : copy_from_guest_va(&op, arg, sizeof(struct physdev_manage_pci)))
        return -EFAULT;
    return device_present(0, op.bus, op.devfn);
}

static long pci_device_add(vaddr_t arg)
{
    struct physdev_pci_device_add op;

    if (copy_from_guest_va(&op, arg, offsetof(struct physdev_pci_device_add, optarr)))
        return -EFAULT;
    return device_present(op.seg, op.bus, op.devfn);
}

static long with_device(unsigned int cmd, vaddr_t arg)
{
    struct physdev_pci_device op;
    uint16_t bdf;

    if (copy_arg(&op, arg))
        return -EFAULT;
    bdf = bdf_of(op.bus, op.devfn);
    switch (cmd) {
    case PHYSDEVOP_pci_device_remove:
        return 0;
    case PHYSDEVOP_restore_msi_ext:
        return msi_restore(op.seg, bdf);
    default: /* PHYSDEVOP_prepare_msix, _release_msix: nothing is kept for a device without entries */
        return pci_find_capability(op.seg, bdf, PCI_CAP_MSIX) ? 0 : -ENODEV;
    }
}

static long restore_msi(vaddr_t arg)
{
    struct physdev_restore_msi op;

    return copy_arg(&op, arg) ? -EFAULT : msi_restore(0, bdf_of(op.bus, op.devfn));
}

static long mmcfg_reserved(vaddr_t arg)
{
    struct physdev_pci_mmcfg_reserved op;

    if (copy_arg(&op, arg))
        return -EFAULT;
    if (op.flags & ~XEN_PCI_MMCFG_RESERVED)
        return -EINVAL;
    return op.flags ? mmcfg_add(op.address, op.segment, op.start_bus, op.end_bus) : 0;
}

/* For dom0 alone. */
static long host_op(unsigned int cmd, vaddr_t arg)
{
    long rc = current->domain->is_privileged ? 0 : -EPERM;

    if (rc)
        return rc;
    switch (cmd) {
    case PHYSDEVOP_setup_gsi:
        return setup_gsi(arg);
    case PHYSDEVOP_alloc_irq_vector:
        return alloc_irq_vector(arg);
    case PHYSDEVOP_apic_read:
    case PHYSDEVOP_apic_write:
        return apic_op(arg, cmd == PHYSDEVOP_apic_write);
    case PHYSDEVOP_manage_pci_add:
    case PHYSDEVOP_manage_pci_add_ext:
        return manage_pci(arg, cmd == PHYSDEVOP_manage_pci_add_ext);
    case PHYSDEVOP_manage_pci_remove:
        return 0;
    case PHYSDEVOP_pci_device_add:
        return pci_device_add(arg);
    case PHYSDEVOP_restore_msi:
        return restore_msi(arg);
    case PHYSDEVOP_pci_device_remove:
    case PHYSDEVOP_restore_msi_ext:
    case PHYSDEVOP_prepare_msix:
    case PHYSDEVOP_release_msix:
        return with_device(cmd, arg);
    case PHYSDEVOP_pci_mmcfg_reserved:
        return mmcfg_reserved(arg);
    default:
        return -ENOSYS;
    }
}

long do_physdev_op(struct hypercall_args *a)
{
    unsigned int cmd = (unsigned int)a->a[0];
    vaddr_t arg = a->a[1];

    switch (cmd) {
    case PHYSDEVOP_eoi:
        return eoi(arg);
    case PHYSDEVOP_irq_status_query:
        return irq_status_query(arg);
    case PHYSDEVOP_pirq_eoi_gmfn_v2: /* v1 unmasks the port as well: nobody has used it for long */
        return set_eoi_map(arg);
    case PHYSDEVOP_map_pirq:
        return map_pirq(arg);
    case PHYSDEVOP_unmap_pirq:
        return unmap_pirq(arg);
    case PHYSDEVOP_get_free_pirq:
        return -EOPNOTSUPP;  /* for guests that emulate their interrupt controllers */
    case PHYSDEVOP_set_iopl: /* what ports it has is another matter */
        return set_iopl(arg);
    case PHYSDEVOP_set_iobitmap:
        return set_iobitmap(arg);
    default:
        return host_op(cmd, arg);
    }
}
