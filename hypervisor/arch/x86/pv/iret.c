/* SPDX-License-Identifier: MIT */
/* The iret hypercall: how a guest kernel returns from its handlers. */
#include <asm/entry.h>
#include <asm/processor.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>

long do_iret(struct hypercall_args *a)
{
    struct cpu_user_regs *regs = guest_cpu_user_regs();
    struct vcpu *v = current;
    struct iret_context ctx;

    if (copy_from_guest_va(&ctx, regs->rsp, sizeof(ctx))) {
        domain_crash(v->domain, "iret: cannot read the frame at %lx", regs->rsp);
        return -EFAULT;
    }
    if ((ctx.cs & 3) == 3) {
        if (!v->arch.mm.user_l4.v) {
            domain_crash(v->domain, "iret to user mode without user page tables");
            return -EINVAL;
        }
        pv_toggle_mode(v);
    }
    regs->rip = ctx.rip;
    regs->cs = (uint16_t)(ctx.cs | 3);
    regs->rflags =
        (ctx.rflags & ~(X86_EFLAGS_IOPL | X86_EFLAGS_VM)) | X86_EFLAGS_IF | X86_EFLAGS_MBS;
    regs->rsp = ctx.rsp;
    regs->ss = (uint16_t)(ctx.ss | 3);
    if (!(ctx.flags & VGCF_in_syscall)) {
        regs->entry_vector = 0;
        regs->r11 = ctx.r11;
        regs->rcx = ctx.rcx;
    }
    v->arch.nmi_masked = false;
    v->vcpu_info->evtchn_upcall_mask = !(ctx.rflags & X86_EFLAGS_IF);
    /* The program's rax may have any value: it is no result that a caller may look at. */
    regs->rax = ctx.rax;
    return 0;
}
