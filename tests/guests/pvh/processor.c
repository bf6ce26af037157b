/* SPDX-License-Identifier: MIT */
/* Instructions that end guest mode: what they say, and what they refuse. */
#include "pvh.h"

#include <xen/arch-x86/cpuid.h>
#include <xen/errno.h>
#include <xen/version.h>

static char hypercall_page[4096] __attribute__((aligned(4096)));

static void leaves(void)
{
    struct cpuid r = cpuid(0x40000000, 0);

    expect(r.b == XEN_CPUID_SIGNATURE_EBX && r.c == XEN_CPUID_SIGNATURE_ECX &&
               r.d == XEN_CPUID_SIGNATURE_EDX,
           "cpuid-signature", r.b);
    expect(r.a >= 0x40000004, "cpuid-leaves", r.a);
    r = cpuid(0x40000001, 0);
    expect(r.a == (uint32_t)CALL(xen_version, XENVER_version, 0, 0), "cpuid-version", r.a);
    r = cpuid(0x40000004, 0);
    expect((r.a & XEN_HVM_CPUID_VCPU_ID_PRESENT) && r.b == 0, "cpuid-vcpu", r.b);
    r = cpuid(1, 0);
    expect(r.c >> 31, "cpuid-hypervisor-bit", r.c);
    expect(r.c >> 21 & 1, "cpuid-x2apic", r.c);
    expect(!(r.c >> 5 & 1) && !(cpuid(0x80000001, 0).c & 4), "cpuid-no-vmx-svm", r.c);
    expect(!(r.c >> 27 & 1), "cpuid-osxsave-off", r.c);
    for (uint32_t leaf = 0x20; leaf < 0x90000000; leaf += 0x1234567)
        cpuid(leaf, leaf);
    expect(true, "cpuid-wild", 0);
    /* a prefix more makes no other instruction */
    __asm__ volatile("mov $0x40000000, %%eax; .byte 0x66, 0x2e, 0x48; cpuid; mov %%ebx, %0"
                     : "=r"(r.b)::"rax", "rbx", "rcx", "rdx");
    expect(r.b == XEN_CPUID_SIGNATURE_EBX, "cpuid-prefixed", r.b);
}

static void registers(void)
{
    uint64_t efer = rdmsr(0xc0000080), seed = 88172645463325252ULL, cr4;
    unsigned int refused = 0;

    expect(efer == 0x500, "efer", efer);
    expect(FAULT(wrmsr(0xc0000080, efer | 1UL << 40)) == GP, "efer-reserved", 0);
    expect(FAULT(wrmsr(0xc0000080, efer & ~0x100UL)) == GP, "efer-lme-with-paging", 0);
    expect(FAULT(wrmsr(0xc0000080, efer | 0x1000)) == GP, "efer-svme", 0);
    expect(FAULT(rdmsr(0x12345678)) == GP, "rdmsr-unknown", 0);
    expect(FAULT(wrmsr(0x12345678, 1)) == GP, "wrmsr-unknown", 0);
    expect(FAULT(wrmsr(0xc0010117, 0x1000)) == GP, "wrmsr-hsave", 0);
    expect(FAULT(wrmsr(0x277, 0x0202020202020202)) == GP, "pat-invalid", 0);
    wrmsr(0x277, 0x0007010600070106);
    expect(rdmsr(0x277) == 0x0007010600070106, "pat", rdmsr(0x277));
    wrmsr(0xc0000082, 0xffffffff81000000);
    expect(rdmsr(0xc0000082) == 0xffffffff81000000, "lstar", rdmsr(0xc0000082));
    wrmsr(0x10, 1000);
    expect(rdtsc() < 1UL << 36, "tsc-set", rdtsc());
    for (uint32_t n = 0; n < 3000; n++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        refused += FAULT(rdmsr((uint32_t)seed)) == GP;
    }
    expect(refused == 3000, "rdmsr-wild", refused);
    for (uint32_t msr = 0; msr < 0x2000; msr++)
        FAULT(rdmsr(msr));
    for (uint32_t msr = 0xc0000000; msr < 0xc0002000; msr++)
        FAULT(rdmsr(msr));
    expect(true, "rdmsr-all", 0);
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    expect(FAULT(__asm__ volatile("mov %0, %%cr4" ::"r"(cr4 | 1UL << 13))) == GP, "cr4-vmxe", 0);
    expect(FAULT(__asm__ volatile("mov %0, %%cr4" ::"r"(cr4 | 1UL << 40))) == GP, "cr4-high", 0);
    expect(FAULT(__asm__ volatile("mov %0, %%cr4" ::"r"(cr4 & ~0x20UL))) == GP, "cr4-pae-off", 0);
    expect(FAULT(__asm__ volatile("mov %0, %%cr4" ::"r"(cr4 | 0x80))) == 0, "cr4-pge", 0);
    __asm__ volatile("mov %0, %%r13; mov %%r13, %%cr4" ::"r"(cr4) : "r13");
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    expect(!(cr4 & 0x80), "cr4-by-r13", cr4);
    __asm__ volatile("mov %0, %%db0; mov %0, %%db3" ::"r"(0x1234UL));
    __asm__ volatile("mov %%db3, %0" : "=r"(cr4));
    expect(cr4 == 0x1234, "dr3", cr4);
}

/* Whatever a guest writes: it is refused or is its own matter.  Not the local APIC's, which could stop it. */
static void write_all(uint64_t value)
{
    for (uint32_t msr = 0; msr < 0x2000; msr++)
        if (msr != 0x1b && (msr < 0x800 || msr >= 0x900))
            FAULT(wrmsr(msr, value));
    for (uint32_t msr = 0xc0000000; msr < 0xc0002000; msr++)
        FAULT(wrmsr(msr, value));
}

static void wild_writes(void)
{
    write_all(0);
    write_all(~0UL);
    write_all(0x8040201008040201);
    expect(rdmsr(0xc0000080) == 0x500, "wrmsr-all", rdmsr(0xc0000080));
    wrmsr(0x277, 0x0007040600070406);
}

static void ports(void)
{
    static uint8_t buffer[16];
    uint32_t v = 0;
    uint8_t b = 0;
    uint16_t w = 0;

    __asm__ volatile("in %%dx, %0" : "=a"(v) : "d"(0xcf8));
    expect(v == 0xffffffff, "in-32", v);
    __asm__ volatile("in %%dx, %0" : "=a"(w) : "d"(0x1f0), "0"(0));
    expect(w == 0xffff, "in-16", w);
    __asm__ volatile("inb $0x60, %0" : "=a"(b) : "0"(0));
    expect(b == 0xff, "in-8", b);
    for (unsigned int port = 0; port < 0x10000; port += 97)
        __asm__ volatile("out %0, %%dx" ::"a"(port), "d"(port));
    __asm__ volatile("rep outsb" ::"S"(buffer), "c"(4), "d"(0x80) : "memory");
    __asm__ volatile("rep insb" ::"D"(buffer), "c"(4), "d"(0x80) : "memory");
    expect(true, "ports-wild", 0);
}

static void refused(void)
{
    expect(FAULT(__asm__ volatile("vmrun %%rax" ::"a"(0x1000))) == UD, "vmrun", 0);
    expect(FAULT(__asm__ volatile("vmload %%rax" ::"a"(0x1000))) == UD, "vmload", 0);
    expect(FAULT(__asm__ volatile("vmsave %%rax" ::"a"(0x1000))) == UD, "vmsave", 0);
    expect(FAULT(__asm__ volatile("skinit %%eax" ::"a"(0x10000))) == UD, "skinit", 0);
    expect(FAULT(__asm__ volatile("invlpga %%rax, %%ecx" ::"a"(0), "c"(1))) == UD, "invlpga", 0);
    expect(FAULT(__asm__ volatile("rsm")) == UD, "rsm", 0);
    expect(FAULT(__asm__ volatile("mwait" ::"a"(0), "c"(0))) == UD, "mwait", 0);
    expect(FAULT(__asm__ volatile("stgi")) == UD, "stgi", 0);
    expect(FAULT(__asm__ volatile("clgi")) == UD, "clgi", 0);
    expect(FAULT(__asm__ volatile("monitor" ::"a"(0), "c"(0), "d"(0))) == UD, "monitor", 0);
    expect(FAULT(__asm__ volatile("rdpmc" ::"c"(0) : "rax", "rdx")) == GP, "rdpmc", 0);
    expect(FAULT(__asm__ volatile("xsetbv" ::"a"(1), "c"(0), "d"(0))) == UD, "xsetbv", 0);
    expect(FAULT(__asm__ volatile("ud2")) == UD, "ud2", 0);
    expect(FAULT(__asm__ volatile("wbinvd; invd")) == 0, "wbinvd", 0);
    expect(FAULT(for (int i = 0; i < 10000; i++) __asm__ volatile("pause")) == 0, "pause", 0);
}

static void calls(void)
{
    long (*version)(unsigned long, void *) =
        (void *)(hypercall_page + __HYPERVISOR_xen_version * 32);

    expect(CALL(xen_version, 1000, 0, 0) == -XEN_ENOSYS, "call-unknown-command", 0);
    expect(hypercall(12345, 0, 0, 0) == -XEN_ENOSYS, "call-unknown", 0);
    expect(CALL(mmu_update, 0, 0, 0) == -XEN_ENOSYS, "call-of-pv", 0);
    expect(CALL(xen_version, XENVER_extraversion, 0x8000000000000000, 0) == -XEN_EFAULT,
           "call-not-canonical", 0);
    expect(CALL(xen_version, XENVER_extraversion, 0x7000000000, 0) == -XEN_EFAULT, "call-hole", 0);
    wrmsr(0x40000000, (uint64_t)hypercall_page);
    expect(version(XENVER_version, NULL) == CALL(xen_version, XENVER_version, 0, 0),
           "hypercall-page", 0);
    expect(FAULT(wrmsr(0x40000000, 0x7000000000)) == GP, "hypercall-page-hole", 0);
}

/* Single steps stop behind each instruction, also where the hypervisor has done it. */
static void steps(void)
{
    uint64_t vector = (uint64_t)FAULT(__asm__ volatile("mov $0x40000000, %%eax\n"
                                                       "pushf; orl $0x100, (%%rsp); popf\n"
                                                       "cpuid\n"
                                                       "ud2" ::
                                                           : "rax", "rbx", "rcx", "rdx", "memory"));

    expect(vector == DB, "step-over-cpuid", vector);
}

static void ring3(void)
{
    __asm__ volatile("mov $17, %eax; xor %edi, %edi; xor %esi, %esi; vmmcall; int $0x80");
}

/* What only the kernel may do is its #GP there, whatever the hypervisor makes of it. */
#define KERNELS_OWN(name, instruction)                                                             \
    static void name(void)                                                                         \
    {                                                                                              \
        __asm__ volatile(instruction "; int $0x80");                                               \
    }
KERNELS_OWN(try_hlt, "hlt")
KERNELS_OWN(try_rdmsr, "mov $0x1b, %ecx; rdmsr")
KERNELS_OWN(try_wrmsr, "mov $0x10, %ecx; wrmsr")
KERNELS_OWN(try_in, "in $0x60, %al")
KERNELS_OWN(try_wbinvd, "wbinvd")
KERNELS_OWN(try_cr4, "mov %rax, %cr4")
KERNELS_OWN(try_dr7, "mov %rax, %db7")
KERNELS_OWN(try_cpuid, "push %rbx; mov $0x40000000, %eax; cpuid; mov %ebx, %eax; pop %rbx")

static void refused_in_ring3(void)
{
    static const struct {
        const char *name;
        void (*fn)(void);
    } tries[] = {
        {"ring3-hlt", try_hlt}, {"ring3-rdmsr", try_rdmsr},   {"ring3-wrmsr", try_wrmsr},
        {"ring3-in", try_in},   {"ring3-wbinvd", try_wbinvd}, {"ring3-cr4", try_cr4},
        {"ring3-dr7", try_dr7},
    };

    for (unsigned int i = 0; i < ARRAY(tries); i++)
        expect(FAULT(in_ring3(tries[i].fn)) == GP, tries[i].name, last.vector);
    expect(in_ring3(try_cpuid) == XEN_CPUID_SIGNATURE_EBX, "ring3-cpuid", 0);
}

static void open_to_ring3(void)
{
    long_pml4[0] |= 4;
    for (unsigned int i = 0; i < 4; i++)
        long_pdpt[i] |= 4;
    __asm__ volatile("mov %%cr3, %%rax; mov %%rax, %%cr3" ::: "rax", "memory");
}

void test_processor(void)
{
    uint64_t rc;

    leaves();
    registers();
    wild_writes();
    ports();
    refused();
    calls();
    steps();
    open_to_ring3();
    rc = in_ring3(ring3);
    expect(rc == (uint64_t)-XEN_EPERM, "call-from-ring3", rc);
    refused_in_ring3();
}
