/* SPDX-License-Identifier: MIT */
/* Instructions and accesses that cannot be done without the hypervisor. */
#include "bench.h"

#define NR    100
#define MIB   (1UL << 20)
#define LAPIC 0xfee00000UL
#define HOLE  0xd0000000UL
/* Memory that nobody has touched starts behind what the program needs. */
#define FRESH  (8 * MIB)
#define PAGE   4096UL
#define DEMAND (2 * MIB) /* what is populated on demand at once */

#define MEASURE(what, ...)                                                                         \
    do {                                                                                           \
        struct figure f_ = {.name = what};                                                         \
        while (f_.nr < ROUNDS) {                                                                   \
            uint64_t start_ = rdtsc();                                                             \
            for (unsigned int i_ = 0; i_ < NR; i_++) {                                             \
                __VA_ARGS__;                                                                       \
            }                                                                                      \
            note(&f_, (rdtsc() - start_) / NR);                                                    \
        }                                                                                          \
        tell(&f_);                                                                                 \
    } while (0)

void bench_exits(void)
{
    MEASURE("vmmcall", CALL(xen_version, 0, 0, 0));
    MEASURE("cpuid-0", cpuid(0, 0));
    MEASURE("cpuid-1", cpuid(1, 0));
    MEASURE("cpuid-7", cpuid(7, 0));
    MEASURE("cpuid-xen", cpuid(0x40000001, 0));
    MEASURE("msr-read", rdmsr(0x1b));
    MEASURE("x2apic-read", rdmsr(0x808));
    MEASURE("x2apic-write", wrmsr(0x808, 0));
}

static void on_demand(void)
{
    struct figure f = {.name = "fault-on-demand-2M"};
    uint64_t start;

    for (unsigned int i = 0; i < ROUNDS; i++) {
        start = rdtsc();
        *(volatile uint64_t *)(FRESH + i * DEMAND) = i;
        note(&f, rdtsc() - start);
    }
    tell(&f);
}

void bench_memory(void)
{
    uint64_t page;

    MEASURE("fault-xapic-read", *(volatile uint32_t *)(LAPIC + 0x80));
    MEASURE("fault-xapic-write", *(volatile uint32_t *)(LAPIC + 0x80) = 0);
    MEASURE("fault-hole-read", *(volatile uint32_t *)HOLE);
    if (option("demand")) {
        on_demand();
        return;
    }
    page = FRESH;
    MEASURE("first-touch-4K", *(volatile uint64_t *)page = 1; page += PAGE);
}
