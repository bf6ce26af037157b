/* SPDX-License-Identifier: MIT */
/* Descriptor tables (desc.c).
 *
 * Each CPU has one page of descriptors for the selectors of asm/layout.h (HV_CS64 ... SEL_PERCPU).
 * A running vCPU's GDT window (GDT_VIRT) has that page's frame as its page 14, so that the
 * selectors mean the same with each GDT; idle vCPUs and booting CPUs use a base that is 14 pages
 * below the page itself, where nothing needs to be mapped. */
#ifndef ASM_DESC_H
#define ASM_DESC_H

#include <hv/arch/cpu.h>

DECLARE_PER_CPU(uint64_t *, gdt_page); /* virt_to_mfn() gives the frame for a vCPU's window */

struct tss64 {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3, iomap;
} __attribute__((packed));
DECLARE_PER_CPU(struct tss64, tss);

/* Interrupt stacks of exceptions that may come at any moment. */
#define IST_DF  1
#define IST_NMI 2
#define IST_MCE 3
#define IST_DB  4

struct desc_ptr {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

/* While TR is a guest's no interrupt stack can be found by it, and none is needed: all that comes
 * finds us in ring 0. */
void load_idt(bool with_ist);
/* Fill in and load GDT, TSS and IDT of this CPU; its stack is the one we run on. */
void desc_init_cpu(void);
/* Memory for another CPU's, before it starts: 0, -ENOMEM. */
int desc_prepare_cpu(unsigned int cpu);

/* The code at each vector: arch/x86/pv/entry.S.  It builds struct cpu_user_regs on the stack. */
extern const unsigned long exception_stubs[256];

#endif
