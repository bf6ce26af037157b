/* SPDX-License-Identifier: MIT */
/* AMD's SVM: AMD64 manual volume 2, chapter 15 and appendices B and C. */
#ifndef HVM_SVM_H
#define HVM_SVM_H

#include <asm/hvm.h>

#define MSR_VM_CR       0xc0010114
#define VM_CR_SVMDIS    BIT(4)
#define MSR_VM_HSAVE_PA 0xc0010117

/* CPUID 0x8000000a edx */
#define SVM_HAS_NPT          BIT(0)
#define SVM_HAS_NRIP         BIT(3)
#define SVM_HAS_CLEAN        BIT(5)
#define SVM_HAS_PAUSE_FILTER BIT(10)

struct vmcb {
    uint16_t cr_read, cr_write, dr_read, dr_write; /* intercepts */
    uint32_t exceptions, intercepts1, intercepts2, intercepts3;
    uint8_t reserved0[0x3c - 0x18];
    uint16_t pause_threshold, pause_count;
    uint64_t iopm, msrpm, tsc_offset;
    uint32_t asid;
    uint8_t tlb_control, reserved1[3];
    uint64_t int_ctl, shadow;
    uint64_t exit_code, exit_info1, exit_info2, exit_int_info;
    uint64_t np_enable, avic, ghcb, event_inj, nested_cr3, lbr, clean, next_rip;
    uint8_t nr_bytes, bytes[15];
    uint8_t reserved2[0x400 - 0xe0];
    struct hvm_segment seg[NR_HVM_SEGS];
    uint8_t reserved3[0x4cb - 0x4a0], cpl;
    uint32_t reserved4;
    uint64_t efer;
    uint8_t reserved5[0x548 - 0x4d8];
    uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
    uint8_t reserved6[0x5d8 - 0x580];
    uint64_t rsp, s_cet, ssp, isst, rax, star, lstar, cstar, sfmask, kernel_gs_base;
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip, cr2;
    uint8_t reserved7[0x668 - 0x648];
    uint64_t pat;
    uint8_t reserved8[0x1000 - 0x670];
} __attribute__((packed, aligned(4096)));
_Static_assert(offsetof(struct vmcb, int_ctl) == 0x60, "manual, table B-1");
_Static_assert(offsetof(struct vmcb, event_inj) == 0xa8, "manual, table B-1");
_Static_assert(offsetof(struct vmcb, next_rip) == 0xc8, "manual, table B-1");
_Static_assert(offsetof(struct vmcb, seg) == 0x400, "manual, table B-2");
_Static_assert(offsetof(struct vmcb, efer) == 0x4d0, "manual, table B-2");
_Static_assert(offsetof(struct vmcb, rip) == 0x578, "manual, table B-2");
_Static_assert(offsetof(struct vmcb, rax) == 0x5f8, "manual, table B-2");
_Static_assert(offsetof(struct vmcb, cr2) == 0x640, "manual, table B-2");
_Static_assert(offsetof(struct vmcb, pat) == 0x668, "manual, table B-2");
_Static_assert(sizeof(struct vmcb) == PAGE_SIZE, "one page");

#define INT1_INTR     BIT(0)
#define INT1_NMI      BIT(1)
#define INT1_INIT     BIT(3)
#define INT1_RDPMC    BIT(15)
#define INT1_CPUID    BIT(18)
#define INT1_IRET     BIT(20)
#define INT1_INVD     BIT(22)
#define INT1_PAUSE    BIT(23)
#define INT1_HLT      BIT(24)
#define INT1_INVLPGA  BIT(26)
#define INT1_IO       BIT(27)
#define INT1_MSR      BIT(28)
#define INT1_SHUTDOWN BIT(31)

#define INT2_VMRUN   BIT(0)
#define INT2_VMMCALL BIT(1)
#define INT2_VMLOAD  BIT(2)
#define INT2_VMSAVE  BIT(3)
#define INT2_STGI    BIT(4)
#define INT2_CLGI    BIT(5)
#define INT2_SKINIT  BIT(6)
#define INT2_RDTSCP  BIT(7)
#define INT2_WBINVD  BIT(9)
#define INT2_MONITOR BIT(10)
#define INT2_MWAIT   BIT(11)
#define INT2_XSETBV  BIT(13)
#define INT2_RDPRU   BIT(14)

#define V_TPR_MASK     0xffUL
#define V_IRQ          BIT(8)
#define V_PRIO_SHIFT   16
#define V_IGN_TPR      BIT(20)
#define V_INTR_MASKING BIT(24)
#define V_VECTOR_SHIFT 32

#define CLEAN_INTERCEPTS BIT(0)
#define CLEAN_ASID       BIT(2)
#define CLEAN_TPR        BIT(3)
#define CLEAN_NP         BIT(4)
#define CLEAN_CR         BIT(5)
#define CLEAN_DR         BIT(6)
#define CLEAN_DT         BIT(7)
#define CLEAN_SEG        BIT(8)
#define CLEAN_CR2        BIT(9)
#define CLEAN_ALL        0x3ffUL

#define EXIT_CR_WRITE  0x10
#define EXIT_DR_READ   0x20
#define EXIT_EXCEPTION 0x40
#define EXIT_INTR      0x60
#define EXIT_NMI       0x61
#define EXIT_INIT      0x63
#define EXIT_RDPMC     0x6f
#define EXIT_CPUID     0x72
#define EXIT_IRET      0x74
#define EXIT_INVD      0x76
#define EXIT_PAUSE     0x77
#define EXIT_HLT       0x78
#define EXIT_IO        0x7b
#define EXIT_MSR       0x7c
#define EXIT_SHUTDOWN  0x7f
#define EXIT_VMRUN     0x80
#define EXIT_VMMCALL   0x81
#define EXIT_RDTSCP    0x87
#define EXIT_WBINVD    0x89
#define EXIT_XSETBV    0x8d
#define EXIT_NPF       0x400

#define EVENT_HAS_ERROR BIT(11)
#define EVENT_VALID     BIT(31)

struct hvm_vendor_vcpu {
    struct vmcb *vmcb;
    unsigned int cpu;         /* where it ran last */
    uint64_t asid_generation; /* that its ASID is of */
    bool loaded;              /* what VMLOAD loads is in the processor; in the VMCB it is old */
    bool dr_live;             /* DR0 to DR3 are in the registers, and the guest may touch them */
};

/* svm_entry.S */
void svm_enter(void) __attribute__((__noreturn__));
/* The VMCB's address, with all in it; interrupts are off. */
maddr_t svm_prepare(struct cpu_user_regs *regs);
void svm_exit(struct cpu_user_regs *regs);
/* svm_exit.c: of the VMCB to neutral terms */
void svm_decode_exit(struct vcpu *v, const struct vmcb *b, struct hvm_exit *e);
bool svm_has_nrip(void);

#endif
