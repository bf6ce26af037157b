/* SPDX-License-Identifier: MIT */
/* Instructions that a PV guest's kernel believes it may run (pv/emulate.c). */
#ifndef ASM_EMULATE_H
#define ASM_EMULATE_H

#include <hv/domain.h>

/* After #GP: true: done, or another exception was injected in place of the #GP. */
bool pv_emulate_privileged(struct cpu_user_regs *regs);
/* After #UD: the prefix by which a guest asks for CPUID as we show it. */
bool pv_emulate_forced(struct cpu_user_regs *regs);
/* pv/cpuid.c: XSETBV; 0, or -EINVAL: not a value that the processor or the policy allows. */
int pv_set_xcr0(struct vcpu *v, uint64_t val);

/* pv/cpuid.c: what v's guest sees. */
struct cpuid_regs;
void pv_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *r);
/* pv/callback.c: 0, -EPERM, -EINVAL */
int pv_set_debugreg(struct vcpu *v, unsigned int reg, unsigned long value);
void pv_load_debug_registers(const struct vcpu *v);
/* pv/msr.c: 0 or -EFAULT (#GP) */
int pv_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val);
int pv_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);

#endif
