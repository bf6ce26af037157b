/* SPDX-License-Identifier: MIT */
/* One CPU, whose interrupts are never on. */
#ifndef ASM_CPU_H
#define ASM_CPU_H

#include <asm/layout.h>
#include <hv/types.h>
#include <xen/xen.h>

static inline unsigned int smp_processor_id(void)
{
    return 0;
}
extern struct vcpu *test_current __attribute__((weak)); /* a test may have one */
static inline struct vcpu *arch_current(void)
{
    return &test_current ? test_current : NULL;
}
static inline void arch_cpu_relax(void)
{
}
static inline void arch_irq_disable(void)
{
}
static inline void arch_irq_enable(void)
{
}
static inline unsigned long arch_irq_save(void)
{
    return 0;
}
static inline void arch_irq_restore(unsigned long flags)
{
}
static inline bool arch_irq_enabled(void)
{
    return false;
}

#define DEFINE_PER_CPU(type, name)  __typeof__(type) percpu_##name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) percpu_##name
#define per_cpu(name, cpu)          percpu_##name
#define this_cpu(name)              percpu_##name

#endif
