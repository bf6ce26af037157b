/* SPDX-License-Identifier: MIT */
/* Switching a CPU from one vCPU to another. */
#include <asm/emulate.h>
#include <asm/entry.h>
#include <asm/fpu.h>
#include <asm/hvm.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/pv_mm.h>
#include <asm/setup.h>
#include <hv/arch/domain.h>

_Static_assert(offsetof(struct cpu_user_regs, rbp) == REGS_RBP, "entry.h");
_Static_assert(offsetof(struct cpu_user_regs, rbx) == REGS_RBX, "entry.h");
_Static_assert(offsetof(struct cpu_user_regs, r11) == REGS_R11, "entry.h");
_Static_assert(offsetof(struct cpu_user_regs, rcx) == REGS_RCX, "entry.h");
_Static_assert(offsetof(struct cpu_user_regs, error_code) == REGS_ERROR, "entry.h");
_Static_assert(offsetof(struct cpu_user_regs, entry_vector) == REGS_VECTOR, "entry.h");
_Static_assert(offsetof(struct cpu_user_regs, rip) == REGS_RIP, "entry.h");
_Static_assert(offsetof(struct cpu_user_regs, cs) == REGS_CS, "entry.h");
_Static_assert(sizeof(struct cpu_user_regs) == REGS_SIZE, "entry.h");
_Static_assert(sizeof(struct cpu_info) == CPU_INFO_SIZE, "entry.h");
_Static_assert(offsetof(struct cpu_info, scratch) == INFO_SCRATCH, "entry.h");
_Static_assert(offsetof(struct cpu_info, syscall_rsp) == INFO_SYSCALL_RSP, "entry.h");
_Static_assert(offsetof(struct cpu_info, host_vmcb) == INFO_HOST_VMCB, "entry.h");

static void save_segments(struct vcpu *v, struct cpu_user_regs *r)
{
    __asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
                     : "=m"(r->ds), "=m"(r->es), "=m"(r->fs), "=m"(r->gs));
    v->arch.fs_base = rdmsr(MSR_FS_BASE);
    if (v->arch.kernel_mode)
        v->arch.gs_base_kernel = rdmsr(MSR_GS_BASE);
    else
        v->arch.gs_base_user = rdmsr(MSR_GS_BASE);
}

static void load_segments(const struct vcpu *v, const struct cpu_user_regs *r)
{
    uint32_t ds = r->ds, es = r->es, fs = r->fs, gs = r->gs;

/* A selector that faults becomes 0. */
#define LOAD(reg)                                                                                  \
    __asm__ volatile("1: mov %w0, %%" #reg "\n"                                                    \
                     "   jmp 3f\n"                                                                 \
                     "2: xor %k0, %k0\n"                                                           \
                     "   mov %w0, %%" #reg "\n"                                                    \
                     "3:\n" EX_TABLE(1b, 2b)                                                       \
                     : "+r"(reg))
    LOAD(ds);
    LOAD(es);
    LOAD(fs);
    LOAD(gs);
#undef LOAD
    wrmsr(MSR_FS_BASE, v->arch.fs_base);
    wrmsr(MSR_GS_BASE, v->arch.kernel_mode ? v->arch.gs_base_kernel : v->arch.gs_base_user);
}

static void save_vcpu(struct vcpu *v)
{
    struct cpu_user_regs *regs = guest_cpu_user_regs();

    if (!v->domain->is_hvm)
        save_segments(v, regs);
    v->arch.regs = *regs;
    fpu_save(v);
    if (v->domain->is_hvm) {
        hvm->save(v);
        return;
    }
    if (v->arch.debugreg[7] & 0xff)
        write_dr7(0x400);
}

static void load_vcpu(struct vcpu *v)
{
    struct cpu_user_regs *regs = guest_cpu_user_regs();

    *regs = v->arch.regs;
    if (v->domain->is_hvm) {
        fpu_load(v);
        hvm_load_vcpu(v);
        return;
    }
    load_segments(v, regs);
    fpu_load(v);
    if (v->arch.debugreg[7] & 0xff)
        pv_load_debug_registers(v);
}

/* Time and run state go to addresses of the guest's kernel, which its user mode's page tables do not
 * map. */
static void publish_to_guest(struct vcpu *v)
{
    bool switch_tables = !v->arch.kernel_mode && (v->runstate_guest || v->arch.time_info_guest);

    if (switch_tables)
        pv_mm_load_kernel(v);
    arch_update_vcpu_time(v);
    arch_update_runstate_area(v);
    if (switch_tables)
        pv_mm_load_cr3(v);
}

void arch_context_switch(struct vcpu *prev, struct vcpu *next)
{
    struct cpu_info *info = get_cpu_info();

    if (prev == next)
        return;
    arch_irq_disable();
    if (!prev->domain->is_idle)
        save_vcpu(prev);
    pv_mm_switch_from(prev);
    info->current_vcpu = next;
    pv_mm_switch_to(next);
    if (!next->domain->is_idle)
        load_vcpu(next);
    context_saved(prev);
    if (next->domain->is_idle)
        start_idle();
    if (next->domain->is_hvm)
        hvm->enter();
    publish_to_guest(next);
    return_to_guest();
}

/* One that it can be told of: others wait until the guest is ready. */
static bool has_nmi(const struct vcpu *v)
{
    return read_atomic(&v->arch.nmi_pending) && !v->arch.nmi_masked && v->arch.nmi_callback;
}

bool arch_vcpu_wants_to_run(struct vcpu *v)
{
    return v->domain->is_hvm ? hvm_wants_to_run(v) : evtchn_upcall_pending(v) || has_nmi(v);
}

void arch_vcpu_kick(struct vcpu *v)
{
    unsigned int cpu = read_atomic(&v->processor);

    if (v->domain->is_hvm) {
        hvm_event_notify(v);
        return;
    }
    /* Events are looked for on the way out of the hypervisor: an interrupt makes it go there. */
    if (read_atomic(&v->is_running) && cpu != smp_processor_id())
        arch_send_event_check(cpu);
}

void pv_cpu_init(void)
{
    struct cpu_info *info = get_cpu_info();

    info->syscall_rsp = (unsigned long)&info->guest_regs.es;
    wrmsr(MSR_KERNEL_GS_BASE, (uint64_t)info);
    wrmsr(MSR_STAR, (uint64_t)SEL_RING3_CS32 << 48 | (uint64_t)HV_CS64 << 32);
    wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
    wrmsr(MSR_CSTAR, (uint64_t)syscall32_entry);
    wrmsr(MSR_SYSCALL_MASK, X86_EFLAGS_IF | X86_EFLAGS_DF | X86_EFLAGS_TF | X86_EFLAGS_AC |
                                X86_EFLAGS_NT | X86_EFLAGS_IOPL | X86_EFLAGS_RF);
    wrmsr_safe(MSR_SYSENTER_CS, HV_CS64);
    wrmsr_safe(MSR_SYSENTER_ESP, info->syscall_rsp);
    wrmsr_safe(MSR_SYSENTER_EIP, (uint64_t)sysenter_entry);
}
