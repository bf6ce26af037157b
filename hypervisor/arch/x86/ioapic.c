/* SPDX-License-Identifier: MIT */
/* IO-APICs and the 8259s they replace. */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/irq.h>
#include <asm/mm.h>
#include <asm/processor.h>
#include <hv/errno.h>
#include <hv/printk.h>
#include <hv/spinlock.h>

#define IOAPIC_SELECT 0x00
#define IOAPIC_WINDOW 0x10
#define REG_VERSION   1
#define REG_RTE(pin)  (0x10 + (pin)*2)

#define RTE_LOW_ACTIVE BIT(13)
#define RTE_LEVEL      BIT(15)
#define RTE_MASKED     BIT(16)

static struct ioapic {
    char *regs;
    maddr_t addr;
    unsigned int gsi_base, pins;
} ioapics[MAX_IOAPICS];
static unsigned int nr_ioapics;
unsigned int nr_gsis;
static spinlock_t ioapic_lock = SPINLOCK_INIT;
static uint32_t rte_low[NR_IRQS]; /* as last written, by GSI */

static uint32_t reg_read(const struct ioapic *a, unsigned int reg)
{
    mmio_write32(a->regs + IOAPIC_SELECT, reg);
    return mmio_read32(a->regs + IOAPIC_WINDOW);
}

static void reg_write(const struct ioapic *a, unsigned int reg, uint32_t v)
{
    mmio_write32(a->regs + IOAPIC_SELECT, reg);
    mmio_write32(a->regs + IOAPIC_WINDOW, v);
}

static const struct ioapic *ioapic_of(unsigned int gsi)
{
    for (unsigned int i = 0; i < nr_ioapics; i++)
        if (gsi >= ioapics[i].gsi_base && gsi < ioapics[i].gsi_base + ioapics[i].pins)
            return &ioapics[i];
    return NULL;
}

bool ioapic_gsi_valid(unsigned int gsi)
{
    return gsi < NR_IRQS && ioapic_of(gsi);
}

/* Change the low half of an entry, which a write of the same value does not touch. */
static void update_rte(unsigned int gsi, uint32_t clear, uint32_t set)
{
    const struct ioapic *a = ioapic_of(gsi);
    unsigned long flags;

    if (!a)
        return;
    spin_lock_irqsave(&ioapic_lock, flags);
    rte_low[gsi] = (rte_low[gsi] & ~clear) | set;
    reg_write(a, REG_RTE(gsi - a->gsi_base), rte_low[gsi]);
    spin_unlock_irqrestore(&ioapic_lock, flags);
}

static void mask(unsigned int irq)
{
    update_rte(irq, 0, RTE_MASKED);
}

static void unmask(unsigned int irq)
{
    update_rte(irq, RTE_MASKED, 0);
}

static void set_target(unsigned int irq, unsigned int vector, uint32_t apicid)
{
    const struct ioapic *a = ioapic_of(irq);
    bool was_masked = rte_low[irq] & RTE_MASKED;
    unsigned long flags;

    if (!a)
        return;
    mask(irq);
    spin_lock_irqsave(&ioapic_lock, flags);
    reg_write(a, REG_RTE(irq - a->gsi_base) + 1, apicid << 24);
    spin_unlock_irqrestore(&ioapic_lock, flags);
    update_rte(irq, 0xff | (was_masked ? 0 : RTE_MASKED), vector);
}

const struct irq_chip ioapic_chip = {mask, unmask, set_target};

void ioapic_configure(unsigned int gsi, bool active_low, bool level)
{
    update_rte(gsi, RTE_LOW_ACTIVE | RTE_LEVEL,
               (active_low ? RTE_LOW_ACTIVE : 0) | (level ? RTE_LEVEL : 0));
}

bool ioapic_is_level(unsigned int gsi)
{
    return gsi < NR_IRQS && (rte_low[gsi] & RTE_LEVEL);
}

unsigned int isa_irq_to_gsi(unsigned int isa)
{
    for (unsigned int i = 0; i < acpi.nr_overrides; i++)
        if (acpi.override[i].isa == isa)
            return acpi.override[i].gsi;
    return isa;
}

bool ioapic_range(unsigned int i, maddr_t *start)
{
    if (i >= nr_ioapics)
        return false;
    *start = ioapics[i].addr;
    return true;
}

/* --- for dom0 ------------------------------------------------------------------------------------- */
static const struct ioapic *ioapic_at(maddr_t addr)
{
    for (unsigned int i = 0; i < nr_ioapics; i++)
        if (ioapics[i].addr == addr)
            return &ioapics[i];
    return NULL;
}

int ioapic_guest_read(maddr_t apic, unsigned int reg, uint32_t *v)
{
    const struct ioapic *a = ioapic_at(apic);
    unsigned long flags;

    if (!a)
        return -ENODEV;
    if (reg > 2 && (reg < REG_RTE(0) || reg >= REG_RTE(a->pins)))
        return -EINVAL;
    spin_lock_irqsave(&ioapic_lock, flags);
    *v = reg_read(a, reg);
    spin_unlock_irqrestore(&ioapic_lock, flags);
    return 0;
}

/* What an entry says of polarity and trigger is taken over while nobody has the interrupt; vectors,
 * destinations and masks are ours. */
int ioapic_guest_write(maddr_t apic, unsigned int reg, uint32_t v)
{
    const struct ioapic *a = ioapic_at(apic);

    if (!a)
        return -ENODEV;
    if (reg < REG_RTE(0) || reg >= REG_RTE(a->pins))
        return reg <= 2 ? 0 : -EINVAL;
    if (!(reg & 1) && !(v & RTE_MASKED))
        return irq_set_polarity_trigger(a->gsi_base + (reg - REG_RTE(0)) / 2, v & RTE_LOW_ACTIVE,
                                        v & RTE_LEVEL);
    return 0;
}

/* --- boot ------------------------------------------------------------------------------------------- */
static __init void add_ioapic(maddr_t addr, unsigned int gsi_base)
{
    struct ioapic *a = &ioapics[nr_ioapics];

    a->regs = map_device(addr, PAGE_SIZE, PAGE_HYPERVISOR_UC);
    if (!a->regs)
        panic("No memory to map an IO-APIC");
    a->addr = addr;
    a->gsi_base = gsi_base;
    a->pins = (reg_read(a, REG_VERSION) >> 16 & 0xff) + 1;
    if (reg_read(a, REG_VERSION) == ~0U || gsi_base + a->pins > NR_IRQS)
        return;
    nr_ioapics++;
    nr_gsis = max(nr_gsis, gsi_base + a->pins);
}

/* ISA interrupts are edge-triggered and active high, others (PCI) level and low, unless the
 * tables say otherwise. */
static __init void set_defaults(void)
{
    for (unsigned int gsi = 0; gsi < nr_gsis; gsi++) {
        rte_low[gsi] = RTE_MASKED;
        ioapic_configure(gsi, gsi >= 16, gsi >= 16);
    }
    if (acpi.sci_int && acpi.sci_int < 16)
        ioapic_configure(acpi.sci_int, true, true);
    for (unsigned int i = 0; i < acpi.nr_overrides; i++) {
        unsigned int polarity = acpi.override[i].flags & 3,
                     trigger = acpi.override[i].flags >> 2 & 3;
        bool sci = acpi.override[i].isa == acpi.sci_int && acpi.sci_int;

        if (acpi.override[i].gsi < nr_gsis)
            ioapic_configure(acpi.override[i].gsi, polarity == 3 || (polarity == 0 && sci),
                             trigger == 3 || (trigger == 0 && sci));
    }
}

void i8259_mask_all(void)
{
    outb(0x11, 0x20); /* ICW1: both; vectors where spurious ones do no harm */
    outb(0x11, 0xa0);
    outb(VECTOR_LEGACY, 0x21);
    outb(VECTOR_LEGACY + 8, 0xa1);
    outb(4, 0x21);
    outb(2, 0xa1);
    outb(1, 0x21);
    outb(1, 0xa1);
    outb(0xff, 0x21);
    outb(0xff, 0xa1);
}

__init void ioapic_init(void)
{
    for (unsigned int i = 0; i < acpi.nr_ioapics; i++)
        add_ioapic(acpi.ioapic[i].addr, acpi.ioapic[i].gsi_base);
    if (!acpi.nr_ioapics)
        add_ioapic(0xfec00000, 0);
    set_defaults();
}
