/* SPDX-License-Identifier: MIT */
/* Arch contract: the processor.  Implemented by arch/x86/include/asm/cpu.h (inline) and
 * arch/hosted/include/asm/cpu.h.
 *
 * An arch's folder provides include/asm/cpu.h with these, all inline:
 *   void arch_cpu_relax(void);                  spin-wait hint
 *   void arch_irq_disable(void), arch_irq_enable(void);
 *   unsigned long arch_irq_save(void);          disable, return what was before
 *   void arch_irq_restore(unsigned long);
 *   bool arch_irq_enabled(void);
 *   unsigned int smp_processor_id(void);
 *   struct vcpu *arch_current(void);            the vCPU that runs on this CPU (idle ones too)
 *   DEFINE_PER_CPU(type, name), DECLARE_PER_CPU(type, name),
 *   this_cpu(name), per_cpu(name, cpu)          lvalues of per-CPU variables
 */
#ifndef HV_ARCH_CPU_H
#define HV_ARCH_CPU_H

#include <asm/cpu.h>

#define current arch_current()

#endif
