/* SPDX-License-Identifier: MIT */
/* The processor: see hv/arch/cpu.h for the contract.
 *
 * Each CPU has one stack of STACK_SIZE, so aligned; struct cpu_info is at its very top.  vCPUs have
 * no stack of their own: between entry from a guest and return to it all runs on the CPU's. */
#ifndef ASM_CPU_H
#define ASM_CPU_H

#include <asm/layout.h>
#include <hv/types.h>
#include <xen/xen.h> /* struct cpu_user_regs */

struct cpu_info {
    struct cpu_user_regs guest_regs; /* the guest's registers while we are in the hypervisor; the
                                        frame ends with es, ds, fs, gs (only kept for guests) */
    unsigned int cpu_id;
    unsigned int reserved;
    struct vcpu *current_vcpu;
    unsigned long per_cpu_offset;
    unsigned long scratch;     /* SYSCALL entry: the guest's rsp */
    unsigned long syscall_rsp; /* where guest_regs.ss ends: what SYSCALL entry pushes from */
    unsigned long host_vmcb;   /* SVM: what VMLOAD brings back, its address */
};

static inline struct cpu_info *get_cpu_info(void)
{
    unsigned long sp;
    __asm__("mov %%rsp, %0" : "=r"(sp));
    return (struct cpu_info *)((sp & ~(STACK_SIZE - 1)) + STACK_SIZE) - 1;
}
static inline struct cpu_user_regs *guest_cpu_user_regs(void)
{
    return &get_cpu_info()->guest_regs;
}
static inline unsigned int smp_processor_id(void)
{
    return get_cpu_info()->cpu_id;
}
static inline struct vcpu *arch_current(void)
{
    return get_cpu_info()->current_vcpu;
}
static inline void arch_cpu_relax(void)
{
    __builtin_ia32_pause();
}
static inline void arch_irq_disable(void)
{
    __asm__ volatile("cli" ::: "memory");
}
static inline void arch_irq_enable(void)
{
    __asm__ volatile("sti" ::: "memory");
}
static inline unsigned long arch_irq_save(void)
{
    unsigned long flags;
    __asm__ volatile("pushf; pop %0; cli" : "=r"(flags)::"memory");
    return flags;
}
static inline void arch_irq_restore(unsigned long flags)
{
    if (flags & 0x200)
        arch_irq_enable();
}
static inline bool arch_irq_enabled(void)
{
    unsigned long flags;
    __asm__ volatile("pushf; pop %0" : "=r"(flags)::"memory");
    return flags & 0x200;
}

/* Per-CPU variables: section .percpu is a template, copied for each CPU (CPU 0 uses the template
 * itself); per_cpu_offset[] says how far away each copy is. */
extern unsigned long per_cpu_offset[NR_CPUS];
#define DEFINE_PER_CPU(type, name)                                                                 \
    __attribute__((section(".percpu"))) __typeof__(type) percpu_##name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) percpu_##name
#define per_cpu(name, cpu)                                                                         \
    (*(__typeof__(&percpu_##name))((unsigned long)&percpu_##name + per_cpu_offset[cpu]))
#define this_cpu(name)                                                                             \
    (*(__typeof__(&percpu_##name))((unsigned long)&percpu_##name + get_cpu_info()->per_cpu_offset))

#endif
