/* SPDX-License-Identifier: MIT */
/* Interrupts from the vCPU itself, by timers, event channels, and another vCPU. */
#include "bench.h"

#include <xen/hvm/hvm_op.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define SELF       0x83f
#define TIMER_INIT 0x838
#define TIMER_DIV  0x83e
#define DEADLINE   0x6e0
#define UPCALL     0x51
#define TIMER      0x31
#define IPI        0x45

/* --- its own ------------------------------------------------------------------------------------ */
static void send_events(const char *name, evtchn_port_t port)
{
    struct figure f = {.name = name};
    struct evtchn_send send = {.port = port};

    unmask(port);
    while (f.nr < ROUNDS) {
        uint64_t start = rdtsc();

        forget_seen();
        CALL(event_channel_op, EVTCHNOP_send, &send, 0);
        sti_nop_cli();
        if (!nr_seen)
            break;
        note(&f, rdtsc() - start);
        clear_events();
    }
    tell(&f);
}

void bench_events(void)
{
    struct xen_hvm_evtchn_upcall_vector u = {.vcpu = 0, .vector = UPCALL};
    struct evtchn_bind_ipi ipi = {.vcpu = 0};
    struct evtchn_alloc_unbound unbound = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
    struct evtchn_bind_interdomain inter = {.remote_dom = DOMID_SELF};
    struct figure f = {.name = "self-ipi"};

    shared->evtchn_mask[0] = ~0UL; /* what the store and the console have to say */
    clear_events();
    while (f.nr < ROUNDS) {
        uint64_t start = rdtsc();

        forget_seen();
        wrmsr(SELF, IPI);
        sti_nop_cli();
        if (!nr_seen)
            break;
        note(&f, rdtsc() - start);
    }
    tell(&f);
    CALL(hvm_op, HVMOP_set_evtchn_upcall_vector, &u, 0);
    CALL(event_channel_op, EVTCHNOP_bind_ipi, &ipi, 0);
    send_events("upcall-ipi-event", ipi.port);
    CALL(event_channel_op, EVTCHNOP_alloc_unbound, &unbound, 0);
    inter.remote_port = unbound.port;
    CALL(event_channel_op, EVTCHNOP_bind_interdomain, &inter, 0);
    unmask(unbound.port);
    send_events("upcall-interdomain", inter.local_port);
}

/* --- timers --------------------------------------------------------------------------------------- */
/* Arm it for after a while; returns the counter at which it is due. */
typedef uint64_t arm_fn(uint64_t after_ns);

static uint64_t arm_singleshot(uint64_t after_ns)
{
    uint64_t start;
    struct vcpu_set_singleshot_timer s = {.timeout_abs_ns = system_time(0, &start) + after_ns};

    CALL(vcpu_op, VCPUOP_set_singleshot_timer, 0, &s);
    return start + ticks_of(after_ns);
}

static uint64_t arm_deadline(uint64_t after_ns)
{
    uint64_t due = rdtsc() + ticks_of(after_ns);

    wrmsr(DEADLINE, due);
    return due;
}

static uint64_t longest_gap(void)
{
    uint64_t now, before, longest = 0;
    bool done = false;

    __asm__ volatile("sti");
    for (before = rdtsc(); !done; before = now) {
        done = nr_seen;
        now = rdtsc();
        longest = now - before > longest ? now - before : longest;
    }
    __asm__ volatile("cli");
    return longest;
}

/* How long arming takes, how late an interrupt comes to a halted vCPU, and what it takes from one
 * that runs: all that is missing between two readings of the counter. */
static void measure_timer(const char *arming, const char *late, const char *taken, arm_fn *arm)
{
    struct figure a = {.name = arming}, l = {.name = late}, t = {.name = taken};
    uint64_t start, due;

    while (l.nr < ROUNDS) {
        forget_seen();
        start = rdtsc();
        due = arm(1000000);
        note(&a, rdtsc() - start);
        halt_until_seen(1);
        note(&l, last_seen_at - due);
        clear_events();
    }
    while (t.nr < ROUNDS) {
        forget_seen();
        arm(1000000);
        note(&t, longest_gap());
        clear_events();
    }
    tell(&a);
    tell(&l);
    tell(&t);
}

void bench_timers(void)
{
    struct evtchn_bind_virq bind = {.virq = VIRQ_TIMER};

    CALL(event_channel_op, EVTCHNOP_bind_virq, &bind, 0);
    unmask(bind.port);
    measure_timer("timer-xen-arm", "timer-xen-late", "timer-xen-taken", arm_singleshot);
    wrmsr(TIMER_DIV, 0xb);
    wrmsr(APIC_TIMER, 0x40000 | TIMER);
    measure_timer("timer-deadline-arm", "timer-deadline-late", "timer-deadline-taken",
                  arm_deadline);
    wrmsr(APIC_TIMER, 0x10000);
}

/* --- another vCPU -------------------------------------------------------------------------------- */
/* Each waits halted for the other's interrupt, so that waiting is no work: a CPU that waits busily keeps the
 * others from running where an emulator counts instructions.  Interrupts are counted for both together: even
 * ones are the second's. */
static void answer(void)
{
    for (unsigned int want = 2;; want += 2) {
        wrmsr(APIC_ICR, IPI);
        halt_until_seen(want);
    }
}

void bench_second(void)
{
    struct figure f = {.name = "ipi-round-trip-halted"};
    unsigned int want = 1;

    if (!option("second"))
        return;
    forget_seen();
    start_second(answer);
    halt_until_seen(want);
    while (f.nr < ROUNDS) {
        uint64_t start = rdtsc();

        want += 2;
        wrmsr(APIC_ICR, SECOND | IPI);
        halt_until_seen(want);
        note(&f, rdtsc() - start);
    }
    tell(&f);
}
