/* SPDX-License-Identifier: MIT */
#include "shared.h"

#include <xen/memory.h>
#include <xen/sched.h>

#define SHARED 0xfe000000

struct shared_info *shared = (void *)SHARED;

long map_shared_info(void)
{
    struct xen_add_to_physmap x = {
        .domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = SHARED >> 12};

    return CALL(memory_op, XENMEM_add_to_physmap, &x, 0);
}

/* --- the clock ----------------------------------------------------------------------------------- */
static uint64_t scale(const volatile struct vcpu_time_info *t, uint64_t ticks)
{
    uint64_t x = t->tsc_shift >= 0 ? ticks << t->tsc_shift : ticks >> -t->tsc_shift;

    return (uint64_t)(((unsigned __int128)x * t->tsc_to_system_mul) >> 32);
}

uint64_t ns(uint64_t ticks)
{
    return scale(&shared->vcpu_info[0].time, ticks);
}

uint64_t ticks_of(uint64_t wanted)
{
    return wanted * 1000000 / ns(1000000);
}

uint64_t system_time(unsigned int vcpu, uint64_t *tsc)
{
    const volatile struct vcpu_time_info *t = &shared->vcpu_info[vcpu].time;
    uint32_t version;
    uint64_t now, count;

    do {
        version = t->version & ~1U;
        __asm__ volatile("" ::: "memory");
        count = rdtsc();
        now = t->system_time + scale(t, count - t->tsc_timestamp);
        __asm__ volatile("" ::: "memory");
    } while (version != t->version);
    if (tsc)
        *tsc = count;
    return now;
}

uint64_t wall_clock(void)
{
    const volatile struct shared_info *s = shared;
    uint32_t version;
    uint64_t sec;

    do {
        version = s->wc_version & ~1U;
        __asm__ volatile("" ::: "memory");
        sec = (uint64_t)s->wc_sec_hi << 32 | s->wc_sec;
        sec += (s->wc_nsec + system_time(0, NULL)) / 1000000000;
        __asm__ volatile("" ::: "memory");
    } while (version != s->wc_version);
    return sec;
}

/* --- events and waiting ---------------------------------------------------------------------------- */
void clear_events(void)
{
    shared->vcpu_info[0].evtchn_upcall_pending = 0;
    shared->vcpu_info[0].evtchn_pending_sel = 0;
    shared->evtchn_pending[0] = 0;
}

void unmask(evtchn_port_t port)
{
    __atomic_and_fetch(&shared->evtchn_mask[0], ~(1UL << port), __ATOMIC_SEQ_CST);
}

bool halt_until_seen(unsigned int nr)
{
    uint64_t start = rdtsc();

    while (nr_seen < nr && ns(rdtsc() - start) < PATIENCE)
        __asm__ volatile("sti; hlt; cli" ::: "memory");
    return nr_seen >= nr;
}

void sleep_until(uint64_t time)
{
    struct sched_poll poll = {.timeout = time};

    CALL(sched_op, SCHEDOP_poll, &poll, 0);
}

bool told_to_end(void)
{
    static uint64_t started;
    uint64_t now = rdtsc();

    __atomic_compare_exchange_n(&started, &(uint64_t){0}, now, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    return nr_seen || (now > started && ns(now - started) > PATIENCE);
}

/* --- another vCPU -------------------------------------------------------------------------------- */
static struct {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed)) idt_pointer;
static void (*second_runs)(void);

void start_apic(void)
{
    wrmsr(0x1b, rdmsr(0x1b) | 0xc00);
    wrmsr(APIC_SPIV, 0x1ff);
}

void second_main(void)
{
    start_apic();
    __asm__ volatile("lidt %0" ::"m"(idt_pointer));
    second_runs();
}

void start_second(void (*fn)(void))
{
    memcpy((void *)0x8000, trampoline, (size_t)(trampoline_end - trampoline));
    __asm__ volatile("sidt %0" : "=m"(idt_pointer));
    second_runs = fn;
    wrmsr(APIC_ICR, SECOND | 0x4500); /* INIT */
    wrmsr(APIC_ICR, SECOND | 0x4608); /* start-up, at 0x8000 */
}
