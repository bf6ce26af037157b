/* SPDX-License-Identifier: MIT */
/* Device interrupts: vectors, and who gets them.
 *
 * One vector means the same irq on each CPU.  An edge-triggered interrupt (MSIs are such) is
 * acknowledged at once and becomes an event.  A level-triggered one is masked at its source until every
 * guest that has it says it has dealt with it.
 *
 * A descriptor's lock is inside of event_lock (binding a port binds the irq), so events are sent after it
 * has been released. */
#include <asm/apic.h>
#include <asm/irq.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <hv/domain.h>
#include <hv/event.h>
#include <hv/printk.h>
#include <hv/softirq.h>

#define MAX_SHARERS 8

struct irq_desc {
    spinlock_t lock;
    const struct irq_chip *chip;
    void *chip_data;
    unsigned int vector; /* 0: none */
    unsigned int cpu;
    enum { IRQ_FREE, IRQ_HOST, IRQ_GUEST } use;
    irq_handler_t handler;
    void *data;
    bool share;
    unsigned int nr_guests, nr_awaited; /* EOIs */
    struct {
        struct domain *d;
        uint32_t pirq;
        bool awaited;
    } guest[MAX_SHARERS];
};

static struct irq_desc irqs[NR_IRQS];
static uint16_t vector_irq[256]; /* 0xffff: none */
static spinlock_t vector_lock = SPINLOCK_INIT;
#define NO_IRQ 0xffff

static struct irq_desc *desc_of(unsigned int irq)
{
    return irq < NR_IRQS && irqs[irq].chip ? &irqs[irq] : NULL;
}

bool irq_guest_needs_eoi(unsigned int irq)
{
    return irq < nr_gsis && ioapic_is_level(irq);
}

/* Under the descriptor's lock. */
static int assign_vector(unsigned int irq, unsigned int cpu)
{
    struct irq_desc *desc = &irqs[irq];
    static unsigned int next = VECTOR_FIRST_DEV;
    int rc = -ENOSPC;

    spin_lock(&vector_lock);
    for (unsigned int i = 0; i <= VECTOR_LAST_DEV - VECTOR_FIRST_DEV; i++) {
        unsigned int vector = next;

        next = next == VECTOR_LAST_DEV ? VECTOR_FIRST_DEV : next + 1;
        if (vector_irq[vector] != NO_IRQ)
            continue;
        vector_irq[vector] = (uint16_t)irq;
        desc->vector = vector;
        desc->cpu = cpu;
        rc = 0;
        break;
    }
    spin_unlock(&vector_lock);
    if (!rc)
        desc->chip->set_target(irq, desc->vector, cpu_to_apicid[cpu]);
    return rc;
}

static void release_vector(struct irq_desc *desc)
{
    vector_irq[desc->vector] = NO_IRQ;
    desc->vector = 0;
    desc->use = IRQ_FREE;
}

__init void irq_init(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(vector_irq); i++)
        vector_irq[i] = NO_IRQ;
    for (unsigned int gsi = 0; gsi < nr_gsis; gsi++)
        if (ioapic_gsi_valid(gsi))
            irqs[gsi].chip = &ioapic_chip;
}

int irq_request(unsigned int irq, irq_handler_t handler, void *data)
{
    struct irq_desc *desc = desc_of(irq);
    unsigned long flags;
    int rc = -EBUSY;

    if (!desc)
        return -EINVAL;
    spin_lock_irqsave(&desc->lock, flags);
    if (desc->use == IRQ_FREE && !(rc = assign_vector(irq, smp_processor_id()))) {
        desc->use = IRQ_HOST;
        desc->handler = handler;
        desc->data = data;
        desc->chip->unmask(irq);
    }
    spin_unlock_irqrestore(&desc->lock, flags);
    return rc;
}

bool irq_is_host(unsigned int irq)
{
    return irq < NR_IRQS && irqs[irq].use == IRQ_HOST;
}

/* --- guests ------------------------------------------------------------------------------------------ */
static int bind_locked(struct irq_desc *desc, unsigned int irq, struct domain *d, uint32_t pirq,
                       bool share)
{
    bool first = desc->use == IRQ_FREE;
    int rc = 0;

    if (desc->use == IRQ_HOST || (!first && !(share && desc->share && irq_guest_needs_eoi(irq))))
        return -EBUSY;
    if (desc->nr_guests == MAX_SHARERS)
        return -EBUSY;
    for (unsigned int i = 0; i < desc->nr_guests; i++)
        if (desc->guest[i].d == d)
            return -EBUSY;
    if (first)
        rc = assign_vector(irq, smp_processor_id());
    if (rc)
        return rc;
    desc->use = IRQ_GUEST;
    desc->share = share;
    desc->guest[desc->nr_guests].d = d;
    desc->guest[desc->nr_guests].pirq = pirq;
    desc->guest[desc->nr_guests++].awaited = false;
    if (first)
        desc->chip->unmask(irq);
    return 0;
}

int irq_bind_guest(unsigned int irq, struct domain *d, uint32_t pirq, bool share)
{
    struct irq_desc *desc = desc_of(irq);
    unsigned long flags;
    int rc;

    if (!desc)
        return -EINVAL;
    spin_lock_irqsave(&desc->lock, flags);
    rc = bind_locked(desc, irq, d, pirq, share);
    spin_unlock_irqrestore(&desc->lock, flags);
    return rc;
}

static unsigned int find_guest(const struct irq_desc *desc, const struct domain *d)
{
    unsigned int i = 0;

    while (i < desc->nr_guests && desc->guest[i].d != d)
        i++;
    return i;
}

/* Guest i needs not be waited for any longer. */
static void eoi_locked(struct irq_desc *desc, unsigned int irq, unsigned int i)
{
    if (!desc->guest[i].awaited)
        return;
    desc->guest[i].awaited = false;
    if (--desc->nr_awaited == 0)
        desc->chip->unmask(irq);
}

int irq_unbind_guest(unsigned int irq, struct domain *d)
{
    struct irq_desc *desc = desc_of(irq);
    unsigned long flags;
    unsigned int i;
    int rc = -EINVAL;

    if (!desc)
        return -EINVAL;
    spin_lock_irqsave(&desc->lock, flags);
    i = find_guest(desc, d);
    if (desc->use == IRQ_GUEST && i < desc->nr_guests) {
        if (desc->nr_guests == 1)
            desc->chip->mask(irq);
        else
            eoi_locked(desc, irq, i);
        desc->guest[i] = desc->guest[--desc->nr_guests];
        if (!desc->nr_guests) {
            desc->nr_awaited = 0;
            release_vector(desc);
        }
        rc = 0;
    }
    spin_unlock_irqrestore(&desc->lock, flags);
    return rc;
}

void irq_guest_eoi(unsigned int irq, struct domain *d)
{
    struct irq_desc *desc = desc_of(irq);
    unsigned long flags;
    unsigned int i;

    if (!desc)
        return;
    spin_lock_irqsave(&desc->lock, flags);
    i = find_guest(desc, d);
    if (desc->use == IRQ_GUEST && i < desc->nr_guests)
        eoi_locked(desc, irq, i);
    spin_unlock_irqrestore(&desc->lock, flags);
}

int irq_set_polarity_trigger(unsigned int gsi, bool active_low, bool level)
{
    struct irq_desc *desc = desc_of(gsi);
    unsigned long flags;
    int rc = 0;

    if (!desc || gsi >= nr_gsis)
        return -EINVAL;
    spin_lock_irqsave(&desc->lock, flags);
    if (desc->use == IRQ_FREE)
        ioapic_configure(gsi, active_low, level);
    else if (level != ioapic_is_level(gsi))
        rc = -EBUSY;
    spin_unlock_irqrestore(&desc->lock, flags);
    return rc;
}

void irq_set_affinity(unsigned int irq, unsigned int cpu)
{
    struct irq_desc *desc = desc_of(irq);
    unsigned long flags;

    if (!desc || !cpumask_test(cpu, &cpu_online_map))
        return;
    spin_lock_irqsave(&desc->lock, flags);
    if (desc->vector && desc->cpu != cpu) {
        desc->cpu = cpu;
        desc->chip->set_target(irq, desc->vector, cpu_to_apicid[cpu]);
    }
    spin_unlock_irqrestore(&desc->lock, flags);
}

int irq_alloc_msi(const struct irq_chip *chip, void *data)
{
    int rc = -ENOSPC;
    unsigned long flags;

    spin_lock_irqsave(&vector_lock, flags);
    for (unsigned int irq = nr_gsis; irq < NR_IRQS && rc < 0; irq++)
        if (!irqs[irq].chip) {
            irqs[irq].chip_data = data;
            irqs[irq].chip = chip;
            rc = (int)irq;
        }
    spin_unlock_irqrestore(&vector_lock, flags);
    return rc;
}

void irq_free_msi(unsigned int irq)
{
    struct irq_desc *desc = desc_of(irq);
    unsigned long flags;

    if (!desc || irq < nr_gsis)
        return;
    spin_lock_irqsave(&desc->lock, flags);
    desc->chip->mask(irq);
    if (desc->vector)
        release_vector(desc);
    desc->nr_guests = desc->nr_awaited = 0;
    desc->chip = NULL;
    desc->chip_data = NULL;
    spin_unlock_irqrestore(&desc->lock, flags);
}

void *irq_chip_data(unsigned int irq)
{
    return irq < NR_IRQS ? irqs[irq].chip_data : NULL;
}

/* --- arrival ----------------------------------------------------------------------------------------------- */
static void guest_interrupt(struct irq_desc *desc, unsigned int irq)
{
    struct {
        struct domain *d;
        uint32_t pirq;
    } to[MAX_SHARERS];
    unsigned int nr = 0;

    if (irq_guest_needs_eoi(irq)) {
        desc->chip->mask(irq);
        desc->nr_awaited = desc->nr_guests;
    }
    apic_eoi();
    for (; nr < desc->nr_guests; nr++) {
        desc->guest[nr].awaited = irq_guest_needs_eoi(irq);
        to[nr].d = desc->guest[nr].d;
        to[nr].pirq = desc->guest[nr].pirq;
    }
    spin_unlock(&desc->lock);
    for (unsigned int i = 0; i < nr; i++)
        send_guest_pirq(to[i].d, to[i].pirq);
}

static void device_interrupt(unsigned int vector, struct cpu_user_regs *regs)
{
    unsigned int irq = vector_irq[vector];
    struct irq_desc *desc = desc_of(irq);

    if (!desc) {
        apic_eoi();
        return;
    }
    spin_lock(&desc->lock);
    if (desc->use == IRQ_GUEST) {
        guest_interrupt(desc, irq);
        return;
    }
    spin_unlock(&desc->lock);
    if (desc->use == IRQ_HOST)
        desc->handler(irq, desc->data, regs);
    apic_eoi();
}

static void apic_error(void)
{
    uint32_t esr;

    apic_write(APIC_ESR, 0);
    esr = apic_read(APIC_ESR);
    apic_eoi();
    printk(XENLOG_WARNING "CPU %u: local APIC error %#x\n", smp_processor_id(), esr);
}

void do_IRQ(struct cpu_user_regs *regs)
{
    unsigned int vector = regs->entry_vector & 0xff;

    switch (vector) {
    case VECTOR_EVENT_CHECK: /* the way out looks for softirqs and events */
        apic_eoi();
        break;
    case VECTOR_TIMER:
        apic_eoi();
        softirq_raise(SOFTIRQ_TIMER);
        break;
    case VECTOR_CALL:
        apic_eoi();
        smp_handle_call_ipi();
        break;
    case VECTOR_FLUSH:
        apic_eoi();
        flush_ipi();
        break;
    case VECTOR_ERROR:
        apic_error();
        break;
    case VECTOR_SPURIOUS: /* neither this nor the 8259's spurious ones want an EOI */
        break;
    default:
        if (vector >= VECTOR_FIRST_DEV)
            device_interrupt(vector, regs);
        break;
    }
}
