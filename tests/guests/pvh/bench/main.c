/* SPDX-License-Identifier: MIT */
/* Figures, the clock, and what is measured. */
#include "bench.h"

#include <xen/memory.h>

#define SHARED 0xfe000000

struct shared_info *shared = (void *)SHARED;

/* --- the clock ----------------------------------------------------------------------------------- */
uint64_t ns(uint64_t ticks)
{
    const struct vcpu_time_info *t = &shared->vcpu_info[0].time;
    uint64_t x = t->tsc_shift >= 0 ? ticks << t->tsc_shift : ticks >> -t->tsc_shift;

    return (uint64_t)(((unsigned __int128)x * t->tsc_to_system_mul) >> 32);
}

uint64_t ticks_of(uint64_t wanted)
{
    return wanted * 1000000 / ns(1000000);
}

uint64_t system_time(uint64_t tsc)
{
    const volatile struct vcpu_time_info *t = &shared->vcpu_info[0].time;
    uint32_t version;
    uint64_t now;

    do {
        version = t->version & ~1U;
        __asm__ volatile("" ::: "memory");
        now = t->system_time + ns(tsc - t->tsc_timestamp);
        __asm__ volatile("" ::: "memory");
    } while (version != t->version);
    return now;
}

static bool map_shared_info(void)
{
    struct xen_add_to_physmap x = {
        .domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = SHARED >> 12};

    return CALL(memory_op, XENMEM_add_to_physmap, &x, 0) == 0;
}

/* --- figures ------------------------------------------------------------------------------------ */
void note(struct figure *f, uint64_t ticks)
{
    unsigned int i = f->nr++;

    for (; i > 0 && f->ticks[i - 1] > ticks; i--)
        f->ticks[i] = f->ticks[i - 1];
    f->ticks[i] = ticks;
}

/* Port 0xe9 is a guest's way to the hypervisor's console that any hypervisor leaves open. */
static void out(const char *s)
{
    for (; *s; s++)
        __asm__ volatile("outb %b0, %w1" ::"a"(*s), "d"(0xe9));
}

static void out_number(uint64_t n)
{
    char digits[24], *p = digits + sizeof(digits) - 1;

    *p = '\0';
    do {
        *--p = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    out(p);
}

void tell(struct figure *f)
{
    out("BENCH pvh-");
    out(f->name);
    out(" ");
    if (f->nr == ROUNDS)
        out_number(ns(f->ticks[ROUNDS / 2]));
    else
        out("-");
    out(" ns\n");
}

void run(void)
{
    if (!map_shared_info()) {
        out("BENCH-FAILED shared info\n");
        return;
    }
    bench_memory(); /* first: with the local APIC in memory */
    wrmsr(0x1b, rdmsr(0x1b) | 0xc00);
    wrmsr(0x80f, 0x1ff);
    bench_exits();
    bench_events();
    bench_timers();
    bench_second();
    out("BENCH-DONE\n");
}
