/* SPDX-License-Identifier: MIT */
/* The local APIC, in xAPIC or x2APIC mode (apic.c). */
#ifndef ASM_APIC_H
#define ASM_APIC_H

#include <hv/cpumask.h>

/* Vectors.  The highest are ours; devices get 0x30 to 0xef; 0x20 to 0x2f are the 8259's, masked
 * but for spurious ones. */
#define VECTOR_LEGACY      0x20
#define VECTOR_FIRST_DEV   0x30
#define VECTOR_LAST_DEV    0xef
#define VECTOR_EVENT_CHECK 0xf8
#define VECTOR_CALL        0xf9
#define VECTOR_FLUSH       0xfa
#define VECTOR_TIMER       0xfb
#define VECTOR_ERROR       0xfc
#define VECTOR_SPURIOUS    0xff

/* Registers: offsets in the page; divided by 16, of the MSRs. */
#define APIC_ID        0x020
#define APIC_VERSION   0x030
#define APIC_TPR       0x080
#define APIC_EOI       0x0b0
#define APIC_LDR       0x0d0
#define APIC_DFR       0x0e0
#define APIC_SPIV      0x0f0
#define APIC_ISR       0x100
#define APIC_IRR       0x200
#define APIC_ESR       0x280
#define APIC_ICR       0x300
#define APIC_ICR_HIGH  0x310
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_THERM 0x330
#define APIC_LVT_PERF  0x340
#define APIC_LVT_LINT0 0x350
#define APIC_LVT_LINT1 0x360
#define APIC_LVT_ERROR 0x370
#define APIC_TMICT     0x380
#define APIC_TMCCT     0x390
#define APIC_TDCR      0x3e0

#define APIC_DM_FIXED   0x000
#define APIC_DM_NMI     0x400
#define APIC_DM_INIT    0x500
#define APIC_DM_STARTUP 0x600
#define APIC_ICR_BUSY   0x1000
#define APIC_ASSERT     0x4000
#define APIC_MASKED     0x10000

extern uint32_t cpu_to_apicid[NR_CPUS];
extern maddr_t apic_base;

void apic_init_bsp(void);
void apic_init_cpu(void);
uint32_t apic_read(unsigned int reg);
void apic_write(unsigned int reg, uint32_t v);
void apic_eoi(void);
void apic_send_ipi(unsigned int cpu, unsigned int vector);
void apic_send_ipi_mask(const cpumask_t *mask, unsigned int vector); /* not to this CPU */
void apic_send_raw(uint32_t apicid, uint32_t icr_low);
/* One-shot timer: fire after so many ns (0: stop). */
void apic_timer_arm(uint64_t ns);
void apic_timer_calibrate(void);

#endif
