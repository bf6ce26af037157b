/* SPDX-License-Identifier: MIT */
/* The arch's part of domains and vCPUs. */
#ifndef ASM_DOMAIN_H
#define ASM_DOMAIN_H

#include <asm/mm.h>
#include <asm/p2m.h>
#include <hv/cpumask.h>
#include <hv/spinlock.h>
#include <xen/xen.h>

struct rangeset;
struct pirq_table;

/* A PV domain's memory management (arch/x86/pv/mm). */
struct pv_mm_domain {
    spinlock_t pt_lock;       /* page-table updates and validation of this domain's tables */
    pte_t *perdomain_l3;      /* slot 260: GDT and LDT windows of its vCPUs */
    cpumask_t dirty_cpus;     /* CPUs that may hold TLB entries of it: set on the way in, by
                              context switch; cleared on the way out */
    bool relinquishing;       /* dying: runs nowhere, its frames are being given up: */
    unsigned int pass;        /* 0: page tables are taken down, 1: frames are given back */
    struct page_info *cursor; /* how far this pass has come */
};

struct arch_domain {
    struct pv_mm_domain mm;
    struct p2m p2m;         /* HVM containers */
    struct hvm_domain *hvm; /* NULL: PV */
    struct rangeset *ioport_caps;
    struct pirq_table *pirqs;
    struct cpuid_policy *cpuid;
    struct xen_domctl_tsc_info *tsc; /* as set; NULL: native */
    bool has_pirq_eoi_map;
    uint64_t *pirq_eoi_map;
    mfn_t pirq_eoi_map_mfn;
    struct xen_memory_map_storage *e820;
    uint32_t pci_address; /* the hardware domain's port 0xcf8 */
};

/* A PV vCPU's memory management. */
struct pv_mm_vcpu {
    mfn_t kernel_l4; /* guest_table: 0: none */
    mfn_t user_l4;   /* guest_table_user */
    mfn_t gdt_frames[GUEST_GDT_PAGES];
    unsigned int gdt_entries;
    vaddr_t ldt_base;
    unsigned int ldt_entries;
    spinlock_t ldt_lock;
    pte_t *window; /* the l1 of its GDT and LDT window: 32 entries */
};

struct fpu_area; /* FXSAVE or XSAVE image, 64-byte aligned */

struct arch_vcpu {
    struct cpu_user_regs regs; /* while it does not run */
    struct pv_mm_vcpu mm;
    bool kernel_mode; /* guest kernel (kernel_l4) or guest user (user_l4) */
    uint64_t fs_base, gs_base_kernel, gs_base_user;
    unsigned long debugreg[8];
    unsigned long ctrlreg[8]; /* as the guest sees them; cr2 is in vcpu_info */
    unsigned long flags;      /* VGCF_* of the guest context */
    uint64_t kernel_ss, kernel_sp;
    struct trap_info *traps; /* 256 */
    unsigned long event_callback_eip, failsafe_callback_eip, syscall_callback_eip;
    unsigned long syscall32_callback_eip, sysenter_callback_eip;
    uint16_t syscall32_callback_cs, sysenter_callback_cs;
    bool syscall32_disables_events, sysenter_disables_events, syscall_disables_events,
        failsafe_disables_events;
    bool nmi_pending, nmi_masked;
    unsigned long nmi_callback;
    unsigned int iopl;
    unsigned int iobmp_limit;
    vaddr_t iobmp_guest;
    struct fpu_area *fpu;
    uint64_t xcr0;
    vaddr_t time_info_guest; /* VCPUOP_register_vcpu_time_memory_area */
    uint64_t msr_tsc_aux;
    uint64_t tsc_offset;  /* what its counter is ahead of ours */
    struct hvm_vcpu *hvm; /* NULL: PV */
};

#endif
