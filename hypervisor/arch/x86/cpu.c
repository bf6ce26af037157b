/* SPDX-License-Identifier: MIT */
/* What the processor is, and the control registers as the hypervisor wants them. */
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <hv/cmdline.h>
#include <string.h>

struct cpu_data boot_cpu;
unsigned long hv_cr4;

static bool opt_xsave = true, opt_smep = true;
BOOL_OPTION("xsave", opt_xsave);
BOOL_OPTION("smep", opt_smep);

static void read_vendor(void)
{
    struct cpuid_regs r = cpuid(0);

    boot_cpu.max_leaf = r.a;
    memcpy(boot_cpu.vendor_id, &r.b, 4);
    memcpy(boot_cpu.vendor_id + 4, &r.d, 4);
    memcpy(boot_cpu.vendor_id + 8, &r.c, 4);
    if (!strcmp(boot_cpu.vendor_id, "GenuineIntel"))
        boot_cpu.vendor = VENDOR_INTEL;
    else if (!strcmp(boot_cpu.vendor_id, "AuthenticAMD"))
        boot_cpu.vendor = VENDOR_AMD;
    else if (!strcmp(boot_cpu.vendor_id, "HygonGenuine"))
        boot_cpu.vendor = VENDOR_HYGON;
}

static void read_signature(void)
{
    uint32_t s = boot_cpu.signature = cpuid(1).a;

    boot_cpu.family = s >> 8 & 0xf;
    boot_cpu.model = s >> 4 & 0xf;
    boot_cpu.stepping = s & 0xf;
    if (boot_cpu.family == 6 || boot_cpu.family == 15)
        boot_cpu.model |= s >> 12 & 0xf0;
    if (boot_cpu.family == 15)
        boot_cpu.family += s >> 20 & 0xff;
}

static void read_features(void)
{
    struct cpuid_regs r = cpuid(1);
    uint32_t *w = boot_cpu.word;

    w[CPUID_1c] = r.c;
    w[CPUID_1d] = r.d;
    if (boot_cpu.max_leaf >= 7) {
        r = cpuid_count(7, 0);
        w[CPUID_7b] = r.b;
        w[CPUID_7c] = r.c;
        w[CPUID_7d] = r.d;
    }
    if (boot_cpu.max_leaf >= 13)
        w[CPUID_Da1] = cpuid_count(13, 1).a;
    boot_cpu.max_ext_leaf = cpuid(0x80000000).a;
    r = cpuid(0x80000001);
    w[CPUID_e1c] = r.c;
    w[CPUID_e1d] = r.d;
    if (boot_cpu.max_ext_leaf >= 0x80000007)
        w[CPUID_e7d] = cpuid(0x80000007).d;
    boot_cpu.phys_bits = 36;
    if (boot_cpu.max_ext_leaf >= 0x80000008) {
        r = cpuid(0x80000008);
        w[CPUID_e8b] = r.b;
        boot_cpu.phys_bits = r.a & 0xff;
    }
    for (uint32_t i = 0; i < 3 && boot_cpu.max_ext_leaf >= 0x80000004; i++) {
        r = cpuid(0x80000002 + i);
        memcpy(boot_cpu.brand + i * 16, &r, 16);
    }
}

/* x87, SSE, AVX; AVX-512 where all three of its parts are.  Other states (MPX, PKRU, AMX) are not
 * for PV guests. */
static void choose_xcr0(void)
{
    const uint64_t avx512 = 7UL << 5;
    struct cpuid_regs r;
    uint64_t mask;

    if (!opt_xsave || !cpu_has(FEATURE_XSAVE) || boot_cpu.max_leaf < 13)
        return;
    r = cpuid_count(13, 0);
    mask = (r.a | (uint64_t)r.d << 32) & (7 | avx512);
    if ((mask & 3) != 3)
        return;
    if (!(mask & 4) || (mask & avx512) != avx512)
        mask &= ~avx512;
    boot_cpu.xcr0_mask = mask;
}

void cpu_identify(void)
{
    read_vendor();
    read_signature();
    read_features();
    choose_xcr0();
    hv_cr4 = X86_CR4_PAE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT | X86_CR4_DE;
    if (cpu_has_pge)
        hv_cr4 |= X86_CR4_PGE;
    if (cpu_has(FEATURE_MCE))
        hv_cr4 |= X86_CR4_MCE;
    if (cpu_has_smep && opt_smep)
        hv_cr4 |= X86_CR4_SMEP;
    if (cpu_has_xsave)
        hv_cr4 |= X86_CR4_OSXSAVE;
}

/* Guests' own ring 3 runs guest kernels: SMEP and SMAP of ours concern ring 0, that is, us.  SMAP
 * stays off: copies from and to guests would each have to open it. */
void cpu_init_control(void)
{
    uint64_t efer = rdmsr(MSR_EFER) | EFER_SCE;

    if (cpu_has_nx)
        efer |= EFER_NX;
    wrmsr(MSR_EFER, efer);
    write_cr0(X86_CR0_PG | X86_CR0_WP | X86_CR0_NE | X86_CR0_ET | X86_CR0_MP | X86_CR0_PE);
    write_cr4(hv_cr4);
    if (cpu_has_pat)
        wrmsr(MSR_PAT, HV_PAT_VALUE);
    if (cpu_has_xsave) {
        xsetbv(0, boot_cpu.xcr0_mask);
        boot_cpu.xsave_size = cpuid_count(13, 0).b;
    }
    __asm__ volatile("fninit");
}
