/* SPDX-License-Identifier: MIT */
/* Interrupts of devices in guests' hands. */
#include "private.h"

PUBLIC int xc_domain_update_msi_irq(xc_interface *xch, uint32_t domid, uint32_t gvec, uint32_t pirq,
                                    uint32_t gflags, uint64_t gtable)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_bind_pt_irq, domid);

    op.u.bind_pt_irq.machine_irq = pirq;
    op.u.bind_pt_irq.irq_type = PT_IRQ_TYPE_MSI;
    op.u.bind_pt_irq.u.msi.gvec = gvec;
    op.u.bind_pt_irq.u.msi.gflags = gflags;
    op.u.bind_pt_irq.u.msi.gtable = gtable;
    return do_domctl(xch, &op);
}

PUBLIC int xc_domain_unbind_msi_irq(xc_interface *xch, uint32_t domid, uint32_t gvec, uint32_t pirq,
                                    uint32_t gflags)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_unbind_pt_irq, domid);

    op.u.bind_pt_irq.machine_irq = pirq;
    op.u.bind_pt_irq.irq_type = PT_IRQ_TYPE_MSI;
    op.u.bind_pt_irq.u.msi.gvec = gvec;
    op.u.bind_pt_irq.u.msi.gflags = gflags;
    return do_domctl(xch, &op);
}

static int pt_irq(xc_interface *xch, const char *operation, uint32_t cmd, uint32_t domid,
                  uint8_t machine_irq, uint8_t irq_type, uint8_t bus, uint8_t device, uint8_t intx,
                  uint8_t isa_irq)
{
    struct xen_domctl op = domctl_for(cmd, domid);

    op.u.bind_pt_irq.machine_irq = machine_irq;
    op.u.bind_pt_irq.irq_type = irq_type;
    switch (irq_type) {
    case PT_IRQ_TYPE_PCI:
    case PT_IRQ_TYPE_MSI_TRANSLATE:
        op.u.bind_pt_irq.u.pci.bus = bus;
        op.u.bind_pt_irq.u.pci.device = device;
        op.u.bind_pt_irq.u.pci.intx = intx;
        break;
    case PT_IRQ_TYPE_ISA:
        op.u.bind_pt_irq.u.isa.isa_irq = isa_irq;
        break;
    default:
        return xc__fail(xch, EINVAL, operation, NULL, "interrupt type %u", irq_type);
    }
    return xc__domctl(xch, operation, &op);
}

PUBLIC int xc_domain_bind_pt_irq(xc_interface *xch, uint32_t domid, uint8_t machine_irq,
                                 uint8_t irq_type, uint8_t bus, uint8_t device, uint8_t intx,
                                 uint8_t isa_irq)
{
    return pt_irq(xch, __func__, XEN_DOMCTL_bind_pt_irq, domid, machine_irq, irq_type, bus, device,
                  intx, isa_irq);
}

PUBLIC int xc_domain_unbind_pt_irq(xc_interface *xch, uint32_t domid, uint8_t machine_irq,
                                   uint8_t irq_type, uint8_t bus, uint8_t device, uint8_t intx,
                                   uint8_t isa_irq)
{
    return pt_irq(xch, __func__, XEN_DOMCTL_unbind_pt_irq, domid, machine_irq, irq_type, bus,
                  device, intx, isa_irq);
}

PUBLIC int xc_domain_bind_pt_pci_irq(xc_interface *xch, uint32_t domid, uint8_t machine_irq,
                                     uint8_t bus, uint8_t device, uint8_t intx)
{
    return pt_irq(xch, __func__, XEN_DOMCTL_bind_pt_irq, domid, machine_irq, PT_IRQ_TYPE_PCI, bus,
                  device, intx, 0);
}

PUBLIC int xc_domain_bind_pt_isa_irq(xc_interface *xch, uint32_t domid, uint8_t machine_irq)
{
    return pt_irq(xch, __func__, XEN_DOMCTL_bind_pt_irq, domid, machine_irq, PT_IRQ_TYPE_ISA, 0, 0,
                  0, machine_irq);
}

static int spi_irq(xc_interface *xch, const char *operation, uint32_t cmd, uint32_t domid,
                   uint16_t vspi, uint16_t spi)
{
    struct xen_domctl op = domctl_for(cmd, domid);

    op.u.bind_pt_irq.irq_type = PT_IRQ_TYPE_SPI;
    op.u.bind_pt_irq.machine_irq = vspi;
    op.u.bind_pt_irq.u.spi.spi = spi;
    return xc__domctl(xch, operation, &op);
}

PUBLIC int xc_domain_bind_pt_spi_irq(xc_interface *xch, uint32_t domid, uint16_t vspi, uint16_t spi)
{
    return spi_irq(xch, __func__, XEN_DOMCTL_bind_pt_irq, domid, vspi, spi);
}

PUBLIC int xc_domain_unbind_pt_spi_irq(xc_interface *xch, uint32_t domid, uint16_t vspi,
                                       uint16_t spi)
{
    return spi_irq(xch, __func__, XEN_DOMCTL_unbind_pt_irq, domid, vspi, spi);
}

PUBLIC int xc_dom_vuart_init(xc_interface *xch, uint32_t type, uint32_t domid,
                             uint32_t console_domid, xen_pfn_t gfn, evtchn_port_t *evtchn)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_vuart_op, domid);

    op.u.vuart_op.cmd = XEN_DOMCTL_VUART_OP_INIT;
    op.u.vuart_op.type = type;
    op.u.vuart_op.console_domid = console_domid;
    op.u.vuart_op.gfn = gfn;
    if (do_domctl(xch, &op))
        return -1;
    *evtchn = op.u.vuart_op.evtchn;
    return 0;
}
