/* SPDX-License-Identifier: MIT */
/* Having a guest's handler run: exceptions, events, system calls of its programs. */
#include <asm/entry.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/pv_mm.h>
#include <hv/guest_access.h>

/* A guest kernel believes to be in ring 0: that is what it sees in saved code segments. */
static uint64_t saved_cs(const struct vcpu *v, const struct cpu_user_regs *regs, bool kernel)
{
    uint64_t cs = kernel ? regs->cs & ~3UL & 0xffff : regs->cs & 0xffff;

    return cs | (uint64_t)v->vcpu_info->evtchn_upcall_mask << 32;
}

static uint64_t saved_flags(const struct vcpu *v, const struct cpu_user_regs *regs)
{
    uint64_t flags = regs->rflags & ~(X86_EFLAGS_IF | X86_EFLAGS_IOPL);

    return v->vcpu_info->evtchn_upcall_mask ? flags : flags | X86_EFLAGS_IF;
}

void pv_bounce(struct cpu_user_regs *regs, const struct bounce *b)
{
    struct vcpu *v = current;
    bool kernel = v->arch.kernel_mode;
    uint64_t frame[12], sp = kernel ? regs->rsp : v->arch.kernel_sp;
    unsigned int n = 0;

    frame[n++] = regs->rcx;
    frame[n++] = regs->r11;
    if (b->failsafe) {
        __asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
                         : "=r"(frame[n]), "=r"(frame[n + 1]), "=r"(frame[n + 2]),
                           "=r"(frame[n + 3]));
        n += 4;
    }
    if (b->has_error)
        frame[n++] = b->error;
    frame[n++] = regs->rip;
    frame[n++] = saved_cs(v, regs, kernel);
    frame[n++] = saved_flags(v, regs);
    frame[n++] = regs->rsp;
    frame[n++] = regs->ss;
    if (!kernel)
        pv_toggle_mode(v);
    sp = (sp & ~15UL) - n * sizeof(frame[0]);
    if (copy_to_guest_va(sp, frame, n * sizeof(frame[0]))) {
        domain_crash(v->domain, "cannot write its stack at %lx to call its handler at %lx",
                     (unsigned long)sp, b->eip);
        return;
    }
    if (b->mask_events)
        v->vcpu_info->evtchn_upcall_mask = 1;
    regs->rip = b->eip;
    regs->cs = SEL_RING3_CS64;
    regs->ss = SEL_RING3_DS;
    regs->rsp = sp;
    regs->rflags &= ~(X86_EFLAGS_VM | X86_EFLAGS_RF | X86_EFLAGS_NT | X86_EFLAGS_TF |
                      X86_EFLAGS_AC | X86_EFLAGS_DF | X86_EFLAGS_IOPL);
    /* rcx and r11 are in the frame: SYSRET may have them. */
    regs->entry_vector = TRAP_syscall;
}

void pv_inject(struct cpu_user_regs *regs, unsigned int vector, uint32_t error, bool has_error)
{
    struct vcpu *v = current;
    const struct trap_info *ti = &v->arch.traps[vector];
    struct bounce b = {.eip = ti->address,
                       .cs = ti->cs,
                       .mask_events = TI_GET_IF(ti),
                       .has_error = has_error,
                       .error = error};

    if (!ti->address) {
        domain_crash(v->domain, "exception %u (error %x) without a handler", vector, error);
        return;
    }
    pv_bounce(regs, &b);
}

void pv_inject_gp(struct cpu_user_regs *regs, uint32_t error)
{
    pv_inject(regs, TRAP_gp_fault, error, true);
}

void pv_inject_pf(struct cpu_user_regs *regs, vaddr_t va, uint32_t error)
{
    struct vcpu *v = current;

    v->arch.ctrlreg[2] = va;
    v->vcpu_info->arch.cr2 = va;
    /* Both run in ring 3; what counts is what the guest takes for its user mode. */
    error = v->arch.kernel_mode ? error & ~(uint32_t)PFEC_user : error | (uint32_t)PFEC_user;
    pv_inject(regs, TRAP_page_fault, error, true);
}

void pv_toggle_mode(struct vcpu *v)
{
    uint64_t gs = rdmsr(MSR_GS_BASE);
    unsigned long flags = arch_irq_save();

    if (v->arch.kernel_mode) {
        v->arch.gs_base_kernel = gs;
        wrmsr(MSR_GS_BASE, v->arch.gs_base_user);
    } else {
        v->arch.gs_base_user = gs;
        wrmsr(MSR_GS_BASE, v->arch.gs_base_kernel);
    }
    v->arch.kernel_mode = !v->arch.kernel_mode;
    pv_mm_load_cr3(v);
    arch_irq_restore(flags);
}
