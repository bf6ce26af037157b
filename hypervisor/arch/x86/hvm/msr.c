/* SPDX-License-Identifier: MIT */
/* Model-specific registers of containers.  What is not here does not exist: #GP. */
#include <asm/cpufeature.h>
#include <asm/hvm.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <hv/errno.h>
#include <hv/string.h>
#include "exit.h"

#define MSR_HYPERCALL_PAGE 0x40000000
#define MSR_MTRR_VAR       0x200
#define MSR_MTRR_FIX64K    0x250
#define MSR_MTRR_FIX16K    0x258
#define MSR_MTRR_FIX4K     0x268
#define MSR_LAST_BRANCH    0x1db /* to 0x1de */
#define MSR_AMD_NB_CFG     0xc001001f
#define MSR_AMD_DE_CFG     0xc0011029
#define DE_CFG_LFENCE      BIT(1) /* LFENCE waits for what is before it */
#define HWCR_TSC_FREQ_SEL  BIT(24)
#define MTRR_CAP           0x508 /* write-combining, fixed ranges, eight variable ones */

/* --- time stamp counter ------------------------------------------------------------------------------------ */
uint64_t hvm_get_tsc(const struct vcpu *v)
{
    return rdtsc() + v->arch.tsc_offset;
}

void hvm_set_tsc_offset(struct vcpu *v, uint64_t offset)
{
    v->arch.tsc_offset = offset;
    hvm->set_tsc_offset(v, v->arch.tsc_offset);
    v->arch.hvm->refresh_guest_areas = true; /* the time published is by the counter */
    lapic_tsc_moved(v);
}

static void write_tsc(struct vcpu *v, uint64_t val)
{
    uint64_t delta = val - hvm_get_tsc(v);

    v->arch.hvm->tsc_adjust += delta;
    hvm_set_tsc_offset(v, v->arch.tsc_offset + delta);
}

static void write_tsc_adjust(struct vcpu *v, uint64_t val)
{
    uint64_t delta = val - v->arch.hvm->tsc_adjust;

    v->arch.hvm->tsc_adjust = val;
    hvm_set_tsc_offset(v, v->arch.tsc_offset + delta);
}

/* --- memory types: kept, and without effect ------------------------------------------------------------- */
static uint64_t *mtrr_at(struct vcpu *v, uint32_t msr)
{
    struct hvm_mtrr *m = &v->arch.hvm->mtrr;

    switch (msr) {
    case MSR_MTRR_VAR ... MSR_MTRR_VAR + 15:
        return &m->var[msr - MSR_MTRR_VAR];
    case MSR_MTRR_FIX64K:
        return &m->fixed[0];
    case MSR_MTRR_FIX16K ... MSR_MTRR_FIX16K + 1:
        return &m->fixed[1 + msr - MSR_MTRR_FIX16K];
    case MSR_MTRR_FIX4K ... MSR_MTRR_FIX4K + 7:
        return &m->fixed[3 + msr - MSR_MTRR_FIX4K];
    case MSR_MTRR_DEF_TYPE:
        return &m->def_type;
    default:
        return NULL;
    }
}

static bool is_memory_type(uint64_t t, bool pat)
{
    return t == 0 || t == 1 || (t >= 4 && t <= 6) || (pat && t == 7);
}

static bool all_memory_types(uint64_t val, bool pat)
{
    for (unsigned int i = 0; i < 8; i++)
        if (!is_memory_type(val >> 8 * i & 0xff, pat))
            return false;
    return true;
}

bool hvm_mtrr_valid(uint32_t msr, uint64_t val)
{
    const uint64_t address = ((1UL << boot_cpu.phys_bits) - 1) & ~(PAGE_SIZE - 1);

    if (msr == MSR_MTRR_DEF_TYPE)
        return !(val & ~0xcffUL) && is_memory_type(val & 0xff, false);
    if (msr >= MSR_MTRR_FIX64K)
        return all_memory_types(val, false);
    if (msr & 1)
        return !(val & ~(address | 0x800));
    return !(val & ~(address | 0xff)) && is_memory_type(val & 0xff, false);
}

bool hvm_pat_valid(uint64_t val)
{
    return all_memory_types(val, true);
}

/* --- EFER ----------------------------------------------------------------------------------------------------- */
int hvm_set_efer(struct vcpu *v, uint64_t val)
{
    uint64_t old = hvm->get(v, HVM_EFER), allowed = EFER_SCE | EFER_LME | EFER_LMA;

    if (hvm_policy_word(v, 0x80000001, 3) & BIT(20))
        allowed |= EFER_NX;
    if (hvm_policy_word(v, 0x80000001, 3) & BIT(25))
        allowed |= EFER_FFXSR;
    if ((val & ~allowed) || (((val ^ old) & EFER_LME) && (hvm->get(v, HVM_CR0) & X86_CR0_PG)))
        return -EFAULT;
    val = (val & ~EFER_LMA) | (old & EFER_LMA);
    if ((val ^ old) & EFER_NX)
        v->arch.hvm->flush_tlb = true;
    hvm->set(v, HVM_EFER, val);
    return 0;
}

static int fill_hypercall_page(struct vcpu *v, uint64_t val)
{
    enum p2m_type t;
    struct page_info *pg = p2m_get_page(v->domain, _gfn(val >> PAGE_SHIFT), &t);
    int rc = -EFAULT;

    if (!pg)
        return -EFAULT;
    if (!(val & (PAGE_SIZE - 1)) && p2m_is_writable(t)) {
        hvm_fill_hypercall_page(page_to_virt(pg));
        p2m_mark_dirty(v->domain, _gfn(val >> PAGE_SHIFT));
        rc = 0;
    }
    put_page(pg);
    return rc;
}

/* --- registers that the hardware switches ----------------------------------------------------------------- */
static enum hvm_reg switched(uint32_t msr)
{
    switch (msr) {
    case MSR_PAT:
        return HVM_PAT;
    case MSR_STAR:
        return HVM_STAR;
    case MSR_LSTAR:
        return HVM_LSTAR;
    case MSR_CSTAR:
        return HVM_CSTAR;
    case MSR_SYSCALL_MASK:
        return HVM_SYSCALL_MASK;
    case MSR_KERNEL_GS_BASE:
        return HVM_KERNEL_GS_BASE;
    case MSR_SYSENTER_CS:
        return HVM_SYSENTER_CS;
    case MSR_SYSENTER_ESP:
        return HVM_SYSENTER_ESP;
    case MSR_SYSENTER_EIP:
        return HVM_SYSENTER_EIP;
    default:
        return NR_HVM_REGS;
    }
}

/* --- of AMD's processors ------------------------------------------------------------------------------------- */
static int amd_msr(uint32_t msr, uint64_t *val)
{
    if (boot_cpu.vendor != VENDOR_AMD && boot_cpu.vendor != VENDOR_HYGON)
        return -EFAULT;
    switch (msr) {
    case MSR_AMD_HWCR:
        *val = HWCR_TSC_FREQ_SEL;
        return 0;
    case MSR_AMD_DE_CFG:
        *val = DE_CFG_LFENCE;
        return 0;
    case MSR_AMD_SYSCFG:
    case MSR_AMD_NB_CFG:
        *val = 0;
        return 0;
    default:
        return -EFAULT;
    }
}

int hvm_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    enum hvm_reg reg = switched(msr);
    const uint64_t *mtrr = mtrr_at(v, msr);

    *val = 0;
    if (reg != NR_HVM_REGS)
        *val = hvm->get(v, reg);
    else if (mtrr)
        *val = *mtrr;
    else if (msr == MSR_TSC_DEADLINE || (msr >= MSR_X2APIC_BASE && msr < MSR_X2APIC_BASE + 0x100))
        return lapic_rdmsr(v, msr, val);
    else
        switch (msr) {
        case MSR_EFER:
            *val = hvm->get(v, HVM_EFER);
            break;
        case MSR_IA32_TSC:
            *val = hvm_get_tsc(v);
            break;
        case MSR_IA32_TSC_ADJUST:
            *val = v->arch.hvm->tsc_adjust;
            break;
        case MSR_IA32_APIC_BASE:
            *val = v->arch.hvm->lapic.base_msr;
            break;
        case MSR_MTRR_CAP:
            *val = MTRR_CAP;
            break;
        case MSR_TSC_AUX:
            if (!cpu_has_rdtscp)
                return -EFAULT;
            *val = rdmsr(MSR_TSC_AUX);
            break;
        case MSR_IA32_UCODE_REV:
            rdmsr_safe(msr, val);
            break;
        case MSR_MCG_CAP:
        case MSR_MCG_STATUS:
        case MSR_DEBUGCTL:
        case MSR_LAST_BRANCH ... MSR_LAST_BRANCH + 3:
            break;
        default:
            return amd_msr(msr, val);
        }
    return 0;
}

static int write_switched(struct vcpu *v, enum hvm_reg reg, uint64_t val)
{
    if (reg == HVM_PAT ? !hvm_pat_valid(val)
                       : reg != HVM_STAR && reg != HVM_SYSCALL_MASK && !is_canonical(val))
        return -EFAULT;
    hvm->set(v, reg, val);
    return 0;
}

int hvm_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
    enum hvm_reg reg = switched(msr);
    uint64_t *mtrr = mtrr_at(v, msr), there;

    if (reg != NR_HVM_REGS)
        return write_switched(v, reg, val);
    if (mtrr) {
        if (!hvm_mtrr_valid(msr, val))
            return -EFAULT;
        *mtrr = val;
        return 0;
    }
    if (msr == MSR_TSC_DEADLINE || (msr >= MSR_X2APIC_BASE && msr < MSR_X2APIC_BASE + 0x100))
        return lapic_wrmsr(v, msr, val);
    switch (msr) {
    case MSR_EFER:
        return hvm_set_efer(v, val);
    case MSR_IA32_TSC:
        write_tsc(v, val);
        return 0;
    case MSR_IA32_TSC_ADJUST:
        write_tsc_adjust(v, val);
        return 0;
    case MSR_IA32_APIC_BASE:
        return lapic_set_base(v, val);
    case MSR_HYPERCALL_PAGE:
        return fill_hypercall_page(v, val);
    case MSR_TSC_AUX:
        if (!cpu_has_rdtscp || val >> 32)
            return -EFAULT;
        wrmsr(MSR_TSC_AUX, val);
        return 0;
    case MSR_AMD_NB_CFG: /* access to PCI by ports that are not there */
        return amd_msr(msr, &there);
    case MSR_IA32_UCODE_REV: /* kernels write 0 before they read the revision */
        return val ? -EFAULT : 0;
    default:
        /* What would not change anything is let pass. */
        return hvm_rdmsr(v, msr, &there) == 0 && there == val ? 0 : -EFAULT;
    }
}
