/* SPDX-License-Identifier: MIT */
/* What of the machine dom0 may use: all but what the hypervisor drives itself. */
#include <asm/apic.h>
#include <asm/console.h>
#include <asm/cpufeature.h>
#include <asm/irq.h>
#include <asm/pv_domain.h>
#include <hv/rangeset.h>

#define MSI_WINDOW_FIRST 0xfee00UL /* frames: a write there is an interrupt */
#define MSI_WINDOW_LAST  0xfeeffUL

static const struct {
    uint16_t first, last;
} our_ports[] = {
    {0x20, 0x21},
    {0xa0, 0xa1}, /* the old interrupt controllers */
    {0x40, 0x43}, /* timer */
    {0x61, 0x61}, /* its gate; NMI reasons */
};

static int grant_ports(struct domain *d)
{
    int rc = rangeset_add(d->arch.ioport_caps, 0, 0xffff);

    for (unsigned int i = 0; !rc && i < ARRAY_SIZE(our_ports); i++)
        rc = rangeset_remove(d->arch.ioport_caps, our_ports[i].first, our_ports[i].last);
    for (unsigned int port = 0; !rc && port < 0x10000; port += 8)
        if (serial_owns_port((uint16_t)port))
            rc = rangeset_remove(d->arch.ioport_caps, port, port + 7);
    /* PCI configuration is emulated: the two registers belong together. */
    if (!rc)
        rc = rangeset_remove(d->arch.ioport_caps, 0xcf8, 0xcff);
    return rc;
}

static int grant_memory(struct domain *d)
{
    int rc = rangeset_add(d->iomem_caps, 0, (1UL << (boot_cpu.phys_bits - PAGE_SHIFT)) - 1);
    maddr_t start;

    if (!rc)
        rc = rangeset_remove(d->iomem_caps, apic_base >> PAGE_SHIFT, apic_base >> PAGE_SHIFT);
    if (!rc)
        rc = rangeset_remove(d->iomem_caps, MSI_WINDOW_FIRST, MSI_WINDOW_LAST);
    for (unsigned int i = 0; !rc && ioapic_range(i, &start); i++)
        rc = rangeset_remove(d->iomem_caps, start >> PAGE_SHIFT, start >> PAGE_SHIFT);
    /* Not the HPET: after calibration we have no use for it, and firmware's AML may read it. */
    return rc;
}

static int grant_irqs(struct domain *d)
{
    int rc = 0;

    for (unsigned int irq = 1; !rc && irq < NR_IRQS; irq++)
        if (irq != 2 && !irq_is_host(irq)) /* 0: the timer, 2: the cascade */
            rc = rangeset_add(d->irq_caps, irq, irq);
    return rc;
}

int dom0_grant_rights(struct domain *d)
{
    int rc = grant_ports(d);

    if (!rc)
        rc = grant_memory(d);
    return rc ? rc : grant_irqs(d);
}
