/* SPDX-License-Identifier: MIT */
/* What entry.S and the C code around it share.  Offsets are checked in pv/switch.c. */
#ifndef ASM_ENTRY_H
#define ASM_ENTRY_H

#define REGS_RBP    32
#define REGS_RBX    40
#define REGS_R11    48
#define REGS_RCX    88
#define REGS_VECTOR 124
#define REGS_RIP    128
#define REGS_CS     136
#define REGS_SIZE   200
#define REGS_ERROR  120

#define CPU_INFO_SIZE 248
/* From the start of struct cpu_info. */
#define INFO_SCRATCH     224
#define INFO_SYSCALL_RSP 232
#define INFO_HOST_VMCB   240

/* entry_vector of what came by SYSCALL; cleared when the way back must be IRET. */
#define TRAP_syscall 256

#ifndef __ASSEMBLER__
#include <hv/domain.h>
#include <hv/hypercall.h>

/* entry.S */
void syscall_entry(void);
void syscall32_entry(void);
void sysenter_entry(void);
/* Leave what this CPU's stack holds, and go the way back to the guest in guest_regs. */
void return_to_guest(void) __attribute__((__noreturn__));
/* The same, into the idle loop. */
void start_idle(void) __attribute__((__noreturn__));

/* From entry.S; interrupts are off for do_IRQ(), NMI and machine check. */
void pv_exception(struct cpu_user_regs *regs);
void pv_own_debug(struct cpu_user_regs *regs);
void pv_nmi(struct cpu_user_regs *regs);
/* Machine checks, double faults. */
void pv_fatal(struct cpu_user_regs *regs) __attribute__((__noreturn__));
void pv_syscall(struct cpu_user_regs *regs);
void pv_syscall32(struct cpu_user_regs *regs);
void pv_sysenter(struct cpu_user_regs *regs);
void pv_iret_fault(struct cpu_user_regs *regs);
/* All that is to be done before the guest goes on: softirqs, events.  Interrupts come off and stay
 * off.  true: SYSRET will do. */
bool pv_exit_to_guest(struct cpu_user_regs *regs);

/* A 64-bit guest's hypercall: its arguments, and what of them is left when it is to be repeated. */
static inline struct hypercall_args hypercall_args_of(const struct cpu_user_regs *regs)
{
    return (struct hypercall_args){
        {regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9}};
}
static inline void hypercall_args_left(struct cpu_user_regs *regs, const struct hypercall_args *a)
{
    regs->rdi = a->a[0];
    regs->rsi = a->a[1];
    regs->rdx = a->a[2];
    regs->r10 = a->a[3];
    regs->r8 = a->a[4];
    regs->r9 = a->a[5];
}

/* --- bounce.c: having a guest's handler run ------------------------------------------------------------ */
struct bounce {
    unsigned long eip;
    uint16_t cs;
    bool has_error, mask_events, failsafe;
    uint32_t error;
};
/* Make regs those of the handler, with the frame on the guest's stack; crashes the guest if its
 * stack cannot be written. */
void pv_bounce(struct cpu_user_regs *regs, const struct bounce *b);
/* Deliver an exception by the guest's trap table. */
void pv_inject(struct cpu_user_regs *regs, unsigned int vector, uint32_t error, bool has_error);
/* #GP for a faulting instruction, #PF with an address. */
void pv_inject_gp(struct cpu_user_regs *regs, uint32_t error);
void pv_inject_pf(struct cpu_user_regs *regs, vaddr_t va, uint32_t error);
/* Between guest kernel and guest user: page tables, GS base. */
void pv_toggle_mode(struct vcpu *v);
#endif

#endif
