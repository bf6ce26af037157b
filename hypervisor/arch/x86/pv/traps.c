/* SPDX-License-Identifier: MIT */
/* Exceptions: the hypervisor's own mean a bug or an expected fault, a guest's are mended, emulated,
 * or handed to its handlers. */
#include <asm/emulate.h>
#include <asm/entry.h>
#include <asm/processor.h>
#include <asm/pv_mm.h>
#include <asm/symbols.h>
#include <hv/hypercall.h>
#include <hv/printk.h>

#define DR6_CLEAR 0xffff0ff0UL

static const char *const exception_names[] = {"divide error",
                                              "debug",
                                              "NMI",
                                              "breakpoint",
                                              "overflow",
                                              "bounds",
                                              "invalid opcode",
                                              "device not available",
                                              "double fault",
                                              "coprocessor overrun",
                                              "invalid TSS",
                                              "segment not present",
                                              "stack fault",
                                              "general protection",
                                              "page fault",
                                              "spurious",
                                              "x87 error",
                                              "alignment check",
                                              "machine check",
                                              "SIMD error"};

static const char *exception_name(unsigned int vector)
{
    return vector < ARRAY_SIZE(exception_names) ? exception_names[vector] : "exception";
}

noreturn void pv_fatal(struct cpu_user_regs *regs)
{
    show_regs(regs);
    panic("%s in the hypervisor, error %x, cr2 %lx", exception_name(regs->entry_vector),
          regs->error_code, read_cr2());
}

/* In the hypervisor itself, that is, in ring 0. */
static void own_exception(struct cpu_user_regs *regs)
{
    unsigned long fixup = ex_table_search(regs->rip), cr2 = read_cr2();
    bool mended = false;

    /* The TLB may have been behind.  To find out takes a lock whose holder may wait for this CPU to
     * flush: never with interrupts off. */
    if (regs->entry_vector == TRAP_page_fault && fixup && (regs->rflags & X86_EFLAGS_IF)) {
        arch_irq_enable();
        mended = pv_mm_fault(regs, cr2, regs->error_code);
        arch_irq_disable();
    }
    if (mended)
        return;
    if (fixup) {
        regs->rip = fixup;
        return;
    }
    pv_fatal(regs);
}

/* A guest's watchpoint, hit by a copy on its behalf, or by its MOV SS before it called us. */
void pv_own_debug(struct cpu_user_regs *regs)
{
    write_dr6(DR6_CLEAR);
    regs->rflags &= ~X86_EFLAGS_TF;
}

static bool has_error_code(unsigned int vector)
{
    return vector == TRAP_double_fault ||
           (vector >= TRAP_invalid_tss && vector <= TRAP_page_fault) || vector == TRAP_alignment;
}

/* INT n from ring 3: the gates are ours, so that the processor says #GP, and for which vector. */
static bool software_interrupt(struct cpu_user_regs *regs)
{
    unsigned int vector = (regs->error_code & 0xffff) >> 3;
    struct vcpu *v = current;
    const struct trap_info *ti = &v->arch.traps[vector & 0xff];

    if ((regs->error_code & 7) != 2 || !ti->address ||
        TI_GET_DPL(ti) < (v->arch.kernel_mode ? 0 : 3))
        return false;
    regs->rip += 2;
    pv_inject(regs, vector & 0xff, 0, false);
    return true;
}

static void guest_gp(struct cpu_user_regs *regs)
{
    if (regs->error_code ? software_interrupt(regs) : pv_emulate_privileged(regs))
        return;
    pv_inject_gp(regs, regs->error_code);
}

static void guest_no_device(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;

    clts();
    if (!(v->arch.ctrlreg[0] & X86_CR0_TS))
        return;
    v->arch.ctrlreg[0] &= ~X86_CR0_TS;
    pv_inject(regs, TRAP_no_device, 0, false);
}

static void guest_debug(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;

    v->arch.debugreg[6] = read_dr6();
    write_dr6(DR6_CLEAR);
    pv_inject(regs, TRAP_debug, 0, false);
}

static void guest_exception(struct cpu_user_regs *regs)
{
    switch (regs->entry_vector) {
    case TRAP_gp_fault:
        guest_gp(regs);
        break;
    case TRAP_invalid_op:
        if (!pv_emulate_forced(regs))
            pv_inject(regs, TRAP_invalid_op, 0, false);
        break;
    case TRAP_no_device:
        guest_no_device(regs);
        break;
    case TRAP_debug:
        guest_debug(regs);
        break;
    default:
        pv_inject(regs, regs->entry_vector, regs->error_code, has_error_code(regs->entry_vector));
        break;
    }
}

void pv_exception(struct cpu_user_regs *regs)
{
    unsigned long cr2;

    if (!(regs->cs & 3)) {
        own_exception(regs);
        return;
    }
    if (regs->entry_vector != TRAP_page_fault) {
        arch_irq_enable();
        guest_exception(regs);
        return;
    }
    cr2 = read_cr2();
    arch_irq_enable();
    if (!pv_mm_fault(regs, cr2, regs->error_code))
        pv_inject_pf(regs, cr2, regs->error_code);
}

/* It may have interrupted anything, the holder of any lock: the rest is done from a softirq. */
void pv_nmi(struct cpu_user_regs *regs)
{
    softirq_raise(SOFTIRQ_NMI);
}

/* The machine's NMIs are dom0's. */
void arch_nmi_softirq(void)
{
    struct vcpu *v = dom0 ? domain_vcpu(dom0, 0) : NULL;

    printk(XENLOG_WARNING "CPU %u: NMI\n", smp_processor_id());
    if (!v)
        return;
    write_atomic(&v->arch.nmi_pending, true);
    smp_mb(); /* vcpu_block() puts up its flag first, and then looks */
    vcpu_unblock(v);
    arch_vcpu_kick(v);
}

/* --- SYSCALL ---------------------------------------------------------------------------------------- */

static void hypercall(struct cpu_user_regs *regs)
{
    struct hypercall_args a = hypercall_args_of(regs);
    unsigned long nr = regs->rax;
    long rc = hypercall_dispatch(nr, &a);

    if (nr == __HYPERVISOR_iret)
        return; /* all registers are what the frame said */
    if (rc != -EPREEMPTED) {
        regs->rax = (uint64_t)rc;
        return;
    }
    hypercall_args_left(regs, &a);
    regs->rip -= 2; /* the SYSCALL again */
}

static void call_back(struct cpu_user_regs *regs, unsigned long eip, bool mask_events)
{
    struct bounce b = {.eip = eip, .mask_events = mask_events};

    if (eip) {
        pv_bounce(regs, &b);
    } else {
        regs->rip -= 2;
        pv_inject(regs, TRAP_invalid_op, 0, false);
    }
}

void pv_syscall(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;

    if (v->arch.kernel_mode)
        hypercall(regs);
    else
        call_back(regs, v->arch.syscall_callback_eip, v->arch.syscall_disables_events);
}

void pv_syscall32(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;

    call_back(regs, v->arch.kernel_mode ? 0 : v->arch.syscall32_callback_eip,
              v->arch.syscall32_disables_events);
}

void pv_sysenter(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;

    regs->rflags |= X86_EFLAGS_IF; /* it had been: guests run with interrupts on */
    call_back(regs, v->arch.kernel_mode ? 0 : v->arch.sysenter_callback_eip,
              v->arch.sysenter_disables_events);
}

/* --- the way out -------------------------------------------------------------------------------------- */

void pv_iret_fault(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;
    struct bounce b = {.eip = v->arch.failsafe_callback_eip,
                       .failsafe = true,
                       .mask_events = v->arch.failsafe_disables_events};

    if (!b.eip) {
        domain_crash(
            v->domain,
            "cannot return to %04x:%lx, stack %04lx:%lx, and there is no failsafe callback",
            regs->cs, regs->rip, (unsigned long)regs->ss & 0xffff, regs->rsp);
        return;
    }
    pv_bounce(regs, &b);
}

static bool deliver_nmi(struct vcpu *v, struct cpu_user_regs *regs)
{
    struct bounce b = {.eip = v->arch.nmi_callback, .mask_events = true};

    if (!v->arch.nmi_pending || v->arch.nmi_masked || !b.eip)
        return false;
    v->arch.nmi_pending = false;
    v->arch.nmi_masked = true;
    pv_bounce(regs, &b);
    return true;
}

static bool deliver_event(struct vcpu *v, struct cpu_user_regs *regs)
{
    struct bounce b = {.eip = v->arch.event_callback_eip, .mask_events = true};

    if (!evtchn_upcall_pending(v) || !b.eip)
        return false;
    pv_bounce(regs, &b);
    return true;
}

/* Softirqs and what is to be delivered, until there is no more; interrupts are off then. */
static __attribute__((noinline)) void work_before_exit(struct vcpu *v, struct cpu_user_regs *regs)
{
    for (;;) {
        arch_irq_disable();
        if (softirq_pending_here()) {
            arch_irq_enable();
            softirq_run();
            continue;
        }
        if (!v->arch.nmi_pending && !evtchn_upcall_pending(v))
            break;
        arch_irq_enable();
        if (!deliver_nmi(v, regs) && !deliver_event(v, regs)) {
            arch_irq_disable();
            if (!softirq_pending_here())
                break;
        }
    }
}

bool pv_exit_to_guest(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;

    arch_irq_disable();
    if (softirq_pending_here() || v->arch.nmi_pending || evtchn_upcall_pending(v))
        work_before_exit(v, regs);
    return regs->entry_vector == TRAP_syscall && regs->cs == SEL_RING3_CS64 &&
           (regs->ss & 0xffff) == SEL_RING3_DS && is_canonical(regs->rip);
}
