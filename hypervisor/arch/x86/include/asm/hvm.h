/* SPDX-License-Identifier: MIT */
/* HVM containers: guests in hardware's guest mode, with nested paging.
 *
 * What is the same on all processors is in hvm/ (exits, interrupt controller, state), and reaches the
 * hardware through struct hvm_vendor: hvm/svm*.  A vendor turns its exit codes into struct hvm_exit.
 *
 * While a vCPU of a container is current, its general registers, rip, rsp and rflags are in
 * guest_cpu_user_regs(); else in v->arch.regs.  All other registers are where the vendor keeps them,
 * behind get() and set(), which are for current or for a vCPU that does not run.
 *
 * Only the vCPU itself changes its state while it runs: others leave a request (IRR, nmi_pending,
 * init_pending, sipi) and kick it; hvm_prepare_entry() looks. */
#ifndef ASM_HVM_H
#define ASM_HVM_H

#include <asm/lapic.h>
#include <hv/domain.h>
#include <xen/hvm/params.h>

struct hvm_vendor_vcpu; /* VMCB and the like */

/* Registers that hardware switches.  From HVM_STAR on: MSRs that guests reach without an exit. */
enum hvm_reg {
    HVM_CR0,
    HVM_CR2,
    HVM_CR3,
    HVM_CR4,
    HVM_EFER, /* as the guest sees it */
    HVM_DR6,
    HVM_DR7,
    HVM_PAT,
    HVM_STAR,
    HVM_LSTAR,
    HVM_CSTAR,
    HVM_SYSCALL_MASK,
    HVM_KERNEL_GS_BASE,
    HVM_SYSENTER_CS,
    HVM_SYSENTER_ESP,
    HVM_SYSENTER_EIP,
    NR_HVM_REGS
};

enum hvm_seg {
    HVM_ES,
    HVM_CS,
    HVM_SS,
    HVM_DS,
    HVM_FS,
    HVM_GS,
    HVM_GDTR,
    HVM_LDTR,
    HVM_IDTR,
    HVM_TR,
    NR_HVM_SEGS
};
struct hvm_segment { /* SVM's layout, and that of the context records */
    uint16_t sel;
    uint16_t attr; /* bits 0-3 type, 4 S, 5-6 DPL, 7 P, 8 AVL, 9 L, 10 D/B, 11 G */
    uint32_t limit;
    uint64_t base;
};
#define SEG_P   BIT(7)
#define SEG_L   BIT(9)
#define SEG_DB  BIT(10)
#define SEG_DPL (BIT(5) | BIT(6))

/* --- exits ---------------------------------------------------------------------------------------- */
enum hvm_exit_reason {
    HVM_EXIT_NOTHING, /* interrupt, or the vendor has dealt with it */
    HVM_EXIT_EXCEPTION,
    HVM_EXIT_CPUID,
    HVM_EXIT_HLT,
    HVM_EXIT_IO,
    HVM_EXIT_RDMSR,
    HVM_EXIT_WRMSR,
    HVM_EXIT_WRITE_CR,
    HVM_EXIT_HYPERCALL,
    HVM_EXIT_NESTED_FAULT,
    HVM_EXIT_XSETBV,
    HVM_EXIT_CACHE,     /* INVD, WBINVD */
    HVM_EXIT_PAUSE,     /* it spins */
    HVM_EXIT_NOT_THERE, /* an instruction that the guest's processor does not have */
    HVM_EXIT_FORBIDDEN, /* one that gives #GP */
    HVM_EXIT_IRET,      /* about to end an NMI's handler */
    HVM_EXIT_TRIPLE_FAULT,
    HVM_EXIT_BROKEN, /* the state cannot be entered */
};
struct hvm_exit {
    enum hvm_exit_reason reason;
    uint64_t next_rip; /* behind the instruction; 0: hardware does not say */
    union {
        struct {
            uint8_t vector;
            bool has_error;
            uint32_t error;
            uint64_t address;
        } exception;
        struct {
            uint16_t port;
            uint8_t size;
            bool in, string, rep;
        } io;
        struct {
            maddr_t gpa;
            uint32_t error; /* as p2m_fault() wants it */
            bool in_walk;   /* of the guest's own page tables */
        } fault;
        struct {
            uint8_t cr, gpr; /* gpr 0xff: hardware does not say */
        } cr;
        uint64_t code; /* BROKEN: what the vendor has to say */
    } u;
    uint8_t nr_bytes, bytes[15]; /* of the instruction, as far as hardware gave them */
};

/* An event on its way into the guest.  Types are those that SVM, VMX and the CPU record share. */
struct hvm_event {
    bool valid, has_error;
    uint8_t type, vector;
    uint32_t error;
};
#define HVM_EVENT_INTERRUPT      0
#define HVM_EVENT_NMI            2
#define HVM_EVENT_EXCEPTION      3
#define HVM_EVENT_SOFT_INTERRUPT 4

struct hvm_vendor {
    const char *name;
    bool (*probe)(void);                /* boot CPU: usable? */
    int (*cpu_init)(unsigned int cpu);  /* each CPU; 0, -ENOMEM, -EIO */
    int (*vcpu_create)(struct vcpu *v); /* 0, -ENOMEM */
    void (*vcpu_destroy)(struct vcpu *v);
    /* v is switched to, from (GPRs, FPU are dealt with); interrupts are off. */
    void (*load)(struct vcpu *v);
    void (*save)(struct vcpu *v);
    uint64_t (*get)(const struct vcpu *v, enum hvm_reg reg);
    void (*set)(struct vcpu *v, enum hvm_reg reg, uint64_t val);
    void (*get_segment)(const struct vcpu *v, enum hvm_seg seg, struct hvm_segment *s);
    void (*set_segment)(struct vcpu *v, enum hvm_seg seg, const struct hvm_segment *s);
    unsigned int (*cpl)(const struct vcpu *v);
    bool (*interruptible)(const struct vcpu *v); /* no STI or MOV SS shadow */
    void (*end_shadow)(struct vcpu *v);          /* an instruction has been emulated */
    void (*set_tsc_offset)(struct vcpu *v, uint64_t offset);
    /* Have this event delivered by the entry to come. */
    void (*inject)(struct vcpu *v, const struct hvm_event *e);
    /* Have this interrupt delivered as soon as the guest takes it; vector 0: none.  prio is its class,
     * or 16: past TPR.  false: TPR is not below it, and a write to CR8 will be an exit.  Afterwards
     * hvm_offer_taken() is called if it was taken. */
    bool (*offer)(struct vcpu *v, uint8_t vector, unsigned int prio);
    void (*set_tpr)(struct vcpu *v, uint8_t tpr);
    uint8_t (*get_tpr)(const struct vcpu *v);
    void (*watch_iret)(struct vcpu *v, bool on);
    /* Leave what is on the stack, enter current; comes back by hvm_handle_exit(). */
    __attribute__((__noreturn__)) void (*enter)(void); /* cppcheck knows it in this place only */
};
extern const struct hvm_vendor *hvm; /* NULL: no containers on this machine */
extern const struct hvm_vendor svm_vendor;

/* --- per domain and vCPU --------------------------------------------------------------------------- */
struct hvm_domain {
    uint64_t params[HVM_NR_PARAMS];
    uint8_t
        callback_vector; /* HVM_PARAM_CALLBACK_IRQ says: this vector, past the local APIC; 0: no */
    char console_line[80]; /* port 0xe9 */
    unsigned int console_len;
    spinlock_t console_lock;
    uint64_t record_tsc; /* the host's counter when a context was taken, or set: all of it then */
};
struct hvm_mtrr {
    uint64_t var[16], fixed[11], def_type;
};
struct hvm_vcpu {
    struct hvm_vendor_vcpu *vendor;
    struct lapic lapic;
    struct hvm_mtrr mtrr;
    uint8_t upcall_vector; /* HVMOP_set_evtchn_upcall_vector: by the local APIC; 0: no */
    uint8_t offered;       /* vector that the last entry offered */
    bool offered_lapic, refresh_guest_areas;
    bool flush_tlb;                 /* from anywhere: all its translations are stale */
    bool nmi_pending, init_pending; /* from anywhere */
    bool nmi_blocked, wait_for_sipi;
    uint64_t nmi_blocked_at; /* rip of the IRET that will have ended it; ~0: none yet */
    uint16_t sipi;           /* from anywhere: BIT(8) | vector */
    struct hvm_event event;  /* to be injected */
    uint64_t tsc_adjust;
};

/* --- hvm/domain.c: what arch_domain_*() and arch_vcpu_*() do for containers -------------------------- */
void hvm_init(void); /* boot CPU, then each CPU: */
int hvm_cpu_init(unsigned int cpu);
struct xen_domctl_createdomain;
int hvm_sanitise_config(struct xen_domctl_createdomain *config);
int hvm_domain_create(struct domain *d);
void hvm_domain_destroy(struct domain *d);
int hvm_domain_relinquish(struct domain *d);
int hvm_vcpu_create(struct vcpu *v);
void hvm_vcpu_destroy(struct vcpu *v);
void hvm_load_vcpu(struct vcpu *v);  /* at a context switch */
void hvm_vcpu_reset(struct vcpu *v); /* as after INIT, all registers */
void hvm_show_vcpu(struct vcpu *v);
void hvm_get_info_guest(struct vcpu *v, struct vcpu_guest_context *c);

/* --- hvm/event.c: what gets into a guest ------------------------------------------------------------ */
/* Softirqs, requests of others, events; interrupts are off when it returns. */
void hvm_prepare_entry(struct cpu_user_regs *regs);
void hvm_inject(struct vcpu *v, unsigned int vector, bool has_error, uint32_t error);
void hvm_inject_gp(struct vcpu *v);
void hvm_inject_ud(struct vcpu *v);
void hvm_inject_pf(struct vcpu *v, uint64_t address, uint32_t error);
/* The entry that has just ended had an event under way (the exit came while it was delivered). */
void hvm_event_interrupted(struct vcpu *v, const struct hvm_event *e);
void hvm_offer_taken(struct vcpu *v);
/* Does v, which is current, have a reason not to block? */
bool hvm_wants_to_run(struct vcpu *v);
/* Have v, which is down, look at a request. */
void hvm_wake_down(struct vcpu *v);
/* An event channel of v has become pending. */
void hvm_event_notify(struct vcpu *v);
void hvm_send_nmi(struct vcpu *v);
void hvm_kick(struct vcpu *v); /* if it runs on another CPU: out of guest mode */

/* --- hvm/exit.c -------------------------------------------------------------------------------------- */
struct cpuid_regs;
void hvm_triple_fault(struct vcpu *v);
void hvm_handle_exit(struct cpu_user_regs *regs, struct hvm_exit *e); /* interrupts are on */
void hvm_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *r);
/* hvm/msr.c: 0, -EFAULT (#GP) */
int hvm_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val);
int hvm_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);
int hvm_set_efer(struct vcpu *v, uint64_t val);
uint64_t hvm_cr4_allowed(const struct vcpu *v);
uint64_t hvm_get_tsc(const struct vcpu *v);
void hvm_set_tsc_offset(struct vcpu *v, uint64_t offset);
/* hvm/hypercall.c */
void hvm_hypercall(struct cpu_user_regs *regs, uint64_t next_rip);
void hvm_fill_hypercall_page(void *page);

/* --- hvm/walk.c: memory of the guest that runs -------------------------------------------------------- */
#define HVM_ACCESS_WRITE BIT(1) /* bits as in a page fault's error code */
#define HVM_ACCESS_USER  BIT(2)
#define HVM_ACCESS_FETCH BIT(4)
/* Linear to physical: 0, or -EFAULT with *error what #PF would say. */
int hvm_translate(struct vcpu *v, vaddr_t va, uint32_t access, maddr_t *gpa, uint32_t *error);
/* Bytes not copied; *error: of the page fault that ended it (NULL: of no interest). */
size_t hvm_copy(struct vcpu *v, void *buf, vaddr_t va, size_t len, uint32_t access,
                uint32_t *error);
int hvm_copy_from_guest(void *dst, vaddr_t va, size_t len); /* as copy_from_guest_va() */
int hvm_copy_to_guest(vaddr_t va, const void *src, size_t len);

/* --- hvm/save.c ---------------------------------------------------------------------------------------- */
struct xen_domctl_hvmcontext;
struct xen_domctl_hvmcontext_partial;
long hvm_get_context(struct domain *d, struct xen_domctl_hvmcontext *u);
long hvm_set_context(struct domain *d, const struct xen_domctl_hvmcontext *u);
long hvm_get_context_partial(struct domain *d, struct xen_domctl_hvmcontext_partial *u);

void hvm_params_init(struct hvm_domain *h); /* hvm/params.c */
/* hvm/domctl.c: -ENOSYS: not of these */
struct xen_domctl;
long hvm_do_domctl(struct xen_domctl *op, struct domain *d, bool *copyback);

/* Registers of current, or of a vCPU that does not run. */
struct cpu_user_regs *hvm_regs(struct vcpu *v);

#endif
