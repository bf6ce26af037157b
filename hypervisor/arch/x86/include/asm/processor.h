/* SPDX-License-Identifier: MIT */
/* Instructions of the processor that C has no word for. */
#ifndef ASM_PROCESSOR_H
#define ASM_PROCESSOR_H

#include <hv/errno.h>
#include <hv/types.h>

#define X86_CR0_PE BIT(0)
#define X86_CR0_MP BIT(1)
#define X86_CR0_EM BIT(2)
#define X86_CR0_TS BIT(3)
#define X86_CR0_ET BIT(4)
#define X86_CR0_NE BIT(5)
#define X86_CR0_WP BIT(16)
#define X86_CR0_AM BIT(18)
#define X86_CR0_NW BIT(29)
#define X86_CR0_CD BIT(30)
#define X86_CR0_PG BIT(31)

#define X86_CR4_VME        BIT(0)
#define X86_CR4_PVI        BIT(1)
#define X86_CR4_TSD        BIT(2)
#define X86_CR4_DE         BIT(3)
#define X86_CR4_PSE        BIT(4)
#define X86_CR4_PAE        BIT(5)
#define X86_CR4_MCE        BIT(6)
#define X86_CR4_PGE        BIT(7)
#define X86_CR4_PCE        BIT(8)
#define X86_CR4_OSFXSR     BIT(9)
#define X86_CR4_OSXMMEXCPT BIT(10)
#define X86_CR4_UMIP       BIT(11)
#define X86_CR4_VMXE       BIT(13)
#define X86_CR4_FSGSBASE   BIT(16)
#define X86_CR4_PCIDE      BIT(17)
#define X86_CR4_OSXSAVE    BIT(18)
#define X86_CR4_SMEP       BIT(20)
#define X86_CR4_SMAP       BIT(21)

#define X86_EFLAGS_CF   BIT(0)
#define X86_EFLAGS_MBS  BIT(1)
#define X86_EFLAGS_TF   BIT(8)
#define X86_EFLAGS_IF   BIT(9)
#define X86_EFLAGS_DF   BIT(10)
#define X86_EFLAGS_IOPL (BIT(12) | BIT(13))
#define X86_EFLAGS_NT   BIT(14)
#define X86_EFLAGS_RF   BIT(16)
#define X86_EFLAGS_VM   BIT(17)
#define X86_EFLAGS_AC   BIT(18)

/* Exceptions */
#define TRAP_divide_error  0
#define TRAP_debug         1
#define TRAP_nmi           2
#define TRAP_int3          3
#define TRAP_overflow      4
#define TRAP_bounds        5
#define TRAP_invalid_op    6
#define TRAP_no_device     7
#define TRAP_double_fault  8
#define TRAP_invalid_tss   10
#define TRAP_no_segment    11
#define TRAP_stack_error   12
#define TRAP_gp_fault      13
#define TRAP_page_fault    14
#define TRAP_copro_error   16
#define TRAP_alignment     17
#define TRAP_machine_check 18
#define TRAP_simd_error    19

/* Page-fault error code */
#define PFEC_present  BIT(0)
#define PFEC_write    BIT(1)
#define PFEC_user     BIT(2)
#define PFEC_reserved BIT(3)
#define PFEC_insn     BIT(4)

/* An entry of the table of faults that are expected: a fault at `from` goes on at `to`. */
#define EX_TABLE(from, to)                                                                         \
    ".pushsection .ex_table,\"a\"; .balign 8; .quad " #from ", " #to "; .popsection\n"

struct ex_entry {
    uint64_t from, to;
};
/* setup.c: where to go on after a fault of ours at rip; 0: not expected.  Trap handlers ask. */
unsigned long ex_table_search(unsigned long rip);

#define DEFINE_CR(n)                                                                               \
    static inline unsigned long read_cr##n(void)                                                   \
    {                                                                                              \
        unsigned long v;                                                                           \
        __asm__ volatile("mov %%cr" #n ", %0" : "=r"(v));                                          \
        return v;                                                                                  \
    }                                                                                              \
    static inline void write_cr##n(unsigned long v)                                                \
    {                                                                                              \
        __asm__ volatile("mov %0, %%cr" #n ::"r"(v) : "memory");                                   \
    }
DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(4)
DEFINE_CR(8)
#undef DEFINE_CR /* cr3: asm/mm.h */

static inline void clts(void)
{
    __asm__ volatile("clts");
}
static inline void stts(void)
{
    write_cr0(read_cr0() | X86_CR0_TS);
}
#define DEFINE_DR(n)                                                                               \
    static inline unsigned long read_dr##n(void)                                                   \
    {                                                                                              \
        unsigned long v;                                                                           \
        __asm__ volatile("mov %%db" #n ", %0" : "=r"(v));                                          \
        return v;                                                                                  \
    }                                                                                              \
    static inline void write_dr##n(unsigned long v)                                                \
    {                                                                                              \
        __asm__ volatile("mov %0, %%db" #n ::"r"(v));                                              \
    }
DEFINE_DR(0)
DEFINE_DR(1)
DEFINE_DR(2)
DEFINE_DR(3)
DEFINE_DR(6)
DEFINE_DR(7)
#undef DEFINE_DR

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;
    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return (uint64_t)hi << 32 | lo;
}
static inline void wrmsr(uint32_t msr, uint64_t v)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
}
/* 0, or -EFAULT: no such register (*v is 0 then), or not that value. */
static inline int rdmsr_safe(uint32_t msr, uint64_t *v)
{
    uint32_t lo, hi;
    int rc;
    __asm__ volatile("1: rdmsr; xor %2, %2; jmp 3f\n"
                     "2: mov %4, %2; xor %0, %0; xor %1, %1\n"
                     "3:\n" EX_TABLE(1b, 2b)
                     : "=&a"(lo), "=&d"(hi), "=&r"(rc)
                     : "c"(msr), "i"(-EFAULT));
    *v = (uint64_t)hi << 32 | lo;
    return rc;
}
static inline int wrmsr_safe(uint32_t msr, uint64_t v)
{
    int rc;
    __asm__ volatile("1: wrmsr; xor %0, %0; jmp 3f\n"
                     "2: mov %4, %0\n"
                     "3:\n" EX_TABLE(1b, 2b)
                     : "=&r"(rc)
                     : "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)), "i"(-EFAULT)
                     : "memory");
    return rc;
}
static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;
    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return (uint64_t)hi << 32 | lo;
}
/* Not before earlier loads have been done. */
static inline uint64_t rdtsc_ordered(void)
{
    __asm__ volatile("lfence" ::: "memory");
    return rdtsc();
}
struct cpuid_regs {
    uint32_t a, b, c, d;
};
static inline struct cpuid_regs cpuid_count(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_regs r;
    __asm__ volatile("cpuid"
                     : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
                     : "0"(leaf), "2"(subleaf));
    return r;
}
static inline struct cpuid_regs cpuid(uint32_t leaf)
{
    return cpuid_count(leaf, 0);
}
static inline void xsetbv(uint32_t index, uint64_t v)
{
    __asm__ volatile("xsetbv" ::"c"(index), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)));
}
static inline void invlpg(vaddr_t va)
{
    __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}
static inline void wbinvd(void)
{
    __asm__ volatile("wbinvd" ::: "memory");
}
static inline void cpu_halt(void)
{
    __asm__ volatile("hlt" ::: "memory");
}

#define DEFINE_IO(suffix, type)                                                                    \
    static inline void out##suffix(type v, uint16_t port)                                          \
    {                                                                                              \
        __asm__ volatile("out" #suffix " %0, %1" ::"a"(v), "Nd"(port));                            \
    }                                                                                              \
    static inline type in##suffix(uint16_t port)                                                   \
    {                                                                                              \
        type v;                                                                                    \
        __asm__ volatile("in" #suffix " %1, %0" : "=a"(v) : "Nd"(port));                           \
        return v;                                                                                  \
    }
DEFINE_IO(b, uint8_t)
DEFINE_IO(w, uint16_t)
DEFINE_IO(l, uint32_t)
#undef DEFINE_IO
/* By size: 1, 2 or 4 bytes. */
static inline uint32_t port_in(uint16_t port, unsigned int bytes)
{
    return bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
}
static inline void port_out(uint16_t port, unsigned int bytes, uint32_t v)
{
    if (bytes == 1)
        outb((uint8_t)v, port);
    else if (bytes == 2)
        outw((uint16_t)v, port);
    else
        outl(v, port);
}

static inline uint32_t mmio_read32(const void *p)
{
    return *(const volatile uint32_t *)p;
}
static inline void mmio_write32(void *p, uint32_t v)
{
    *(volatile uint32_t *)p = v;
}

#endif
