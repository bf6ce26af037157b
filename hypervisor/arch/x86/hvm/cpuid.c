/* SPDX-License-Identifier: MIT */
/* What CPUID shows a container, and what follows from it. */
#include "exit.h"
#include <asm/cpufeature.h>
#include <asm/cpuid_policy.h>
#include <asm/emulate.h>
#include <asm/fpu.h>
#include <asm/processor.h>
#include <xen/arch-x86/cpuid.h>

#define LEAF1C_X2APIC       BIT(21)
#define LEAF1C_TSC_DEADLINE BIT(24)
#define LEAF1C_OSXSAVE      BIT(27)
#define LEAF1D_APIC         BIT(9)

/* Bits that guests do not get, by leaf and register. */
static const struct cpuid_mask hidden[] = {
    /* ecx: DTES64 MONITOR DS-CPL VMX SMX EIST TM2 CNXT-ID SDBG xTPR PDCM DCA OSXSAVE (that is the
     * guest's own); edx: MCA PSN DS ACPI HTT TM PBE */
    {1, 0, 0, 0, 0x0804cdfcu, 0xb0644000u},
    /* ebx: SGX HLE RTM PQM MPX PQE AVX512* PT; ecx: all but UMIP, GFNI, VAES, VPCLMULQDQ; edx: all */
    {7, 0, 0, 0xde23d816u, 0xfffff8fbu, 0xffffffffu},
    /* ecx: SVM ExtApic IBS SKINIT WDT LWP NodeId TopoExt perf counters MONITORX; edx: MCA FFXSR */
    {0x80000001, 0, 0, 0, 0x3dc8b40cu, 0x02004000u},
};

const struct cpuid_policy *hvm_max_policy(void)
{
    static struct cpuid_policy max;

    if (!max.nr) {
        struct cpuid_policy p = *host_policy();
        xen_cpuid_leaf_t *l;

        cpuid_hide(&p, hidden, ARRAY_SIZE(hidden));
        l = cpuid_find_leaf(&p, 1, 0);
        l->c |= (uint32_t)(LEAF1C_X2APIC | LEAF1C_TSC_DEADLINE); /* whatever the host has */
        l->d |= (uint32_t)LEAF1D_APIC;
        max = p;
    }
    return &max;
}

uint32_t hvm_policy_word(const struct vcpu *v, uint32_t leaf, unsigned int reg)
{
    const xen_cpuid_leaf_t *l = cpuid_find_leaf(v->domain->arch.cpuid, leaf, 0);

    if (!l)
        return 0;
    return reg == 0 ? l->a : reg == 1 ? l->b : reg == 2 ? l->c : l->d;
}

static void hypervisor_leaf(struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *r)
{
    switch (leaf - XEN_CPUID_FIRST_LEAF) {
    case 0:
        pv_cpuid(v, leaf, subleaf, r);
        r->a = XEN_CPUID_LEAF(4);
        break;
    case 2:
        pv_cpuid(v, leaf, subleaf, r);
        r->c = 0;
        break;
    case 4:
        r->a = XEN_HVM_CPUID_VCPU_ID_PRESENT | XEN_HVM_CPUID_DOMID_PRESENT |
               XEN_HVM_CPUID_UPCALL_VECTOR;
        r->b = v->id;
        r->c = v->domain->domid;
        break;
    case 5:
        break;
    default:
        pv_cpuid(v, leaf, subleaf, r);
        break;
    }
}

void hvm_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *r)
{
    *r = (struct cpuid_regs){0, 0, 0, 0};
    if (leaf >= XEN_CPUID_FIRST_LEAF && leaf < XEN_CPUID_FIRST_LEAF + 0x100) {
        hypervisor_leaf(v, leaf, subleaf, r);
        return;
    }
    pv_cpuid(v, leaf, subleaf, r);
    if (leaf != 1)
        return;
    r->c &= ~(uint32_t)LEAF1C_OSXSAVE;
    if (hvm->get(v, HVM_CR4) & X86_CR4_OSXSAVE)
        r->c |= (uint32_t)LEAF1C_OSXSAVE;
    if (!(v->arch.hvm->lapic.base_msr & APIC_BASE_ENABLE))
        r->d &= ~(uint32_t)LEAF1D_APIC;
}

/* CR4's bits by the features that they belong to. */
uint64_t hvm_cr4_allowed(const struct vcpu *v)
{
    static const struct {
        uint32_t leaf;
        uint8_t reg, bit;
        uint64_t cr4;
    } needs[] = {
        {1, 3, 1, X86_CR4_VME | X86_CR4_PVI},
        {1, 3, 4, X86_CR4_TSD},
        {1, 3, 2, X86_CR4_DE},
        {1, 3, 3, X86_CR4_PSE},
        {1, 3, 6, X86_CR4_PAE},
        {1, 3, 13, X86_CR4_PGE},
        {1, 3, 24, X86_CR4_OSFXSR},
        {1, 3, 25, X86_CR4_OSXMMEXCPT},
        {7, 2, 2, X86_CR4_UMIP},
        {7, 1, 0, X86_CR4_FSGSBASE},
        {1, 2, 17, X86_CR4_PCIDE},
        {1, 2, 26, X86_CR4_OSXSAVE},
        {7, 1, 7, X86_CR4_SMEP},
        {7, 1, 20, X86_CR4_SMAP},
    };
    uint64_t allowed = X86_CR4_PCE | X86_CR4_MCE; /* MCE: see svm.c */

    for (unsigned int i = 0; i < ARRAY_SIZE(needs); i++)
        if (hvm_policy_word(v, needs[i].leaf, needs[i].reg) & BIT(needs[i].bit))
            allowed |= needs[i].cr4;
    return allowed;
}

bool hvm_xcr0_valid(const struct vcpu *v, uint64_t val)
{
    uint64_t shown = hvm_policy_word(v, 0xd, 0) | (uint64_t)hvm_policy_word(v, 0xd, 3) << 32;

    return xcr0_valid(val, boot_cpu.xcr0_mask & shown);
}
