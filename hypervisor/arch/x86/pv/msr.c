/* SPDX-License-Identifier: MIT */
/* MSRs of PV guests: the few that mean something to a kernel in ring 3; all others fault. */
#include <asm/cpufeature.h>
#include <asm/cpuid_policy.h>
#include <asm/emulate.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <hv/guest_access.h>

#define MSR_PLATFORM_INFO  0xce
#define MSR_HYPERCALL_PAGE 0x40000000
#define MSR_AMD_PSTATE_0   0xc0010061

int pv_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    switch (msr) {
    case MSR_FS_BASE:
        *val = rdmsr(MSR_FS_BASE);
        return 0;
    case MSR_GS_BASE:
        *val = rdmsr(MSR_GS_BASE);
        return 0;
    case MSR_KERNEL_GS_BASE:
        *val = v->arch.gs_base_user;
        return 0;
    case MSR_EFER:
        *val = rdmsr(MSR_EFER) & (EFER_SCE | EFER_LME | EFER_LMA | EFER_NX);
        return 0;
    case MSR_PAT:
        *val = HV_PAT_VALUE;
        return 0;
    case MSR_IA32_APIC_BASE:
        if (!v->domain->is_privileged)
            return -EFAULT;
        return rdmsr_safe(msr, val);
    case MSR_IA32_TSC:
        *val = rdtsc();
        return 0;
    case MSR_IA32_UCODE_REV:
    case MSR_MISC_ENABLE:
        /* read by kernels without a look at CPUID; harmless */
        (void)rdmsr_safe(msr, val); /* or 0 */
        return 0;
    case MSR_PLATFORM_INFO:
        *val = 0;
        return boot_cpu.vendor == VENDOR_INTEL ? 0 : -EFAULT;
    case MSR_AMD_HWCR:
    case MSR_AMD_SYSCFG:
        if (boot_cpu.vendor != VENDOR_AMD && boot_cpu.vendor != VENDOR_HYGON)
            return -EFAULT;
        return rdmsr_safe(msr, val);
    default:
        return -EFAULT;
    }
}

int pv_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
    uint64_t now_there;

    switch (msr) {
    case MSR_FS_BASE:
    case MSR_GS_BASE:
        if (!is_canonical(val))
            return -EFAULT;
        wrmsr(msr, val);
        return 0;
    case MSR_KERNEL_GS_BASE:
        if (!is_canonical(val))
            return -EFAULT;
        v->arch.gs_base_user = val;
        return 0;
    case MSR_IA32_UCODE_REV: /* kernels write 0 before they read the revision */
        return val ? -EFAULT : 0;
    default:
        /* What would not change anything is let pass. */
        return pv_rdmsr(v, msr, &now_there) == 0 && now_there == val ? 0 : -EFAULT;
    }
}

long msr_policy_to_guest(uint32_t *nr_msrs, vaddr_t msrs)
{
    static const xen_msr_entry_t entries[MAX_POLICY_MSRS] = {{.idx = MSR_PLATFORM_INFO},
                                                             {.idx = MSR_ARCH_CAPABILITIES}};
    uint32_t room = *nr_msrs;

    *nr_msrs = MAX_POLICY_MSRS;
    if (!msrs)
        return 0;
    if (room < MAX_POLICY_MSRS)
        return -ENOBUFS;
    return copy_to_guest_va(msrs, entries, sizeof(entries));
}
