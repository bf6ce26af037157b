/* SPDX-License-Identifier: MIT */
/* A tiny PVH kernel, at its physical addresses, with all memory below 512 GiB mapped on the spot. */
#ifndef PVH_H
#define PVH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#define STACK    16384
#define ARRAY(a) (sizeof(a) / sizeof((a)[0]))

struct regs {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};
struct escape {
    uint64_t rip, rsp, rbx, rbp, r12, r13, r14, r15;
    uint64_t vector, error, address;
};

/* start.S */
long try(struct escape *escape) __attribute__((returns_twice));
uint64_t in_ring3(void (*fn)(void));
void from_ring3(void);
extern struct hvm_start_info *start_info;
extern uint64_t trap_stubs[256], long_pml4[512], long_pdpt[512], gdt_tss[2];
extern char stacks[4][STACK], trampoline[], trampoline_end[];

/* main.c */
long hypercall(unsigned long op, unsigned long a, unsigned long b, unsigned long c);
#define CALL(op, a, b, c)                                                                          \
    hypercall(__HYPERVISOR_##op, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c))
extern int failures;
void say(const char *verdict, const char *name, bool with_value, uint64_t value);
void expect(bool ok, const char *name, uint64_t is);
const char *option(const char *name);                  /* text after "name=", or NULL */
uint64_t number(const char *name, uint64_t otherwise); /* decimal, after "name=" */
void catch_faults(struct escape *e);
extern bool (*on_fault)(struct regs *r); /* gets each fault first; true: it is dealt with */
extern struct escape last;
void shutdown(unsigned int reason) __attribute__((noreturn));

/* Run BODY; evaluates to 0, or 1 plus the vector of the fault that ended it. */
#define FAULT(...)                                                                                 \
    ({                                                                                             \
        struct escape escape_;                                                                     \
        volatile long fault_ = try(&escape_);                                                      \
        if (!fault_) {                                                                             \
            catch_faults(&escape_);                                                                \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
        catch_faults(NULL);                                                                        \
        last = escape_;                                                                            \
        fault_;                                                                                    \
    })
#define UD (6 + 1)
#define GP (13 + 1)
#define PF (14 + 1)
#define DB (1 + 1)

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
static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;
    __asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi)::"memory");
    return (uint64_t)hi << 32 | lo;
}
struct cpuid {
    uint32_t a, b, c, d;
};
static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;
    __asm__ volatile("cpuid"
                     : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
                     : "0"(leaf), "2"(subleaf));
    return r;
}

/* What interrupts have come, in order; handlers note them and end them. */
extern volatile unsigned int nr_seen;
extern volatile uint8_t seen[256];
extern volatile uint64_t last_seen_at; /* by the counter */
void forget_seen(void);

void run(void); /* what this program is for */
void second_main(void);

/* the tests */
void test_processor(void);
void test_memory(void);
void test_interrupts(void);
void test_second(void);
void run_fpu(void);
void run_time(void);
void die(const char *how);

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#endif
