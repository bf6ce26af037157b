/* SPDX-License-Identifier: MIT */
/* Simulated processors: see hv/arch/cpu.h for the contract.  Which one a thread is, it says itself;
 * usually one thread is all of them in turn. */
#ifndef ASM_CPU_H
#define ASM_CPU_H

#include <asm/layout.h>
#include <hv/types.h>
#include <xen/xen.h>

extern _Thread_local unsigned int hosted_cpu;
extern struct vcpu *hosted_current[NR_CPUS];
extern _Thread_local bool hosted_irqs_off;

static inline unsigned int smp_processor_id(void)
{
    return hosted_cpu;
}
static inline struct vcpu *arch_current(void)
{
    return hosted_current[hosted_cpu];
}
/* Who waits, waits for another CPU: lets those that have something to do run. */
void arch_cpu_relax(void);
static inline void arch_irq_disable(void)
{
    hosted_irqs_off = true;
}
static inline void arch_irq_enable(void)
{
    hosted_irqs_off = false;
}
static inline unsigned long arch_irq_save(void)
{
    bool was = hosted_irqs_off;
    hosted_irqs_off = true;
    return was;
}
static inline void arch_irq_restore(unsigned long was)
{
    hosted_irqs_off = was;
}
static inline bool arch_irq_enabled(void)
{
    return !hosted_irqs_off;
}

#define DEFINE_PER_CPU(type, name)  __typeof__(type) percpu_##name[NR_CPUS]
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) percpu_##name[NR_CPUS]
#define per_cpu(name, cpu)          (percpu_##name[cpu])
#define this_cpu(name)              (percpu_##name[hosted_cpu])

#endif
