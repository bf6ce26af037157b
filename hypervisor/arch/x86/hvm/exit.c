/* SPDX-License-Identifier: MIT */
/* Why a container's guest has come out, and what is done about it. */
#include "exit.h"
#include <asm/apic.h>
#include <asm/p2m.h>
#include <asm/processor.h>
#include <hv/errno.h>
#include <hv/hypercall.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/string.h>

/* --- instructions ----------------------------------------------------------------------------------------- */
static unsigned int code_bits(struct vcpu *v)
{
    struct hvm_segment cs;

    hvm->get_segment(v, HVM_CS, &cs);
    if ((cs.attr & SEG_L) && (hvm->get(v, HVM_EFER) & EFER_LMA))
        return 64;
    return cs.attr & SEG_DB ? 32 : 16;
}

/* The one at rip; false: it is not there any more or not one that we know, and the guest has its
 * exception. */
static bool fetch(struct vcpu *v, struct cpu_user_regs *regs, struct hvm_exit *e, struct insn *i)
{
    unsigned int bits = code_bits(v), n = e->nr_bytes;
    struct hvm_segment cs;
    uint32_t error = 0, access = HVM_ACCESS_FETCH | (hvm->cpl(v) == 3 ? HVM_ACCESS_USER : 0);
    vaddr_t va = regs->rip;

    if (!n) {
        hvm->get_segment(v, HVM_CS, &cs);
        va = bits == 64 ? va : (uint32_t)(va + cs.base);
        n = INSN_MAX - (unsigned int)hvm_copy(v, e->bytes, va, INSN_MAX, access, &error);
    }
    if (n && insn_decode(i, e->bytes, n, bits) == 0)
        return true;
    if (n < INSN_MAX && !e->nr_bytes)
        hvm_inject_pf(v, va + n, error);
    else
        hvm_inject_ud(v);
    return false;
}

/* Where the guest goes on after the instruction; 0: see fetch(). */
static uint64_t next_rip(struct vcpu *v, struct cpu_user_regs *regs, struct hvm_exit *e)
{
    struct insn i;
    uint64_t next;

    if (e->next_rip)
        return e->next_rip;
    if (!fetch(v, regs, e, &i))
        return 0;
    next = regs->rip + i.length;
    return code_bits(v) == 64 ? next : (uint32_t)next;
}

static void go_on_at(struct vcpu *v, struct cpu_user_regs *regs, uint64_t rip)
{
    regs->rip = rip;
    regs->rflags &= ~X86_EFLAGS_RF;
    hvm->end_shadow(v);
    if (regs->rflags & X86_EFLAGS_TF) {
        hvm->set(v, HVM_DR6, hvm->get(v, HVM_DR6) | BIT(14));
        hvm_inject(v, TRAP_debug, false, 0);
    }
}

/* --- single exits -------------------------------------------------------------------------------------------- */
static void exit_cpuid(struct vcpu *v, struct cpu_user_regs *regs)
{
    struct cpuid_regs r;

    hvm_cpuid(v, (uint32_t)regs->rax, (uint32_t)regs->rcx, &r);
    regs->rax = r.a;
    regs->rbx = r.b;
    regs->rcx = r.c;
    regs->rdx = r.d;
}

/* With interrupts off it is gone for good, until another vCPU starts it anew. */
static void halt_for_good(struct vcpu *v)
{
    struct hypercall_args a = {{VCPUOP_down, v->id, 0}};

    do_vcpu_op(&a);
    if (v->arch.hvm->init_pending)
        hvm_wake_down(v);
}

static void exit_hlt(struct vcpu *v, struct cpu_user_regs *regs)
{
    if (regs->rflags & X86_EFLAGS_IF)
        vcpu_block();
    else if (!read_atomic(&v->arch.hvm->nmi_pending))
        halt_for_good(v);
}

/* Nothing is at any port, but a console that kernels know from elsewhere. */
static void exit_io(struct vcpu *v, struct cpu_user_regs *regs, const struct hvm_exit *e)
{
    const uint64_t ones = ~0UL;

    if (e->u.io.string) /* what INS would read is as it was */
        return;
    if (e->u.io.in && e->u.io.size == 4)
        regs->rax = 0xffffffff;
    else if (e->u.io.in)
        memcpy(&regs->rax, &ones, e->u.io.size);
    else if (e->u.io.port == 0xe9 && e->u.io.size == 1)
        hvm_console_char(v->domain, (char)regs->rax);
}

static bool exit_msr(struct vcpu *v, struct cpu_user_regs *regs, bool write)
{
    uint64_t val = regs->rdx << 32 | (uint32_t)regs->rax;
    int rc =
        write ? hvm_wrmsr(v, (uint32_t)regs->rcx, val) : hvm_rdmsr(v, (uint32_t)regs->rcx, &val);

    if (rc) {
        hvm_inject_gp(v);
        return false;
    }
    if (!write) {
        regs->rax = (uint32_t)val;
        regs->rdx = val >> 32;
    }
    return true;
}

static bool write_tpr(struct vcpu *v, uint64_t val)
{
    if (val > 15) {
        hvm_inject_gp(v);
        return false;
    }
    lapic_write(v, APIC_TPR, (uint32_t)val << 4);
    return true;
}

/* CR4 is watched for what the guest's processor does not have, CR8 while an interrupt waits. */
static bool exit_write_cr(struct vcpu *v, struct cpu_user_regs *regs, struct hvm_exit *e)
{
    uint64_t val, old = hvm->get(v, HVM_CR4);
    struct insn i = {.rm = e->u.cr.gpr};

    if (e->u.cr.gpr == 0xff && !fetch(v, regs, e, &i))
        return false;
    val = *insn_gpr(regs, i.rm);
    if (code_bits(v) != 64)
        val = (uint32_t)val;
    if (e->u.cr.cr == 8)
        return write_tpr(v, val);
    if (e->u.cr.cr != 4 || (val & ~hvm_cr4_allowed(v)) ||
        ((hvm->get(v, HVM_EFER) & EFER_LMA) && !(val & X86_CR4_PAE)) ||
        ((val & ~old & X86_CR4_PCIDE) &&
         (!(hvm->get(v, HVM_EFER) & EFER_LMA) || (hvm->get(v, HVM_CR3) & (PAGE_SIZE - 1))))) {
        hvm_inject_gp(v);
        return false;
    }
    if ((old ^ val) & (X86_CR4_PGE | X86_CR4_PAE | X86_CR4_PSE | X86_CR4_PCIDE | X86_CR4_SMEP))
        v->arch.hvm->flush_tlb = true;
    hvm->set(v, HVM_CR4, val);
    return true;
}

static bool exit_xsetbv(struct vcpu *v, struct cpu_user_regs *regs)
{
    uint64_t val = regs->rdx << 32 | (uint32_t)regs->rax;
    bool enabled = hvm->get(v, HVM_CR4) & X86_CR4_OSXSAVE;

    if (!enabled) {
        hvm_inject_ud(v);
        return false;
    }
    if (hvm->cpl(v) || regs->rcx & 0xffffffff || !hvm_xcr0_valid(v, val)) {
        hvm_inject_gp(v);
        return false;
    }
    v->arch.xcr0 = val;
    xsetbv(0, val);
    return true;
}

/* --- memory that is not there, or not as it is wanted --------------------------------------------------- */
static void exit_fault(struct vcpu *v, struct cpu_user_regs *regs, struct hvm_exit *e)
{
    maddr_t gpa = e->u.fault.gpa;
    struct insn i;
    bool again;

    if (!hvm_is_device(v, gpa) && p2m_fault(v, gpa, e->u.fault.error) != P2M_BAD)
        return;
    /* What no instruction's operand has touched cannot be emulated. */
    if (e->u.fault.in_walk || (e->u.fault.error & PFEC_insn) || v->arch.hvm->event.valid) {
        domain_crash(v->domain, "%s at %lx, where no memory is",
                     e->u.fault.in_walk             ? "page tables"
                     : e->u.fault.error & PFEC_insn ? "code"
                                                    : "an exception's tables or stack",
                     gpa);
        return;
    }
    if (!fetch(v, regs, e, &i))
        return;
    if (!hvm_mmio(v, regs, gpa, &i, &again)) {
        printk(XENLOG_G_DEBUG "d%uv%u: opcode %x at physical address %lx, without memory\n",
               v->domain->domid, v->id, i.opcode, gpa);
        hvm_inject_ud(v);
        return;
    }
    if (!again)
        go_on_at(v, regs,
                 code_bits(v) == 64 ? regs->rip + i.length : (uint32_t)(regs->rip + i.length));
}

static void exit_exception(struct vcpu *v, const struct hvm_exit *e)
{
    if (e->u.exception.vector == TRAP_page_fault)
        hvm_inject_pf(v, e->u.exception.address, e->u.exception.error);
    else
        hvm_inject(v, e->u.exception.vector, e->u.exception.has_error, e->u.exception.error);
}

/* --- dispatch --------------------------------------------------------------------------------------------- */
/* Exits at an instruction, which is passed over if this says true. */
static bool at_instruction(struct vcpu *v, struct cpu_user_regs *regs, struct hvm_exit *e)
{
    switch (e->reason) {
    case HVM_EXIT_CPUID:
        exit_cpuid(v, regs);
        return true;
    case HVM_EXIT_HLT:
        exit_hlt(v, regs);
        return true;
    case HVM_EXIT_IO:
        exit_io(v, regs, e);
        return true;
    case HVM_EXIT_RDMSR:
    case HVM_EXIT_WRMSR:
        return exit_msr(v, regs, e->reason == HVM_EXIT_WRMSR);
    case HVM_EXIT_WRITE_CR:
        return exit_write_cr(v, regs, e);
    case HVM_EXIT_XSETBV:
        return exit_xsetbv(v, regs);
    case HVM_EXIT_PAUSE:
        vcpu_yield();
        return true;
    case HVM_EXIT_FORBIDDEN:
        hvm_inject_gp(v);
        return false;
    case HVM_EXIT_CACHE: /* no device looks at memory: nothing to write back for */
        return true;
    default:
        hvm_inject_ud(v);
        return false;
    }
}

/* What that is to be, the tools have said. */
void hvm_triple_fault(struct vcpu *v)
{
    uint64_t reason = v->domain->arch.hvm->params[HVM_PARAM_TRIPLE_FAULT_REASON];

    if (reason == SHUTDOWN_crash) {
        domain_crash(v->domain, "triple fault");
    } else {
        printk(XENLOG_G_ERR "d%dv%u: triple fault\n", v->domain->domid, v->id);
        hvm_show_vcpu(v);
        domain_shutdown(v->domain, (uint8_t)reason);
    }
}

void hvm_handle_exit(struct cpu_user_regs *regs, struct hvm_exit *e)
{
    struct vcpu *v = current;
    uint64_t next;

    switch (e->reason) {
    case HVM_EXIT_EXCEPTION:
        exit_exception(v, e);
        break;
    case HVM_EXIT_NESTED_FAULT:
        exit_fault(v, regs, e);
        break;
    case HVM_EXIT_IRET:
        hvm->watch_iret(v, false);
        v->arch.hvm->nmi_blocked_at = regs->rip;
        break;
    case HVM_EXIT_TRIPLE_FAULT:
        hvm_triple_fault(v);
        break;
    case HVM_EXIT_BROKEN:
        domain_crash(v->domain, "its state cannot be entered: exit %lx", e->u.code);
        break;
    case HVM_EXIT_NOT_THERE:
        hvm_inject_ud(v);
        break;
    default:
        next = next_rip(v, regs, e);
        if (!next)
            break;
        if (e->reason == HVM_EXIT_HYPERCALL)
            hvm_hypercall(regs, next);
        else if (at_instruction(v, regs, e))
            go_on_at(v, regs, next);
        break;
    }
}
