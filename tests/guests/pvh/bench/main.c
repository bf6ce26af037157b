/* SPDX-License-Identifier: MIT */
/* Figures, and what is measured. */
#include "bench.h"

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
    if (map_shared_info()) {
        out("BENCH-FAILED shared info\n");
        return;
    }
    bench_memory(); /* first: with the local APIC in memory */
    start_apic();
    bench_exits();
    bench_events();
    bench_timers();
    bench_second();
    out("BENCH-DONE\n");
}
