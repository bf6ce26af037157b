/* SPDX-License-Identifier: MIT */
/* SVM: its control blocks, and getting in and out. */
#include "svm.h"
#include <asm/cpufeature.h>
#include <asm/desc.h>
#include <asm/msr.h>
#include <asm/p2m.h>
#include <asm/processor.h>
#include <hv/errno.h>
#include <hv/printk.h>
#include <hv/string.h>

struct asid_pool {
    uint32_t next;
    uint64_t generation; /* 0: never */
};
static DEFINE_PER_CPU(struct asid_pool, asid_pool);

static uint32_t features, nr_asids;
static uint8_t *iopm, *msrpm; /* of all guests */
#define IOPM_ORDER      2
#define MSRPM_ORDER     1
#define PAUSES_TO_YIELD 4000

bool svm_has_nrip(void)
{
    return features & SVM_HAS_NRIP;
}

static void vmload(maddr_t vmcb)
{
    __asm__ volatile("vmload %%rax" ::"a"(vmcb) : "memory");
}

static void vmsave(maddr_t vmcb)
{
    __asm__ volatile("vmsave %%rax" ::"a"(vmcb) : "memory");
}

static struct vmcb *vmcb_of(const struct vcpu *v)
{
    return v->arch.hvm->vendor->vmcb;
}

/* --- the processor ---------------------------------------------------------------------------------- */
static bool probe(void)
{
    struct cpuid_regs r;
    uint64_t vm_cr;

    if (!cpu_has_svm || boot_cpu.max_ext_leaf < 0x8000000a)
        return false;
    if (rdmsr_safe(MSR_VM_CR, &vm_cr) == 0 && (vm_cr & VM_CR_SVMDIS)) {
        printk(XENLOG_WARNING "SVM is switched off by the firmware\n");
        return false;
    }
    r = cpuid(0x8000000a);
    features = r.d;
    nr_asids = r.b;
    return (features & SVM_HAS_NPT) && nr_asids > 1;
}

/* MSRs that VMLOAD, VMSAVE or VMRUN switch are the guest's own. */
static void open_msr(uint32_t msr)
{
    unsigned int bit = (msr & 0x1fff) * 2 + (msr >= 0xc0000000 ? 0x800 * 8 : 0);

    msrpm[bit / 8] &= (uint8_t) ~(3u << bit % 8);
}

static int make_bitmaps(void)
{
    static const uint32_t open[] = {
        MSR_FS_BASE, MSR_GS_BASE,      MSR_KERNEL_GS_BASE, MSR_STAR,         MSR_LSTAR,
        MSR_CSTAR,   MSR_SYSCALL_MASK, MSR_SYSENTER_CS,    MSR_SYSENTER_ESP, MSR_SYSENTER_EIP};

    iopm = alloc_xenheap_pages(IOPM_ORDER, 0);
    msrpm = alloc_xenheap_pages(MSRPM_ORDER, 0);
    if (!iopm || !msrpm)
        return -ENOMEM;
    memset(iopm, 0xff, PAGE_SIZE << IOPM_ORDER);
    memset(msrpm, 0xff, PAGE_SIZE << MSRPM_ORDER);
    for (unsigned int i = 0; i < ARRAY_SIZE(open); i++)
        open_msr(open[i]);
    return 0;
}

static int cpu_init(unsigned int cpu)
{
    void *hsave = alloc_xenheap_pages(0, 0), *host = alloc_xenheap_pages(0, MEMF_zero);
    maddr_t host_pa;

    if (!hsave || !host || (cpu == 0 && make_bitmaps()))
        return -ENOMEM; /* the machine is short of memory before its first guest */
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
    wrmsr(MSR_VM_HSAVE_PA, virt_to_maddr(hsave));
    host_pa = virt_to_maddr(host);
    vmsave(host_pa);
    get_cpu_info()->host_vmcb = host_pa;
    if (cpu == 0)
        printk(XENLOG_INFO "SVM, nested paging, %u ASIDs, features %x\n", nr_asids, features);
    return 0;
}

/* --- vCPUs --------------------------------------------------------------------------------------------- */
static void init_vmcb(struct vcpu *v, struct vmcb *b)
{
    b->cr_write = BIT(4);
    b->dr_read = b->dr_write = 0xffff;
    /* #DB and #AC could otherwise raise themselves for ever within one instruction. */
    b->exceptions = BIT(TRAP_debug) | BIT(TRAP_alignment) | BIT(TRAP_machine_check);
    b->intercepts1 = INT1_INTR | INT1_NMI | INT1_INIT | INT1_RDPMC | INT1_CPUID | INT1_INVD |
                     INT1_HLT | INT1_INVLPGA | INT1_IO | INT1_MSR | INT1_SHUTDOWN;
    b->intercepts2 = INT2_VMRUN | INT2_VMMCALL | INT2_VMLOAD | INT2_VMSAVE | INT2_STGI | INT2_CLGI |
                     INT2_SKINIT | INT2_WBINVD | INT2_MONITOR | INT2_MWAIT | INT2_XSETBV |
                     INT2_RDPRU;
    if (!cpu_has_rdtscp)
        b->intercepts2 |= INT2_RDTSCP;
    if (features & SVM_HAS_PAUSE_FILTER) { /* who spins that long waits for one that does not run */
        b->intercepts1 |= INT1_PAUSE;
        b->pause_count = PAUSES_TO_YIELD;
    }
    b->iopm = virt_to_maddr(iopm);
    b->msrpm = virt_to_maddr(msrpm);
    b->int_ctl = V_INTR_MASKING;
    b->np_enable = 1;
    b->nested_cr3 = p2m_root(v->domain);
}

static int create(struct vcpu *v)
{
    struct hvm_vendor_vcpu *s = hv_new(struct hvm_vendor_vcpu);

    if (!s)
        return -ENOMEM;
    s->vmcb = alloc_xenheap_pages(0, MEMF_zero);
    if (!s->vmcb) {
        hv_free(s);
        return -ENOMEM;
    }
    s->cpu = NR_CPUS;
    init_vmcb(v, s->vmcb);
    v->arch.hvm->vendor = s;
    return 0;
}

static void destroy(struct vcpu *v)
{
    struct hvm_vendor_vcpu *s = v->arch.hvm->vendor;

    if (!s)
        return;
    free_xenheap_pages(s->vmcb, 0);
    hv_free(s);
    v->arch.hvm->vendor = NULL;
}

/* --- debug registers: the guest gets them when it first asks for one ---------------------------------- */
static void give_debug_registers(struct vcpu *v)
{
    struct hvm_vendor_vcpu *s = v->arch.hvm->vendor;

    write_dr0(v->arch.debugreg[0]);
    write_dr1(v->arch.debugreg[1]);
    write_dr2(v->arch.debugreg[2]);
    write_dr3(v->arch.debugreg[3]);
    s->dr_live = true;
    s->vmcb->dr_read = s->vmcb->dr_write = 0;
    s->vmcb->clean &= ~CLEAN_INTERCEPTS;
}

static void take_debug_registers(struct vcpu *v)
{
    struct hvm_vendor_vcpu *s = v->arch.hvm->vendor;

    v->arch.debugreg[0] = read_dr0();
    v->arch.debugreg[1] = read_dr1();
    v->arch.debugreg[2] = read_dr2();
    v->arch.debugreg[3] = read_dr3();
    s->dr_live = false;
    s->vmcb->dr_read = s->vmcb->dr_write = 0xffff;
    s->vmcb->clean &= ~CLEAN_INTERCEPTS;
}

/* FS, GS, TR, LDTR and the MSRs of system calls stay the guest's as long as it is current: we use none
 * of them, but that interrupt stacks are found by TR: we do without those. */
static void take_loaded(struct vcpu *v)
{
    struct hvm_vendor_vcpu *s = v->arch.hvm->vendor;
    unsigned long flags = arch_irq_save();

    if (s->loaded)
        vmsave(virt_to_maddr(s->vmcb));
    s->loaded = false;
    arch_irq_restore(flags);
}

static void load(struct vcpu *v)
{
    struct hvm_vendor_vcpu *s = v->arch.hvm->vendor;

    load_idt(false);

    if (s->cpu != smp_processor_id())
        s->vmcb->clean = 0;
    if (s->vmcb->dr7 & 0xff)
        give_debug_registers(v);
    if (cpu_has_rdtscp)
        wrmsr(MSR_TSC_AUX, v->arch.msr_tsc_aux);
}

static void save(struct vcpu *v)
{
    take_loaded(v);
    vmload(get_cpu_info()->host_vmcb);
    load_idt(true);
    if (v->arch.hvm->vendor->dr_live)
        take_debug_registers(v);
    if (cpu_has_rdtscp)
        v->arch.msr_tsc_aux = rdmsr(MSR_TSC_AUX);
}

/* --- state ---------------------------------------------------------------------------------------------- */
static const struct {
    uint16_t offset, clean;
} reg_at[NR_HVM_REGS] = {
#define AT(field) offsetof(struct vmcb, field)
    [HVM_CR0] = {AT(cr0), CLEAN_CR},
    [HVM_CR2] = {AT(cr2), CLEAN_CR2},
    [HVM_CR3] = {AT(cr3), CLEAN_CR},
    [HVM_CR4] = {AT(cr4), CLEAN_CR},
    [HVM_EFER] = {AT(efer), CLEAN_CR},
    [HVM_DR6] = {AT(dr6), CLEAN_DR},
    [HVM_DR7] = {AT(dr7), CLEAN_DR},
    [HVM_PAT] = {AT(pat), CLEAN_NP},
    [HVM_STAR] = {AT(star), 0},
    [HVM_LSTAR] = {AT(lstar), 0},
    [HVM_CSTAR] = {AT(cstar), 0},
    [HVM_SYSCALL_MASK] = {AT(sfmask), 0},
    [HVM_KERNEL_GS_BASE] = {AT(kernel_gs_base), 0},
    [HVM_SYSENTER_CS] = {AT(sysenter_cs), 0},
    [HVM_SYSENTER_ESP] = {AT(sysenter_esp), 0},
    [HVM_SYSENTER_EIP] = {AT(sysenter_eip), 0},
#undef AT
};

/* Is it one of those that VMLOAD loads? */
static bool is_loaded_reg(enum hvm_reg reg)
{
    return reg >= HVM_STAR;
}

static bool is_loaded_segment(enum hvm_seg seg)
{
    return seg == HVM_FS || seg == HVM_GS || seg == HVM_LDTR || seg == HVM_TR;
}

static uint64_t get(const struct vcpu *v, enum hvm_reg reg)
{
    uint64_t val;

    if (is_loaded_reg(reg))
        take_loaded((struct vcpu *)v);
    val = *(const uint64_t *)((const char *)vmcb_of(v) + reg_at[reg].offset);

    return reg == HVM_EFER ? val & ~EFER_SVME : val;
}

static void set(struct vcpu *v, enum hvm_reg reg, uint64_t val)
{
    struct vmcb *b = vmcb_of(v);

    if (is_loaded_reg(reg))
        take_loaded(v);
    *(uint64_t *)((char *)b + reg_at[reg].offset) = reg == HVM_EFER ? val | EFER_SVME : val;
    if (reg == HVM_CR4) /* the machine's own checks come to us as exits only with it */
        b->cr4 |= hv_cr4 & X86_CR4_MCE;
    b->clean &= ~(uint64_t)reg_at[reg].clean;
}

static void get_segment(const struct vcpu *v, enum hvm_seg seg, struct hvm_segment *s)
{
    if (is_loaded_segment(seg))
        take_loaded((struct vcpu *)v);
    *s = vmcb_of(v)->seg[seg];
}

static void set_segment(struct vcpu *v, enum hvm_seg seg, const struct hvm_segment *s)
{
    struct vmcb *b = vmcb_of(v);

    if (is_loaded_segment(seg))
        take_loaded(v);
    b->seg[seg] = *s;
    b->seg[seg].attr &= 0xfff;
    if (seg == HVM_SS)
        b->cpl = (s->attr & SEG_DPL) >> 5;
    b->clean &= ~(seg == HVM_GDTR || seg == HVM_IDTR ? CLEAN_DT : CLEAN_SEG);
}

static unsigned int cpl(const struct vcpu *v)
{
    return vmcb_of(v)->cpl;
}

static bool interruptible(const struct vcpu *v)
{
    return !(vmcb_of(v)->shadow & 1);
}

static void end_shadow(struct vcpu *v)
{
    vmcb_of(v)->shadow = 0;
}

static void set_tsc_offset(struct vcpu *v, uint64_t offset)
{
    vmcb_of(v)->tsc_offset = offset;
    vmcb_of(v)->clean &= ~CLEAN_INTERCEPTS;
}

/* --- events ----------------------------------------------------------------------------------------------- */
static void inject(struct vcpu *v, const struct hvm_event *e)
{
    vmcb_of(v)->event_inj = e->vector | (uint64_t)e->type << 8 | EVENT_VALID |
                            (e->has_error ? EVENT_HAS_ERROR | (uint64_t)e->error << 32 : 0);
}

static void set_int_ctl(struct vmcb *b, uint64_t val)
{
    if (b->int_ctl == val)
        return;
    b->int_ctl = val;
    b->clean &= ~CLEAN_TPR;
}

/* A virtual interrupt, which the processor takes by itself when IF and TPR allow it: no exit is needed
 * to find that moment. */
static bool offer(struct vcpu *v, uint8_t vector, unsigned int prio)
{
    struct vmcb *b = vmcb_of(v);
    uint64_t ctl = b->int_ctl & (V_TPR_MASK | V_INTR_MASKING);
    bool by_tpr = vector && prio <= 15, now = vector && (!by_tpr || prio > (ctl & 0xf));
    uint16_t cr_write = BIT(4) | (by_tpr ? BIT(8) : 0);

    /* As long as TPR matters, its changes are seen: QEMU forgets V_IRQ over one that it is below of. */
    if (b->cr_write != cr_write) {
        b->cr_write = cr_write;
        b->clean &= ~CLEAN_INTERCEPTS;
    }
    if (now)
        ctl |= V_IRQ | (uint64_t)vector << V_VECTOR_SHIFT |
               (prio > 15 ? V_IGN_TPR | 15UL << V_PRIO_SHIFT : (uint64_t)prio << V_PRIO_SHIFT);
    set_int_ctl(b, ctl);
    return now;
}

static void set_tpr(struct vcpu *v, uint8_t tpr)
{
    struct vmcb *b = vmcb_of(v);

    set_int_ctl(b, (b->int_ctl & ~V_TPR_MASK) | tpr >> 4);
}

static uint8_t get_tpr(const struct vcpu *v)
{
    return (uint8_t)((vmcb_of(v)->int_ctl & 0xf) << 4);
}

static void watch_iret(struct vcpu *v, bool on)
{
    struct vmcb *b = vmcb_of(v);

    b->intercepts1 = on ? b->intercepts1 | INT1_IRET : b->intercepts1 & ~INT1_IRET;
    b->clean &= ~CLEAN_INTERCEPTS;
}

/* --- in and out --------------------------------------------------------------------------------------------- */
/* A vCPU keeps its ASID as long as it stays on a CPU and that CPU has not run out of them; what is
 * tagged with an old one is never looked at again before the generation's flush. */
static void choose_asid(struct vcpu *v)
{
    struct hvm_vendor_vcpu *s = v->arch.hvm->vendor;
    struct asid_pool *pool = &this_cpu(asid_pool);
    unsigned int cpu = smp_processor_id();
    bool stale = read_atomic(&v->arch.hvm->flush_tlb);

    s->vmcb->tlb_control = 0;
    if (!stale && s->cpu == cpu && s->asid_generation == pool->generation)
        return;
    write_atomic(&v->arch.hvm->flush_tlb, false);
    if (pool->generation == 0 || pool->next >= nr_asids) {
        pool->generation++;
        pool->next = 1;
        s->vmcb->tlb_control = 1; /* all */
    }
    s->vmcb->asid = pool->next++;
    s->asid_generation = pool->generation;
    s->cpu = cpu;
    s->vmcb->clean &= ~CLEAN_ASID;
}

maddr_t svm_prepare(struct cpu_user_regs *regs)
{
    struct vcpu *v;
    struct vmcb *b;

    hvm_prepare_entry(regs);
    v = current;
    b = vmcb_of(v);
    b->rip = regs->rip;
    b->rsp = regs->rsp;
    b->rflags = regs->rflags;
    b->rax = regs->rax;
    choose_asid(v);
    if (!v->arch.hvm->vendor->loaded) {
        vmload(virt_to_maddr(b));
        v->arch.hvm->vendor->loaded = true;
    }
    if (!(features & SVM_HAS_CLEAN))
        b->clean = 0;
    return virt_to_maddr(b);
}

static void note_events(struct vcpu *v, struct vmcb *b)
{
    uint64_t info = b->exit_int_info;
    struct hvm_event e = {
        .valid = info & EVENT_VALID,
        .vector = (uint8_t)info,
        .type = info >> 8 & 7,
        .has_error = info & EVENT_HAS_ERROR,
        .error = (uint32_t)(info >> 32),
    };
    bool taken = !(b->int_ctl & V_IRQ);

    b->event_inj = 0;
    /* Some processors leave V_IRQ up when the exit came on the interrupt's way in. */
    if (e.valid && e.type == HVM_EVENT_INTERRUPT && e.vector == v->arch.hvm->offered)
        taken = true;
    if (v->arch.hvm->offered && taken)
        hvm_offer_taken(v);
    if (e.valid)
        hvm_event_interrupted(v, &e);
}

void svm_exit(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;
    struct vmcb *b = vmcb_of(v);
    struct hvm_exit e;

    regs->rip = b->rip;
    regs->rsp = b->rsp;
    regs->rflags = b->rflags;
    regs->rax = b->rax;
    b->clean = CLEAN_ALL;
    note_events(v, b);
    if (b->exit_code >= EXIT_DR_READ && b->exit_code < EXIT_EXCEPTION) {
        arch_irq_disable();
        give_debug_registers(v);
        arch_irq_enable();
        return;
    }
    svm_decode_exit(v, b, &e);
    if (e.reason != HVM_EXIT_NOTHING)
        hvm_handle_exit(regs, &e);
}

const struct hvm_vendor svm_vendor = {
    .name = "SVM",
    .probe = probe,
    .cpu_init = cpu_init,
    .vcpu_create = create,
    .vcpu_destroy = destroy,
    .load = load,
    .save = save,
    .get = get,
    .set = set,
    .get_segment = get_segment,
    .set_segment = set_segment,
    .cpl = cpl,
    .interruptible = interruptible,
    .end_shadow = end_shadow,
    .set_tsc_offset = set_tsc_offset,
    .inject = inject,
    .offer = offer,
    .set_tpr = set_tpr,
    .get_tpr = get_tpr,
    .watch_iret = watch_iret,
    .enter = svm_enter,
};
