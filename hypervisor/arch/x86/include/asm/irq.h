/* SPDX-License-Identifier: MIT */
/* Interrupts of devices (irq.c): an irq is a number for one source.  Numbers below nr_gsis are the
 * IO-APICs' inputs (GSIs), those above are MSIs, given out by irq_alloc_msi(). */
#ifndef ASM_IRQ_H
#define ASM_IRQ_H

#include <hv/types.h>

#define NR_IRQS 512
extern unsigned int nr_gsis;

/* Sets one vector for an irq, on one CPU. */
struct irq_chip {
    void (*mask)(unsigned int irq);
    void (*unmask)(unsigned int irq);
    /* vector or destination changed: program the source.  It stays masked as it was. */
    void (*set_target)(unsigned int irq, unsigned int vector, uint32_t apicid);
};

void irq_init(void);
/* Called from entry.S for vectors from 0x20 on, interrupts off. */
void do_IRQ(struct cpu_user_regs *regs);

/* --- the hypervisor's own ----------------------------------------------------------------------- */
typedef void (*irq_handler_t)(unsigned int irq, void *data, struct cpu_user_regs *regs);
int irq_request(unsigned int irq, irq_handler_t handler,
                void *data); /* 0, -EBUSY, -ENOSPC, -EINVAL */

/* --- guests' -------------------------------------------------------------------------------------- */
/* irq's interrupts become pirq's events in d; share: others may be bound, too (level only).
 * 0, -EBUSY, -EINVAL, -ENOSPC (no vector), -ENOMEM. */
int irq_bind_guest(unsigned int irq, struct domain *d, uint32_t pirq, bool share);
int irq_unbind_guest(unsigned int irq, struct domain *d);
/* d has dealt with it (PHYSDEVOP_eoi). */
void irq_guest_eoi(unsigned int irq, struct domain *d);
/* Does irq need that?  (PHYSDEVOP_irq_status_query: level-triggered ones do.) */
bool irq_guest_needs_eoi(unsigned int irq);
/* PHYSDEVOP_setup_gsi: 0, -EINVAL, -EBUSY. */
int irq_set_polarity_trigger(unsigned int gsi, bool active_low, bool level);
/* Have it delivered to that CPU. */
void irq_set_affinity(unsigned int irq, unsigned int cpu);
/* A new number, not yet bound.  -ENOSPC. */
int irq_alloc_msi(const struct irq_chip *chip, void *data);
void irq_free_msi(unsigned int irq);
void *irq_chip_data(unsigned int irq);
/* Is it one of the hypervisor's own (a guest must not have it)? */
bool irq_is_host(unsigned int irq);

/* --- IO-APIC (ioapic.c) ------------------------------------------------------------------------- */
void ioapic_init(void);
/* PHYSDEVOP_apic_read/write: apic is its physical address.  0, -ENODEV, -EINVAL. */
int ioapic_guest_read(maddr_t apic, unsigned int reg, uint32_t *v);
int ioapic_guest_write(maddr_t apic, unsigned int reg, uint32_t v);
unsigned int isa_irq_to_gsi(unsigned int isa);
extern const struct irq_chip ioapic_chip;
bool ioapic_gsi_valid(unsigned int gsi);
void ioapic_configure(unsigned int gsi, bool active_low, bool level);
bool ioapic_is_level(unsigned int gsi);
/* The physical address range of IO-APIC i; false: no more. */
bool ioapic_range(unsigned int i, maddr_t *start);

/* --- the old PIC ----------------------------------------------------------------------------------- */
void i8259_mask_all(void);

#endif
