/* SPDX-License-Identifier: MIT */
/* A container's vCPU as a whole: reset, contexts in other forms, dumps. */
#include "exit.h"
#include <asm/fpu.h>
#include <asm/processor.h>
#include <hv/errno.h>
#include <hv/string.h>
#include <xen/hvm/hvm_vcpu.h>

#define PAT_RESET   0x0007040600070406UL
#define DR6_RESET   0xffff0ff0UL
#define DR7_RESET   0x400UL
#define ATTR_DATA   0x093 /* present, writable, accessed */
#define ATTR_CODE   0x09b
#define ATTR_LDT    0x082
#define ATTR_TSS    0x08b /* 32-bit, busy */
#define ATTR_CODE64 0xa9b
#define ATTR_DATA64 0xc93

struct cpu_user_regs *hvm_regs(struct vcpu *v)
{
    return v == current ? guest_cpu_user_regs() : &v->arch.regs;
}

static void set_segment(struct vcpu *v, enum hvm_seg seg, uint16_t sel, uint16_t attr,
                        uint32_t limit, uint64_t base)
{
    struct hvm_segment s = {sel, attr, limit, base};

    hvm->set_segment(v, seg, &s);
}

/* AMD64 manual volume 2, table 14-1.  FPU, XCR0 and the counter outlive INIT. */
void hvm_vcpu_reset(struct vcpu *v)
{
    static const enum hvm_reg zero[] = {HVM_CR2,         HVM_CR3,          HVM_CR4,
                                        HVM_EFER,        HVM_STAR,         HVM_LSTAR,
                                        HVM_CSTAR,       HVM_SYSCALL_MASK, HVM_KERNEL_GS_BASE,
                                        HVM_SYSENTER_CS, HVM_SYSENTER_ESP, HVM_SYSENTER_EIP};
    struct cpu_user_regs *r = hvm_regs(v);
    struct hvm_vcpu *h = v->arch.hvm;

    for (unsigned int i = 0; i < ARRAY_SIZE(zero); i++)
        hvm->set(v, zero[i], 0);
    hvm->set(v, HVM_CR0, X86_CR0_ET);
    hvm->set(v, HVM_PAT, PAT_RESET);
    hvm->set(v, HVM_DR6, DR6_RESET);
    hvm->set(v, HVM_DR7, DR7_RESET);
    for (unsigned int seg = 0; seg < NR_HVM_SEGS; seg++)
        set_segment(v, seg, 0, ATTR_DATA, 0xffff, 0);
    set_segment(v, HVM_CS, 0xf000, ATTR_CODE, 0xffff, 0xffff0000);
    set_segment(v, HVM_LDTR, 0, ATTR_LDT, 0xffff, 0);
    set_segment(v, HVM_TR, 0, ATTR_TSS, 0xffff, 0);
    memset(r, 0, sizeof(*r));
    r->rip = 0xfff0;
    r->rflags = X86_EFLAGS_MBS;
    hvm->end_shadow(v);
    hvm->watch_iret(v, false);
    h->event.valid = h->nmi_blocked = false;
    h->nmi_blocked_at = ~0UL;
    h->offered = 0;
    h->flush_tlb = true;
    lapic_reset(v);
}

/* --- VCPUOP_initialise ---------------------------------------------------------------------------------- */
static void set_flat64(struct vcpu *v)
{
    for (unsigned int seg = HVM_ES; seg <= HVM_GS; seg++)
        set_segment(v, seg, 0, seg == HVM_CS ? ATTR_CODE64 : ATTR_DATA64, ~0u, 0);
    set_segment(v, HVM_TR, 0, ATTR_TSS, 0x67, 0);
}

static int set_64(struct vcpu *v, const struct vcpu_hvm_x86_64 *c)
{
    struct cpu_user_regs *r = hvm_regs(v);
    uint64_t efer = c->efer | (c->efer & EFER_LME ? EFER_LMA : 0);

    if (!(c->cr0 & X86_CR0_PG) || !(efer & EFER_LMA) || !is_canonical(c->rip) ||
        !hvm_control_valid(v, c->cr0, c->cr4, efer))
        return -EINVAL;
    r->rax = c->rax;
    r->rcx = c->rcx;
    r->rdx = c->rdx;
    r->rbx = c->rbx;
    r->rsp = c->rsp;
    r->rbp = c->rbp;
    r->rsi = c->rsi;
    r->rdi = c->rdi;
    r->rip = c->rip;
    r->rflags = c->rflags | X86_EFLAGS_MBS;
    hvm->set(v, HVM_CR0, c->cr0 | X86_CR0_ET);
    hvm->set(v, HVM_CR3, c->cr3);
    hvm->set(v, HVM_CR4, c->cr4);
    hvm->set(v, HVM_EFER, efer);
    set_flat64(v);
    return 0;
}

static int set_32(struct vcpu *v, const struct vcpu_hvm_x86_32 *c)
{
    struct cpu_user_regs *r = hvm_regs(v);
    uint64_t efer = c->efer;

    if ((c->cr0 & X86_CR0_PG) && (efer & EFER_LME))
        efer |= EFER_LMA;
    if (!hvm_control_valid(v, c->cr0, c->cr4, efer) || ((c->cs_ar | c->ss_ar | c->tr_ar) >> 12) ||
        !(c->cs_ar & SEG_P))
        return -EINVAL;
    r->rax = c->eax;
    r->rcx = c->ecx;
    r->rdx = c->edx;
    r->rbx = c->ebx;
    r->rsp = c->esp;
    r->rbp = c->ebp;
    r->rsi = c->esi;
    r->rdi = c->edi;
    r->rip = c->eip;
    r->rflags = c->eflags | X86_EFLAGS_MBS;
    hvm->set(v, HVM_CR0, c->cr0 | X86_CR0_ET);
    hvm->set(v, HVM_CR3, c->cr3);
    hvm->set(v, HVM_CR4, c->cr4);
    hvm->set(v, HVM_EFER, efer);
    set_segment(v, HVM_CS, 0, c->cs_ar, c->cs_limit, c->cs_base);
    set_segment(v, HVM_DS, 0, c->ds_ar, c->ds_limit, c->ds_base);
    set_segment(v, HVM_SS, 0, c->ss_ar, c->ss_limit, c->ss_base);
    set_segment(v, HVM_ES, 0, c->es_ar, c->es_limit, c->es_base);
    set_segment(v, HVM_TR, 0, c->tr_ar, c->tr_limit, c->tr_base);
    return 0;
}

int hvm_set_vcpu_context(struct vcpu *v, const struct vcpu_hvm_context *c)
{
    int rc = -EINVAL;

    if (c->mode == VCPU_HVM_MODE_64B)
        rc = set_64(v, &c->cpu_regs.x86_64);
    else if (c->mode == VCPU_HVM_MODE_32B)
        rc = set_32(v, &c->cpu_regs.x86_32);
    if (rc)
        return rc;
    v->arch.hvm->wait_for_sipi = false;
    v->arch.hvm->flush_tlb = true;
    v->is_initialised = true;
    return 0;
}

/* --- domctl's form, which is PV's: to look at, not to set ------------------------------------------------ */
void hvm_get_info_guest(struct vcpu *v, struct vcpu_guest_context *c)
{
    struct hvm_segment s;

    memset(c, 0, sizeof(*c));
    fpu_get_legacy(v, &c->fpu_ctxt);
    c->flags = VGCF_I387_VALID | (hvm->cpl(v) ? 0 : VGCF_in_kernel);
    c->user_regs = v->arch.regs;
    c->ctrlreg[0] = hvm->get(v, HVM_CR0);
    c->ctrlreg[2] = hvm->get(v, HVM_CR2);
    c->ctrlreg[3] = hvm->get(v, HVM_CR3);
    c->ctrlreg[4] = hvm->get(v, HVM_CR4);
    memcpy(c->debugreg, v->arch.debugreg, 4 * sizeof(c->debugreg[0]));
    c->debugreg[6] = hvm->get(v, HVM_DR6);
    c->debugreg[7] = hvm->get(v, HVM_DR7);
#define SELECTOR(name, seg)                                                                        \
    hvm->get_segment(v, seg, &s);                                                                  \
    c->user_regs.name = s.sel
    SELECTOR(cs, HVM_CS);
    SELECTOR(ss, HVM_SS);
    SELECTOR(ds, HVM_DS);
    SELECTOR(es, HVM_ES);
    SELECTOR(fs, HVM_FS);
    c->fs_base = s.base;
    SELECTOR(gs, HVM_GS);
    c->gs_base_kernel = s.base;
#undef SELECTOR
    c->gs_base_user = hvm->get(v, HVM_KERNEL_GS_BASE);
}

void hvm_show_vcpu(struct vcpu *v)
{
    const struct cpu_user_regs *r = hvm_regs(v);
    struct hvm_segment cs, ss;

    hvm->get_segment(v, HVM_CS, &cs);
    hvm->get_segment(v, HVM_SS, &ss);
    printk(XENLOG_G_ERR "d%dv%u on CPU %u, container, ring %u\n", v->domain->domid, v->id,
           v->processor, hvm->cpl(v));
    printk(XENLOG_G_ERR "  rip %04x:%016lx rflags %lx rsp %04x:%016lx\n", cs.sel, r->rip, r->rflags,
           ss.sel, r->rsp);
    printk(XENLOG_G_ERR "  cs %x %08x %lx ss %x %08x %lx\n", cs.attr, cs.limit, cs.base, ss.attr,
           ss.limit, ss.base);
    printk(XENLOG_G_ERR "  rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", r->rax, r->rbx, r->rcx,
           r->rdx);
    printk(XENLOG_G_ERR "  rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", r->rsi, r->rdi, r->rbp,
           r->r8);
    printk(XENLOG_G_ERR "  r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", r->r9, r->r10, r->r11,
           r->r12);
    printk(XENLOG_G_ERR "  r13 %016lx r14 %016lx r15 %016lx\n", r->r13, r->r14, r->r15);
    printk(XENLOG_G_ERR "  cr0 %lx cr2 %lx cr3 %lx cr4 %lx efer %lx\n", hvm->get(v, HVM_CR0),
           hvm->get(v, HVM_CR2), hvm->get(v, HVM_CR3), hvm->get(v, HVM_CR4), hvm->get(v, HVM_EFER));
}
