/* SPDX-License-Identifier: MIT */
/* Each of SVM's exit codes to its end: those that QEMU never makes (PAUSE, #AC), and processors that say
 * more than QEMU's (next rip, decode assists), are tested here alone. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include "../../../hypervisor/arch/x86/hvm/svm.h"
#include <asm/emulate.h>
#include <asm/insn.h>
#include <asm/msr.h>
#include <asm/p2m.h>
#include <asm/processor.h>
#include <hv/arch/domain.h>
#include <hv/errno.h>
#include <hv/hypercall.h>
#include <hv/softirq.h>

#define HERE 0x1000UL

/* What has been done about an exit; `NOTHING` with rip changed: the instruction was passed over. */
enum deed {
    NOTHING,
    INJECTED,
    CRASHED,
    RESET,
    YIELDED,
    BLOCKED,
    CALLED,
    WATCHES_NO_IRET,
};

static struct vcpu vcpu;
static struct domain dom;
static struct hvm_vcpu state;
static struct hvm_domain hdom;
static struct cpu_user_regs regs;
static struct vmcb vmcb;
static uint64_t reg[NR_HVM_REGS], called_next, msr_written;
static unsigned int ring, fetches, port_bytes;
static struct hvm_segment cs;
static uint8_t code[INSN_MAX], tpr;
static size_t code_size;
static bool nrip, device, downed;
static enum p2m_fault fault_result;
static enum deed deed;
static struct hvm_event injected;
struct vcpu *test_current = &vcpu;

/* --- the rest of the hypervisor ---------------------------------------------------------------------- */
static uint64_t get(const struct vcpu *v, enum hvm_reg r)
{
    return reg[r];
}
static void set(struct vcpu *v, enum hvm_reg r, uint64_t val)
{
    reg[r] = val;
}
static void get_segment(const struct vcpu *v, enum hvm_seg seg, struct hvm_segment *s)
{
    *s = cs;
}
static unsigned int cpl(const struct vcpu *v)
{
    return ring;
}
static void end_shadow(struct vcpu *v)
{
    vmcb.shadow = 0;
}
static void watch_iret(struct vcpu *v, bool on)
{
    deed = on ? NOTHING : WATCHES_NO_IRET;
}
static const struct hvm_vendor vendor = {.get = get,
                                         .set = set,
                                         .get_segment = get_segment,
                                         .cpl = cpl,
                                         .end_shadow = end_shadow,
                                         .watch_iret = watch_iret};
const struct hvm_vendor *hvm = &vendor;

bool svm_has_nrip(void)
{
    return nrip;
}
void hvm_inject(struct vcpu *v, unsigned int vector, bool has_error, uint32_t error)
{
    deed = INJECTED;
    injected =
        (struct hvm_event){.vector = (uint8_t)vector, .has_error = has_error, .error = error};
}
void hvm_inject_gp(struct vcpu *v)
{
    hvm_inject(v, TRAP_gp_fault, true, 0);
}
void hvm_inject_ud(struct vcpu *v)
{
    hvm_inject(v, TRAP_invalid_op, false, 0);
}
void hvm_inject_pf(struct vcpu *v, uint64_t address, uint32_t error)
{
    reg[HVM_CR2] = address;
    hvm_inject(v, TRAP_page_fault, true, error);
}
void domain_crash(struct domain *d, const char *fmt, ...)
{
    deed = CRASHED;
}
void domain_shutdown(struct domain *d, uint8_t reason)
{
    deed = RESET;
}
void printk(const char *fmt, ...)
{
}
void hvm_show_vcpu(struct vcpu *v)
{
}
void vcpu_yield(void)
{
    deed = YIELDED;
}
void vcpu_block(void)
{
    deed = BLOCKED;
}
void hvm_wake_down(struct vcpu *v)
{
}
long do_vcpu_op(struct hypercall_args *a)
{
    downed = true;
    return 0;
}
void hvm_hypercall(struct cpu_user_regs *r, uint64_t next)
{
    deed = CALLED;
    called_next = next;
}
void hvm_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *r)
{
    *r = (struct cpuid_regs){leaf + 1, 2, 3, 4};
}
int hvm_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    *val = 0x1111111122222222;
    return msr == 0x10 ? 0 : -EFAULT;
}
int hvm_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
    msr_written = val;
    return msr == 0x10 ? 0 : -EFAULT;
}
void lapic_write(struct vcpu *v, uint32_t offset, uint32_t val)
{
    tpr = (uint8_t)val;
}
uint64_t hvm_cr4_allowed(const struct vcpu *v)
{
    return X86_CR4_PAE | X86_CR4_PGE | X86_CR4_PCIDE;
}
bool hvm_xcr0_valid(const struct vcpu *v, uint64_t val)
{
    return val == 7;
}
void hvm_console_char(struct domain *d, char c)
{
    port_bytes++;
}
bool hvm_is_device(const struct vcpu *v, maddr_t gpa)
{
    return device;
}
enum p2m_fault p2m_fault(struct vcpu *v, maddr_t gpa, uint32_t error)
{
    return fault_result;
}
bool hvm_mmio(struct vcpu *v, struct cpu_user_regs *r, maddr_t gpa, const struct insn *i,
              bool *again)
{
    *again = false;
    return i->opcode == 0x89; /* MOV */
}
unsigned long *insn_gpr(struct cpu_user_regs *r, unsigned int nr)
{
    return nr == 13 ? &r->r13 : nr == 1 ? &r->rcx : &r->rax;
}
size_t hvm_copy(struct vcpu *v, void *buf, vaddr_t va, size_t len, uint32_t access, uint32_t *error)
{
    size_t n = min(len, code_size);

    fetches++;
    assert_int_equal(va, HERE);
    assert_true(access & HVM_ACCESS_FETCH);
    *error = PFEC_insn;
    memcpy(buf, code, n);
    return len - n;
}

static int setup(void **unused)
{
    memset(&state, 0, sizeof(state));
    memset(&hdom, 0, sizeof(hdom));
    memset(&regs, 0, sizeof(regs));
    memset(&vmcb, 0, sizeof(vmcb));
    memset(reg, 0, sizeof(reg));
    memset(&injected, 0, sizeof(injected));
    vcpu = (struct vcpu){.domain = &dom};
    vcpu.arch.hvm = &state;
    dom.arch.hvm = &hdom;
    reg[HVM_EFER] = EFER_LMA | EFER_LME;
    cs = (struct hvm_segment){.attr = SEG_L | SEG_P};
    regs.rip = HERE;
    vmcb.shadow = 1;
    deed = NOTHING;
    fault_result = P2M_BAD;
    ring = fetches = port_bytes = 0;
    nrip = device = downed = false;
    code_size = 0;
    called_next = 0;
    return 0;
}

/* These, and NOPs behind them. */
static void with_code(const char *bytes)
{
    memset(code, 0x90, sizeof(code));
    memcpy(code, bytes, strlen(bytes));
    code_size = sizeof(code);
}

static void leave(uint64_t exit_code)
{
    struct hvm_exit e;

    vmcb.exit_code = exit_code;
    svm_decode_exit(&vcpu, &vmcb, &e);
    if (e.reason != HVM_EXIT_NOTHING)
        hvm_handle_exit(&regs, &e);
}

/* --- one row a code -------------------------------------------------------------------------------------- */
static const struct {
    uint64_t exit_code;
    const char *bytes; /* the instruction; NULL: none is looked at */
    enum deed deed;
    uint8_t vector;
    bool passed; /* goes on behind it */
} codes[] = {
    {EXIT_INTR, NULL, NOTHING, 0, false},
    {EXIT_NMI, NULL, NOTHING, 0, false},
    {EXIT_INIT, NULL, NOTHING, 0, false},
    {EXIT_RDPMC, "\x0f\x33", INJECTED, TRAP_gp_fault, false},
    {EXIT_CPUID, "\x0f\xa2", NOTHING, 0, true},
    {EXIT_IRET, NULL, WATCHES_NO_IRET, 0, false},
    {EXIT_INVD, "\x0f\x08", NOTHING, 0, true},
    {EXIT_WBINVD, "\x0f\x09", NOTHING, 0, true},
    {EXIT_WBINVD, "\xf3\x0f\x09", NOTHING, 0, true}, /* WBNOINVD */
    {EXIT_PAUSE, "\xf3\x90", YIELDED, 0, true},
    {EXIT_HLT, "\xf4", NOTHING, 0, true},
    {EXIT_SHUTDOWN, NULL, RESET, 0, false},
    {EXIT_VMMCALL, "\x0f\x01\xd9", CALLED, 0, false},
    {EXIT_EXCEPTION + TRAP_debug, NULL, INJECTED, TRAP_debug, false},
    {EXIT_EXCEPTION + TRAP_alignment, NULL, INJECTED, TRAP_alignment, false},
    /* what the guest's processor does not have: no instruction is looked at */
    {EXIT_VMRUN, NULL, INJECTED, TRAP_invalid_op, false},
    {0x7a /* INVLPGA */, NULL, INJECTED, TRAP_invalid_op, false},
    {0x82 /* VMLOAD */, NULL, INJECTED, TRAP_invalid_op, false},
    {0x83 /* VMSAVE */, NULL, INJECTED, TRAP_invalid_op, false},
    {0x84 /* STGI */, NULL, INJECTED, TRAP_invalid_op, false},
    {0x85 /* CLGI */, NULL, INJECTED, TRAP_invalid_op, false},
    {0x86 /* SKINIT */, NULL, INJECTED, TRAP_invalid_op, false},
    {EXIT_RDTSCP, NULL, INJECTED, TRAP_invalid_op, false},
    {0x8a /* MONITOR */, NULL, INJECTED, TRAP_invalid_op, false},
    {0x8b /* MWAIT */, NULL, INJECTED, TRAP_invalid_op, false},
    {0x8e /* RDPRU */, NULL, INJECTED, TRAP_invalid_op, false},
    {~0UL /* INVALID */, NULL, CRASHED, 0, false},
    {0xffffffff, NULL, CRASHED, 0, false},
};

static void each_code(void **unused)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(codes); i++) {
        size_t length = codes[i].bytes ? strlen(codes[i].bytes) : 0;

        setup(NULL);
        hdom.params[HVM_PARAM_TRIPLE_FAULT_REASON] = 1;
        with_code(codes[i].bytes ?: "");
        leave(codes[i].exit_code);
        assert_int_equal(deed, codes[i].deed);
        assert_int_equal(injected.vector, codes[i].vector);
        assert_int_equal(regs.rip, HERE + (codes[i].passed ? length : 0));
        assert_int_equal(vmcb.shadow, codes[i].passed ? 0 : 1);
        assert_int_equal(fetches, length != 0);
    }
}

/* Hardware that says where the next instruction is has none of them looked at. */
static void next_rip_of_hardware(void **unused)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(codes); i++) {
        setup(NULL);
        hdom.params[HVM_PARAM_TRIPLE_FAULT_REASON] = 1;
        nrip = true;
        vmcb.next_rip = HERE + 9;
        leave(codes[i].exit_code);
        assert_int_equal(deed, codes[i].deed);
        assert_int_equal(fetches, 0);
        assert_int_equal(regs.rip, HERE + (codes[i].passed ? 9 : 0));
        assert_int_equal(called_next, deed == CALLED ? HERE + 9 : 0);
    }
}

/* Another CPU may have changed it since. */
static void instructions_that_are_gone(void **unused)
{
    with_code("\x0f\x0b");
    leave(EXIT_HLT);
    assert_int_equal(injected.vector, TRAP_invalid_op);
    setup(NULL);
    with_code("\x0f");
    code_size = 1; /* the rest is on a page that is not there */
    leave(EXIT_CPUID);
    assert_int_equal(injected.vector, TRAP_page_fault);
    assert_int_equal(reg[HVM_CR2], HERE + 1);
    assert_int_equal(regs.rip, HERE);
}

static void alignment_has_its_error_code(void **unused)
{
    vmcb.exit_info1 = 0;
    leave(EXIT_EXCEPTION + TRAP_alignment);
    assert_true(injected.has_error);
    leave(EXIT_EXCEPTION + TRAP_debug);
    assert_false(injected.has_error);
}

static void a_step_ends_behind_what_was_emulated(void **unused)
{
    regs.rflags = X86_EFLAGS_TF | X86_EFLAGS_RF;
    with_code("\x0f\xa2");
    leave(EXIT_CPUID);
    assert_int_equal(injected.vector, TRAP_debug);
    assert_int_equal(regs.rip, HERE + 2);
    assert_int_equal(reg[HVM_DR6], BIT(14));
    assert_int_equal(regs.rflags, X86_EFLAGS_TF);
}

/* --- registers --------------------------------------------------------------------------------------------- */
static void msrs(void **unused)
{
    with_code("\x0f\x32");
    regs.rcx = 0xffffffff00000010;
    leave(EXIT_MSR);
    assert_int_equal(regs.rax, 0x22222222);
    assert_int_equal(regs.rdx, 0x11111111);
    setup(NULL);
    with_code("\x0f\x30");
    vmcb.exit_info1 = 1;
    regs.rcx = 0x10;
    regs.rax = 0xaaaaaaaa00000001;
    regs.rdx = 0xbbbbbbbb00000002;
    leave(EXIT_MSR);
    assert_int_equal(msr_written, 0x200000001);
    assert_int_equal(regs.rip, HERE + 2);
    regs.rcx = 0x11;
    regs.rip = HERE;
    leave(EXIT_MSR);
    assert_int_equal(injected.vector, TRAP_gp_fault);
    assert_int_equal(regs.rip, HERE);
}

static void control_registers(void **unused)
{
    reg[HVM_CR4] = X86_CR4_PAE;
    regs.r13 = X86_CR4_PAE | X86_CR4_PGE;
    with_code("\x41\x0f\x22\xe5"); /* mov %r13, %cr4 */
    leave(EXIT_CR_WRITE + 4);
    assert_int_equal(reg[HVM_CR4], regs.r13);
    assert_true(state.flush_tlb);
    assert_int_equal(regs.rip, HERE + 4);
    setup(NULL);
    reg[HVM_CR4] = X86_CR4_PAE;
    nrip = true; /* and the decode assist */
    vmcb.next_rip = HERE + 4;
    vmcb.exit_info1 = BIT(63) | 13;
    regs.r13 = X86_CR4_PAE | X86_CR4_PGE;
    leave(EXIT_CR_WRITE + 4);
    assert_int_equal(reg[HVM_CR4], regs.r13);
    assert_int_equal(fetches, 0);
    regs.r13 = X86_CR4_PAE | X86_CR4_SMEP; /* not there */
    leave(EXIT_CR_WRITE + 4);
    assert_int_equal(injected.vector, TRAP_gp_fault);
    vmcb.exit_info1 = BIT(63) | 1;
    regs.rcx = 9;
    leave(EXIT_CR_WRITE + 8);
    assert_int_equal(tpr, 0x90);
    deed = NOTHING;
    regs.rcx = 16;
    leave(EXIT_CR_WRITE + 8);
    assert_int_equal(deed, INJECTED);
    assert_int_equal(tpr, 0x90);
}

/* The user's XSETBV faults; it is passed over here. */
static uint64_t xcr0_set;
static void catch_xsetbv(int sig, siginfo_t *info, void *context)
{
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;

    if (memcmp((void *)r[REG_RIP], "\x0f\x01\xd1", 3))
        _exit(3);
    xcr0_set = (uint64_t)r[REG_RAX] | (uint64_t)r[REG_RDX] << 32;
    r[REG_RIP] += 3;
}

static void extended_states(void **unused)
{
    struct sigaction a = {.sa_sigaction = catch_xsetbv, .sa_flags = SA_SIGINFO}, old[2];

    sigaction(SIGSEGV, &a, &old[0]);
    sigaction(SIGILL, &a, &old[1]);
    with_code("\x0f\x01\xd1");
    regs.rax = 7;
    leave(EXIT_XSETBV); /* without OSXSAVE */
    assert_int_equal(injected.vector, TRAP_invalid_op);
    reg[HVM_CR4] = X86_CR4_OSXSAVE;
    leave(EXIT_XSETBV);
    assert_int_equal(vcpu.arch.xcr0, 7);
    assert_int_equal(xcr0_set, 7);
    assert_int_equal(regs.rip, HERE + 3);
    regs.rip = HERE;
    regs.rax = 5;
    leave(EXIT_XSETBV);
    assert_int_equal(injected.vector, TRAP_gp_fault);
    regs.rax = 7;
    regs.rcx = 1;
    injected.vector = 0;
    leave(EXIT_XSETBV);
    assert_int_equal(injected.vector, TRAP_gp_fault);
    regs.rcx = 0;
    ring = 3;
    injected.vector = 0;
    leave(EXIT_XSETBV);
    assert_int_equal(injected.vector, TRAP_gp_fault);
    assert_int_equal(vcpu.arch.xcr0, 7);
    sigaction(SIGSEGV, &old[0], NULL);
    sigaction(SIGILL, &old[1], NULL);
}

/* --- ports, HLT, memory -------------------------------------------------------------------------------------- */
static void ports(void **unused)
{
    vmcb.exit_info2 = HERE + 2; /* any processor says that here */
    vmcb.exit_info1 = 0x60UL << 16 | BIT(4) | 1;
    leave(EXIT_IO);
    assert_int_equal(regs.rax, 0xff);
    assert_int_equal(regs.rip, HERE + 2);
    vmcb.exit_info1 = 0x60UL << 16 | BIT(6) | 1;
    regs.rax = 0;
    leave(EXIT_IO);
    assert_int_equal(regs.rax, 0xffffffff);
    vmcb.exit_info1 = 0xe9UL << 16 | BIT(4);
    leave(EXIT_IO);
    assert_int_equal(port_bytes, 1);
    vmcb.exit_info1 = 0xe9UL << 16 | BIT(4) | BIT(2) | BIT(3); /* rep outsb */
    leave(EXIT_IO);
    assert_int_equal(port_bytes, 1);
    assert_int_equal(fetches, 0);
}

static void halting(void **unused)
{
    with_code("\xf4");
    regs.rflags = X86_EFLAGS_IF;
    leave(EXIT_HLT);
    assert_int_equal(deed, BLOCKED);
    assert_false(downed);
    setup(NULL);
    with_code("\xf4");
    state.nmi_pending = true;
    leave(EXIT_HLT);
    assert_false(downed);
    setup(NULL);
    with_code("\xf4");
    leave(EXIT_HLT);
    assert_true(downed);
}

static void nested_fault(uint64_t info, const char *bytes, bool by_hardware)
{
    enum p2m_fault result = fault_result;
    bool was_device = device;

    setup(NULL);
    fault_result = result;
    device = was_device;
    with_code(bytes);
    if (by_hardware) {
        vmcb.nr_bytes = INSN_MAX;
        memcpy(vmcb.bytes, code, code_size);
    }
    vmcb.exit_info1 = info;
    vmcb.exit_info2 = 0x7000000000;
    leave(EXIT_NPF);
}

static void memory_faults(void **unused)
{
    const char *mov = "\x89\x07", *unknown = "\x0f\xae\x07";

    fault_result = P2M_FIXED;
    nested_fault(PFEC_write, mov, false);
    assert_int_equal(deed, NOTHING);
    assert_int_equal(regs.rip, HERE);
    device = true; /* whatever the map says */
    nested_fault(PFEC_write, mov, false);
    assert_int_equal(regs.rip, HERE + 2);
    device = false;
    fault_result = P2M_BAD;
    nested_fault(PFEC_write, mov, false);
    assert_int_equal(regs.rip, HERE + 2);
    nested_fault(PFEC_write, mov, true);
    assert_int_equal(regs.rip, HERE + 2);
    assert_int_equal(fetches, 0);
    nested_fault(PFEC_write, unknown, false);
    assert_int_equal(injected.vector, TRAP_invalid_op);
    nested_fault(PFEC_write | BIT(33), mov, false); /* a page table */
    assert_int_equal(deed, CRASHED);
    nested_fault(PFEC_insn, mov, false);
    assert_int_equal(deed, CRASHED);
}

static void a_stack_that_is_not_there(void **unused)
{
    state.event.valid = true; /* on its way in when the fault came */
    vmcb.exit_info1 = PFEC_write;
    leave(EXIT_NPF);
    assert_int_equal(deed, CRASHED);
}

static void a_triple_fault_is_what_the_tools_say(void **unused)
{
    hdom.params[HVM_PARAM_TRIPLE_FAULT_REASON] = 3; /* SHUTDOWN_crash */
    leave(EXIT_SHUTDOWN);
    assert_int_equal(deed, CRASHED);
    setup(NULL);
    hdom.params[HVM_PARAM_TRIPLE_FAULT_REASON] = 0;
    leave(EXIT_SHUTDOWN);
    assert_int_equal(deed, RESET);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, setup)
    const struct CMUnitTest tests[] = {
        T(each_code),
        T(next_rip_of_hardware),
        T(instructions_that_are_gone),
        T(alignment_has_its_error_code),
        T(a_step_ends_behind_what_was_emulated),
        T(msrs),
        T(control_registers),
        T(extended_states),
        T(ports),
        T(halting),
        T(memory_faults),
        T(a_stack_that_is_not_there),
        T(a_triple_fault_is_what_the_tools_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
