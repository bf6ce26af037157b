/* SPDX-License-Identifier: MIT */
/*
 * A tiny PV kernel: one address space, four vCPUs at most, the console ring for output.  Tests call
 * the hypervisor with what a hostile kernel would, and report by pass() and fail().
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/errno.h>

#define PAGE      4096UL
#define VIRT_BASE 0xffffffff80000000UL
#define MAX_VCPUS 4
#define STACK     16384UL
#define ARRAY(a)  (sizeof(a) / sizeof((a)[0]))

#define PTE_P         1UL
#define PTE_RW        2UL
#define PTE_US        4UL
#define PTE_A         0x20UL
#define PTE_D         0x40UL
#define PTE_PSE       0x80UL
#define PTE_MFN(pte)  (((pte)&0xffffffffff000UL) >> 12)
#define PTE_NORMAL    (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PTE_READ_ONLY (PTE_P | PTE_US | PTE_A)

/* start.S and guest.c */
struct escape {
    uint64_t rip, rsp, rbx, rbp, r12, r13, r14, r15;
    uint64_t vector, error, address;
};
long try(struct escape *escape) __attribute__((returns_twice));
extern struct start_info *start_info;
extern struct shared_info *shared;
extern char image_start[], image_end[], stacks[][STACK];

long hypercall(unsigned long op, unsigned long a, unsigned long b, unsigned long c, unsigned long d,
               unsigned long e);
#define CALL(op, ...) CALL_(op, ##__VA_ARGS__, 0, 0, 0, 0, 0)
#define CALL_(op, a, b, c, d, e, ...)                                                              \
    hypercall(__HYPERVISOR_##op, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c),       \
              (unsigned long)(d), (unsigned long)(e))

void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void pass(const char *name);
void fail(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Passes if OK; what says the value that is to blame. */
bool expect(bool ok, const char *name, const char *what, long value);

uint64_t now(void); /* nanoseconds */
uint64_t random64(uint64_t *seed);
void yield(void);
unsigned long number_option(const char *name, unsigned long otherwise);
const char *option(const char *name); /* text after "name=", or NULL; ends at a blank */
bool is_option(const char *name, const char *value);
void start_vcpus(unsigned int nr, void (*fn)(unsigned int vcpu));
unsigned int this_vcpu(void);
void catch_faults(struct escape *escape); /* NULL: a fault ends the guest */
void shutdown(unsigned int reason) __attribute__((noreturn));

/* Run BODY; evaluates to 0, or 1 plus the vector of the fault that ended it. */
#define FAULT(body)                                                                                \
    ({                                                                                             \
        struct escape escape_;                                                                     \
        volatile long fault_ = try(&escape_);                                                      \
        if (!fault_) {                                                                             \
            catch_faults(&escape_);                                                                \
            body;                                                                                  \
        }                                                                                          \
        catch_faults(NULL);                                                                        \
        fault_;                                                                                    \
    })

/* memory.c */
unsigned long mfn_of(const void *address);
unsigned long pfn_of_mfn(unsigned long mfn); /* by the machine-to-physical table */
bool is_mine(unsigned long mfn);
void *address_of(unsigned long mfn);
uint64_t entry_address(const void *address, int level); /* machine address of the entry */
uint64_t entry_value(const void *address, int level);
uint64_t *table_of(const void *address, int level); /* the table that holds the entry */
long set_entry(uint64_t machine, uint64_t value);
long map(void *address, uint64_t pte);
long make_read_only(void *page);
long make_writable(void *page);
long mmuext(unsigned int cmd, unsigned long arg1, unsigned long arg2);
#define NR_SPARE 24
extern char spare[NR_SPARE][PAGE];

/* the tests */
void test_tables(void);
void test_frames(void);
void test_descriptors(void);
void test_instructions(void);
void test_calls(void);
void test_events(void);
void test_grants(void);
void run_fuzz(void);
void run_fpu(void);
void run_poll(void);
void run_death(const char *how);
void run_end(const char *how);

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#endif
