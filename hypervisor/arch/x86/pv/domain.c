/* SPDX-License-Identifier: MIT */
/* PV domains and vCPUs: creation, initial and saved context, dumps. */
#include <asm/emulate.h>
#include <asm/fpu.h>
#include <asm/hvm.h>
#include <asm/processor.h>
#include <asm/pv_domain.h>
#include <asm/pv_mm.h>
#include <hv/arch/domain.h>
#include <hv/guest_access.h>
#include <hv/printk.h>
#include <hv/rangeset.h>
#include <hv/string.h>
#include <xen/domctl.h>

#define STACK_WORDS 16 /* of a guest's stack in a dump */

int arch_sanitise_domain_config(struct xen_domctl_createdomain *config)
{
    const uint32_t hvm_only = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap | XEN_DOMCTL_CDF_oos_off;
    const uint32_t known = hvm_only | XEN_DOMCTL_CDF_s3_integrity | XEN_DOMCTL_CDF_xs_domain |
                           XEN_DOMCTL_CDF_nested_virt | XEN_DOMCTL_CDF_vpmu;

    if (config->flags & XEN_DOMCTL_CDF_iommu)
        return -EOPNOTSUPP;
    if ((config->flags & ~known) || config->iommu_opts)
        return -EINVAL;
    if (config->flags & XEN_DOMCTL_CDF_hvm)
        return hvm_sanitise_config(config);
    if (config->flags & hvm_only)
        return -EINVAL;
    if (config->arch.emulation_flags & ~(uint32_t)XEN_X86_EMU_PIT)
        return -EINVAL;
    return 0;
}

int arch_domain_create(struct domain *d, const struct xen_domctl_createdomain *config)
{
    int rc = d->is_hvm ? hvm_domain_create(d) : pv_mm_domain_create(d);

    if (rc)
        return rc;
    d->arch.ioport_caps = rangeset_new();
    rc = d->arch.ioport_caps ? pv_cpuid_domain_create(d) : -ENOMEM;
    if (rc)
        arch_domain_destroy(d);
    return rc;
}

void arch_domain_destroy(struct domain *d)
{
    hv_free(d->arch.pirqs);
    hv_free(d->arch.cpuid);
    rangeset_free(d->arch.ioport_caps);
    d->arch.ioport_caps = NULL;
    hv_free(d->arch.e820);
    hv_free(d->arch.tsc);
    /* vCPUs release their windows themselves; those are part of what goes here. */
    for (unsigned int i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i])
            pv_mm_vcpu_destroy(d->vcpu[i]);
    if (d->is_hvm)
        hvm_domain_destroy(d);
    pv_mm_domain_destroy(d);
}

int arch_domain_relinquish(struct domain *d)
{
    pv_physdev_domain_relinquish(d);
    if (d->is_hvm)
        return hvm_domain_relinquish(d);
    return pv_mm_domain_relinquish(d);
}

int arch_vcpu_create(struct vcpu *v)
{
    int rc;

    if (v->domain->is_hvm)
        return hvm_vcpu_create(v);
    v->arch.traps = hv_new_array(struct trap_info, 256);
    rc = v->arch.traps ? fpu_vcpu_create(v) : -ENOMEM;
    if (!rc)
        rc = pv_mm_vcpu_create(v);
    if (rc)
        arch_vcpu_destroy(v);
    else
        arch_vcpu_reset(v);
    return rc;
}

void arch_vcpu_destroy(struct vcpu *v)
{
    if (v->domain->is_hvm) {
        hvm_vcpu_destroy(v);
        return;
    }
    pv_mm_vcpu_destroy(v);
    fpu_vcpu_destroy(v);
    hv_free(v->arch.traps);
    v->arch.traps = NULL;
}

int arch_vcpu_reset(struct vcpu *v)
{
    if (v->domain->is_hvm)
        return -EOPNOTSUPP;
    pv_mm_vcpu_release(v);
    memset(v->arch.traps, 0, 256 * sizeof(*v->arch.traps));
    memset(&v->arch.regs, 0, sizeof(v->arch.regs));
    memset(v->arch.debugreg, 0, sizeof(v->arch.debugreg));
    v->arch.debugreg[6] = 0xffff0ff0;
    v->arch.debugreg[7] = 0x400;
    memset(v->arch.ctrlreg, 0, sizeof(v->arch.ctrlreg));
    v->arch.fs_base = v->arch.gs_base_kernel = v->arch.gs_base_user = 0;
    v->arch.event_callback_eip = v->arch.failsafe_callback_eip = v->arch.syscall_callback_eip = 0;
    v->arch.syscall32_callback_eip = v->arch.sysenter_callback_eip = v->arch.nmi_callback = 0;
    v->arch.nmi_pending = v->arch.nmi_masked = false;
    v->arch.iopl = v->arch.iobmp_limit = 0;
    v->arch.iobmp_guest = v->arch.time_info_guest = 0;
    fpu_reset(v);
    v->arch.kernel_mode = true;
    v->is_initialised = false;
    __atomic_or_fetch(&v->pause_flags, VPF_down, __ATOMIC_SEQ_CST);
    return 0;
}

/* --- contexts ------------------------------------------------------------------------------------------- */

static int check_context(const struct vcpu_guest_context *c)
{
    if (!is_guest_address(c->event_callback_eip) || !is_guest_address(c->failsafe_callback_eip) ||
        !is_guest_address(c->syscall_callback_eip) || !is_canonical(c->fs_base) ||
        !is_canonical(c->gs_base_kernel) || !is_canonical(c->gs_base_user) ||
        !is_canonical(c->user_regs.rip))
        return -EINVAL;
    if (c->gdt_ents > GUEST_GDT_PAGES * 512 || c->ldt_ents > 8192)
        return -EINVAL;
    for (unsigned int i = 0; i < 256; i++)
        if (!is_guest_address(c->trap_ctxt[i].address))
            return -EINVAL;
    for (unsigned int i = 0; i < 4; i++)
        if (!is_guest_address(c->debugreg[i]))
            return -EINVAL;
    return 0;
}

static mfn_t cr3_to_mfn(unsigned long cr3)
{
    return _mfn(cr3 >> PAGE_SHIFT);
}

static void set_registers(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct cpu_user_regs *r = &v->arch.regs;

    *r = c->user_regs;
    r->cs |= 3;
    r->ss |= 3;
    r->rflags = (r->rflags & ~(X86_EFLAGS_IOPL | X86_EFLAGS_VM)) | X86_EFLAGS_IF | X86_EFLAGS_MBS;
    r->entry_vector = 0;
    v->arch.fs_base = c->fs_base;
    v->arch.gs_base_kernel = c->gs_base_kernel;
    v->arch.gs_base_user = c->gs_base_user;
    v->arch.kernel_mode = c->flags & VGCF_in_kernel;
    v->arch.flags = c->flags;
    v->arch.iopl = (c->user_regs.rflags & X86_EFLAGS_IOPL) >> 12; /* as set_iopl would */
    v->arch.kernel_ss = (c->kernel_ss & 0xffff) | 3;
    v->arch.kernel_sp = c->kernel_sp;
    v->arch.ctrlreg[0] = c->ctrlreg[0];
    v->arch.ctrlreg[4] = c->ctrlreg[4];
}

static void set_callbacks(struct vcpu *v, const struct vcpu_guest_context *c)
{
    for (unsigned int i = 0; i < 256; i++) {
        v->arch.traps[i] = c->trap_ctxt[i];
        v->arch.traps[i].vector = (uint8_t)i;
        v->arch.traps[i].cs |= 3;
    }
    v->arch.event_callback_eip = c->event_callback_eip;
    v->arch.failsafe_callback_eip = c->failsafe_callback_eip;
    v->arch.syscall_callback_eip = c->syscall_callback_eip;
    v->arch.syscall_disables_events = c->flags & VGCF_syscall_disables_events;
    v->arch.failsafe_disables_events = c->flags & VGCF_failsafe_disables_events;
}

int arch_set_info_guest(struct vcpu *v, struct vcpu_guest_context *c)
{
    int rc = v->domain->is_hvm ? -EOPNOTSUPP : check_context(c);

    if (rc)
        return rc;
    rc = pv_mm_set_cr3(v, cr3_to_mfn(c->ctrlreg[3]), cr3_to_mfn(c->ctrlreg[1]));
    if (rc)
        return rc;
    rc = pv_mm_set_gdt(v, c->gdt_frames, (unsigned int)c->gdt_ents);
    if (!rc && c->ldt_ents)
        rc = pv_mm_set_ldt(v, c->ldt_base, (unsigned int)c->ldt_ents);
    if (rc) {
        pv_mm_vcpu_release(v);
        return rc;
    }
    set_registers(v, c);
    set_callbacks(v, c);
    for (unsigned int i = 0; i < 8; i++)
        if (i != 4 && i != 5 && (i < 4 || c->debugreg[i]))
            pv_set_debugreg(v, i, c->debugreg[i]);
    if (c->flags & VGCF_I387_VALID)
        fpu_set_legacy(v, &c->fpu_ctxt);
    if (v->id == 0)
        v->domain->vm_assist = c->vm_assist;
    v->is_initialised = true;
    return 0;
}

void arch_get_info_guest(struct vcpu *v, struct vcpu_guest_context *c)
{
    struct pv_mm_vcpu *mm = &v->arch.mm;

    if (v->domain->is_hvm) {
        hvm_get_info_guest(v, c);
        return;
    }
    memset(c, 0, sizeof(*c));
    fpu_get_legacy(v, &c->fpu_ctxt);
    c->flags = VGCF_I387_VALID | (v->arch.kernel_mode ? VGCF_in_kernel : 0) |
               (v->arch.syscall_disables_events ? VGCF_syscall_disables_events : 0) |
               (v->arch.failsafe_disables_events ? VGCF_failsafe_disables_events : 0);
    c->user_regs = v->arch.regs;
    memcpy(c->trap_ctxt, v->arch.traps, sizeof(c->trap_ctxt));
    c->ldt_base = mm->ldt_base;
    c->ldt_ents = mm->ldt_entries;
    for (unsigned int i = 0; i < GUEST_GDT_PAGES; i++)
        c->gdt_frames[i] = mm->gdt_frames[i].v;
    c->gdt_ents = mm->gdt_entries;
    c->kernel_ss = v->arch.kernel_ss;
    c->kernel_sp = v->arch.kernel_sp;
    memcpy(c->ctrlreg, v->arch.ctrlreg, sizeof(c->ctrlreg));
    c->ctrlreg[3] = mm->kernel_l4.v << PAGE_SHIFT;
    c->ctrlreg[1] = mm->user_l4.v << PAGE_SHIFT;
    memcpy(c->debugreg, v->arch.debugreg, sizeof(c->debugreg));
    c->event_callback_eip = v->arch.event_callback_eip;
    c->failsafe_callback_eip = v->arch.failsafe_callback_eip;
    c->syscall_callback_eip = v->arch.syscall_callback_eip;
    c->vm_assist = v->domain->vm_assist;
    c->fs_base = v->arch.fs_base;
    c->gs_base_kernel = v->arch.gs_base_kernel;
    c->gs_base_user = v->arch.gs_base_user;
}

/* --- for the tools and for people --------------------------------------------------------------------------- */

void arch_domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    info->arch_config.emulation_flags = d->is_hvm ? XEN_X86_EMU_LAPIC : 0;
    info->gpaddr_bits = 0; /* as many as the machine's */
    if (d->is_hvm)
        info->flags |= XEN_DOMINF_hap;
}

static void show_guest_stack(const struct vcpu *v, unsigned long sp)
{
    unsigned long words[STACK_WORDS];

    if (v != current || copy_from_guest_va(words, sp, sizeof(words))) {
        printk(XENLOG_G_ERR "  (its stack is not readable from here)\n");
        return;
    }
    for (unsigned int i = 0; i < STACK_WORDS; i += 4)
        printk(XENLOG_G_ERR "  %016lx: %016lx %016lx %016lx %016lx\n", sp + i * 8, words[i],
               words[i + 1], words[i + 2], words[i + 3]);
}

void arch_show_vcpu(struct vcpu *v)
{
    const struct cpu_user_regs *r = v == current ? guest_cpu_user_regs() : &v->arch.regs;

    if (v->domain->is_idle)
        return;
    if (v->domain->is_hvm) {
        hvm_show_vcpu(v);
        return;
    }
    printk(XENLOG_G_ERR "d%dv%u on CPU %u, %s mode, kernel table %lx, user table %lx\n",
           v->domain->domid, v->id, v->processor, v->arch.kernel_mode ? "kernel" : "user",
           (unsigned long)v->arch.mm.kernel_l4.v, (unsigned long)v->arch.mm.user_l4.v);
    printk(XENLOG_G_ERR "  rip %04x:%016lx rflags %lx rsp %04x:%016lx vector %x error %x\n", r->cs,
           r->rip, r->rflags, r->ss, r->rsp, r->entry_vector, r->error_code);
    printk(XENLOG_G_ERR "  rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", r->rax, r->rbx, r->rcx,
           r->rdx);
    printk(XENLOG_G_ERR "  rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", r->rsi, r->rdi, r->rbp,
           r->r8);
    printk(XENLOG_G_ERR "  r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", r->r9, r->r10, r->r11,
           r->r12);
    printk(XENLOG_G_ERR "  r13 %016lx r14 %016lx r15 %016lx cr2 %016lx\n", r->r13, r->r14, r->r15,
           v->arch.ctrlreg[2]);
    printk(XENLOG_G_ERR "  fs base %016lx gs base %016lx / %016lx\n", v->arch.fs_base,
           v->arch.gs_base_kernel, v->arch.gs_base_user);
    show_guest_stack(v, r->rsp);
}
