/* SPDX-License-Identifier: MIT */
/* A container's local APIC, as xAPIC and x2APIC (hvm/lapic.c). */
#ifndef ASM_LAPIC_H
#define ASM_LAPIC_H

#include <hv/time.h>
#include <hv/types.h>

struct vcpu;

#define LAPIC_DEFAULT_BASE 0xfee00000UL
#define LAPIC_BUS_NS       10 /* one tick of the undivided timer */

struct lapic {
    uint64_t base_msr;
    uint32_t regs[256]; /* as the page has them; others set bits of IRR and TMR atomically */
    struct timer timer;
    s_time_t timer_start, timer_period; /* of the count that runs; 0: none does */
    uint64_t tsc_deadline;
};

void lapic_init(struct vcpu *v);    /* once */
void lapic_destroy(struct vcpu *v); /* the timer ends */
void lapic_reset(struct vcpu *v);   /* power on, INIT; keeps the base */
uint32_t lapic_id(const struct vcpu *v);
bool lapic_enabled(const struct vcpu *v);
static inline bool lapic_is_x2apic(const struct lapic *l)
{
    return l->base_msr & 0x400;
}

/* Registers by their offset in the page, 32 bits each. */
uint32_t lapic_read(struct vcpu *v, unsigned int offset);
void lapic_write(struct vcpu *v, unsigned int offset, uint32_t val);
/* MSRs: 0, -EFAULT (#GP) */
int lapic_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val);
int lapic_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);
int lapic_set_base(struct vcpu *v, uint64_t val);
/* What was read from the timer's deadline register, and the counter moved. */
void lapic_tsc_moved(struct vcpu *v);

/* Interrupt v, from anywhere.  While it is switched off by software the request is kept: what an
 * event channel says, it says only once. */
void lapic_set_irq(struct vcpu *v, uint8_t vector);
/* The vector to be delivered next, whatever TPR says of it: 0 none.  Of v itself. */
uint8_t lapic_next(const struct vcpu *v);
/* It has been taken by the processor. */
void lapic_accept(struct vcpu *v, uint8_t vector);
/* Is there one that TPR lets through? */
bool lapic_has_interrupt(const struct vcpu *v);
/* For the context records: what is not in regs as it stands, and regs taken from a record. */
void lapic_save_live(struct vcpu *v, uint32_t *regs);
uint32_t lapic_timer_divisor(const struct vcpu *v);
void lapic_restore(struct vcpu *v);

#endif
