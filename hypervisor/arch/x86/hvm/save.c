/* SPDX-License-Identifier: MIT */
/* The context records that tools read and write: all state of a container but its memory. */
#include "exit.h"
#include <asm/cpufeature.h>
#include <asm/fpu.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <hv/arch/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/string.h>
#include <xen/domctl.h>
#include <xen/hvm/save.h>

#define MAX_CONTEXT (1u << 20)

/* Of one kind: how a vCPU fills the body and takes it back.  check() (NULL: nothing to check) changes nothing, and
 * what it lets pass load() can do. */
struct kind {
    uint16_t code;
    uint32_t length;
    void (*save)(struct vcpu *v, void *body);
    int (*check)(struct vcpu *v, const void *body);
    void (*load)(struct vcpu *v, const void *body);
};

/* --- processor ----------------------------------------------------------------------------------------------- */
struct place {
    uint16_t in_record, here;
};
#define GPR(reg)                                                                                   \
    {                                                                                              \
        offsetof(struct hvm_hw_cpu, reg), offsetof(struct cpu_user_regs, reg)                      \
    }
static const struct place gprs[] = {
    GPR(rax), GPR(rbx), GPR(rcx), GPR(rdx), GPR(rbp), GPR(rsi), GPR(rdi), GPR(rsp), GPR(r8),
    GPR(r9),  GPR(r10), GPR(r11), GPR(r12), GPR(r13), GPR(r14), GPR(r15), GPR(rip), GPR(rflags),
};
#define SWITCHED(field, reg)                                                                       \
    {                                                                                              \
        offsetof(struct hvm_hw_cpu, field), reg                                                    \
    }
static const struct place switched[] = {
    SWITCHED(cr0, HVM_CR0),
    SWITCHED(cr2, HVM_CR2),
    SWITCHED(cr3, HVM_CR3),
    SWITCHED(cr4, HVM_CR4),
    SWITCHED(dr6, HVM_DR6),
    SWITCHED(dr7, HVM_DR7),
    SWITCHED(sysenter_cs, HVM_SYSENTER_CS),
    SWITCHED(sysenter_esp, HVM_SYSENTER_ESP),
    SWITCHED(sysenter_eip, HVM_SYSENTER_EIP),
    SWITCHED(shadow_gs, HVM_KERNEL_GS_BASE),
    SWITCHED(msr_lstar, HVM_LSTAR),
    SWITCHED(msr_star, HVM_STAR),
    SWITCHED(msr_cstar, HVM_CSTAR),
    SWITCHED(msr_syscall_mask, HVM_SYSCALL_MASK),
    SWITCHED(msr_efer, HVM_EFER),
};
/* In the record's order, which is the same for selectors, limits, bases and rights; the last two have
 * neither selector nor rights. */
static const uint8_t segments[] = {HVM_CS, HVM_DS, HVM_ES,   HVM_FS,   HVM_GS,
                                   HVM_SS, HVM_TR, HVM_LDTR, HVM_IDTR, HVM_GDTR};
#define NR_SELECTORS 8
_Static_assert(offsetof(struct hvm_hw_cpu, gdtr_limit) - offsetof(struct hvm_hw_cpu, cs_limit) ==
                   9 * sizeof(uint32_t),
               "segments[]");

static uint64_t *field_at(const void *base, uint16_t offset)
{
    return (uint64_t *)((char *)base + offset);
}

static void save_cpu(struct vcpu *v, void *body)
{
    struct hvm_hw_cpu *c = body;
    const struct hvm_event *e = &v->arch.hvm->event;
    struct hvm_segment s;

    fpu_get_legacy(v, c->fpu_regs);
    for (unsigned int i = 0; i < ARRAY_SIZE(gprs); i++)
        *field_at(c, gprs[i].in_record) = *field_at(&v->arch.regs, gprs[i].here);
    for (unsigned int i = 0; i < ARRAY_SIZE(switched); i++)
        *field_at(c, switched[i].in_record) = hvm->get(v, switched[i].here);
    for (unsigned int i = 0; i < ARRAY_SIZE(segments); i++) {
        hvm->get_segment(v, segments[i], &s);
        (&c->cs_limit)[i] = s.limit;
        (&c->cs_base)[i] = s.base;
        if (i < NR_SELECTORS) {
            (&c->cs_sel)[i] = s.sel;
            (&c->cs_arbytes)[i] = s.attr;
        }
    }
    memcpy(&c->dr0, v->arch.debugreg, 4 * sizeof(c->dr0));
    c->msr_tsc_aux = v->arch.msr_tsc_aux;
    c->tsc = v->domain->arch.hvm->record_tsc + v->arch.tsc_offset;
    if (e->valid) {
        c->pending_valid = 1;
        c->pending_vector = e->vector;
        c->pending_type = e->type;
        c->pending_error_valid = e->has_error;
        c->error_code = e->error;
    }
    c->flags = XEN_X86_FPU_INITIALISED;
}

/* States that the processor would refuse to enter, or that the guest could not have got into. */
bool hvm_control_valid(const struct vcpu *v, uint64_t cr0, uint64_t cr4, uint64_t efer)
{
    uint64_t known = EFER_SCE | EFER_LME | EFER_LMA | EFER_NX | EFER_FFXSR;

    if (cr0 >> 32 || ((cr0 & X86_CR0_PG) && !(cr0 & X86_CR0_PE)) ||
        ((cr0 & X86_CR0_NW) && !(cr0 & X86_CR0_CD)))
        return false;
    if ((cr4 & ~hvm_cr4_allowed(v)) || (efer & ~known))
        return false;
    if ((efer & EFER_LMA) && (!(efer & EFER_LME) || !(cr0 & X86_CR0_PG)))
        return false;
    return !((efer & EFER_LME) && (cr0 & X86_CR0_PG)) || (cr4 & X86_CR4_PAE);
}

static int check_cpu(struct vcpu *v, const void *body)
{
    const struct hvm_hw_cpu *c = body;

    if (!hvm_control_valid(v, c->cr0, c->cr4, c->msr_efer) || c->dr6 >> 32 || c->dr7 >> 32)
        return -EINVAL;
    if (!is_canonical(c->fs_base) || !is_canonical(c->gs_base) || !is_canonical(c->shadow_gs) ||
        !is_canonical(c->tr_base) || !is_canonical(c->ldtr_base) || !is_canonical(c->msr_lstar) ||
        !is_canonical(c->msr_cstar) || c->msr_tsc_aux >> 32)
        return -EINVAL;
    return 0;
}

static void load_event(struct vcpu *v, const struct hvm_hw_cpu *c)
{
    v->arch.hvm->event = (struct hvm_event){
        .valid = c->pending_valid && c->pending_type != 1 && c->pending_type < 5 &&
                 (c->pending_type != HVM_EVENT_EXCEPTION || c->pending_vector < 32),
        .has_error = c->pending_error_valid,
        .type = c->pending_type,
        .vector = c->pending_vector,
        .error = c->error_code,
    };
}

/* vCPUs that are not started yet go by the first one. */
static void load_tsc(struct vcpu *v, uint64_t tsc)
{
    uint64_t offset = tsc - v->domain->arch.hvm->record_tsc;
    struct vcpu *other;

    for_each_vcpu (v->domain, other)
        if (other == v || (v->id == 0 && !other->is_initialised))
            hvm_set_tsc_offset(other, offset);
}

static void load_cpu(struct vcpu *v, const void *body)
{
    const struct hvm_hw_cpu *c = body;
    struct cpu_user_regs *r = &v->arch.regs;
    struct hvm_segment s = {0};

    if (c->flags & XEN_X86_FPU_INITIALISED)
        fpu_set_legacy(v, c->fpu_regs);
    else
        fpu_reset(v);
    for (unsigned int i = 0; i < ARRAY_SIZE(gprs); i++)
        *field_at(r, gprs[i].here) = *field_at(c, gprs[i].in_record);
    r->rflags |= X86_EFLAGS_MBS;
    for (unsigned int i = 0; i < ARRAY_SIZE(switched); i++)
        hvm->set(v, switched[i].here, *field_at(c, switched[i].in_record));
    for (unsigned int i = 0; i < ARRAY_SIZE(segments); i++) {
        s = (struct hvm_segment){.limit = (&c->cs_limit)[i], .base = (&c->cs_base)[i]};
        if (i < NR_SELECTORS) {
            s.sel = (uint16_t)(&c->cs_sel)[i];
            s.attr = (uint16_t)(&c->cs_arbytes)[i];
        }
        hvm->set_segment(v, segments[i], &s);
    }
    memcpy(v->arch.debugreg, &c->dr0, 4 * sizeof(c->dr0));
    v->arch.msr_tsc_aux = c->msr_tsc_aux;
    load_event(v, c);
    hvm->end_shadow(v);
    load_tsc(v, c->tsc);
    v->arch.hvm->flush_tlb = true;
    v->arch.hvm->wait_for_sipi = false;
    v->is_initialised = true;
    __atomic_and_fetch(&v->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST);
}

/* --- local APIC ------------------------------------------------------------------------------------------------ */
static void save_lapic(struct vcpu *v, void *body)
{
    struct hvm_hw_lapic *l = body;
    const struct lapic *from = &v->arch.hvm->lapic;

    l->apic_base_msr = from->base_msr;
    l->disabled = from->base_msr & APIC_BASE_ENABLE ? 0 : 1;
    l->timer_divisor = lapic_timer_divisor(v);
    l->tdt_msr = from->tsc_deadline;
}

static int check_lapic(struct vcpu *v, const void *body)
{
    const struct hvm_hw_lapic *l = body;
    const uint64_t mode = APIC_BASE_ENABLE | APIC_BASE_X2APIC;

    return (l->apic_base_msr & ~(mode | APIC_BASE_BSP)) != LAPIC_DEFAULT_BASE ||
                   (l->apic_base_msr & mode) == APIC_BASE_X2APIC
               ? -EINVAL
               : 0;
}

static void load_lapic(struct vcpu *v, const void *body)
{
    const struct hvm_hw_lapic *l = body;

    v->arch.hvm->lapic.base_msr = l->apic_base_msr;
    v->arch.hvm->lapic.tsc_deadline = l->tdt_msr;
}

static void save_lapic_regs(struct vcpu *v, void *body)
{
    memcpy(body, v->arch.hvm->lapic.regs, sizeof(v->arch.hvm->lapic.regs));
    lapic_save_live(v, body);
}

static void load_lapic_regs(struct vcpu *v, const void *body)
{
    memcpy(v->arch.hvm->lapic.regs, body, sizeof(v->arch.hvm->lapic.regs));
    lapic_restore(v);
}

/* --- memory types, and the rest -------------------------------------------------------------------------------- */
static void save_mtrr(struct vcpu *v, void *body)
{
    struct hvm_hw_mtrr *m = body;
    const struct hvm_mtrr *from = &v->arch.hvm->mtrr;

    m->msr_pat_cr = hvm->get(v, HVM_PAT);
    memcpy(m->msr_mtrr_var, from->var, sizeof(m->msr_mtrr_var));
    memcpy(m->msr_mtrr_fixed, from->fixed, sizeof(m->msr_mtrr_fixed));
    hvm_rdmsr(v, MSR_MTRR_CAP, &m->msr_mtrr_cap);
    m->msr_mtrr_def_type = from->def_type;
}

static int check_mtrr(struct vcpu *v, const void *body)
{
    const struct hvm_hw_mtrr *m = body;

    if (!hvm_pat_valid(m->msr_pat_cr) || !hvm_mtrr_valid(MSR_MTRR_DEF_TYPE, m->msr_mtrr_def_type))
        return -EINVAL;
    for (uint32_t i = 0; i < ARRAY_SIZE(m->msr_mtrr_var); i++)
        if (!hvm_mtrr_valid(0x200 + i, m->msr_mtrr_var[i]))
            return -EINVAL;
    for (uint32_t i = 0; i < ARRAY_SIZE(m->msr_mtrr_fixed); i++)
        if (!hvm_mtrr_valid(0x250, m->msr_mtrr_fixed[i]))
            return -EINVAL;
    return 0;
}

static void load_mtrr(struct vcpu *v, const void *body)
{
    const struct hvm_hw_mtrr *m = body;
    struct hvm_mtrr *to = &v->arch.hvm->mtrr;

    hvm->set(v, HVM_PAT, m->msr_pat_cr);
    memcpy(to->var, m->msr_mtrr_var, sizeof(to->var));
    memcpy(to->fixed, m->msr_mtrr_fixed, sizeof(to->fixed));
    to->def_type = m->msr_mtrr_def_type;
}

static void save_tsc_adjust(struct vcpu *v, void *body)
{
    struct hvm_tsc_adjust *t = body;

    t->tsc_adjust = v->arch.hvm->tsc_adjust;
}

static void load_tsc_adjust(struct vcpu *v, const void *body)
{
    v->arch.hvm->tsc_adjust = ((const struct hvm_tsc_adjust *)body)->tsc_adjust;
}

/* Extended states, which have the legacy ones in them. */
static void save_xsave(struct vcpu *v, void *body)
{
    struct hvm_hw_cpu_xsave *x = body;

    x->xfeature_mask = boot_cpu.xcr0_mask;
    x->xcr0 = v->arch.xcr0;
    x->xcr0_accum = boot_cpu.xcr0_mask;
    memcpy(&x->save_area, v->arch.fpu, boot_cpu.xsave_size);
}

static int check_xsave(struct vcpu *v, const void *body)
{
    const struct hvm_hw_cpu_xsave *x = body;

    return fpu_xstate_valid(&x->save_area, x->xcr0, x->xcr0_accum) ? 0 : -EINVAL;
}

static void load_xsave(struct vcpu *v, const void *body)
{
    const struct hvm_hw_cpu_xsave *x = body;

    v->arch.xcr0 = x->xcr0;
    memcpy(v->arch.fpu, &x->save_area, boot_cpu.xsave_size);
}

/* In the order in which they are written; length 0: by the processor. */
static const struct kind kinds[] = {
    {HVM_SAVE_CODE(CPU), HVM_SAVE_LENGTH(CPU), save_cpu, check_cpu, load_cpu},
    {HVM_SAVE_CODE(LAPIC), HVM_SAVE_LENGTH(LAPIC), save_lapic, check_lapic, load_lapic},
    {HVM_SAVE_CODE(LAPIC_REGS), HVM_SAVE_LENGTH(LAPIC_REGS), save_lapic_regs, NULL,
     load_lapic_regs},
    {HVM_SAVE_CODE(MTRR), HVM_SAVE_LENGTH(MTRR), save_mtrr, check_mtrr, load_mtrr},
    {CPU_XSAVE_CODE, 0, save_xsave, check_xsave, load_xsave},
    {HVM_SAVE_CODE(TSC_ADJUST), HVM_SAVE_LENGTH(TSC_ADJUST), save_tsc_adjust, NULL,
     load_tsc_adjust},
};

/* 0: this processor has nothing of that kind. */
static uint32_t length_of(const struct kind *k)
{
    if (k->length)
        return k->length;
    return cpu_has_xsave ? offsetof(struct hvm_hw_cpu_xsave, save_area) + boot_cpu.xsave_size : 0;
}

static const struct kind *find_kind(uint32_t code)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
        if (kinds[i].code == code && length_of(&kinds[i]))
            return &kinds[i];
    return NULL;
}

/* A vCPU that is down has no state to speak of, but its interrupt controller. */
static bool is_saved(const struct vcpu *v, const struct kind *k)
{
    return length_of(k) && (k->save != save_cpu || !(read_atomic(&v->pause_flags) & VPF_down));
}

/* --- all of them ---------------------------------------------------------------------------------------------- */
static char *put_record(char *at, uint16_t code, uint16_t instance, uint32_t length)
{
    struct hvm_save_descriptor d = {code, instance, length};

    memcpy(at, &d, sizeof(d));
    return at + sizeof(d);
}

static char *put_header(char *at)
{
    struct hvm_save_header h = {.magic = HVM_FILE_MAGIC,
                                .version = HVM_FILE_VERSION,
                                .cpuid = boot_cpu.signature,
                                .gtsc_khz = cpu_khz};

    at = put_record(at, HVM_SAVE_CODE(HEADER), 0, sizeof(h));
    memcpy(at, &h, sizeof(h));
    return at + sizeof(h);
}

static size_t context_size(const struct domain *d)
{
    size_t size = sizeof(struct hvm_save_descriptor);

    for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
        size += sizeof(struct hvm_save_descriptor) + length_of(&kinds[i]);
    return 2 * sizeof(struct hvm_save_descriptor) + sizeof(struct hvm_save_header) +
           size * d->max_vcpus;
}

static size_t write_context(struct domain *d, char *buf)
{
    char *at = put_header(buf);
    struct vcpu *v;

    for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
        for_each_vcpu (d, v) {
            if (!is_saved(v, &kinds[i]))
                continue;
            at = put_record(at, kinds[i].code, (uint16_t)v->id, length_of(&kinds[i]));
            memset(at, 0, length_of(&kinds[i]));
            kinds[i].save(v, at);
            at += length_of(&kinds[i]);
        }
    at = put_record(at, HVM_SAVE_CODE(END), 0, 0);
    return (size_t)(at - buf);
}

long hvm_get_context(struct domain *d, struct xen_domctl_hvmcontext *u)
{
    size_t size = context_size(d);
    char *buf;
    long rc = -ENOSPC;

    if (guest_handle_null(u->buffer)) {
        u->size = (uint32_t)size;
        return 0;
    }
    buf = hv_alloc(size);
    if (!buf)
        return -ENOMEM;
    domain_pause(d);
    d->arch.hvm->record_tsc = rdtsc();
    size = write_context(d, buf);
    domain_unpause(d);
    if (u->size >= size) {
        u->size = (uint32_t)size;
        rc = copy_to_guest(u->buffer, buf, size);
    }
    hv_free(buf);
    return rc;
}

long hvm_get_context_partial(struct domain *d, struct xen_domctl_hvmcontext_partial *u)
{
    const struct kind *k = find_kind(u->type);
    struct vcpu *v = domain_vcpu(d, u->instance);
    char *body;
    long rc;

    if (!k || !v || !is_saved(v, k))
        return -ENOENT;
    if (guest_handle_null(u->buffer)) {
        u->bufsz = length_of(k);
        return 0;
    }
    if (u->bufsz < length_of(k))
        return -ENOSPC;
    body = hv_alloc(length_of(k));
    if (!body)
        return -ENOMEM;
    domain_pause(d);
    d->arch.hvm->record_tsc = rdtsc();
    k->save(v, body);
    domain_unpause(d);
    u->bufsz = length_of(k);
    rc = copy_to_guest(u->buffer, body, length_of(k));
    hv_free(body);
    return rc;
}

/* Records that another hypervisor writes and that say nothing here. */
static bool is_ignored(uint16_t code)
{
    return code == HVM_SAVE_CODE(HEADER) || code == HVM_SAVE_CODE(VMCE_VCPU) ||
           code == CPU_MSR_CODE; /* of features that guests here do not have */
}

/* Walks the records; with perform false all is checked and nothing is changed. */
static long read_context(struct domain *d, const char *buf, size_t size, bool perform)
{
    struct hvm_save_descriptor desc;

    for (size_t at = 0; size - at >= sizeof(desc); at += desc.length) {
        const struct kind *k;
        struct vcpu *v;

        memcpy(&desc, buf + at, sizeof(desc));
        at += sizeof(desc);
        if (desc.typecode == HVM_SAVE_CODE(END))
            return 0;
        if (desc.length > size - at)
            return -ENODATA;
        if (is_ignored(desc.typecode))
            continue;
        k = find_kind(desc.typecode);
        v = domain_vcpu(d, desc.instance);
        if (!k || !v || desc.length != length_of(k))
            return -EINVAL;
        if (perform)
            k->load(v, buf + at);
        else if (k->check && k->check(v, buf + at))
            return -EINVAL;
    }
    return -ENODATA;
}

long hvm_set_context(struct domain *d, const struct xen_domctl_hvmcontext *u)
{
    struct hvm_save_header *h;
    char *buf;
    long rc = -EFAULT;

    if (u->size < sizeof(struct hvm_save_descriptor) + sizeof(*h) || u->size > MAX_CONTEXT)
        return -EINVAL;
    buf = hv_alloc(u->size);
    if (!buf)
        return -ENOMEM;
    h = (struct hvm_save_header *)(buf + sizeof(struct hvm_save_descriptor));
    if (!copy_from_guest(buf, u->buffer, u->size))
        rc = h->magic == HVM_FILE_MAGIC && h->version == HVM_FILE_VERSION ? 0 : -EINVAL;
    if (!rc)
        rc = read_context(d, buf, u->size, false);
    if (!rc) {
        domain_pause(d);
        d->arch.hvm->record_tsc = rdtsc();
        rc = read_context(d, buf, u->size, true);
        domain_unpause(d);
    }
    hv_free(buf);
    return rc;
}
